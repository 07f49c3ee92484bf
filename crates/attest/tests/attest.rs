//! A custodian's day: attest, write, read, refuse.

use mandate_attest::{
    AttestError, AttestorKey, Ledger, Opening, Request, account_id, attest, attestation_from_bytes,
    read_attestation, subject_id, write_attestation,
};
use mandate_book::examples::{self, Example};
use mandate_book::{AccountBook, MarketSlots, SlotIndex};
use mandate_market::Snapshot;
use mandate_statement::{Digest, SignedAttestation};

const AS_OF: u64 = 1_790_000_000;

struct Desk {
    folder: tempfile::TempDir,
    key: AttestorKey,
    ledger: Ledger,
}

impl Desk {
    fn account(&self) -> Digest {
        account_id(&self.key.address(), "client 4711")
    }
    /// The desk after its program was closed and begun again.
    fn reopened(self) -> Self {
        let Self { folder, key, ledger } = self;
        drop(ledger);
        let ledger = Ledger::open(&folder.path().join("ledger.json")).unwrap_or_else(|e| panic!("{e}"));
        Self { folder, key, ledger }
    }
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.json")).unwrap_or_else(|e| panic!("{e}"));
        Self { folder, key: AttestorKey::from_bytes(&[7; 32]).unwrap(), ledger }
    }
    fn go(
        &mut self,
        book: &AccountBook,
        as_of: u64,
        subject: &str,
        sequence: Option<u64>,
    ) -> Result<(SignedAttestation, Opening), AttestError> {
        self.go_in(&mandate_market::examples::tiny(as_of), book, subject, sequence)
    }
    fn go_in(
        &mut self,
        snapshot: &Snapshot,
        book: &AccountBook,
        subject: &str,
        sequence: Option<u64>,
    ) -> Result<(SignedAttestation, Opening), AttestError> {
        let slots = MarketSlots::new(snapshot).unwrap();
        let request = Request { subject: subject_id(subject), account: self.account(), sequence };
        attest(book, &slots, &request, &self.key, &mut self.ledger)
    }
}

fn harbour() -> AccountBook {
    let snapshot = mandate_market::examples::tiny(AS_OF);
    examples::book(&snapshot, Example::Lawful).account(0).unwrap().clone()
}

#[test]
fn an_account_is_attested_and_opened() {
    let mut desk = Desk::open();
    let (signed, opening) = desk.go(&harbour(), AS_OF, "fund", None).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(signed.signer(), Some(desk.key.address()));
    assert_eq!(signed.attestation.sequence, 1);
    assert!(opening.check(&signed.attestation).is_ok());
    assert_eq!(opening.quantities, harbour().quantities());
    // Fresh blinding, fresh commitment; the number grows.
    let (again, other) = desk.go(&harbour(), AS_OF, "fund", None).unwrap_or_else(|e| panic!("{e}"));
    assert_ne!(again.attestation.commitment, signed.attestation.commitment);
    assert_eq!(again.attestation.sequence, 2);
    assert!(matches!(other.check(&signed.attestation), Err(AttestError::Mismatch("commitment"))));
    // A changed message is signed by nobody in particular.
    let mut forged = signed;
    forged.attestation.sequence = 9;
    assert_ne!(forged.signer(), Some(desk.key.address()));
}

#[test]
fn every_field_of_an_opening_is_bound() {
    let mut desk = Desk::open();
    let (signed, opening) = desk.go(&harbour(), AS_OF, "fund", None).unwrap_or_else(|e| panic!("{e}"));
    let with = |change: &dyn Fn(&mut Opening)| {
        let mut other = opening.clone();
        change(&mut other);
        other.check(&signed.attestation).is_err()
    };
    assert!(with(&|o| o.subject = subject_id("another")));
    assert!(with(&|o| o.account.0[31] ^= 1));
    assert!(with(&|o| o.universe.0[31] ^= 1));
    assert!(with(&|o| o.as_of += 1));
    assert!(with(&|o| o.netting_set += 1));
    assert!(with(&|o| o.first_segment += 1));
    assert!(with(&|o| o.blinding = mandate_attest::Blinding::random()));
    assert!(with(&|o| o.quantities[3] += 1));
    assert!(with(&|o| o.shape = "none".into()));
}

#[test]
fn files_come_back_and_damaged_ones_do_not() {
    let mut desk = Desk::open();
    let (signed, opening) = desk.go(&harbour(), AS_OF, "fund", None).unwrap_or_else(|e| panic!("{e}"));
    let (a, o) = (desk.folder.path().join("a.attestation"), desk.folder.path().join("a.opening"));
    write_attestation(&signed, &a).unwrap_or_else(|e| panic!("{e}"));
    opening.write(&o).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(read_attestation(&a).unwrap_or_else(|e| panic!("{e}")), signed);
    let back = Opening::read(&o).unwrap_or_else(|e| panic!("{e}"));
    assert!(back.check(&signed.attestation).is_ok());
    assert_eq!(back.book().unwrap_or_else(|e| panic!("{e}")).quantities(), harbour().quantities());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&o).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let bytes = std::fs::read(&o).unwrap();
    for i in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[i] ^= 1;
        assert!(Opening::from_bytes(&bad).is_err(), "byte {i}");
    }
    assert!(attestation_from_bytes(&bytes).is_err());
    // A well-made file of quantities that no commitment opens to.
    let mut wide = opening.clone();
    wide.quantities[0] = i64::MAX;
    assert!(matches!(Opening::from_bytes(&wide.to_bytes()), Err(AttestError::Commitment(_))));
}

