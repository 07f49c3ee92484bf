// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IComplianceRegistry} from "../interfaces/IComplianceRegistry.sol";
import {
    AttestationRequest,
    AttestationRequestData,
    EasAttestation,
    IEas,
    ISchemaResolver,
    RevocationRequest,
    RevocationRequestData
} from "./interfaces/IEas.sol";

/// @title Copies attestations to the Ethereum Attestation Service, for whoever reads those. Anyone may copy.
/// @dev A copy ends when its record does (EAS calls that its expiration), and anyone may take a copy back as soon as the registry says that
/// the subject is not compliant or has a newer record. Readers of EAS must look at expiration and revocation both; a
/// gate asks the registry instead. This contract is its schema's resolver, so that nobody else writes under the schema.
contract EasExport is ISchemaResolver, ReentrancyGuard {
    string public constant SCHEMA =
        "bytes32 subject,bytes32 mandateId,uint64 asOf,uint64 provenAt,uint64 epoch,address registry";

    IEas public immutable EAS;
    IComplianceRegistry public immutable REGISTRY;
    /// @notice Id of the schema, which the constructor registers.
    bytes32 public immutable SCHEMA_ID;

    struct Copy {
        bytes32 uid;
        uint64 epoch;
    }

    mapping(bytes32 subject => mapping(bytes32 mandateId => Copy)) public copies;

    event Exported(bytes32 indexed subject, bytes32 indexed mandateId, uint64 epoch, bytes32 uid);
    event Withdrawn(bytes32 indexed subject, bytes32 indexed mandateId, bytes32 uid);

    /// @notice This record was copied before.
    error AlreadyExported(uint64 epoch);
    error NothingExported(bytes32 subject, bytes32 mandateId);
    /// @notice The copy says what the registry says.
    error StillTrue(bytes32 uid);
    error OnlyEas(address caller);

    constructor(IEas eas, IComplianceRegistry registry) {
        EAS = eas;
        REGISTRY = registry;
        SCHEMA_ID = eas.getSchemaRegistry().register(SCHEMA, this, true);
    }

    modifier onlyEas() {
        if (msg.sender != address(EAS)) revert OnlyEas(msg.sender);
        _;
    }

    /// @notice Copies the record of a subject, which must be compliant now. A copy of an older record is taken back.
    // The new copy's id comes from EAS, so it is written after the call; nobody enters meanwhile, and who reads finds no copy.
    // slither-disable-next-line reentrancy-no-eth
    function export(bytes32 subject, bytes32 mandateId) external nonReentrant returns (bytes32 uid) {
        REGISTRY.requireCompliant(subject, mandateId, type(uint256).max);
        IComplianceRegistry.Record memory r = REGISTRY.record(subject, mandateId);
        Copy memory last = copies[subject][mandateId];
        if (last.uid != bytes32(0) && last.epoch == r.epoch) revert AlreadyExported(r.epoch);
        if (last.uid != bytes32(0)) {
            delete copies[subject][mandateId];
            _revoke(subject, mandateId, last.uid);
        }
        uid = EAS.attest(
            AttestationRequest({
                schema: SCHEMA_ID,
                data: AttestationRequestData({
                    recipient: address(0),
                    expirationTime: uint64(r.validUntil) + 1,
                    revocable: true,
                    refUID: bytes32(0),
                    data: abi.encode(
                        subject,
                        mandateId,
                        uint64(r.asOf),
                        uint64(r.provenAt),
                        uint64(r.epoch),
                        address(REGISTRY)
                    ),
                    value: 0
                })
            })
        );
        copies[subject][mandateId] = Copy(uid, r.epoch);
        emit Exported(subject, mandateId, r.epoch, uid);
    }

    /// @notice Takes back a copy that the registry no longer stands behind.
    function withdraw(bytes32 subject, bytes32 mandateId) external nonReentrant {
        Copy memory last = copies[subject][mandateId];
        if (last.uid == bytes32(0)) revert NothingExported(subject, mandateId);
        bool current = REGISTRY.isCompliant(subject, mandateId, type(uint256).max)
            && REGISTRY.record(subject, mandateId).epoch == last.epoch;
        if (current) revert StillTrue(last.uid);
        delete copies[subject][mandateId];
        _revoke(subject, mandateId, last.uid);
    }

    /// @inheritdoc ISchemaResolver
    function isPayable() external pure returns (bool) {
        return false;
    }

    /// @inheritdoc ISchemaResolver
    function attest(EasAttestation calldata attestation) external payable onlyEas returns (bool) {
        return attestation.attester == address(this);
    }

    /// @inheritdoc ISchemaResolver
    function multiAttest(EasAttestation[] calldata, uint256[] calldata)
        external
        payable
        onlyEas
        returns (bool)
    {
        return false;
    }

    /// @inheritdoc ISchemaResolver
    function revoke(EasAttestation calldata attestation) external payable onlyEas returns (bool) {
        return attestation.attester == address(this);
    }

    /// @inheritdoc ISchemaResolver
    function multiRevoke(EasAttestation[] calldata, uint256[] calldata)
        external
        payable
        onlyEas
        returns (bool)
    {
        return false;
    }

    function _revoke(bytes32 subject, bytes32 mandateId, bytes32 uid) private {
        EAS.revoke(RevocationRequest(SCHEMA_ID, RevocationRequestData(uid, 0)));
        emit Withdrawn(subject, mandateId, uid);
    }
}
