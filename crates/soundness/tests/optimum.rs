//! The attack `optimum` on a sample of its cases, what they cover, and that it finds what it looks for.

use mandate_soundness::optimum::integers::feasible;
use mandate_soundness::optimum::lies::{Case, cases};
use mandate_soundness::optimum::relation::{Holding, Relation, Variable};
use mandate_soundness::optimum::{generate, lies};
use mandate_statement::{Digest, Family, GlobalVar, LocalVar, RowRef, RulesPart, Shape};
use mandate_testing::t32;
use std::collections::BTreeMap;

/// Every construct of the language, as rules are counted by.
const CONSTRUCTS: [&str; 49] = [
    "rule over the book",
    "rule over groups",
    "rule over venues",
    "rule over underlyings",
    "rule over instruments",
    "<=",
    "<",
    ">=",
    ">",
    "and",
    "ratio",
    "+",
    "-",
    "*",
    "/",
    "negation",
    "amount",
    "max",
    "min",
    "abs",
    "pos",
    "tiers",
    "sum over groups",
    "sum over venues",
    "sum over underlyings",
    "worst of all",
    "worst of groups",
    "worst of venues",
    "column of all",
    "column of groups",
    "column of venues",
    "column of underlyings",
    "column of instruments",
    "column nav",
    "column net",
    "column value",
    "column delta",
    "column gamma",
    "column vega",
    "column theta",
    "column cash",
    "column unsettled",
    "column premium",
    "column gross",
    "column notional",
    "column assets",
    "column long",
    "column liabilities",
    "column short",
];

#[test]
fn no_filling_makes_an_unlawful_book_pass() {
    let report = lies::attack(0..300);
    let (lawful, skipped, constructs) = (report.lawful, report.skipped, report.constructs.clone());
    let score = report.score();
    assert!(score.is_whole(), "{:#?}", score.survivors);
    assert!(score.told > 5000 && lawful > 900 && skipped < 300, "{} lies, {lawful}, {skipped}", score.told);
    for name in CONSTRUCTS {
        let (bad, good) = constructs.get(name).copied().unwrap_or_default();
        assert!(bad >= 30 && good >= 20, "{name}: {bad} unlawful and {good} lawful cases");
    }
    for name in generate::COLUMNS {
        assert!(CONSTRUCTS.contains(&format!("column {name}").as_str()), "{name}");
    }
}

/// Every sheet with one change, with the kind of change.
fn altered(part: &RulesPart, kind: &str) -> Vec<(Family, RulesPart)> {
    let shape = t32();
    let mut out = Vec::new();
    for family in Family::ALL {
        for index in 0..family.rows(shape) {
            let row = RowRef { family, index: u16::try_from(index).unwrap() };
            let (local, global) = part.row(shape, row);
            let own = |v: LocalVar| v.index(shape, family);
            let witnesses: Vec<usize> =
                (0..shape.local_witnesses).filter_map(|i| own(LocalVar::Witness(i))).collect();
            let books: Vec<usize> =
                (0..shape.global_witnesses).filter_map(|i| GlobalVar::Witness(i).index(shape)).collect();
            let defines =
                witnesses.iter().any(|at| local[*at] == 1) || books.iter().any(|at| global[*at] == 1);
            let mut push = |change: &dyn Fn(&mut [i128], &mut [i128]) -> bool| {
                let mut copy = part.clone();
                let (local, global) = copy.row_mut(shape, row);
                if change(local, global) {
                    out.push((family, copy));
                }
            };
            let negate = |c: &mut i128| {
                let is = *c < 0;
                if is {
                    *c = -*c;
                }
                is
            };
            match kind {
                // One piece of a maximum is not written down.
                "a defining row is left out" if defines => push(&|local, global| {
                    local.fill(0);
                    global.fill(0);
                    true
                }),
                // A larger witness helps.
                "a witness is used from above" => {
                    push(&|local, _| {
                        witnesses.iter().map(|at| negate(&mut local[*at])).fold(false, |a, b| a | b)
                    });
                    push(&|_, global| {
                        let sums =
                            [Family::Group, Family::Account, Family::Asset].into_iter().flat_map(|f| {
                                (0..shape.local_witnesses)
                                    .filter_map(move |i| GlobalVar::WitnessSum(f, i).index(shape))
                            });
                        books
                            .iter()
                            .copied()
                            .chain(sums)
                            .map(|at| negate(&mut global[at]))
                            .fold(false, |a, b| a | b)
                    });
                }
                "a worst loss is used from above" => {
                    push(&|local, _| own(LocalVar::Worst).is_some_and(|at| negate(&mut local[at])));
                    push(&|_, global| {
                        [
                            GlobalVar::WorstSum(Family::Group),
                            GlobalVar::WorstSum(Family::Account),
                            GlobalVar::WorstBook,
                        ]
                        .into_iter()
                        .filter_map(|v| v.index(shape))
                        .map(|at| negate(&mut global[at]))
                        .fold(false, |a, b| a | b)
                    });
                }
                "an allowance is left out" => push(&|local, global| {
                    let mine =
                        own(LocalVar::Total(shape.lots_column())).map(|at| std::mem::take(&mut local[at]));
                    let all = GlobalVar::Total(shape.lots_column())
                        .index(shape)
                        .map(|at| std::mem::take(&mut global[at]));
                    [mine, all].into_iter().flatten().any(|c| c != 0)
                }),
                _ => {}
            }
        }
    }
    out
}

