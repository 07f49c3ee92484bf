//! A custodian's day: attest, write, read, refuse.

use mandate_attest::{
    AttestError, AttestorKey, Ledger, Opening, Request, account_id, attest, attestation_from_bytes,
    read_attestation, subject_id, write_attestation,
};
use mandate_book::examples::{self, Example};
use mandate_book::{AccountBook, MarketSlots, SlotIndex};
use mandate_statement::SignedAttestation;

const AS_OF: u64 = 1_790_000_000;

struct Desk {
    folder: tempfile::TempDir,
    key: AttestorKey,
    ledger: Ledger,
}

impl Desk {
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
        let snapshot = mandate_market::examples::tiny(as_of);
        let slots = MarketSlots::new(&snapshot).unwrap();
        let account = account_id(&self.key.address(), "client 4711");
        let request = Request { subject: subject_id(subject), account, sequence };
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
    for used in [0, 4, 5] {
        let told = desk.go(&harbour(), AS_OF, "fund", Some(used)).err().unwrap();
        assert!(matches!(told, AttestError::Sequence { last: 5, .. }), "{told}");
    }
    let told = desk.go(&harbour(), AS_OF, "another fund", None).err().unwrap();
    assert!(matches!(told, AttestError::OtherSubject { .. }), "{told}");
    // The next day it may; the ledger knows the first day still, also when it is opened again.
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
    for bad in ["", "{}", "{\"format\":2,\"accounts\":{}}", "{\"format\":1,\"accounts\":{},\"more\":1}"] {
        std::fs::write(&path, bad).unwrap();
        assert!(matches!(Ledger::open(&path), Err(AttestError::Ledger { .. })), "{bad}");
    }
    drop(folder);
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
