//! Checked rules to rows of integers.

use crate::bounds::{self, Integers, Var};
use crate::error::{Diagnostic, MandateError, Span, TooSmall};
use crate::form::{Form, Linear, integral};
use crate::tree::{Clause, Mandate, domain};
use mandate_market::RiskModel;
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef, RuleRows, RulesPart, SHAPES, Shape};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::{BTreeMap, BTreeSet};

/// What one row costs and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RowInfo {
    /// The row.
    #[serde(serialize_with = "row_name")]
    pub row: RowRef,
    /// The rule that first asked for it.
    pub rule: String,
    /// Bits of its largest magnitude over full quantity and witness ranges.
    pub bits: u64,
    /// The row in words: coefficients and variables.
    pub text: String,
    /// Variables with a coefficient.
    pub terms: usize,
    /// Whether it defines a witness.
    pub defines: bool,
}

fn row_name<S: serde::Serializer>(row: &RowRef, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(&crate::words::row_name(*row))
}

/// A compiled mandate.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The rules part of the sheet.
    pub part: RulesPart,
    /// Its shape.
    pub shape: &'static Shape,
    /// Its rows, by family and position.
    pub rows: Vec<RowInfo>,
    /// Witnesses taken per group, account and asset, and by the whole book.
    pub witnesses: [usize; 4],
    /// Bits taken per group, account and asset, and by the whole book.
    pub bits: [usize; 4],
}

impl Compiled {
    /// The bits that a row reads, by family and position.
    pub(crate) fn bits_of(&self, row: RowRef) -> Vec<(Family, usize)> {
        let (shape, (local, global)) = (self.shape, self.part.row(self.shape, row));
        let mut out = Vec::new();
        for (family, count) in
            [Family::Group, Family::Account, Family::Asset, Family::Global].into_iter().zip(self.bits)
        {
            for i in 0..count {
                let at = |at: Option<usize>, list: &[i128]| at.is_some_and(|at| list[at] != 0);
                let own = family == row.family && at(LocalVar::Bit(i).index(shape, family), local);
                let var =
                    if family == Family::Global { GlobalVar::Bit(i) } else { GlobalVar::BitSum(family, i) };
                if own || at(var.index(shape), global) {
                    out.push((family, i));
                }
            }
        }
        out
    }
}

/// Why a rule does not compile.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The shape has too few of something: what, how many, of which family.
    Rows(Family),
    Witnesses(Family),
    Bits(Family),
    /// So many blocks of a family may break a rule that the shape has no more of them.
    Blocks(Family),
    /// Instruments have no witnesses of their own.
    NoWitness,
    /// The shape has no runs.
    Runs,
    /// A step of rounding needs a divisor that no chain of witnesses divides by.
    Step {
        family: Family,
        divisor: String,
    },
    /// A row's worst case is too wide.
    Width {
        family: Family,
        bits: u64,
    },
    /// A witness cannot hold what it must.
    Witness {
        family: Family,
        bits: u64,
    },
    /// Too many pieces to multiply out.
    Pieces,
    /// The rule holds for every book.
    Vacuous,
    /// The rule holds for no book.
    Never,
}

struct Row {
    family: Family,
    coefficients: Integers,
    rule: usize,
    defines: bool,
}

/// What a witness or a bit stands for, so that one thing is made once.
#[derive(PartialEq, Eq)]
pub(crate) enum Key {
    /// The largest of these.
    Max(Vec<Integers>),
    /// The largest of these by the divisor, rounded up.
    Up(Vec<Integers>, BigInt),
    /// The smaller of two such maxima.
    Better(Vec<Integers>, Vec<Integers>),
    /// The first where one of the second is above zero.
    Above(Vec<Integers>, Vec<Integers>),
    /// The sum of so many largest.
    Top(Family, usize, Vec<Integers>),
    /// The tail mean.
    Shortfall(BigRational),
    /// Whether a block breaks these rows.
    Breaks(Vec<Integers>),
    /// Part of something else.
    Part,
}

pub(crate) struct Witness {
    pub(crate) family: Family,
    pub(crate) index: usize,
    pub(crate) key: Key,
    pub(crate) rows: Vec<usize>,
    /// What its magnitude need not exceed in an honest filling.
    pub(crate) honest: BigInt,
}

/// A bit of a family, with the rows that define it or that it lets go of.
pub(crate) struct Bit {
    pub(crate) family: Family,
    pub(crate) index: usize,
    pub(crate) key: Key,
    pub(crate) rows: Vec<usize>,
}

