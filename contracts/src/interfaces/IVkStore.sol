// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Verifying keys, kept as code.
/// @dev The id of a key is the digest of all that the chain needs of it (see `contracts/README.md`, "Key head").
/// Anyone may store a key: its id says all about it, and a mandate names the id it is written for.
interface IVkStore {
    /// @notice What is known of a key without reading its points.
    struct Info {
        /// Address whose code is `0x00 || head`.
        address pointer;
        /// Account commitments among its inputs.
        uint16 accounts;
        uint16 circuitVersion;
        /// 0 = development (its secrets are known), 1 = ceremony.
        uint8 origin;
        /// How many of the sheet's points belong to rules coefficients: the first ones.
        uint32 rules;
        /// Root of the tree over all of the sheet's points.
        bytes32 sheetRoot;
        /// Keccak-256 of the shape's name.
        bytes32 shape;
    }

    event KeyStored(
        bytes32 indexed keyId, address pointer, uint16 accounts, uint16 circuitVersion, uint8 origin
    );

    /// @notice A key head of this length belongs to no shape.
    error HeadLength(uint256 length);
    /// @notice The head hashes to `found`, not to the id it was announced with.
    error KeyIdMismatch(bytes32 announced, bytes32 found);
    /// @notice Whoever made a development key can prove anything with it: local chains only.
    error DevelopmentKey(uint256 chainId);
    /// @notice Origin is neither 0 nor 1.
    error UnknownOrigin(uint8 origin);
    /// @notice A G1 point (alpha is 0, then the inputs' points from 1) is off the curve or infinity.
    error BadG1(uint256 index);
    /// @notice Beta, gamma or delta is infinity, off the curve or outside the subgroup; or gamma equals delta.
    error BadG2();
    /// @notice The key names no rules points, or no tree over them.
    error NoSheet();
    error AlreadyStored(bytes32 keyId);
    error UnknownKey(bytes32 keyId);

    /// @notice Checks every point of a key and stores it.
    function write(bytes32 keyId, bytes calldata head) external returns (address pointer);

    /// @notice What is known of a key. Reverts with `UnknownKey` where it was never stored.
    function info(bytes32 keyId) external view returns (Info memory);

    /// @notice Whether a key is stored.
    function has(bytes32 keyId) external view returns (bool);
}
