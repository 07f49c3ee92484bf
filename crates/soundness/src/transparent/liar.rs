//! Values that equations read, changed, and everything after them computed from the lie: what a prover who lies would fill in.

use super::{Checker, Fault};
use ff::{Field, PrimeField};
use mandate_circuits_halo2::Layout;
use mandate_circuits_halo2::field::power_of_two;
use mandate_circuits_halo2::plan::{Hint, Law, Source, Var};
use pasta_curves::Fp;
use std::collections::BTreeMap;

/// A witness, the values that its equations read, and the equations that they break.
pub struct Liar<'a> {
    layout: &'a Layout,
    checker: Checker<'a>,
    /// All cells, honest but while a lie is told.
    columns: Vec<Vec<Fp>>,
    honest: Vec<Fp>,
    /// What the statement breaks without any lie.
    broken: Vec<Fault>,
}

/// What a lie comes to.
pub struct Said {
    /// Constraints that refuse it.
    pub faults: Vec<Fault>,
    /// Equations whose values do not keep them, by position in the plan.
    pub laws: Vec<usize>,
}

impl Said {
    /// The one equation that refuses the lie, where nothing else does.
    pub fn alone(&self) -> Option<usize> {
        let equations = self.faults.iter().all(|f| matches!(f, Fault::Gate(..)));
        match self.laws.as_slice() {
            [law] if equations && !self.faults.is_empty() => Some(*law),
            _ => None,
        }
    }
}

impl<'a> Liar<'a> {
    /// Of a witness.
    pub fn new(layout: &'a Layout, instance: Vec<Fp>, columns: Vec<Vec<Fp>>) -> Self {
        let mut out = Self::lied_to(layout, instance, columns);
        out.broken = out.checker.faults(&out.columns);
        out
    }
    /// Of a witness that was made for other public inputs than these, and keeps everything else.
    pub fn lied_to(layout: &'a Layout, instance: Vec<Fp>, columns: Vec<Vec<Fp>>) -> Self {
        let mut read: BTreeMap<Var, Fp> = BTreeMap::new();
        for ((_, law), place) in layout.plan.laws.iter().zip(&layout.places) {
            let cell = |i: usize| columns[layout.sizes().value(place.range)][place.row + i];
            for (i, var) in reads(law).into_iter().enumerate() {
                read.entry(var).or_insert_with(|| cell(i));
            }
        }
        let all = (0..layout.plan.sources.len()).map(|v| Var(u32::try_from(v).expect("few values")));
        // A value that no equation reads is bound by none.
        let honest = all.map(|v| read.get(&v).copied().unwrap_or(Fp::ZERO)).collect();
        let checker = Checker::new(layout, instance);
        Self { layout, checker, columns, honest, broken: Vec::new() }
    }
    /// What refuses the statement as it stands.
    pub fn as_it_stands(&self) -> Said {
        let mut cells = Vec::new();
        let laws = (0..).zip(self.layout.plan.laws.iter().zip(&self.layout.places));
        let kept = laws.map(|(n, ((_, law), place))| {
            (n, fill(self.layout, law, place.range, place.row, &self.honest, &mut cells))
        });
        let laws = kept.filter(|(_, kept)| !kept).map(|(n, _)| n).collect();
        Said { faults: self.broken.clone(), laws }
    }
    /// What the statement breaks without any lie.
    pub fn broken(&self) -> &[Fault] {
        &self.broken
    }
    /// An honest value.
    pub fn value(&self, var: Var) -> Fp {
        self.honest[var.0 as usize]
    }
    /// The values that the prover chooses, each with its number.
    pub fn hints(&self) -> Vec<(Var, Hint)> {
        self.of(|source| if let Source::Hint(hint) = source { Some(*hint) } else { None })
    }
    /// The values that an equation fixes.
    pub fn fixed(&self) -> Vec<Var> {
        let fixed = |s: &Source| {
            matches!(s, Source::Sum(_) | Source::Product(..) | Source::NotNegative(_)).then_some(())
        };
        self.of(fixed).into_iter().map(|(var, ())| var).collect()
    }
    fn of<T>(&self, which: impl Fn(&Source) -> Option<T>) -> Vec<(Var, T)> {
        let sources = (0..).zip(&self.layout.plan.sources);
        sources.filter_map(|(v, s)| which(s).map(|t| (Var(v), t))).collect()
    }

