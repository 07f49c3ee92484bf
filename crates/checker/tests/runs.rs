//! Each defect of a run of strikes, one at a time, is refused by its own finding.

use mandate_checker::{Finding, check_risk, check_rules};
use mandate_statement::{Family, GlobalVar, LocalVar, RiskPart, RulesPart, Runs};
use mandate_testing::{RulesBuilder, columns, r64, risk_part_for};

/// A lawful part on `r64` in which the last three strips are one run of one group: 23 strikes, the last four of them unused.
fn lawful() -> RiskPart {
    let shape = r64();
    let mut part = (0..)
        .map(|seed| risk_part_for(shape, seed))
        .find(|part| part.runs.used[1..] == [true; 3] && part.layout.account.iter().all(Option::is_some))
        .expect("a seed with a run in every strip");
    part.layout.carry = vec![false, true, true, true];
    part.layout.group_used = vec![false, false, false, true];
    part.layout.account = vec![Some(0); 4];
    part.layout.asset = vec![Some(0); 4];
    part.runs = Runs::none(shape);
    part.runs.carry = vec![false, false, true, true];
    part.runs.used = vec![false, false, false, true];
    let option = (0..shape.slots).find(|slot| part.weights_of(shape, *slot)[columns::PREMIUM] != 0);
    let option = part.weights_of(shape, option.expect("runs have options")).to_vec();
    let mut forbidden = vec![0; shape.columns()];
    forbidden[columns::FORBIDDEN] = 1;
    for pair in 8..32 {
        let listed = (9..28).contains(&pair);
        for slot in [2 * pair, 2 * pair + 1] {
            let weights = if listed { &option } else { &forbidden };
            part.weights[slot * shape.columns()..(slot + 1) * shape.columns()].copy_from_slice(weights);
            part.runs.coins[slot] = if listed { 1000 } else { 0 };
        }
        part.runs.gap[pair] = if listed { 500 } else { 0 };
        part.runs.cover[pair] = if listed { 77_777 } else { 0 };
    }
    part
}

fn after(change: impl FnOnce(&mut RiskPart)) -> Vec<Finding> {
    let mut part = lawful();
    change(&mut part);
    check_risk(&part).expect_err("the change is a defect")
}

macro_rules! finds_only {
    ($findings:expr, $($pattern:pat),+ $(if $guard:expr)?) => {{
        let findings = $findings;
        assert!(matches!(&findings[..], [$($pattern),+] $(if $guard)?), "{findings:?}");
        assert!(findings.iter().all(|f| !f.to_string().is_empty()));
    }};
}

fn forbid(part: &mut RiskPart, slot: usize) {
    let columns = r64().columns();
    part.weights[slot * columns..(slot + 1) * columns].fill(0);
    part.weights[slot * columns + columns::FORBIDDEN] = 1;
}

#[test]
fn a_lawful_run_is_counted() {
    assert_eq!(check_risk(&lawful()).expect("lawful").runs, 1);
    let mut runs = 0;
    for seed in 0..50 {
        runs += check_risk(&risk_part_for(r64(), seed)).expect("fixtures are lawful").runs;
    }
    assert!(runs > 50, "{runs} runs in fifty parts");
}

#[test]
fn runs_lie_in_one_group_and_are_marked_at_their_end() {
    finds_only!(after(|p| p.runs.carry[0] = true), Finding::FirstStripCarries, ..);
    finds_only!(
        after(|p| {
            p.layout.carry[3] = false;
            p.layout.group_used[2] = true;
            p.layout.asset[3] = Some(1);
        }),
        Finding::RunAcrossGroups { strip: 3 }
    );
    finds_only!(after(|p| p.runs.used[2] = true), Finding::MarkInsideRun { strip: 2 });
    // Without a mark nothing reads the run: it says so, and so does every option in it.
    let findings = after(|p| p.runs.used[3] = false);
    assert!(matches!(findings[0], Finding::RunUnmarked { strip: 3, .. }), "{findings:?}");
    assert_eq!(findings.len(), 1 + 2 * 19);
    assert!(findings[1..].iter().all(|f| matches!(f, Finding::OptionOutsideRun { .. })));
    // A run that ends too early leaves the rest outside.
    let findings = after(|p| {
        p.runs.carry[3] = false;
        p.runs.used = vec![false, false, true, false];
    });
    assert!(matches!(findings[0], Finding::RunUnmarked { strip: 3, .. }), "{findings:?}");
    assert!(findings.contains(&Finding::OptionOutsideRun { slot: 48 }));
    // Strip 0 holds no run: marked, it has a usable slot where the price zero stands, that delivers nothing.
    let findings = after(|p| p.runs.used[0] = true);
    assert!(findings.contains(&Finding::PriceZeroUsable { slot: 0 }), "{findings:?}");
    assert!(findings.contains(&Finding::Coins { slot: 0, coins: 0, usable: true }));
    // A run in which nothing is left.
    let findings = after(|p| {
        p.runs = Runs::none(r64());
        p.runs.used[3] = true;
        (16..64).for_each(|slot| forbid(p, slot));
    });
    assert_eq!(findings, [Finding::RunEmpty { strip: 3 }]);
}

