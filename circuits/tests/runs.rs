//! Runs of strikes: the circuit carries sums along them, the plain reading draws the payoff strike by strike; both say the same.

use mandate_circuits::r1cs::{Relation, relation};
use mandate_statement::{Family, GlobalVar, LocalVar, RiskPart, Runs, WEIGHT_SUM_BITS};
use mandate_testing::{Book, Case, RulesBuilder, r64};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::OnceLock;

fn r64_relation() -> &'static Relation {
    static RELATION: OnceLock<Relation> = OnceLock::new();
    RELATION.get_or_init(|| relation(r64()))
}

/// The ids of the rows that a case breaks.
fn broken(case: &Case) -> BTreeSet<&'static str> {
    let z = case.assignment();
    let rows = (0..r64_relation().constraints()).filter(|r| !r64_relation().row_holds(*r, &z));
    rows.map(|r| r64_relation().ids[r].name()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn circuit_and_rows_agree(seed in any::<u64>(), other in any::<u64>()) {
        let risk = mandate_testing::risk_part_for(r64(), seed);
        for book in [mandate_testing::book(&risk, other), mandate_testing::solvent_book(&risk, other)] {
            let case = Case::of(mandate_testing::rules_part_for(r64(), other), risk.clone(), book);
            let violation = r64_relation().first_violation(&case.assignment());
            prop_assert_eq!(violation.is_none(), case.rows_hold(), "{:?}", violation);
        }
    }
}

/// One account with one group of all four segments: strip 0 holds cash, and the other three are one run of 23 strikes, a
/// thousand ticks apart. One lot is one coin unit, worth 7 units of money at the index.
fn one_run() -> RiskPart {
    let shape = r64();
    let mut part = mandate_testing::risk_part_for(shape, 1);
    part.layout.carry = vec![false, true, true, true];
    part.layout.group_used = vec![false, false, false, true];
    part.layout.account = vec![Some(0); 4];
    part.layout.asset = vec![Some(0); 4];
    part.runs = Runs::none(shape);
    part.weights.fill(0);
    for slot in 0..shape.slots {
        let weights = &mut part.weights[slot * shape.columns()..(slot + 1) * shape.columns()];
        if matches!(slot, 0 | 18..) {
            weights[shape.lots_column()] = 1;
            weights[0] = 1024 * i64::from(slot == 0);
        } else {
            weights[shape.forbidden_column()] = 1;
        }
    }
    part.runs.carry = vec![false, false, true, true];
    part.runs.used = vec![false, false, false, true];
    for pair in 9..32 {
        part.runs.gap[pair] = 1000;
        part.runs.cover[pair] = 7;
        part.runs.coins[2 * pair] = 1;
        part.runs.coins[2 * pair + 1] = 1;
    }
    part
}

const fn call(strike: usize) -> usize {
    2 * (8 + strike)
}
const fn put(strike: usize) -> usize {
    call(strike) + 1
}

fn book(positions: &[(usize, i64)]) -> Book {
    let mut book = mandate_testing::empty_book(&one_run());
    book.quantities[0] = 1 << 40;
    for (slot, lots) in positions {
        book.quantities[*slot] += lots;
    }
    book
}

/// What the circuit says of a bound on one peak: of the book, the account, the group or the asset.
fn objections(i: usize, limit: i128, family: Family, book: &Book) -> BTreeSet<&'static str> {
    let builder = RulesBuilder::new(r64());
    let one = (GlobalVar::One, limit);
    let rules = match family {
        Family::Global => builder.row("r", family, &[], &[(GlobalVar::PeakSum(i), -1), one]),
        _ => builder.row("r", family, &[(LocalVar::Peak(i), -1)], &[one]),
    };
    broken(&Case::of(rules.build(), one_run(), book.clone()))
}

