//! The binary format of iden3's tools for constraints, version 1: header, constraints, wire labels.

use crate::wires::Wires;
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use mandate_circuits::r1cs::Relation;

/// Version of the format.
pub const R1CS_VERSION: u32 = 1;
/// Bytes of a field element.
const ELEMENT: usize = 32;

/// The relation as a `.r1cs` file: every row as it is, its variables renumbered by `wires`, terms in growing order of
/// wires, coefficients canonical and little-endian. The label of a wire is the variable's number in the relation and
/// in the proving key.
///
/// # Panics
/// If a count does not fit the format's 32 bits, which no shape comes near.
pub fn r1cs_file(relation: &Relation, wires: &Wires) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(b"r1cs");
    word(&mut out, R1CS_VERSION as usize);
    word(&mut out, 3);
    section(&mut out, 1, |out| {
        word(out, ELEMENT);
        out.extend_from_slice(&Fr::MODULUS.to_bytes_le());
        word(out, wires.count());
        // No outputs: a statement is something to hold, not something to compute.
        word(out, 0);
        word(out, wires.public());
        word(out, wires.choices());
        out.extend_from_slice(&(wires.count() as u64).to_le_bytes());
        word(out, relation.constraints());
    });
    section(&mut out, 2, |out| {
        for row in 0..relation.constraints() {
            for matrix in &relation.matrices {
                let mut terms: Vec<(usize, Fr)> =
                    matrix[row].iter().map(|(c, v)| (wires.wire(*v), *c)).collect();
                terms.sort_by_key(|t| t.0);
                word(out, terms.len());
                for (wire, coefficient) in terms {
                    word(out, wire);
                    out.extend_from_slice(&coefficient.into_bigint().to_bytes_le());
                }
            }
        }
    });
    section(&mut out, 3, |out| {
        for wire in 0..wires.count() {
            out.extend_from_slice(&(wires.variable(wire) as u64).to_le_bytes());
        }
    });
    out
}

fn word(out: &mut Vec<u8>, value: usize) {
    out.extend_from_slice(&u32::try_from(value).expect("counts fit 32 bits").to_le_bytes());
}

fn section(out: &mut Vec<u8>, kind: usize, body: impl FnOnce(&mut Vec<u8>)) {
    word(out, kind);
    let at = out.len();
    out.extend_from_slice(&[0; 8]);
    body(out);
    let size = (out.len() - at - 8) as u64;
    out[at..at + 8].copy_from_slice(&size.to_le_bytes());
}
