// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ISpots} from "./ISpots.sol";

/// @title Risk parts: per snapshot and model, a digest and the point P_risk, published by a quorum that recomputed it.
/// @dev Three stages. Published with a bond; then a delay, in which anyone may ask for missing data; then usable, until it ends,
/// is revoked, or is shown to be wrong. What stays with the quorum is that these integers follow from this snapshot. That
/// the point is the sum of the integers is not: one wrong step of it, shown by anyone at any time before the end, kills the part.
interface IRiskRegistry is ISpots {
    /// @notice What the quorum signs (EIP-712, domain `mandate risk`, version `2`, chain id, this contract).
    struct Publication {
        /// `RiskPart::digest`.
        bytes32 risk;
        /// Digest of the universe whose slots commitments open to.
        bytes32 universe;
        /// Digest of the market snapshot.
        bytes32 snapshot;
        /// Keccak-256 of the risk model's name.
        bytes32 model;
        bytes32 keyId;
        /// The point P_risk under that key.
        uint256 x;
        uint256 y;
        /// Root of the tree over the chunks of its computation: `contracts/README.md`, "The trace".
        bytes32 trace;
        /// How many chunks.
        uint32 chunks;
        /// Version of the compiler whose meaning the integers have.
        uint32 semantics;
        /// `keccak256(abi.encode(Spot[]))` of the prices that the risk part was built on.
        bytes32 spots;
        /// Instant of the snapshot, seconds since 1970.
        uint64 asOf;
        /// First instant at which an attestation may use it. Never earlier than publication plus the delay.
        uint64 usableFrom;
        /// Last such instant.
        uint64 usableTo;
        /// The quorum that its signers belong to: signatures of an earlier one are void.
        uint64 quorum;
    }

    /// @notice What is decided once, at deployment. Times in seconds, amounts in wei.
    struct Rules {
        /// From publication to first use. Zero on a local chain only.
        uint40 delay;
        /// The same for a publication with fewer signatures; no shorter.
        uint40 fallbackDelay;
        /// How long the quorum must have been silent before fewer signatures do.
        uint40 silence;
        /// How many signatures do then; at least one.
        uint32 fallbackThreshold;
        /// How long a proposer has to answer a demand for data.
        uint40 response;
        /// Longest time from `asOf` to `usableTo`: bounds how far back anything reaches.
        uint40 history;
        /// What a proposer puts up.
        uint96 bond;
        /// What a demand for data puts up.
        uint96 demandBond;
    }

    enum State {
        Unknown,
        Live,
        /// By the owner, or a member's veto.
        Revoked,
        /// Shown to be wrong, or its data withheld.
        Dead
    }

    /// @notice What is known of a published risk part beside what was signed.
    struct Status {
        State state;
        /// Published by fewer signatures, while the quorum was silent.
        bool fallbackPath;
        /// Demands for data that are open. It is not usable while there are any.
        uint8 demands;
        uint40 usableFrom;
        uint40 usableTo;
        /// Number of the risk part in this registry, from 1: compliance records name it by that.
        uint24 serial;
        address proposer;
        /// What is left of its bond.
        uint96 bond;
    }

    /// @notice A leaf of the trace: chunk `chunk` of 32 integers, and the sum after it.
    struct Step {
        uint32 chunk;
        uint256 x;
        uint256 y;
        /// Keccak-256 of the chunk's 32 words.
        bytes32 values;
        /// Siblings from the leaf to the trace's root.
        bytes32[] path;
    }

    /// @notice Everything that shows one step to be wrong.
    struct Challenge {
        /// The step before, whose sum the wrong one starts from. Ignored for the first.
        Step before;
        Step step;
        uint256[32] values;
        /// The key's points of the chunk's 32 positions; zeros where the sheet has no such position.
        uint256[64] points;
        /// Siblings from the chunk's subtree of 32 leaves to the key's `sheetRoot`.
        bytes32[] path;
    }

    event RiskPublished(
        bytes32 indexed riskId,
        bytes32 indexed risk,
        bytes32 indexed keyId,
        address proposer,
        uint64 usableFrom,
        bool fallbackPath,
        Publication publication
    );
    event RiskRevoked(bytes32 indexed riskId, address by);
    event RiskDisproved(bytes32 indexed riskId, address by, uint32 chunk);
    event DataDemanded(bytes32 indexed riskId, uint32 indexed chunk, address by, uint40 due);
    /// @notice The values are in the transaction's calldata.
    event DataGiven(bytes32 indexed riskId, uint32 indexed chunk);
    event BondReturned(bytes32 indexed riskId, address proposer, uint256 amount);
    event Withdrawn(address indexed who, uint256 amount);
    event QuorumSet(uint256 indexed version, address[] signers, uint256 threshold);