pub(crate) struct Compiler<'a> {
    pub(crate) mandate: &'a Mandate,
    pub(crate) model: &'a RiskModel,
    pub(crate) shape: &'static Shape,
    rows: Vec<Row>,
    pub(crate) witnesses: Vec<Witness>,
    pub(crate) bits: Vec<Bit>,
    /// Constructs with a witness of their own that are compiled already, by the place of their expression in the mandate
    /// and the family of the rows that read it.
    pub(crate) atoms: BTreeMap<(usize, Family), Linear>,
    /// Sums that are compiled already, by the place of their expression in the mandate and their factor.
    pub(crate) sums: BTreeMap<(usize, BigRational), Linear>,
    /// Whether maxima are multiplied out even where witnesses would take fewer rows.
    pub(crate) multiply: bool,
    rule: usize,
}

/// Compiles for one shape.
///
/// # Errors
/// [`MandateError`]: where model, shape and mandate do not go together, a rule needs more rows or witnesses than the
/// shape has ([`MandateError::TooSmall`]), a row's worst case leaves its slack width, or a rule says nothing.
pub fn compile(
    mandate: &Mandate,
    model: &RiskModel,
    shape: &'static Shape,
) -> Result<Compiled, MandateError> {
    if model.name != mandate.model.name {
        return Err(MandateError::OtherModel { wanted: mandate.model.name.into(), got: model.name.into() });
    }
    if !model.fits(shape) {
        return Err(MandateError::ModelShape { model: model.name.into(), shape: shape.name.into() });
    }
    let mut compiler = Compiler {
        mandate,
        model,
        shape,
        rows: Vec::new(),
        witnesses: Vec::new(),
        bits: Vec::new(),
        atoms: BTreeMap::new(),
        sums: BTreeMap::new(),
        multiply: false,
        rule: 0,
    };
    let rules = &mandate.rules;
    let mut direct: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); rules.len()];
    // `min-nav` is global row 0, before anything else.
    for clause in &rules[0].clauses {
        compiler.place(clause, &mut direct[0])?;
    }
    // Sums next: they always need their witnesses, which the rules over single blocks can then use too.
    for (index, rule) in rules.iter().enumerate().skip(1) {
        compiler.rule = index;
        for clause in &rule.clauses {
            let (one, minus) = (BigRational::one(), -BigRational::one());
            compiler.form(&clause.small, &one, clause.family).map_err(|f| compiler.report(f, clause.span))?;
            compiler
                .form(&clause.large, &minus, clause.family)
                .map_err(|f| compiler.report(f, clause.span))?;
        }
    }
    for (index, rule) in rules.iter().enumerate().skip(1) {
        compiler.rule = index;
        for clause in &rule.clauses {
            compiler.place(clause, &mut direct[index])?;
        }
        if direct[index].is_empty() {
            return Err(compiler.report(Fault::Vacuous, rule.span));
        }
    }
    Ok(compiler.finish(&direct))
}

/// Compiles for the shape that the mandate asks for, or the smallest default shape that takes it.
///
/// # Errors
/// [`MandateError`], as [`compile`]; [`MandateError::NoShape`] where every shape is too small.
pub fn compile_smallest(mandate: &Mandate, model: &RiskModel) -> Result<Compiled, MandateError> {
    if let Some(shape) = mandate.shape.as_deref().and_then(Shape::by_name) {
        return compile(mandate, model, shape);
    }
    let mut last = None;
    let candidates: Vec<&'static Shape> = SHAPES.iter().filter(|s| !s.for_tests() && model.fits(s)).collect();
    for shape in &candidates {
        match compile(mandate, model, shape) {
            Err(MandateError::TooSmall(e)) => last = Some(e),
            done => return done,
        }
    }
    let tried = candidates.iter().map(|s| format!("`{}`", s.name)).collect::<Vec<_>>().join(", ");
    Err(MandateError::NoShape { tried, last: last.map(|e| e.to_string()).unwrap_or_default() })
}

