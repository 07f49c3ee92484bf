//! `mandate accounts new|declare|show`.

use crate::accounts::{AccountFile, Declared, NettingSet, grade, grade_name, read};
use crate::failure::{At, Done, Failure, Outcome, fail};
use crate::place;
use crate::screen::Screen;
use crate::sheet;
use mandate_attest::read_attestation;
use mandate_market::Universe;
use mandate_statement::AttestorGrade;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What to do with account sets.
#[derive(clap::Subcommand)]
pub enum Command {
    /// A file to fill in: every account of the universe, without attestors.
    New {
        /// Whose accounts.
        #[arg(long)]
        subject: String,
        /// The snapshot whose universe names the accounts.
        #[arg(short, long, value_name = "SNAP")]
        snapshot: PathBuf,
        /// Where to write it.
        #[arg(short, long, default_value = "accounts.toml")]
        out: PathBuf,
    },
    /// A file from attestations: each account with whoever signed for it.
    Declare {
        /// Whose accounts.
        #[arg(long)]
        subject: String,
        /// The snapshot whose universe names the accounts.
        #[arg(short, long, value_name = "SNAP")]
        snapshot: PathBuf,
        /// Grade of the attestors: `GRADE` for all, or `ACCOUNT=GRADE` (may be repeated).
        #[arg(long, value_name = "[ACCOUNT=]GRADE", required = true)]
        grade: Vec<String>,
        /// Version of the set; grows with every change.
        #[arg(long, default_value_t = 1)]
        set_version: u64,
        /// Attestations, or folders of them.
        #[arg(required = true)]
        attestations: Vec<PathBuf>,
        /// Where to write it.
        #[arg(short, long, default_value = "accounts.toml")]
        out: PathBuf,
    },
    /// The set and its digest.
    Show {
        /// The file.
        accounts: PathBuf,
        /// The snapshot whose universe names the accounts.
        #[arg(short, long, value_name = "SNAP")]
        snapshot: PathBuf,
    },
}

/// Runs one.
pub fn run(command: &Command, screen: &Screen) -> Done {
    match command {
        Command::New { subject, snapshot, out } => {
            let snapshot = sheet::snapshot(snapshot)?;
            crate::accounts::subject(subject)?;
            let blank = |label: String| Declared {
                netting_set: NettingSet::Name(label.clone()),
                account: label,
                attestor: place::address_text(&[0; 20]),
                grade: AttestorGrade::Custodian,
            };
            let accounts = snapshot.universe.accounts.iter().map(|a| blank(a.label())).collect();
            AccountFile { subject: subject.clone(), version: 1, accounts }.write(out)?;
            screen.say(format!(
                "{}: put in the attestors' addresses and grades, and take out accounts that you do not have",
                out.display()
            ));
        }
        Command::Declare { subject, snapshot, grade, set_version, attestations, out } => {
            let snapshot = sheet::snapshot(snapshot)?;
            let file = declare(subject, &snapshot.universe, grade, *set_version, attestations)?;
            let set = file.set(&snapshot.universe)?;
            file.write(out)?;
            screen.data(
                || {
                    format!(
                        "{} accounts, version {}\naccount set {}",
                        set.entries.len(),
                        set.version,
                        set.digest()
                    )
                },
                || json!({ "digest": set.digest(), "subject": set.subject, "version": set.version }),
            );
        }
        Command::Show { accounts, snapshot } => {
            let snapshot = sheet::snapshot(snapshot)?;
            let set = read(accounts, &snapshot.universe)?;
            screen.data(
                || {
                    let mut text = format!(
                        "subject {}\nversion {}\naccount set {}\n",
                        set.subject,
                        set.version,
                        set.digest()
                    );
                    for e in &set.entries {
                        let label =
                            snapshot.universe.account_label(usize::from(e.netting_set)).unwrap_or_default();
                        let _ = writeln!(
                            text,
                            "  {:>2} {label:<32} {:<13} {}",
                            e.netting_set,
                            grade_name(e.grade),
                            place::address_text(&e.attestor)
                        );
                    }
                    text
                },
                || {
                    json!({
                        "digest": set.digest(), "subject": set.subject, "version": set.version,
                        "accounts": set.entries.iter().map(|e| json!({
                            "netting_set": e.netting_set, "account": e.account, "grade": e.grade,
                            "attestor": place::address_text(&e.attestor),
                        })).collect::<Vec<_>>(),
                    })
                },
            );
        }
    }
    Ok(Outcome::Holds)
}

