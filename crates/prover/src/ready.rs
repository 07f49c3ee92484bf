//! A key made ready: its points as the prover computes with them, and the constraints of its shape, in one file.
//!
//! A proving key's own file is canonical and is checked in full whenever it is read: every coordinate decoded, every point on its
//! curve and in its subgroup, seconds for a large shape. A ready file is what that reading and the building of the constraints come to,
//! written down. Nothing in it is checked but one digest over all of it, and it is read only where that digest is *pinned*: one that this
//! program knows, or one that the caller names. Anybody's bytes under another digest are refused, so whoever can write the file
//! gains nothing: an altered key would let proofs tell about the book, which is why a digest in the file itself proves nothing.
//!
//! The file is read into memory and the digest is of that memory, so that it does not matter what happens to the file meanwhile.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `MANDATER` |
//! | 2, 2 | format 1, circuit version |
//! | 1, 1, 16 | origin, length of the shape's name, the name padded with zeros |
//! | 32 | digest in the header of the key's own file |
//! | 8 | length of the body |
//! | 32 | BLAKE3 of the 70 bytes before and the body |
//! | body | verifying key, `beta` and `delta` in G1, queries `A`, `B1`, `B2`, `L`, `H`, matrices |
//!
//! Integers are little-endian; field elements are four 64-bit limbs in Montgomery form; a query lists its length, how many of its
//! points are not at infinity, the places of those, and the points, `x` and `y`.

use crate::groth16::{Fixed, Points};
use crate::keys::{KeyHead, ProvingKey, ProvingKeyError};
use crate::matrices::Matrices;
use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::BigInt;
use mandate_arith::{Fft, G1Bases, G2Bases};
use mandate_circuits::r1cs::Relation;
use mandate_statement::{CIRCUIT_VERSION, Digest, InputLayout, Shape};
use mandate_verifier::{KeyOrigin, VerifyingKey};
use rayon::prelude::*;

const MAGIC: &[u8; 8] = b"MANDATER";
const FORMAT: u16 = 1;
/// What stands before the digest.
const LABEL: usize = 8 + 2 + 2 + 1 + 1 + 16 + 32 + 8;
const HEADER: usize = LABEL + 32;
/// Largest file read, in bytes.
pub const LIMIT: u64 = 2 << 30;

/// Why a ready file was not used. None of these is a reason to trust it the less for being read again from the key's own file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadyError {
    /// Not such a file, or of another program's format or circuit.
    #[error("this is not a ready key of this program: {0}")]
    NotReady(&'static str),
    /// A digest that nobody named.
    #[error(
        "the ready key has digest {0}, which is not pinned: it is not used, as a key that somebody altered lets proofs tell about the book"
    )]
    NotPinned(Digest),
    /// Pinned, but no key: whoever pinned it pinned something else.
    #[error(transparent)]
    Key(#[from] ProvingKeyError),
}

/// The digest over all of a ready file but itself.
fn digest(label: &[u8], body: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(label);
    hasher.update_rayon(body);
    Digest(*hasher.finalize().as_bytes())
}

