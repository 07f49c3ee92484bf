//! Setups from secrets that everyone knows: for timing alone. The work of a prover and a verifier does not depend on whether
//! the secrets were forgotten; what is proven under such a key means nothing.
//!
//! - [`zkey`] makes a snarkjs key from circom's `.r1cs` in seconds, where `snarkjs groth16 setup` takes hours at these sizes.
//! - [`crs`] makes the points that Barretenberg reads, the one of G2 among them.

use crate::r1cs::power;
use ark_bn254::{Fq, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup, ScalarMul};
use ark_ff::{BigInteger, Field, One, PrimeField, UniformRand, Zero};
use ark_serialize::CanonicalDeserialize;
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rand::SeedableRng;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

fn failed(path: &Path, e: impl std::fmt::Display) -> String {
    format!("{}: {e}", path.display())
}

/// A file's bytes, read from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let (head, rest) = self.0.split_at_checked(n).ok_or("the file ends too soon")?;
        self.0 = rest;
        Ok(head)
    }
    fn u32(&mut self) -> Result<usize, String> {
        Ok(u32::from_le_bytes(self.take(4)?.try_into().expect("four bytes")) as usize)
    }
    fn u64(&mut self) -> Result<usize, String> {
        let n = u64::from_le_bytes(self.take(8)?.try_into().expect("eight bytes"));
        usize::try_from(n).map_err(|e| e.to_string())
    }
    fn sum(&mut self) -> Result<Vec<(usize, Fr)>, String> {
        let n = self.u32()?;
        let mut out = Vec::new();
        for _ in 0..n {
            let wire = self.u32()?;
            let coefficient = Fr::deserialize_uncompressed(self.take(32)?).map_err(|e| format!("coefficient: {e}"))?;
            out.push((wire, coefficient));
        }
        Ok(out)
    }
}

/// What circom compiled.
struct Constraints {
    wires: usize,
    public: usize,
    rows: Vec<[Vec<(usize, Fr)>; 3]>,
}

fn read(bytes: &[u8]) -> Result<Constraints, String> {
    let mut file = Reader(bytes);
    if file.take(4)? != b"r1cs" || file.u32()? != 1 {
        return Err("not a constraint file of version 1".to_owned());
    }
    let (mut header, mut body) = (None, None);
    for _ in 0..file.u32()? {
        let kind = file.u32()?;
        let length = file.u64()?;
        let section = file.take(length)?;
        match kind {
            1 => header = Some(section),
            2 => body = Some(section),
            _ => {}
        }
    }
    let mut header = Reader(header.ok_or("no header")?);
    if header.u32()? != 32 || header.take(32)? != Fr::MODULUS.to_bytes_le() {
        return Err("another field".to_owned());
    }
    let wires = header.u32()?;
    let public = header.u32()? + header.u32()?;
    header.take(4 + 8)?;
    let count = header.u32()?;
    let mut body = Reader(body.ok_or("no constraints")?);
    let mut rows = Vec::new();
    for _ in 0..count {
        let row = [body.sum()?, body.sum()?, body.sum()?];
        if row.iter().flatten().any(|(wire, _)| *wire >= wires) {
            return Err("a constraint names a wire that is not there".to_owned());
        }
        rows.push(row);
    }
    Ok(Constraints { wires, public, rows })
}

fn montgomery(x: &Fq) -> Vec<u8> {
    x.0.to_bytes_le()
}
fn g1(point: &G1Affine) -> Vec<u8> {
    if point.is_zero() { vec![0; 64] } else { [montgomery(&point.x), montgomery(&point.y)].concat() }
}
fn g2(point: &G2Affine) -> Vec<u8> {
    if point.is_zero() {
        return vec![0; 128];
    }
    [&point.x.c0, &point.x.c1, &point.y.c0, &point.y.c1].map(montgomery).concat()
}