fn declare(
    subject: &str,
    universe: &Universe,
    grades: &[String],
    version: u64,
    paths: &[PathBuf],
) -> Result<AccountFile, Failure> {
    let id = crate::accounts::subject(subject)?;
    let grades = Grades::parse(grades)?;
    let digest = universe.digest();
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).at(path.display())? {
                let inside = entry.at(path.display())?.path();
                if inside.extension().is_some_and(|e| e == "attestation") {
                    files.push(inside);
                }
            }
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    let mut accounts = Vec::new();
    for path in &files {
        let signed = read_attestation(path).at(path.display())?;
        let said = &signed.attestation;
        if said.subject != id {
            return fail(format!(
                "{}: it is of subject {}, not of `{subject}` ({id})",
                path.display(),
                said.subject
            ));
        }
        if said.universe != digest {
            return fail(format!(
                "{}: it is of universe {}, the snapshot's is {digest}",
                path.display(),
                said.universe
            ));
        }
        let Some(attestor) = signed.signer() else {
            return fail(format!("{}: its signature recovers to nobody", path.display()));
        };
        let Some(label) = universe.account_label(usize::from(said.netting_set)) else {
            return fail(format!("{}: the universe has no account {}", path.display(), said.netting_set));
        };
        accounts.push(Declared {
            grade: grades.of(&label)?,
            netting_set: NettingSet::Name(label),
            account: said.account.to_string(),
            attestor: place::address_text(&attestor),
        });
    }
    grades.all_used(&accounts)?;
    Ok(AccountFile { subject: subject.to_owned(), version, accounts })
}

/// The grades as they were given: one for all, and those of single accounts.
struct Grades {
    general: Option<AttestorGrade>,
    single: BTreeMap<String, AttestorGrade>,
}

impl Grades {
    /// From `GRADE` and `ACCOUNT=GRADE`.
    ///
    /// # Errors
    /// Where a grade has no such name, or is given twice.
    fn parse(texts: &[String]) -> Result<Self, Failure> {
        let mut out = Self { general: None, single: BTreeMap::new() };
        for text in texts {
            let (account, name) = text.split_once('=').map_or((None, text.as_str()), |(a, g)| (Some(a), g));
            let value = grade(name).map_err(|why| Failure(format!("--grade {text}: {why}")))?;
            let before = match account {
                Some(account) => out.single.insert(account.to_owned(), value),
                None => out.general.replace(value),
            };
            if before.is_some() {
                let whose = account.map_or_else(|| "all accounts".to_owned(), |a| format!("account `{a}`"));
                return fail(format!("--grade {text}: the grade of {whose} is given twice"));
            }
        }
        Ok(out)
    }
    /// The grade of an account.
    fn of(&self, label: &str) -> Result<AttestorGrade, Failure> {
        self.single.get(label).copied().or(self.general).ok_or_else(|| {
            Failure(format!("no grade for account `{label}`: give --grade {label}=venue or the like"))
        })
    }
    /// Every account that was given a grade of its own must be among those declared.
    fn all_used(&self, accounts: &[Declared]) -> Result<(), Failure> {
        let labels: Vec<&str> = accounts
            .iter()
            .filter_map(|a| match &a.netting_set {
                NettingSet::Name(name) => Some(name.as_str()),
                NettingSet::Index(_) => None,
            })
            .collect();
        let Some((account, grade)) = self.single.iter().find(|(a, _)| !labels.contains(&a.as_str())) else {
            return Ok(());
        };
        let names: Vec<String> = labels.iter().map(|l| format!("`{l}`")).collect();
        fail(format!(
            "--grade {account}={}: no attestation is of account `{account}`; they are of {}",
            grade_name(*grade),
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        ))
    }
}
