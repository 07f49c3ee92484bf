//! The account set as people keep it: a TOML file.
//!
//! ```toml
//! subject = "Example Fund"            # a name, or 0x and 64 hex digits
//! version = 1
//!
//! [[account]]
//! netting_set = "harbour/cross/main"  # as the universe names it, or its index
//! account     = "main"                # in the attestor's own naming, or 0x and 64 hex digits
//! attestor    = "0x..."               # who must sign
//! grade       = "venue"               # venue, custodian, administrator, self
//! ```

use crate::failure::{At, Failure, fail};
use crate::files;
use crate::place;
use mandate_attest::{account_id, subject_id};
use mandate_market::Universe;
use mandate_statement::{AccountEntry, AccountSet, AttestorGrade, Digest};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Largest file read, in bytes.
const LIMIT: u64 = 1 << 20;

/// The file.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountFile {
    /// Name or id.
    pub subject: String,
    /// Grows with every change.
    pub version: u64,
    /// The accounts.
    #[serde(default, rename = "account")]
    pub accounts: Vec<Declared>,
}

/// One account.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Name in the universe, or index.
    pub netting_set: NettingSet,
    /// Name in the attestor's naming, or id.
    pub account: String,
    /// Address.
    pub attestor: String,
    /// How close the attestor is to the records.
    pub grade: AttestorGrade,
}

/// An account of the universe.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum NettingSet {
    /// By index.
    Index(u16),
    /// By name.
    Name(String),
}

/// The id of a subject: `0x` and 64 hex digits stand for themselves, anything else is a name.
pub fn subject(text: &str) -> Result<Digest, Failure> {
    if text.trim().is_empty() {
        return fail("a subject needs a name");
    }
    match text.strip_prefix("0x") {
        Some(digits) => Digest::from_hex(digits)
            .ok_or_else(|| Failure(format!("subject `{text}` is neither a name nor 0x and 64 hex digits"))),
        None => Ok(subject_id(text)),
    }
}

/// The subject that a file of accounts is of.
pub fn subject_of(path: &Path) -> Result<Digest, Failure> {
    let file: AccountFile = toml::from_str(&files::read_text(path, LIMIT)?).at(path.display())?;
    subject(&file.subject).at(path.display())
}

/// The id of an account, likewise.
pub fn account(text: &str, attestor: &[u8; 20]) -> Result<Digest, Failure> {
    match text.strip_prefix("0x") {
        Some(digits) => Digest::from_hex(digits)
            .ok_or_else(|| Failure(format!("account `{text}` is neither a name nor 0x and 64 hex digits"))),
        None => Ok(account_id(attestor, text)),
    }
}

/// Grades by name.
pub fn grade(text: &str) -> Result<AttestorGrade, String> {
    match text {
        "venue" => Ok(AttestorGrade::Venue),
        "custodian" => Ok(AttestorGrade::Custodian),
        "administrator" => Ok(AttestorGrade::Administrator),
        "self" => Ok(AttestorGrade::SelfAttested),
        _ => Err("wanted venue, custodian, administrator or self".into()),
    }
}

/// Names of grades.
pub const fn grade_name(grade: AttestorGrade) -> &'static str {
    match grade {
        AttestorGrade::Venue => "venue",
        AttestorGrade::Custodian => "custodian",
        AttestorGrade::Administrator => "administrator",
        AttestorGrade::SelfAttested => "self",
    }
}

impl AccountFile {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = files::read_text(path, LIMIT)?;
        from_toml(path, &text)
    }
    /// Writes it.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = toml::to_string(self)?;
        let head =
            "# The accounts of one subject. Public: a proof must have every one of them, and no other.\n";
        files::write(path, format!("{head}{text}").as_bytes())
    }
    /// The set, in order of the universe's accounts.
    pub fn set(&self, universe: &Universe) -> Result<AccountSet, Failure> {
        let mut entries = Vec::new();
        for one in &self.accounts {
            let netting_set = index(&one.netting_set, universe)?;
            let attestor = place::address(&one.attestor)
                .or_else(|why| fail(format!("attestor `{}`: {why}", one.attestor)))?;
            if attestor == [0; 20] {
                return fail(format!(
                    "account {netting_set} has no attestor yet: put in the address that signs for it"
                ));
            }
            let account = account(&one.account, &attestor)?;
            entries.push(AccountEntry { netting_set, account, attestor, grade: one.grade });
        }
        entries.sort_by_key(|e| e.netting_set);
        if let Some(pair) = entries.windows(2).find(|p| p[0].netting_set == p[1].netting_set) {
            return fail(format!("account {} is declared twice", pair[0].netting_set));
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = entries.iter().find(|e| !seen.insert((e.attestor, e.account))) {
            return fail(format!(
                "account {} is declared twice: the same attestor vouches for it under another netting set",
                twice.netting_set
            ));
        }
        if entries.is_empty() {
            return fail("the account set declares no account; a proof is about at least one");
        }
        Ok(AccountSet { subject: subject(&self.subject)?, version: self.version, entries })
    }
}

