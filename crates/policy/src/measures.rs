//! Sums of the largest, by a free witness: the sum of the `n` largest is the least of `n * t + sum of pos(e - t)` over all
//! `t`, and a tail mean is one over the scenarios. Whatever `t` the prover takes, the sum is not below what is meant.

use crate::bounds::Integers;
use crate::compile::{Compiler, Fault, Key, add, negated, normal};
use crate::form::{Linear, integral};
use crate::tree::Expr;
use mandate_statement::{Family, GlobalVar};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::One;

impl Compiler<'_> {
    /// `t` of the book, not below zero; of every block `x >= e - t` and `x >= 0`; and `n * t` with the sum of `x`.
    pub(crate) fn top(&mut self, count: usize, family: Family, body: &Expr) -> Result<Linear, Fault> {
        let one = BigInt::one();
        let form = self.form(body, &BigRational::one(), family)?;
        let pieces = self.pieces(vec![form], family)?;
        let (mut list, factor) = normal(&pieces, true);
        list.retain(|e| !self.never_positive(e));
        if list.is_empty() {
            return Ok(Linear::default());
        }
        let key = Key::Top(family, count, list.clone());
        let home = Family::Global;
        let charge = match self.found(home, &key) {
            Some(index) => index,
            None => {
                let most = self.reach_of_all(family, &list);
                let free = self.take_witness(home, Key::Part, most.clone())?;
                let t = self.witness_var(home, free);
                self.define(home, free, Integers::from([(t, one.clone())]))?;
                let excess = self.take_witness(family, Key::Part, &most * 2)?;
                let x = self.witness_var(family, excess);
                for piece in &list {
                    let mut row = negated(piece);
                    add(&mut row, x, &one);
                    add(&mut row, t, &one);
                    self.define(family, excess, row)?;
                }
                self.define(family, excess, Integers::from([(x, one.clone())]))?;
                let honest = &most * (count + 2 * family.blocks(self.shape));
                let charge = self.take_witness(home, key, honest)?;
                let mut row = Integers::from([(self.witness_var(home, charge), one.clone())]);
                add(&mut row, t, &-BigInt::from(count));
                add(&mut row, self.global(GlobalVar::WitnessSum(family, excess)), &-one);
                self.define(home, charge, row)?;
                charge
            }
        };
        let mut out = Linear::default();
        out.add(self.witness_var(home, charge), &factor.recip());
        Ok(out)
    }

    /// With `share * scenarios = n / d`: the least of `n * t + d * sum of pos(loss - t)`, by `n`. The excesses go in pairs,
    /// `pos(a) + pos(b) = max(0, a, b, a + b)`, which takes half the witnesses and no more rows.
    pub(crate) fn shortfall(&mut self, share: &BigRational) -> Result<Linear, Fault> {
        let one = BigInt::one();
        let home = Family::Global;
        let scenarios = self.model.distinct_scenarios().len();
        let tail = share * BigRational::from(BigInt::from(scenarios));
        if tail <= BigRational::one() {
            // A tail of one scenario or less is the worst loss, which is there already.
            let mut worst = Linear::default();
            worst.add(self.global(GlobalVar::WorstBook), &BigRational::one());
            worst.add(self.global(GlobalVar::Total(self.shape.lots_column())), &BigRational::one());
            return Ok(worst);
        }
        let key = Key::Shortfall(share.clone());
        let charge = match self.found(home, &key) {
            Some(index) => index,
            None => {
                let losses: Vec<Linear> = (0..scenarios).map(|s| self.loss(s)).collect();
                let (losses, _) = integral(&losses, false);
                let most = self.reach_of_all(home, &losses);
                let free = self.take_witness(home, Key::Part, most.clone())?;
                let t = self.witness_var(home, free);
                let mut charge_row = Integers::new();
                add(&mut charge_row, t, &-tail.numer());
                let mut honest = tail.numer() * &most;
                for pair in losses.chunks(2) {
                    let excess = self.take_witness(home, Key::Part, &most * (2 * pair.len()))?;
                    let x = self.witness_var(home, excess);
                    self.define(home, excess, Integers::from([(x, one.clone())]))?;
                    let mut both = Integers::from([(x, one.clone())]);
                    for loss in pair {
                        let mut row = negated(loss);
                        for (var, c) in &row {
                            add(&mut both, *var, c);
                        }
                        add(&mut both, t, &one);
                        add(&mut row, x, &one);
                        add(&mut row, t, &one);
                        self.define(home, excess, row)?;
                    }
                    if pair.len() > 1 {
                        self.define(home, excess, both)?;
                    }
                    add(&mut charge_row, x, &-tail.denom());
                    honest += tail.denom() * &most * (2 * pair.len());
                }
                let charge = self.take_witness(home, key, honest)?;
                add(&mut charge_row, self.witness_var(home, charge), &one);
                self.define(home, charge, charge_row)?;
                charge
            }
        };
        let mut out = Linear::default();
        out.add(self.witness_var(home, charge), &BigRational::from(tail.numer().clone()).recip());
        Ok(out)
    }
}
