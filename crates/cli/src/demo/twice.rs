//! The same statement under the other proof system.

use super::offchain::VALID_FOR;
use super::parties::Subject;
use super::table::Table;
use crate::cmd::prove::Terms;
use crate::cmd::transparent;
use crate::failure::{Failure, fail};
use crate::keys::KeyArgs;
use crate::screen::{Screen, grouped, seconds};
use crate::sheet::Sheet;
use crate::verdict::Verdict;
use mandate_statement::{Bundle, Kind, TransparentBundle, decode, encode};
use mandate_transparent::PublicSheet;
use mandate_verifier::Expectations;

/// Proves the statement of `bundle` without a ceremony, puts both proofs into one file, and verifies the second as a reader would.
pub fn tell(
    sheet: &Sheet,
    subject: &Subject,
    bundle: &Bundle,
    expect: &Expectations<'_>,
    keys: &KeyArgs,
    figures: &mut Table,
    screen: &Screen,
) -> Result<(), Failure> {
    if sheet.shape().strips > 0 {
        screen.say("\n  the proof without a ceremony is left out: with runs of strikes it takes longer than the rest");
        return Ok(());
    }
    screen.say("\n  once more for a reader who trusts no ceremony: the key follows from mandate and market");
    let terms = Terms { chain: None, epoch: bundle.context.epoch, valid_for: VALID_FOR };
    let (mut both, prove_time) =
        transparent::prove(sheet, &subject.handed, &subject.set, terms, keys, screen)?;
    both.groth16 = Some(bundle.clone());
    let bytes = encode(Kind::TransparentBundle, &both);
    let read: TransparentBundle = decode(Kind::TransparentBundle, &bytes)?;
    let (rules, risk) = (&sheet.compiled.part, &sheet.risk);
    let parameters = transparent::parameters(PublicSheet::rows(rules, risk)?, keys, screen)?;
    let (public, key_time) = screen.timed("the sheet's key", || PublicSheet::new(rules, risk, &parameters));
    let public = public?;
    let (verified, verify_time) =
        screen.timed("verifying without a ceremony", || public.verify(&read, &subject.set, expect));
    let verified = verified?;
    let bare = Verdict::from(&verified).without_rows(sheet);
    if !bare.is_empty() {
        return fail(format!("no rows prove rule(s) {}", bare.join(", ")));
    }
    if read.groth16.as_ref() != Some(bundle) {
        return fail("the file with both proofs does not hold the first");
    }
    screen.say(format!("  holds under both proof systems: one file of {} bytes", grouped(bytes.len())));
    figures.row("prove without a ceremony, key derived anew", seconds(prove_time));
    figures.row("derive the sheet's key", seconds(key_time));
    figures.row("verify without a ceremony", seconds(verify_time));
    figures.row("proof without a ceremony", format!("{} bytes", grouped(read.proof.len())));
    Ok(())
}
