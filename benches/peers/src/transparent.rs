//! The same sheet under the backend without a ceremony, through its public interface.

use crate::measure::least;
use crate::ours::{Story, expect, shape};
use crate::statement::Case;
use mandate_attest::{AttestorKey, Opening, attest_second};
use mandate_transparent::prove::{SecondOpening, SheetProver, prove as prove_sheet};
use mandate_transparent::{Parameters, PublicSheet};
use serde_json::{Value, json};

/// Proves with both keys in memory, and verifies. The keys are of this table alone: `derive` is what a verifier spends on a table it has
/// not seen, parameters at hand, and `prepare` what a prover spends beyond that.
///
/// # Errors
/// Where a step fails or a verdict is wrong.
pub fn prove(case: &Case, runs: usize) -> Result<Value, String> {
    let shape = shape(case)?;
    // The key's name is known once the sheet is laid out, and the sheet does not depend on it.
    let parts = Story::of(case, shape, mandate_statement::Digest::default())?;
    let rows = PublicSheet::rows(&parts.rules, &parts.risk).map_err(|e| e.to_string())?;
    let (hashed, parameters) = least(1, || Parameters::derive(rows));
    let (derive, sheet) = least(1, || PublicSheet::new(&parts.rules, &parts.risk, &parameters));
    let sheet = sheet.map_err(|e| e.to_string())?;
    let (prepare, prover) = least(1, || SheetProver::new(sheet.key()));
    let prover = prover.map_err(|e| e.to_string())?;
    let story = Story::of(case, shape, sheet.key().id())?;
    let first = &story.signed.attestation;
    let mut opening = Opening {
        shape: shape.name.to_owned(),
        universe: first.universe,
        as_of: first.as_of,
        subject: first.subject,
        account: first.account,
        netting_set: 0,
        first_segment: 0,
        quantities: case.quantities.clone(),
        blinding: story.blinding.clone(),
        seed: None,
    };
    let key = AttestorKey::from_bytes(&Story::SIGNER).ok_or("not a key")?;
    let second = attest_second(&mut opening, &story.signed, &key).map_err(|e| e.to_string())?;
    let seed = opening.seed.as_ref().ok_or("no seed")?;
    let accounts = [SecondOpening {
        quantities: &case.quantities,
        seed,
        attestation: &story.signed,
        second: &second,
    }];
    let (time, bundle) = least(runs, || prove_sheet(&sheet, &prover, story.context, &accounts));
    let bundle = bundle.map_err(|e| e.to_string())?;
    let (verify, holds) = least(10, || sheet.verify(&bundle, &story.accounts, &expect()).is_ok());
    if !holds {
        return Err("the proof does not verify".to_owned());
    }
    Ok(json!({
        "prove": time,
        "parameters": hashed,
        "derive": derive,
        "prepare": prepare,
        "verify": verify,
        "rows": 1u64 << rows,
        "proof_bytes": bundle.proof.len(),
    }))
}
