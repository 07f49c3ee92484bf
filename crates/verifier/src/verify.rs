//! One bundle against public files.

use crate::key::{KeyOrigin, VerifyingKey};
use crate::points::{Sheet, clip};
use ark_bn254::{Bn254, Fr, G1Affine, G1Projective};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, PrimeField};
use ark_groth16::{Groth16, PreparedVerifyingKey, Proof, prepare_verifying_key};
use ark_serialize::CanonicalDeserialize;
use mandate_statement::{
    AccountSet, AttestorGrade, BACKEND_GROTH16, Bundle, Context, Digest, RiskPart, RuleRows, RulesPart,
    Shape, SignedAttestation,
};
use std::collections::{BTreeMap, BTreeSet};

/// Ids of the keys whose ceremony was held and checked. There was none for this circuit version.
const CEREMONY_KEYS: [Digest; 0] = [];

/// What the reader of a bundle decides.
#[derive(Clone, Copy, Debug)]
pub struct Expectations<'a> {
    /// The reader's clock, seconds since 1970 in UTC.
    pub now: u64,
    /// Oldest book the reader accepts, in seconds before `now`.
    pub max_age: u64,
    /// Lowest grade of attestor accepted.
    pub min_grade: AttestorGrade,
    /// Attestors the reader knows, with the grade the reader gives them. Without this list, attestors and grades are what
    /// the account set itself declares, and [`Verified`] says so.
    pub attestors: Option<&'a BTreeMap<[u8; 20], AttestorGrade>>,
    /// The account set the reader had from the subject's administrator, by digest.
    pub account_set: Option<Digest>,
    /// Whether a key that anyone can forge under is accepted: tests, demonstrations and local chains.
    pub development_keys: bool,
    /// Chain and registry the proof must name, or `None` for a proof meant for no chain.
    pub chain: Option<(u64, [u8; 20])>,
}

/// Why a bundle is not accepted. Every variant is a reason of its own.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Another proof system.
    #[error("the bundle is for backend {0}; this verifier knows Groth16 (1)")]
    Backend(u8),
    /// Parts of different shapes.
    #[error("{what} is for shape `{got}`, the key is for `{wanted}`")]
    Shape {
        /// Which file.
        what: &'static str,
        /// Its shape.
        got: String,
        /// The key's shape.
        wanted: &'static str,
    },
    /// The context names something else than the file at hand, or than the reader asked for.
    #[error("the proof was made for another {what}: it names {named}, wanted is {given}")]
    Binding {
        /// Which file or field.
        what: &'static str,
        /// What the context names.
        named: String,
        /// What the verifier has.
        given: String,
    },
    /// A key that anyone can forge under.
    #[error(
        "the key is a development key, so this proof shows nothing; pass --allow-dev-key to test with it"
    )]
    DevelopmentKey,
    /// Anyone can write "ceremony" on a key of their own making.
    #[error("the key {0} says it is from a ceremony, but it is none of those this program knows")]
    UnknownCeremony(Digest),
    /// The sheet checker objects.
    #[error("the sheet is not sound: {}", .0.join("; "))]
    Sheet(Vec<String>),
    /// Too old.
    #[error("stale: the book is of {as_of}, {age} s ago; at most {max_age} s are accepted")]
    Stale {
        /// Instant of the book.
        as_of: u64,
        /// Seconds since.
        age: u64,
        /// Seconds accepted.
        max_age: u64,
    },
    /// From the future.
    #[error("the book is of {as_of}, which is after now ({now})")]
    Future {
        /// Instant of the book.
        as_of: u64,
        /// The reader's clock.
        now: u64,
    },
    /// The proof says nothing any more.
    #[error("expired: the proof is valid until {valid_until}, now is {now}")]
    Expired {
        /// Last instant.
        valid_until: u64,
        /// The reader's clock.
        now: u64,
    },
    /// The account set itself is wrong.
    #[error("the account set is not in strictly growing order of netting sets, or has none, at entry {0}")]
    AccountOrder(usize),
    /// A declared account outside the shape.
    #[error("account {0} is declared, but the shape has no such account")]
    NoSuchAccount(u16),
    /// How many commitments.
    #[error("the bundle has {got} commitments, the shape takes {wanted}")]
    CommitmentCount {
        /// Found.
        got: usize,
        /// Wanted.
        wanted: usize,
    },
    /// A declared account is missing.
    #[error("account {0} is declared, but its commitment is missing from the proof")]
    AccountMissing(u16),
    /// An account nobody declared.
    #[error("the proof has a commitment for account {0}, which is not declared")]
    AccountExtra(u16),
    /// A commitment at or above the field order.
    #[error("the commitment of account {0} is not below the field order")]
    NotCanonical(u16),
    /// One attestation per declared account, in order.
    #[error("there are {got} attestations for {wanted} declared accounts")]
    AttestationCount {
        /// Found.
        got: usize,
        /// Wanted.
        wanted: usize,
    },
    /// An attestation says something else.
    #[error("the attestation of account {account} is for another {what}")]
    Attestation {
        /// The account.
        account: u16,
        /// Which field differs.
        what: &'static str,
    },
    /// The signature is not by the declared attestor.
    #[error("the attestation of account {account} is not signed by its attestor 0x{}", hex(.attestor))]
    Signature {
        /// The account.
        account: u16,
        /// Who should have signed.
        attestor: [u8; 20],
    },
    /// The attestor is too close to the subject.
    #[error("account {account} is attested at grade `{}`; at least `{}` is accepted", .got.name(), .wanted.name())]
    Grade {
        /// The account.
        account: u16,
        /// Declared grade.
        got: AttestorGrade,
        /// Lowest accepted.
        wanted: AttestorGrade,
    },
    /// One real account in two places.
    #[error("account {0} is declared twice: the same attestor vouches for it under another netting set")]
    AccountTwice(u16),
    /// An attestor the reader does not know.
    #[error("account {account} is attested by 0x{}, who is not on the reader's list", hex(.attestor))]
    UnknownAttestor {
        /// The account.
        account: u16,
        /// Its declared attestor.
        attestor: [u8; 20],
    },
    /// Not 128 bytes.
    #[error("the proof is {0} bytes; a Groth16 proof is exactly 128")]
    ProofLength(usize),
    /// Points off the curve, outside the subgroup, at infinity or not canonical.
    #[error("the proof's points do not decode: {0}")]
    ProofPoints(String),
    /// The sheet point is at infinity.
    #[error("the sheet collapses to the point at infinity, which binds nothing")]
    SheetAtInfinity,
    /// The equation does not hold.
    #[error("the proof does not hold for this statement")]
    Rejected,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// An attestor of a verified statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attestor {
    /// The account it vouches for.
    pub netting_set: u16,
    /// Its address.
    pub address: [u8; 20],
    /// Its grade: the reader's own where a list was given, else the declared one.
    pub grade: AttestorGrade,
}

