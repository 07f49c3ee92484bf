//! Rules parts, built row by row.

use crate::{columns, stream, t32};
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef, RuleRows, RulesPart, Runs, Shape, keccak};
use proptest::prelude::*;
use rand::Rng;

/// Builds a [`RulesPart`] row by row. A new one has row 0 of [`Family::Global`] under the id `min-nav`, with a minimum
/// of one unit.
pub struct RulesBuilder {
    shape: &'static Shape,
    part: RulesPart,
    next: [u16; 5],
}

impl RulesBuilder {
    /// A builder on `shape` for the model `crypto-usd/1`.
    pub fn new(shape: &'static Shape) -> Self {
        let part = RulesPart::empty("crypto-usd/1", shape, keccak(b"mandate/testing/rules"));
        let mut out = Self { shape, part, next: [0; 5] };
        out.push(
            "min-nav",
            Family::Global,
            &[],
            &[
                (GlobalVar::Total(columns::VALUE), 1),
                (GlobalVar::Total(shape.lots_column()), -1),
                (GlobalVar::One, -1),
            ],
        );
        out
    }
    /// Sets the minimum net asset value of row 0.
    #[must_use]
    pub fn min_nav(mut self, units: i128) -> Self {
        let row = RowRef { family: Family::Global, index: 0 };
        let one = GlobalVar::One.index(self.shape).expect("every shape has the constant one");
        self.part.row_mut(self.shape, row).1[one] = -units;
        self
    }
    /// Adds the row `sum(local) + sum(global) >= 0` of `family` to rule `id` (a new rule if there is none of that id).
    /// A variable named twice has its coefficients added. Nothing else is checked: unlawful rows are welcome.
    ///
    /// # Panics
    /// If the shape has no more rows of that family, or no such variable in it.
    #[must_use]
    pub fn row(
        mut self,
        id: &str,
        family: Family,
        local: &[(LocalVar, i128)],
        global: &[(GlobalVar, i128)],
    ) -> Self {
        self.push(id, family, local, global);
        self
    }
    /// The row that the next [`RulesBuilder::row`] of `family` will write.
    pub fn next(&self, family: Family) -> RowRef {
        RowRef { family, index: self.next[position(family)] }
    }
    /// The part so far.
    #[must_use]
    pub fn build(self) -> RulesPart {
        self.part
    }

    fn push(
        &mut self,
        id: &str,
        family: Family,
        local: &[(LocalVar, i128)],
        global: &[(GlobalVar, i128)],
    ) -> RowRef {
        let row = self.next(family);
        assert!(usize::from(row.index) < family.rows(self.shape), "no more {family:?} rows in the shape");
        self.next[position(family)] += 1;
        let (l, g) = self.part.row_mut(self.shape, row);
        for (var, coefficient) in local {
            l[var.index(self.shape, family).expect("the family has the variable")] += coefficient;
        }
        for (var, coefficient) in global {
            g[var.index(self.shape).expect("the shape has the variable")] += coefficient;
        }
        match self.part.rules.iter_mut().find(|r| r.id == id) {
            Some(rule) => rule.rows.push(row),
            None => self.part.rules.push(RuleRows { id: id.to_owned(), rows: vec![row] }),
        }
        row
    }
}

fn position(family: Family) -> usize {
    Family::ALL.iter().position(|f| *f == family).expect("every family is in ALL")
}

/// A random lawful rules part on [`t32`]; see [`rules_part_for`].
pub fn rules_part(seed: u64) -> RulesPart {
    rules_part_for(t32(), seed)
}
/// A random lawful rules part: `min-nav` and some of ten usual rules with random limits, which together use every kind
/// of variable but bits. Each row carries the rounding allowance it needs.
pub fn rules_part_for(shape: &'static Shape, seed: u64) -> RulesPart {
    let mut rng = stream(8, seed);
    let mut out = RulesBuilder::new(shape).min_nav(rng.gen_range(1..1 << 60));
    for rule in 0..RULES {
        if rng.gen_bool(0.6) && (rule != SLOT_RULE || shape.slot_rows > 0) {
            out = add(out, rule, &mut rng);
        }
    }
    if shape.strips > 0 {
        for rule in [RUN_RULES, RUN_RULES + 1] {
            if rng.gen_bool(0.8) {
                out = add(out, rule, &mut rng);
            }
        }
    }
    out.build()
}
/// [`rules_part`] over all seeds.
pub fn any_rules_part() -> impl Strategy<Value = RulesPart> {
    any::<u64>().prop_map(rules_part)
}

const RULES: usize = 10;
const SLOT_RULE: usize = 9;
/// Rules over runs come after the others, in shapes that have runs.
const RUN_RULES: usize = RULES;