#[test]
fn a_strip_that_is_not_in_use_says_nothing() {
    // But where options stand that have no price today: their strikes stay.
    let mut part = lawful();
    (16..64).for_each(|slot| forbid(&mut part, slot));
    part.runs.coins.fill(0);
    part.runs.cover.fill(0);
    part.runs.used[3] = false;
    assert_eq!(check_risk(&part).expect("nothing is held or delivered").runs, 0);
    let idle = |change: fn(&mut Runs)| {
        after(|p| {
            p.runs = Runs::none(r64());
            (16..64).for_each(|slot| forbid(p, slot));
            change(&mut p.runs);
        })
    };
    finds_only!(idle(|r| r.coins[50] = 1), Finding::RunUnmarked { strip: 3, .. });
    finds_only!(idle(|r| r.cover[20] = -1), Finding::RunUnmarked { strip: 2, .. });
}

#[test]
fn strikes_ascend_from_the_price_zero() {
    finds_only!(after(|p| p.runs.gap[8] = 1), Finding::GapAtZero { pair: 8, gap: 1 });
    finds_only!(after(|p| p.runs.gap[16] = -1), Finding::NegativeGap { pair: 16, gap: -1 });
    finds_only!(after(|p| p.runs.gap[31] = -500), Finding::NegativeGap { pair: 31, .. });
    // An option where the price zero stands.
    let findings = after(|p| {
        let columns = r64().columns();
        let option = p.weights[18 * columns..19 * columns].to_vec();
        p.weights[16 * columns..17 * columns].copy_from_slice(&option);
        (p.runs.coins[16], p.runs.cover[8]) = (1000, 77_777);
    });
    assert_eq!(findings, [Finding::PriceZeroUsable { slot: 16 }]);
}

#[test]
fn every_option_delivers_something_and_nothing_else_does() {
    finds_only!(after(|p| p.runs.coins[19] = 0), Finding::Coins { slot: 19, coins: 0, usable: true });
    finds_only!(after(|p| p.runs.coins[19] = -1000), Finding::Coins { slot: 19, coins: -1000, usable: true });
    finds_only!(after(|p| p.runs.coins[63] = 1000), Finding::Coins { slot: 63, coins: 1000, usable: false });
    // An option outside of every run: in strip 0, where none is.
    let findings = after(|p| {
        let columns = r64().columns();
        let option = p.weights[18 * columns..19 * columns].to_vec();
        p.weights[4 * columns..5 * columns].copy_from_slice(&option);
    });
    assert_eq!(findings, [Finding::OptionOutsideRun { slot: 4 }]);
}

#[test]
fn calls_are_covered_at_one_price() {
    // A call that need not be covered, one that needs more, one less.
    for cover in [0, 77_779, 77_775] {
        finds_only!(after(|p| p.runs.cover[12] = cover), Finding::CoverPrice { strip: 3 });
    }
    // To the nearest: a unit more is within half a unit each way.
    let mut part = lawful();
    part.runs.cover[12] += 1;
    check_risk(&part).expect("one price lies between");
    finds_only!(after(|p| p.runs.cover[30] = 1), Finding::Cover { pair: 30, cover: 1 });
    let findings = after(|p| p.runs.cover[12] = -77_777);
    assert_eq!(findings, [Finding::Cover { pair: 12, cover: -77_777 }, Finding::CoverPrice { strip: 3 }]);
}

