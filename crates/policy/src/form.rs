//! Upper ends of expressions as sums of variables and of maxima.
//!
//! The form of `c * e` stands for the *largest* value that `c * e` can have when every column is taken anywhere in its
//! rounding interval. A column `t` with factor `c` contributes `c * t` and, with `L` the lots over the same slots, an
//! allowance `|c| * L` where its rounding leaves the exact total on the side that makes `c * e` larger.

use crate::bounds::{Integers, Var};
use crate::compile::{Compiler, Fault};
use crate::tree::{Expr, Node, Scope};
use mandate_market::Rounding;
use mandate_statement::{Family, GlobalVar, LocalVar, Runs};
use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use std::collections::BTreeMap;

/// Fractional coefficients; none is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Linear(pub(crate) BTreeMap<Var, BigRational>);

impl Linear {
    pub(crate) fn add(&mut self, var: Var, c: &BigRational) {
        let entry = self.0.entry(var).or_insert_with(BigRational::zero);
        *entry += c;
        if entry.is_zero() {
            self.0.remove(&var);
        }
    }
    pub(crate) fn add_times(&mut self, other: &Self, c: &BigRational) {
        for (var, d) in &other.0 {
            self.add(*var, &(c * d));
        }
    }
    /// `c` times this.
    pub(crate) fn times(&self, c: &BigRational) -> Self {
        let mut out = Self::default();
        out.add_times(self, c);
        out
    }
    pub(crate) fn all_global(&self) -> bool {
        self.0.keys().all(|(global, _)| *global)
    }
}

/// A linear part plus maxima, each times a positive factor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    pub(crate) linear: Linear,
    pub(crate) convex: Vec<(BigRational, Vec<Form>)>,
    /// A factor times the scenario loss of the book that so many scenarios may exceed.
    pub(crate) exceed: Option<(BigRational, usize)>,
}

/// The smallest integer multiples of several linear forms with one common factor, which comes second. With
/// `reduce`, common divisors are taken out too.
pub(crate) fn integral(list: &[Linear], reduce: bool) -> (Vec<Integers>, BigRational) {
    let all = || list.iter().flat_map(|l| l.0.values());
    let lcm = all().fold(BigInt::one(), |m, c| m.lcm(c.denom()));
    let gcd = all().fold(BigInt::zero(), |g, c| g.gcd(&(c.numer() * (&lcm / c.denom()))));
    let gcd = if gcd.is_zero() || !reduce { BigInt::one() } else { gcd };
    let factor = BigRational::new(lcm, gcd);
    let scale = |l: &Linear| l.0.iter().map(|(v, c)| (*v, (c * &factor).to_integer())).collect();
    (list.iter().map(scale).collect(), factor)
}

