//! Linear programs in exact arithmetic, with answers that carry their own proof.
//!
//! A [`Program`] is `x >= lower` and `rows * x >= at_least`, all integers. [`Solver`] is the simplex method on
//! dictionaries with Bland's rule: least indices in, least indices out, so it ends on every input, degenerate or not.
//! Nobody needs to trust it, because every answer is checked against the program before it leaves this module:
//!
//! - *feasible*: the point is put into every row;
//! - *infeasible*: multipliers that are not negative add rows and bounds up to `0 >= 1` times something positive (Farkas);
//! - *optimal*: the same with the objective, so no point does better (duality);
//! - *unbounded*: a ray that stays inside and gains.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// `sum of coefficient * x[variable] >= at_least`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Variables with their coefficients, each variable at most once.
    pub coefficients: Vec<(usize, BigInt)>,
    /// The right-hand side.
    pub at_least: BigInt,
}

/// `x >= lower` and every row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// One lower bound per variable.
    pub lower: Vec<BigInt>,
    /// All other constraints.
    pub rows: Vec<Row>,
}

impl Row {
    fn value(&self, x: &[BigRational]) -> BigRational {
        self.coefficients.iter().fold(BigRational::zero(), |sum, (j, c)| sum + &x[*j] * c)
    }
}

impl Program {
    /// Whether a point satisfies every constraint.
    pub fn holds(&self, x: &[BigRational]) -> bool {
        x.len() == self.lower.len()
            && x.iter().zip(&self.lower).all(|(x, l)| *x >= BigRational::from(l.clone()))
            && self.rows.iter().all(|r| r.value(x) >= BigRational::from(r.at_least.clone()))
    }

    /// What the multipliers make of the constraints: `constant + linear * x` for
    /// `sum of rows[i] * (row i - at_least) + sum of lower[j] * (x[j] - lower[j])`, which is at least zero at every point
    /// of the program if no multiplier is negative.
    fn combine(&self, m: &Multipliers) -> (BigRational, Vec<BigRational>) {
        let mut constant = BigRational::zero();
        let mut linear = vec![BigRational::zero(); self.lower.len()];
        for (row, y) in self.rows.iter().zip(&m.rows) {
            constant -= y * &row.at_least;
            for (j, c) in &row.coefficients {
                linear[*j] += y * c;
            }
        }
        for (j, u) in m.lower.iter().enumerate() {
            constant -= u * &self.lower[j];
            linear[j] += u;
        }
        (constant, linear)
    }
}

/// One factor per row and per lower bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multipliers {
    /// Per row.
    pub rows: Vec<BigRational>,
    /// Per lower bound.
    pub lower: Vec<BigRational>,
}

impl Multipliers {
    fn fit(&self, program: &Program) -> bool {
        self.rows.len() == program.rows.len()
            && self.lower.len() == program.lower.len()
            && !self.rows.iter().chain(&self.lower).any(Signed::is_negative)
    }
    /// Whether they prove that the program has no point: the constraints add up to a negative constant.
    pub fn refute(&self, program: &Program) -> bool {
        let (constant, linear) = program.combine(self);
        self.fit(program) && constant.is_negative() && linear.iter().all(Zero::is_zero)
    }
    /// Whether they prove that `objective` is nowhere above `value`: `value - objective` is the sum of the constraints.
    pub fn bound(&self, program: &Program, objective: &[(usize, BigInt)], value: &BigRational) -> bool {
        let (constant, mut linear) = program.combine(self);
        for (j, c) in objective {
            linear[*j] += BigRational::from(c.clone());
        }
        self.fit(program) && constant == *value && linear.iter().all(Zero::is_zero)
    }
}

/// What a maximum is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Optimum {
    /// It is reached here.
    At {
        /// The point.
        point: Vec<BigRational>,
        /// The objective there.
        value: BigRational,
    },
    /// There is none: the objective grows along a ray.
    Unbounded,
}

/// One line of the dictionary: `den * (basic variable) = constant + sum of coefficients * (nonbasic variables)`, `den > 0`,
/// without a common divisor.
#[derive(Clone)]
struct Line {
    den: BigInt,
    constant: BigInt,
    coefficients: Vec<BigInt>,
}

