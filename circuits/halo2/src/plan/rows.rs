//! The rows of the rules part.

use super::{Builder, Inputs, Terms, scaled};
use crate::field::{from_i128, power_of_two};
use ff::Field;
use mandate_statement::{Family, GLOBAL_SLACK_BITS, GlobalVar, LOCAL_SLACK_BITS, LocalVar, RowRef, Shape};
use pasta_curves::Fp;

/// Shared terms up to which they are written out in every block.
const SHORT: usize = 2;

impl Builder<'_> {
    /// `row-*`: one template, for every block that can be in use.
    pub(super) fn row(&mut self, family: Family, index: usize) {
        let row = RowRef { family, index: u16::try_from(index).expect("few rows") };
        let (local, global) = self.rules.row(self.shape, row);
        let (local, global) = (local.to_vec(), global.to_vec());
        if local.iter().chain(&global).all(|c| *c == 0) {
            return;
        }
        let id = match family {
            Family::Group => "row-group",
            Family::Account => "row-account",
            Family::Asset => "row-asset",
            Family::Slot => "row-slot",
            Family::Global => "row-global",
        };
        let shared = self.shared(&global);
        if family == Family::Global {
            return self.linear(id, shared, GLOBAL_SLACK_BITS as usize / 8);
        }
        let shared = match self.single_if_long(id, shared) {
            Ok(short) => short,
            Err(var) => vec![(var, Fp::ONE)],
        };
        let locals = locals(self.shape, family);
        for block in self.blocks_of(family) {
            let mut terms = shared.clone();
            for (c, var) in local.iter().zip(&locals).filter(|(c, _)| **c != 0) {
                let read = self.local(family, block, *var);
                terms.extend(scaled(&read, *c));
            }
            self.masked(id, family, block, terms);
        }
    }

    fn masked(&mut self, id: &'static str, family: Family, block: usize, mut terms: Terms) {
        let bytes = LOCAL_SLACK_BITS as usize / 8;
        match family {
            Family::Account => {
                // An account that is not declared has room for whatever the row comes to: rows stay below 2^112.
                let (one, active) = (self.one(), self.input(Inputs::active(block)));
                let room = power_of_two(LOCAL_SLACK_BITS);
                terms.extend([(one, room), (active, -room)]);
                self.linear(id, terms, bytes + 1);
            }
            Family::Slot => {
                let forbidden = self.risk.weights_of(self.shape, block)[self.shape.forbidden_column()];
                let mask = 1 - i128::from(forbidden);
                let terms = scaled(&terms, mask).collect();
                self.linear(id, terms, bytes);
            }
            Family::Group | Family::Asset | Family::Global => self.linear(id, terms, bytes),
        }
    }

    /// The part of a row that all its blocks share.
    fn shared(&mut self, coefficients: &[i128]) -> Terms {
        let mut out = Vec::new();
        for (c, var) in coefficients.iter().zip(globals(self.shape)) {
            if *c != 0 {
                let read = self.global(var);
                out.extend(read.into_iter().map(|(v, k)| (v, k * from_i128(*c))));
            }
        }
        out
    }
    fn single_if_long(&mut self, id: &'static str, terms: Terms) -> Result<Terms, super::Var> {
        let terms = super::merged(terms);
        if terms.len() <= SHORT { Ok(terms) } else { Err(self.named(id, terms)) }
    }
}

/// The local variables of a family in the order of a row.
fn locals(shape: &Shape, family: Family) -> Vec<LocalVar> {
    let all = (0..shape.metrics())
        .map(LocalVar::Total)
        .chain([LocalVar::Worst])
        .chain((0..shape.local_witnesses).map(LocalVar::Witness))
        .chain((0..shape.local_bits).map(LocalVar::Bit))
        .chain((0..shape.peaks()).map(LocalVar::Peak));
    let out: Vec<LocalVar> = all.filter(|v| v.index(shape, family).is_some()).collect();
    assert_eq!(out.len(), family.locals(shape), "every local variable is listed");
    out
}
/// The global variables in the order of a row.
fn globals(shape: &Shape) -> Vec<GlobalVar> {
    let families = [Family::Group, Family::Account, Family::Asset];
    let mut all: Vec<GlobalVar> = (0..shape.columns()).map(GlobalVar::Total).collect();
    all.extend([
        GlobalVar::WorstSum(Family::Group),
        GlobalVar::WorstSum(Family::Account),
        GlobalVar::WorstBook,
    ]);
    for f in families {
        all.extend((0..shape.local_witnesses).map(|i| GlobalVar::WitnessSum(f, i)));
    }
    for f in families {
        all.extend((0..shape.local_bits).map(|i| GlobalVar::BitSum(f, i)));
    }
    all.extend((0..shape.global_witnesses).map(GlobalVar::Witness));
    all.extend((0..shape.global_bits).map(GlobalVar::Bit));
    all.extend((0..shape.peaks()).map(GlobalVar::PeakSum));
    all.push(GlobalVar::One);
    for (i, var) in all.iter().enumerate() {
        assert_eq!(var.index(shape), Some(i), "global variables in their order");
    }
    all
}
