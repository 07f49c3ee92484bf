//! Where everything of a plan stands: rows of the equations, fixed cells, copies.

use crate::field::{from_i128, power_of_two};
use crate::plan::{Inputs, Law, Plan, Source, Var, split};
use crate::poseidon::{CONSTANTS, Step, initial, step};
use crate::sizes::{BLOCK, Mark, PER_ELEMENT, RESERVED, SIDES, SLOT_ROWS, Sizes};
use ff::Field;
use mandate_statement::{Mode, RiskPart, RulesPart, Shape};
use pasta_curves::Fp;

/// The most rows, as a power of two, that any sheet is given.
pub const MAX_K: u32 = 16;
/// The fewest: the table of bytes and the reserved rows must fit.
const MIN_K: u32 = 9;

/// A cell: an advice column and a row, or a public input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// Column and row.
    Advice(usize, usize),
    /// Row of the one instance column.
    Instance(usize),
}

/// Where a law stands: its range lane and first row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Range lane.
    pub range: usize,
    /// First row.
    pub row: usize,
}

/// Everything that the verifying key is made of.
pub struct Layout {
    /// What is laid out.
    pub plan: Plan,
    /// Rows are `2^k`.
    pub k: u32,
    /// One place for each law.
    pub places: Vec<Place>,
    /// Rows that equations take.
    pub equation_rows: usize,
    /// Fixed columns, each `2^k - 6` long or shorter: what is missing is zero.
    pub fixed: Vec<Vec<Fp>>,
    /// Cells that hold one value.
    pub copies: Vec<(Cell, Cell)>,
}

/// Why a sheet has no layout.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutError {
    /// The parts do not fit their shape.
    #[error(transparent)]
    Sheet(#[from] mandate_statement::SheetError),
    /// The rules part is for another shape, or has another number of coefficients.
    #[error("the rules part is for shape `{got}`, the risk part for `{wanted}`, or its length is wrong")]
    Rules {
        /// Shape of the rules part.
        got: String,
        /// Shape of the risk part.
        wanted: &'static str,
    },
    /// More equations than any key has room for.
    #[error("the sheet asks for {rows} rows of equations, at most 2^{MAX_K} are laid out")]
    TooLong {
        /// Rows that it would take.
        rows: usize,
    },
}

impl Layout {
    /// Lays out a sheet.
    ///
    /// # Errors
    /// [`LayoutError`], where the parts do not belong together or take too many rows.
    pub fn of(rules: &RulesPart, risk: &RiskPart) -> Result<Self, LayoutError> {
        let shape = risk.shape()?;
        if rules.shape != shape.name || rules.coefficients.len() != RulesPart::len(shape) {
            return Err(LayoutError::Rules { got: rules.shape.clone(), wanted: shape.name });
        }
        let plan = Plan::of(shape, rules, risk);
        let (places, equation_rows) = place(&plan);
        let rows = equation_rows.max(plan.sizes.lane_rows()) + 1;
        let k = (MIN_K..=MAX_K).find(|k| rows <= (1 << k) - RESERVED).ok_or(LayoutError::TooLong { rows })?;
        let mut out = Self {
            fixed: vec![vec![Fp::ZERO; rows]; plan.sizes.fixed()],
            copies: Vec::new(),
            k,
            places,
            equation_rows,
            plan,
        };
        out.lanes(risk);
        out.equations();
        Ok(out)
    }

