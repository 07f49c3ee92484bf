// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAttestorRegistry} from "./interfaces/IAttestorRegistry.sol";
import {IComplianceRegistry, ICompliance} from "./interfaces/IComplianceRegistry.sol";
import {IGroth16Errors} from "./interfaces/IGroth16Verifier.sol";
import {IMandateRegistry} from "./interfaces/IMandateRegistry.sol";
import {IRiskRegistry} from "./interfaces/IRiskRegistry.sol";
import {Bn254} from "./lib/Bn254.sol";
import {Digests} from "./lib/Digests.sol";
import {Groth16} from "./lib/Groth16.sol";

/// @title See {IComplianceRegistry}.
/// @dev Carries the verifier's code itself: one contract less to trust, and 5,000 gas per attestation.
contract ComplianceRegistry is IComplianceRegistry, IGroth16Errors, Ownable2Step {
    IMandateRegistry public immutable MANDATES;
    IRiskRegistry public immutable RISKS;
    IAttestorRegistry public immutable ATTESTORS;
    mapping(bytes32 subject => mapping(bytes32 mandateId => Record)) private _records;

    constructor(address owner_, IMandateRegistry mandates, IRiskRegistry risks, IAttestorRegistry attestors)
        Ownable(owner_)
    {
        MANDATES = mandates;
        RISKS = risks;
        ATTESTORS = attestors;
    }

    /// @inheritdoc IComplianceRegistry
    function attest(AttestCall calldata call) external {
        IMandateRegistry.Mandate memory m = MANDATES.active(call.mandateId);
        if (call.keyId != m.keyId) revert KeyMismatch(call.keyId, m.keyId);
        IRiskRegistry.Publication memory risk = RISKS.usable(call.riskDigest, m.keyId, m.model);
        Record memory next = _nextRecord(call, m, risk.asOf);
        (bytes32 accountSet, uint256[] memory declared) = _checkAccounts(call, risk.universe);
        _checkProof(call, m, risk, accountSet);
        _records[call.subject][call.mandateId] = next;
        emit Attested(
            call.subject,
            call.mandateId,
            call.riskDigest,
            accountSet,
            call.asOf,
            call.validUntil,
            call.epoch,
            next.streak,
            declared
        );
    }

    /// @inheritdoc IComplianceRegistry
    function revoke(bytes32 subject, bytes32 mandateId) external {
        if (
            msg.sender != owner() && msg.sender != MANDATES.mandateOwner(mandateId)
                && msg.sender != ATTESTORS.administratorOf(subject)
        ) revert MayNotRevoke(msg.sender);
        Record storage r = _records[subject][mandateId];
        if (r.provenAt == 0) revert NoRecord(subject, mandateId);
        r.validUntil = 0;
        r.streak = 0;
        emit AttestationRevoked(subject, mandateId, msg.sender);
    }

    /// @inheritdoc ICompliance
    function requireCompliant(bytes32 subject, bytes32 mandateId, uint256 maxAge) public view {
        Record memory r = _records[subject][mandateId];
        if (r.provenAt == 0) revert NoRecord(subject, mandateId);
        if (r.validUntil == 0) revert RecordRevoked(subject, mandateId);
        if (block.timestamp > r.validUntil) revert RecordExpired(r.validUntil);
        if (block.timestamp - r.asOf > maxAge) revert RecordTooOld(r.asOf, block.timestamp - maxAge);
        if (!MANDATES.isActive(mandateId)) revert MandateNotActive(mandateId);
    }

    /// @inheritdoc ICompliance
    function requireAccountCompliant(address account, bytes32 mandateId, uint256 maxAge) external view {
        bytes32 subject = ATTESTORS.subjectOf(account);
        if (subject == bytes32(0)) revert NoSubject(account);
        requireCompliant(subject, mandateId, maxAge);
    }

    /// @inheritdoc ICompliance
    function isCompliant(bytes32 subject, bytes32 mandateId, uint256 maxAge) public view returns (bool) {
        Record memory r = _records[subject][mandateId];
        // Zero, revoked or not, is in the past.
        return
            block.timestamp <= r.validUntil && block.timestamp - r.asOf <= maxAge
                && MANDATES.isActive(mandateId);
    }

    /// @inheritdoc ICompliance
    function isAccountCompliant(address account, bytes32 mandateId, uint256 maxAge)
        external
        view
        returns (bool)
    {
        bytes32 subject = ATTESTORS.subjectOf(account);
        return subject != bytes32(0) && isCompliant(subject, mandateId, maxAge);
    }

    /// @inheritdoc IComplianceRegistry
    function record(bytes32 subject, bytes32 mandateId) external view returns (Record memory) {
        return _records[subject][mandateId];
    }

    /// @dev Everything about time. The risk registry holds `asOf` to be no later than its publication.
    function _nextRecord(AttestCall calldata call, IMandateRegistry.Mandate memory m, uint64 riskAsOf)
        private
        view
        returns (Record memory)
    {
        if (call.asOf != riskAsOf) revert AsOfMismatch(call.asOf, riskAsOf);
        uint256 latest = uint256(call.asOf) + m.maxDelay;
        if (block.timestamp > latest) revert TooLate(call.asOf, latest);
        latest = uint256(call.asOf) + m.maxAge;
        if (call.validUntil < block.timestamp || call.validUntil > latest) {
            revert BadValidity(call.validUntil, block.timestamp, latest);
        }
        // The instant grows from record to record, so there is always a next epoch for the subject to use.
        if (call.epoch > call.asOf) revert EpochTooFar(call.epoch, call.asOf);
        Record memory last = _records[call.subject][call.mandateId];
        uint32 streak = 1;
        if (last.provenAt != 0) {
            if (call.epoch <= last.epoch) revert EpochNotNewer(call.epoch, last.epoch);
            if (call.asOf <= last.asOf) revert AsOfNotNewer(call.asOf, last.asOf);
            bool unbroken = call.epoch == uint256(last.epoch) + 1 && last.streak < type(uint32).max;
            if (unbroken && (m.maxGap == 0 || call.asOf - last.asOf <= m.maxGap)) streak = last.streak + 1;
        }
        return Record({
            provenAt: SafeCast.toUint48(block.timestamp),
            validUntil: SafeCast.toUint48(call.validUntil),
            epoch: SafeCast.toUint48(call.epoch),
            asOf: SafeCast.toUint48(call.asOf),
            serial: m.serial,
            streak: streak
        });
    }

    /// @dev Every declared account is there, signed for and not used elsewhere; and nothing else is there.
    function _checkAccounts(AttestCall calldata call, bytes32 universe)
        private
        returns (bytes32 digest, uint256[] memory declared)
    {
        uint64[] memory sequences = new uint64[](call.signatures.length);
        for (uint256 i = 0; i < sequences.length; ++i) {
            sequences[i] = call.signatures[i].sequence;
        }
        IAttestorRegistry.Account[] memory accounts;
        (digest, accounts) = ATTESTORS.useAccounts(call.subject, call.asOf, sequences);
        declared = new uint256[](accounts.length);
        uint256 next;
        for (uint256 i = 0; i < accounts.length; ++i) {
            uint16 nettingSet = accounts[i].nettingSet;
            if (nettingSet >= call.commitments.length) {
                revert AccountOutOfRange(nettingSet, call.commitments.length);
            }
            _checkEmpty(call.commitments, next, nettingSet);
            next = uint256(nettingSet) + 1;
            declared[i] = call.commitments[nettingSet];
            if (declared[i] == 0) revert AccountMissing(nettingSet);
            _checkSignature(call, accounts[i], call.signatures[i], universe, declared[i]);
        }
        _checkEmpty(call.commitments, next, call.commitments.length);
    }

    function _checkEmpty(uint256[] calldata commitments, uint256 from, uint256 to) private pure {
        for (uint256 i = from; i < to; ++i) {
            if (commitments[i] != 0) revert AccountNotDeclared(i);
        }
    }

    function _checkSignature(
        AttestCall calldata call,
        IAttestorRegistry.Account memory account,
        AccountSignature calldata signature,
        bytes32 universe,
        uint256 commitment
    ) private pure {
        bytes32 hash = Digests.attestation(
            Digests.Attestation({
                subject: call.subject,
                account: account.account,
                nettingSet: account.nettingSet,
                universe: universe,
                asOf: call.asOf,
                sequence: signature.sequence,
                commitment: commitment
            })
        );
        // Refuses a high `s` and a `v` other than 27 and 28.
        (address signer,,) = ECDSA.tryRecover(hash, signature.v, signature.r, signature.s);
        if (signer == address(0) || signer != account.attestor) {
            revert WrongSigner(account.nettingSet, signer, account.attestor);
        }
    }

    function _checkProof(
        AttestCall calldata call,
        IMandateRegistry.Mandate memory m,
        IRiskRegistry.Publication memory risk,
        bytes32 accountSet
    ) private view {
        (uint256 x, uint256 y) = Bn254.add(risk.x, risk.y, m.x, m.y);
        bytes32 context = Digests.context(
            Digests.Context({
                chainId: block.chainid,
                registry: address(this),
                subject: call.subject,
                key: m.keyId,
                mandate: m.digest,
                risk: call.riskDigest,
                accountSet: accountSet,
                asOf: call.asOf,
                validUntil: call.validUntil,
                epoch: call.epoch
            })
        );
        Groth16.verify(m.key, call.proof, x, y, Digests.field(context), call.commitments);
    }
}
