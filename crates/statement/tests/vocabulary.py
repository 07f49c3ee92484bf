"""The digests that vocabulary.rs holds the crate to, computed by other code: Keccak from `pycryptodome`, the EIP-712
encoding written out, the signature by `eth-account`.

    pip install pycryptodome eth-account
    python3 crates/statement/tests/vocabulary.py
"""

from Crypto.Hash import keccak as _keccak
from eth_account import Account
from eth_account.messages import encode_typed_data


def keccak(data):
    return _keccak.new(digest_bits=256, data=data).digest()


def word(value):
    return value.to_bytes(32, "big")


def fill(byte):
    return bytes([byte]) * 32


REGISTRY = bytes(range(1, 21))
SUBJECT, ACCOUNT, UNIVERSE, COMMITMENT = fill(0x11), fill(0x22), fill(0x33), b"\x04" + fill(0x44)[1:]
KEY = bytes.fromhex("4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318")


def context():
    parts = [keccak(b"mandate/context/1"), word(8453), b"\0" * 12 + REGISTRY]
    parts += [fill(b) for b in (0xA1, 0xA2, 0xA3, 0xA4, 0xA5)]
    parts += [word(1_700_000_000), word(1_700_086_400), word(42)]
    return keccak(b"".join(parts))


def signing_hash():
    domain = keccak(
        keccak(b"EIP712Domain(string name,string version)") + keccak(b"mandate") + keccak(b"1")
    )
    kind = keccak(
        b"AccountAttestation(bytes32 subject,bytes32 account,uint16 nettingSet,bytes32 universe,uint64 asOf,"
        b"uint64 sequence,uint256 commitment)"
    )
    message = keccak(
        kind + SUBJECT + ACCOUNT + word(3) + UNIVERSE + word(1_700_000_000) + word(9) + COMMITMENT
    )
    return keccak(b"\x19\x01" + domain + message)


def signature():
    data = {
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "version", "type": "string"}],
            "AccountAttestation": [
                {"name": "subject", "type": "bytes32"},
                {"name": "account", "type": "bytes32"},
                {"name": "nettingSet", "type": "uint16"},
                {"name": "universe", "type": "bytes32"},
                {"name": "asOf", "type": "uint64"},
                {"name": "sequence", "type": "uint64"},
                {"name": "commitment", "type": "uint256"},
            ],
        },
        "primaryType": "AccountAttestation",
        "domain": {"name": "mandate", "version": "1"},
        "message": {
            "subject": SUBJECT,
            "account": ACCOUNT,
            "nettingSet": 3,
            "universe": UNIVERSE,
            "asOf": 1_700_000_000,
            "sequence": 9,
            "commitment": int.from_bytes(COMMITMENT, "big"),
        },
    }
    signed = Account.sign_message(encode_typed_data(full_message=data), KEY)
    assert signed.message_hash == signing_hash()
    return Account.from_key(KEY).address, signed.signature


def account_set():
    digest = keccak(keccak(b"mandate/accounts/1") + SUBJECT + word(7))
    for index, account, attestor, grade in [(0, fill(0x51), fill(0x61), 3), (2, fill(0x52), fill(0x62), 1)]:
        digest = keccak(digest + word(index) + account + b"\0" * 12 + attestor[:20] + word(grade))
    return digest


def rules():
    digest = keccak(keccak(b"mandate/rules/1") + keccak(b"t32") + keccak(b"crypto-usd/1"))
    for position, value in [(0, 5), (7, -1), (2442, -(1 << 100))]:
        digest = keccak(digest + position.to_bytes(4, "big") + value.to_bytes(16, "big", signed=True))
    return digest


if __name__ == "__main__":
    print("context  ", context().hex())
    print("signing  ", signing_hash().hex())
    address, signed = signature()
    print("address  ", address.lower())
    print("signature", signed.hex())
    print("accounts ", account_set().hex())
    print("rules    ", rules().hex())
    print("keccak   ", keccak(b"mandate").hex())
