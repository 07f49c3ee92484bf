// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title What a consumer of attestations needs: one call that checks everything.
interface ICompliance {
    /// @notice Nothing was ever attested for this subject under this mandate.
    error NoRecord(bytes32 subject, bytes32 mandateId);
    /// @notice The last attestation was withdrawn.
    error RecordRevoked(bytes32 subject, bytes32 mandateId);
    /// @notice The last attestation says nothing after `validUntil`.
    error RecordExpired(uint48 validUntil);
    /// @notice The book behind the last attestation is older than the caller accepts.
    error RecordTooOld(uint48 asOf, uint256 oldestAccepted);
    /// @notice The mandate is paused or not registered.
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

/// @title Verified attestations of compliance, one record per subject and mandate.
/// @dev Identity comes from the statement, never from proof bytes: a proof can be re-randomised, an epoch cannot be
/// used twice. Nothing is stored that the proof does not bind, but times of the block and governance's serial number.
interface IComplianceRegistry is ICompliance {
    /// @notice One signed account. The rest of what was signed is known here.
    struct AccountSignature {
        uint64 sequence;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    struct AttestCall {
        bytes32 subject;
        bytes32 mandateId;
        /// `RiskPart::digest`.
        bytes32 riskDigest;
        bytes32 keyId;
        uint64 asOf;
        uint64 validUntil;
        uint64 epoch;
        /// One per account of the shape; zero where none is declared.
        uint256[] commitments;
        /// One per declared account, in their order.
        AccountSignature[] signatures;
        /// A, B, C as `IGroth16Verifier` takes them.
        uint256[8] proof;
    }

    /// @notice One slot.
    struct Record {
        /// Time of the attestation's block.
        uint48 provenAt;
        /// Zero once revoked.
        uint48 validUntil;
        uint48 epoch;
        /// Instant of the book and of the market data.
        uint48 asOf;
        /// The mandate's number in its registry.
        uint32 serial;
        /// Consecutive epochs attested without a gap, this one included.
        uint32 streak;
    }

    /// @notice The commitments are those of the declared accounts, in their order.
    event Attested(
        bytes32 indexed subject,
        bytes32 indexed mandateId,
        bytes32 indexed riskDigest,
        bytes32 accountSet,
        uint64 asOf,
        uint64 validUntil,
        uint64 epoch,
        uint32 streak,
        uint256[] commitments
    );
    event AttestationRevoked(bytes32 indexed subject, bytes32 indexed mandateId, address by);

    /// @notice The call names another key than the mandate is registered for.
    error KeyMismatch(bytes32 named, bytes32 registered);
    /// @notice The call names another instant than the risk part.
    error AsOfMismatch(uint64 named, uint64 riskAsOf);
    /// @notice More time passed since `asOf` than the mandate allows before an attestation.
    error TooLate(uint64 asOf, uint256 latest);
    /// @notice `validUntil` is in the past, or further from `asOf` than the mandate allows.
    error BadValidity(uint64 validUntil, uint256 earliest, uint256 latest);
    /// @notice Epoch and instant must both be later than the record's.
    error EpochNotNewer(uint64 epoch, uint48 recorded);
    /// @notice Epochs are numbered no faster than seconds: an epoch is at most its book's instant.
    error EpochTooFar(uint64 epoch, uint64 asOf);
    error AsOfNotNewer(uint64 asOf, uint48 recorded);
    /// @notice A declared account lies outside the shape.
    error AccountOutOfRange(uint16 nettingSet, uint256 accounts);
    /// @notice A declared account has no commitment.
    error AccountMissing(uint16 nettingSet);
    /// @notice A commitment stands where no account is declared.
    error AccountNotDeclared(uint256 nettingSet);
    /// @notice The attestation of an account was signed by somebody else, or over something else.
    error WrongSigner(uint16 nettingSet, address recovered, address declared);
    /// @notice Neither the owner, nor the mandate's owner, nor the subject's administrator.
    error MayNotRevoke(address caller);

    /// @notice Verifies a proof of compliance and records it. Anyone may submit: the record goes to the subject.
    /// @dev Reverts unless everything holds. Assumes of the registries named at deployment that a mandate's point was
    /// computed from its integers, and that a quorum answers for the risk part.
    function attest(AttestCall calldata call) external;

    /// @notice Withdraws the last attestation. Its epoch stays used.
    function revoke(bytes32 subject, bytes32 mandateId) external;

    /// @notice The last record; all zero where there is none.
    function record(bytes32 subject, bytes32 mandateId) external view returns (Record memory);
}