/// What was verified, in the verifier's own words. Only [`Verifier::verify`] and the batch make one: no other crate can.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verified {
    /// Whose, under what, when and where.
    pub context: Context,
    /// Which rule has which rows.
    pub rules: Vec<RuleRows>,
    /// Who vouches for the declared accounts, all present.
    pub attestors: Vec<Attestor>,
    /// Version of the account set.
    pub account_set_version: u64,
    /// Whether attestors and grades are the reader's own, not merely declared.
    pub attestors_known: bool,
    /// Whether the account set is the one the reader named.
    pub account_set_known: bool,
}

impl Verified {
    /// The lowest grade among the attestors.
    pub fn weakest_grade(&self) -> AttestorGrade {
        self.attestors.iter().map(|a| a.grade).min().unwrap_or(AttestorGrade::SelfAttested)
    }
}

/// A key prepared for many verifications.
pub struct Verifier {
    key: VerifyingKey,
    prepared: PreparedVerifyingKey<Bn254>,
}

/// A statement whose every check short of the pairing passed.
pub(crate) struct Checked {
    pub(crate) proof: Proof<Bn254>,
    pub(crate) inputs: G1Projective,
    pub(crate) verified: Verified,
}

impl Verifier {
    /// Prepares a key.
    pub fn new(key: VerifyingKey) -> Self {
        let prepared = prepare_verifying_key(&key.points);
        Self { key, prepared }
    }
    /// The key.
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }
    pub(crate) const fn prepared(&self) -> &PreparedVerifyingKey<Bn254> {
        &self.prepared
    }
    /// Runs the sheet checker and collapses the sheet to its points: what does not depend on a bundle.
    ///
    /// # Errors
    /// [`VerifyError::Shape`], [`VerifyError::Sheet`], [`VerifyError::SheetAtInfinity`].
    pub fn sheet<'a>(&self, rules: &'a RulesPart, risk: &'a RiskPart) -> Result<Sheet<'a>, VerifyError> {
        Sheet::new(&self.key, rules, risk)
    }
    /// Verifies one bundle.
    ///
    /// # Errors
    /// [`VerifyError`], the first reason found.
    pub fn verify(
        &self,
        bundle: &Bundle,
        sheet: &Sheet<'_>,
        accounts: &AccountSet,
        expect: &Expectations<'_>,
    ) -> Result<Verified, VerifyError> {
        let checked = self.check(bundle, sheet, accounts, expect)?;
        let holds = Groth16::<Bn254>::verify_proof_with_prepared_inputs(
            &self.prepared,
            &checked.proof,
            &checked.inputs,
        )
        .map_err(|e| VerifyError::ProofPoints(e.to_string()))?;
        if holds { Ok(checked.verified) } else { Err(VerifyError::Rejected) }
    }

    pub(crate) fn check(
        &self,
        bundle: &Bundle,
        sheet: &Sheet<'_>,
        accounts: &AccountSet,
        expect: &Expectations<'_>,
    ) -> Result<Checked, VerifyError> {
        let (key, context) = (&self.key, &bundle.context);
        if bundle.backend != BACKEND_GROTH16 {
            return Err(VerifyError::Backend(bundle.backend));
        }
        if bundle.shape != key.shape.name {
            return Err(VerifyError::Shape {
                what: "the bundle",
                got: clip(&bundle.shape),
                wanted: key.shape.name,
            });
        }
        match key.origin {
            KeyOrigin::Development if !expect.development_keys => return Err(VerifyError::DevelopmentKey),
            KeyOrigin::Ceremony if !CEREMONY_KEYS.contains(&key.id()) => {
                return Err(VerifyError::UnknownCeremony(key.id()));
            }
            KeyOrigin::Development | KeyOrigin::Ceremony => {}
        }
        for (what, named, given) in [
            ("verifying key", context.key, key.id()),
            ("verifying key", context.key, sheet.key),
            ("mandate", context.mandate, sheet.mandate_digest),
            ("snapshot or risk part", context.risk, sheet.risk_digest),
            ("subject", context.subject, accounts.subject),
            ("account set", context.account_set, accounts.digest()),
            ("account set", context.account_set, expect.account_set.unwrap_or(context.account_set)),
        ] {
            if named != given {
                return Err(VerifyError::Binding {
                    what,
                    named: named.to_string(),
                    given: given.to_string(),
                });
            }
        }
        check_place_and_time(context, sheet.risk, expect)?;
        let claim = Claim {
            shape: key.shape,
            context,
            universe: sheet.risk.universe,
            commitments: &bundle.commitments,
            attestations: &bundle.attestations,
        };
        let attestors = check_accounts(&claim, accounts, expect)?;
        let proof = decode_proof(&bundle.proof)?;
        Ok(Checked {
            proof,
            inputs: self.input_point(context, &bundle.commitments, sheet.total),
            verified: Verified {
                context: *context,
                rules: sheet.rules.rules.clone(),
                attestors,
                account_set_version: accounts.version,
                attestors_known: expect.attestors.is_some(),
                account_set_known: expect.account_set.is_some(),
            },
        })
    }

    /// `IC_0 + context * IC_1 + sum of commitment * IC + P`.
    fn input_point(&self, context: &Context, commitments: &[Digest], total: G1Affine) -> G1Projective {
        let points = &self.key.points.gamma_abc_g1;
        let context = Fr::from_be_bytes_mod_order(&context.digest().field_bytes());
        let mut sum = points[0] + total + points[1] * context;
        for (commitment, point) in commitments.iter().zip(&points[2..]) {
            if *commitment != Digest::default() {
                sum += *point * Fr::from_be_bytes_mod_order(&commitment.0);
            }
        }
        sum
    }
}