/// Writes the snarkjs key of a constraint file; gives sizes.
///
/// Layout and quotient query as in snarkjs 0.7 (`zkey_new.js`): the query is of the Lagrange basis of the doubled domain at its odd
/// points, public inputs get a row each, and coefficients are kept times `R^2`, `R = 2^256`.
///
/// # Errors
/// Where a file does not read or write.
pub fn zkey(r1cs: &Path, out: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(r1cs).map_err(|e| failed(r1cs, e))?;
    let circuit = read(&bytes).map_err(|e| failed(r1cs, e))?;
    drop(bytes);
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
    let mut secret = || Fr::rand(&mut rng);
    let (tau, alpha, beta, gamma, delta) = (secret(), secret(), secret(), secret(), secret());

    let size = (circuit.rows.len() + circuit.public + 1).next_power_of_two();
    let domain = |n| Radix2EvaluationDomain::<Fr>::new(n).ok_or("the circuit is too large");
    let lagrange = domain(size)?.evaluate_all_lagrange_coefficients(tau);
    let doubled = domain(2 * size)?.evaluate_all_lagrange_coefficients(tau);

    let mut at_tau: [Vec<Fr>; 3] = std::array::from_fn(|_| vec![Fr::zero(); circuit.wires]);
    let mut coefficients = Vec::new();
    let mut count = 0u32;
    let square = power(512);
    let mut coefficient = |matrix: u32, row: usize, wire: usize, value: Fr| {
        for n in [matrix, row as u32, wire as u32] {
            coefficients.extend(n.to_le_bytes());
        }
        coefficients.extend((value * square).into_bigint().to_bytes_le());
        count += 1;
    };
    for (i, row) in circuit.rows.iter().enumerate() {
        for (m, sum) in row.iter().enumerate() {
            for (wire, value) in sum {
                at_tau[m][*wire] += *value * lagrange[i];
                if m < 2 {
                    coefficient(m as u32, i, *wire, *value);
                }
            }
        }
    }
    for wire in 0..=circuit.public {
        at_tau[0][wire] += lagrange[circuit.rows.len() + wire];
        coefficient(0, circuit.rows.len() + wire, wire, Fr::one());
    }
    let [a, b, c] = at_tau;
    let over = |divisor: Fr, wires: std::ops::Range<usize>| -> Vec<Fr> {
        let inverse = divisor.inverse().expect("not zero");
        wires.map(|i| (beta * a[i] + alpha * b[i] + c[i]) * inverse).collect()
    };
    let ic = over(gamma, 0..circuit.public + 1);
    let l = over(delta, circuit.public + 1..circuit.wires);
    let inverse = delta.inverse().expect("not zero");
    let h: Vec<Fr> = doubled.iter().skip(1).step_by(2).map(|x| *x * inverse).collect();
    let in_g1 = |scalars: &[Fr]| -> Vec<u8> {
        G1Projective::generator().batch_mul(scalars).iter().flat_map(g1).collect()
    };
    let in_g2 = |scalars: &[Fr]| -> Vec<u8> {
        G2Projective::generator().batch_mul(scalars).iter().flat_map(g2).collect()
    };

    let mut header = Vec::new();
    for modulus in [Fq::MODULUS.to_bytes_le(), Fr::MODULUS.to_bytes_le()] {
        header.extend(32u32.to_le_bytes());
        header.extend(modulus);
    }
    for n in [circuit.wires, circuit.public, size] {
        header.extend(u32::try_from(n).map_err(|e| e.to_string())?.to_le_bytes());
    }
    header.extend([in_g1(&[alpha]), in_g1(&[beta]), in_g2(&[beta]), in_g2(&[gamma])].concat());
    header.extend([in_g1(&[delta]), in_g2(&[delta])].concat());
    let coefficients = [count.to_le_bytes().to_vec(), coefficients].concat();
    // No contributions, and a circuit hash that only ceremonies look at.
    let contributions = vec![0; 64 + 4];
    let sections = [
        (1u32, 1u32.to_le_bytes().to_vec()),
        (2, header),
        (3, in_g1(&ic)),
        (4, coefficients),
        (5, in_g1(&a)),
        (6, in_g1(&b)),
        (7, in_g2(&b)),
        (8, in_g1(&l)),
        (9, in_g1(&h)),
        (10, contributions),
    ];
    let mut file = std::io::BufWriter::new(std::fs::File::create(out).map_err(|e| failed(out, e))?);
    let mut put = |bytes: &[u8]| file.write_all(bytes).map_err(|e| failed(out, e));
    put(b"zkey")?;
    put(&1u32.to_le_bytes())?;
    put(&(sections.len() as u32).to_le_bytes())?;
    for (kind, data) in &sections {
        put(&kind.to_le_bytes())?;
        put(&(data.len() as u64).to_le_bytes())?;
        put(data)?;
    }
    file.flush().map_err(|e| failed(out, e))?;
    let entries: usize = circuit.rows.iter().flatten().map(Vec::len).sum();
    Ok(json!({ "constraints": circuit.rows.len(), "public_inputs": circuit.public, "entries": entries }))
}

/// Writes `bn254_g1.dat` (`tau^i` for `i` from 0 to `2^power`, 64 bytes each, big-endian) and `bn254_g2.dat` (`tau` in G2).
///
/// # Errors
/// Where a file does not write.
pub fn crs(power: u32, folder: &Path) -> Result<(), String> {
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(2);
    let tau = Fr::rand(&mut rng);
    let powers: Vec<Fr> =
        std::iter::successors(Some(Fr::one()), |x| Some(*x * tau)).take((1 << power) + 1).collect();
    let big = |x: &Fq| x.into_bigint().to_bytes_be();
    let points: Vec<u8> = G1Projective::generator()
        .batch_mul(&powers)
        .iter()
        .flat_map(|p| [big(&p.x), big(&p.y)].concat())
        .collect();
    let tau2 = (G2Affine::generator() * tau).into_affine();
    let tau2: Vec<u8> = [&tau2.x.c0, &tau2.x.c1, &tau2.y.c0, &tau2.y.c1].into_iter().flat_map(big).collect();
    for (name, bytes) in [("bn254_g1.dat", points), ("bn254_g2.dat", tau2)] {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(|e| failed(&path, e))?;
    }
    Ok(())
}