/// A key and the constraints of its shape as a file, with its digest. The same key gives the same bytes.
///
/// # Errors
/// [`ProvingKeyError::OtherCircuit`] where the key has other sizes than the relation.
///
/// # Panics
/// Never: names of shapes are short, and queries have fewer than 2^32 points.
pub fn ready_file(key: &ProvingKey, relation: &Relation) -> Result<(Vec<u8>, Digest), ProvingKeyError> {
    let matrices = Matrices::of(relation);
    key.fits(&matrices)?;
    let (points, verifying) = (key.points(), key.verifying());
    let mut out = Vec::with_capacity(HEADER + points.h_query.len() * 512);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&CIRCUIT_VERSION.to_le_bytes());
    out.push(verifying.origin as u8);
    let name = verifying.shape.name.as_bytes();
    assert!(name.len() <= 16, "names of shapes are short");
    out.push(u8::try_from(name.len()).expect("at most 16"));
    out.extend_from_slice(name);
    out.resize(30, 0);
    out.extend_from_slice(&key.digest().0);
    out.resize(HEADER, 0);

    let vk = &points.vk;
    put_g1(&mut out, &vk.alpha_g1);
    [vk.beta_g2, vk.gamma_g2, vk.delta_g2].iter().for_each(|p| put_g2(&mut out, p));
    put_query(&mut out, &vk.gamma_abc_g1, put_g1);
    put_g1(&mut out, &points.beta_g1);
    put_g1(&mut out, &points.delta_g1);
    put_query(&mut out, &points.a_query, put_g1);
    put_query(&mut out, &points.b_g1_query, put_g1);
    put_query(&mut out, &points.b_g2_query, put_g2);
    put_query(&mut out, &points.l_query, put_g1);
    put_query(&mut out, &points.h_query, put_g1);
    put_count(&mut out, matrices.inputs);
    put_count(&mut out, matrices.witnesses);
    put_count(&mut out, matrices.coefficients.len());
    matrices.coefficients.iter().for_each(|c| put_limbs(&mut out, c.0));
    put_words(&mut out, matrices.starts.len(), matrices.starts.iter().copied());
    put_words(&mut out, matrices.terms.len(), matrices.terms.iter().flatten().copied());
    put_words(&mut out, matrices.rows.len(), matrices.rows.iter().flatten().copied());

    let length = (out.len() - HEADER) as u64;
    out[LABEL - 8..LABEL].copy_from_slice(&length.to_le_bytes());
    let named = digest(&out[..LABEL], &out[HEADER..]);
    out[LABEL..HEADER].copy_from_slice(&named.0);
    Ok((out, named))
}

fn put_limbs(out: &mut Vec<u8>, limbs: BigInt<4>) {
    limbs.0.iter().for_each(|limb| out.extend_from_slice(&limb.to_le_bytes()));
}
fn put_g1(out: &mut Vec<u8>, point: &G1Affine) {
    [point.x, point.y].iter().for_each(|v| put_limbs(out, v.0));
}
fn put_g2(out: &mut Vec<u8>, point: &G2Affine) {
    [point.x.c0, point.x.c1, point.y.c0, point.y.c1].iter().for_each(|v| put_limbs(out, v.0));
}
fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&u32::try_from(count).expect("fewer than 2^32").to_le_bytes());
}
fn put_words(out: &mut Vec<u8>, count: usize, words: impl Iterator<Item = u32>) {
    put_count(out, count);
    words.for_each(|w| out.extend_from_slice(&w.to_le_bytes()));
}
fn put_query<G: AffineRepr>(out: &mut Vec<u8>, points: &[G], put: impl Fn(&mut Vec<u8>, &G)) {
    let at: Vec<u32> = (0u32..).zip(points).filter(|(_, p)| !p.is_zero()).map(|(i, _)| i).collect();
    put_count(out, points.len());
    put_words(out, at.len(), at.iter().copied());
    points.iter().filter(|p| !p.is_zero()).for_each(|p| put(out, p));
}

/// What a ready file holds.
pub struct Ready {
    pub head: KeyHead,
    pub points: Points,
    pub matrices: Matrices,
}

/// The digest that the header of the key's own file names, as a ready file's label has it, unchecked: tells a ready file that was made
/// of an older key. `None` where this is no ready file.
pub fn made_of(file: &[u8]) -> Option<Digest> {
    let label = file.get(..LABEL).filter(|l| l.starts_with(MAGIC))?;
    Some(Digest(label[30..62].try_into().expect("thirty-two bytes")))
}

