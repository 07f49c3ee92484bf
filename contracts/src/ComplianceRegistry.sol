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

    /// @dev Places of the words that `IRiskRegistry.usable` answers.
    uint256 private constant RISK_X = 0;
    uint256 private constant RISK_Y = 1;
    uint256 private constant UNIVERSE = 2;
    uint256 private constant AS_OF = 3;
    uint256 private constant SERIAL = 4;

    /// @dev What statements under one mandate and risk part have in common.
    struct Sheet {
        bytes32 mandateId;
        /// Memory address of the version's words: `_word`. Behind them the equation's image, with IC_0 + P_rules.
        uint256 mandate;
        /// Accounts of the shape.
        uint256 accounts;
        uint256 version;
        bytes32 risk;
        /// Memory address of the risk part's words.
        uint256 part;
        uint256 asOf;
        /// `Digests.contextFor`.
        uint256 context;
        /// Of the subject whose statement is checked: `_tag`, and `Digests.attestationFor`.
        uint256 tag;
        uint256 message;
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
        (uint256 x, uint256 y) =
            Bn254.add(_word(m, X), _word(m, Y), _word(sheet.part, RISK_X), _word(sheet.part, RISK_Y));
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
    function _sheet(bytes32 mandateId, bytes32 riskDigest) private returns (Sheet memory) {
        (address pointer, uint16 version) = _usable(mandateId);
        uint256 m;
        uint256 size;
        assembly ("memory-safe") {
            m := mload(0x40)
            size := sub(extcodesize(pointer), 1)
            extcodecopy(pointer, m, 1, size)
            mstore(0x40, add(m, size))
        }
        uint256 part = _risk(riskDigest, m);
        return Sheet({
            mandateId: mandateId,
            mandate: m,
            // 64 bytes for the context and for every account.
            accounts: ((size - MANDATE - Groth16.INPUTS) >> 6) - 1,
            version: version,
            risk: riskDigest,
            part: part,
            asOf: _word(part, AS_OF),
            context: Digests.contextFor(
                block.chainid,
                address(this),
                bytes32(_word(m, KEY_ID)),
                bytes32(_word(m, DIGEST)),
                riskDigest,
                _word(part, AS_OF)
            ),
            tag: 0,
            message: 0
        });
    }

    /// @dev Five words of a risk part, in memory, once it is usable for the version at `m`; reverts as the risk registry does.
    function _risk(bytes32 riskDigest, uint256 m) private view returns (uint256 part) {
        address risks = address(RISKS);
        bytes4 selector = IRiskRegistry.usable.selector;
        bytes32 keyId = bytes32(_word(m, KEY_ID));
        bytes32 model = bytes32(_word(m, MODEL));
        assembly ("memory-safe") {
            part := mload(0x40)
            mstore(part, selector)
            mstore(add(part, 0x04), riskDigest)
            mstore(add(part, 0x24), keyId)
            mstore(add(part, 0x44), model)
            let ok := staticcall(gas(), risks, part, 0x64, part, 0xa0)
            if iszero(and(ok, gt(returndatasize(), 0x9f))) {
                returndatacopy(part, 0, returndatasize())
                revert(part, returndatasize())
            }
            mstore(0x40, add(part, 0xa0))
        }
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
        uint256 scalars;
        assembly ("memory-safe") {
            scalars := add(inputs, 0x20)
        }
        uint256 part = sheet.part;
        uint256 outcome = Groth16.equation(
            sheet.mandate + MANDATE, s.proof, _word(part, RISK_X), _word(part, RISK_Y), scalars, inputs.length
        );
        if (outcome != Groth16.HOLDS) Groth16.demand(outcome, _key(sheet.mandate), sheet.accounts);
    }

    /// @dev Everything but the proof: accounts are used, the record is written. Returns what the proof must be of, the
    /// context and a commitment per account of the shape.
    function _state(Sheet memory sheet, Statement calldata s, bytes32 set, uint256 list, uint256 count)
        private
        returns (uint256[] memory inputs)
    {
        _checkSubmitter(s.subject);
        mapping(bytes32 => uint256) storage records = _records[s.subject];
        uint256 next = _next(sheet, s, records[sheet.mandateId]);
        SignedAccount[] calldata given = s.accounts;
        if (given.length != count) revert WrongAccountCount(given.length, count);
        sheet.tag = _tag(s.subject);
        sheet.message = Digests.attestationFor(s.subject, bytes32(_word(sheet.part, UNIVERSE)), sheet.asOf);
        inputs = _checkAccounts(sheet, given, list, s.validUntil);
        inputs[0] = Digests.field(Digests.contextOf(sheet.context, s.subject, set, s.validUntil, s.epoch));
        records[sheet.mandateId] = next;
        _announce(sheet, s.subject, given, set, next);
    }

    /// @dev `emit Attested(subject, mandateId, risk, set, record, commitments)`, without copies on the way.
    function _announce(
        Sheet memory sheet,
        bytes32 subject,
        SignedAccount[] calldata accounts,
        bytes32 set,
        uint256 record_
    ) private {
        bytes32 kind = Attested.selector;
        bytes32 mandateId = sheet.mandateId;
        bytes32 risk = sheet.risk;
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, set)
            mstore(add(m, 0x20), record_)
            mstore(add(m, 0x40), 0x60)
            mstore(add(m, 0x60), accounts.length)
            let to := add(m, 0x80)
            let end := add(to, shl(5, accounts.length))
            // The commitment is the first of an account's four words.
            for { let from := accounts.offset } lt(to, end) { from := add(from, 0x80) } {
                mstore(to, calldataload(from))
                to := add(to, 0x20)
            }
            log4(m, sub(end, m), kind, subject, mandateId, risk)
        }
    }

    /// @dev Everything about time, and the record's word. The risk registry holds `asOf` to be no later than its publication.
    function _next(Sheet memory sheet, Statement calldata s, uint256 last)
        private
        view
        returns (uint256 next)
    {
        uint256 m = sheet.mandate;
        uint256 asOf = sheet.asOf;
        (uint64 validUntil, uint64 epoch) = (s.validUntil, s.epoch);
        // Instants are below 2^64 and ages below 2^32; an instant is only taken from a later one.
        // forge-lint: disable-start(unsafe-typecast) instants, as they were published
        unchecked {
            uint256 latest = asOf + _word(m, MAX_DELAY);
            if (block.timestamp > latest) revert TooLate(uint64(asOf), latest);
            latest = asOf + _word(m, MAX_AGE);
            if (validUntil < block.timestamp || validUntil > latest) {
                revert BadValidity(validUntil, block.timestamp, latest);
            }
            // The instant grows from record to record, so there is always a next epoch for the subject to use.
            if (epoch > asOf || epoch > type(uint32).max) revert EpochTooFar(epoch, uint64(asOf));
            if (_word(m, PERIOD) != 0) _checkSchedule(m, epoch, uint64(asOf));
            bool unbroken;
            if (last != 0) {
                uint256 lastAsOf = Records.asOf(last);
                if (epoch <= Records.epoch(last)) revert EpochNotNewer(epoch, Records.epoch(last));
                if (asOf <= lastAsOf) revert AsOfNotNewer(uint64(asOf), uint64(lastAsOf));
                uint256 gap = _word(m, MAX_GAP);
                unbroken = Records.version(last) == sheet.version && (gap == 0 || asOf - lastAsOf <= gap);
            }
            // The layout of `Records`; every value is bounded above or by the risk registry.
            next = Records.follow(last, epoch, unbroken) | validUntil | asOf << 40;
            next |= sheet.version << 80 | block.timestamp << 96 | uint256(epoch) << 136;
            next |= _word(sheet.part, SERIAL) << 232;
        }
        // forge-lint: disable-end(unsafe-typecast)
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
    function _checkAccounts(Sheet memory sheet, SignedAccount[] calldata given, uint256 list, uint256 until)
        private
        returns (uint256[] memory inputs)
    {
        uint256 places = sheet.accounts;
        inputs = new uint256[](places + 1);
        unchecked {
            for (uint256 i = 0; i < given.length; ++i) {
                (uint256 packed, bytes32 name) = _packed(list, i);
                uint16 place = _nettingSetOf(packed);
                if (place >= places) revert AccountOutOfRange(place, places);
                inputs[uint256(place) + 1] = _take(sheet, packed, name, given[i], until);
            }
        }
    }

    /// @dev One account: its attestor may vouch, it is used, and what is signed is what was given. Returns the commitment.
    function _take(
        Sheet memory sheet,
        uint256 packed,
        bytes32 name,
        SignedAccount calldata signed,
        uint256 until
    ) private returns (uint256 commitment) {
        commitment = signed.commitment;
        uint16 place = _nettingSetOf(packed);
        if (commitment == 0) revert AccountMissing(place);
        uint256 asOf = sheet.asOf;
        _checkAttestor(packed, asOf);
        uint64 sequence = signed.sequence;
        _use(_attestorOf(packed), name, sequence, sheet.tag, asOf, until);
        bytes32 hash = Digests.attestationOf(sheet.message, name, place, sequence, commitment);
        address signer = _signerOf(hash, signed.r, signed.vs);
        if (signer == address(0) || signer != _attestorOf(packed)) {
            revert WrongSigner(place, signer, _attestorOf(packed));
        }
    }

    /// @dev Who signed a digest; zero for nobody. A high `s` is refused: the short form leaves no other `v` than 27 and 28.
    function _signerOf(bytes32 hash, bytes32 r, bytes32 vs) private view returns (address signer) {
        assembly ("memory-safe") {
            let s := and(vs, 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
            if iszero(gt(s, HALF_ORDER)) {
                let m := mload(0x40)
                mstore(m, hash)
                mstore(add(m, 0x20), add(shr(255, vs), 27))
                mstore(add(m, 0x40), r)
                mstore(add(m, 0x60), s)
                // Nothing comes back where nobody signed.
                if staticcall(gas(), 1, m, 0x80, 0x00, 0x20) {
                    if eq(returndatasize(), 0x20) { signer := mload(0x00) }
                }
            }
        }
    }
}
