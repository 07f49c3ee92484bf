// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IBands} from "./ISpots.sol";

/// @title Versions of mandates, whose sheet points were computed here, from the integers: limits need nobody's signature.
/// @dev A version's id is `keccak256(abi.encode(rules digest, key id))`, and never changes its meaning. Registration takes
/// several transactions: `begin`, `append` as often as needed, `finish`. A compliance registry then puts it in force, after
/// its timelock, as the first or the next version of a mandate.
interface IMandateRegistry is IBands {
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

    /// @notice What governance decides about a version beside its integers. Times in seconds.
    struct Terms {
        bytes32 keyId;
        /// The shape's name; its hash must be the key's.
        string shape;
        /// The risk model's name, for example `crypto-usd/1`.
        string model;
        /// The mandate that this is a new version of, by the id of its first version; zero for a mandate of its own.
        bytes32 line;
        /// Longest time from `asOf` to the attestation's transaction.
        uint32 maxDelay;
        /// Longest time from `asOf` to `validUntil`.
        uint32 maxAge;
        /// Longest time between the `asOf` of two consecutive epochs that still count as unbroken. 0: any.
        uint32 maxGap;
        /// Epoch `e` begins at `start + e * period`. Period 0: epochs are numbered freely and only have to grow.
        uint40 start;
        uint32 period;
        /// How long after its epoch's instant a book's `asOf` may be; shorter than the period.
        uint32 window;
        /// Whether an epoch's instant is its beginning, or is drawn from public randomness once the epoch is over.
        bool drawn;
        /// How far a spot price may move before gates close, in basis points below 10,000. 0: no band.
        uint16 band;
        /// Who may pause it, beside the registry's owner. Of the first version; later ones keep the owner there is.
        address owner;
    }

    /// @notice A registered version. Immutable.
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
        /// Id of the mandate's first version: its own where it is the first.
        bytes32 line;
        uint32 maxDelay;
        uint32 maxAge;
        uint32 maxGap;
        uint40 start;
        uint32 period;
        uint32 window;
        bool drawn;
        uint16 band;
        address owner;
    }

    event DraftBegun(uint256 indexed draft, bytes32 indexed keyId, string shape, string model);
    event MandateRegistered(
        bytes32 indexed mandateId, bytes32 indexed digest, bytes32 indexed keyId, bytes32 line, address owner
    );

    /// @notice The named shape is not the one that the key is for.
    error ShapeMismatch(bytes32 keyShape, bytes32 namedShape);
    /// @notice No owner, an age of zero, a window that is not shorter than its period, a drawn epoch that could not be
    /// attested in time, or a band of 100% or more.
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

    /// @notice Opens a draft. Only the registry's owner.
    function begin(Terms calldata terms) external returns (uint256 draft);

    /// @notice Adds coefficients to a draft, about 12,000 gas each and 1,200 per level of the key's tree. Only the registry's owner.
    function append(uint256 draft, Entry[] calldata entries) external;

    /// @notice Closes a draft and registers its version. Only the registry's owner.
    /// @param digest `RulesPart::digest`, which the entries must hash to.
    function finish(uint256 draft, bytes32 digest) external returns (bytes32 mandateId);

    /// @notice Forgets a draft. Only the registry's owner.
    function abandon(uint256 draft) external;

    /// @notice A registered version. Reverts with `UnknownMandate`.
    function mandate(bytes32 mandateId) external view returns (Mandate memory);

    /// @notice Address whose code is `0x00`, `abi.encode(Mandate)`, and the image of the verification equation that
    /// `Groth16` describes, with IC_0 + P_rules in it. Zero for an unknown version.
    function pointerOf(bytes32 mandateId) external view returns (address);

    /// @notice The id under which a rules part is registered for a key.
    function idOf(bytes32 digest, bytes32 keyId) external pure returns (bytes32);
}
