// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title The digests of the statement, as the Rust crate `mandate-statement` computes them.
/// @dev `test/vectors/digests.json` holds the same values for both languages.
library Digests {
    bytes32 internal constant CONTEXT_DOMAIN = keccak256("mandate/context/1");
    bytes32 internal constant RULES_DOMAIN = keccak256("mandate/rules/1");
    bytes32 internal constant ACCOUNTS_DOMAIN = keccak256("mandate/accounts/1");

    /// @dev No chain and no contract: one attestation serves every chain and every off-chain reader.
    bytes32 internal constant ATTESTATION_DOMAIN = keccak256(
        abi.encode(
            keccak256("EIP712Domain(string name,string version)"), keccak256("mandate"), keccak256("1")
        )
    );
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

    /// @notice Digest of a context: eleven words.
    function context(Context memory c) internal pure returns (bytes32) {
        return keccak256(abi.encode(CONTEXT_DOMAIN, c));
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
        return keccak256(
            abi.encodePacked(hex"1901", ATTESTATION_DOMAIN, keccak256(abi.encode(ATTESTATION_TYPE, a)))
        );
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
