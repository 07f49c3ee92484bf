//! Keys and stored proofs that need no ceremony, of the same stories as the others.

use super::proofs::{hexadecimal, mandate, read_file};
use mandate_book::examples::Example;
use mandate_statement::{
    AttestorGrade, Context, Digest, Kind, SecondAttestation, TransparentBundle, decode, encode,
};
use mandate_testing::Story;
use mandate_transparent::prove::{SecondOpening, SheetProver, prove};
use mandate_transparent::{Parameters, PublicSheet, TransparentError};
use mandate_verifier::{Expectations, VerifyError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Shapes with a stored proof.
pub const STORED: [&str; 4] = ["t32", "r64", "s256", "m1024"];

/// Where the proof of a shape is stored.
pub fn path(folder: &Path, shape: &str) -> PathBuf {
    folder.join(format!("transparent-{shape}.hex"))
}
/// Whether a file of that name holds a proof.
pub fn is_proof(name: &str) -> bool {
    STORED.iter().any(|shape| name == format!("transparent-{shape}.hex"))
}

/// The parameters of a size, hashed once per process.
fn parameters(k: u32) -> Arc<Parameters> {
    static KNOWN: Mutex<BTreeMap<u32, Arc<Parameters>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().expect("hashing does not panic");
    known.entry(k).or_insert_with(|| Arc::new(Parameters::derive(k))).clone()
}

/// Calls with the sheet of a story, laid out and with its key.
fn with_sheet<T>(story: &Story, then: impl FnOnce(&PublicSheet<'_>) -> T) -> T {
    let parameters = parameters(PublicSheet::rows(&story.rules, &story.risk).expect("a sound sheet"));
    then(&PublicSheet::new(&story.rules, &story.risk, &parameters).expect("a key"))
}

/// Rows and key id of the story on every shape with a stored proof.
pub fn values() -> Vec<(String, String)> {
    STORED
        .iter()
        .map(|shape| {
            let story = Story::of(shape, &mandate(shape), Example::Lawful);
            let value = with_sheet(&story, |sheet| {
                format!("2^{} rows, {}", sheet.key().layout_of().k, sheet.key().id())
            });
            (format!("key-{shape}"), value)
        })
        .collect()
}

/// The openings of a story with their second attestations.
fn openings<'a>(story: &'a Story, seconds: &'a [SecondAttestation]) -> Vec<SecondOpening<'a>> {
    let both = story.opened.iter().zip(seconds);
    both.map(|((attestation, opening), second)| SecondOpening {
        quantities: &opening.quantities,
        seed: opening.seed.as_ref().expect("its custodian attested twice"),
        attestation,
        second,
    })
    .collect()
}

/// A new proof of the story on a shape, as a text of hexadecimal lines. Proofs and commitments are blinded: no two are alike.
///
/// # Panics
/// If any step fails, which for fixtures none does.
pub fn proof_of(shape: &str) -> String {
    let mut story = Story::of(shape, &mandate(shape), Example::Lawful);
    let seconds = story.seconds();
    let bundle = with_sheet(&story, |sheet| {
        let prover = SheetProver::new(sheet.key()).expect("a proving key");
        let context = story.context(sheet.key().id());
        prove(sheet, &prover, context, &openings(&story, &seconds)).expect("a lawful book")
    });
    hexadecimal(&encode(Kind::TransparentBundle, &bundle))
}

/// Verifies the stored proof of a shape under the key derived now, and that it holds for no other statement.
///
/// # Errors
/// In words, what does not hold.
pub fn verify_stored(folder: &Path, shape: &str) -> Result<(), String> {
    let path = path(folder, shape);
    let named = |what: &str| format!("{}: {what}", path.display());
    let bytes = read_file(&path)?;
    let bundle: TransparentBundle =
        decode(Kind::TransparentBundle, &bytes).map_err(|e| named(&e.to_string()))?;
    let story = Story::of(shape, &mandate(shape), Example::Lawful);
    let expect = Expectations {
        now: story.risk.as_of + 60,
        max_age: 3600,
        min_grade: AttestorGrade::Administrator,
        attestors: None,
        account_set: None,
        development_keys: false,
        chain: None,
    };
    with_sheet(&story, |sheet| {
        let verify = |bundle: &TransparentBundle| sheet.verify(bundle, &story.accounts, &expect);
        verify(&bundle).map_err(|e| named(&format!("the stored proof does not verify: {e}")))?;
        let refused =
            |context: Context, what: &str| match verify(&TransparentBundle { context, ..bundle.clone() }) {
                Err(TransparentError::Rejected) => Ok(()),
                _ => Err(named(&format!("the stored proof also verifies, or is refused too late, {what}"))),
            };
        refused(Context { epoch: bundle.context.epoch + 1, ..bundle.context }, "for another epoch")?;
        refused(
            Context { valid_until: bundle.context.valid_until + 1, ..bundle.context },
            "for a longer time",
        )
    })?;
    // Under another mandate: by name, and renamed.
    let looser = mandate(shape).replace("<= 3 * nav", "<= 4 * nav");
    let other = Story::of(shape, &looser, Example::Lawful);
    with_sheet(&other, |sheet| {
        let under = |mandate: Digest, key: Digest| {
            let context = Context { mandate, key, ..bundle.context };
            sheet.verify(&TransparentBundle { context, ..bundle.clone() }, &story.accounts, &expect)
        };
        let binding = |result, wanted: &str| matches!(result, Err(TransparentError::Statement(VerifyError::Binding { what, .. })) if what == wanted);
        if !binding(under(bundle.context.mandate, bundle.context.key), "verifying key") {
            return Err(named("the stored proof is not refused under another mandate's key"));
        }
        if !binding(under(bundle.context.mandate, sheet.key().id()), "mandate") {
            return Err(named("the stored proof is not refused under another mandate"));
        }
        match under(other.rules.digest(), sheet.key().id()) {
            Err(TransparentError::Rejected) => Ok(()),
            _ => Err(named("the stored proof verifies under another mandate when renamed")),
        }
    })
}