impl Line {
    fn reduce(&mut self) {
        let mut gcd = self.den.clone();
        for v in std::iter::once(&self.constant).chain(&self.coefficients) {
            if gcd.is_one() {
                return;
            }
            if !v.is_zero() {
                gcd = gcd.gcd(v);
            }
        }
        self.den /= &gcd;
        self.constant /= &gcd;
        self.coefficients.iter_mut().filter(|c| !c.is_zero()).for_each(|c| *c /= &gcd);
    }
    /// Puts `entering` (a line for the nonbasic variable at `at`) into this one.
    fn substitute(&mut self, at: usize, entering: &Self) {
        let factor = std::mem::take(&mut self.coefficients[at]);
        if factor.is_zero() {
            return;
        }
        self.den *= &entering.den;
        self.constant = &self.constant * &entering.den + &factor * &entering.constant;
        for (mine, new) in self.coefficients.iter_mut().zip(&entering.coefficients) {
            if !mine.is_zero() {
                *mine *= &entering.den;
            }
            if !new.is_zero() {
                *mine += &factor * new;
            }
        }
        self.reduce();
    }
    fn rational(&self, c: &BigInt) -> BigRational {
        BigRational::new(c.clone(), self.den.clone())
    }
}

/// The simplex method at a feasible dictionary of one program. Variables are counted from zero: first the program's,
/// measured from their lower bounds, then one slack per row.
pub struct Solver<'a> {
    program: &'a Program,
    lines: Vec<Line>,
    basic: Vec<usize>,
    nonbasic: Vec<usize>,
    /// Pivots so far, for reports.
    pub pivots: usize,
}

impl<'a> Solver<'a> {
    /// Finds a point of the program.
    ///
    /// # Errors
    /// Multipliers that prove that it has none; they have been checked.
    ///
    /// # Panics
    /// If the answer does not pass its check: a bug of this module.
    pub fn new(program: &'a Program) -> Result<Self, Multipliers> {
        let n = program.lower.len();
        let lines = program
            .rows
            .iter()
            .map(|row| {
                let mut line = Line {
                    den: BigInt::one(),
                    constant: -&row.at_least,
                    coefficients: vec![BigInt::zero(); n],
                };
                for (j, c) in &row.coefficients {
                    line.coefficients[*j] += c;
                    line.constant += c * &program.lower[*j];
                }
                line
            })
            .collect::<Vec<_>>();
        let m = lines.len();
        let mut solver =
            Self { program, lines, basic: (n..n + m).collect(), nonbasic: (0..n).collect(), pivots: 0 };
        // The dual simplex method for the objective zero: every dictionary is dual feasible and every ratio is zero, so
        // Bland's rule is the least index twice.
        while let Some(i) = solver.least_line(|line| line.constant.is_negative()) {
            let line = &solver.lines[i];
            let enters = |at: &usize| line.coefficients[*at].is_positive();
            let Some(at) = (0..n).filter(enters).min_by_key(|at| solver.nonbasic[*at]) else {
                let proof = solver.multipliers(&solver.lines[i], Some(solver.basic[i]));
                assert!(proof.refute(program), "multipliers that prove nothing: a bug of the solver");
                return Err(proof);
            };
            solver.pivot(i, at, None);
        }
        assert!(program.holds(&solver.point()), "a point outside the program: a bug of the solver");
        Ok(solver)
    }

    /// The point at hand.
    pub fn point(&self) -> Vec<BigRational> {
        let mut x: Vec<BigRational> = self.program.lower.iter().cloned().map(BigRational::from).collect();
        for (line, v) in self.lines.iter().zip(&self.basic) {
            if let Some(x) = x.get_mut(*v) {
                *x += line.rational(&line.constant);
            }
        }
        x
    }

    /// Maximises a linear objective, from where the last one ended.
    ///
    /// # Panics
    /// If the answer does not pass its check: a bug of this module.
    pub fn maximise(&mut self, objective: &[(usize, BigInt)]) -> Optimum {
        let mut goal = self.goal(objective);
        loop {
            let enters = |at: &usize| goal.coefficients[*at].is_positive();
            let Some(at) = (0..self.nonbasic.len()).filter(enters).min_by_key(|at| self.nonbasic[*at]) else {
                break;
            };
            let mut leaves: Option<(BigRational, usize)> = None;
            for (i, line) in self.lines.iter().enumerate() {
                if !line.coefficients[at].is_negative() {
                    continue;
                }
                let ratio = BigRational::new(line.constant.clone(), -&line.coefficients[at]);
                let better = match &leaves {
                    None => true,
                    Some((least, k)) => ratio < *least || (ratio == *least && self.basic[i] < self.basic[*k]),
                };
                if better {
                    leaves = Some((ratio, i));
                }
            }
            let Some((_, i)) = leaves else {
                self.assert_ray(objective, at);
                return Optimum::Unbounded;
            };
            self.pivot(i, at, Some(&mut goal));
        }
        let point = self.point();
        let value = objective.iter().fold(BigRational::zero(), |sum, (j, c)| sum + &point[*j] * c);
        let multipliers = self.multipliers(&goal, None);
        assert!(self.program.holds(&point), "a point outside the program: a bug of the solver");
        assert!(
            multipliers.bound(self.program, objective, &value),
            "no proof of the optimum: a bug of the solver"
        );
        Optimum::At { point, value }
    }