/// What a bundle of any proof system claims of its accounts.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    /// The shape.
    pub shape: &'static Shape,
    /// Whose, under what, when and where.
    pub context: &'a Context,
    /// Digest of the universe that commitments must open under.
    pub universe: Digest,
    /// Commitment per account index; zero where none is declared.
    pub commitments: &'a [Digest],
    /// One signed attestation per declared account, in order.
    pub attestations: &'a [SignedAttestation],
}

/// Every declared account present in its place and signed for; every other input zero.
///
/// # Errors
/// [`VerifyError`], the first reason found.
pub fn check_accounts(
    claim: &Claim<'_>,
    accounts: &AccountSet,
    expect: &Expectations<'_>,
) -> Result<Vec<Attestor>, VerifyError> {
    let shape = claim.shape;
    let entries = &accounts.entries;
    if claim.commitments.len() != shape.accounts {
        return Err(VerifyError::CommitmentCount { got: claim.commitments.len(), wanted: shape.accounts });
    }
    if entries.is_empty() {
        return Err(VerifyError::AccountOrder(0));
    }
    for (i, pair) in entries.windows(2).enumerate() {
        if pair[0].netting_set >= pair[1].netting_set {
            return Err(VerifyError::AccountOrder(i + 1));
        }
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = entries.iter().find(|e| !seen.insert((e.attestor, e.account))) {
        return Err(VerifyError::AccountTwice(twice.netting_set));
    }
    if let Some(last) = entries.last()
        && usize::from(last.netting_set) >= shape.accounts
    {
        return Err(VerifyError::NoSuchAccount(last.netting_set));
    }
    for (index, commitment) in (0u16..).zip(claim.commitments) {
        let declared = entries.iter().any(|e| e.netting_set == index);
        let present = *commitment != Digest::default();
        if declared && !present {
            return Err(VerifyError::AccountMissing(index));
        }
        if present && !declared {
            return Err(VerifyError::AccountExtra(index));
        }
        if field_element(commitment).is_none() {
            return Err(VerifyError::NotCanonical(index));
        }
    }
    if claim.attestations.len() != entries.len() {
        return Err(VerifyError::AttestationCount { got: claim.attestations.len(), wanted: entries.len() });
    }
    let mut attestors = Vec::with_capacity(entries.len());
    for (entry, signed) in entries.iter().zip(claim.attestations) {
        let (account, said) = (entry.netting_set, &signed.attestation);
        let differs = |what| Err(VerifyError::Attestation { account, what });
        if said.netting_set != account {
            return differs("netting set");
        }
        if said.subject != accounts.subject {
            return differs("subject");
        }
        if said.account != entry.account {
            return differs("account");
        }
        if said.universe != claim.universe {
            return differs("universe");
        }
        if said.as_of != claim.context.as_of {
            return differs("instant");
        }
        if said.commitment != claim.commitments[usize::from(account)] {
            return differs("commitment");
        }
        if signed.signer() != Some(entry.attestor) {
            return Err(VerifyError::Signature { account, attestor: entry.attestor });
        }
        let address = entry.attestor;
        let grade = match expect.attestors {
            Some(list) => {
                *list.get(&address).ok_or(VerifyError::UnknownAttestor { account, attestor: address })?
            }
            None => entry.grade,
        };
        if grade < expect.min_grade {
            return Err(VerifyError::Grade { account, got: grade, wanted: expect.min_grade });
        }
        attestors.push(Attestor { netting_set: account, address, grade });
    }
    Ok(attestors)
}

/// That a context names the reader's place, the market's instant, and a time that counts.
///
/// # Errors
/// [`VerifyError`], the first reason found.
pub fn check_place_and_time(
    context: &Context,
    risk: &RiskPart,
    expect: &Expectations<'_>,
) -> Result<(), VerifyError> {
    let (chain_id, registry) = expect.chain.unwrap_or_default();
    if context.chain_id != chain_id || context.registry != registry {
        let place = |id: u64, at: &[u8; 20]| match id {
            0 => "no chain".to_owned(),
            _ => format!("chain {id}, registry 0x{}", hex(at)),
        };
        return Err(VerifyError::Binding {
            what: "place",
            named: place(context.chain_id, &context.registry),
            given: place(chain_id, &registry),
        });
    }
    if context.as_of != risk.as_of {
        return Err(VerifyError::Binding {
            what: "instant",
            named: context.as_of.to_string(),
            given: risk.as_of.to_string(),
        });
    }
    let (as_of, now) = (context.as_of, expect.now);
    if as_of > now {
        return Err(VerifyError::Future { as_of, now });
    }
    if now > context.valid_until {
        return Err(VerifyError::Expired { valid_until: context.valid_until, now });
    }
    if now - as_of > expect.max_age {
        return Err(VerifyError::Stale { as_of, age: now - as_of, max_age: expect.max_age });
    }
    Ok(())
}

/// A canonical field element, or `None`.
fn field_element(digest: &Digest) -> Option<Fr> {
    let value = Fr::from_be_bytes_mod_order(&digest.0);
    (value.into_bigint().to_bytes_be() == digest.0).then_some(value)
}

fn decode_proof(bytes: &[u8]) -> Result<Proof<Bn254>, VerifyError> {
    if bytes.len() != 128 {
        return Err(VerifyError::ProofLength(bytes.len()));
    }
    let proof =
        Proof::<Bn254>::deserialize_compressed(bytes).map_err(|e| VerifyError::ProofPoints(e.to_string()))?;
    if proof.a.is_zero() || proof.b.is_zero() || proof.c.is_zero() {
        return Err(VerifyError::ProofPoints("a point at infinity".into()));
    }
    let mut again = Vec::with_capacity(128);
    ark_serialize::CanonicalSerialize::serialize_compressed(&proof, &mut again)
        .map_err(|e| VerifyError::ProofPoints(e.to_string()))?;
    if again != bytes {
        return Err(VerifyError::ProofPoints("not the canonical encoding".into()));
    }
    Ok(proof)
}

impl Verifier {
    /// The proof's points, decoded and checked.
    ///
    /// # Errors
    /// [`VerifyError::ProofLength`], [`VerifyError::ProofPoints`].
    pub fn proof(bundle: &Bundle) -> Result<Proof<Bn254>, VerifyError> {
        decode_proof(&bundle.proof)
    }
}
