//! Digests, signatures, keys and proofs that Rust and Solidity must agree on: `contracts/test/vectors/*.json`.
//!
//! With `MANDATE_BLESS=1` the files are written anew; a changed file means that old proofs verify no more.
#![allow(missing_docs)]

mod support;

use mandate_chain::{Deployment, Publication, SigningKey, Spot, Trace, Use, mandate_id};
use mandate_statement::{AccountEntry, AccountSet, Attestation, AttestorGrade, Context, Digest, keccak};
use serde_json::{Value, json};
use support::*;

fn compare(name: &str, fresh: &Value) {
    let path = repository().join("contracts/test/vectors").join(name);
    let text = serde_json::to_string_pretty(fresh).unwrap() + "\n";
    if std::env::var_os("MANDATE_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let stored = std::fs::read_to_string(&path).unwrap();
    assert_eq!(stored, text, "{} differs; MANDATE_BLESS=1 writes it anew", path.display());
}

fn bytes(b: &[u8]) -> String {
    format!("0x{}", hex::encode(b))
}

fn context() -> Context {
    Context {
        chain_id: 31337,
        registry: [0x11; 20],
        subject: keccak(b"subject"),
        key: keccak(b"key"),
        mandate: keccak(b"mandate"),
        risk: keccak(b"risk"),
        account_set: keccak(b"account set"),
        as_of: 1_770_000_000,
        valid_until: 1_770_086_400,
        epoch: u64::MAX,
    }
}

#[test]
fn digests() {
    let c = context();
    let rules = rules();
    let (positions, values): (Vec<u32>, Vec<String>) =
        rules.entries().map(|(p, v)| (p, v.to_string())).unzip();
    let key = keccak(b"an attestor's key").0;
    let attestor = SigningKey::from_bytes(&key).unwrap().address();
    let set = AccountSet {
        subject: keccak(b"subject"),
        version: 3,
        entries: vec![
            AccountEntry { netting_set: 0, account: keccak(b"a"), attestor, grade: AttestorGrade::Venue },
            AccountEntry {
                netting_set: 2,
                account: keccak(b"b"),
                attestor: [0xbb; 20],
                grade: AttestorGrade::SelfAttested,
            },
        ],
    };
    let attestation = Attestation {
        subject: keccak(b"subject"),
        account: keccak(b"a"),
        netting_set: 2,
        universe: keccak(b"universe"),
        as_of: 1_770_000_000,
        sequence: 9,
        commitment: Digest(keccak(b"commitment").field_bytes()),
    };
    let signed = sign(attestation, &key);
    assert_eq!(signed.signer(), Some(attestor));
    let fresh = json!({
        "context": {
            "chainId": c.chain_id, "registry": bytes(&c.registry), "subject": c.subject, "key": c.key,
            "mandate": c.mandate, "risk": c.risk, "accountSet": c.account_set, "asOf": c.as_of,
            "validUntil": c.valid_until, "epoch": c.epoch.to_string(),
            "digest": c.digest(), "field": bytes(&c.digest().field_bytes()),
        },
        "rules": {
            "model": rules.model, "shape": rules.shape, "positions": positions, "values": values,
            "digest": rules.digest(),
        },
        "accounts": {
            "subject": set.subject, "version": set.version,
            "nettingSets": set.entries.iter().map(|e| e.netting_set).collect::<Vec<_>>(),
            "accounts": set.entries.iter().map(|e| e.account).collect::<Vec<_>>(),
            "attestors": set.entries.iter().map(|e| bytes(&e.attestor)).collect::<Vec<_>>(),
            "grades": set.entries.iter().map(|e| e.grade as u8).collect::<Vec<_>>(),
            "digest": set.digest(),
        },
        "attestation": {
            "subject": attestation.subject, "account": attestation.account,
            "nettingSet": attestation.netting_set, "universe": attestation.universe,
            "asOf": attestation.as_of, "sequence": attestation.sequence, "commitment": attestation.commitment,
            "signingHash": attestation.signing_hash(), "signature": bytes(&signed.signature),
            "signer": bytes(&attestor),
        },
    });
    compare("digests.json", &fresh);
}

/// A key, its id and a proof by arkworks' arithmetic: pins the order of second-field words and the tree.
#[test]
fn groth16() {
    let key = key();
    let (rules, risk) = (rules(), risk(1_770_000_000));
    let sheet = rules_scalar(&rules) + risk_scalar(&risk);
    let commitments =
        [Digest(keccak(b"c0").field_bytes()), Digest::default(), Digest(keccak(b"c2").field_bytes())];
    let proof = prove(sheet, &context().digest(), &commitments, 0);
    let last = key.coefficients(&rules).unwrap().pop().unwrap();
    let fresh = json!({
        "head": bytes(&key.head()),
        "keyId": key.id(),
        "rules": key.parts().rules,
        "sheet": g1(sheet),
        "context": bytes(&context().digest().field_bytes()),
        "commitments": commitments,
        "proof": proof.0,
        "leaf": {
            "position": last.position, "point": last.point,
            "path": last.path, "root": key.root(),
        },
    });
    compare("groth16.json", &fresh);
}

/// Everything about a risk part that both sides compute: what its quorum signs, its ids, its spots, a step of its trace.
#[test]
fn risk_parts() {
    let (key, risk, rules) = (key(), risk(1_770_000_000), rules());
    let at = Deployment {
        chain_id: 11_155_111,
        keys: [1; 20],
        verifier: [2; 20],
        mandates: [3; 20],
        risks: [0x44; 20],
        beacon: [5; 20],
        compliance: [6; 20],
    };
    let spot = |name: &str, price, decimals| Spot { asset: keccak(name.as_bytes()), price, decimals };
    let spots = vec![spot("BTC", 6_012_345_678, 5), spot("ETH", u128::MAX, 18), spot("USDC", 1, 0)];
    // Every integer at or near its type's end somewhere, so that a cast too narrow shows.
    let usable = Use { from: 1_770_003_600, to: u64::MAX, quorum: u64::MAX - 1 };
    let p = Publication::of(&risk, &key, spots, usable).unwrap();
    let member = SigningKey::from_bytes(&keccak(b"a member's key").0).unwrap();
    let signed = p.sign(&at, &member).unwrap();
    let trace = Trace::new(&key, &risk).unwrap();
    // A step in the middle: neither its sum nor a sibling is padding.
    let chunk = trace.chunks() / 2;
    let place = chunk as usize;
    let step = json!({
        "chunk": chunk,
        "sum": trace.sums[place],
        "values": trace.values[place].iter().map(|v| bytes(&v.to_be_bytes::<32>())).collect::<Vec<_>>(),
        "path": trace.tree().path(0, place).unwrap(),
        "root": trace.tree().root(),
    });
    let fresh = json!({
        "chainId": at.chain_id, "registry": bytes(&at.risks),
        "publication": {
            "risk": p.risk, "universe": p.universe, "snapshot": p.snapshot, "model": p.model, "keyId": p.key,
            "point": p.point, "trace": p.trace, "chunks": p.chunks, "semantics": p.semantics,
            "asOf": p.as_of, "usableFrom": p.usable_from, "usableTo": p.usable_to.to_string(),
            "quorum": p.quorum.to_string(),
            "signingHash": p.signing_hash(&at), "signer": bytes(&signed.signer),
            "signature": bytes(&signed.signature), "riskId": p.id(),
        },
        "spots": {
            "assets": p.spots.iter().map(|s| s.asset).collect::<Vec<_>>(),
            "prices": p.spots.iter().map(|s| s.price.to_string()).collect::<Vec<_>>(),
            "decimals": p.spots.iter().map(|s| s.decimals).collect::<Vec<_>>(),
        },
        "mandate": { "digest": rules.digest(), "keyId": key.id(), "id": mandate_id(&rules.digest(), &key.id()) },
        "step": step,
    });
    compare("risk.json", &fresh);
}
