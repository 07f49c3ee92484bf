//! A small builder of rank-one constraints: rows and values from one piece of code, rows left out when only a witness is wanted.

use ark_bn254::Fr;
use ark_ff::{BigInteger, Field, One, PrimeField, Zero};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use ark_relations::utils::matrix::Matrix;

/// A sum of multiples of variables. Variable 0 is one, then public inputs, then witnesses.
pub type Sum = Vec<(Fr, usize)>;

/// A variable as a sum.
pub fn var(index: usize) -> Sum {
    vec![(Fr::one(), index)]
}
/// A constant as a sum.
pub fn constant(value: Fr) -> Sum {
    vec![(value, 0)]
}
/// `a + factor * b`.
pub fn plus(mut a: Sum, factor: Fr, b: &Sum) -> Sum {
    a.extend(b.iter().map(|(c, v)| (*c * factor, *v)));
    a
}
/// `2^n`.
pub fn power(n: u32) -> Fr {
    Fr::from(2u64).pow([u64::from(n)])
}

/// Constraints with an assignment.
pub struct Circuit {
    /// One and the public inputs.
    pub inputs: usize,
    /// Values of all variables.
    pub values: Vec<Fr>,
    /// Rows `a * b = c`, where they are recorded.
    pub rows: Option<[Matrix<Fr>; 3]>,
}

impl Circuit {
    /// Public inputs, rows recorded or not.
    pub fn new(inputs: &[Fr], record: bool) -> Self {
        let mut values = vec![Fr::one()];
        values.extend_from_slice(inputs);
        Self { inputs: values.len(), values, rows: record.then(|| [vec![], vec![], vec![]]) }
    }
    /// The value of a sum.
    pub fn value(&self, sum: &Sum) -> Fr {
        sum.iter().map(|(c, v)| *c * self.values[*v]).sum()
    }
    /// A new witness.
    pub fn witness(&mut self, value: Fr) -> usize {
        self.values.push(value);
        self.values.len() - 1
    }
    /// `a * b = c`.
    pub fn enforce(&mut self, a: impl FnOnce() -> Sum, b: impl FnOnce() -> Sum, c: impl FnOnce() -> Sum) {
        if let Some(rows) = &mut self.rows {
            let mut merged = |sum: Sum, m: usize| {
                let mut sum = sum;
                sum.sort_by_key(|(_, v)| *v);
                let mut out: Sum = Vec::with_capacity(sum.len());
                for (c, v) in sum {
                    match out.last_mut() {
                        Some((last, at)) if *at == v => *last += c,
                        _ => out.push((c, v)),
                    }
                }
                out.retain(|(c, _)| !c.is_zero());
                rows[m].push(out);
            };
            merged(a(), 0);
            merged(b(), 1);
            merged(c(), 2);
        }
    }
    /// A new witness `a * b`: one row.
    pub fn product(&mut self, a: &Sum, b: &Sum) -> usize {
        let out = self.witness(self.value(a) * self.value(b));
        self.enforce(|| a.clone(), || b.clone(), || var(out));
        out
    }
    /// Enforces that `sum` lies in `[0, 2^width)` and gives its top bit: `width` rows. The top bit is no variable of its own:
    /// it is what the others leave, so that only one row is long.
    pub fn range(&mut self, sum: &Sum, width: u32) -> Sum {
        let value = self.value(sum).into_bigint();
        let first = self.values.len();
        for i in 0..width - 1 {
            let bit = self.witness(Fr::from(value.get_bit(i as usize)));
            self.enforce(|| var(bit), || plus(constant(Fr::one()), -Fr::one(), &var(bit)), Vec::new);
        }
        let scale = power(width - 1).inverse().expect("a power of two");
        let mut top: Sum = sum.iter().map(|(c, v)| (*c * scale, *v)).collect();
        let mut weight = scale;
        for i in 0..width as usize - 1 {
            top.push((-weight, first + i));
            weight += weight;
        }
        self.enforce(|| top.clone(), || plus(constant(Fr::one()), -Fr::one(), &top), Vec::new);
        top
    }
    /// Rows recorded.
    pub fn constraints(&self) -> usize {
        self.rows.as_ref().map_or(0, |rows| rows[0].len())
    }
    /// Whether every recorded row holds.
    pub fn holds(&self) -> bool {
        let rows = self.rows.as_ref().expect("rows are recorded");
        (0..rows[0].len())
            .all(|i| self.value(&rows[0][i]) * self.value(&rows[1][i]) == self.value(&rows[2][i]))
    }
}

impl ConstraintSynthesizer<Fr> for &Circuit {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let mut variables = vec![Variable::One];
        for (i, value) in self.values.iter().enumerate().skip(1) {
            variables.push(if i < self.inputs {
                cs.new_input_variable(|| Ok(*value))?
            } else {
                cs.new_witness_variable(|| Ok(*value))?
            });
        }
        let [a, b, c] = self.rows.as_ref().expect("rows are recorded");
        let sum = |row: &Sum| LinearCombination(row.iter().map(|(c, v)| (*c, variables[*v])).collect());
        for i in 0..a.len() {
            cs.enforce_r1cs_constraint(|| sum(&a[i]), || sum(&b[i]), || sum(&c[i]))?;
        }
        Ok(())
    }
}