    /// Says that `var` is `value`, with everything after it computed from that, and takes it back.
    pub fn tell(&mut self, var: Var, value: Fp) -> Said {
        self.tell_all(&BTreeMap::from([(var, value)]))
    }
    /// The same of several values at once.
    pub fn tell_all(&mut self, lies: &BTreeMap<Var, Fp>) -> Said {
        let values = self.computed(lies);
        let mut cells = Vec::new();
        let mut laws = Vec::new();
        for (n, ((_, law), place)) in self.layout.plan.laws.iter().zip(&self.layout.places).enumerate() {
            let unchanged = reads(law).iter().all(|v| values[v.0 as usize] == self.honest[v.0 as usize]);
            if unchanged {
                continue;
            }
            if !fill(self.layout, law, place.range, place.row, &values, &mut cells) {
                laws.push(n);
            }
        }
        let before: Vec<Fp> = cells.iter().map(|(c, r, _)| self.columns[*c][*r]).collect();
        cells.iter().for_each(|(c, r, v)| self.columns[*c][*r] = *v);
        // Where the statement was false before, whoever said so is asked again.
        let mut asked: Vec<(usize, usize)> = cells.iter().map(|(c, r, _)| (*c, *r)).collect();
        asked.extend(self.broken.iter().map(|fault| match fault {
            Fault::Gate(_, row) => (self.layout.sizes().left(0), *row),
            Fault::Byte(column, row) => (*column, *row),
            Fault::Copy(_) => unreachable!("statements here are filled in by the prover's own code"),
        }));
        let faults = self.checker.faults_around(&self.columns, &asked);
        for ((column, row, _), honest) in cells.iter().zip(before).rev() {
            self.columns[*column][*row] = honest;
        }
        Said { faults, laws }
    }

    fn computed(&self, lies: &BTreeMap<Var, Fp>) -> Vec<Fp> {
        let mut out = self.honest.clone();
        for (var, source) in (0..).map(Var).zip(&self.layout.plan.sources) {
            if let Some(lie) = lies.get(&var) {
                out[var.0 as usize] = *lie;
                continue;
            }
            let value = match source {
                Source::Sum(terms) => terms.iter().map(|(v, c)| out[v.0 as usize] * c).sum(),
                Source::Product(a, b) => out[a.0 as usize] * out[b.0 as usize],
                Source::NotNegative(v) => {
                    let bytes = (out[v.0 as usize] + power_of_two(88)).to_repr();
                    Fp::from(u64::from(bytes[11] & 1))
                }
                _ => continue,
            };
            out[var.0 as usize] = value;
        }
        out
    }
}

fn reads(law: &Law) -> Vec<Var> {
    match law {
        Law::Linear(terms, _) => terms.iter().map(|t| t.0).collect(),
        Law::Product(a, b, c) => vec![*a, *b, *c],
    }
}

/// The cells of an equation with these values, and whether they keep it.
fn fill(
    layout: &Layout,
    law: &Law,
    range: usize,
    row: usize,
    values: &[Fp],
    cells: &mut Vec<(usize, usize, Fp)>,
) -> bool {
    let sizes = layout.sizes();
    let read: Vec<Fp> = reads(law).iter().map(|v| values[v.0 as usize]).collect();
    cells.extend((row..).zip(&read).map(|(at, v)| (sizes.value(range), at, *v)));
    let Law::Linear(terms, bytes) = law else { return read[0] * read[1] == read[2] };
    let repr = terms.iter().zip(&read).map(|((_, c), v)| *c * v).sum::<Fp>().to_repr();
    let mut left = Fp::ZERO;
    for at in 0..terms.len().max(*bytes) {
        cells.push((sizes.left(range), row + at, left));
        if let (Some((_, c)), Some(v)) = (terms.get(at), read.get(at)) {
            left += *c * v;
        }
        if let Some(byte) = repr[..*bytes].get(at) {
            let byte = Fp::from(u64::from(*byte));
            cells.push((sizes.limb(range), row + at, byte));
            left -= byte * power_of_two(8 * u32::try_from(at).expect("few bytes"));
        }
    }
    repr[*bytes..].iter().all(|b| *b == 0)
}
