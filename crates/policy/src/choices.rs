//! Constructs with a witness or a bit of their own: rounding, the better of two, what is above a threshold, and rules that
//! some blocks or scenarios may break. `docs/policy-language.md` has the lemma of each.
//!
//! A bit lets a row go by adding `M * bit`. Any `M` is sound; the one taken is what the row can be short by when all it
//! reads is as large as honest values get, so that the row does hold with the bit set.

use crate::bounds::{self, Integers, Var};
use crate::compile::{Bit, Compiler, Fault, Key, Witness, add, negated, normal};
use crate::form::{Linear, integral};
use crate::tree::{Clause, Expr, Node};
use mandate_statement::{Family, GlobalVar, LocalVar};
use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed};

impl Compiler<'_> {
    /// The linear form of a construct that is measured by a witness of its own.
    pub(crate) fn atom(&mut self, e: &Expr, family: Family) -> Result<Linear, Fault> {
        match &e.node {
            Node::Up { arg, step } => self.up(arg, step, family),
            Node::Better(a, b) => self.better(a, b, family),
            Node::Above { family, body, threshold } => self.above(*family, body, threshold),
            Node::Top { count, family, body } => self.top(*count, *family, body),
            Node::Shortfall { share } => self.shortfall(share),
            _ => unreachable!("measured by sums and maxima"),
        }
    }

    /// What a variable's magnitude need not exceed in an honest filling.
    pub(crate) fn honest(&self, family: Family, var: Var) -> BigInt {
        for w in &self.witnesses {
            let sum = GlobalVar::WitnessSum(w.family, w.index).index(self.shape).map(|at| (true, at));
            if sum == Some(var) {
                return &w.honest * w.family.blocks(self.shape);
            }
            if (w.family == family || w.family == Family::Global)
                && self.witness_var(w.family, w.index) == var
            {
                return w.honest.clone();
            }
        }
        bounds::of_var(self.shape, family, var)
    }
    /// The same of a row or a piece.
    pub(crate) fn reach(&self, family: Family, row: &Integers) -> BigInt {
        row.iter().map(|(var, c)| c.abs() * self.honest(family, *var)).sum()
    }
    pub(crate) fn reach_of_all(&self, family: Family, pieces: &[Integers]) -> BigInt {
        pieces.iter().map(|p| self.reach(family, p)).max().unwrap_or_default()
    }

    /// Whether a piece is a constant that is not above zero.
    pub(crate) fn never_positive(&self, piece: &Integers) -> bool {
        piece.iter().all(|(var, c)| *var == self.one() && !c.is_positive())
    }

    pub(crate) fn bit_var(&self, family: Family, index: usize) -> Var {
        match family {
            Family::Global => self.global(GlobalVar::Bit(index)),
            _ => (false, LocalVar::Bit(index).index(self.shape, family).expect("allocated within the shape")),
        }
    }

    /// Takes the next witness of a family, which holds up to `honest`. Its rows come after.
    pub(crate) fn take_witness(&mut self, family: Family, key: Key, honest: BigInt) -> Result<usize, Fault> {
        let index = self.witnesses.iter().filter(|w| w.family == family).count();
        let limit = match family {
            Family::Global => self.shape.global_witnesses,
            _ => self.shape.local_witnesses,
        };
        if index >= limit {
            return Err(Fault::Witnesses(family));
        }
        if honest >= bounds::witness_limit(family) {
            return Err(Fault::Witness { family, bits: honest.bits() });
        }
        self.witnesses.push(Witness { family, index, key, rows: Vec::new(), honest });
        Ok(index)
    }
    /// Adds a row that defines the witness.
    pub(crate) fn define(&mut self, home: Family, index: usize, row: Integers) -> Result<(), Fault> {
        let at = self.row(home, row, true)?;
        let mine = |w: &&mut Witness| w.family == home && w.index == index;
        let witness = self.witnesses.iter_mut().find(mine).expect("it was taken before");
        witness.rows.push(at);
        Ok(())
    }
    fn take_bit(&mut self, family: Family, key: Key) -> Result<usize, Fault> {
        let index = self.bits.iter().filter(|b| b.family == family).count();
        let limit = match family {
            Family::Global => self.shape.global_bits,
            Family::Slot => 0,
            _ => self.shape.local_bits,
        };
        if index >= limit {
            return Err(Fault::Bits(family));
        }
        self.bits.push(Bit { family, index, key, rows: Vec::new() });
        Ok(index)
    }
    fn let_go(&mut self, family: Family, index: usize, row: Integers) -> Result<(), Fault> {
        let at = self.row(family, row, true)?;
        let mine = |b: &&mut Bit| b.family == family && b.index == index;
        self.bits.iter_mut().find(mine).expect("it was taken before").rows.push(at);
        Ok(())
    }
    pub(crate) fn found(&self, home: Family, key: &Key) -> Option<usize> {
        self.witnesses.iter().find(|w| w.family == home && w.key == *key).map(|w| w.index)
    }

    /// The witness `x` of `family` with `divisor * x >= piece` for every piece.
    pub(crate) fn at_least(
        &mut self,
        family: Family,
        pieces: Vec<Integers>,
        divisor: &BigInt,
    ) -> Result<usize, Fault> {
        let key = match divisor.is_one() {
            true => Key::Max(pieces.clone()),
            false => Key::Up(pieces.clone(), divisor.clone()),
        };
        if let Some(index) = self.found(family, &key) {
            return Ok(index);
        }
        let mut honest = self.reach_of_all(family, &pieces);
        if !divisor.is_one() {
            honest = honest.div_ceil(divisor);
        }
        let index = self.take_witness(family, key, honest)?;
        let var = self.witness_var(family, index);
        for piece in &pieces {
            let mut row = negated(piece);
            add(&mut row, var, divisor);
            self.define(family, index, row)?;
        }
        Ok(index)
    }

    /// The family of the witness of something made of these pieces: the book's where they read nothing else.
    fn home(family: Family, pieces: &[Linear]) -> Result<Family, Fault> {
        match family {
            _ if pieces.iter().all(Linear::all_global) => Ok(Family::Global),
            Family::Slot => Err(Fault::NoWitness),
            _ => Ok(family),
        }
    }

    /// `step * ceil(arg / step)`: divided by a chain of witnesses, as rounding up by `a` and then by `b` is rounding up by
    /// `a * b`, and each divisor keeps its row within the slack.
    fn up(&mut self, arg: &Expr, step: &BigRational, family: Family) -> Result<Linear, Fault> {
        let form = self.form(arg, &BigRational::one(), family)?;
        let pieces = self.pieces(vec![form], family)?;
        let home = Self::home(family, &pieces)?;
        let steps: Vec<Linear> = pieces.iter().map(|p| p.times(&step.recip())).collect();
        let (list, divisor) = normal(&steps, false);
        let divisor = divisor.to_integer();
        if divisor.is_one() && list.len() == 1 {
            // Whole multiples of the step already.
            return Ok(pieces.into_iter().next().unwrap_or_default());
        }
        let mut links = split(&divisor, bounds::divisor_bits(home))
            .ok_or_else(|| Fault::Step { family: home, divisor: divisor.to_string() })?;
        if links.is_empty() {
            links.push(BigInt::one());
        }
        let mut list = list;
        let mut var = self.one();
        for link in &links {
            let index = self.at_least(home, list, link)?;
            var = self.witness_var(home, index);
            list = vec![Integers::from([(var, BigInt::one())])];
        }
        let mut out = Linear::default();
        out.add(var, step);
        Ok(out)
    }

    /// A witness that is at least all of one list or all of the other, as its bit says.
    fn better(&mut self, a: &Expr, b: &Expr, family: Family) -> Result<Linear, Fault> {
        let one = BigRational::one();
        let (a, b) = (self.form(a, &one, family)?, self.form(b, &one, family)?);
        let (a, b) = (self.pieces(vec![a], family)?, self.pieces(vec![b], family)?);
        let all = [a.clone(), b.clone()].concat();
        let home = Self::home(family, &all)?;
        let (list, factor) = integral(&all, true);
        let (first, second) = list.split_at(a.len());
        let key = Key::Better(first.to_vec(), second.to_vec());
        let index = match self.found(home, &key) {
            Some(index) => index,
            None => {
                let most = [self.reach_of_all(home, first), self.reach_of_all(home, second)];
                let m: BigInt = most.iter().sum();
                let bit = self.take_bit(home, Key::Part)?;
                let index = self.take_witness(home, key, most.into_iter().max().unwrap_or_default())?;
                let (x, z) = (self.witness_var(home, index), self.bit_var(home, bit));
                for (pieces, on) in [(first, true), (second, false)] {
                    for piece in pieces {
                        let mut row = negated(piece);
                        add(&mut row, x, &BigInt::one());
                        if on {
                            add(&mut row, z, &m);
                        } else {
                            add(&mut row, z, &-&m);
                            add(&mut row, self.one(), &m);
                        }
                        self.define(home, index, row)?;
                    }
                }
                index
            }
        };
        let mut out = Linear::default();
        out.add(self.witness_var(home, index), &factor.recip());
        Ok(out)
    }

    /// The sum of a witness of the block: at least nothing, and at least `body` where the bit says that `body` is above the
    /// threshold, which the bit must say where it is.
    fn above(&mut self, family: Family, body: &Expr, threshold: &Expr) -> Result<Linear, Fault> {
        let one = BigRational::one();
        let (body, below) = (self.form(body, &one, family)?, self.form(threshold, &-&one, family)?);
        let (body, below) = (self.pieces(vec![body], family)?, self.pieces(vec![below], family)?);
        let mut over = Vec::new();
        for (e, t) in body.iter().flat_map(|e| below.iter().map(move |t| (e, t))) {
            let mut difference = e.clone();
            difference.add_times(t, &one);
            over.push(integral(&[difference], true).0.remove(0));
        }
        let (mut list, factor) = normal(&body, true);
        // What is never above zero is never above the threshold, and adds nothing where something else is.
        over.retain(|d| !self.never_positive(d));
        list.retain(|e| !self.never_positive(e));
        if over.is_empty() || list.is_empty() {
            return Ok(Linear::default());
        }
        let key = Key::Above(list.clone(), over.clone());
        let index = match self.found(family, &key) {
            Some(index) => index,
            None => {
                let bit = self.take_bit(family, Key::Part)?;
                let z = self.bit_var(family, bit);
                for difference in &over {
                    let m = self.reach(family, difference);
                    let mut row = negated(difference);
                    add(&mut row, z, &m);
                    self.let_go(family, bit, row)?;
                }
                let m = self.reach_of_all(family, &list);
                let index = self.take_witness(family, key, m.clone())?;
                let x = self.witness_var(family, index);
                for piece in &list {
                    let mut row = negated(piece);
                    add(&mut row, x, &BigInt::one());
                    add(&mut row, z, &-&m);
                    add(&mut row, self.one(), &m);
                    self.define(family, index, row)?;
                }
                self.define(family, index, Integers::from([(x, BigInt::one())]))?;
                index
            }
        };
        let mut out = Linear::default();
        out.add(self.global(GlobalVar::WitnessSum(family, index)), &factor.recip());
        Ok(out)
    }

    /// `rows` with a bit of the block that must be set where one of them does not hold, and the row that counts the bits.
    pub(crate) fn all_but(
        &mut self,
        family: Family,
        rows: Vec<Integers>,
        allowed: usize,
    ) -> Result<Option<usize>, Fault> {
        if rows.is_empty() {
            return Ok(None);
        }
        if allowed >= family.blocks(self.shape) {
            return Err(Fault::Blocks(family));
        }
        let key = Key::Breaks(rows.clone());
        let bit = match self.bits.iter().find(|b| b.family == family && b.key == key) {
            Some(b) => b.index,
            None => {
                let bit = self.take_bit(family, key)?;
                for mut row in rows {
                    let m = self.reach(family, &row);
                    add(&mut row, self.bit_var(family, bit), &m);
                    self.let_go(family, bit, row)?;
                }
                bit
            }
        };
        let mut count = Integers::new();
        add(&mut count, self.one(), &BigInt::from(allowed));
        add(&mut count, self.global(GlobalVar::BitSum(family, bit)), &-BigInt::one());
        self.row(Family::Global, count, false).map(Some)
    }

    /// The rows of a comparison with `exceed`: one for each scenario, with a bit that must be set where it does not hold,
    /// and the row that counts the bits.
    pub(crate) fn exceeding(&mut self, clause: &Clause) -> Result<Option<usize>, Fault> {
        let mut form = self.difference(clause)?;
        let Some((factor, allowed)) = form.exceed.take() else { return Ok(None) };
        let mut pieces = self.expand(form, Family::Global)?;
        if pieces.len() > 1 {
            // One witness instead of so many rows for every scenario.
            let mut rest = Linear::default();
            if let Some((index, scale)) = self.witness(Family::Global, &pieces, true)? {
                rest.add(self.witness_var(Family::Global, index), &scale.recip());
            }
            pieces = vec![rest];
        }
        let rest = pieces.remove(0);
        let mut count = Integers::new();
        for scenario in 0..self.model.distinct_scenarios().len() {
            let mut piece = rest.clone();
            piece.add_times(&self.loss(scenario), &factor);
            let mut row = negated(&integral(&[piece], true).0.remove(0));
            if clause.strict {
                add(&mut row, self.one(), &-BigInt::one());
            }
            let key = Key::Breaks(vec![row.clone()]);
            let bit = match self.bits.iter().find(|b| b.family == Family::Global && b.key == key) {
                Some(b) => b.index,
                None => {
                    let bit = self.take_bit(Family::Global, key)?;
                    let m = self.reach(Family::Global, &row);
                    add(&mut row, self.bit_var(Family::Global, bit), &m);
                    self.let_go(Family::Global, bit, row)?;
                    bit
                }
            };
            add(&mut count, self.bit_var(Family::Global, bit), &-BigInt::one());
        }
        add(&mut count, self.one(), &BigInt::from(allowed));
        self.row(Family::Global, count, false).map(Some)
    }

    /// The largest that the book's loss in one scenario can be within its rounding.
    pub(crate) fn loss(&self, scenario: usize) -> Linear {
        let mut out = Linear::default();
        let total = GlobalVar::Total(self.shape.metrics() + scenario);
        out.add(self.global(total), &-BigRational::one());
        out.add(self.global(GlobalVar::Total(self.shape.lots_column())), &BigRational::one());
        out
    }
}

