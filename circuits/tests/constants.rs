//! Poseidon's constants are those of the published generator: digests by `constants.py`, which shares no code with the product.
//! The circuit and the native hash read the same table, so that they agree says nothing about it.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use light_poseidon::parameters::bn254_x5::get_poseidon_parameters;
use mandate_statement::keccak;

#[test]
fn constants_are_the_published_ones() {
    for (width, partial, digest) in [
        (5u8, 60, "0xad18383c02971dc88b87575f735d6b9cd648fbfd6c2fc36ee722485ce2c5f5c4"),
        (9, 63, "0x0854546648c0a63565110461d01452fe11364cbccb671289acde1117de64bfe6"),
    ] {
        let p = get_poseidon_parameters::<Fr>(width).expect("a width of circom's");
        assert_eq!((p.full_rounds, p.partial_rounds, p.alpha), (8, partial, 5), "width {width}");
        let all = p.ark.iter().chain(p.mds.iter().flatten());
        let bytes: Vec<u8> = all.flat_map(|c| c.into_bigint().to_bytes_be()).collect();
        assert_eq!(keccak(&bytes).to_string(), digest, "width {width}");
    }
}
