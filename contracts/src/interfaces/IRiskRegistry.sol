// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Risk parts: per snapshot and model, a digest and the point P_risk, published by a quorum that recomputed it.
/// @dev What stays with the quorum: that these integers follow from this snapshot, and that the point is theirs.
interface IRiskRegistry {
    /// @notice What the quorum signs (EIP-712, domain `mandate risk`, version `1`, chain id, this contract).
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
        /// Instant of the snapshot, seconds since 1970.
        uint64 asOf;
        /// First instant at which an attestation may use it. Never earlier than publication plus the delay.
        uint64 usableFrom;
        /// Last such instant.
        uint64 usableTo;
    }

    event RiskPublished(
        bytes32 indexed riskId,
        bytes32 indexed risk,
        bytes32 indexed keyId,
        bytes32 universe,
        bytes32 snapshot,
        bytes32 model,
        uint64 asOf,
        uint64 usableFrom,
        uint64 usableTo
    );
    event RiskRevoked(bytes32 indexed riskId);
    event QuorumSet(uint256 indexed version, address[] signers, uint256 threshold);

    /// @notice A delay of zero leaves nobody time to object: local chains only.
    error NoDelay(uint256 chainId);
    error BadQuorum();
    /// @notice Fewer signatures than the quorum asks for.
    error BelowQuorum(uint256 signatures, uint256 threshold);
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
    error AlreadyPublished(bytes32 riskId);
    error UnknownRisk(bytes32 riskId);
    error Revoked(bytes32 riskId);
    error NotYetUsable(uint64 usableFrom);
    error NoLongerUsable(uint64 usableTo);

    /// @notice Publishes a risk part. Anyone may submit what the quorum signed.
    /// @param signers Members of the quorum, in strictly growing order; accounts or ERC-1271 contracts.
    function publish(Publication calldata p, address[] calldata signers, bytes[] calldata signatures)
        external
        returns (bytes32 riskId);

    /// @notice Makes a risk part unusable for ever. Only the owner.
    function revoke(bytes32 riskId) external;

    /// @notice Replaces the quorum. Only the owner.
    function setQuorum(address[] calldata signers, uint256 threshold) external;

    /// @notice The risk part that may be used now. Reverts where it is unknown, revoked, too early or too late.
    function usable(bytes32 risk, bytes32 keyId, bytes32 model) external view returns (Publication memory);

    /// @notice A published risk part, and whether it is revoked. Reverts with `UnknownRisk`.
    function publication(bytes32 riskId) external view returns (Publication memory, bool revoked);

    /// @notice What a member of the quorum signs.
    function signingHash(Publication calldata p) external view returns (bytes32);

    /// @notice `keccak256(abi.encode(risk, keyId, model))`.
    function idOf(bytes32 risk, bytes32 keyId, bytes32 model) external pure returns (bytes32);
}
