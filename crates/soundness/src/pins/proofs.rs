//! One stored proof per shape with a made-up market, and what verifies it: everything else is made again from the examples.

use crate::pins::values::{proving_key, verifying_key};
use mandate_book::examples::Example;
use mandate_circuits::r1cs::relation;
use mandate_prover::{AccountOpening, Prover, Task};
use mandate_statement::{AttestorGrade, Bundle, Context, Kind, SHAPES, Shape, decode, encode};
use mandate_testing::Story;
use mandate_verifier::{Expectations, Verifier, VerifyError};
use std::path::{Path, PathBuf};

/// What the stored proofs are of.
const MANDATE: &str = r#"
risk_model = "crypto-usd/1"
min_nav = "1_000 USD"
[[rule]]
id = "lev"
text = "Gross exposure is at most three times net asset value"
holds = "gross(all) <= 3 * nav"
[[rule]]
id = "margin"
text = "Worst losses stay within net asset value"
holds = "sum(g in groups: pos(worst(scenarios, g))) <= nav"
[[rule]]
id = "direction"
text = "No underlying is more than twice net asset value either way"
holds = "for u in underlyings: abs(net(u)) <= 200% * nav"
"#;

/// The mandate of the stored proofs, under a model that fits the shape.
pub fn mandate(shape: &str) -> String {
    if shape == "o2048" { MANDATE.replace("crypto-usd/1", "deribit-pm/1") } else { MANDATE.to_owned() }
}

/// Where the proof of a shape is stored.
pub fn path(folder: &Path, shape: &str) -> PathBuf {
    folder.join(format!("proof-{shape}.hex"))
}
/// Whether a file of that name holds a proof.
pub fn is_proof(name: &str) -> bool {
    SHAPES.iter().any(|shape| name == format!("proof-{}.hex", shape.name))
}

/// A new proof of the story on a shape, as a text of hexadecimal lines. Proofs are blinded: no two are alike.
///
/// # Panics
/// If any step fails, which for fixtures none does.
pub fn proof_of(shape: &str) -> String {
    let story = Story::of(shape, &mandate(shape), Example::Lawful);
    let relation = relation(story.shape);
    let key = proving_key(story.shape, &relation);
    let prover = Prover::new(key, &relation).expect("the key of this relation");
    let open = story.opened.iter().map(|(attestation, o)| AccountOpening {
        quantities: &o.quantities,
        blinding: &o.blinding,
        attestation,
    });
    let context = story.context(prover.key().verifying().id());
    let task = Task { context, rules: &story.rules, risk: &story.risk, accounts: open.collect() };
    let bundle = prover.prove(&task).expect("a lawful book");
    hexadecimal(&encode(Kind::Bundle, &bundle))
}

/// Bytes as lines of hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.chunks(48).map(|line| line.iter().map(|b| format!("{b:02x}")).collect::<String>() + "\n").collect()
}

fn read(folder: &Path, shape: &str) -> Result<Bundle, String> {
    let path = path(folder, shape);
    decode(Kind::Bundle, &read_file(&path)?).map_err(|e| format!("{}: {e}", path.display()))
}

/// Reads back what [`hexadecimal`] wrote of a file.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes: Option<Vec<u8>> =
        digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).ok()).collect();
    bytes.ok_or_else(|| format!("{}: not hexadecimal", path.display()))
}

/// Verifies the stored proof of a shape under the development key made now, and that it holds for no other statement.
///
/// # Errors
/// In words, what does not hold.
///
/// # Panics
/// If the key cannot be made, which it can.
pub fn verify_stored(folder: &Path, shape: &'static str) -> Result<(), String> {
    let bundle = read(folder, shape)?;
    let named = |what: &str| format!("pins/proof-{shape}.hex: {what}");
    let story = Story::of(shape, &mandate(shape), Example::Lawful);
    let other = Story::of(shape, &mandate(shape).replace("<= 3 * nav", "<= 4 * nav"), Example::Lawful);
    let shape = Shape::by_name(shape).ok_or_else(|| named("no such shape"))?;
    let verifier = Verifier::new(verifying_key(shape));
    let expect = Expectations {
        now: story.risk.as_of + 60,
        max_age: 3600,
        min_grade: AttestorGrade::Administrator,
        attestors: None,
        account_set: None,
        development_keys: true,
        chain: None,
    };
    let sheet = verifier.sheet(&story.rules, &story.risk).map_err(|e| named(&e.to_string()))?;
    let verify = |bundle: &Bundle| verifier.verify(bundle, &sheet, &story.accounts, &expect);
    verify(&bundle).map_err(|e| named(&format!("the stored proof does not verify: {e}")))?;
    let refused = |bundle: &Bundle, what: &str| match verify(bundle) {
        Err(VerifyError::Rejected) => Ok(()),
        _ => Err(named(&format!("the stored proof also verifies, or is refused too late, {what}"))),
    };
    let epoch = Context { epoch: bundle.context.epoch + 1, ..bundle.context };
    refused(&Bundle { context: epoch, ..bundle.clone() }, "for another epoch")?;
    let until = Context { valid_until: bundle.context.valid_until + 1, ..bundle.context };
    refused(&Bundle { context: until, ..bundle.clone() }, "for a longer time")?;
    // Under another mandate: by name, and renamed.
    let looser = verifier.sheet(&other.rules, &other.risk).map_err(|e| named(&e.to_string()))?;
    let under = |b: &Bundle| verifier.verify(b, &looser, &story.accounts, &expect);
    if !matches!(under(&bundle), Err(VerifyError::Binding { what: "mandate", .. })) {
        return Err(named("the stored proof is not refused under another mandate"));
    }
    let renamed = Context { mandate: other.rules.digest(), ..bundle.context };
    if !matches!(under(&Bundle { context: renamed, ..bundle }), Err(VerifyError::Rejected)) {
        return Err(named("the stored proof verifies under another mandate when renamed"));
    }
    Ok(())
}
