//! No row of an accepted sheet wraps, for any book and witness in range; every row at its edges, in the circuit itself.

use ark_bn254::Fr;
use ark_ff::Field;
use mandate_checker::{Finding, check_rules};
use mandate_circuits::r1cs::{Id, Tamper};
use mandate_soundness::sheets::{budget, corpus};
use mandate_statement::{Family, GlobalVar, RulesPart};
use mandate_testing::{
    Book, Case, RulesBuilder, columns, empty_book, full_width_risk_part, plain_risk_part, rules_part_for,
    solvent_book, t32, t32_relation, usable_slots,
};
use std::collections::BTreeSet;

/// What the checker accepts, interval arithmetic finds within its slack; the checker's own sum, which takes magnitudes, is
/// never below the reach.
#[test]
fn no_accepted_sheet_wraps() {
    let random = mandate_statement::SHAPES
        .iter()
        .filter(|shape| shape.name != "o2048")
        .flat_map(|shape| (0..100).map(move |s| (shape, rules_part_for(shape, s))));
    let compiled = corpus::corpus().iter().map(|sheet| (sheet.shape, sheet.part.clone()));
    let mut rows = 0;
    for (shape, part) in random.chain(compiled) {
        let report = check_rules(&part).expect("an accepted sheet");
        for row in budget::budget(shape, &part) {
            assert!(row.is_safe(), "{:?} of {}: {:?}", row.at, shape.name, row.reach);
            let said = report.rows.iter().find(|r| r.row == row.at).expect("the checker saw the row");
            assert!(row.reach.bits() <= said.bits && said.bits <= u64::from(row.width), "{:?}", row.at);
            assert!(row.margin() >= 125, "{} bits from the field's order", row.margin());
            rows += 1;
        }
    }
    assert!(rows > 2000, "{rows} rows");
}

/// One coefficient at a time, as large as the checker lets it be: still safe, and one more is refused by the checker.
#[test]
fn the_widest_row_that_is_accepted_is_safe_and_the_next_is_refused() {
    for shape in mandate_statement::SHAPES.iter().filter(|shape| shape.name != "o2048") {
        for family in [Family::Group, Family::Account, Family::Asset, Family::Global] {
            let with = |c: i128| {
                let terms = [(GlobalVar::Total(columns::GROSS), -c)];
                RulesBuilder::new(shape).row("r", family, &[], &terms).build()
            };
            let (mut low, mut high) = (1i128, 1i128 << 100);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if check_rules(&with(middle)).is_ok() { low = middle } else { high = middle }
            }
            assert!(budget::budget(shape, &with(low)).iter().all(budget::Row::is_safe));
            let refused = check_rules(&with(high)).expect_err("one too many");
            assert!(matches!(refused[..], [Finding::RowTooWide { .. }]), "{refused:?}");
            assert_eq!(high, if family == Family::Global { 1 << 40 } else { 1 << 24 });
        }
    }
}

/// Whether the circuit takes the rows of `rules` for a book with nothing in it, whose rows are constants.
fn constant_holds(family: Family, value: i128) -> bool {
    let shape = t32();
    let risk = plain_risk_part();
    // Net asset value is zero, so row 0 fails; every other row is what its constant says.
    let rules: RulesPart = RulesBuilder::new(shape)
        .row("r", family, &[], &[(GlobalVar::One, value), (GlobalVar::Total(columns::GROSS), -1)])
        .build();
    let case = Case::of(rules, risk.clone(), empty_book(&risk));
    let z: Vec<Fr> = case.assignment();
    let relation = t32_relation();
    let wanted = match family {
        Family::Group => Id::GroupRow,
        Family::Account => Id::AccountRow,
        Family::Asset => Id::AssetRow,
        Family::Slot => Id::SlotRow,
        Family::Global => Id::GlobalRow,
    };
    // Row 0 over the book is always broken, in one constraint: the slack of -1 is not the sum of its bits.
    let broken = (0..relation.constraints())
        .filter(|r| relation.ids[*r] == wanted && !relation.row_holds(*r, &z))
        .count();
    broken == usize::from(family == Family::Global)
}

/// Slack by slack: zero, one, the largest, and what lies beyond either end. `-1` is `r - 1` to the circuit.
#[test]
fn a_slack_is_taken_exactly_within_its_width() {
    for family in Family::ALL {
        let width = if family == Family::Global { 128 } else { 112 };
        let top = 1i128.checked_shl(width).filter(|v| *v > 0);
        let mut vectors = vec![(0, true), (1, true), (-1, false), (-(1 << 88), false), (1 << 111, true)];
        vectors
            .extend((1..=111).step_by(22).flat_map(|k| [((1i128 << k) - 1, true), (-(1i128 << k), false)]));
        match top {
            Some(top) => vectors.extend([
                (top - 1, true),
                (top, false),
                (top + 1, false),
                (1 - top, false),
                (-top, false),
            ]),
            None => vectors.extend([(i128::MAX, true), (i128::MIN, false), (i128::MIN + 1, false)]),
        }
        for (value, holds) in vectors {
            assert_eq!(constant_holds(family, value), holds, "{family:?} row of value {value}");
        }
    }
}

