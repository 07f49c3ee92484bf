//! `mandate disclose`: open accounts to one reader, against what their custodians signed.

use crate::cmd::verify::read_bundle;
use crate::failure::{At, Done, Failure, Outcome, fail};
use crate::files;
use crate::openings;
use crate::place;
use crate::screen::Screen;
use crate::sheet;
use mandate_attest::{Opening, read_attestation};
use mandate_market::{Snapshot, time};
use mandate_statement::{Bundle, Kind, SignedAttestation, decode, encode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What to disclose, or what to do with a disclosure.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Open one account.
    Account {
        /// The opening; its attestation stands beside it.
        #[arg(long, value_name = "F")]
        opening: PathBuf,
        /// Where to write the disclosure: for the reader's eyes.
        #[arg(short, long, value_name = "D")]
        out: PathBuf,
    },
    /// Open every account of a folder.
    All {
        /// Folder of openings.
        #[arg(short, long, value_name = "DIR")]
        book: PathBuf,
        /// Where to write the disclosure: for the reader's eyes.
        #[arg(short, long, value_name = "D")]
        out: PathBuf,
    },
    /// What the reader runs: check a disclosure, and say what is in it. Checks no proof: that is `mandate verify`.
    Verify {
        /// The disclosure.
        disclosure: PathBuf,
        /// The snapshot whose universe names the slots.
        #[arg(short, long, value_name = "SNAP")]
        snapshot: PathBuf,
        /// The bundle whose attestations must be the ones that are opened; its proof is not checked here.
        #[arg(long, value_name = "BUNDLE")]
        bundle: Option<PathBuf>,
    },
}

/// The file: openings, each with what its custodian signed. Secret to anyone but the reader.
#[derive(bincode::Encode, bincode::Decode)]
struct Disclosure {
    accounts: Vec<(Opening, SignedAttestation)>,
}

/// Runs one.
pub fn run(command: &Command, screen: &Screen) -> Done {
    match command {
        Command::Account { opening, out } => {
            let path = opening;
            let opening = Opening::read(path).at(path.display())?;
            let beside = path.with_extension("attestation");
            let signed = read_attestation(&beside).at(beside.display())?;
            opening.check(&signed.attestation).at(path.display())?;
            write(out, Disclosure { accounts: vec![(opening, signed)] }, screen)
        }
        Command::All { book, out } => {
            let accounts = openings::read(book)?.into_iter().map(|h| (h.opening, h.signed)).collect();
            write(out, Disclosure { accounts }, screen)
        }
        Command::Verify { disclosure, snapshot, bundle } => {
            verify(disclosure, snapshot, bundle.as_deref(), screen)
        }
    }
}

fn write(out: &Path, disclosure: Disclosure, screen: &Screen) -> Done {
    let bytes = Zeroizing::new(encode(Kind::Disclosure, &disclosure));
    files::write_private(out, &bytes)?;
    screen.say(format!(
        "{}: opens {} account(s) in full to whoever has it; there is no way to take it back",
        out.display(),
        disclosure.accounts.len()
    ));
    if screen.is_json() {
        screen.data(String::new, || json!({ "file": out, "accounts": disclosure.accounts.len() }));
    }
    Ok(Outcome::Holds)
}

