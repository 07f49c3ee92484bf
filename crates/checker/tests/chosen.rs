//! Bits and free witnesses: the forms that are safe are taken, and each of them broken alone is refused by its own finding.

use Family::{Asset, Global, Group};
use GlobalVar as G;
use LocalVar as L;
use mandate_checker::{Finding, check_rules};
use mandate_statement::{Family, GlobalVar, LocalVar, RulesPart};
use mandate_testing::{RulesBuilder, columns, t32};

const VALUE: GlobalVar = G::Total(columns::VALUE);
const LOTS: GlobalVar = G::Total(columns::LOTS);
const OWN_LOTS: LocalVar = L::Total(columns::LOTS);
const GROSS: LocalVar = L::Total(columns::GROSS);
const M: i128 = 1 << 90;

type Locals = Vec<(LocalVar, i128)>;
type Globals = Vec<(GlobalVar, i128)>;
/// A row as a test writes it down.
type Written<'a> = (Family, &'a [(LocalVar, i128)], &'a [(GlobalVar, i128)]);

/// Rows of a rule `r`, before they are built, so that a test can break one.
#[derive(Clone)]
struct Rows(Vec<(Family, Locals, Globals)>);

impl Rows {
    fn of(list: &[Written<'_>]) -> Self {
        Self(list.iter().map(|(f, l, g)| (*f, l.to_vec(), g.to_vec())).collect())
    }
    fn build(&self) -> RulesPart {
        let start = RulesBuilder::new(t32());
        self.0.iter().fold(start, |b, (f, l, g)| b.row("r", *f, l, g)).build()
    }
    fn check(&self) -> Vec<Finding> {
        check_rules(&self.build()).err().unwrap_or_default()
    }
    fn changed(&self, change: impl FnOnce(&mut Vec<(Family, Locals, Globals)>)) -> Vec<Finding> {
        let mut other = self.clone();
        change(&mut other.0);
        other.check()
    }
}

/// At most one asset has a gross exposure above a tenth of net asset value.
fn counted() -> Rows {
    Rows::of(&[
        (Asset, &[(GROSS, -10), (L::Bit(0), M)], &[(VALUE, 1), (LOTS, -1)]),
        (Global, &[], &[(G::BitSum(Asset, 0), -1), (G::One, 1)]),
    ])
}

/// The gross exposures above a twentieth of net asset value are at most two fifths of it.
fn threshold() -> Rows {
    Rows::of(&[
        (Asset, &[(GROSS, -20), (L::Bit(0), M)], &[(VALUE, 1), (LOTS, -1)]),
        (Asset, &[(L::Witness(0), 1), (GROSS, -1), (L::Bit(0), -M)], &[(G::One, M)]),
        (Asset, &[(L::Witness(0), 1)], &[]),
        (Global, &[], &[(VALUE, 2), (LOTS, -2), (G::WitnessSum(Asset, 0), -5)]),
    ])
}

/// The better of a fifth of the gross exposure and the worst loss, group by group, is at most net asset value.
fn better() -> Rows {
    Rows::of(&[
        (Group, &[(L::Witness(0), 5), (GROSS, -1), (L::Bit(0), M)], &[]),
        (Group, &[(L::Witness(0), 5), (L::Worst, -5), (OWN_LOTS, -5), (L::Bit(0), -M)], &[(G::One, M)]),
        (Global, &[], &[(VALUE, 1), (LOTS, -1), (G::WitnessSum(Group, 0), -1)]),
    ])
}

/// The two largest gross exposures of assets are at most net asset value.
fn largest() -> Rows {
    Rows::of(&[
        (Global, &[], &[(G::Witness(0), 1)]),
        (Asset, &[(L::Witness(0), 1), (GROSS, -1)], &[(G::Witness(0), 1)]),
        (Asset, &[(L::Witness(0), 1)], &[]),
        (Global, &[], &[(G::Witness(1), 1), (G::Witness(0), -2), (G::WitnessSum(Asset, 0), -1)]),
        (Global, &[], &[(VALUE, 1), (LOTS, -1), (G::Witness(1), -1)]),
    ])
}

/// The mean of the two larger of three scenario losses is at most net asset value.
fn tail() -> Rows {
    let loss = |s| (G::Total(columns::scenario(t32(), s)), 1);
    Rows::of(&[
        (Global, &[], &[(G::Witness(1), 1)]),
        (Global, &[], &[(G::Witness(1), 1), loss(0), (LOTS, -1), (G::Witness(0), 1)]),
        (Global, &[], &[(G::Witness(1), 1), loss(1), (LOTS, -1), (G::Witness(0), 1)]),
        (Global, &[], &[(G::Witness(1), 1), loss(0), loss(1), (LOTS, -2), (G::Witness(0), 2)]),
        (Global, &[], &[(G::Witness(2), 1)]),
        (Global, &[], &[(G::Witness(2), 1), loss(2), (LOTS, -1), (G::Witness(0), 1)]),
        (Global, &[], &[(G::Witness(3), 1), (G::Witness(0), -2), (G::Witness(1), -1), (G::Witness(2), -1)]),
        (Global, &[], &[(VALUE, 2), (LOTS, -2), (G::Witness(3), -1)]),
    ])
}

#[test]
fn the_forms_that_are_safe_are_taken() {
    for rows in [counted(), threshold(), better(), largest(), tail()] {
        assert!(rows.check().is_empty(), "{:?}", rows.check());
    }
    // Rounding up: one definition is enough, and its coefficient what is divided by.
    let rounded = Rows::of(&[
        (Group, &[(L::Witness(0), 7), (GROSS, -3)], &[]),
        (Group, &[(L::Witness(0), -1)], &[(VALUE, 1), (LOTS, -1)]),
    ]);
    assert!(rounded.check().is_empty(), "{:?}", rounded.check());
}

#[test]
fn bits_are_bounds_too() {
    // A bit that nothing forces.
    let findings = counted().changed(|rows| {
        rows.remove(0);
    });
    assert!(
        matches!(&findings[..], [Finding::UndefinedWitness { variable, .. }] if variable == "z0 of assets")
    );
    // A bit that nothing counts lets every limit go.
    let findings = counted().changed(|rows| {
        rows.pop();
    });
    assert!(
        matches!(&findings[..], [Finding::UnusedWitness { .. }, Finding::RequiresNothing { .. }]),
        "{findings:?}"
    );
    // A count that has room for all of them, of this shape three.
    for (allowed, lawful) in [(0, true), (2, true), (3, false), (i128::MAX >> 40, false)] {
        let findings = counted().changed(|rows| rows[1].2[1].1 = allowed);
        assert_eq!(
            findings.first().map(|f| matches!(f, Finding::CountAlwaysHolds { .. })),
            (!lawful).then_some(true),
            "{allowed}: {findings:?}"
        );
    }
    // The same of bits of the book, of which a row counts as many as it names.
    let forced = || (Global, vec![], vec![(VALUE, 1), (LOTS, -1), (G::Bit(0), M)]);
    for (allowed, lawful) in [(0, true), (1, false)] {
        let mut count = vec![(G::Bit(0), -1)];
        if allowed > 0 {
            count.push((G::One, allowed));
        }
        let findings = Rows(vec![forced(), (Global, vec![], count)]).check();
        assert_eq!(
            findings.iter().any(|f| matches!(f, Finding::CountAlwaysHolds { .. })),
            !lawful,
            "{allowed}: {findings:?}"
        );
    }
    // A bit that follows another has one definition, whose coefficient is one, and is no witness that could be left out.
    let findings = Rows(vec![
        forced(),
        (Global, vec![], vec![(G::Bit(1), 1), (G::Bit(0), -1)]),
        (Global, vec![], vec![(G::Bit(1), -1)]),
    ])
    .check();
    assert!(findings.is_empty(), "{findings:?}");
    // A count in favour of the prover, and a bit of the book forced by a row over blocks.
    let findings = counted().changed(|rows| rows[1].2[0].1 = 1);
    assert!(findings.iter().any(|f| matches!(f, Finding::PositiveSum { .. })), "{findings:?}");
    let findings = counted().changed(|rows| {
        rows[0].1.pop();
        rows[0].2.push((G::Bit(0), M));
        rows[1].2[0].0 = G::Bit(0);
    });
    assert!(findings.iter().any(|f| matches!(f, Finding::BlockDefinesBook { .. })), "{findings:?}");
    // Without the row that forces it, a threshold adds up nothing; without the piece, neither.
    let findings = threshold().changed(|rows| {
        rows.remove(0);
    });
    assert!(matches!(&findings[..], [Finding::UndefinedWitness { .. }]), "{findings:?}");
    let findings = threshold().changed(|rows| {
        rows.remove(1);
    });
    assert!(matches!(&findings[..], [Finding::UnusedWitness { .. }]), "{findings:?}");
}

#[test]
fn a_choice_lets_go_of_one_alternative_at_a_time() {
    // Both alternatives go at once.
    let findings = better().changed(|rows| {
        rows[1].1[3].1 = M;
        rows[1].2.clear();
    });
    assert!(matches!(&findings[..], [Finding::OpenChoice { variable, witness }]
        if variable == "z0 of groups" && witness == "x0 of groups"));
    let findings = better().changed(|rows| {
        rows.remove(1);
    });
    assert!(findings.iter().any(|f| matches!(f, Finding::OpenChoice { .. })), "{findings:?}");
    // The bit does something else besides, wherever that is.
    for (family, local, global) in [
        (Group, vec![(L::Bit(0), -M), (GROSS, -1)], vec![(VALUE, 1), (LOTS, -1)]),
        (Group, vec![(L::Bit(0), M), (GROSS, -1)], vec![(VALUE, 1), (LOTS, -1)]),
        (Global, vec![], vec![(G::BitSum(Group, 0), -1), (G::One, 1)]),
        (Group, vec![(L::Witness(1), 5), (GROSS, -1), (L::Bit(0), M)], vec![]),
    ] {
        let findings = better().changed(|rows| rows.push((family, local, global)));
        assert!(findings.iter().any(|f| matches!(f, Finding::SharedChoice { .. })), "{findings:?}");
    }
    // Two alternatives of a witness of the book, and two more with a bit of their own.
    let pair = |witness, bit| {
        let gross = (G::Total(columns::GROSS), -1);
        [
            (Global, vec![], vec![(G::Witness(witness), 5), gross, (G::Bit(bit), M)]),
            (
                Global,
                vec![],
                vec![
                    (G::Witness(witness), 5),
                    (G::WorstBook, -5),
                    (LOTS, -5),
                    (G::Bit(bit), -M),
                    (G::One, M),
                ],
            ),
        ]
    };
    let of = |list: &[(usize, usize)]| {
        let mut rows: Vec<_> = list.iter().flat_map(|(witness, bit)| pair(*witness, *bit)).collect();
        let witnesses: std::collections::BTreeSet<usize> = list.iter().map(|(witness, _)| *witness).collect();
        for witness in witnesses {
            rows.push((Global, vec![], vec![(VALUE, 1), (LOTS, -1), (G::Witness(witness), -1)]));
        }
        Rows(rows).check()
    };
    assert!(of(&[(0, 0)]).is_empty(), "{:?}", of(&[(0, 0)]));
    // Two witnesses, each with a bit of its own, are two choices.
    assert!(of(&[(0, 0), (1, 1)]).is_empty(), "{:?}", of(&[(0, 0), (1, 1)]));
    let findings = of(&[(0, 0), (0, 1)]);
    assert!(findings.iter().any(|f| matches!(f, Finding::SharedChoice { .. })), "{findings:?}");
    // A row of the same blocks that does not read it is nobody's choice.
    let beside = (Group, vec![(GROSS, -1)], vec![(VALUE, 1), (LOTS, -1)]);
    let findings = better().changed(|rows| rows.push(beside));
    assert!(findings.is_empty(), "{findings:?}");
    // Another witness, or a bit of the book, lets go of it.
    let findings = better().changed(|rows| {
        rows[0].1.pop();
        rows[0].2.push((G::Bit(0), M));
    });
    assert!(findings.iter().any(|f| matches!(f, Finding::TwoDefinitions { .. })), "{findings:?}");
    let findings = better().changed(|rows| rows[0].1[2].0 = L::Witness(1));
    assert!(findings.iter().any(|f| matches!(f, Finding::TwoDefinitions { .. })), "{findings:?}");
    // One of the definitions is a fraction of what it was.
    let findings = better().changed(|rows| rows[0].1[0].1 = 6);
    assert!(matches!(&findings[..], [Finding::WitnessCoefficient { got: 5 | 6, .. }]), "{findings:?}");
}

fn free_witness(findings: &[Finding], wanted: &str) {
    assert!(
        findings.iter().any(|f| matches!(f, Finding::FreeWitness { why, .. } if why.contains(wanted))),
        "{wanted}: {findings:?}"
    );
}

#[test]
fn a_free_witness_serves_one_charge() {
    // No row keeps it from falling without end: nobody knows how many blocks are in use.
    let findings = largest().changed(|rows| {
        rows.remove(0);
    });
    free_witness(&findings, "falling without end");
    // With its excesses weighing one part in two, three losses do not hold up two of it.
    let findings = tail().changed(|rows| rows[6].2[1].1 = -4);
    free_witness(&findings, "falling without end");
    let findings = tail().changed(|rows| rows[6].2[1].1 = -3);
    assert!(findings.is_empty(), "{findings:?}");
    // The floor is another.
    free_witness(&largest().changed(|rows| rows[0].2.push((G::One, 5))), "by other than zero");
    free_witness(&largest().changed(|rows| rows[0].2[0].1 = 2), "by other than zero");
    // The charge leaves it out, or is not the only one that counts it.
    free_witness(
        &largest().changed(|rows| {
            rows[3].2.remove(1);
        }),
        "no charge",
    );
    free_witness(&largest().changed(|rows| rows[4].2.push((G::Witness(0), -1))), "second row");
    free_witness(
        &largest().changed(|rows| {
            rows[3].2.remove(0);
        }),
        "not the definition of a charge",
    );
    // It is counted by a row that a bit lets go of, or by one over blocks.
    free_witness(&largest().changed(|rows| rows[3].2.push((G::Bit(0), M))), "not the definition of a charge");
    free_witness(
        &largest().changed(|rows| {
            rows[3].2.remove(1);
            rows.push((Asset, vec![(L::Witness(1), 1)], vec![(G::Witness(0), -2)]));
        }),
        "not the definition of a charge",
    );
    // The charge has another definition, is rounded, or takes something off.
    free_witness(
        &largest().changed(|rows| rows.push((Global, vec![], vec![(G::Witness(1), 1)]))),
        "more than one",
    );
    free_witness(&largest().changed(|rows| rows[3].2[0].1 = 2), "counts more than");
    free_witness(&largest().changed(|rows| rows[3].2.push((G::One, 9))), "counts more than");
    free_witness(&largest().changed(|rows| rows[3].2.extend([(VALUE, 1), (LOTS, -1)])), "counts more than");
    // An excess with another bound, without its floor, rounded, or read elsewhere.
    free_witness(
        &largest().changed(|rows| rows.push((Asset, vec![(L::Witness(0), 1), (GROSS, -1)], vec![]))),
        "other than one",
    );
    free_witness(
        &largest().changed(|rows| {
            rows.remove(2);
        }),
        "below zero",
    );
    free_witness(&largest().changed(|rows| rows[1].1[0].1 = 2), "other than one");
    free_witness(
        &largest()
            .changed(|rows| rows.push((Asset, vec![(L::Witness(0), -1)], vec![(VALUE, 1), (LOTS, -1)]))),
        "only its charge",
    );
    // A row that defines nothing but reads a free witness from above bounds nothing.
    let findings = largest().changed(|rows| {
        rows[1].1.remove(0);
    });
    assert!(findings.iter().any(|f| matches!(f, Finding::BlockDefinesBook { .. })), "{findings:?}");
}