#[test]
fn a_number_is_used_once_and_an_account_backs_one_book() {
    let mut desk = Desk::open();
    assert!(desk.go(&harbour(), AS_OF, "fund", Some(5)).is_ok());
    let told = desk.go(&harbour(), AS_OF, "fund", Some(u64::MAX)).err().unwrap();
    assert!(matches!(told, AttestError::LastSequence { last: 5, .. }), "{told}");
    for used in [0, 4, 5] {
        let told = desk.go(&harbour(), AS_OF, "fund", Some(used)).err().unwrap();
        assert!(matches!(told, AttestError::Sequence { last: 5, .. }), "{told}");
    }
    let told = desk.go(&harbour(), AS_OF, "another fund", None).err().unwrap();
    assert!(matches!(told, AttestError::OtherSubject { .. }), "{told}");
    // Released, it may from the next hour on; the ledger knows the first hour still, also when it is opened again.
    let account = desk.account();
    assert_eq!(desk.ledger.release(account).unwrap_or_else(|e| panic!("{e}")), Some(subject_id("fund")));
    let tomorrow = AS_OF + 3600;
    let snapshot = mandate_market::examples::tiny(tomorrow);
    let book = examples::book(&snapshot, Example::Lawful).account(0).unwrap().clone();
    assert!(desk.go(&book, tomorrow, "another fund", None).is_ok());
    let path = desk.folder.path().join("ledger.json");
    assert!(matches!(Ledger::open(&path), Err(AttestError::LedgerBusy { .. })));
    let Desk { folder, key, ledger } = desk;
    drop(ledger);
    let mut desk = Desk { ledger: Ledger::open(&path).unwrap_or_else(|e| panic!("{e}")), folder, key };
    let told = desk.go(&harbour(), AS_OF, "another fund", None).err().unwrap();
    assert!(matches!(told, AttestError::OtherSubject { .. }), "{told}");
    assert!(matches!(
        desk.go(&harbour(), AS_OF, "fund", Some(6)),
        Err(AttestError::Sequence { last: 6, .. })
    ));
    // A damaged ledger is never begun anew.
    let Desk { folder, ledger, .. } = desk;
    drop(ledger);
    for bad in ["", "{}", "{\"format\":3,\"accounts\":{}}", "{\"format\":1,\"accounts\":{},\"more\":1}"] {
        std::fs::write(&path, bad).unwrap();
        assert!(matches!(Ledger::open(&path), Err(AttestError::Ledger { .. })), "{bad}");
    }
    drop(folder);
}

fn book_of(snapshot: &Snapshot, account: u16) -> AccountBook {
    examples::book(snapshot, Example::Lawful).account(account).unwrap().clone()
}

/// The same assets as two accounts of one book would be counted twice.
#[test]
fn an_account_is_one_netting_set_of_one_universe_at_an_instant() {
    let mut desk = Desk::open();
    let snapshot = mandate_market::examples::tiny(AS_OF);
    assert!(desk.go_in(&snapshot, &book_of(&snapshot, 0), "fund", None).is_ok());
    for again in 0..2 {
        let told = desk.go_in(&snapshot, &book_of(&snapshot, 1), "fund", None).err().unwrap();
        assert!(matches!(told, AttestError::OtherUse { what: "netting set", .. }), "{told}");
        assert!(told.to_string().contains("already attested for netting set 0, not 1"), "{told}");
        let mut other = snapshot.clone();
        other.universe.name = "another universe".into();
        let told = desk.go_in(&other, &book_of(&other, 0), "fund", None).err().unwrap();
        assert!(matches!(told, AttestError::OtherUse { what: "universe", .. }), "{told}");
        // As before it may be attested anew, and nothing that was refused has used up a number.
        let (signed, _) = desk.go_in(&snapshot, &book_of(&snapshot, 0), "fund", None).unwrap();
        assert_eq!(signed.attestation.sequence, 2 + again);
        desk = desk.reopened();
    }
    // At another instant it may stand elsewhere.
    let later = mandate_market::examples::tiny(AS_OF + 60);
    assert!(desk.go_in(&later, &book_of(&later, 1), "fund", None).is_ok());
}

