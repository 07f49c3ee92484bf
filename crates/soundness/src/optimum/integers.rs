//! Programs with variables that are zero or one: branch and bound over [`simplex`](super::simplex), every leaf checked.

use super::simplex::{Multipliers, Program, Row, Solver};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};

/// A leaf of the search: the bits that were fixed on the way, and why nothing is left.
pub struct Leaf {
    /// Bits with their values, in the order they were fixed.
    pub fixed: Vec<(usize, bool)>,
    /// Proof that the program with these bits has no point; checked.
    pub proof: Multipliers,
}

/// A program with bits fixed.
fn fixed(program: &Program, bits: &[(usize, bool)]) -> Program {
    let mut out = program.clone();
    for (j, one) in bits {
        if *one {
            out.lower[*j] = BigInt::one();
        } else {
            out.rows.push(Row { coefficients: vec![(*j, -BigInt::one())], at_least: BigInt::zero() });
        }
    }
    out
}

/// A point of the program at which every one of `bits` is zero or one; the others are any fractions.
///
/// # Errors
/// Leaves that together cover every choice of the bits, each refuted.
pub fn feasible(program: &Program, bits: &[usize]) -> Result<Vec<BigRational>, Vec<Leaf>> {
    let mut refuted = Vec::new();
    let mut open: Vec<Vec<(usize, bool)>> = vec![Vec::new()];
    while let Some(choice) = open.pop() {
        let narrowed = fixed(program, &choice);
        match Solver::new(&narrowed) {
            Err(proof) => refuted.push(Leaf { fixed: choice, proof }),
            Ok(solver) => {
                let point = solver.point();
                let Some(split) = bits.iter().find(|j| !point[**j].is_integer()) else {
                    let whole = bits.iter().all(|j| point[*j].is_zero() || point[*j].is_one());
                    assert!(whole && program.holds(&point), "a bit that is no bit: its range is missing");
                    return Ok(point);
                };
                for value in [false, true] {
                    let mut next = choice.clone();
                    next.push((*split, value));
                    open.push(next);
                }
            }
        }
    }
    assert!(covers(&refuted, &mut Vec::new()), "leaves that leave a choice open: a bug of the search");
    Err(refuted)
}

/// Whether every choice of the bits ends at a leaf: at each node either a leaf, or both values of one bit.
fn covers(leaves: &[Leaf], path: &mut Vec<(usize, bool)>) -> bool {
    let below: Vec<&Leaf> = leaves.iter().filter(|l| l.fixed.starts_with(path)).collect();
    if below.iter().any(|l| l.fixed.len() == path.len()) {
        return true;
    }
    let Some((bit, _)) = below.first().and_then(|l| l.fixed.get(path.len())) else { return false };
    let bit = *bit;
    [false, true].into_iter().all(|value| {
        path.push((bit, value));
        let done = covers(leaves, path);
        path.pop();
        done
    })
}