fn add(out: RulesBuilder, rule: usize, rng: &mut impl Rng) -> RulesBuilder {
    use Family::{Account, Asset, Global, Group, Slot};
    use GlobalVar as G;
    use LocalVar as L;
    let shape = out.shape;
    let (all, own) = (|k| G::Total(columns::of(shape, k)), |k| L::Total(columns::of(shape, k)));
    let (nav, lots, own_lots) = (all(columns::VALUE), all(columns::LOTS), own(columns::LOTS));
    // A limit of `top` parts of net asset value to `bottom` parts of something.
    let (top, bottom) = (rng.gen_range(1..1000i128), rng.gen_range(1..100i128));
    match rule {
        0 => out.row("leverage", Global, &[], &[(nav, top), (lots, -top), (all(columns::GROSS), -bottom)]),
        1 => out.row("concentration", Group, &[(own(columns::GROSS), -bottom)], &[(nav, top), (lots, -top)]),
        2 => out.row(
            "margin-account",
            Account,
            &[(own(columns::VALUE), top), (L::Worst, -bottom), (own_lots, -top - bottom)],
            &[(G::One, 1 << 70)],
        ),
        3 => out.row(
            "margin-groups",
            Global,
            &[],
            &[(nav, top), (G::WorstSum(Group), -bottom), (lots, -top - bottom)],
        ),
        4 => out.row(
            "margin-book",
            Global,
            &[],
            &[
                (nav, top),
                (G::WorstBook, -1),
                (G::WorstSum(Account), -1),
                (G::Total(columns::scenario(shape, 0)), -1),
                (lots, -top - 3),
            ],
        ),
        // |delta| of an asset, by its own witness.
        5 => out
            .row("delta-asset", Asset, &[(L::Witness(0), 1), (own(columns::DELTA), -1), (own_lots, -1)], &[])
            .row("delta-asset", Asset, &[(L::Witness(0), 1), (own(columns::DELTA), 1), (own_lots, -1)], &[])
            .row("delta-asset", Asset, &[(L::Witness(0), -1)], &[(nav, top), (lots, -top)]),
        // Sum over groups of |vega|, with a second witness on top of the first.
        6 => out
            .row("vega-sum", Group, &[(L::Witness(0), 1), (own(columns::VEGA), -1), (own_lots, -1)], &[])
            .row("vega-sum", Group, &[(L::Witness(0), 1), (own(columns::VEGA), 1), (own_lots, -1)], &[])
            .row("vega-sum", Group, &[(L::Witness(1), 1), (L::Witness(0), -2)], &[(G::One, 5)])
            .row("vega-sum", Group, &[(L::Witness(1), 1)], &[])
            .row("vega-sum", Global, &[], &[(nav, top), (G::WitnessSum(Group, 1), -1), (lots, -top)]),
        // The positive part of -theta, over the whole book.
        7 => out
            .row("theta", Global, &[], &[(G::Witness(0), 1), (all(columns::THETA), 1), (lots, -1)])
            .row("theta", Global, &[], &[(G::Witness(0), 1)])
            .row("theta", Global, &[], &[(nav, top), (G::Witness(0), -bottom), (lots, -top)]),
        8 => out.row(
            "solvency",
            Global,
            &[],
            &[(all(columns::ASSETS), top), (all(columns::LIABILITIES), -bottom)],
        ),
        SLOT_RULE => {
            out.row("ticket", Slot, &[(own(columns::NOTIONAL), -bottom)], &[(nav, top), (lots, -top)])
        }
        // Calls up to every strike are covered by what is held, group by group; what the book could be called for.
        RUN_RULES => out
            .row(
                "covered",
                Group,
                &[(L::Peak(Runs::UNCOVERED), -bottom), (own(columns::LONG), 1), (own_lots, -bottom - 1)],
                &[(G::One, 1 << 70)],
            )
            .row(
                "covered",
                Global,
                &[],
                &[(nav, top), (G::PeakSum(Runs::UNCOVERED), -bottom), (lots, -top - bottom)],
            ),
        // Losses at expiry and the upside, by account, by asset and in all.
        _ => out
            .row("expiry", Account, &[(L::Peak(Runs::EXPIRY_LOSS), -bottom)], &[(nav, top), (lots, -top)])
            .row(
                "expiry",
                Asset,
                &[(L::Peak(Runs::UPSIDE), -1), (L::Peak(Runs::EXPIRY_LOSS), -bottom), (own_lots, -1)],
                &[(nav, top), (lots, -top)],
            )
            .row(
                "expiry",
                Global,
                &[],
                &[
                    (nav, top),
                    (G::PeakSum(Runs::EXPIRY_LOSS), -bottom),
                    (G::PeakSum(Runs::UPSIDE), -bottom),
                    (lots, -top - bottom),
                ],
            ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_land_where_they_say() {
        let shape = t32();
        let part = RulesBuilder::new(shape)
            .min_nav(7)
            .row("a", Family::Group, &[(LocalVar::Worst, -2)], &[(GlobalVar::One, 9)])
            .row("a", Family::Group, &[(LocalVar::Total(3), 4), (LocalVar::Total(3), 1)], &[])
            .build();
        let row = |family, index| part.row(shape, RowRef { family, index });
        assert_eq!(row(Family::Global, 0).1[GlobalVar::One.index(shape).unwrap()], -7);
        assert_eq!(row(Family::Group, 0).0[LocalVar::Worst.index(shape, Family::Group).unwrap()], -2);
        assert_eq!(row(Family::Group, 1).0[3], 5);
        assert_eq!(part.rules.len(), 2);
        assert_eq!(part.rules[1].rows.len(), 2);
        assert_eq!(part.entries().count(), 6);
    }

    proptest! {
        #[test]
        fn random_parts_have_a_rule_for_every_row(part in any_rules_part()) {
            let rows: usize = part.rules.iter().map(|r| r.rows.len()).sum();
            let shape = t32();
            let used = Family::ALL
                .iter()
                .flat_map(|&family| (0..family.rows(shape)).map(move |i| (family, i)))
                .filter(|&(family, i)| {
                    let (l, g) =
                        part.row(shape, RowRef { family, index: u16::try_from(i).unwrap() });
                    l.iter().chain(g).any(|c| *c != 0)
                })
                .count();
            prop_assert_eq!(rows, used);
        }
    }
}