/// Payoffs worked out by hand. Strike `n` is at `1000 n` ticks; strikes 8 and 16 begin new strips.
#[test]
fn strategies_have_the_peaks_of_their_payoff_diagrams() {
    /// Name, positions, peaks.
    type Strategy<'a> = (&'a str, &'a [(usize, i64)], [i128; 3]);
    let table: [Strategy<'_>; 12] = [
        ("nothing", &[], [0, 0, 0]),
        ("long call", &[(call(5), 3)], [0, 0, 0]),
        // At the highest strike a short call at 5 loses 18,000 a lot; beyond it, what the upside says.
        ("short call", &[(call(5), -3)], [21, 21, 54_000]),
        ("short put", &[(put(9), -2)], [0, 0, 18_000]),
        ("long put", &[(put(9), 2)], [0, 0, 0]),
        // Bought low, sold high: covered at every strike.
        ("bull call spread", &[(call(4), 5), (call(20), -5)], [0, 0, 0]),
        // Sold low, bought high: short between the strikes, over two strips, covered beyond.
        ("bear call spread", &[(call(4), -5), (call(20), 5)], [35, 0, 80_000]),
        ("bull put spread", &[(put(10), -1), (put(7), 1)], [0, 0, 3_000]),
        ("iron condor", &[(put(7), 1), (put(10), -1), (call(15), -1), (call(17), 1)], [7, 0, 3_000]),
        ("short straddle", &[(call(16), -1), (put(16), -1)], [7, 7, 16_000]),
        // One long from 8,000 pays 15,000 at 23,000; three short from 10,000 lose 39,000.
        ("ratio", &[(call(8), 1), (call(10), -3)], [14, 14, 24_000]),
        // A gain at one strike does not pay for a loss at another.
        ("butterfly, sold", &[(call(7), -1), (call(8), 2), (call(9), -1)], [7, 0, 1_000]),
    ];
    let mut seen = 0;
    for (name, positions, wanted) in table {
        let book = book(positions);
        for (i, peak) in wanted.into_iter().enumerate() {
            let families = [
                (Family::Global, "row-global"),
                (Family::Account, "row-account"),
                (Family::Group, "row-group"),
                (Family::Asset, "row-asset"),
            ];
            // Two families each time, so that the table stays quick; over the table all of them come up.
            for (family, id) in [families[seen % 4], families[(seen + 1) % 4]] {
                let holds = objections(i, peak, family, &book);
                assert_eq!(holds, BTreeSet::new(), "{name}: peak {i} of {family:?} at {peak}");
                let below = objections(i, peak - 1, family, &book);
                assert_eq!(below, BTreeSet::from([id]), "{name}: peak {i} of {family:?} below {peak}");
            }
            seen += 1;
        }
    }
}

/// Two runs do not make up for each other: a calendar spread is covered in neither, and the sum says so. Marked as not in use,
/// or with the carry gone, the same strips say something else.
#[test]
fn runs_are_added_up_one_by_one() {
    let mut risk = one_run();
    // Three runs of a strip each: their first pairs stand for the price zero.
    risk.runs.carry = vec![false; 4];
    risk.runs.used = vec![false, true, true, true];
    let positions = [(call(3), -1), (call(11), 1), (put(12), -1), (call(19), -2)];
    // Short one call in the first run, two in the third, covered by nothing: 7 and 14 units; the second run is long.
    let short: Vec<i128> = [Runs::UNCOVERED, Runs::UPSIDE]
        .into_iter()
        .map(|i| {
            (0..10).map(|n| n * 7).find(|limit| bound_holds(&risk, i, *limit, &positions)).expect("a limit")
        })
        .collect();
    assert_eq!(short, [21, 21]);
    risk.runs.used[3] = false;
    assert!(bound_holds(&risk, Runs::UNCOVERED, 7, &positions), "a strip that is not in use adds nothing");
    assert!(!bound_holds(&risk, Runs::UNCOVERED, 6, &positions));
}

fn bound_holds(risk: &RiskPart, i: usize, limit: i128, positions: &[(usize, i64)]) -> bool {
    let global = [(GlobalVar::PeakSum(i), -1), (GlobalVar::One, limit)];
    let rules = RulesBuilder::new(r64()).row("r", Family::Global, &[], &global).build();
    let case = Case::of(rules, risk.clone(), book(positions));
    let holds = r64_relation().holds(&case.assignment());
    assert_eq!(holds, case.rows_hold(), "both readings agree");
    holds
}

