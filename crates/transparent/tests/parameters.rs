//! The parameters are what the hash gives, and the digests that a cache is held to are theirs.

use mandate_transparent::{Parameters, ParametersError};

fn derived(k: u32) {
    let parameters = Parameters::derive(k);
    let bytes = parameters.to_bytes();
    assert_eq!(bytes.len(), Parameters::length(k));
    match Parameters::from_bytes(k, &bytes) {
        Ok(read) => assert_eq!(read.k(), k),
        Err(why) => panic!("{why}"),
    }
    let mut other = bytes;
    let last = other.len() - 1;
    other[last] ^= 1;
    assert!(matches!(Parameters::from_bytes(k, &other), Err(ParametersError::Other { .. })));
}

#[test]
fn the_small_ones() {
    derived(9);
    derived(10);
}

#[test]
#[ignore = "hashes 30,720 points to the curve, half a minute or more; run it when a pinned digest changes"]
fn the_large_ones() {
    (11..=14).for_each(derived);
}