fn index(name: &NettingSet, universe: &Universe) -> Result<u16, Failure> {
    let known = || {
        let names: Vec<String> = universe.accounts.iter().map(|a| format!("`{}`", a.label())).collect();
        names.join(", ")
    };
    let found = match name {
        NettingSet::Index(i) => (usize::from(*i) < universe.accounts.len()).then_some(usize::from(*i)),
        NettingSet::Name(name) => universe.account_index(name),
    };
    match (found.and_then(|i| u16::try_from(i).ok()), name) {
        (Some(i), _) => Ok(i),
        (None, NettingSet::Index(i)) => fail(format!(
            "netting set {i} does not exist; the universe has {}: {}",
            universe.accounts.len(),
            known()
        )),
        (None, NettingSet::Name(n)) => {
            fail(format!("netting set `{n}` does not exist; the universe has {}", known()))
        }
    }
}

/// The attestors a reader knows: a TOML file of `[[attestor]]` with `address` and `grade`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct AttestorFile {
    #[serde(default, rename = "attestor")]
    attestors: Vec<KnownAttestor>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownAttestor {
    address: String,
    grade: AttestorGrade,
}

/// Reads TOML. What is wrong is told by its line and its kind alone: a book, handed in by mistake, must not be quoted.
fn from_toml<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, Failure> {
    toml::from_str(text).or_else(|why| {
        let at = why.span().map_or(0, |span| span.start).min(text.len());
        let line = text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
        fail(format!("{}: line {line}: {}", path.display(), kind(why.message())))
    })
}

/// The part of a message that holds words of this program only: serde puts what it found between its own words and
/// `, expected`, and what a syntax error says is not known.
fn kind(message: &str) -> String {
    const QUOTING: [&str; 5] =
        ["invalid type", "invalid value", "invalid length", "unknown field", "unknown variant"];
    if message.starts_with("missing field") || message.starts_with("data did not match any variant") {
        return message.lines().next().unwrap_or_default().to_owned();
    }
    match (QUOTING.iter().find(|k| message.starts_with(**k)), message.rsplit_once(", expected ")) {
        (Some(kind), Some((_, wanted))) => format!("{kind}, expected {wanted}"),
        (Some(kind), None) => (*kind).to_owned(),
        (None, _) => "not TOML".to_owned(),
    }
}

/// Reads a list of known attestors.
pub fn read_attestors(path: &Path) -> Result<BTreeMap<[u8; 20], AttestorGrade>, Failure> {
    let file: AttestorFile = from_toml(path, &files::read_text(path, LIMIT)?)?;
    let mut out = BTreeMap::new();
    for known in file.attestors {
        let address = place::address(&known.address)
            .or_else(|why| fail(format!("{}: attestor `{}`: {why}", path.display(), known.address)))?;
        if out.insert(address, known.grade).is_some() {
            return fail(format!("{}: attestor `{}` is listed twice", path.display(), known.address));
        }
    }
    Ok(out)
}

/// A digest of 64 hex digits.
pub fn digest(text: &str) -> Result<Digest, String> {
    Digest::from_hex(text).ok_or_else(|| "wanted 64 hex digits, with or without 0x".into())
}

/// Reads a file as the set of a universe.
pub fn read(path: &Path, universe: &Universe) -> Result<AccountSet, Failure> {
    AccountFile::read(path)?.set(universe).at(path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever stands where, an error names its line and what was wanted there, and nothing of the text.
    #[test]
    fn errors_quote_nothing() {
        let cases = [
            ("subject = 4234567.89", 1, "invalid type, expected a string"),
            ("subject = 'a'\nversion = 4234567.89", 2, "invalid type, expected u64"),
            ("subject = 'a'\nversion = -42345678", 2, "invalid value, expected u64"),
            ("subject = 'a'\nversion = '4234567.89, expected 4234567.89'", 2, "invalid type, expected u64"),
            ("USD = 4234567.89", 1, "unknown field, expected one of `subject`, `version`, `account`"),
            ("4234567.89 = 'USD'", 1, "unknown field, expected one of `subject`, `version`, `account`"),
            ("version = 1", 1, "missing field `subject`"),
            ("account = 4234567.89", 1, "invalid type, expected a sequence"),
            ("[[account]]\ngrade = '4234567.89'", 2, "unknown variant, expected one of "),
            ("[[account]]\nnetting_set = 4234567.89", 2, "data did not match any variant"),
            ("subject = 4234567.89x", 1, "not TOML"),
            ("[4234567.89", 1, "not TOML"),
            ("4234567.89", 1, "not TOML"),
            ("USD = 1\nUSD = 4234567.89", 2, "not TOML"),
        ];
        for (text, line, wanted) in cases {
            let Err(Failure(said)) = from_toml::<AccountFile>(Path::new("book.toml"), text) else {
                panic!("{text} is an account set");
            };
            let start = format!("book.toml: line {line}: {wanted}");
            assert!(said.starts_with(&start), "{text}: {said}");
            for mark in ["4234567", "42345678", "89"] {
                assert!(!said.contains(mark), "{text}: {said}");
            }
        }
    }
}
