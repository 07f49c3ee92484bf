//! The constraints of a shape as a prover reads them: flat, and every linear combination once.
//!
//! Most rows share combinations: a slot's quantity is 49 terms and stands in every column of the slot. Kept once and evaluated
//! once per proof they are a fraction of the terms of the rows that [`Relation`] lists.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use mandate_circuits::r1cs::Relation;
use rayon::prelude::*;
use std::collections::HashMap;
use zeroize::Zeroizing;

/// Rows, or combinations, that one task of the thread pool works on: a few tens of microseconds.
const CHUNK: usize = 1024;
/// Places of the two coefficients that cost no multiplication.
const ONE: u32 = 0;
const MINUS_ONE: u32 = 1;

/// The three matrices of one shape.
#[derive(PartialEq, Eq)]
pub struct Matrices {
    /// Public inputs, the constant one included.
    pub(crate) inputs: usize,
    /// Witness cells.
    pub(crate) witnesses: usize,
    /// Distinct coefficients: one and minus one, then the others in the order they are met.
    pub(crate) coefficients: Vec<Fr>,
    /// Where the terms of each combination begin, and the end of the last.
    pub(crate) starts: Vec<u32>,
    /// `[variable, place of the coefficient]`.
    pub(crate) terms: Vec<[u32; 2]>,
    /// Per row its three sides: a variable below `inputs + witnesses`, or that many and the number of a combination.
    pub(crate) rows: Vec<[u32; 3]>,
}

/// Places below 2^32, which every shape's counts are far below.
fn place(of: usize) -> u32 {
    u32::try_from(of).expect("fewer than 2^32")
}

impl Matrices {
    /// Takes the rows of a relation, in their order.
    pub fn of(relation: &Relation) -> Self {
        let cells = relation.inputs + relation.witnesses;
        let mut out = Self {
            inputs: relation.inputs,
            witnesses: relation.witnesses,
            coefficients: vec![Fr::ONE, -Fr::ONE],
            starts: vec![0],
            terms: Vec::new(),
            rows: Vec::with_capacity(relation.constraints()),
        };
        // Looked up, never walked: the order is that of the rows.
        let mut coefficients: HashMap<Fr, u32> = HashMap::from([(Fr::ONE, ONE), (-Fr::ONE, MINUS_ONE)]);
        let mut seen: HashMap<Vec<[u32; 2]>, u32> = HashMap::new();
        for row in 0..relation.constraints() {
            let sides = [0, 1, 2].map(|m| {
                let terms: Vec<[u32; 2]> = relation.matrices[m][row]
                    .iter()
                    .map(|(c, v)| {
                        let next = place(out.coefficients.len());
                        let at = *coefficients.entry(*c).or_insert(next);
                        if at == next {
                            out.coefficients.push(*c);
                        }
                        [place(*v), at]
                    })
                    .collect();
                if let [[variable, ONE]] = terms.as_slice() {
                    return *variable;
                }
                if let Some(known) = seen.get(&terms) {
                    return *known;
                }
                let number = place(cells + out.starts.len() - 1);
                out.terms.extend_from_slice(&terms);
                out.starts.push(place(out.terms.len()));
                seen.insert(terms, number);
                number
            });
            out.rows.push(sides);
        }
        out
    }
    /// Rows.
    pub const fn constraints(&self) -> usize {
        self.rows.len()
    }
    /// What the evaluation domain holds: rows, and one more per input, up to a power of two.
    pub fn domain(&self) -> usize {
        (self.rows.len() + self.inputs).next_power_of_two()
    }
    /// Whether every number in it names something that is there.
    pub fn is_coherent(&self) -> bool {
        let cells = self.inputs + self.witnesses;
        let combinations = self.starts.len().wrapping_sub(1);
        let sides = cells.saturating_add(combinations);
        self.starts.first() == Some(&0)
            && self.starts.is_sorted()
            && self.starts.last().is_some_and(|end| *end as usize == self.terms.len())
            && self.coefficients.starts_with(&[Fr::ONE, -Fr::ONE])
            && self
                .terms
                .iter()
                .all(|[v, c]| (*v as usize) < cells && (*c as usize) < self.coefficients.len())
            && self.rows.iter().flatten().all(|side| (*side as usize) < sides)
    }

    fn combination(&self, number: usize, z: &[Fr]) -> Fr {
        let terms = &self.terms[self.starts[number] as usize..self.starts[number + 1] as usize];
        let mut sum = Fr::ZERO;
        for &[variable, coefficient] in terms {
            let value = z[variable as usize];
            match coefficient {
                ONE => sum += value,
                MINUS_ONE => sum -= value,
                other => sum += value * self.coefficients[other as usize],
            }
        }
        sum
    }