/// A number as a product of factors of at most `bits` bits each, as few as come from putting its primes together largest
/// first. `None` where a prime is larger than that. Empty for one.
fn split(number: &BigInt, bits: u32) -> Option<Vec<BigInt>> {
    let most = 1u64 << bits;
    let mut rest = number.clone();
    let mut primes = Vec::new();
    for candidate in 2..=most {
        if rest.is_one() {
            break;
        }
        let prime = BigInt::from(candidate);
        while rest.is_multiple_of(&prime) {
            rest /= &prime;
            primes.push(candidate);
        }
    }
    if !rest.is_one() {
        return None;
    }
    let mut factors: Vec<u64> = Vec::new();
    for prime in primes.into_iter().rev() {
        match factors.iter_mut().find(|f| **f * prime <= most) {
            Some(factor) => *factor *= prime,
            None => factors.push(prime),
        }
    }
    Some(factors.into_iter().map(BigInt::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_traits::ToPrimitive;

    #[test]
    fn a_divisor_is_split_into_factors_that_fit() {
        for (number, bits, wanted) in [
            (1u64, 8, Some(0)),
            (256, 8, Some(1)),
            (257, 8, None),
            (257, 9, Some(1)),
            (1_000_000, 8, Some(3)),
            (10_000_000_000, 16, Some(3)),
            (65_536, 16, Some(1)),
            (65_537, 16, None),
        ] {
            let factors = split(&BigInt::from(number), bits);
            assert_eq!(factors.as_ref().map(Vec::len), wanted, "{number}");
            if let Some(factors) = factors {
                assert_eq!(factors.iter().product::<BigInt>(), BigInt::from(number));
                assert!(factors.iter().all(|f| f.to_u64().is_some_and(|f| f <= 1 << bits)));
            }
        }
    }
}