impl Ready {
    /// Reads a file whose digest is one of `pins` or one that this program knows.
    ///
    /// # Errors
    /// [`ReadyError`].
    pub fn from_bytes(bytes: &[u8], pins: &[Digest]) -> Result<Self, ReadyError> {
        let not = ReadyError::NotReady;
        if bytes.len() as u64 > LIMIT {
            return Err(not("it is larger than 2 GiB"));
        }
        let (header, body) = bytes.split_at_checked(HEADER).ok_or(not("it is too short"))?;
        let label = &header[..LABEL];
        if &label[..8] != MAGIC {
            return Err(not("it does not begin with `MANDATER`"));
        }
        if label[8..10] != FORMAT.to_le_bytes() {
            return Err(not("its format is another"));
        }
        if label[10..12] != CIRCUIT_VERSION.to_le_bytes() {
            return Err(not("its circuit version is another"));
        }
        if label[LABEL - 8..] != (body.len() as u64).to_le_bytes() {
            return Err(not("its length is not the one its header names"));
        }
        let name = label[14..30].get(..usize::from(label[13])).and_then(|n| std::str::from_utf8(n).ok());
        let shape = name.and_then(Shape::by_name).ok_or(not("its shape does not exist"))?;
        let origin = match label[12] {
            0 => KeyOrigin::Development,
            1 => KeyOrigin::Ceremony,
            _ => return Err(not("its origin is neither development nor ceremony")),
        };
        let found = digest(label, body);
        if header[LABEL..] != found.0 {
            return Err(not("it is damaged: its digest is not the one its header names"));
        }
        if !pins.contains(&found) && !crate::known::is_known_ready(shape.name, found) {
            return Err(ReadyError::NotPinned(found));
        }
        // From here on nothing is anybody's bytes: they are the ones that were pinned.
        Reader { rest: body }.ready(origin, shape)
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

/// Places and points of one query.
struct Query<'a> {
    length: usize,
    at: &'a [u8],
    points: &'a [u8],
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("four bytes"))
}
fn limbs(bytes: &[u8]) -> BigInt<4> {
    let mut out = [0; 4];
    for (limb, bytes) in out.iter_mut().zip(bytes.chunks_exact(8)) {
        *limb = u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    }
    BigInt(out)
}
// Neither range nor curve is checked here, nor that coefficients are below the order: nobody gets this far with bytes whose digest was not
// pinned, and what has the pinned digest is what a full reading of the key wrote. `open` compares before anything is parsed.
fn fq(bytes: &[u8]) -> Fq {
    Fq::new_unchecked(limbs(bytes))
}
fn g1(bytes: &[u8]) -> G1Affine {
    G1Affine::new_unchecked(fq(&bytes[..32]), fq(&bytes[32..]))
}
fn g2(bytes: &[u8]) -> G2Affine {
    let pair = |b: &[u8]| Fq2::new(fq(&b[..32]), fq(&b[32..]));
    G2Affine::new_unchecked(pair(&bytes[..64]), pair(&bytes[64..]))
}

impl<'a> Query<'a> {
    /// All points, those at infinity in their places. `None` where a place is out of range.
    fn read<G: AffineRepr>(&self, point: fn(&[u8]) -> G) -> Option<Vec<G>> {
        let size = self.points.len().checked_div(self.at.len() / 4).unwrap_or(1);
        if self.at.len() / 4 == self.length {
            return Some(self.points.par_chunks_exact(size).map(point).collect());
        }
        let mut out = vec![G::zero(); self.length];
        for (at, bytes) in self.at.chunks_exact(4).zip(self.points.chunks_exact(size)) {
            *out.get_mut(word(at) as usize)? = point(bytes);
        }
        Some(out)
    }
}