    /// Its shape.
    pub const fn shape(&self) -> &'static Shape {
        self.plan.shape
    }
    /// Its columns.
    pub const fn sizes(&self) -> &Sizes {
        &self.plan.sizes
    }
    /// Rows that hold anything.
    pub fn rows(&self) -> usize {
        self.fixed[0].len()
    }
    fn mark(&mut self, mark: Mark, row: usize, value: Fp) {
        self.fixed[mark.column()][row] = value;
    }

    fn lanes(&mut self, risk: &RiskPart) {
        let (shape, sizes) = (self.plan.shape, self.plan.sizes);
        for row in 0..sizes.lane_rows() {
            let in_segment = row % sizes.segment_rows();
            self.round(row);
            if in_segment == 0 {
                self.mark(Mark::Start, row, Fp::ONE);
            }
            if in_segment + 1 == sizes.segment_rows() {
                self.mark(Mark::Emit, row, Fp::ONE);
            } else if row % BLOCK + 1 == BLOCK {
                self.mark(Mark::Absorb, row, Fp::ONE);
            }
            if in_segment >= SLOT_ROWS {
                self.mark(Mark::Carry, row, Fp::ONE);
            }
            let in_block = row % BLOCK;
            match (in_block + 1 == BLOCK, in_block % SLOT_ROWS) {
                (true, _) => self.mark(Mark::End, row, Fp::ONE),
                (false, at) if at + 1 == SLOT_ROWS => self.mark(Mark::Top, row, Fp::ONE),
                (false, at) => {
                    self.mark(Mark::Byte, row, Fp::ONE);
                    if at == 0 {
                        self.mark(Mark::First, row, Fp::ONE);
                    }
                }
            }
        }
        for segment in 0..shape.segments {
            let (lane, base) = sizes.segment(segment);
            let state = initial(shape, &risk.universe, header(risk, segment), segment);
            self.fixed[sizes.initial(lane, 0)][base] = state[1];
            self.fixed[sizes.initial(lane, 1)][base] = state[2];
            for j in 0..shape.segment_len() {
                self.weights(risk, segment, j);
            }
        }
    }

    fn round(&mut self, row: usize) {
        let constants = &CONSTANTS.rounds;
        match step(row % BLOCK) {
            Step::Full(n) => {
                self.mark(Mark::Full, row, Fp::ONE);
                (0..3).for_each(|i| self.mark(Mark::Round(i), row, constants[n][i]));
            }
            Step::Partial(n) => {
                self.mark(Mark::Partial, row, Fp::ONE);
                (0..3).for_each(|i| self.mark(Mark::Round(i), row, constants[n][i]));
                (0..3).for_each(|i| self.mark(Mark::Second(i), row, constants[n + 1][i]));
            }
        }
    }

    /// The weights of one slot, each in the row of its metric's class.
    fn weights(&mut self, risk: &RiskPart, segment: usize, j: usize) {
        let (shape, sizes) = (self.plan.shape, self.plan.sizes);
        let (lane, base) = sizes.segment(segment);
        let (side, first) = sizes.place(j);
        let given = risk.weights_of(shape, segment * shape.segment_len() + j);
        let all = given.iter().enumerate().map(|(k, w)| (shape.mode(k), i128::from(*w)));
        for (m, (mode, weight)) in all.chain([(Mode::Absolute, 1)]).enumerate() {
            let (sum, class) = sizes.metric(shape, m);
            let row = (base + first..).find(|r| r % SLOT_ROWS == class).expect("rows go on");
            let [by_signed, by_long] = split(mode, weight);
            self.fixed[sizes.weight(lane, side, sum)][row] = from_i128(by_signed);
            if let Some(column) = sizes.split_weight(lane, side, sum) {
                self.fixed[column][row] = from_i128(by_long);
            }
        }
    }

    fn equations(&mut self) {
        let sizes = self.plan.sizes;
        let mut homes: Vec<Option<Cell>> =
            (0..self.plan.sources.len()).map(|v| self.home(Var(u32::try_from(v).expect("few")))).collect();
        for row in 0..self.equation_rows {
            self.mark(Mark::Equations, row, Fp::ONE);
        }
        for range in 0..sizes.ranges {
            self.fixed[sizes.stop(range)][0] = Fp::ONE;
        }
        for n in 0..self.places.len() {
            let Place { range, row } = self.places[n];
            let law = &self.plan.laws[n].1;
            self.fixed[sizes.stop(range)][row + height(law)] = Fp::ONE;
            let reads: Vec<Var> = match law {
                Law::Linear(terms, bytes) => {
                    for (i, (_, c)) in terms.iter().enumerate() {
                        self.fixed[sizes.coefficient(range)][row + i] = *c;
                    }
                    for i in 0..*bytes {
                        self.fixed[sizes.power(range)][row + i] =
                            power_of_two(8 * u32::try_from(i).expect("few bytes"));
                    }
                    terms.iter().map(|t| t.0).collect()
                }
                Law::Product(a, b, c) => {
                    self.fixed[Mark::Product.column()][row] = Fp::ONE;
                    vec![*a, *b, *c]
                }
            };
            for (i, var) in reads.into_iter().enumerate() {
                let cell = Cell::Advice(sizes.value(range), row + i);
                match &mut homes[var.0 as usize] {
                    Some(home) => self.copies.push((*home, cell)),
                    none => *none = Some(cell),
                }
            }
        }
    }

    /// The cell outside the equations that a value stands in, if any.
    fn home(&self, var: Var) -> Option<Cell> {
        let (shape, sizes) = (self.plan.shape, &self.plan.sizes);
        let at = |(column, row)| Some(Cell::Advice(column, row));
        match self.plan.sources[var.0 as usize] {
            Source::Instance(i) => Some(Cell::Instance(i)),
            Source::Total(segment, m) => at(sizes.total(shape, segment, m)),
            Source::Signed(slot) => at(sizes.slot(shape, slot)[0]),
            Source::Long(slot) => at(sizes.slot(shape, slot)[1]),
            Source::Digest(segment) => at(sizes.digest(segment)),
            Source::Hint(_) | Source::Sum(_) | Source::Product(..) | Source::NotNegative(_) => None,
        }
    }

    /// Whether the places of a padded segment hold slots: padding has no weight and is zero.
    pub fn padded(&self) -> usize {
        self.plan.sizes.elements() * PER_ELEMENT
    }
    /// The public inputs of a statement.
    pub fn instance(&self, context: Fp, active: &[bool], commitments: &[Fp]) -> Vec<Fp> {
        let shape = self.plan.shape;
        assert_eq!((active.len(), commitments.len()), (shape.accounts, shape.segments), "one of each");
        let mut out = vec![Fp::ONE, context];
        out.extend(active.iter().map(|a| Fp::from(u64::from(*a))));
        out.extend_from_slice(commitments);
        assert_eq!(out.len(), Inputs::count(shape));
        out
    }
}

