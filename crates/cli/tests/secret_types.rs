//! Types that hold secrets cannot be printed or serialised as text, and are wiped.

use mandate_attest::{AttestorKey, Blinding, Opening, PastaSeed};
use mandate_book::{AccountBook, Amount, Book, Entry, Records, Row};
use mandate_circuits::r1cs::{Blocks, Hints, Num, Secrets, System};
use mandate_prover::{AccountOpening, Job, Prover, Task};
use mandate_rows::{Totals, Witnesses};
use mandate_statement::Digest;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

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
    PastaSeed,
    mandate_transparent::prove::SecondOpening<'static>,
    mandate_transparent::prove::SheetProver<'static, 'static>,
    AccountBook,
    Amount,
    Book,
    Entry,
    Records,
    Row,
    Blocks,
    Hints,
    Num,
    Secrets<'static>,
    System,
    AccountOpening<'static>,
    Job,
    Prover,
    Task<'static>,
    Totals,
    Witnesses,
);

/// These say that they are wiped; the derived ones wipe every field.
const _: fn() = || {
    const fn on_drop<T: ZeroizeOnDrop>() {}
    on_drop::<Amount>();
    on_drop::<Blinding>();
    on_drop::<Blocks>();
    on_drop::<Hints>();
    on_drop::<Opening>();
    on_drop::<PastaSeed>();
    on_drop::<Totals>();
    on_drop::<Witnesses>();
    on_drop::<Zeroizing<Vec<i64>>>();
};

/// Memory that was given back, read through the system's own view of the process: no list in safe code outlives its drop.
#[cfg(target_os = "linux")]
mod after_drop {
    use super::*;
    use mandate_circuits::r1cs::from_i128;
    use std::fs::File;
    use std::hint::black_box;
    use std::os::unix::fs::FileExt;

    /// What every secret below is made of.
    const MARK: i64 = 0x0123_4567_89ab;
    /// Small enough that no other thread is given the memory at once.
    const COUNT: usize = 40;
    /// The allocator writes its own notes to the first words.
    const NOTES: usize = 32;

    /// Where a list lies.
    fn at<T>(list: &[T]) -> (u64, usize) {
        (list.as_ptr() as u64, size_of_val(list))
    }
    /// How many bytes differ from zero where each list of `held` was, now that `held` is dropped.
    fn left<T>(held: T, lists: impl Fn(&T) -> Vec<(u64, usize)>) -> Vec<usize> {
        let memory = File::open("/proc/self/mem").expect("one's own memory");
        let lists = lists(&held);
        let mut seen: Vec<Vec<u8>> = lists.iter().map(|l| vec![0; l.1 - NOTES]).collect();
        let read = |seen: &mut Vec<Vec<u8>>| {
            for ((start, _), bytes) in lists.iter().zip(seen) {
                memory.read_exact_at(bytes, *start + NOTES as u64).expect("mapped");
            }
        };
        read(&mut seen);
        assert!(seen.iter().all(|bytes| bytes.iter().any(|b| *b != 0)), "there was something to wipe");
        let held = black_box(held);
        drop(held);
        read(&mut seen);
        seen.iter().map(|bytes| bytes.iter().filter(|b| **b != 0).count()).collect()
    }
    fn wide() -> Vec<i128> {
        vec![i128::from(MARK); COUNT]
    }
    /// Field elements; not a function, as their type is not named in this package.
    macro_rules! elements {
        () => {
            vec![from_i128(-i128::from(MARK)); COUNT / 2]
        };
    }

