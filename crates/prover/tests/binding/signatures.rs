//! Signatures of attestors: one spelling each, and the domain and type that they are over.

use crate::common::{bundle, check, sign, story};
use mandate_statement::{Attestation, Digest, keccak};
use mandate_verifier::VerifyError;

/// Order of secp256k1, big-endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba,
    0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// `a - b`, big-endian.
fn minus(a: &[u8; 32], b: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let mut borrow = 0i16;
    for i in (0..32).rev() {
        let digit = i16::from(a[i]) - i16::from(b[i]) - borrow;
        borrow = i16::from(digit < 0);
        out[i] = u8::try_from(digit.rem_euclid(256)).unwrap();
    }
    out
}

fn refused(signature: Vec<u8>) -> bool {
    let mut bad = bundle().clone();
    bad.attestations[0].signature = signature;
    matches!(check(&bad), Err(VerifyError::Signature { account: 0, .. }))
}

/// Bound: the one spelling of a signature. Its malleable twin (`n - s`, the other `v`) is a valid signature by the same key, and is
/// refused; so are zero, the order and more in `r` and `s`, every other `v`, and every other length.
#[test]
fn a_signature_has_one_spelling() {
    let good = bundle().attestations[0].signature.clone();
    assert_eq!(good.len(), 65);
    let mut twin = good.clone();
    twin[32..64].copy_from_slice(&minus(&ORDER, &good[32..64]));
    twin[64] ^= 27 ^ 28;
    // It is a valid one: whoever does not look at `s` recovers the attestor from it.
    let recovered = alloy_signer::Signature::from_raw(&twin)
        .unwrap()
        .recover_address_from_prehash(&bundle().attestations[0].attestation.signing_hash().0.into())
        .unwrap();
    assert_eq!(recovered.into_array(), story().accounts.entries[0].attestor);
    assert!(refused(twin), "the malleable twin");
    for v in (0..=255).filter(|v| *v != good[64]) {
        let mut bad = good.clone();
        bad[64] = v;
        assert!(refused(bad), "v = {v}");
    }
    for part in [0..32, 32..64] {
        for value in [[0; 32], ORDER, [0xff; 32], minus(&ORDER, &[[0; 31].as_slice(), &[1]].concat())] {
            let mut bad = good.clone();
            bad[part.clone()].copy_from_slice(&value);
            assert!(refused(bad), "{part:?}");
        }
    }
    for length in (0..65).chain([66, 96, 130]) {
        let mut bad = good.clone();
        bad.resize(length, 0);
        assert!(refused(bad), "{length} bytes");
    }
    // Sixty-four bytes with the parity in the top bit of `s` (EIP-2098) are another spelling.
    let mut compact = good[..64].to_vec();
    compact[32] |= (good[64] - 27) << 7;
    assert!(refused(compact), "the compact form");
}

fn word(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out[32 - bytes.len()..].copy_from_slice(bytes);
    out
}

/// The EIP-712 digest, written out from the standard.
fn eip712(domain: &str, name: &str, version: &str, kind: &str, a: &Attestation) -> Digest {
    let hash = |parts: &[[u8; 32]]| keccak(&parts.concat()).0;
    let separator =
        hash(&[keccak(domain.as_bytes()).0, keccak(name.as_bytes()).0, keccak(version.as_bytes()).0]);
    let message = hash(&[
        keccak(kind.as_bytes()).0,
        a.subject.0,
        a.account.0,
        word(&a.netting_set.to_be_bytes()),
        a.universe.0,
        word(&a.as_of.to_be_bytes()),
        word(&a.sequence.to_be_bytes()),
        a.commitment.0,
    ]);
    keccak(&[&[0x19, 0x01], separator.as_slice(), message.as_slice()].concat())
}

/// Bound: name and version of the EIP-712 domain, the type of the message, and that the domain has nothing else in it (no chain and
/// no contract, on purpose). A signature over any other reading of the same fields is refused.
#[test]
fn the_domain_and_type_of_a_signature_are_bound() {
    use alloy_signer::SignerSync;
    const DOMAIN: &str = "EIP712Domain(string name,string version)";
    const KIND: &str = "AccountAttestation(bytes32 subject,bytes32 account,uint16 nettingSet,bytes32 universe,uint64 asOf,\
                        uint64 sequence,uint256 commitment)";
    let said = bundle().attestations[0].attestation;
    assert_eq!(eip712(DOMAIN, "mandate", "1", KIND, &said), said.signing_hash());
    let mut seed = [1u8; 32];
    seed[31] = 1;
    let signer = alloy_signer_local::PrivateKeySigner::from_bytes(&seed.into()).unwrap();
    let mut bad = bundle().clone();
    for (name, digest) in [
        ("domain name", eip712(DOMAIN, "mandates", "1", KIND, &said)),
        ("domain version", eip712(DOMAIN, "mandate", "2", KIND, &said)),
        ("domain type", eip712("EIP712Domain(string version,string name)", "mandate", "1", KIND, &said)),
        ("message type", eip712(DOMAIN, "mandate", "1", &KIND.replace("uint256", "bytes32"), &said)),
        ("no domain", keccak(&said.commitment.0)),
    ] {
        bad.attestations[0].signature = signer.sign_hash_sync(&digest.0.into()).unwrap().as_bytes().to_vec();
        assert!(matches!(check(&bad), Err(VerifyError::Signature { .. })), "{name}");
    }
    // A message that a wallet signs as text begins with another byte, and can never be an attestation.
    let text = signer.sign_message_sync(&said.signing_hash().0).unwrap().as_bytes().to_vec();
    bad.attestations[0].signature = text;
    assert!(matches!(check(&bad), Err(VerifyError::Signature { .. })));
    bad.attestations[0].signature = sign(0, &said);
    assert!(check(&bad).is_ok());
}