impl Compiler<'_> {
    fn place(&mut self, clause: &Clause, direct: &mut BTreeSet<usize>) -> Result<(), MandateError> {
        self.clause(clause, direct).map_err(|fault| self.report(fault, clause.span))
    }

    fn clause(&mut self, clause: &Clause, direct: &mut BTreeSet<usize>) -> Result<(), Fault> {
        self.multiply = false;
        let before = (self.rows.len(), self.witnesses.len(), self.bits.len());
        let rows = match self.clause_rows(clause) {
            // A witness is allowed a wide range, so a row that reads one can be too wide where its pieces are not.
            // Bits are taken once the rows are known to fit; had one been, it could not be given back, and the rule is refused.
            Err(Fault::Width { .. }) if self.bits.len() == before.2 => {
                self.multiply = true;
                self.rows.truncate(before.0);
                self.witnesses.truncate(before.1);
                self.clause_rows(clause)?
            }
            done => done?,
        };
        if let Some(allowed) = clause.except {
            direct.extend(self.all_but(clause.family, rows, allowed)?);
            return Ok(());
        }
        for row in rows {
            direct.insert(self.row(clause.family, row, false)?);
        }
        if let Some(row) = self.exceeding(clause)? {
            direct.insert(row);
        }
        Ok(())
    }

    /// The rows of a comparison, within their widths, not yet added. Witnesses that they read are.
    fn clause_rows(&mut self, clause: &Clause) -> Result<Vec<Integers>, Fault> {
        let form = self.difference(clause)?;
        if form.exceed.is_some() {
            return Ok(Vec::new());
        }
        let mut rows = Vec::new();
        for piece in self.expand(form, clause.family)? {
            let (mut list, _) = integral(std::slice::from_ref(&piece), true);
            let mut row = negated(&list.remove(0));
            if clause.strict {
                // Every variable is an integer, so above zero is at least one.
                add(&mut row, self.one(), &-BigInt::one());
            }
            if row.keys().all(|v| *v == self.one()) {
                // The same for every book: nothing to prove, or nothing that could be.
                if row.values().all(|c| !c.is_negative()) {
                    continue;
                }
                return Err(Fault::Never);
            }
            self.width(clause.family, &row)?;
            rows.push(row);
        }
        Ok(rows)
    }

    /// `small - large`.
    pub(crate) fn difference(&mut self, clause: &Clause) -> Result<Form, Fault> {
        let mut form = self.form(&clause.small, &BigRational::one(), clause.family)?;
        let large = self.form(&clause.large, &-BigRational::one(), clause.family)?;
        form.linear.add_times(&large.linear, &BigRational::one());
        form.convex.extend(large.convex);
        form.exceed = form.exceed.or(large.exceed);
        Ok(form)
    }

    fn width(&self, family: Family, row: &Integers) -> Result<(), Fault> {
        let bound = bounds::of_row(self.shape, family, row);
        if bounds::fits(&bound, bounds::slack_bits(family)) {
            Ok(())
        } else {
            Err(Fault::Width { family, bits: bound.bits() })
        }
    }

    /// Adds a row, or finds it where it is there already.
    pub(crate) fn row(
        &mut self,
        family: Family,
        coefficients: Integers,
        defines: bool,
    ) -> Result<usize, Fault> {
        let same = |r: &Row| r.family == family && r.coefficients == coefficients;
        if let Some(at) = self.rows.iter().position(same) {
            return Ok(at);
        }
        self.width(family, &coefficients)?;
        if self.rows.iter().filter(|r| r.family == family).count() >= family.rows(self.shape) {
            return Err(Fault::Rows(family));
        }
        self.rows.push(Row { family, coefficients, rule: self.rule, defines });
        Ok(self.rows.len() - 1)
    }

    /// The variable and factor of a witness for these pieces, if there is one: `witness = factor * max(pieces)`.
    pub(crate) fn known_witness(&self, family: Family, pieces: &[Linear]) -> Option<(Var, BigRational)> {
        for home in [family, Family::Global] {
            if home == Family::Global && !pieces.iter().all(Linear::all_global) {
                continue;
            }
            let (wanted, factor) = normal(pieces, true);
            let wanted = Key::Max(wanted);
            let same = |w: &&Witness| w.family == home && w.key == wanted;
            if let Some(w) = self.witnesses.iter().find(same) {
                return Some((self.witness_var(home, w.index), factor));
            }
        }
        None
    }

    /// A witness `x` of `family` with `x >= factor * piece` for every piece: its index, and the factor. `None` where
    /// every piece is zero.
    pub(crate) fn witness(
        &mut self,
        family: Family,
        pieces: &[Linear],
        reduce: bool,
    ) -> Result<Option<(usize, BigRational)>, Fault> {
        let (pieces, factor) = normal(pieces, reduce);
        if pieces.iter().all(Integers::is_empty) {
            return Ok(None);
        }
        let index = self.at_least(family, pieces, &BigInt::one())?;
        Ok(Some((index, factor)))
    }

    fn report(&self, fault: Fault, span: Span) -> MandateError {
        let rule = &self.mandate.rules[self.rule];
        let shape = self.shape.name;
        let point = |message: String, label: &str| self.mandate.point(span, message, label.to_owned());
        let small = |diagnostic: Diagnostic| {
            MandateError::TooSmall(Box::new(TooSmall { diagnostic, shape: shape.to_owned() }))
        };
        let larger = |has: fn(&Shape, Family) -> usize, family: Family| {
            let here = has(self.shape, family);
            let list: Vec<String> = SHAPES
                .iter()
                .filter(|s| has(s, family) > here && self.model.fits(s))
                .map(|s| format!("`{}` (has {})", s.name, has(s, family)))
                .collect();
            if list.is_empty() {
                "no shape has more; merge rules, bound the whole book instead of each block, or split the mandate"
                    .to_owned()
            } else {
                format!("shapes with more: {}", list.join(", "))
            }
        };
        let id = &rule.id;
        match fault {
            Fault::Rows(family) => {
                let (has, of) = (family.rows(self.shape), row_kind(family));
                let message = format!("rule `{id}` needs more {of} rows than the {has} of shape `{shape}`");
                let help = larger(|s, f| f.rows(s), family);
                small(point(message, "no row left").help(help))
            }
            Fault::Witnesses(family) => {
                let (has, of) = (witnesses_of(self.shape, family), row_kind(family));
                let message =
                    format!("rule `{id}` needs more {of} witnesses than the {has} of shape `{shape}`");
                small(point(message, "no witness left").help(larger(witnesses_of, family)))
            }
            Fault::Bits(family) => {
                let (has, of) = (bits_of(self.shape, family), row_kind(family));
                let message = format!("rule `{id}` needs more {of} bits than the {has} of shape `{shape}`");
                small(point(message, "no bit left").help(larger(bits_of, family)))
            }
            Fault::Blocks(family) => {
                let (has, of) = (family.blocks(self.shape), domain(family));
                let message = format!(
                    "rule `{id}` says nothing in shape `{shape}`, which has room for {has} {of} in all"
                );
                small(point(message, "all of them may break it").help(larger(|s, f| f.blocks(s), family)))
            }
            Fault::Runs => {
                let message = format!("rule `{id}` reads runs of strikes, and shape `{shape}` has none");
                let list: Vec<String> = SHAPES
                    .iter()
                    .filter(|s| s.strips > 0 && !s.for_tests())
                    .map(|s| format!("`{}`", s.name))
                    .collect();
                let help = format!("shapes with runs: {}, for risk models that fit them", list.join(", "));
                small(point(message, "no runs").help(help))
            }
            Fault::NoWitness => {
                let message = format!("rule `{id}`: instruments have no witnesses of their own");
                point(message, "needs a witness of each instrument")
                    .help("up, down and better of an instrument's columns cannot be proven; state them over groups")
                    .into()
            }
            Fault::Step { family, divisor } => {
                let message = format!(
                    "rule `{id}`: rounding over {} divides by {divisor}, which has too large a prime factor",
                    domain(family)
                );
                point(message, "the step does not go with the rates inside")
                    .help("write the rates inside with fewer digits, or take a step of rounder units")
                    .into()
            }
            Fault::Width { family, bits } => {
                let wide = bounds::slack_bits(family);
                let message = format!(
                    "rule `{id}`: a row over {} can reach {bits} bits; its slack is {wide} bits wide",
                    domain(family)
                );
                point(message, "coefficients too large")
                    .help("write limits and rates with fewer digits, or split the expression")
                    .into()
            }
            Fault::Witness { family, bits } => {
                let message = format!(
                    "rule `{id}`: a bound over {} can reach {bits} bits, more than a witness holds",
                    domain(family)
                );
                point(message, "coefficients too large")
                    .help("write limits and rates with fewer digits, or split the expression")
                    .into()
            }
            Fault::Pieces => {
                let message = format!("rule `{id}` multiplies out to more than 256 rows");
                point(message, "too many maxima")
                    .help("use fewer of max, abs, pos and tiers in one comparison")
                    .into()
            }
            Fault::Vacuous => {
                point(format!("rule `{id}` says nothing: it holds for every book"), "says nothing")
                    .help("a rule bounds a quantity of the book, such as `gross(all)` or `nav`")
                    .into()
            }
            Fault::Never => point(format!("rule `{id}` holds for no book"), "can never hold")
                .help("one of the expressions it compares is a constant on the wrong side of the limit")
                .into(),
        }
    }

    fn finish(self, direct: &[BTreeSet<usize>]) -> Compiled {
        let shape = self.shape;
        let mut part = RulesPart::empty(self.model.name, shape, self.mandate.digest());
        let mut counts = BTreeMap::<Family, u16>::new();
        let mut places = Vec::new();
        let mut rows = Vec::new();
        for built in &self.rows {
            let next = counts.entry(built.family).or_insert(0);
            let row = RowRef { family: built.family, index: *next };
            *next += 1;
            let (local, global) = part.row_mut(shape, row);
            for ((is_global, at), c) in &built.coefficients {
                let c = c.to_i128().expect("a row within its slack width has coefficients below 2^127");
                if *is_global {
                    global[*at] = c;
                } else {
                    local[*at] = c;
                }
            }
            places.push(row);
            rows.push(RowInfo {
                row,
                rule: self.mandate.rules[built.rule].id.clone(),
                bits: bounds::of_row(shape, built.family, &built.coefficients).bits(),
                text: crate::words::row(self.model, shape, built.family, &built.coefficients),
                terms: built.coefficients.len(),
                defines: built.defines,
            });
        }
        for (rule, direct) in self.mandate.rules.iter().zip(direct) {
            let mut all = direct.clone();
            let mut open: Vec<usize> = direct.iter().copied().collect();
            while let Some(at) = open.pop() {
                for needed in self.needs(&self.rows[at]) {
                    if all.insert(needed) {
                        open.push(needed);
                    }
                }
            }
            let mut list: Vec<RowRef> = all.into_iter().map(|at| places[at]).collect();
            list.sort();
            part.rules.push(RuleRows { id: rule.id.clone(), rows: list });
        }
        rows.sort_by_key(|r| r.row);
        let count = |f: Family| self.witnesses.iter().filter(|w| w.family == f).count();
        let witnesses = [Family::Group, Family::Account, Family::Asset, Family::Global].map(count);
        let count = |f: Family| self.bits.iter().filter(|b| b.family == f).count();
        let bits = [Family::Group, Family::Account, Family::Asset, Family::Global].map(count);
        Compiled { part, shape, rows, witnesses, bits }
    }

    /// Rows that define the witnesses which a row reads.
    fn needs(&self, row: &Row) -> Vec<usize> {
        let mut out = Vec::new();
        for w in &self.witnesses {
            let sum = GlobalVar::WitnessSum(w.family, w.index).index(self.shape).map(|at| (true, at));
            let own = match w.family {
                Family::Global => GlobalVar::Witness(w.index).index(self.shape).map(|at| (true, at)),
                f if f == row.family => LocalVar::Witness(w.index).index(self.shape, f).map(|at| (false, at)),
                _ => None,
            };
            if [sum, own].into_iter().flatten().any(|v| row.coefficients.contains_key(&v)) {
                out.extend(&w.rows);
            }
        }
        for b in &self.bits {
            let sum = GlobalVar::BitSum(b.family, b.index).index(self.shape).map(|at| (true, at));
            let own = (b.family == row.family || b.family == Family::Global)
                .then(|| self.bit_var(b.family, b.index));
            if [sum, own].into_iter().flatten().any(|v| row.coefficients.contains_key(&v)) {
                out.extend(&b.rows);
            }
        }
        out
    }
}