/// Every weight at the edge of its column, every quantity at an end of its range: circuit and integers agree, and reach
/// stays within what interval arithmetic says.
#[test]
fn the_largest_books_are_judged_as_integers() {
    let shape = t32();
    let mut seen = [0; 2];
    for seed in 0..24u64 {
        let risk = full_width_risk_part(shape, seed);
        let rules = rules_part_for(shape, seed);
        let mut book: Book = empty_book(&risk);
        for (n, slot) in usable_slots(shape, &risk).into_iter().enumerate() {
            let long = match seed % 4 {
                0 => true,
                1 => false,
                2 => n % 2 == 0,
                _ => (seed >> (n % 16)) & 1 == 1,
            };
            book.quantities[slot] = if long { (1 << 47) - 1 } else { -(1 << 47) };
        }
        let totals = mandate_rows::totals(&risk, shape, &book.quantities).expect("in range");
        assert!(totals.book.iter().all(|t| t.unsigned_abs() < 1 << 88));
        let case = Case::of(rules, risk, book);
        let holds = t32_relation().holds(&case.assignment());
        assert_eq!(holds, case.rows_hold(), "seed {seed}");
        seen[usize::from(holds)] += 1;
    }
    assert!(seen[0] > 4 && seen[1] > 0, "both verdicts: {seen:?}");
}

/// The ids of every row that an assignment breaks.
fn broken(z: &[Fr]) -> BTreeSet<&'static str> {
    let relation = t32_relation();
    let rows = (0..relation.constraints()).filter(|r| !relation.row_holds(*r, z));
    rows.map(|r| relation.ids[r].name()).collect()
}

/// The cells that hold witnesses of `width` bits, in order, each with its top digit: one row sums the digits up.
fn witness_cells(width: usize) -> Vec<(usize, usize)> {
    let relation = t32_relation();
    let rows = (0..relation.constraints()).filter(|r| relation.ids[*r] == Id::WitnessRange);
    // The digits and the offset; a digit's own row has one term.
    let sums = rows.filter(|r| relation.matrices[0][*r].len() == width + 1);
    let cell = |m: usize, r: usize| relation.matrices[m][r].last().expect("a term").1 - relation.inputs;
    sums.map(|r| (cell(2, r), cell(0, r))).collect()
}

/// A witness at the ends of its range is taken. One past them no bits hold: the honest prover's bits are of another
/// number, and a cell that claims it, or a top digit of 2 that makes up for it, is refused by the rows of `wit` alone.
#[test]
fn witnesses_at_the_ends_of_their_range() {
    let inputs = t32_relation().inputs;
    let risk = plain_risk_part();
    let book = solvent_book(&risk, 1);
    let lawful = Case::of(RulesBuilder::new(t32()).build(), risk.clone(), book);
    let blocks = t32().segments + t32().accounts + t32().assets;
    let (local, global) = (witness_cells(104), witness_cells(112));
    assert_eq!(local.len(), blocks * t32().local_witnesses, "a cell for each x");
    assert_eq!(global.len(), t32().global_witnesses, "a cell for each y");
    for ((cell, top), width, is_local) in [(local[0], 104, true), (global[0], 112, false)] {
        let half = 1i128 << (width - 1);
        let mut case = lawful.clone();
        for (value, inside) in [(half - 1, true), (-half, true), (half, false), (-half - 1, false)] {
            if is_local {
                case.hints.blocks[0].witnesses[0][0] = value;
            } else {
                case.hints.witnesses[0] = value;
            }
            let (honest, claim) = (case.assignment(), mandate_circuits::r1cs::from_i128(value));
            assert_eq!(honest[inputs + cell] == claim, inside, "{value}");
            assert_eq!(broken(&honest), BTreeSet::new(), "some number of {width} bits");
            // The claim itself.
            let add = claim - honest[inputs + cell];
            let z = case.lying(&[Tamper { cell, add }]);
            assert_eq!(z[inputs + cell], claim);
            let wanted = if inside { BTreeSet::new() } else { BTreeSet::from(["wit"]) };
            assert_eq!(broken(&z), wanted, "{value} in {width} bits");
            // A top digit that is no bit: the sum of the digits is the claim, and so is the cell that follows it.
            let digit = add * Fr::from(1u128 << (width - 1)).inverse().expect("not zero");
            let z = case.lying(&[Tamper { cell: top, add: digit }]);
            assert_eq!(z[inputs + cell], claim);
            assert_eq!(broken(&z), wanted, "{value} by its top digit");
        }
    }
}

/// The table in docs/bit-budget.md is this one; `MANDATE_PIN=1` writes it.
#[test]
fn the_table_in_the_documentation_is_this_one() {
    const BEGIN: &str = "<!-- table: MANDATE_PIN=1 cargo test -p mandate-soundness --test bit_budget -->\n";
    const END: &str = "<!-- end of table -->";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/bit-budget.md");
    let text = std::fs::read_to_string(&path).expect("docs/bit-budget.md");
    let (head, rest) = text.split_once(BEGIN).expect("the table begins");
    let (table, tail) = rest.split_once(END).expect("the table ends");
    if std::env::var_os("MANDATE_PIN").is_some() {
        std::fs::write(&path, format!("{head}{BEGIN}{}{END}{tail}", budget::table())).expect("written");
        return;
    }
    assert_eq!(table, budget::table());
}
