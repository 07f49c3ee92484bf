//! Rows as lists of named terms. The order of variables is written out here once more, and a test holds it to the
//! positions that the vocabulary gives.

use crate::model::Model;
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef, RulesPart, Runs, Shape};

/// A row with at least one coefficient that is not zero, and those coefficients.
pub struct Row {
    pub at: RowRef,
    pub local: Vec<(LocalVar, i128)>,
    pub global: Vec<(GlobalVar, i128)>,
}

/// The variables of one block, in order.
fn locals(shape: &Shape, family: Family) -> Vec<LocalVar> {
    if family == Family::Global {
        return Vec::new();
    }
    let mut out: Vec<_> = (0..shape.metrics()).map(LocalVar::Total).collect();
    if matches!(family, Family::Group | Family::Account) {
        out.push(LocalVar::Worst);
    }
    if family != Family::Slot {
        out.extend((0..shape.local_witnesses).map(LocalVar::Witness));
        out.extend((0..shape.local_bits).map(LocalVar::Bit));
        out.extend((0..shape.peaks()).map(LocalVar::Peak));
    }
    out
}

/// The variables of the book, in order.
fn globals(shape: &Shape) -> Vec<GlobalVar> {
    let blocks = [Family::Group, Family::Account, Family::Asset];
    let mut out: Vec<_> = (0..shape.columns()).map(GlobalVar::Total).collect();
    out.extend([
        GlobalVar::WorstSum(Family::Group),
        GlobalVar::WorstSum(Family::Account),
        GlobalVar::WorstBook,
    ]);
    for family in blocks {
        out.extend((0..shape.local_witnesses).map(|i| GlobalVar::WitnessSum(family, i)));
    }
    for family in blocks {
        out.extend((0..shape.local_bits).map(|i| GlobalVar::BitSum(family, i)));
    }
    out.extend((0..shape.global_witnesses).map(GlobalVar::Witness));
    out.extend((0..shape.global_bits).map(GlobalVar::Bit));
    out.extend((0..shape.peaks()).map(GlobalVar::PeakSum));
    out.push(GlobalVar::One);
    out
}

/// Every row that is not all zero, in the order of the coefficients. `part` has the count that `shape` takes.
pub fn rows(shape: &Shape, part: &RulesPart) -> Vec<Row> {
    let globals = globals(shape);
    let mut out = Vec::new();
    for family in Family::ALL {
        let locals = locals(shape, family);
        for index in (0u16..).take(family.rows(shape)) {
            let at = RowRef { family, index };
            let (local, global) = part.row(shape, at);
            let row = Row { at, local: nonzero(&locals, local), global: nonzero(&globals, global) };
            if !row.local.is_empty() || !row.global.is_empty() {
                out.push(row);
            }
        }
    }
    out
}

fn nonzero<V: Copy>(variables: &[V], coefficients: &[i128]) -> Vec<(V, i128)> {
    variables.iter().copied().zip(coefficients.iter().copied()).filter(|(_, c)| *c != 0).collect()
}

impl Row {
    /// Coefficient of a block variable, zero where there is none.
    pub fn local(&self, variable: LocalVar) -> i128 {
        self.local.iter().find(|(v, _)| *v == variable).map_or(0, |(_, c)| *c)
    }
    /// Coefficient of a variable of the book, zero where there is none.
    pub fn global(&self, variable: GlobalVar) -> i128 {
        self.global.iter().find(|(v, _)| *v == variable).map_or(0, |(_, c)| *c)
    }
    /// The row as a formula: `3 book value - 3 book lots - 1 gross >= 0`.
    pub fn text(&self, model: &Model) -> String {
        let local = self.local.iter().map(|(v, c)| (local_name(model, *v), *c));
        let global = self.global.iter().map(|(v, c)| (global_name(model, *v), *c));
        let mut out = String::new();
        for (name, coefficient) in local.chain(global) {
            let sign = match (out.is_empty(), coefficient < 0) {
                (true, true) => "-",
                (true, false) => "",
                (false, true) => " - ",
                (false, false) => " + ",
            };
            out.push_str(sign);
            out.push_str(&coefficient.unsigned_abs().to_string());
            if !name.is_empty() {
                out.push(' ');
                out.push_str(&name);
            }
        }
        out + " >= 0"
    }
}

/// A peak of runs in words.
const fn peak_name(i: usize) -> &'static str {
    match i {
        Runs::UNCOVERED => "uncovered",
        Runs::UPSIDE => "upside",
        _ => "expiry loss",
    }
}

/// A block variable in words.
pub fn local_name(model: &Model, variable: LocalVar) -> String {
    match variable {
        LocalVar::Total(k) => model.column_name(k),
        LocalVar::Worst => "worst".to_owned(),
        LocalVar::Witness(i) => format!("x{i}"),
        LocalVar::Bit(i) => format!("z{i}"),
        LocalVar::Peak(i) => peak_name(i).to_owned(),
    }
}

/// A variable of the book in words; nothing for the constant one.
pub fn global_name(model: &Model, variable: GlobalVar) -> String {
    let blocks = |family| match family {
        Family::Group => "groups",
        Family::Account => "accounts",
        Family::Asset => "assets",
        Family::Slot => "slots",
        Family::Global => "book",
    };
    match variable {
        GlobalVar::Total(k) => format!("book {}", model.column_name(k)),
        GlobalVar::WorstSum(family) => format!("sum({}: worst)", blocks(family)),
        GlobalVar::WorstBook => "book worst".to_owned(),
        GlobalVar::WitnessSum(family, i) => format!("sum({}: x{i})", blocks(family)),
        GlobalVar::BitSum(family, i) => format!("sum({}: z{i})", blocks(family)),
        GlobalVar::Witness(i) => format!("y{i}"),
        GlobalVar::Bit(i) => format!("book z{i}"),
        GlobalVar::PeakSum(i) => format!("book {}", peak_name(i)),
        GlobalVar::One => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mandate_statement::SHAPES;

    #[test]
    fn variables_stand_where_the_vocabulary_says() {
        for shape in &SHAPES {
            for family in Family::ALL {
                let list = locals(shape, family);
                assert_eq!(list.len(), family.locals(shape), "{family:?} in {}", shape.name);
                for (at, variable) in list.iter().enumerate() {
                    assert_eq!(variable.index(shape, family), Some(at), "{variable:?} of {family:?}");
                }
            }
            let list = globals(shape);
            assert_eq!(list.len(), GlobalVar::count(shape));
            for (at, variable) in list.iter().enumerate() {
                assert_eq!(variable.index(shape), Some(at), "{variable:?}");
            }
        }
    }
}
