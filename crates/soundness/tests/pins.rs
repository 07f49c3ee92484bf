//! The pinned artefacts are what the program makes. `make pins` accepts a change.

use mandate_soundness::pins::{self, HOW, QUICK_KEYS};

/// Everything but the keys and stored proofs of `l4096` and `o2048`, which `make pins-check` makes and verifies too. One test, for the keys are
/// made once per process, and some test runners give each test a process of its own.
#[test]
fn nothing_has_drifted_and_stored_proofs_hold_for_nothing_else() {
    let mut drift = pins::drift(&pins::folder(), &pins::current(false));
    drift.extend(QUICK_KEYS.iter().filter_map(|shape| pins::verify_stored(&pins::folder(), shape).err()));
    assert!(drift.is_empty(), "{}\n{HOW}", drift.join("\n"));
}

/// The stored proofs that need no ceremony, under keys derived now.
#[test]
fn stored_proofs_without_a_ceremony_hold_for_nothing_else() {
    let stored = pins::STORED_TRANSPARENT.iter();
    let drift: Vec<String> =
        stored.filter_map(|shape| pins::verify_stored_transparent(&pins::folder(), shape).err()).collect();
    assert!(drift.is_empty(), "{}\n{HOW}", drift.join("\n"));
}

/// A difference is named with what it was, what it is, and what to do.
#[test]
fn drift_is_told_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let now = pins::Files::from([("a.txt".to_owned(), vec![pair("x", "1"), pair("y", "2")])]);
    assert_eq!(pins::drift(folder.path(), &now), ["pins/a.txt is missing"]);
    std::fs::write(folder.path().join("a.txt"), "x 3\nz 4\nkey-id 5\n").expect("written");
    std::fs::write(folder.path().join("b.txt"), "").expect("written");
    assert_eq!(
        pins::drift(folder.path(), &now),
        [
            "pins/a.txt: `x` was 3, is now 1",
            "pins/a.txt has no `y`, which is now 2",
            "pins/a.txt: `z` is no more",
            "pins/b.txt belongs to nothing"
        ]
    );
    std::fs::write(folder.path().join("a.txt"), pins::text(&now["a.txt"])).expect("written");
    std::fs::remove_file(folder.path().join("b.txt")).expect("removed");
    assert!(pins::drift(folder.path(), &now).is_empty());
}