fn verify(path: &Path, snapshot: &Path, bundle: Option<&Path>, screen: &Screen) -> Done {
    let bytes = Zeroizing::new(files::read(path, Kind::Disclosure.limit() as u64 + 1024)?);
    let disclosure: Disclosure = decode(Kind::Disclosure, &bytes).at(path.display())?;
    let snapshot = sheet::snapshot(snapshot)?;
    let bundle = bundle.map(read_bundle).transpose()?;
    let universe = snapshot.universe.digest();
    let mut out = String::new();
    let mut list = Vec::new();
    for (opening, signed) in &disclosure.accounts {
        let label = snapshot
            .universe
            .account_label(usize::from(opening.netting_set))
            .unwrap_or_else(|| format!("account {}", opening.netting_set));
        if opening.universe != universe {
            return fail(format!(
                "{label}: the opening is of universe {}, the snapshot of {universe}",
                opening.universe
            ));
        }
        if let Err(why) = opening.check(&signed.attestation) {
            return refused(&label, &why.to_string(), screen);
        }
        let Some(attestor) = signed.signer() else {
            return refused(&label, "the attestation's signature recovers to nobody", screen);
        };
        if let Some(why) = bundle.as_ref().and_then(|bundle| differs(bundle, signed)) {
            return refused(&label, &why, screen);
        }
        let rows = rows(opening, &snapshot)?;
        let _ = writeln!(
            out,
            "{label}, as of {}, signed by {}",
            time::instant_text(opening.as_of),
            place::address_text(&attestor)
        );
        for (name, quantity, unit) in &rows {
            let _ = writeln!(out, "  {name:<28} {quantity:>20} {unit}");
        }
        if rows.is_empty() {
            let _ = writeln!(out, "  nothing");
        }
        list.push(json!({
            "account": label, "attestor": place::address_text(&attestor), "as_of": opening.as_of,
            "commitment": signed.attestation.commitment,
            "positions": rows.iter().map(|(n, q, u)| json!({"instrument": n, "quantity": q, "unit": u})).collect::<Vec<_>>(),
        }));
    }
    let opened: BTreeSet<u16> = disclosure.accounts.iter().map(|(o, _)| o.netting_set).collect();
    let declared = bundle.as_ref().map(|b| b.attestations.len());
    match declared {
        Some(declared) => screen.say(format!(
            "{} of the {declared} account(s) declared in the bundle are opened, as attested there; the bundle's proof is not \
             checked here: run `mandate verify`",
            opened.len()
        )),
        None => screen.say(format!("{} account(s) open what the attestations commit to", opened.len())),
    }
    screen.data(
        || out,
        || {
            let mut json = json!({ "holds": true, "accounts": Value::Array(list) });
            if let Some(declared) = declared {
                json["opened"] = opened.len().into();
                json["declared"] = declared.into();
                json["proof_checked"] = false.into();
            }
            json
        },
    );
    Ok(Outcome::Holds)
}

/// In what an attestation is not the bundle's of the same account.
fn differs(bundle: &Bundle, signed: &SignedAttestation) -> Option<String> {
    let here = &signed.attestation;
    let index = here.netting_set;
    let Some(other) = bundle.attestations.iter().find(|s| s.attestation.netting_set == index) else {
        return Some("the account is not declared in the bundle".into());
    };
    let there = &other.attestation;
    let commitment = bundle.commitments.get(usize::from(index)).copied().unwrap_or_default();
    let field = |what: &str, here: &dyn Display, there: &dyn Display| {
        Some(format!("the bundle has another {what} for this account: {there}, the disclosure {here}"))
    };
    if there.commitment != commitment {
        return Some(format!(
            "the bundle contradicts itself: its attestation is of commitment {}, its proof of {commitment}",
            there.commitment
        ));
    }
    if here.subject != there.subject {
        return field("subject", &here.subject, &there.subject);
    }
    if here.account != there.account {
        return field("account id", &here.account, &there.account);
    }
    if here.universe != there.universe {
        return field("universe", &here.universe, &there.universe);
    }
    if here.as_of != there.as_of {
        return field("instant", &here.as_of, &there.as_of);
    }
    if here.commitment != there.commitment {
        return field("commitment", &here.commitment, &there.commitment);
    }
    if here.sequence != there.sequence {
        return field("sequence number", &here.sequence, &there.sequence);
    }
    if signed.signer() != other.signer() {
        return Some("the bundle's attestation of this account is signed by another key".into());
    }
    None
}

fn refused(label: &str, why: &str, screen: &Screen) -> Done {
    screen.say(format!("{label}: refused: {why}"));
    if screen.is_json() {
        screen.data(String::new, || json!({ "holds": false, "account": label, "refused": why }));
    }
    Ok(Outcome::DoesNotHold)
}

/// Every slot that holds something: instrument, quantity, unit.
fn rows(opening: &Opening, snapshot: &Snapshot) -> Result<Vec<(String, String, String)>, Failure> {
    let range = snapshot.universe.account_slots(usize::from(opening.netting_set))?;
    let mut out = Vec::new();
    for (slot, lots) in range.zip(&opening.quantities) {
        if *lots == 0 {
            continue;
        }
        out.push(match snapshot.universe.slot(slot) {
            Some(found) => (
                found.slot.instrument.to_string(),
                found.slot.quantity(*lots).to_string(),
                found.slot.instrument.quantity_unit(),
            ),
            None => (format!("slot {slot}, not listed"), lots.to_string(), "lots".to_owned()),
        });
    }
    Ok(out)
}