/// `account + 2^16 first segment + 2^32 segments` of a segment's account; zero where it has none.
pub fn header(risk: &RiskPart, segment: usize) -> i128 {
    let Some(account) = risk.layout.account[segment] else { return 0 };
    let same = |g: &usize| risk.layout.account[*g] == Some(account);
    let segments: Vec<usize> = (0..risk.layout.account.len()).filter(same).collect();
    i128::from(account) + ((segments[0] as i128) << 16) + ((segments.len() as i128) << 32)
}

/// Rows of a law.
fn height(law: &Law) -> usize {
    match law {
        Law::Linear(terms, bytes) => terms.len().max(*bytes),
        Law::Product(..) => 3,
    }
}

/// Products below one another in the first range lane, everything else wherever there is most room.
fn place(plan: &Plan) -> (Vec<Place>, usize) {
    let mut next = vec![0usize; plan.sizes.ranges];
    let mut places = vec![Place { range: 0, row: 0 }; plan.laws.len()];
    let is_product = |law: &Law| matches!(law, Law::Product(..));
    for products in [true, false] {
        for (n, (_, law)) in plan.laws.iter().enumerate().filter(|(_, l)| is_product(&l.1) == products) {
            let range = if products {
                0
            } else {
                (0..plan.sizes.ranges).min_by_key(|r| next[*r]).expect("at least one range lane")
            };
            places[n] = Place { range, row: next[range] };
            next[range] += height(law);
        }
    }
    (places, next.into_iter().max().unwrap_or(0))
}

// Two elements a permutation, the blinding one of them.
const _: () = assert!(SIDES * PER_ELEMENT * SLOT_ROWS + SIDES == SIDES * BLOCK);