    /// @notice A delay of zero leaves nobody time to object: local chains only.
    error NoDelay(uint256 chainId);
    /// @notice A rule that could never be met, or that leaves the fallback easier than the quorum.
    error BadRules();
    error BadQuorum();
    /// @notice Fewer signatures than the quorum asks for; and too few for the fallback path, or the quorum was not silent until
    /// now for long enough.
    error BelowQuorum(uint256 signatures, uint256 threshold);
    /// @notice The publication names another quorum than the one in office.
    error OtherQuorum(uint64 named, uint64 current);
    /// @notice Signers must come in strictly growing order of address, so none counts twice.
    error SignersUnsorted(address signer);
    error NotASigner(address signer);
    error BadSignature(address signer);
    /// @notice P_risk is infinity or no point.
    error BadPoint();
    /// @notice The snapshot is later than this block.
    error FromTheFuture(uint64 asOf);
    /// @notice Nothing is left between `usableFrom` and `usableTo`.
    error NeverUsable(uint64 usableFrom, uint64 usableTo);
    /// @notice It would be usable for longer than the registry allows.
    error UsableTooLong(uint64 usableTo, uint256 latest);
    /// @notice The number of chunks is not between 1 and 65,536, or there is no trace.
    error BadTrace(uint32 chunks);
    /// @notice The spots are not the signed ones, or more than 64.
    error BadSpots(bytes32 announced, bytes32 found);
    /// @notice Another amount of ether than the bond.
    error WrongBond(uint256 sent, uint256 wanted);
    error AlreadyPublished(bytes32 riskId);
    error UnknownRisk(bytes32 riskId);
    error Revoked(bytes32 riskId);
    /// @notice The risk part was shown to be wrong, or its data was withheld.
    error Disproved(bytes32 riskId);
    /// @notice Somebody waits for data of it.
    error DataMissing(bytes32 riskId, uint256 demands);
    error NotYetUsable(uint64 usableFrom);
    error NoLongerUsable(uint64 usableTo);
    /// @notice The step, or a point, is not where the path says.
    error NotInTree();
    /// @notice The values are not the step's.
    error OtherValues();
    /// @notice The step before must be the one right before.
    error NotConsecutive(uint32 before, uint32 chunk);
    /// @notice The step is right.
    error StepHolds(uint32 chunk);
    /// @notice A precompile did not answer: too little gas, or a key point that is no point.
    error CannotDecide();
    error NoSuchChunk(uint32 chunk);
    /// @notice Data is asked for before the first use, not after.
    error TooLateToDemand(uint256 usableFrom);
    error AlreadyDemanded(uint32 chunk);
    error TooManyDemands();
    error NotDemanded(uint32 chunk);
    /// @notice The proposer may still answer, or answered too late.
    error DemandNotDue(uint40 due);
    error DemandOverdue(uint40 due);
    /// @notice Bonds stay while the risk part can still be challenged.
    error BondHeld(bytes32 riskId);
    error NothingToWithdraw();
    error NotPaid(address who);
    error MayNotVeto(address caller);

    /// @notice Publishes a risk part. Anyone may submit what the quorum signed, and puts up the bond. With fewer signatures than
    /// the quorum's it takes the fallback path: at least as many as that asks for, once the quorum was silent for long, with
    /// a longer delay in which any member may veto.
    /// @param signers Members of the quorum, in strictly growing order; accounts or ERC-1271 contracts.
    function publish(
        Publication calldata p,
        Spot[] calldata list,
        address[] calldata signers,
        bytes[] calldata signatures
    ) external payable returns (bytes32 riskId);

    /// @notice Shows a wrong step: the sum after a chunk is not the sum before plus the chunk's integers times the key's
    /// points; or a value is not below the field order, stands where the sheet has no risk input, or is not the universe's
    /// where that belongs; or the last sum is not P_risk. The part dies; half its bond is the caller's, half the owner's.
    /// @dev About 0.3 million gas.
    function challenge(bytes32 riskId, Challenge calldata c) external;

    /// @notice Asks for a chunk of the trace, for a bond. Before the first use only. Not usable until it is answered.
    function demand(bytes32 riskId, uint32 chunk) external payable;

    /// @notice Gives a chunk that was asked for. Anyone; the demand's bond is the proposer's.
    function give(bytes32 riskId, Step calldata step, uint256[32] calldata values) external;

    /// @notice Ends a risk part whose data did not come in time. Pays as a challenge does, to whoever asked.
    function expire(bytes32 riskId, uint32 chunk) external;

    /// @notice Returns the bond of a demand that its risk part's end left open.
    function reclaim(bytes32 riskId, uint32 chunk) external;

    /// @notice Returns a proposer's bond once the risk part's time is over and nothing is open.
    function release(bytes32 riskId) external;

    /// @notice Pays out what the caller is owed.
    function withdraw() external;

    /// @notice Makes a risk part unusable for ever. The owner; or, for one of the fallback path, any member before its first use.
    function revoke(bytes32 riskId) external;

    /// @notice Replaces the quorum. Only the owner.
    function setQuorum(address[] calldata signers, uint256 threshold) external;

    /// @notice What an attestation needs of a risk part that may be used now. Reverts where it is unknown, revoked, dead,
    /// waited for, too early or too late.
    function usable(bytes32 risk, bytes32 keyId, bytes32 model)
        external
        view
        returns (uint256 x, uint256 y, bytes32 universe, uint64 asOf, uint24 serial);

    /// @notice A published risk part as signed: `status` has the first instant of use that came of it. Reverts with `UnknownRisk`.
    function publication(bytes32 riskId) external view returns (Publication memory);

    /// @notice All zero for an unknown one. Never reverts.
    function status(bytes32 riskId) external view returns (Status memory);

    /// @notice Number of the quorum in office, and how many of its members must sign.
    function quorum() external view returns (uint64 version, uint32 threshold);

    /// @notice Whether somebody is a member of the quorum in office.
    function isMember(address who) external view returns (bool);

    /// @notice The risk part with a number; zero for none.
    function riskOf(uint24 serial) external view returns (bytes32 riskId);

    /// @notice Whether the risk part with a number was revoked or disproved. Never reverts.
    function isStruck(uint24 serial) external view returns (bool);

    /// @notice What somebody may withdraw, in wei.
    function owed(address who) external view returns (uint256);

    /// @notice What a member of the quorum signs.
    function signingHash(Publication calldata p) external view returns (bytes32);

    /// @notice `keccak256(abi.encode(risk, keyId, model))`.
    function idOf(bytes32 risk, bytes32 keyId, bytes32 model) external pure returns (bytes32);
}
