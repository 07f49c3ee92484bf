//! Whether every row stays within its slack, computed here once more: the compiler and the sheet checker have each their own.

use mandate_statement::{
    Family, GLOBAL_WITNESS_BITS, GlobalVar, LOCAL_SLACK_BITS, LOCAL_WITNESS_BITS, LocalVar, PEAK_BITS,
    RowRef, RulesPart, Shape, TOTAL_BITS,
};

/// The first row that could leave its slack with every variable at the end of its range, if there is one.
pub fn first_too_wide(shape: &Shape, rules: &RulesPart) -> Option<RowRef> {
    let rows = Family::ALL
        .into_iter()
        .flat_map(|family| (0u16..).take(family.rows(shape)).map(move |index| RowRef { family, index }));
    rows.into_iter().find(|row| reach(shape, rules, *row).is_none())
}

/// The largest magnitude of a row's left side, or `None` where it is 2^112 or more (2^128 for a row over the book, which is
/// also what a `u128` does not hold).
fn reach(shape: &Shape, rules: &RulesPart, row: RowRef) -> Option<u128> {
    let (local, global) = rules.row(shape, row);
    let mut bounds_of_locals = vec![1u128 << TOTAL_BITS; local.len()];
    let mut bounds_of_globals = vec![1u128 << TOTAL_BITS; global.len()];
    let set = |list: &mut Vec<u128>, at: Option<usize>, bound: u128| {
        if let Some(at) = at {
            list[at] = bound;
        }
    };
    let (x, y) = (1u128 << (LOCAL_WITNESS_BITS - 1), 1u128 << (GLOBAL_WITNESS_BITS - 1));
    for i in 0..shape.local_witnesses {
        set(&mut bounds_of_locals, LocalVar::Witness(i).index(shape, row.family), x);
    }
    for i in 0..shape.local_bits {
        set(&mut bounds_of_locals, LocalVar::Bit(i).index(shape, row.family), 1);
    }
    let peaks = (shape.strips as u128) << PEAK_BITS;
    for i in 0..shape.peaks() {
        set(&mut bounds_of_locals, LocalVar::Peak(i).index(shape, row.family), peaks);
        set(&mut bounds_of_globals, GlobalVar::PeakSum(i).index(shape), peaks);
    }
    for family in [Family::Group, Family::Account, Family::Asset] {
        let blocks = family.blocks(shape) as u128;
        set(&mut bounds_of_globals, GlobalVar::WorstSum(family).index(shape), blocks << TOTAL_BITS);
        for i in 0..shape.local_witnesses {
            set(&mut bounds_of_globals, GlobalVar::WitnessSum(family, i).index(shape), blocks * x);
        }
        for i in 0..shape.local_bits {
            set(&mut bounds_of_globals, GlobalVar::BitSum(family, i).index(shape), blocks);
        }
    }
    for i in 0..shape.global_witnesses {
        set(&mut bounds_of_globals, GlobalVar::Witness(i).index(shape), y);
    }
    for i in 0..shape.global_bits {
        set(&mut bounds_of_globals, GlobalVar::Bit(i).index(shape), 1);
    }
    set(&mut bounds_of_globals, GlobalVar::One.index(shape), 1);
    let terms = local.iter().zip(&bounds_of_locals).chain(global.iter().zip(&bounds_of_globals));
    let mut sum = 0u128;
    for (coefficient, bound) in terms {
        sum = sum.checked_add(coefficient.unsigned_abs().checked_mul(*bound)?)?;
    }
    (row.family == Family::Global || sum >> LOCAL_SLACK_BITS == 0).then_some(sum)
}
