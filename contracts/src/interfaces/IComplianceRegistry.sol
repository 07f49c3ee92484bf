// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IAttestorRegistry} from "./IAttestorRegistry.sol";

/// @title What a consumer of attestations needs: one call that checks everything.
/// @dev A mandate is named by the id of its first version; which version is in force is looked up.
interface ICompliance {
    /// @notice Nothing was ever attested for this subject under this mandate.
    error NoRecord(bytes32 subject, bytes32 mandateId);
    /// @notice The last attestation was withdrawn.
    error RecordRevoked(bytes32 subject, bytes32 mandateId);
    /// @notice The last attestation says nothing after `validUntil`.
    error RecordExpired(uint48 validUntil);
    /// @notice The book behind the last attestation is older than the caller accepts.
    error RecordTooOld(uint48 asOf, uint256 oldestAccepted);
    /// @notice The last attestation was made under an earlier version of the mandate.
    error RecordOfOldVersion(uint16 version, uint16 inForce);
    /// @notice The mandate is paused, halted, or no version of it is in force.
    error MandateNotActive(bytes32 mandateId);
    /// @notice The address acts for no subject.
    error NoSubject(address account);

    /// @notice Reverts unless the subject has a valid attestation of a book no older than `maxAge` seconds.
    function requireCompliant(bytes32 subject, bytes32 mandateId, uint256 maxAge) external view;

    /// @notice The same for the subject that an address acts for.
    function requireAccountCompliant(address account, bytes32 mandateId, uint256 maxAge) external view;

    /// @notice The same as a boolean. Never reverts.
    function isCompliant(bytes32 subject, bytes32 mandateId, uint256 maxAge) external view returns (bool);

    /// @notice The same for the subject that an address acts for. Never reverts.
    function isAccountCompliant(address account, bytes32 mandateId, uint256 maxAge)
        external
        view
        returns (bool);
}

/// @notice Whether a circuit was stopped for ever.
interface ICircuitStops {
    function isDead(bytes32 keyId) external view returns (bool);
}

/// @title Verified attestations of compliance, one record per subject and mandate.
/// @dev Identity comes from the statement, never from proof bytes: a proof can be re-randomised, an epoch cannot be
/// used twice. Nothing is stored that the proof or a signature does not bind, but the block's time, counts of this registry's
/// own, and governance's numbers. It keeps accounts and attestors itself ({IAttestorRegistry}): two calls less an attestation.
interface IComplianceRegistry is ICompliance, IAttestorRegistry {
    /// @notice What a subject states, and its proof.
    struct Statement {
        bytes32 subject;
        uint64 validUntil;
        uint64 epoch;
        /// A, B, C as `IGroth16Verifier` takes them.
        uint256[8] proof;
        /// One per declared account, in their order.
        SignedAccount[] accounts;
    }

    /// @notice Kept in one slot. Times are seconds since 1970.
    struct Record {
        /// Time of the attestation's block.
        uint40 provenAt;
        /// Zero once withdrawn.
        uint40 validUntil;
        /// Instant of the book and of the market data.
        uint40 asOf;
        uint32 epoch;
        /// Epochs attested, and epochs passed over since the first. They stop counting at their largest value.
        uint24 kept;
        uint24 missed;
        /// Consecutive epochs attested under one version without a gap, the last included.
        uint16 streak;
        /// The mandate's version.
        uint16 version;
        /// The risk part's number in its registry.
        uint24 risk;
    }

    /// @notice What is fixed at deployment.
    struct Setup {
        address owner;
        address mandates;
        address risks;
        /// `Groth16Verifier`, for batches.
        address verifier;
        /// `EpochBeacon`, for mandates with drawn epochs.
        address beacon;
        /// Seconds before a version is in force. Zero on a local chain only.
        uint40 timelock;
    }

    /// @notice The record is the word that `Records` describes. It names the risk part by its number; the account set is the one
    /// declared last; commitments, signatures and proof are in the call.
    event Attested(bytes32 indexed subject, bytes32 indexed mandateId, uint256 record);
    /// @param by Whoever withdrew it: an owner, the administrator, or anyone who showed what it rests on to be struck.
    event AttestationRevoked(bytes32 indexed subject, bytes32 indexed mandateId, address by);
    event VersionScheduled(
        bytes32 indexed mandateId, bytes32 indexed versionId, uint16 version, uint40 inForceFrom
    );
    event VersionCancelled(bytes32 indexed mandateId, uint16 version);
    event MandatePaused(bytes32 indexed mandateId, bool paused);
    event MandateHalted(bytes32 indexed mandateId, bytes32 indexed keyId);
    event MandateOwnerChanged(bytes32 indexed mandateId, address owner);
    event StopsNamed(address stops);