/// The same search on sheets with one fault finds a filling for books that the mandate forbids: by family of the row.
#[test]
fn a_fault_in_the_sheet_is_found_as_a_lie_that_is_believed() {
    for (kind, families, least) in [
        (
            "a defining row is left out",
            &[Family::Group, Family::Account, Family::Asset, Family::Global][..],
            5,
        ),
        ("a witness is used from above", &[Family::Group, Family::Account, Family::Asset, Family::Global], 5),
        ("a worst loss is used from above", &[Family::Group, Family::Account, Family::Global], 5),
        ("an allowance is left out", &Family::ALL, 5),
    ] {
        let mut believed: BTreeMap<Family, usize> = BTreeMap::new();
        for seed in 0..400 {
            for case in cases(seed).0.into_iter().filter(|c| !c.broken.is_empty()) {
                if families.iter().all(|f| believed.get(f).is_some_and(|n| *n >= least)) {
                    break;
                }
                for (family, part) in altered(&case.part, kind) {
                    let faulty = Case {
                        part,
                        name: String::new(),
                        rules: Vec::new(),
                        broken: Vec::new(),
                        ..copy(&case)
                    };
                    *believed.entry(family).or_default() += usize::from(faulty.has_filling());
                }
            }
        }
        for family in families {
            let found = believed.get(family).copied().unwrap_or(0);
            assert!(found >= least, "{kind}, rows of {family:?}: {found} found");
        }
    }
}

fn copy(case: &Case) -> Case {
    Case {
        name: case.name.clone(),
        rules: case.rules.clone(),
        part: case.part.clone(),
        risk: case.risk.clone(),
        book: case.book.clone(),
        broken: case.broken.clone(),
    }
}

/// Bits are searched, not relaxed: a sheet made by hand that wants a bit to be one half has no filling, one that lets the
/// prover choose has one, and the choice counts.
#[test]
fn bits_are_zero_or_one() {
    let shape: &'static Shape = t32();
    let risk = mandate_testing::plain_risk_part();
    let book = mandate_testing::empty_book(&risk);
    let z = |i| GlobalVar::Bit(i).index(shape).unwrap();
    let one = GlobalVar::One.index(shape).unwrap();
    let sum = GlobalVar::BitSum(Family::Group, 0).index(shape).unwrap();
    let found = |rows: &[&[(usize, i128)]]| {
        let mut part = RulesPart::empty("crypto-usd/1", shape, Digest([0; 32]));
        for (i, row) in rows.iter().enumerate() {
            let at = RowRef { family: Family::Global, index: u16::try_from(i).unwrap() };
            row.iter().for_each(|(v, c)| part.row_mut(shape, at).1[*v] = *c);
        }
        let holdings: Vec<Holding> = book.quantities.iter().map(|q| Holding::Fixed(*q)).collect();
        let relation = Relation::of(&part, &risk, &holdings, &book.active);
        let bits = relation.bits();
        feasible(&relation.program, &bits).map(|x| {
            let one = num_rational::BigRational::from(num_bigint::BigInt::from(1));
            let mut ones: Vec<Variable> = relation.variables.clone();
            ones.retain(|v| *relation.position(*v).map(|at| &x[at]).unwrap() == one);
            ones
        })
    };
    // 2 z = 1.
    let leaves = found(&[&[(z(0), 2), (one, -1)], &[(z(0), -2), (one, 1)]]).unwrap_err();
    assert_eq!(leaves.len(), 2);
    // 2 (z0 + z1 + z2) = 3, and the same of the bits of three groups, have a filling in fractions only.
    let (up, down): (Vec<_>, Vec<_>) =
        ((0..3).map(|i| (z(i), 2)).collect(), (0..3).map(|i| (z(i), -2)).collect());
    let with = |mut v: Vec<(usize, i128)>, c: i128| {
        v.push((one, c));
        v
    };
    assert!(found(&[&with(up.clone(), -3), &with(down.clone(), 3)]).is_err());
    assert!(found(&[&[(sum, 2), (one, -3)], &[(sum, -2), (one, 3)]]).is_err());
    // z0 + z1 + z2 = 2 with z0 <= z1 - z2 + 1/2.
    let chosen = found(&[&with(up, -4), &with(down, 4), &[(z(0), -2), (z(1), 2), (z(2), -2), (one, 1)]]);
    let bit = |i| Variable::Bit(Family::Global, 0, i);
    assert!([vec![bit(0), bit(1)], vec![bit(1), bit(2)]].contains(&chosen.ok().unwrap()));
    // Three of three groups.
    assert_eq!(found(&[&[(sum, 1), (one, -3)]]).ok().unwrap().len(), 3);
    assert!(found(&[&[(sum, 1), (one, -4)]]).is_err());
}
