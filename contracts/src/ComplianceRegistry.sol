// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable2Step.sol";
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
    /// @dev Bytes of `abi.encode(IMandateRegistry.Mandate)` at the front of a mandate's code, and places of its words.
    uint256 private constant MANDATE = 17 * 32;
    uint256 private constant DIGEST = 0;
    uint256 private constant X = 1;
    uint256 private constant Y = 2;
    uint256 private constant KEY_ID = 3;
    uint256 private constant KEY = 4;
    uint256 private constant MODEL = 6;
    uint256 private constant LINE = 7;
    uint256 private constant MAX_DELAY = 8;
    uint256 private constant MAX_AGE = 9;
    uint256 private constant MAX_GAP = 10;
    uint256 private constant START = 11;
    uint256 private constant PERIOD = 12;
    uint256 private constant WINDOW = 13;
    uint256 private constant DRAWN = 14;

    /// @dev Half the order of secp256k1: an `s` above it is the other form of a signature below it.
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @dev What statements under one mandate and risk part have in common.
    struct Sheet {
        bytes32 mandateId;
        /// Memory address of the version's words: `_word`. Behind them the equation's image, with IC_0 + P_rules.
        uint256 mandate;
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
        uint256 m = sheet.mandate;
        (uint256 x, uint256 y) = Bn254.add(_word(m, X), _word(m, Y), sheet.x, sheet.y);
        VERIFIER.verifyBatch(_key(m), x, y, proofs, inputs);
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
        uint256 r = _records[subject][mandateId];
        if (Records.validUntil(r) == 0 || !(RISKS.isStruck(Records.risk(r)) || _anyRevoked(subject))) {
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
        uint256 streak = Records.streak(_require(subject, mandateId, maxAge));
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
        // forge-lint: disable-next-line(unsafe-typecast) bounded by the record
        if (block.timestamp > end) revert RecordExpired(uint48(end));
        uint40 asOf = Records.asOf(r);
        if (block.timestamp - asOf > maxAge) revert RecordTooOld(asOf, block.timestamp - maxAge);
        uint256 version = _activeVersion(mandateId);
        if (version == 0) revert MandateNotActive(mandateId);
        // forge-lint: disable-next-line(unsafe-typecast) bounded by the record
        if (version != Records.version(r)) revert RecordOfOldVersion(Records.version(r), uint16(version));
    }

    function _withdraw(bytes32 subject, bytes32 mandateId) private {
        uint256 r = _records[subject][mandateId];
        if (r == 0) revert NoRecord(subject, mandateId);
        _records[subject][mandateId] = Records.withdrawn(r);
        emit AttestationRevoked(subject, mandateId, msg.sender);
    }

    /// @dev The mandate's version in force, with its equation, and the risk part.
    function _sheet(bytes32 mandateId, bytes32 riskDigest) private returns (Sheet memory sheet) {
        (address pointer, uint16 version) = _usable(mandateId);
        uint256 m;
        uint256 size;
        assembly ("memory-safe") {
            m := mload(0x40)
            size := sub(extcodesize(pointer), 1)
            extcodecopy(pointer, m, 1, size)
            mstore(0x40, add(m, size))
        }
        (sheet.mandateId, sheet.mandate, sheet.version, sheet.risk) = (mandateId, m, version, riskDigest);
        sheet.accounts = (size - MANDATE - Groth16.INPUTS) / 64 - 1;
        (sheet.x, sheet.y, sheet.universe, sheet.asOf, sheet.serial) =
            RISKS.usable(riskDigest, bytes32(_word(m, KEY_ID)), bytes32(_word(m, MODEL)));
    }

    function _word(uint256 m, uint256 place) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(m, shl(5, place)))
        }
    }

    function _key(uint256 m) private pure returns (address) {
        // forge-lint: disable-next-line(unsafe-typecast) an address, encoded
        return address(uint160(_word(m, KEY)));
    }

    function _attest(Sheet memory sheet, Statement calldata s, bytes32 set, uint256 list, uint256 count)
        private
    {
        uint256[] memory inputs = _state(sheet, s, set, list, count);
        uint256 m = sheet.mandate + MANDATE;
        uint256 outcome = Groth16.addPoint(m, sheet.x, sheet.y) ? Groth16.HOLDS : Groth16.REJECTED;
        for (uint256 i = 0; outcome == Groth16.HOLDS && i < inputs.length; ++i) {
            outcome = Groth16.addInput(m, i, inputs[i]);
        }
        if (outcome == Groth16.HOLDS) outcome = Groth16.pairing(m, s.proof);
        Groth16.demand(outcome, _key(sheet.mandate), sheet.accounts);
    }

    /// @dev Everything but the proof: accounts are used, the record is written. Returns what the proof must be of, the
    /// context and a commitment per account of the shape.
    function _state(Sheet memory sheet, Statement calldata s, bytes32 set, uint256 list, uint256 count)
        private
        returns (uint256[] memory inputs)
    {
        _checkSubmitter(s.subject);
        uint256 next = _next(sheet, s, _records[s.subject][sheet.mandateId]);
        inputs = _checkAccounts(sheet, s, list, count);
        inputs[0] = _context(sheet, s, set);
        _records[s.subject][sheet.mandateId] = next;
        emit Attested(s.subject, sheet.mandateId, sheet.risk, set, next, _commitments(s));
    }

    /// @dev Everything about time, and the record's word. The risk registry holds `asOf` to be no later than its publication.
    function _next(Sheet memory sheet, Statement calldata s, uint256 last)
        private
        view
        returns (uint256 next)
    {
        uint256 m = sheet.mandate;
        uint64 asOf = sheet.asOf;
        (uint64 validUntil, uint64 epoch) = (s.validUntil, s.epoch);
        uint256 latest = asOf + _word(m, MAX_DELAY);
        if (block.timestamp > latest) revert TooLate(asOf, latest);
        latest = asOf + _word(m, MAX_AGE);
        if (validUntil < block.timestamp || validUntil > latest) {
            revert BadValidity(validUntil, block.timestamp, latest);
        }
        // The instant grows from record to record, so there is always a next epoch for the subject to use.
        if (epoch > asOf || epoch > type(uint32).max) revert EpochTooFar(epoch, asOf);
        if (_word(m, PERIOD) != 0) _checkSchedule(m, epoch, asOf);
        bool unbroken;
        if (last != 0) {
            if (epoch <= Records.epoch(last)) revert EpochNotNewer(epoch, Records.epoch(last));
            if (asOf <= Records.asOf(last)) revert AsOfNotNewer(asOf, Records.asOf(last));
            uint256 gap = _word(m, MAX_GAP);
            unbroken =
                Records.version(last) == sheet.version && (gap == 0 || asOf - Records.asOf(last) <= gap);
        }
        // The layout of `Records`; every value is bounded above or by the risk registry.
        next = Records.follow(last, epoch, unbroken) | validUntil | uint256(asOf) << 40;
        next |= uint256(sheet.version) << 80 | block.timestamp << 96 | uint256(epoch) << 136;
        next |= uint256(sheet.serial) << 232;
    }

    /// @dev The book's instant is the epoch's: its beginning or, drawn afterwards, anywhere in it; and at most a window later,
    /// because snapshots come at their own times.
    function _checkSchedule(uint256 m, uint64 epoch, uint64 asOf) private view {
        uint256 period = _word(m, PERIOD);
        uint256 window = _word(m, WINDOW);
        uint256 instant = _word(m, START) + epoch * period;
        if (_word(m, DRAWN) != 0) {
            // forge-lint: disable-next-line(unsafe-typecast) 40 bits and twice 32
            bytes32 seed = BEACON.seedOf(uint64(instant + period));
            instant += uint256(keccak256(abi.encode(seed, _word(m, LINE), epoch))) % period;
        }
        if (asOf < instant || asOf - instant > window) revert OffSchedule(asOf, instant, instant + window);
    }

    /// @dev Every declared account is there, signed for and not used elsewhere; every other place is empty.
    function _checkAccounts(Sheet memory sheet, Statement calldata s, uint256 list, uint256 count)
        private
        returns (uint256[] memory inputs)
    {
        if (s.accounts.length != count) revert WrongAccountCount(s.accounts.length, count);
        inputs = new uint256[](sheet.accounts + 1);
        uint256 tag = _tag(s.subject);
        for (uint256 i = 0; i < count; ++i) {
            Account memory account = _account(list, i);
            SignedAccount calldata signed = s.accounts[i];
            if (account.nettingSet >= sheet.accounts) {
                revert AccountOutOfRange(account.nettingSet, sheet.accounts);
            }
            if (signed.commitment == 0) revert AccountMissing(account.nettingSet);
            _checkAttestor(account, sheet.asOf);
            _use(account, signed.sequence, tag, sheet.asOf, s.validUntil);
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
        // A high `s` is refused: the short form leaves no other `v` than 27 and 28.
        bytes32 s = signed.vs & bytes32(uint256(type(int256).max));
        address signer = uint256(s) > HALF_ORDER
            ? address(0)
            : ecrecover(hash, uint8(uint256(signed.vs) >> 255) + 27, signed.r, s);
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
                    key: bytes32(_word(sheet.mandate, KEY_ID)),
                    mandate: bytes32(_word(sheet.mandate, DIGEST)),
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