    /// What is not wiped is seen.
    #[test]
    fn a_plain_list_stays() {
        let stays = left(vec![MARK; COUNT], |list| vec![at(list)]);
        assert!(stays[0] > COUNT, "{stays:?}");
    }
    #[test]
    fn openings_and_books_are_wiped() {
        let opening = Opening {
            shape: "t32".into(),
            universe: Digest([1; 32]),
            as_of: 1,
            subject: Digest([2; 32]),
            account: Digest([3; 32]),
            netting_set: 0,
            first_segment: 0,
            quantities: vec![MARK; COUNT],
            blinding: Blinding::from_element(elements!()[0]),
            seed: None,
        };
        assert_eq!(left(opening, |o| vec![at(&o.quantities)]), [0]);
        let blindings: Vec<Blinding> = elements!().into_iter().map(Blinding::from_element).collect();
        assert_eq!(left(blindings, |list| vec![at(list)]), [0]);
        let book = AccountBook::from_lots(0, 0, Zeroizing::new(vec![MARK; COUNT]));
        assert_eq!(left(book, |b| vec![at(b.quantities())]), [0]);
        let amounts: Vec<Amount> = (0..COUNT).map(|_| Amount::parse("4234567.89").unwrap()).collect();
        // Of a list of amounts the scale and what lies between them may stay.
        let left = left(amounts, |list| vec![at(list)]);
        assert!(left[0] < COUNT, "{left:?}");
    }
    #[test]
    fn totals_and_witnesses_are_wiped() {
        let totals = Totals {
            group: vec![wide()],
            account: vec![wide()],
            asset: vec![wide()],
            slot: vec![wide()],
            book: wide(),
        };
        let lists = left(totals, |t| {
            vec![at(&t.group[0]), at(&t.account[0]), at(&t.asset[0]), at(&t.slot[0]), at(&t.book)]
        });
        assert_eq!(lists, [0; 5]);
        let witnesses = Witnesses {
            group_worst: wide(),
            account_worst: wide(),
            book_worst: 0,
            group_x: vec![wide()],
            account_x: vec![wide()],
            asset_x: vec![wide()],
            global_y: wide(),
            strip_peaks: vec![[i128::from(MARK); 3]; COUNT],
            group_bits: vec![vec![true; 8 * COUNT]],
            account_bits: vec![vec![true; 8 * COUNT]],
            asset_bits: vec![vec![true; 8 * COUNT]],
            global_bits: vec![true; 8 * COUNT],
        };
        let lists = left(witnesses, |w| {
            vec![
                at(&w.group_worst),
                at(&w.account_worst),
                at(&w.group_x[0]),
                at(&w.account_x[0]),
                at(&w.asset_x[0]),
                at(&w.global_y),
                at(&w.strip_peaks),
                at(&w.group_bits[0]),
                at(&w.account_bits[0]),
                at(&w.asset_bits[0]),
                at(&w.global_bits),
            ]
        });
        assert_eq!(lists, [0; 11]);
        let blocks = || Blocks { witnesses: vec![wide()], bits: vec![vec![true; 8 * COUNT]] };
        let hints =
            Hints { blocks: [blocks(), blocks(), blocks()], witnesses: wide(), bits: vec![true; 8 * COUNT] };
        let lists = left(hints, |h| {
            let mut lists = vec![at(&h.witnesses), at(&h.bits)];
            lists.extend(h.blocks.iter().flat_map(|b| [at(&b.witnesses[0]), at(&b.bits[0])]));
            lists
        });
        assert_eq!(lists, [0; 8]);
    }
    #[test]
    fn an_assignment_is_wiped_also_when_it_has_outgrown_its_memory() {
        let values = elements!();
        let place = at(&values);
        assert_eq!(left(System::assigning(values), |_| vec![place]), [0]);
        let values = elements!();
        let place = at(&values);
        assert_eq!(values.capacity(), values.len());
        let mut system = System::assigning(values);
        let memory = File::open("/proc/self/mem").expect("one's own memory");
        let mut seen = vec![0; place.1 - NOTES];
        system.alloc(from_i128(1));
        let system = black_box(system);
        memory.read_exact_at(&mut seen, place.0 + NOTES as u64).expect("mapped");
        assert_eq!(seen.iter().filter(|b| **b != 0).count(), 0);
        assert_eq!(left(system.into_assignment(), |list| vec![at(list)]), [0]);
    }
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
/// too, and then named here, by its module: another type of the same name is another type.
const KNOWN: &[&str] = &[
    // Errors: texts of their own, without values.
    "attest::commitment::CommitmentError",
    "attest::error::AttestError",
    "book::error::BookError",
    "book::secret::AmountError",
    "prover::keys::ProvingKeyError",
    "prover::prove::ProveError",
    "prover::ready::ReadyError",
    "rows::RowsError",
    // Places in a circuit, sizes, paths of instructions, errors without values, and what a verifier says.
    "arith::path::Path",
    "halo2::circuit::Columns",
    "halo2::layout::Cell",
    "halo2::layout::LayoutError",
    "halo2::layout::Place",
    "halo2::plan::Hint",
    "halo2::plan::Inputs",
    "halo2::plan::Known",
    "halo2::plan::Law",
    "halo2::plan::Source",
    "halo2::plan::Var",
    "halo2::poseidon::Step",
    "halo2::sizes::Mark",
    "halo2::sizes::Sizes",
    "transparent::keys::KeyError",
    "transparent::params::ParametersError",
    "transparent::prove::ProveError",
    "transparent::statement::TransparentError",
    "transparent::statement::TransparentlyVerified",
    "transparent::verify::Refused",
    // Names, places, choices, decimals of a lot, rules, exit codes.
    "attest::attest::Request",
    "cli::cmd::batch::Order",
    "prover::groth16::Flow",
    "book::error::Like",
    "book::error::Place",
    "book::examples::Example",
    "book::open::Needs",
    "book::read::VenueOptions",
    "book::records::Side",
    "book::resolve::Options",
    "book::resolve::Report",
    "book::resolve::Rounding",
    "book::secret::Lot",
    "book::slots::SlotInfo",
    "book::slots::SlotKind",
    "circuits::r1cs::system::Id",
    "cli::failure::Outcome",
    // A ledger: account digests, instants, subjects. An account set: public.
    "attest::ledger::Account",
    "attest::ledger::Content",
    "attest::ledger::Use",
    "cli::accounts::AccountFile",
    "cli::accounts::Declared",
    "cli::accounts::NettingSet",
    // A lie for a test.
    "circuits::r1cs::system::Tamper",
];

/// Folders of the crates that hold secrets.
const FOLDERS: [&str; 9] = [
    "crates/arith/src",
    "crates/attest/src",
    "crates/book/src",
    "crates/cli/src",
    "crates/prover/src",
    "crates/rows/src",
    "crates/transparent/src",
    "circuits/src",
    "circuits/halo2/src",
];

/// Traits that make text of a value.
const TELLING: [&str; 6] = ["Debug", "Display", "LowerHex", "UpperHex", "Binary", "Serialize"];

/// Names of the types in a source that have such a trait, by `derive` or by an `impl` of their own.
fn printable(text: &str) -> BTreeSet<String> {
    let name = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(text.len());
        text[..end].rsplit("::").next().unwrap_or_default().to_owned()
    };
    let mut found = BTreeSet::new();
    let (mut attribute, mut tells) = (None, false);
    for line in text.lines().map(str::trim).filter(|l| !l.starts_with("//")) {
        if line.starts_with("#[") {
            attribute = Some(String::new());
        }
        if let Some(so_far) = &mut attribute {
            so_far.push_str(line);
            let open = so_far.matches('[').count();
            if so_far.matches(']').count() < open {
                continue;
            }
            let words = so_far.split(|c: char| !c.is_alphanumeric() && c != '_');
            tells |= so_far.contains("derive(") && words.into_iter().any(|w| TELLING.contains(&w));
            attribute = None;
            continue;
        }
        let bare = match line.split_once(' ') {
            Some((public, rest)) if public.starts_with("pub") => rest,
            _ => line,
        };
        let kinds = ["struct ", "enum ", "union "];
        if let Some(rest) = kinds.iter().find_map(|k| bare.strip_prefix(k)) {
            if tells {
                found.insert(name(rest));
            }
            tells = false;
        } else if let Some((of, rest)) = bare.split_once(" for ").filter(|_| bare.starts_with("impl")) {
            let of = of.rsplit([' ', ':']).next().unwrap_or_default();
            if TELLING.contains(&of) {
                found.insert(name(rest.trim_start_matches(['&', '\'', '_', ' '])));
            }
        }
    }
    found
}