#[test]
fn an_account_stays_with_its_subject_until_it_is_released() {
    let mut desk = Desk::open();
    let account = desk.account();
    assert_eq!((desk.ledger.subject_of(account), desk.ledger.release(account).unwrap()), (None, None));
    assert!(desk.go(&harbour(), AS_OF, "fund", None).is_ok());
    let mut desk = desk.reopened();
    for as_of in [AS_OF - 60, AS_OF + 60, AS_OF + 86_400] {
        let told = desk.go(&harbour(), as_of, "another fund", None).err().unwrap();
        assert!(
            matches!(told, AttestError::Bound { subject, .. } if subject == subject_id("fund")),
            "{told}"
        );
        assert!(told.to_string().contains("release it from its subject first"), "{told}");
    }
    assert!(desk.go(&harbour(), AS_OF + 60, "fund", None).is_ok());
    assert_eq!(desk.ledger.release(account).unwrap(), Some(subject_id("fund")));
    assert_eq!(desk.ledger.release(account).unwrap(), None);
    let mut desk = desk.reopened();
    // What is attested stands; from then on it is bound to its new subject.
    let told = desk.go(&harbour(), AS_OF + 60, "another fund", None).err().unwrap();
    assert!(matches!(told, AttestError::OtherSubject { .. }), "{told}");
    assert!(desk.go(&harbour(), AS_OF + 120, "another fund", None).is_ok());
    assert_eq!(desk.ledger.subject_of(account), Some(subject_id("another fund")));
    let told = desk.go(&harbour(), AS_OF + 180, "fund", None).err().unwrap();
    assert!(matches!(told, AttestError::Bound { .. }), "{told}");
    // A number is never used twice, whoever the subject is.
    let told = desk.go(&harbour(), AS_OF + 180, "another fund", Some(2)).err().unwrap();
    assert!(matches!(told, AttestError::Sequence { last: 3, .. }), "{told}");
}

#[test]
fn a_ledger_of_format_1_is_read_and_stays_strict() {
    let desk = Desk::open();
    let (path, fund) = (desk.folder.path().join("ledger.json"), subject_id("fund"));
    let text = format!(
        "{{\"format\":1,\"accounts\":{{\"{}\":{{\"sequence\":7,\"subjects\":{{\"{AS_OF}\":\"{fund}\"}}}}}}}}",
        desk.account()
    );
    std::fs::write(&path, text).unwrap();
    let mut desk = desk.reopened();
    // Which netting set it was is not known any more: at that instant it is refused as any.
    let told = desk.go(&harbour(), AS_OF, "fund", None).err().unwrap();
    assert!(told.to_string().contains("one that the old ledger does not name"), "{told}");
    let told = desk.go(&harbour(), AS_OF + 60, "another fund", None).err().unwrap();
    assert!(matches!(told, AttestError::Bound { .. }), "{told}");
    let (signed, _) = desk.go(&harbour(), AS_OF + 60, "fund", None).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(signed.attestation.sequence, 8);
    let desk = desk.reopened();
    assert_eq!(desk.ledger.next_sequence(desk.account()), 9);
    assert!(std::fs::read_to_string(path).unwrap().contains("\"format\": 2"));
}

#[test]
fn what_no_slot_is_listed_for_is_refused() {
    let mut desk = Desk::open();
    let snapshot = mandate_market::examples::tiny(AS_OF);
    let slots = MarketSlots::new(&snapshot).unwrap();
    let range = slots.slots(0);
    let free = range.clone().find(|s| snapshot.universe.slot(*s).is_none()).unwrap();
    let mut lots = zeroize::Zeroizing::new(vec![0i64; range.len()]);
    lots[free - range.start] = -1;
    let hidden = AccountBook::from_lots(0, range.start, lots);
    let told = desk.go(&hidden, AS_OF, "fund", None).err().unwrap();
    assert!(matches!(told, AttestError::Unlisted { slot, .. } if slot == free), "{told}");
    let short = AccountBook::empty(0, range.start..range.end - 1);
    assert!(matches!(desk.go(&short, AS_OF, "fund", None), Err(AttestError::Layout { .. })));
    assert!(matches!(
        desk.go(&AccountBook::empty(9, 0..8), AS_OF, "fund", None),
        Err(AttestError::Layout { .. })
    ));
    // Nothing was signed, so no number is used up; an empty account is an account.
    let (signed, _) =
        desk.go(&AccountBook::empty(0, range), AS_OF, "fund", None).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(signed.attestation.sequence, 1);
}

#[test]
fn keys_are_read_from_closed_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let key = AttestorKey::random();
    key.write(&path).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(AttestorKey::read(&path, false).unwrap_or_else(|e| panic!("{e}")).address(), key.address());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(matches!(AttestorKey::read(&path, false), Err(AttestError::KeyOpen { mode: 0o644, .. })));
        assert!(AttestorKey::read(&path, true).is_ok());
    }
    for bad in ["", "0x", "zz", &"0".repeat(64), &"f".repeat(64), &"1".repeat(63), &"1".repeat(65)] {
        std::fs::write(&path, bad).unwrap();
        let told = AttestorKey::read(&path, true).err().unwrap().to_string();
        assert!(told.contains("holds no key") && (bad.len() < 10 || !told.contains(bad)), "{told}");
    }
    assert!(AttestorKey::from_bytes(&[0; 32]).is_none());
}