    /// `A z` and `B z` on the evaluation domain: the rows, then `z` of each input against zero, then zeros. The number of the first
    /// row that does not hold in place of them, where there is one.
    ///
    /// What is multiplied, and how often, is the same for every `z`.
    pub fn evaluate(&self, z: &[Fr]) -> Result<Sides, usize> {
        let cells = self.inputs + self.witnesses;
        assert_eq!(z.len(), cells, "a value per variable");
        let mut combined = Zeroizing::new(vec![Fr::ZERO; self.starts.len() - 1]);
        combined.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, values)| {
            for (i, value) in values.iter_mut().enumerate() {
                *value = self.combination(chunk * CHUNK + i, z);
            }
        });
        let value = |side: u32| match (side as usize).checked_sub(cells) {
            None => z[side as usize],
            Some(number) => combined[number],
        };
        let size = self.domain();
        let mut a = Zeroizing::new(vec![Fr::ZERO; size]);
        let mut b = Zeroizing::new(vec![Fr::ZERO; size]);
        let wrong = a
            .par_chunks_mut(CHUNK)
            .zip(b.par_chunks_mut(CHUNK))
            .zip(self.rows.par_chunks(CHUNK))
            .enumerate()
            .filter_map(|(chunk, ((a, b), rows))| {
                let mut wrong = None;
                for (i, &[left, right, product]) in rows.iter().enumerate() {
                    (a[i], b[i]) = (value(left), value(right));
                    if a[i] * b[i] != value(product) {
                        wrong = wrong.or(Some(chunk * CHUNK + i));
                    }
                }
                wrong
            })
            .min();
        if let Some(row) = wrong {
            return Err(row);
        }
        a[self.rows.len()..self.rows.len() + self.inputs].copy_from_slice(&z[..self.inputs]);
        Ok(Sides { a, b })
    }
}

/// Both factors of every row. Secret.
pub struct Sides {
    /// `A z`.
    pub a: Zeroizing<Vec<Fr>>,
    /// `B z`.
    pub b: Zeroizing<Vec<Fr>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::UniformRand;
    use mandate_circuits::r1cs::relation;
    use mandate_statement::Shape;
    use rand::{Rng, SeedableRng};

    /// Every side of every row is, on random values, what the relation's own terms give.
    #[test]
    fn flat_rows_are_the_relations_rows() {
        for name in ["t32", "r64"] {
            let shape = Shape::by_name(name).expect("a default shape");
            let relation = relation(shape);
            let flat = Matrices::of(&relation);
            assert!(flat.is_coherent());
            assert_eq!(flat.constraints(), relation.constraints());
            assert_eq!(flat.domain(), relation.domain_points().next_power_of_two());
            let mut rng = rand_chacha::ChaCha20Rng::from_seed([7; 32]);
            let z: Vec<Fr> = (0..relation.inputs + relation.witnesses).map(|_| Fr::rand(&mut rng)).collect();
            for (row, sides) in flat.rows.iter().enumerate() {
                for (m, side) in sides.iter().enumerate() {
                    let wanted: Fr = relation.matrices[m][row].iter().map(|(c, v)| z[*v] * c).sum();
                    let got = match (*side as usize).checked_sub(z.len()) {
                        None => z[*side as usize],
                        Some(number) => flat.combination(number, &z),
                    };
                    assert!(got == wanted, "{name}: row {row}, side {m}");
                }
            }
            // Half of the terms at most: what the module says of itself.
            let listed: usize = relation.matrices.iter().flatten().map(Vec::len).sum();
            assert!(flat.terms.len() * 2 < listed, "{} of {listed} terms", flat.terms.len());
        }
    }

    /// The first row that does not hold is named, whichever rows come after it.
    #[test]
    fn the_first_wrong_row_is_found() {
        let shape = Shape::by_name("t32").expect("a default shape");
        let relation = relation(shape);
        let flat = Matrices::of(&relation);
        // All cells zero but the one: what holds of it is the relation's business, that both agree is this test's.
        let mut z = vec![Fr::ZERO; relation.inputs + relation.witnesses];
        z[0] = Fr::ONE;
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([8; 32]);
        for _ in 0..20 {
            let wanted = relation.first_violation(&z).map(|(row, _)| row);
            assert_eq!(flat.evaluate(&z).err(), wanted);
            let cell = rng.gen_range(1..z.len());
            z[cell] = Fr::rand(&mut rng);
        }
    }
}