const SHORT: ReadyError = ReadyError::NotReady("it was pinned, but it ends early or names what is not there");

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ReadyError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(SHORT)?;
        self.rest = rest;
        Ok(taken)
    }
    fn count(&mut self) -> Result<usize, ReadyError> {
        Ok(word(self.take(4)?) as usize)
    }
    fn words(&mut self, each: usize) -> Result<&'a [u8], ReadyError> {
        let count = self.count()?;
        self.take(count.checked_mul(each * 4).ok_or(SHORT)?)
    }
    fn query(&mut self, size: usize) -> Result<Query<'a>, ReadyError> {
        let length = self.count()?;
        let at = self.words(1)?;
        let points = self.take((at.len() / 4).checked_mul(size).ok_or(SHORT)?)?;
        // No query is longer than the largest domain that there are transforms for.
        if length > 1 << Fft::MAX_LOG {
            return Err(SHORT);
        }
        Ok(Query { length, at, points })
    }

    fn ready(mut self, origin: KeyOrigin, shape: &'static Shape) -> Result<Ready, ReadyError> {
        let alpha_g1 = g1(self.take(64)?);
        let [beta_g2, gamma_g2, delta_g2] = [self.take(128)?, self.take(128)?, self.take(128)?].map(g2);
        let inputs = self.query(64)?;
        let (beta_g1, delta_g1) = (g1(self.take(64)?), g1(self.take(64)?));
        let (a, b_g1, b_g2) = (self.query(64)?, self.query(64)?, self.query(128)?);
        let (l, h) = (self.query(64)?, self.query(64)?);
        let matrices = self.matrices()?;
        let count = InputLayout::of(shape).total;
        if !self.rest.is_empty() || !matrices.is_coherent() || matrices.inputs != count {
            return Err(SHORT);
        }
        let fixed = Fixed { alpha_g1, beta_g1, delta_g1, beta_g2, delta_g2 };
        // Both halves of a query, and all queries beside each other: this is most of the time of a start.
        let in_g1 = |query: &Query<'_>| {
            let points = query.read(g1)?;
            let (of_inputs, of_cells) = points.split_at_checked(count)?;
            Some(rayon::join(|| G1Bases::new(of_inputs), || G1Bases::new(of_cells)))
        };
        let in_g2 = |query: &Query<'_>| {
            let points = query.read(g2)?;
            let (of_inputs, of_cells) = points.split_at_checked(count)?;
            Some(rayon::join(|| G2Bases::new(of_inputs), || G2Bases::new(of_cells)))
        };
        let whole = |query: &Query<'_>| Some(G1Bases::new(&query.read(g1)?));
        let verifying = || {
            let points = ark_groth16::VerifyingKey {
                alpha_g1,
                beta_g2,
                gamma_g2,
                delta_g2,
                gamma_abc_g1: inputs.read(g1).ok_or(SHORT)?,
            };
            VerifyingKey::new(origin, shape, points).map_err(|e| ReadyError::Key(e.into()))
        };
        let (((a, b_g1), (b_g2, (l, h))), verifying) = rayon::join(
            || {
                rayon::join(
                    || rayon::join(|| in_g1(&a), || in_g1(&b_g1)),
                    || rayon::join(|| in_g2(&b_g2), || rayon::join(|| whole(&l), || whole(&h))),
                )
            },
            verifying,
        );
        let (input_a, a) = a.ok_or(SHORT)?;
        let (input_b_g1, b_g1) = b_g1.ok_or(SHORT)?;
        let (input_b_g2, b_g2) = b_g2.ok_or(SHORT)?;
        let (l, h) = (l.ok_or(SHORT)?, h.ok_or(SHORT)?);
        let cells = matrices.witnesses;
        let sizes = [a.len(), b_g1.len(), b_g2.len(), l.len(), h.len() + 1];
        if sizes != [cells, cells, cells, cells, matrices.domain()] {
            return Err(SHORT);
        }
        let points = Points { fixed, input_a, input_b_g1, input_b_g2, a, b_g1, b_g2, l, h };
        Ok(Ready { head: KeyHead { verifying: verifying?, vouched: true }, points, matrices })
    }

    fn matrices(&mut self) -> Result<Matrices, ReadyError> {
        let (inputs, witnesses) = (self.count()?, self.count()?);
        let coefficients = self.words(8)?.chunks_exact(32).map(|c| Fr::new_unchecked(limbs(c))).collect();
        let starts = self.words(1)?.chunks_exact(4).map(word).collect();
        let terms = self.words(2)?.chunks_exact(8).map(|t| [word(&t[..4]), word(&t[4..])]).collect();
        let rows = self.words(3)?.chunks_exact(12).map(|r| [0, 4, 8].map(|i| word(&r[i..i + 4]))).collect();
        Ok(Matrices { inputs, witnesses, coefficients, starts, terms, rows })
    }
}
