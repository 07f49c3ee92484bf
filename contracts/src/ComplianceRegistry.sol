// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {AttestorRegistry} from "./AttestorRegistry.sol";
import {MandateLines} from "./MandateLines.sol";
import {IComplianceRegistry, ICompliance} from "./interfaces/IComplianceRegistry.sol";
import {IEpochBeacon} from "./interfaces/IEpochBeacon.sol";
import {IGroth16Errors, IGroth16Verifier} from "./interfaces/IGroth16Verifier.sol";
import {IMandateRegistry} from "./interfaces/IMandateRegistry.sol";
import {IRiskRegistry} from "./interfaces/IRiskRegistry.sol";
import {Bn254} from "./lib/Bn254.sol";
import {Digests} from "./lib/Digests.sol";
import {Groth16} from "./lib/Groth16.sol";
import {Records} from "./lib/Records.sol";

/// @title See {IComplianceRegistry}.
/// @dev One contract for all that an attestation touches but the risk part: every contract more would cost it 2,600 gas, and
/// every word between two of them some more. Attestors and accounts, and the versions of mandates, are files of their own.
contract ComplianceRegistry is AttestorRegistry, MandateLines, IGroth16Errors {
    /// @dev Bytes of `abi.encode(IMandateRegistry.Mandate)` at the front of a mandate's code.
    uint256 private constant MANDATE = 17 * 32;

    /// @dev What statements under one mandate and risk part have in common.
    struct Sheet {
        bytes32 mandateId;
        IMandateRegistry.Mandate mandate;
        /// Memory address of the equation's image, with IC_0 + P_rules.
        uint256 image;
        /// Accounts of the shape.
        uint256 accounts;
        uint16 version;
        bytes32 risk;
        uint256 x;
        uint256 y;
        bytes32 universe;
        uint64 asOf;
        uint24 serial;
    }

    IRiskRegistry public immutable RISKS;
    IGroth16Verifier public immutable VERIFIER;
    IEpochBeacon public immutable BEACON;
    mapping(bytes32 subject => mapping(bytes32 mandateId => uint256)) private _records;

    constructor(Setup memory s) Ownable(s.owner) MandateLines(IMandateRegistry(s.mandates), s.timelock) {
        RISKS = IRiskRegistry(s.risks);
        VERIFIER = IGroth16Verifier(s.verifier);
        BEACON = IEpochBeacon(s.beacon);
    }

    /// @inheritdoc IComplianceRegistry
    function attest(bytes32 mandateId, bytes32 riskDigest, Statement calldata s) external {
        (bytes32 set, uint256 list, uint256 count) = _declared(s.subject);
        _attest(_sheet(mandateId, riskDigest), s, set, list, count);
    }

    /// @inheritdoc IComplianceRegistry
    function attestListed(
        bytes32 mandateId,
        bytes32 riskDigest,
        Statement calldata s,
        Account[] calldata accounts
    ) external {
        (bytes32 set, uint256 list) = _given(s.subject, accounts);
        _attest(_sheet(mandateId, riskDigest), s, set, list, accounts.length);
    }

    /// @inheritdoc IComplianceRegistry
    function attestBatch(bytes32 mandateId, bytes32 riskDigest, Statement[] calldata statements) external {
        if (statements.length == 0) revert EmptyBatch();
        Sheet memory sheet = _sheet(mandateId, riskDigest);
        uint256 n = sheet.accounts + 1;
        uint256[8][] memory proofs = new uint256[8][](statements.length);
        uint256[] memory inputs = new uint256[](n * statements.length);
        for (uint256 i = 0; i < statements.length; ++i) {
            Statement calldata s = statements[i];
            (bytes32 set, uint256 list, uint256 count) = _declared(s.subject);
            uint256[] memory own = _state(sheet, s, set, list, count);
            for (uint256 j = 0; j < n; ++j) {
                inputs[n * i + j] = own[j];
            }
            proofs[i] = s.proof;
        }
        IMandateRegistry.Mandate memory m = sheet.mandate;
        (uint256 x, uint256 y) = Bn254.add(m.x, m.y, sheet.x, sheet.y);
        VERIFIER.verifyBatch(m.key, x, y, proofs, inputs);
    }

    /// @inheritdoc IComplianceRegistry
    function revoke(bytes32 subject, bytes32 mandateId) external {
        if (
            msg.sender != owner() && msg.sender != mandateOwner[mandateId]
                && msg.sender != administratorOf(subject)
        ) revert MayNotRevoke(msg.sender);
        _withdraw(subject, mandateId);
    }

    /// @inheritdoc IComplianceRegistry
    function strike(bytes32 subject, bytes32 mandateId) external {
        Record memory r = Records.unpack(_records[subject][mandateId]);
        if (r.validUntil == 0 || !(RISKS.isStruck(r.risk) || _anyRevoked(subject))) {
            revert NothingStruck(subject, mandateId);
        }
        _withdraw(subject, mandateId);
    }

    /// @inheritdoc ICompliance
    function requireCompliant(bytes32 subject, bytes32 mandateId, uint256 maxAge) public view {
        _require(subject, mandateId, maxAge);
    }

    /// @inheritdoc ICompliance
    function requireAccountCompliant(address account, bytes32 mandateId, uint256 maxAge) external view {
        bytes32 subject = subjectOf(account);
        if (subject == bytes32(0)) revert NoSubject(account);
        _require(subject, mandateId, maxAge);
    }

    /// @inheritdoc IComplianceRegistry
    function requireStreak(bytes32 subject, bytes32 mandateId, uint256 maxAge, uint256 n) external view {
        uint256 streak = Records.unpack(_require(subject, mandateId, maxAge)).streak;
        if (streak < n) revert StreakTooShort(streak, n);
    }

    /// @inheritdoc ICompliance
    function isCompliant(bytes32 subject, bytes32 mandateId, uint256 maxAge) public view returns (bool) {
        uint256 r = _records[subject][mandateId];
        // Zero, withdrawn or not, is in the past; and no version is 0.
        return block.timestamp <= Records.validUntil(r) && block.timestamp - Records.asOf(r) <= maxAge
            && _activeVersion(mandateId) == Records.version(r);
    }

    /// @inheritdoc ICompliance
    function isAccountCompliant(address account, bytes32 mandateId, uint256 maxAge)
        external
        view
        returns (bool)
    {
        bytes32 subject = subjectOf(account);
        return subject != bytes32(0) && isCompliant(subject, mandateId, maxAge);
    }

    /// @inheritdoc IComplianceRegistry
    function record(bytes32 subject, bytes32 mandateId) external view returns (Record memory) {
        return Records.unpack(_records[subject][mandateId]);
    }

    function _require(bytes32 subject, bytes32 mandateId, uint256 maxAge) private view returns (uint256 r) {
        r = _records[subject][mandateId];
        if (r == 0) revert NoRecord(subject, mandateId);
        uint256 end = Records.validUntil(r);
        if (end == 0) revert RecordRevoked(subject, mandateId);
        if (block.timestamp > end) revert RecordExpired(uint48(end));
        uint40 asOf = Records.asOf(r);
        if (block.timestamp - asOf > maxAge) revert RecordTooOld(asOf, block.timestamp - maxAge);
        uint16 version = _activeVersion(mandateId);
        if (version == 0) revert MandateNotActive(mandateId);
        if (version != Records.version(r)) revert RecordOfOldVersion(Records.version(r), version);
    }

    function _withdraw(bytes32 subject, bytes32 mandateId) private {
        uint256 r = _records[subject][mandateId];
        if (r == 0) revert NoRecord(subject, mandateId);
        _records[subject][mandateId] = Records.withdrawn(r);
        emit AttestationRevoked(subject, mandateId, msg.sender);
    }

    /// @dev The mandate's version in force, with its equation, and the risk part.
    function _sheet(bytes32 mandateId, bytes32 riskDigest) private view returns (Sheet memory sheet) {
        (address pointer, uint16 version) = _usable(mandateId);
        IMandateRegistry.Mandate memory m;
        uint256 size;
        assembly ("memory-safe") {
            m := mload(0x40)
            size := sub(extcodesize(pointer), 1)
            extcodecopy(pointer, m, 1, size)
            mstore(0x40, add(m, size))
        }
        sheet.mandateId = mandateId;
        sheet.mandate = m;
        assembly ("memory-safe") {
            mstore(add(sheet, 0x40), add(m, MANDATE))
        }
        sheet.accounts = (size - MANDATE - Groth16.INPUTS) / 64 - 1;
        sheet.version = version;
        sheet.risk = riskDigest;
        (sheet.x, sheet.y, sheet.universe, sheet.asOf, sheet.serial) =
            RISKS.usable(riskDigest, m.keyId, m.model);
    }

    function _attest(Sheet memory sheet, Statement calldata s, bytes32 set, uint256 list, uint256 count)
        private
    {
        uint256[] memory inputs = _state(sheet, s, set, list, count);
        uint256 m = sheet.image;
        uint256 outcome = Groth16.addPoint(m, sheet.x, sheet.y) ? Groth16.HOLDS : Groth16.REJECTED;
        for (uint256 i = 0; outcome == Groth16.HOLDS && i < inputs.length; ++i) {
            outcome = Groth16.addInput(m, i, inputs[i]);
        }
        if (outcome == Groth16.HOLDS) outcome = Groth16.pairing(m, s.proof);
        Groth16.demand(outcome, sheet.mandate.key, sheet.accounts);
    }

    /// @dev Everything but the proof: accounts are used, the record is written. Returns what the proof must be of, the
    /// context and a commitment per account of the shape.
    function _state(Sheet memory sheet, Statement calldata s, bytes32 set, uint256 list, uint256 count)
        private
        returns (uint256[] memory inputs)
    {
        _checkSubmitter(s.subject);
        uint256 word = _records[s.subject][sheet.mandateId];
        Record memory next = _next(sheet, s, word);
        inputs = _checkAccounts(sheet, s, list, count);
        inputs[0] = _context(sheet, s, set);
        _records[s.subject][sheet.mandateId] = Records.pack(next);
        emit Attested(s.subject, sheet.mandateId, sheet.risk, set, next, _commitments(s));
    }

    /// @dev Everything about time. The risk registry holds `asOf` to be no later than its publication.
    function _next(Sheet memory sheet, Statement calldata s, uint256 word)
        private
        view
        returns (Record memory next)
    {
        IMandateRegistry.Mandate memory m = sheet.mandate;
        uint64 asOf = sheet.asOf;
        uint256 latest = uint256(asOf) + m.maxDelay;
        if (block.timestamp > latest) revert TooLate(asOf, latest);
        latest = uint256(asOf) + m.maxAge;
        if (s.validUntil < block.timestamp || s.validUntil > latest) {
            revert BadValidity(s.validUntil, block.timestamp, latest);
        }
        // The instant grows from record to record, so there is always a next epoch for the subject to use.
        if (s.epoch > asOf || s.epoch > type(uint32).max) revert EpochTooFar(s.epoch, asOf);
        if (m.period != 0) _checkSchedule(m, s.epoch, asOf);
        next.streak = 1;
        if (word != 0) _follow(next, Records.unpack(word), sheet, s.epoch);
        if (next.kept != type(uint24).max) next.kept += 1;
        // forge-lint: disable-start(unsafe-typecast) bounded above, and time by the risk registry
        next.provenAt = uint40(block.timestamp);
        next.validUntil = uint40(s.validUntil);
        next.asOf = uint40(asOf);
        next.epoch = uint32(s.epoch);
        // forge-lint: disable-end(unsafe-typecast)
        next.version = sheet.version;
        next.risk = sheet.serial;
    }

    /// @dev What a record takes over from the one before it.
    function _follow(Record memory next, Record memory last, Sheet memory sheet, uint64 epoch) private pure {
        if (epoch <= last.epoch) revert EpochNotNewer(epoch, last.epoch);
        if (sheet.asOf <= last.asOf) revert AsOfNotNewer(sheet.asOf, last.asOf);
        next.kept = last.kept;
        uint256 passed = epoch - last.epoch - 1;
        uint256 missed = uint256(last.missed) + passed;
        // forge-lint: disable-next-line(unsafe-typecast) the lesser of the two
        next.missed = uint24(missed < type(uint24).max ? missed : type(uint24).max);
        uint256 gap = sheet.mandate.maxGap;
        bool unbroken =
            passed == 0 && last.version == sheet.version && (gap == 0 || sheet.asOf - last.asOf <= gap);
        if (unbroken) next.streak = last.streak == type(uint16).max ? last.streak : last.streak + 1;
    }

    /// @dev The book's instant is the epoch's: its beginning or, drawn afterwards, anywhere in it; and at most a window later,
    /// because snapshots come at their own times.
    function _checkSchedule(IMandateRegistry.Mandate memory m, uint64 epoch, uint64 asOf) private view {
        uint256 instant = uint256(m.start) + uint256(epoch) * m.period;
        if (m.drawn) {
            bytes32 seed = BEACON.seedOf(uint64(instant + m.period));
            instant += uint256(keccak256(abi.encode(seed, m.line, epoch))) % m.period;
        }
        if (asOf < instant || asOf - instant > m.window) {
            revert OffSchedule(asOf, instant, instant + m.window);
        }
    }

    /// @dev Every declared account is there, signed for and not used elsewhere; every other place is empty.
    function _checkAccounts(Sheet memory sheet, Statement calldata s, uint256 list, uint256 count)
        private
        returns (uint256[] memory inputs)
    {
        if (s.accounts.length != count) revert WrongAccountCount(s.accounts.length, count);
        inputs = new uint256[](sheet.accounts + 1);
        uint104 tag = _tag(s.subject);
        for (uint256 i = 0; i < count; ++i) {
            Account memory account = _account(list, i);
            SignedAccount calldata signed = s.accounts[i];
            if (account.nettingSet >= sheet.accounts) {
                revert AccountOutOfRange(account.nettingSet, sheet.accounts);
            }
            if (signed.commitment == 0) revert AccountMissing(account.nettingSet);
            _checkAttestor(account, sheet.asOf);
            // forge-lint: disable-next-line(unsafe-typecast) bounded with the record
            _use(account, signed.sequence, tag, sheet.asOf, uint40(s.validUntil));
            _checkSignature(sheet, s.subject, account, signed);
            inputs[uint256(account.nettingSet) + 1] = signed.commitment;
        }
    }

    function _checkSignature(
        Sheet memory sheet,
        bytes32 subject,
        Account memory account,
        SignedAccount calldata signed
    ) private pure {
        bytes32 hash = Digests.attestation(
            Digests.Attestation({
                subject: subject,
                account: account.account,
                nettingSet: account.nettingSet,
                universe: sheet.universe,
                asOf: sheet.asOf,
                sequence: signed.sequence,
                commitment: signed.commitment
            })
        );
        // Refuses a high `s`; the short form leaves no other `v` than 27 and 28.
        (address signer,,) = ECDSA.tryRecover(hash, signed.r, signed.vs);
        if (signer == address(0) || signer != account.attestor) {
            revert WrongSigner(account.nettingSet, signer, account.attestor);
        }
    }

    function _context(Sheet memory sheet, Statement calldata s, bytes32 set) private view returns (uint256) {
        return Digests.field(
            Digests.context(
                Digests.Context({
                    chainId: block.chainid,
                    registry: address(this),
                    subject: s.subject,
                    key: sheet.mandate.keyId,
                    mandate: sheet.mandate.digest,
                    risk: sheet.risk,
                    accountSet: set,
                    asOf: sheet.asOf,
                    validUntil: s.validUntil,
                    epoch: s.epoch
                })
            )
        );
    }

    function _commitments(Statement calldata s) private pure returns (uint256[] memory out) {
        out = new uint256[](s.accounts.length);
        for (uint256 i = 0; i < out.length; ++i) {
            out[i] = s.accounts[i].commitment;
        }
    }
}