const fn bits_of(shape: &Shape, family: Family) -> usize {
    match family {
        Family::Global => shape.global_bits,
        Family::Slot => 0,
        _ => shape.local_bits,
    }
}

const fn witnesses_of(shape: &Shape, family: Family) -> usize {
    match family {
        Family::Global => shape.global_witnesses,
        Family::Slot => 0,
        _ => shape.local_witnesses,
    }
}

const fn row_kind(family: Family) -> &'static str {
    match family {
        Family::Group => "group",
        Family::Account => "venue",
        Family::Asset => "underlying",
        Family::Slot => "instrument",
        Family::Global => "global",
    }
}

/// Pieces as integers, sorted, each once, with the common factor.
pub(crate) fn normal(pieces: &[Linear], reduce: bool) -> (Vec<Integers>, BigRational) {
    let (mut list, factor) = integral(pieces, reduce);
    list.sort();
    list.dedup();
    (list, factor)
}

pub(crate) fn negated(row: &Integers) -> Integers {
    row.iter().map(|(v, c)| (*v, -c)).collect()
}

pub(crate) fn add(row: &mut Integers, var: Var, c: &BigInt) {
    let entry = row.entry(var).or_insert_with(BigInt::zero);
    *entry += c;
    if entry.is_zero() {
        row.remove(&var);
    }
}