/// Sums at the ends of their 88 bits: every quantity at an end of its range, weights as large as the checker allows.
#[test]
fn the_widest_sums_do_not_wrap() {
    let mut risk = one_run();
    let most = (1i64 << WEIGHT_SUM_BITS) - 1;
    // One call at the lowest strike and one put at the highest carry all there is: 22 gaps of one tick between them.
    risk.runs.gap[10..32].fill(1);
    risk.runs.gap[9] = 0;
    risk.runs.coins.fill(0);
    risk.runs.cover.fill(0);
    risk.runs.coins[call(1)] = most / 22;
    risk.runs.coins[put(23)] = most / 22;
    risk.runs.cover[9] = most;
    let limit = mandate_statement::QUANTITY_LIMIT;
    for (calls, puts) in [(limit - 1, limit - 1), (-limit, -limit), (-limit, limit - 1), (limit - 1, -limit)]
    {
        let positions = [(call(1), calls), (put(23), puts)];
        let loss = |at: i128| {
            let each = i128::from(most / 22);
            i128::from(calls) * each * at + i128::from(puts) * each * (22 - at)
        };
        let wanted = (0..=22).map(|at| -loss(at)).max().unwrap().max(0);
        assert!(wanted < 1 << 88);
        assert!(bound_holds(&risk, Runs::EXPIRY_LOSS, wanted, &positions));
        assert!(!bound_holds(&risk, Runs::EXPIRY_LOSS, wanted - 1, &positions) || wanted == 0);
        let wanted = 0.max(-i128::from(calls) * i128::from(most));
        for i in [Runs::UNCOVERED, Runs::UPSIDE] {
            assert!(bound_holds(&risk, i, wanted, &positions));
            assert!(!bound_holds(&risk, i, wanted - 1, &positions));
        }
    }
}

/// The largest shape has four strips to a segment, and groups of several segments: what every block and the whole book read of their
/// runs is the same number in both readings, to the unit.
#[test]
fn several_strips_of_a_segment_add_up() {
    let shape = mandate_statement::Shape::by_name("o2048").expect("a default shape");
    assert!(shape.strips > shape.segments && shape.strips.is_multiple_of(shape.segments));
    let risk = mandate_testing::risk_part_for(shape, 3);
    assert!((1..shape.segments).any(|s| risk.layout.carry[s]), "a group of several segments");
    let book = mandate_testing::solvent_book(&risk, 3);
    let families = [Family::Group, Family::Account, Family::Asset, Family::Global];
    // Twelve rows `limit >= peak`.
    let rules = |limits: [[i128; Runs::PEAKS]; 4]| {
        let mut out = RulesBuilder::new(shape);
        for (family, limits) in families.into_iter().zip(limits) {
            for (i, limit) in limits.into_iter().enumerate() {
                let limit = (GlobalVar::One, limit);
                out = match family {
                    Family::Global => out.row("r", family, &[], &[(GlobalVar::PeakSum(i), -1), limit]),
                    _ => out.row("r", family, &[(LocalVar::Peak(i), -1)], &[limit]),
                };
            }
        }
        out.build()
    };
    // The least limits that hold, from the plain reading.
    let open = rules([[0; Runs::PEAKS]; 4]);
    let least = mandate_rows::least_witnesses(&open, &risk, shape, &book.quantities, &book.active)
        .expect("rows read");
    let slacks =
        mandate_rows::slacks(&open, &risk, shape, &book.quantities, &book.active, &least).expect("rows read");
    let limits = families.map(|family| {
        std::array::from_fn(|i| {
            // The first row of the book is its net asset value.
            let index = if family == Family::Global { i + 1 } else { i };
            let of_row =
                slacks.iter().filter(|s| s.row.family == family && usize::from(s.row.index) == index);
            of_row.map(|s| -s.slack).max().expect("blocks in use")
        })
    });
    assert!(limits.iter().flatten().all(|limit| *limit > 0), "something to read: {limits:?}");
    let relation = relation(shape);
    let holds = |limits| {
        let z = Case::of(rules(limits), risk.clone(), book.clone()).assignment();
        relation.first_violation(&z).is_none()
    };
    assert!(holds(limits), "every limit at its tightest");
    // Every family with one of its peaks a unit tighter; groups, which others are made of, with each.
    for (family, i) in (0..Runs::PEAKS).map(|i| (0, i)).chain((1..4).map(|f| (f, f - 1))) {
        let mut tighter = limits;
        tighter[family][i] -= 1;
        assert!(!holds(tighter), "{:?}, peak {i}", families[family]);
    }
}
