// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @notice What is used of the Ethereum Attestation Service (eas-contracts 1.9).
struct AttestationRequestData {
    address recipient;
    uint64 expirationTime;
    bool revocable;
    bytes32 refUID;
    bytes data;
    uint256 value;
}

struct AttestationRequest {
    bytes32 schema;
    AttestationRequestData data;
}

struct RevocationRequestData {
    bytes32 uid;
    uint256 value;
}

struct RevocationRequest {
    bytes32 schema;
    RevocationRequestData data;
}

struct EasAttestation {
    bytes32 uid;
    bytes32 schema;
    uint64 time;
    uint64 expirationTime;
    uint64 revocationTime;
    bytes32 refUID;
    address recipient;
    address attester;
    bool revocable;
    bytes data;
}

interface IEas {
    function attest(AttestationRequest calldata request) external payable returns (bytes32);
    function revoke(RevocationRequest calldata request) external payable;
    function getSchemaRegistry() external view returns (ISchemaRegistry);
    function getAttestation(bytes32 uid) external view returns (EasAttestation memory);
}

interface ISchemaRegistry {
    function register(string calldata schema, ISchemaResolver resolver, bool revocable)
        external
        returns (bytes32);
}

interface ISchemaResolver {
    function isPayable() external pure returns (bool);
    function attest(EasAttestation calldata attestation) external payable returns (bool);
    function multiAttest(EasAttestation[] calldata attestations, uint256[] calldata values)
        external
        payable
        returns (bool);
    function revoke(EasAttestation calldata attestation) external payable returns (bool);
    function multiRevoke(EasAttestation[] calldata attestations, uint256[] calldata values)
        external
        payable
        returns (bool);
}
