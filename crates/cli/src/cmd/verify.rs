//! `mandate verify`: what an auditor runs. No secret, and every public file compiled again.

use crate::accounts;
use crate::cmd::prove::Place;
use crate::cmd::transparent;
use crate::failure::{At, Done, Failure, Outcome, fail};
use crate::files;
use crate::keys::KeyArgs;
use crate::place;
use crate::screen::{Screen, seconds};
use crate::sheet::Sheet;
use crate::verdict;
use mandate_statement::{AccountSet, AttestorGrade, Bundle, Digest, Kind, TransparentBundle, decode};
use mandate_verifier::{BatchItem, Expectations, KeyOrigin, Verifier};
use std::path::{Path, PathBuf};

/// What to verify, and what the reader accepts.
#[derive(clap::Args)]
pub struct Args {
    /// Bundles, or folders of them; several are verified in one batch.
    #[arg(required = true)]
    bundles: Vec<PathBuf>,
    /// The mandate, a TOML file.
    #[arg(short, long)]
    mandate: PathBuf,
    /// The snapshot.
    #[arg(short, long, value_name = "SNAP")]
    snapshot: PathBuf,
    /// The subject's declared accounts. For bundles of several subjects the folder that `mandate prove --batch` took: the accounts
    /// of NAME.bundle are those of NAME/accounts.toml in it.
    #[arg(long, value_name = "TOML|DIR")]
    accounts: PathBuf,
    /// Verifying key; that of the shape in the folder of keys where none is named.
    #[arg(long, value_name = "VK")]
    vk: Option<PathBuf>,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    place: Place,
    /// The reader's clock; this machine's where nothing is said.
    #[arg(long, value_parser = place::instant)]
    now: Option<u64>,
    /// Oldest book accepted.
    #[arg(long, value_name = "SPAN", default_value = "1d", value_parser = place::span)]
    max_age: u64,
    /// Lowest grade of attestor accepted: venue, custodian, administrator or self.
    #[arg(long, value_name = "GRADE", default_value = "administrator", value_parser = accounts::grade)]
    min_grade: AttestorGrade,
    /// The attestors you know, a TOML file of `[[attestor]]` with `address` and `grade`. Without it, attestors and grades are
    /// only what the account set declares.
    #[arg(long, value_name = "TOML")]
    attestors: Option<PathBuf>,
    /// Digest of the account set, as you had it from the subject's administrator.
    #[arg(long, value_name = "DIGEST", value_parser = accounts::digest)]
    account_set: Option<Digest>,
    /// Of a file with both proofs, verify the one under Groth16.
    #[arg(long)]
    groth16: bool,
    /// Accept a development key, under which its maker can prove anything.
    #[arg(long)]
    allow_dev_key: bool,
}

/// Reads a bundle.
pub fn read_bundle(path: &Path) -> Result<Bundle, Failure> {
    let bytes = files::read(path, Kind::Bundle.limit() as u64 + 1024)?;
    decode(Kind::Bundle, &bytes).at(path.display())
}

/// The bundles of folders in place of the folders, in the order of their names.
fn files_of(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut out = Vec::new();
    for path in named {
        if !path.is_dir() {
            out.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).at(path.display())? {
            inside.push(entry.at(path.display())?.path());
        }
        inside.retain(|p| p.extension().is_some_and(|e| e == "bundle"));
        if inside.is_empty() {
            return fail(format!("{}: no file ends in `.bundle`", path.display()));
        }
        inside.sort();
        out.append(&mut inside);
    }
    Ok(out)
}

/// The accounts that each bundle is verified against, or one set for all.
fn sets_of(accounts: &Path, bundles: &[PathBuf], sheet: &Sheet) -> Result<Vec<AccountSet>, Failure> {
    let universe = &sheet.snapshot.universe;
    if !accounts.is_dir() {
        return Ok(vec![accounts::read(accounts, universe)?]);
    }
    let of = |bundle: &PathBuf| {
        let name = bundle.file_stem().unwrap_or_default();
        accounts::read(&accounts.join(name).join("accounts.toml"), universe)
    };
    bundles.iter().map(of).collect()
}

/// The bundles where they need no ceremony, all or none of them.
fn transparent_ones(paths: &[PathBuf]) -> Result<Option<Vec<(PathBuf, TransparentBundle)>>, Failure> {
    let mut out = Vec::new();
    for path in paths {
        if let Some(bundle) = transparent::read_bundle(path)? {
            out.push((path.clone(), bundle));
        }
    }
    if !out.is_empty() && out.len() < paths.len() {
        return fail("some of the bundles need a ceremony and some do not; verify them in two calls");
    }
    Ok((!out.is_empty()).then_some(out))
}

fn under_groth16(path: &Path, bundle: &TransparentBundle) -> Result<Bundle, Failure> {
    let inside = bundle.groth16.clone();
    inside.map_or_else(|| fail(format!("{}: there is no proof under Groth16 in it", path.display())), Ok)
}

/// Runs it.
pub fn run(args: &Args, screen: &Screen) -> Done {
    let paths = files_of(&args.bundles)?;
    let other = transparent_ones(&paths)?;
    let bundles = match (&other, args.groth16) {
        (Some(_), false) => Vec::new(),
        (Some(list), true) => {
            list.iter().map(|(path, b)| under_groth16(path, b)).collect::<Result<Vec<_>, _>>()?
        }
        (None, _) => paths.iter().map(|p| read_bundle(p)).collect::<Result<Vec<_>, _>>()?,
    };
    let (sheet, _) = screen.timed("compiling the sheet", || Sheet::read(&args.mandate, &args.snapshot));
    let sheet = sheet?;
    let sets = sets_of(&args.accounts, &paths, &sheet)?;
    let known = args.attestors.as_deref().map(accounts::read_attestors).transpose()?;
    let expect = Expectations {
        attestors: known.as_ref(),
        account_set: args.account_set,
        now: args.now.unwrap_or_else(place::now),
        max_age: args.max_age,
        min_grade: args.min_grade,
        development_keys: args.allow_dev_key,
        chain: args.place.pair(),
    };
    if let (Some(list), false) = (&other, args.groth16) {
        return transparent::verify(list, &sheet, &sets, &expect, &args.keys, screen);
    }
    if !args.allow_dev_key && args.vk.is_none() {
        args.keys.must_exist(sheet.shape())?;
    }
    let key = args.keys.verifying(sheet.shape(), args.vk.as_deref(), screen)?;
    let origin = key.origin;
    let verifier = Verifier::new(key);
    let (point, point_time) =
        screen.timed("the sheet's points", || verifier.sheet(&sheet.compiled.part, &sheet.risk));
    let point = point?;
    let (results, took) = screen.timed("verifying", || match bundles.as_slice() {
        [one] => vec![verifier.verify(one, &point, &sets[0], &expect)],
        many => {
            let items: Vec<BatchItem<'_>> = many
                .iter()
                .zip(sets.iter().cycle())
                .map(|(bundle, accounts)| BatchItem { bundle, sheet: &point, accounts })
                .collect();
            verifier.verify_batch(&items, &expect)
        }
    });
    screen.say(format!(
        "{} bundle(s): sheet points in {}, verified in {}",
        bundles.len(),
        seconds(point_time),
        seconds(took)
    ));
    if origin == KeyOrigin::Development && args.allow_dev_key {
        screen.say("the key is a development key: whoever knows its seed could have made these proofs without any book");
    }
    let holds = verdict::say(paths.iter(), &results, &sheet, None, screen);
    Ok(if holds { Outcome::Holds } else { Outcome::DoesNotHold })
}