    /// @notice A timelock of zero leaves nobody time to object: local chains only.
    error NoTimelock(uint256 chainId);
    /// @notice More time passed since `asOf` than the mandate allows before an attestation.
    error TooLate(uint64 asOf, uint256 latest);
    /// @notice `validUntil` is in the past, or further from `asOf` than the mandate allows.
    error BadValidity(uint64 validUntil, uint256 earliest, uint256 latest);
    /// @notice Epoch and instant must both be later than the record's.
    error EpochNotNewer(uint64 epoch, uint64 recorded);
    error AsOfNotNewer(uint64 asOf, uint64 recorded);
    /// @notice Epochs are numbered no faster than seconds, and fit 32 bits.
    error EpochTooFar(uint64 epoch, uint64 asOf);
    /// @notice The book is not of the instant that the mandate's schedule has for this epoch.
    error OffSchedule(uint64 asOf, uint256 earliest, uint256 latest);
    /// @notice A declared account lies outside the shape.
    error AccountOutOfRange(uint16 nettingSet, uint256 accounts);
    /// @notice Neither the owner, nor the mandate's owner, nor the subject's administrator.
    error MayNotRevoke(address caller);
    error NotMandateOwner(address caller);
    error Paused(bytes32 mandateId);
    /// @notice No version of the mandate is in force yet, or none was ever scheduled.
    error NotInForce(bytes32 mandateId);
    error EmptyBatch();
    /// @notice The version was scheduled before, in this registry.
    error AlreadyScheduled(bytes32 versionId);
    /// @notice The version is a later one of a mandate that this registry does not have, or another is waiting already.
    error CannotSchedule(bytes32 versionId);
    error NothingScheduled(bytes32 mandateId);
    /// @notice The circuit is not stopped, or nobody says which are.
    error NotStopped(bytes32 keyId);
    /// @notice Named once, for ever.
    error StopsAlreadyNamed(address stops);
    /// @notice Nothing that the record rests on was struck.
    error NothingStruck(bytes32 subject, bytes32 mandateId);
    /// @notice The last epochs in a row are fewer than asked.
    error StreakTooShort(uint256 streak, uint256 wanted);

    /// @notice Verifies a proof of compliance and records it. Anyone may submit, unless the subject's administrator says
    /// otherwise: the record goes to the subject.
    /// @dev Reverts unless everything holds. Assumes of the registries named at deployment that a mandate's point was
    /// computed from its integers, and that a quorum answers for the risk part.
    function attest(bytes32 mandateId, bytes32 riskDigest, Statement calldata s) external;

    /// @notice The same for a subject that declared only the commitment to its account set.
    /// @param list The set.
    function attestListed(
        bytes32 mandateId,
        bytes32 riskDigest,
        Statement calldata s,
        Account[] calldata list
    ) external;

    /// @notice Many subjects under one mandate and risk part, with one pairing. One bad statement fails all.
    function attestBatch(bytes32 mandateId, bytes32 riskDigest, Statement[] calldata list) external;

    /// @notice Withdraws the last attestation. Its epoch stays used. The owner, the mandate's owner or the subject's administrator.
    function revoke(bytes32 subject, bytes32 mandateId) external;

    /// @notice Withdraws the last attestation because its risk part was revoked or disproved, or an attestor of the subject's
    /// declared accounts was revoked. Anyone.
    function strike(bytes32 subject, bytes32 mandateId) external;

    /// @notice As `requireCompliant`, and the last `n` epochs were all attested.
    function requireStreak(bytes32 subject, bytes32 mandateId, uint256 maxAge, uint256 n) external view;

    /// @notice The last record; all zero where there is none.
    function record(bytes32 subject, bytes32 mandateId) external view returns (Record memory);

    /// @notice Puts a registered version in force after the timelock: a mandate's first, or its next. Only the owner.
    function schedule(bytes32 versionId) external;

    /// @notice Takes a scheduled version back before it is in force; it can never be scheduled again. The owner or the mandate's.
    function cancel(bytes32 mandateId) external;

    /// @notice Stops, or resumes, attesting and reading under a mandate. Its owner or the registry's; neither undoes the
    /// other's pause.
    function setPaused(bytes32 mandateId, bool paused) external;

    /// @notice Ends a mandate whose version in force, or a scheduled one, is of a stopped circuit. For ever; anyone.
    function halt(bytes32 mandateId) external;

    /// @notice Names what says which circuits are stopped. Once; only the owner.
    function setStops(address stops) external;

    /// @notice Hands a mandate over. Only its owner.
    function setMandateOwner(bytes32 mandateId, address owner) external;

    /// @notice Whether a version of the mandate is in force and nothing stops it. Never reverts.
    function isActive(bytes32 mandateId) external view returns (bool);

    /// @notice What a mandate stands at. All zero for an unknown one.
    /// @return version Number of the one in force; 0 for none.
    /// @return pointer Code of the version in force: see `IMandateRegistry.pointerOf`.
    /// @return stopped Whether it is paused or halted.
    /// @return next Code of a version that waits.
    /// @return nextFrom When that is in force.
    function mandateState(bytes32 mandateId)
        external
        view
        returns (uint16 version, address pointer, bool stopped, address next, uint40 nextFrom);

    /// @notice Owner of a mandate; zero for an unknown one.
    function mandateOwner(bytes32 mandateId) external view returns (address);
}