#[test]
fn derived_and_written_traits_are_both_seen() {
    let source = "
        #[derive(Clone, Debug)]
        pub struct One(u8);
        #[derive(Clone)]
        #[repr(u8)]
        #[derive(
            Clone,
            serde::Serialize,
        )]
        pub(crate) enum Two<T> { A(T) }
        #[derive(Clone)]
        struct Silent { debug: u8 }
        #[cfg_attr(test, derive(Debug))]
        struct Three;
        impl<T> std::fmt::Display for Four<T> {}
        impl fmt::Debug for inner::Five {}
        // impl Debug for Commented {}
        impl Drop for Silent {}
        impl serde::Serialize for Six<'_> {}
    ";
    let found: Vec<String> = printable(source).into_iter().collect();
    assert_eq!(found, ["Five", "Four", "One", "Six", "Three", "Two"]);
}

#[test]
fn what_can_be_printed_is_known() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = BTreeSet::new();
    for folder in FOLDERS {
        let top = root.join(folder);
        let mut todo: Vec<PathBuf> = vec![top.clone()];
        while let Some(path) = todo.pop() {
            if path.is_dir() {
                todo.extend(std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
                continue;
            }
            let inside = path.strip_prefix(&top).unwrap().with_extension("");
            let names = inside.iter().map(|n| n.to_string_lossy().into_owned());
            let module: Vec<String> =
                names.filter(|n| !["lib", "main", "mod"].contains(&n.as_str())).collect();
            let package = folder.trim_end_matches("/src").rsplit('/').next().unwrap();
            for name in printable(&std::fs::read_to_string(&path).unwrap()) {
                found.insert([&[package.to_owned()][..], &module, &[name]].concat().join("::"));
            }
        }
    }
    let new: Vec<_> = found.iter().filter(|name| !KNOWN.contains(&name.as_str())).collect();
    assert!(new.is_empty(), "{new:#?} can be printed or serialised: do they hold a secret?");
    let gone: Vec<_> = KNOWN.iter().filter(|name| !found.contains(**name)).collect();
    assert!(gone.is_empty(), "{gone:#?} are not there any more");
}