/// Each sum at the last weight that fits, and the first that does not.
#[test]
fn sums_along_a_run_stay_in_their_range() {
    let most = (1i64 << 41) - 1;
    // What is delivered and paid, with one coin unit a lot and most of the width in a single gap or slot.
    let of = |change: &dyn Fn(&mut RiskPart)| {
        let mut part = lawful();
        part.runs.gap.fill(0);
        part.runs.coins[16..].iter_mut().for_each(|c| *c = i64::from(*c != 0));
        part.runs.cover.fill(0);
        change(&mut part);
        check_risk(&part)
    };
    assert!(of(&|_| {}).is_ok());
    // Nineteen calls below the last gap, nineteen puts above the first.
    assert!(of(&|p| p.runs.gap[28] = most / 19).is_ok());
    let wide = |found: Result<_, Vec<Finding>>| found.expect_err("too wide");
    finds_only!(
        wide(of(&|p| p.runs.gap[28] = most / 19 + 1)),
        Finding::RunTooWide { strip: 3, what: "what its calls pay at the last strike" }
    );
    assert!(of(&|p| p.runs.gap[9] = most / 19).is_ok());
    finds_only!(
        wide(of(&|p| p.runs.gap[9] = most / 19 + 1)),
        Finding::RunTooWide { strip: 3, what: "what its puts pay at the price zero" }
    );
    for (slot, what) in [(18, "what its calls deliver"), (19, "what its puts deliver")] {
        assert!(of(&|p| p.runs.coins[slot] = most - 18).is_ok());
        finds_only!(
            wide(of(&|p| p.runs.coins[slot] = most - 17)),
            Finding::RunTooWide { strip: 3, what: w } if *w == what
        );
    }
    let covered = |total: i64| {
        move |p: &mut RiskPart| {
            let each = total / 19;
            p.runs.cover[9..28].fill(each);
            p.runs.cover[9] += i64::from(total % 19 != 0);
        }
    };
    assert!(of(&covered(most / 19 * 19)).is_ok());
    finds_only!(
        wide(of(&covered(most / 19 * 19 + 19))),
        Finding::RunTooWide { what: "what its calls are to be covered with", .. }
    );
    // Numbers from nowhere are refused without a panic.
    for extreme in [i64::MAX, i64::MIN] {
        assert!(of(&|p| p.runs.gap.fill(extreme)).is_err());
        assert!(of(&|p| p.runs.coins.fill(extreme)).is_err());
        assert!(of(&|p| p.runs.cover.fill(extreme)).is_err());
    }
}

/// Peaks are upper bounds: they count against the book only; those in money at the index are rounded once a weight.
#[test]
fn rows_use_peaks_one_way() {
    let row = |family, peak: i128, lots: i128| -> RulesPart {
        let part = RulesBuilder::new(r64());
        let (own, all) = (LocalVar::Total(columns::LOTS), GlobalVar::Total(columns::LOTS));
        let one = (GlobalVar::One, 5);
        match family {
            Family::Global => {
                part.row("r", family, &[], &[(GlobalVar::PeakSum(0), peak), (all, lots), one]).build()
            }
            _ => part.row("r", family, &[(LocalVar::Peak(0), peak), (own, lots)], &[one]).build(),
        }
    };
    for family in [Family::Group, Family::Account, Family::Asset, Family::Global] {
        check_rules(&row(family, -3, -3)).expect("lawful");
        finds_only!(check_rules(&row(family, -3, -2)).unwrap_err(), Finding::Allowance { needed, .. } if needed == "3");
        finds_only!(check_rules(&row(family, 3, -3)).unwrap_err(), Finding::PositivePeak { got: 3, .. });
    }
    // The loss at expiry is exact, and the upside is not.
    for (peak, lots) in [(Runs::UPSIDE, 1), (Runs::EXPIRY_LOSS, 0)] {
        let with = |lots: i128| {
            let terms = [(LocalVar::Peak(peak), -1), (LocalVar::Total(columns::LOTS), -lots)];
            RulesBuilder::new(r64()).row("r", Family::Group, &terms, &[(GlobalVar::One, 1)]).build()
        };
        check_rules(&with(lots)).expect("lawful");
        assert!(check_rules(&with(lots - 1)).is_err(), "peak {peak}");
    }
    // Four strips of 88 bits: as wide as a coefficient of 2^22 lets a row over blocks be.
    let most = (1i128 << 22) - 1;
    for (c, fits) in [(most, true), (most + 1, false)] {
        let part = RulesBuilder::new(r64())
            .row("r", Family::Group, &[(LocalVar::Peak(Runs::EXPIRY_LOSS), -c)], &[(GlobalVar::One, 1)])
            .build();
        assert_eq!(check_rules(&part).is_ok(), fits, "coefficient {c}");
    }
}
