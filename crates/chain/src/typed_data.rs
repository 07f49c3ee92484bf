//! What a member of the quorum signs, as wallets take it: `eth_signTypedData_v4`.

use crate::registries::Deployment;
use crate::risk::Publication;
use serde_json::{Value, json};

/// Fields of the signed struct in their order, as `IRiskRegistry.Publication` has them.
const FIELDS: [(&str, &str); 15] = [
    ("risk", "bytes32"),
    ("universe", "bytes32"),
    ("snapshot", "bytes32"),
    ("model", "bytes32"),
    ("keyId", "bytes32"),
    ("x", "uint256"),
    ("y", "uint256"),
    ("trace", "bytes32"),
    ("chunks", "uint32"),
    ("semantics", "uint32"),
    ("spots", "bytes32"),
    ("asOf", "uint64"),
    ("usableFrom", "uint64"),
    ("usableTo", "uint64"),
    ("quorum", "uint64"),
];

impl Publication {
    /// The typed data whose hash is [`Publication::signing_hash`], for a wallet that signs it elsewhere. Numbers are decimal
    /// text, so that no reader rounds them.
    pub fn typed_data(&self, at: &Deployment) -> Value {
        let p = self.abi();
        let fields = |list: &[(&str, &str)]| -> Vec<Value> {
            list.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect()
        };
        let domain = [
            ("name", "string"),
            ("version", "string"),
            ("chainId", "uint256"),
            ("verifyingContract", "address"),
        ];
        json!({
            "types": { "EIP712Domain": fields(&domain), "Publication": fields(&FIELDS) },
            "primaryType": "Publication",
            "domain": {
                "name": "mandate risk",
                "version": "2",
                "chainId": at.chain_id,
                "verifyingContract": format!("0x{}", hex::encode(at.risks)),
            },
            "message": {
                "risk": p.risk.to_string(),
                "universe": p.universe.to_string(),
                "snapshot": p.snapshot.to_string(),
                "model": p.model.to_string(),
                "keyId": p.keyId.to_string(),
                "x": p.x.to_string(),
                "y": p.y.to_string(),
                "trace": p.trace.to_string(),
                "chunks": p.chunks.to_string(),
                "semantics": p.semantics.to_string(),
                "spots": p.spots.to_string(),
                "asOf": p.asOf.to_string(),
                "usableFrom": p.usableFrom.to_string(),
                "usableTo": p.usableTo.to_string(),
                "quorum": p.quorum.to_string(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::Spot;
    use alloy::primitives::U256;
    use mandate_statement::{Digest, keccak};

    /// EIP-712 by the book, from the JSON alone.
    fn hash(data: &Value) -> Digest {
        let word = |kind: &str, value: &Value| -> Vec<u8> {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match kind {
                "string" => keccak(text.as_bytes()).0.to_vec(),
                "address" => [vec![0; 12], hex::decode(&text[2..]).unwrap()].concat(),
                "bytes32" => hex::decode(&text[2..]).unwrap(),
                _ => text.parse::<U256>().unwrap().to_be_bytes::<32>().to_vec(),
            }
        };
        let of = |name: &str, values: &Value| -> Digest {
            let fields = data["types"][name].as_array().unwrap();
            let pair =
                |f: &Value| (f["type"].as_str().unwrap().to_owned(), f["name"].as_str().unwrap().to_owned());
            let fields: Vec<(String, String)> = fields.iter().map(pair).collect();
            let list: Vec<String> = fields.iter().map(|(kind, name)| format!("{kind} {name}")).collect();
            let mut words = keccak(format!("{name}({})", list.join(",")).as_bytes()).0.to_vec();
            fields.iter().for_each(|(kind, name)| words.extend(word(kind, &values[name])));
            keccak(&words)
        };
        let domain = of("EIP712Domain", &data["domain"]);
        let message = of(data["primaryType"].as_str().unwrap(), &data["message"]);
        keccak(&[&[0x19, 1][..], &domain.0, &message.0].concat())
    }

    #[test]
    fn a_wallet_signs_what_the_contract_asks_for() {
        let at = Deployment {
            chain_id: 11_155_111,
            keys: [1; 20],
            verifier: [2; 20],
            mandates: [3; 20],
            risks: [4; 20],
            beacon: [5; 20],
            compliance: [6; 20],
        };
        let publication = Publication {
            risk: keccak(b"risk"),
            universe: keccak(b"universe"),
            snapshot: keccak(b"snapshot"),
            model: "crypto-usd/1".into(),
            key: keccak(b"key"),
            point: [U256::from(7), U256::MAX],
            trace: keccak(b"trace"),
            chunks: 12,
            semantics: 1,
            spots: vec![Spot { asset: keccak(b"BTC"), price: u128::MAX, decimals: 8 }],
            as_of: 1_790_000_000,
            usable_from: 1_790_003_600,
            usable_to: u64::MAX,
            quorum: 3,
        };
        assert_eq!(hash(&publication.typed_data(&at)), publication.signing_hash(&at));
    }
}
