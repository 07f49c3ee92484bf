//! What a reader of a bundle does with a sheet: compiles it again, and compares.

use ark_bn254::{Bn254, G1Projective, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use mandate_statement::{
    AccountEntry, AccountSet, AttestorGrade, BACKEND_GROTH16, Bundle, Context, Digest, InputLayout, RiskPart,
    RulesPart, Shape,
};
use mandate_verifier::{Expectations, KeyOrigin, Verifier, VerifyError, VerifyingKey};
use std::sync::OnceLock;

/// A reader with a key of one shape.
///
/// The key is well formed but of no setup: its points are multiples of the generators. A liar's sheet is refused by what it
/// is called, before any equation is looked at, so no key makes a difference; `tests/sheets.rs` tells some of the lies with
/// real proofs under a real key.
pub struct Reader {
    shape: &'static Shape,
    verifier: Verifier,
}

/// Where a lie about one part was caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caught {
    /// The context names another part than the one that the reader compiled.
    ByName,
    /// The part goes by the same digest, so it was not.
    Nowhere,
}

impl Reader {
    /// The reader of a shape.
    ///
    /// # Panics
    /// If the key is refused, which it is not.
    pub fn of(shape: &'static Shape) -> &'static Self {
        static READERS: OnceLock<Vec<Reader>> = OnceLock::new();
        let readers = READERS.get_or_init(|| mandate_statement::SHAPES.iter().map(Self::new).collect());
        readers.iter().find(|r| r.shape == shape).expect("a default shape")
    }
    fn new(shape: &'static Shape) -> Self {
        let (g1, g2) = (G1Projective::generator(), G2Projective::generator());
        let mut next = g1;
        let inputs: Vec<G1Projective> = (0..InputLayout::of(shape).total)
            .map(|_| {
                next += g1;
                next
            })
            .collect();
        let points = ark_groth16::VerifyingKey::<Bn254> {
            alpha_g1: g1.into_affine(),
            beta_g2: (g2 + g2).into_affine(),
            gamma_g2: (g2 + g2 + g2).into_affine(),
            delta_g2: (g2 + g2 + g2 + g2).into_affine(),
            gamma_abc_g1: G1Projective::normalize_batch(&inputs),
        };
        let key = VerifyingKey::new(KeyOrigin::Development, shape, points).expect("a well-formed key");
        Self { shape, verifier: Verifier::new(key) }
    }
    /// What the reader says of a bundle that was made under `lie`, holding `honest` compiled from the texts.
    ///
    /// # Panics
    /// If the honest sheet is refused, or the bundle for any other reason than that its parts are not the reader's.
    pub fn against<'a>(
        &'a self,
        rules: &'a RulesPart,
        risk: &'a RiskPart,
    ) -> impl Fn(Digest, Digest) -> Caught + use<'a> {
        let sheet = self.verifier.sheet(rules, risk).expect("the honest sheet is lawful");
        let entry = AccountEntry {
            netting_set: 0,
            account: Digest([7; 32]),
            attestor: [9; 20],
            grade: AttestorGrade::Custodian,
        };
        let accounts = AccountSet { subject: Digest([3; 32]), version: 1, entries: vec![entry] };
        let context = Context {
            chain_id: 0,
            registry: [0; 20],
            subject: accounts.subject,
            key: self.verifier.key().id(),
            mandate: rules.digest(),
            risk: risk.digest(),
            account_set: accounts.digest(),
            as_of: risk.as_of,
            valid_until: risk.as_of + 86_400,
            epoch: 1,
        };
        let expect = Expectations {
            now: risk.as_of + 60,
            max_age: 3600,
            min_grade: AttestorGrade::Administrator,
            attestors: None,
            account_set: None,
            development_keys: true,
            chain: None,
        };
        let shape = self.shape;
        move |mandate, market| {
            let bundle = Bundle {
                backend: BACKEND_GROTH16,
                shape: shape.name.to_owned(),
                context: Context { mandate, risk: market, ..context },
                commitments: vec![Digest::default(); shape.accounts],
                attestations: Vec::new(),
                proof: vec![0; 128],
            };
            match self.verifier.verify(&bundle, &sheet, &accounts, &expect) {
                Err(VerifyError::Binding { what: "mandate" | "snapshot or risk part", .. }) => Caught::ByName,
                // The bundle has no commitments: it passed what is said of the sheet, and goes no further.
                Err(VerifyError::AccountMissing(0)) => Caught::Nowhere,
                other => panic!("refused for the sheet or for having no accounts, not {other:?}"),
            }
        }
    }
}
