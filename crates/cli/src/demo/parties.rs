//! Attestors with their keys, and subjects with what was attested of them.

use crate::cmd::attest::sign;
use crate::failure::Failure;
use crate::openings::{self, Handed};
use mandate_attest::{AttestorKey, Ledger, Request, account_id, attest_second, subject_id, write_second};
use mandate_book::{MarketSlots, Options, SlotIndex, read, resolve};
use mandate_market::Snapshot;
use mandate_statement::{AccountEntry, AccountSet, AttestorGrade};
use std::path::Path;

/// One attestor per account of the universe, with its key and ledger in a folder.
pub struct Attestors {
    list: Vec<(AttestorKey, Ledger, AttestorGrade)>,
}

/// A subject whose accounts are attested.
pub struct Subject {
    /// Name.
    pub name: &'static str,
    /// Declared accounts.
    pub set: AccountSet,
    /// What the custodians handed back. Secret.
    pub handed: Vec<Handed>,
}

impl Attestors {
    /// Makes keys.
    pub fn new(snapshot: &Snapshot, folder: &Path) -> Result<Self, Failure> {
        let mut list = Vec::new();
        for (index, account) in snapshot.universe.accounts.iter().enumerate() {
            let key = AttestorKey::random();
            let path = folder.join(format!("{index}.key"));
            key.write(&path)?;
            let grade = match account.venue.as_str() {
                "administrator" => AttestorGrade::Administrator,
                "vault" | "custody" => AttestorGrade::Custodian,
                _ => AttestorGrade::Venue,
            };
            list.push((key, Ledger::open(&Ledger::path_for(&path))?, grade));
        }
        Ok(Self { list })
    }
    /// Address and grade of each.
    pub fn listed(&self) -> impl Iterator<Item = ([u8; 20], AttestorGrade)> + '_ {
        self.list.iter().map(|(key, _, grade)| (key.address(), *grade))
    }
    /// Each attestor reads its account out of a statement, commits and signs; the files go to `folder`, and are read
    /// back from there as the holder would.
    pub fn attest(
        &mut self,
        name: &'static str,
        statement: &str,
        snapshot: &Snapshot,
        folder: &Path,
    ) -> Result<Subject, Failure> {
        let slots = MarketSlots::new(snapshot)?;
        let records = read::csv("statement.csv", statement.as_bytes())?;
        let (book, _) = resolve(&records, &slots, &Options::default())?;
        let subject = subject_id(name);
        let mut entries = Vec::new();
        for (index, label) in slots.accounts().iter().enumerate() {
            let (key, ledger, grade) = &mut self.list[index];
            let account = account_id(&key.address(), &format!("{name}: {label}"));
            let request = Request { subject, account, sequence: None };
            let (signed, mut opening) = sign(&book, label, &slots, &request, key, ledger)?;
            let second = attest_second(&mut opening, &signed, key)?;
            let (public, _) = crate::cmd::attest::write(folder, label, &signed, &opening)?;
            write_second(&second, &public.with_extension("second"))?;
            entries.push(AccountEntry {
                netting_set: signed.attestation.netting_set,
                account,
                attestor: key.address(),
                grade: *grade,
            });
        }
        Ok(Subject {
            name,
            set: AccountSet { subject, version: 1, entries },
            handed: openings::read(folder)?,
        })
    }
}
