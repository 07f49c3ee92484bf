// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Mandates whose sheet points were computed here, from the integers: limits need nobody's signature.
/// @dev A mandate's id is `keccak256(abi.encode(rules digest, key id))`, and never changes its meaning.
/// Registration takes several transactions: `begin`, `append` as often as needed, `finish`.
interface IMandateRegistry {
    /// @notice A non-zero coefficient of the rules part with the key's point for its position.
    struct Entry {
        /// Index among the rules coefficients, strictly growing over all entries of a mandate.
        uint32 position;
        int128 value;
        uint256 x;
        uint256 y;
        /// Siblings from the leaf to the key's `sheetRoot`.
        bytes32[] path;
    }

    /// @notice What governance decides about a mandate beside its integers.
    struct Terms {
        bytes32 keyId;
        /// The shape's name; its hash must be the key's.
        string shape;
        /// The risk model's name, for example `crypto-usd/1`.
        string model;
        /// Longest time from `asOf` to the attestation's transaction, seconds.
        uint32 maxDelay;
        /// Longest time from `asOf` to `validUntil`, seconds.
        uint32 maxAge;
        /// Longest time between the `asOf` of two consecutive epochs that still count as unbroken, seconds. 0: any.
        uint32 maxGap;
        /// Who may pause it, beside the registry's owner.
        address owner;
    }

    /// @notice A registered mandate. Immutable; pausing is kept beside it.
    struct Mandate {
        /// `RulesPart::digest` of its integers, shape and model.
        bytes32 digest;
        /// The point P_rules.
        uint256 x;
        uint256 y;
        bytes32 keyId;
        /// Code address of the key.
        address key;
        bytes32 shape;
        bytes32 model;
        uint32 maxDelay;
        uint32 maxAge;
        uint32 maxGap;
        /// Number of the mandate in this registry, from 1.
        uint32 serial;
    }

    event DraftBegun(uint256 indexed draft, bytes32 indexed keyId, string shape, string model);
    event MandateRegistered(
        bytes32 indexed mandateId, bytes32 indexed digest, bytes32 indexed keyId, uint32 serial, address owner
    );
    event MandatePaused(bytes32 indexed mandateId, bool paused);
    event MandateOwnerChanged(bytes32 indexed mandateId, address owner);

    /// @notice The named shape is not the one that the key is for.
    error ShapeMismatch(bytes32 keyShape, bytes32 namedShape);
    /// @notice A mandate without an owner or with an age of zero could never be used or stopped.
    error BadTerms();
    error UnknownDraft(uint256 draft);
    /// @notice Positions must grow strictly, from one entry to the next and from one transaction to the next.
    error PositionOutOfOrder(uint32 position, uint64 lowestAccepted);
    /// @notice The key has only so many rules coefficients.
    error PositionOutOfRange(uint32 position, uint32 rules);
    /// @notice Only non-zero coefficients are listed.
    error ZeroValue(uint32 position);
    /// @notice The point is not the key's for this position.
    error WrongPoint(uint32 position);
    /// @notice The entries hash to `found`, not to the digest that the mandate was announced with.
    error DigestMismatch(bytes32 announced, bytes32 found);
    /// @notice The coefficients sum to the point at infinity: no honest rules part does.
    error PointAtInfinity();
    error AlreadyRegistered(bytes32 mandateId);
    error UnknownMandate(bytes32 mandateId);
    error Paused(bytes32 mandateId);
    error NotMandateOwner(address caller);

    /// @notice Opens a draft. Only the registry's owner.
    function begin(Terms calldata terms) external returns (uint256 draft);

    /// @notice Adds coefficients to a draft, about 12,000 gas each and 1,200 per level of the key's tree. Only the registry's owner.
    function append(uint256 draft, Entry[] calldata entries) external;

    /// @notice Closes a draft and registers its mandate. Only the registry's owner.
    /// @param digest `RulesPart::digest`, which the entries must hash to.
    function finish(uint256 draft, bytes32 digest) external returns (bytes32 mandateId);

    /// @notice Forgets a draft. Only the registry's owner.
    function abandon(uint256 draft) external;

    /// @notice Stops, or resumes, attesting and reading under a mandate. Its owner or the registry's.
    function setPaused(bytes32 mandateId, bool paused) external;

    /// @notice Hands a mandate over. Only its owner.
    function setMandateOwner(bytes32 mandateId, address owner) external;

    /// @notice A mandate, paused or not. Reverts with `UnknownMandate`.
    function mandate(bytes32 mandateId) external view returns (Mandate memory);

    /// @notice A mandate that may be used now. Reverts with `UnknownMandate` or `Paused`.
    function active(bytes32 mandateId) external view returns (Mandate memory);

    /// @notice Whether a mandate is registered and not paused. Never reverts.
    function isActive(bytes32 mandateId) external view returns (bool);

    /// @notice Owner of a mandate; zero for an unknown one.
    function mandateOwner(bytes32 mandateId) external view returns (address);

    /// @notice The id under which a rules part is registered for a key.
    function idOf(bytes32 digest, bytes32 keyId) external pure returns (bytes32);
}
