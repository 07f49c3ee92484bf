//! A proving key that somebody altered is refused, or at least not vouched for: proofs under it could tell about the book.

use mandate_circuits::r1cs::relation;
use mandate_prover::{ProvingKey, ProvingKeyError, is_known_ready, ready_file};
use mandate_statement::{Digest, Shape, keccak};

/// What the command line makes development keys from where nothing else is said.
const SEED: &str = "mandate development key";
const HEADER: usize = 68;
const G1: usize = 64;

fn development(name: &str, seed: &str) -> ProvingKey {
    let shape = Shape::by_name(name).expect("a default shape");
    ProvingKey::development(shape, &relation(shape), seed).expect("a setup")
}

/// The file with its points changed and its digest made right again.
fn altered(file: &[u8], change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut out = file.to_vec();
    change(&mut out[HEADER..]);
    let mut bytes = keccak(&out[HEADER..]).0.to_vec();
    bytes.extend_from_slice(&out[..36]);
    let digest = keccak(&bytes);
    out[36..HEADER].copy_from_slice(&digest.0);
    out
}

/// Where `beta_g1` lies among the points: after alpha, three points of G2, and one point per input with their number.
fn beta_g1(key: &ProvingKey) -> usize {
    G1 + 3 * 128 + 8 + G1 * key.verifying().points.gamma_abc_g1.len()
}

fn infinity(point: &mut [u8]) {
    point.fill(0);
    *point.last_mut().expect("64 bytes") = 0x40;
}

/// With `beta_g1` and `delta_g1` at infinity (and the query in G1 that goes with them) proofs verify, and `r` blinds nothing.
#[test]
fn a_key_that_takes_the_blinding_off_is_refused() {
    let key = development("t32", SEED);
    let (file, at) = (key.to_bytes(), beta_g1(&key));
    let read = |bytes: &[u8]| ProvingKey::from_bytes(bytes).map(|k| k.is_vouched_for());
    assert!(matches!(read(&file), Ok(true)), "the key of the default seed is known");
    for (name, from, to) in
        [("beta_g1", at, at + G1), ("delta_g1", at + G1, at + 2 * G1), ("beta_g1", at, at + 2 * G1)]
    {
        let gone = altered(&file, |points| points[from..to].chunks_mut(G1).for_each(infinity));
        assert!(matches!(read(&gone), Err(ProvingKeyError::Altered(what)) if what == name), "{name} gone");
    }
    // Another point of the curve in place of each.
    let swapped = altered(&file, |points| {
        let (beta, delta) = points[at..at + 2 * G1].split_at_mut(G1);
        beta.swap_with_slice(delta);
    });
    assert!(matches!(read(&swapped), Err(ProvingKeyError::Altered("delta_g1 over beta_g1"))));
}

/// A point of one cell altered: nothing but the digest of the whole key shows it.
#[test]
fn a_key_with_one_other_point_is_not_vouched_for() {
    let key = development("t32", SEED);
    let (file, at) = (key.to_bytes(), beta_g1(&key) + 2 * G1 + 8);
    for cell in [1, 3_600, 40_000] {
        let other = altered(&file, |points| {
            let (a, b) = (at + cell * G1, at + (cell + 1) * G1);
            let (here, next) = points[a..b + G1].split_at_mut(G1);
            here.copy_from_slice(next);
        });
        if other == file {
            continue; // two cells of one value, both points at infinity
        }
        let read = ProvingKey::from_bytes(&other).expect("points of the curve");
        assert!(!read.is_vouched_for(), "cell {cell}");
    }
    let own = ProvingKey::from_bytes(&development("t32", "another seed").to_bytes()).expect("a key");
    assert!(!own.is_vouched_for(), "a seed that this program does not know");
}

/// Shapes whose default key is known made ready, too. That of `o2048` is not: it is read from the key itself.
const READY: [&str; 5] = ["t32", "r64", "s256", "m1024", "l4096"];

fn is_known(name: &str) {
    let file = development(name, SEED).to_bytes();
    let key = ProvingKey::from_bytes(&file).expect("a key");
    let digest: Vec<String> = file[36..HEADER].iter().map(|b| format!("{b:02x}")).collect();
    assert!(key.is_vouched_for(), "crates/prover/src/known.rs: the key of {name} is {}", digest.concat());
    if !READY.contains(&name) {
        return;
    }
    let (_, ready) = ready_file(&key, &relation(key.verifying().shape)).expect("the key of this relation");
    assert!(
        is_known_ready(name, ready),
        "crates/prover/src/known.rs: the key of {name} made ready is {ready}"
    );
    assert!(!is_known_ready("t33", ready) && !is_known_ready(name, Digest::default()));
}

#[test]
fn keys_of_the_default_seed_are_known() {
    for name in ["t32", "r64", "s256"] {
        is_known(name);
    }
}

#[test]
#[ignore = "a minute and 1.4 GB; run it when the circuit changes, with --ignored"]
fn the_larger_keys_of_the_default_seed_are_known() {
    is_known("m1024");
    is_known("l4096");
    is_known("o2048");
}