impl Compiler<'_> {
    /// The form of `c * e` in rows of `family`. Sums are compiled on the way, so this may add rows.
    pub(crate) fn form(&mut self, e: &Expr, c: &BigRational, family: Family) -> Result<Form, Fault> {
        let mut out = Form::default();
        self.add_form(&mut out, e, c, family)?;
        Ok(out)
    }

    pub(crate) fn global(&self, var: GlobalVar) -> Var {
        (true, var.index(self.shape).expect("the shape has this variable"))
    }
    pub(crate) fn one(&self) -> Var {
        self.global(GlobalVar::One)
    }
    fn total(&self, column: usize, scope: Scope, family: Family) -> Var {
        match scope {
            Scope::All => self.global(GlobalVar::Total(column)),
            Scope::Block => {
                (false, LocalVar::Total(column).index(self.shape, family).expect("a block has every column"))
            }
        }
    }

    fn add_form(&mut self, out: &mut Form, e: &Expr, c: &BigRational, family: Family) -> Result<(), Fault> {
        if c.is_zero() {
            return Ok(());
        }
        let lots = self.shape.lots_column();
        match &e.node {
            Node::Const(v) => out.linear.add(self.one(), &(c * v)),
            Node::Column { column, scope } => {
                out.linear.add(self.total(*column, *scope, family), c);
                let allowance = match (self.model.columns[*column].rounding, c.is_positive()) {
                    (Rounding::Nearest, _) | (Rounding::Down, true) | (Rounding::Up, false) => c.abs(),
                    (Rounding::Exact, _) | (Rounding::Down, false) | (Rounding::Up, true) => {
                        BigRational::zero()
                    }
                };
                out.linear.add(self.total(lots, *scope, family), &allowance);
            }
            Node::Worst(scope) => {
                let var = match scope {
                    Scope::All => self.global(GlobalVar::WorstBook),
                    Scope::Block => (
                        false,
                        LocalVar::Worst
                            .index(self.shape, family)
                            .expect("checked: the block has a worst loss"),
                    ),
                };
                out.linear.add(var, c);
                out.linear.add(self.total(lots, *scope, family), c);
            }
            Node::Peak { peak, scope } => {
                let var = match scope {
                    Scope::All => GlobalVar::PeakSum(*peak).index(self.shape).map(|at| (true, at)),
                    Scope::Block => LocalVar::Peak(*peak).index(self.shape, family).map(|at| (false, at)),
                };
                out.linear.add(var.ok_or(Fault::Runs)?, c);
                // Cover is rounded to the nearest; what options pay at a strike is exact.
                if *peak != Runs::EXPIRY_LOSS {
                    out.linear.add(self.total(lots, *scope, family), c);
                }
            }
            Node::Sum { family: inner, body } => {
                // One expression is compiled once: a second pass could meet witnesses that the first did not.
                let key = (std::ptr::from_ref(e) as usize, c.clone());
                let sum = match self.sums.get(&key) {
                    Some(sum) => sum.clone(),
                    None => {
                        let body = self.form(body, c, *inner)?;
                        let sum = self.sum(*inner, body)?;
                        self.sums.insert(key, sum.clone());
                        sum
                    }
                };
                out.linear.add_times(&sum, &BigRational::one());
            }
            Node::Add(list) => {
                for e in list {
                    self.add_form(out, e, c, family)?;
                }
            }
            Node::Scale(d, e) => self.add_form(out, e, &(c * d), family)?,
            Node::Max(list) => {
                let one = BigRational::one();
                let pieces =
                    list.iter().map(|e| self.form(e, &one, family)).collect::<Result<Vec<_>, _>>()?;
                out.convex.push((c.clone(), pieces));
            }
            Node::Abs(e) => {
                let one = BigRational::one();
                let pieces = vec![self.form(e, &one, family)?, self.form(e, &-one, family)?];
                out.convex.push((c.clone(), pieces));
            }
            Node::Positive(e) => {
                let pieces = vec![self.form(e, &BigRational::one(), family)?, Form::default()];
                out.convex.push((c.clone(), pieces));
            }
            Node::Tiers { arg, steps, floor } => {
                // The charge is the largest of its own linear continuations: rates do not fall.
                let mut pieces = Vec::new();
                if *floor {
                    pieces.push(Form::default());
                }
                let mut charged = BigRational::zero();
                for (i, step) in steps.iter().enumerate() {
                    if i > 0 {
                        charged += &steps[i - 1].rate * (&step.from - &steps[i - 1].from);
                    }
                    let mut piece = self.form(arg, &step.rate, family)?;
                    piece.linear.add(self.one(), &(&charged - &step.rate * &step.from));
                    pieces.push(piece);
                }
                out.convex.push((c.clone(), pieces));
            }
            Node::Exceed { allowed } => out.exceed = Some((c.clone(), *allowed)),
            Node::Up { .. }
            | Node::Better(..)
            | Node::Above { .. }
            | Node::Top { .. }
            | Node::Shortfall { .. } => {
                // A witness of its own, whatever the factor, and one for each place in the mandate.
                let key = (std::ptr::from_ref(e) as usize, family);
                let atom = match self.atoms.get(&key) {
                    Some(atom) => atom.clone(),
                    None => {
                        let atom = self.atom(e, family)?;
                        self.atoms.insert(key, atom.clone());
                        atom
                    }
                };
                out.linear.add_times(&atom, c);
            }
        }
        Ok(())
    }

    /// The sum of a form over the used blocks of `family`, in global variables.
    ///
    /// Totals of groups and venues add up to the book's, worst losses have a sum of their own, and everything else (the
    /// maxima, constants, quantities of the book, totals of underlyings) goes through a witness of the block.
    fn sum(&mut self, family: Family, body: Form) -> Result<Linear, Fault> {
        let mut linear = body.linear;
        let mut out = Linear::default();
        for (c, pieces) in body.convex {
            let mut list = self.pieces(pieces, family)?;
            if list.len() == 1 {
                linear.add_times(&list.remove(0), &c);
                continue;
            }
            self.add_witness_sum(&mut out, family, &list, &c)?;
        }
        let mut rest = Linear::default();
        let metrics = self.shape.metrics();
        for (var, c) in &linear.0 {
            match *var {
                (false, k) if k < metrics && family != Family::Asset => {
                    out.add(self.global(GlobalVar::Total(k)), c);
                }
                (false, k) if k == metrics && family.has_worst() => {
                    out.add(self.global(GlobalVar::WorstSum(family)), c);
                }
                var => match self.block_sum(family, var) {
                    Some(sum) => out.add(sum, c),
                    None => rest.add(var, c),
                },
            }
        }
        if !rest.0.is_empty() {
            self.add_witness_sum(&mut out, family, &[rest], &BigRational::one())?;
        }
        Ok(out)
    }

    fn add_witness_sum(
        &mut self,
        out: &mut Linear,
        family: Family,
        pieces: &[Linear],
        c: &BigRational,
    ) -> Result<(), Fault> {
        if let Some((index, factor)) = self.witness(family, pieces, true)? {
            out.add(self.global(GlobalVar::WitnessSum(family, index)), &(c / factor));
        }
        Ok(())
    }

    /// The linear forms whose maximum a list of forms has.
    pub(crate) fn pieces(&mut self, forms: Vec<Form>, family: Family) -> Result<Vec<Linear>, Fault> {
        let mut out: Vec<Linear> = Vec::new();
        for form in forms {
            for piece in self.expand(form, family)? {
                if !out.contains(&piece) {
                    out.push(piece);
                }
            }
        }
        Ok(out)
    }

    /// The linear forms whose maximum a form is, over rows of `family`: maxima are multiplied out where that takes no
    /// more rows than witnesses would, and replaced by witnesses otherwise.
    pub(crate) fn expand(&mut self, form: Form, family: Family) -> Result<Vec<Linear>, Fault> {
        let mut base = form.linear;
        let mut maxima: Vec<(BigRational, Vec<Linear>)> = Vec::new();
        for (c, pieces) in form.convex {
            let list = self.pieces(pieces, family)?;
            if list.len() == 1 {
                base.add_times(&list[0], &c);
            } else if let Some((var, factor)) = self.known_witness(family, &list).filter(|_| !self.multiply) {
                base.add(var, &(c / factor));
            } else {
                maxima.push((c, list));
            }
        }
        let rows: usize = maxima.iter().map(|(_, l)| l.len()).fold(1, usize::saturating_add);
        let product: usize = maxima.iter().map(|(_, l)| l.len()).fold(1, usize::saturating_mul);
        let slot = family == Family::Slot;
        let mut out = vec![base];
        for (c, list) in maxima {
            let global = list.iter().all(Linear::all_global);
            if global && slot {
                // Folded into the factor, without taking divisors out, so that the row's coefficient on it is small.
                let list: Vec<Linear> = list.iter().map(|l| l.times(&c)).collect();
                if let Some((index, factor)) = self.witness(Family::Global, &list, false)? {
                    let var = self.global(GlobalVar::Witness(index));
                    out.iter_mut().for_each(|l| l.add(var, &factor.recip()));
                }
            } else if slot || self.multiply || product <= rows {
                if out.len() * list.len() > 256 {
                    return Err(Fault::Pieces);
                }
                out = out
                    .iter()
                    .flat_map(|o| {
                        list.iter().map(|l| {
                            let mut o = o.clone();
                            o.add_times(l, &c);
                            o
                        })
                    })
                    .collect();
            } else {
                let home = if global { Family::Global } else { family };
                if let Some((index, factor)) = self.witness(home, &list, true)? {
                    let var = self.witness_var(home, index);
                    out.iter_mut().for_each(|l| l.add(var, &(&c / &factor)));
                }
            }
        }
        Ok(out)
    }

    /// The sum over blocks of a witness of the block, or of its runs: of groups and venues those are all runs.
    fn block_sum(&self, family: Family, var: Var) -> Option<Var> {
        let peak = (0..self.shape.peaks())
            .find(|i| !var.0 && LocalVar::Peak(*i).index(self.shape, family) == Some(var.1));
        if let Some(peak) = peak.filter(|_| family != Family::Asset) {
            return Some(self.global(GlobalVar::PeakSum(peak)));
        }
        let is = |i: &usize| {
            family.has_witnesses() && !var.0 && LocalVar::Witness(*i).index(self.shape, family) == Some(var.1)
        };
        (0..self.shape.local_witnesses).find(is).map(|i| self.global(GlobalVar::WitnessSum(family, i)))
    }

    pub(crate) fn witness_var(&self, family: Family, index: usize) -> Var {
        match family {
            Family::Global => self.global(GlobalVar::Witness(index)),
            _ => (
                false,
                LocalVar::Witness(index).index(self.shape, family).expect("allocated within the shape"),
            ),
        }
    }
}
