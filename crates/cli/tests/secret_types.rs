//! Types that hold secrets cannot be printed or serialised as text, and are wiped.

use mandate_attest::{AttestorKey, Blinding, Opening};
use mandate_book::{AccountBook, Book, Records};
use mandate_circuits::r1cs::{Blocks, Hints, Num, Secrets, System};
use mandate_prover::{AccountOpening, Prover, Task};
use mandate_rows::{Totals, Witnesses};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Fails to compile where a type has the trait: the constant below then has two meanings.
macro_rules! lacks {
    ($($type:ty),+ ; $one:path) => {$(
        const _: fn() = || {
            trait Lacks<A> {
                const SAID: () = ();
            }
            impl<T: ?Sized> Lacks<()> for T {}
            #[allow(dead_code)] // never made: it only stands for the second meaning
            struct Has;
            impl<T: ?Sized + $one> Lacks<Has> for T {}
            <$type as Lacks<_>>::SAID
        };
    )+};
}

macro_rules! secret {
    ($($type:ty),+ $(,)?) => {
        lacks!($($type),+ ; std::fmt::Debug);
        lacks!($($type),+ ; std::fmt::Display);
        lacks!($($type),+ ; std::fmt::LowerHex);
        lacks!($($type),+ ; serde::Serialize);
    };
}

secret!(
    AttestorKey,
    Blinding,
    Opening,
    AccountBook,
    Book,
    Records,
    Blocks,
    Hints,
    Num,
    Secrets<'static>,
    System,
    AccountOpening<'static>,
    Prover,
    Task<'static>,
    Totals,
    Witnesses,
);

#[test]
fn secrets_are_wiped_when_dropped() {
    const fn on_drop<T: ZeroizeOnDrop>() -> bool {
        std::mem::needs_drop::<T>()
    }
    assert!(on_drop::<Blinding>() && on_drop::<Opening>());
    assert!(on_drop::<Hints>() && on_drop::<Blocks>());
    assert!(on_drop::<Totals>() && on_drop::<Witnesses>());
    // These wipe what they hold by `Zeroizing` or a `Drop` of their own.
    assert!(std::mem::needs_drop::<AccountBook>() && std::mem::needs_drop::<System>());
}

/// What the drop does, done early and looked at.
#[test]
fn wiping_leaves_nothing() {
    let shape = mandate_statement::Shape::by_name("t32").unwrap();
    let mut blinding = Blinding::random();
    assert_ne!(*blinding.to_bytes(), [0; 32]);
    blinding.zeroize();
    assert_eq!(*blinding.to_bytes(), [0; 32]);

    let mut hints = Hints::zero(shape);
    hints.witnesses[0] = 423_456_789;
    hints.blocks[0].witnesses[0][0] = 423_456_789;
    hints.zeroize();
    assert!(hints.witnesses.is_empty() && hints.blocks[0].witnesses.is_empty());
    assert!(hints.blocks[0].bits.is_empty());
}

/// Types of these crates that can be printed or serialised, each looked at: none holds an amount. A new one is to be looked at
/// too, and then named here.
#[test]
fn what_can_be_printed_is_known() {
    let known = [
        // Errors: texts of their own, without values.
        "AmountError",
        "AttestError",
        "BookError",
        "CommitmentError",
        "ProveError",
        "ProvingKeyError",
        "RowsError",
        // Names, places, choices, decimals of a lot, rules.
        "Example",
        "Id",
        "Kind",
        "Like",
        "Lot",
        "Needs",
        "Options",
        "Place",
        "Report",
        "Request",
        "Rounding",
        "Side",
        "SlotInfo",
        "SlotKind",
        "VenueOptions",
        // A ledger: account digests, instants, subjects.
        "Account",
        "Content",
        "Format",
        "OldAccount",
        "OldContent",
        "Use",
        // A lie for a test.
        "Tamper",
    ];
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = std::collections::BTreeSet::new();
    for folder in
        ["crates/attest/src", "crates/book/src", "crates/prover/src", "crates/rows/src", "circuits/src"]
    {
        let mut todo = vec![root.join(folder)];
        while let Some(path) = todo.pop() {
            if path.is_dir() {
                todo.extend(std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let mut tells = false;
            for line in text.lines().map(str::trim) {
                if line.starts_with("#[derive") {
                    tells = line.contains("Debug") || line.contains("erialize");
                }
                let bare = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
                if let Some(rest) = bare.strip_prefix("struct ").or_else(|| bare.strip_prefix("enum ")) {
                    if tells {
                        found.insert(rest.split([' ', '<', '(', '{', ';']).next().unwrap().to_owned());
                    }
                    tells = false;
                }
            }
        }
    }
    let new: Vec<_> = found.iter().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(new.is_empty(), "{new:?} can be printed or serialised: do they hold a secret?");
    assert!(found.len() > 15, "the sources are read: {found:?}");
}
