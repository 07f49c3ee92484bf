// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title The digests of the statement, as the Rust crate `mandate-statement` computes them.
/// @dev `test/vectors/digests.json` holds the same values for both languages.
library Digests {
    bytes32 internal constant CONTEXT_DOMAIN = keccak256("mandate/context/1");
    bytes32 internal constant RULES_DOMAIN = keccak256("mandate/rules/1");
    bytes32 internal constant ACCOUNTS_DOMAIN = keccak256("mandate/accounts/1");

    /// @dev No chain and no contract: one attestation serves every chain and every off-chain reader. It is
    /// `keccak256(abi.encode(keccak256("EIP712Domain(string name,string version)"), keccak256("mandate"), keccak256("1")))`,
    /// written out because the compiler would compute it for every signature; a test computes it.
    bytes32 internal constant ATTESTATION_DOMAIN =
        0x7f87aab54b5aeb0ae1f074b89fd1e164584ae1f497c919e25cb60648c1b550bf;
    bytes32 internal constant ATTESTATION_TYPE = keccak256(
        "AccountAttestation(bytes32 subject,bytes32 account,uint16 nettingSet,bytes32 universe,uint64 asOf,uint64 sequence,uint256 commitment)"
    );

    /// @notice What a proof is bound to beside the sheet and the commitments.
    struct Context {
        uint256 chainId;
        address registry;
        bytes32 subject;
        bytes32 key;
        bytes32 mandate;
        bytes32 risk;
        bytes32 accountSet;
        uint64 asOf;
        uint64 validUntil;
        uint64 epoch;
    }

    /// @notice What an attestor says of one account at one instant.
    struct Attestation {
        bytes32 subject;
        bytes32 account;
        uint16 nettingSet;
        bytes32 universe;
        uint64 asOf;
        uint64 sequence;
        uint256 commitment;
    }

    /// @notice Digest of a context: eleven words, `keccak256(abi.encode(CONTEXT_DOMAIN, c))`.
    function context(Context memory c) internal pure returns (bytes32) {
        uint256 m = contextFor(c.chainId, c.registry, c.key, c.mandate, c.risk, c.asOf);
        return contextOf(m, c.subject, c.accountSet, c.validUntil, c.epoch);
    }

    /// @notice What all contexts under one mandate and risk part have in common, in memory: the eleven words.
    function contextFor(
        uint256 chainId,
        address registry,
        bytes32 key,
        bytes32 mandate,
        bytes32 risk,
        uint256 asOf
    ) internal pure returns (uint256 m) {
        bytes32 domain = CONTEXT_DOMAIN;
        assembly ("memory-safe") {
            m := mload(0x40)
            mstore(m, domain)
            mstore(add(m, 0x20), chainId)
            mstore(add(m, 0x40), registry)
            mstore(add(m, 0x80), key)
            mstore(add(m, 0xa0), mandate)
            mstore(add(m, 0xc0), risk)
            mstore(add(m, 0x100), asOf)
            mstore(0x40, add(m, 0x160))
        }
    }

    /// @notice The digest of one of them, which `contextFor` prepared at `m`.
    function contextOf(uint256 m, bytes32 subject, bytes32 accountSet, uint256 validUntil, uint256 epoch)
        internal
        pure
        returns (bytes32 digest)
    {
        assembly ("memory-safe") {
            mstore(add(m, 0x60), subject)
            mstore(add(m, 0xe0), accountSet)
            mstore(add(m, 0x120), validUntil)
            mstore(add(m, 0x140), epoch)
            digest := keccak256(m, 0x160)
        }
    }

    /// @notice A digest as the circuit takes it: the top byte dropped, so it is below the field order.
    function field(bytes32 digest) internal pure returns (uint256) {
        return uint256(digest) & (type(uint256).max >> 8);
    }

    /// @notice Where the running digest of a rules part begins.
    function rulesStart(bytes32 shape, bytes32 model) internal pure returns (bytes32) {
        return keccak256(abi.encode(RULES_DOMAIN, shape, model));
    }

    /// @notice One step of it: a non-zero coefficient at its position.
    function rulesStep(bytes32 digest, uint32 position, int128 value) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(digest, position, value));
    }

    /// @notice Where the running digest of an account set begins.
    function accountsStart(bytes32 subject, uint64 version) internal pure returns (bytes32) {
        return keccak256(abi.encode(ACCOUNTS_DOMAIN, subject, version));
    }

    /// @notice One step of it: a declared account.
    function accountsStep(bytes32 digest, uint16 nettingSet, bytes32 account, address attestor, uint8 grade)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(digest, nettingSet, account, attestor, grade));
    }

    /// @notice The EIP-712 digest that an attestor signs.
    function attestation(Attestation memory a) internal pure returns (bytes32) {
        uint256 m = attestationFor(a.subject, a.universe, a.asOf);
        return attestationOf(m, a.account, a.nettingSet, a.sequence, a.commitment);
    }

    /// @notice What all attestations of a subject at an instant have in common, in memory: type and fields, then `0x1901`,
    /// the domain and the digest of the fields.
    function attestationFor(bytes32 subject, bytes32 universe, uint256 asOf)
        internal
        pure
        returns (uint256 m)
    {
        bytes32 domain = ATTESTATION_DOMAIN;
        bytes32 kind = ATTESTATION_TYPE;
        assembly ("memory-safe") {
            m := mload(0x40)
            mstore(m, kind)
            mstore(add(m, 0x20), subject)
            mstore(add(m, 0x80), universe)
            mstore(add(m, 0xa0), asOf)
            mstore(add(m, 0x100), hex"1901")
            mstore(add(m, 0x102), domain)
            mstore(0x40, add(m, 0x160))
        }
    }

    /// @notice The digest of one of them, which `attestationFor` prepared at `m`.
    function attestationOf(
        uint256 m,
        bytes32 account,
        uint256 nettingSet,
        uint256 sequence,
        uint256 commitment
    ) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            mstore(add(m, 0x40), account)
            mstore(add(m, 0x60), nettingSet)
            mstore(add(m, 0xc0), sequence)
            mstore(add(m, 0xe0), commitment)
            mstore(add(m, 0x122), keccak256(m, 0x100))
            digest := keccak256(add(m, 0x100), 0x42)
        }
    }

    /// @notice `keccak256(abi.encode(a, b, c))`.
    function three(bytes32 a, bytes32 b, bytes32 c) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, a)
            mstore(add(m, 0x20), b)
            mstore(add(m, 0x40), c)
            digest := keccak256(m, 0x60)
        }
    }

    /// @notice Leaf of the tree over a risk part's computation: a chunk of 32 integers and the sum after it.
    function traceLeaf(uint32 chunk, uint256 x, uint256 y, bytes32 values) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(2), chunk, x, y, values));
    }

    /// @notice The node that a path leads to from `node` at place `index`; and what is left of the index, zero where the path
    /// was long enough.
    function climb(bytes32 node, uint256 index, bytes32[] calldata path)
        internal
        pure
        returns (bytes32, uint256)
    {
        for (uint256 i = 0; i < path.length; ++i) {
            node = index & 1 == 0 ? icNode(node, path[i]) : icNode(path[i], node);
            index >>= 1;
        }
        return (node, index);
    }

    /// @notice Leaf of the tree over a key's rules points.
    function icLeaf(uint32 position, uint256 x, uint256 y) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(0), position, x, y));
    }

    /// @notice Inner node of it.
    function icNode(bytes32 left, bytes32 right) internal pure returns (bytes32 node) {
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore8(m, 1)
            mstore(add(m, 1), left)
            mstore(add(m, 33), right)
            node := keccak256(m, 65)
        }
    }
}