    fn least_line(&self, wanted: impl Fn(&Line) -> bool) -> Option<usize> {
        (0..self.lines.len()).filter(|i| wanted(&self.lines[*i])).min_by_key(|i| self.basic[*i])
    }

    /// The objective over the nonbasic variables. Its constant is not kept: nothing reads it.
    fn goal(&self, objective: &[(usize, BigInt)]) -> Line {
        let mut sum = vec![BigRational::zero(); self.nonbasic.len()];
        for (j, c) in objective {
            if let Some(at) = self.nonbasic.iter().position(|v| v == j) {
                sum[at] += BigRational::from(c.clone());
            } else if let Some(i) = self.basic.iter().position(|v| v == j) {
                let line = &self.lines[i];
                for (s, d) in sum.iter_mut().zip(&line.coefficients).filter(|(_, d)| !d.is_zero()) {
                    *s += line.rational(&(c * d));
                }
            }
        }
        let den = sum.iter().fold(BigInt::one(), |m, s| m.lcm(s.denom()));
        let coefficients = sum.iter().map(|s| (s * &den).to_integer()).collect();
        Line { den, constant: BigInt::zero(), coefficients }
    }

    /// The variable of line `i` leaves the basis, the one at `at` enters.
    fn pivot(&mut self, i: usize, at: usize, goal: Option<&mut Line>) {
        self.pivots += 1;
        let line = &mut self.lines[i];
        let pivot = std::mem::replace(&mut line.coefficients[at], -&line.den);
        line.den = pivot.abs();
        if pivot.is_positive() {
            line.constant = -&line.constant;
            line.coefficients.iter_mut().filter(|c| !c.is_zero()).for_each(|c| *c = -&*c);
        }
        line.reduce();
        let entering = line.clone();
        for (k, other) in self.lines.iter_mut().enumerate() {
            if k != i {
                other.substitute(at, &entering);
            }
        }
        if let Some(goal) = goal {
            goal.substitute(at, &entering);
            goal.constant.set_zero();
        }
        std::mem::swap(&mut self.basic[i], &mut self.nonbasic[at]);
    }

    /// A line's coefficients, turned round, on the constraints that its nonbasic variables measure, and one on the
    /// line's own.
    fn multipliers(&self, line: &Line, own: Option<usize>) -> Multipliers {
        let n = self.program.lower.len();
        let zero = BigRational::zero();
        let mut out = Multipliers { rows: vec![zero.clone(); self.program.rows.len()], lower: vec![zero; n] };
        let mut put = |v: usize, value: BigRational| match v.checked_sub(n) {
            Some(row) => out.rows[row] = value,
            None => out.lower[v] = value,
        };
        for (c, v) in line.coefficients.iter().zip(&self.nonbasic).filter(|(c, _)| !c.is_zero()) {
            put(*v, -line.rational(c));
        }
        if let Some(v) = own {
            put(v, BigRational::one());
        }
        out
    }

    /// Growing the variable at `at` alone stays inside for ever and gains.
    fn assert_ray(&self, objective: &[(usize, BigInt)], at: usize) {
        let mut ray = vec![BigRational::zero(); self.program.lower.len()];
        if let Some(r) = ray.get_mut(self.nonbasic[at]) {
            *r = BigRational::one();
        }
        for (line, v) in self.lines.iter().zip(&self.basic) {
            if let Some(r) = ray.get_mut(*v) {
                *r = line.rational(&line.coefficients[at]);
            }
        }
        let gain = objective.iter().fold(BigRational::zero(), |sum, (j, c)| sum + &ray[*j] * c);
        let inside = !ray.iter().any(Signed::is_negative)
            && !self.program.rows.iter().any(|r| r.value(&ray).is_negative());
        assert!(gain.is_positive() && inside, "a ray that leaves the program: a bug of the solver");
    }
}

#[cfg(test)]
mod tests;
