//! Every constraint of a layout over plain values: gates, copies, look-ups. What the proof system proves, without the proof.

use mandate_circuits_halo2::Layout;
use mandate_circuits_halo2::gates::{Cells, gates};
use mandate_circuits_halo2::layout::Cell;
use pasta_curves::Fp;
use std::collections::{BTreeMap, BTreeSet};

/// Rows by which some gate looks away from its own.
const ROTATIONS: [i32; 6] = [-7, -1, 0, 1, 2, 7];

/// A constraint that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A gate by its position, with its row.
    Gate(usize, usize),
    /// A pair of cells that must be the same.
    Copy(usize),
    /// A cell, column and row, that is no byte.
    Byte(usize, usize),
}

/// A layout with public inputs.
pub struct Checker<'a> {
    /// The layout.
    pub layout: &'a Layout,
    /// The public inputs.
    pub instance: Vec<Fp>,
    copies_of: BTreeMap<(usize, usize), Vec<usize>>,
    bytes: BTreeSet<usize>,
}

struct Row<'a> {
    layout: &'a Layout,
    columns: &'a [Vec<Fp>],
    row: usize,
}
impl Cells<Fp> for Row<'_> {
    fn advice(&mut self, column: usize, rotation: i32) -> Fp {
        let at = i64::try_from(self.row).expect("few rows") + i64::from(rotation);
        usize::try_from(at).ok().and_then(|r| self.columns[column].get(r)).copied().unwrap_or(Fp::zero())
    }
    fn fixed(&mut self, column: usize) -> Fp {
        self.layout.fixed[column][self.row]
    }
}

impl<'a> Checker<'a> {
    /// Of a layout and the public inputs.
    pub fn new(layout: &'a Layout, instance: Vec<Fp>) -> Self {
        let mut copies_of: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (i, (left, right)) in layout.copies.iter().enumerate() {
            for cell in [left, right] {
                if let Cell::Advice(column, row) = cell {
                    copies_of.entry((*column, *row)).or_default().push(i);
                }
            }
        }
        let bytes = layout.sizes().looked_up().into_iter().collect();
        Self { layout, instance, copies_of, bytes }
    }
    /// Ids of all gates.
    pub fn ids(&self, columns: &[Vec<Fp>]) -> Vec<&'static str> {
        let all = gates(self.layout.sizes(), &mut Row { layout: self.layout, columns, row: 0 });
        all.into_iter().map(|g| g.0).collect()
    }
    fn row(&self, columns: &[Vec<Fp>], row: usize, out: &mut Vec<Fault>) {
        let all = gates(self.layout.sizes(), &mut Row { layout: self.layout, columns, row });
        out.extend(
            all.iter().enumerate().filter(|(_, g)| g.1 != Fp::zero()).map(|(i, _)| Fault::Gate(i, row)),
        );
    }
    fn copy(&self, columns: &[Vec<Fp>], i: usize) -> bool {
        let value = |cell: Cell| match cell {
            Cell::Advice(column, row) => columns[column][row],
            Cell::Instance(row) => self.instance[row],
        };
        let (left, right) = self.layout.copies[i];
        value(left) == value(right)
    }
    fn is_byte(v: Fp) -> bool {
        (0..256).any(|b| v == Fp::from(b))
    }
    /// Every constraint that does not hold.
    pub fn faults(&self, columns: &[Vec<Fp>]) -> Vec<Fault> {
        let mut out = Vec::new();
        (0..self.layout.rows()).for_each(|row| self.row(columns, row, &mut out));
        out.extend((0..self.layout.copies.len()).filter(|i| !self.copy(columns, *i)).map(Fault::Copy));
        for column in &self.bytes {
            for (row, v) in columns[*column].iter().enumerate() {
                if !Self::is_byte(*v) {
                    out.push(Fault::Byte(*column, row));
                }
            }
        }
        out
    }
    /// Those that read one cell.
    pub fn faults_at(&self, columns: &[Vec<Fp>], column: usize, row: usize) -> Vec<Fault> {
        self.faults_around(columns, &[(column, row)])
    }
    /// Those that read one of the cells, each once.
    pub fn faults_around(&self, columns: &[Vec<Fp>], cells: &[(usize, usize)]) -> Vec<Fault> {
        let mut rows = BTreeSet::new();
        let mut copies = BTreeSet::new();
        for (column, row) in cells {
            rows.extend(ROTATIONS.iter().filter_map(|rotation| {
                let base = i64::try_from(*row).expect("few rows") - i64::from(*rotation);
                usize::try_from(base).ok().filter(|base| *base < self.layout.rows())
            }));
            copies.extend(self.copies_of.get(&(*column, *row)).into_iter().flatten());
        }
        let mut out = Vec::new();
        rows.into_iter().for_each(|row| self.row(columns, row, &mut out));
        out.extend(copies.into_iter().filter(|i| !self.copy(columns, *i)).map(Fault::Copy));
        for (column, row) in cells {
            if self.bytes.contains(column) && !Self::is_byte(columns[*column][*row]) {
                out.push(Fault::Byte(*column, *row));
            }
        }
        out
    }
}
