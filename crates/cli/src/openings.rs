//! A folder of what custodians handed back: `NAME.opening` with `NAME.attestation` beside each, and `NAME.second` where there is
//! a second attestation.

use crate::failure::{At, Failure, fail};
use mandate_attest::{Opening, read_attestation, read_second};
use mandate_statement::{SecondAttestation, SignedAttestation};
use std::path::{Path, PathBuf};

/// One account as its custodian handed it back. Secret.
pub struct Handed {
    /// Everything the commitment opens to.
    pub opening: Opening,
    /// What was signed.
    pub signed: SignedAttestation,
    /// What was signed beside it, where a proof without a ceremony is wanted.
    pub second: Option<SecondAttestation>,
}

/// All openings of a folder, by account index, each checked against the attestation beside it.
pub fn read(folder: &Path) -> Result<Vec<Handed>, Failure> {
    let mut out = Vec::new();
    for path in paths(folder)? {
        let opening = Opening::read(&path).at(path.display())?;
        let beside = path.with_extension("attestation");
        let signed = read_attestation(&beside).at(beside.display())?;
        opening.check(&signed.attestation).at(path.display())?;
        let other = path.with_extension("second");
        let second = other.exists().then(|| read_second(&other).at(other.display())).transpose()?;
        if let Some(second) = &second {
            opening.check_second(&signed, second).at(other.display())?;
        }
        out.push(Handed { opening, signed, second });
    }
    out.sort_by_key(|h| h.opening.netting_set);
    for pair in out.windows(2) {
        if pair[0].opening.netting_set == pair[1].opening.netting_set {
            return fail(format!(
                "{}: two openings are of account {}; keep one",
                folder.display(),
                pair[0].opening.netting_set
            ));
        }
    }
    Ok(out)
}

fn paths(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).at(folder.display())? {
        let path = entry.at(folder.display())?.path();
        if path.extension().is_some_and(|e| e == "opening") {
            out.push(path);
        }
    }
    out.sort();
    if out.is_empty() {
        return fail(format!(
            "{}: no file ends in `.opening`; wanted what `mandate attest` writes",
            folder.display()
        ));
    }
    Ok(out)
}
