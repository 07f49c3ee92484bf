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
    /// @dev Bytes of `abi.encode(IMandateRegistry.Mandate)` at the front of a mandate's code, and offsets of its words.
    uint256 private constant MANDATE = 17 * 32;
    uint256 private constant DIGEST = 0x00;
    uint256 private constant X = 0x20;
    uint256 private constant Y = 0x40;
    uint256 private constant KEY_ID = 0x60;
    uint256 private constant KEY = 0x80;
    uint256 private constant MODEL = 0xc0;
    uint256 private constant LINE = 0xe0;
    uint256 private constant MAX_DELAY = 0x100;
    uint256 private constant MAX_AGE = 0x120;
    uint256 private constant MAX_GAP = 0x140;
    uint256 private constant START = 0x160;
    uint256 private constant PERIOD = 0x180;
    uint256 private constant WINDOW = 0x1a0;
    uint256 private constant DRAWN = 0x1c0;

    /// @dev Offsets of the words that `IRiskRegistry.usable` answers.
    uint256 private constant RISK_X = 0x00;
    uint256 private constant RISK_Y = 0x20;
    uint256 private constant UNIVERSE = 0x40;
    uint256 private constant AS_OF = 0x60;
    uint256 private constant SERIAL = 0x80;

    /// @dev What statements under one mandate and risk part have in common.
    struct Sheet {
        bytes32 mandateId;
        /// Memory address of the version's words: `_word`. Behind them the equation's image, with IC_0 + P_rules.
        uint256 mandate;
        /// Accounts of the shape.
        uint256 accounts;
        uint256 version;
        /// Memory address of the risk part's words.
        uint256 part;
        /// `Digests.contextFor`.
        uint256 context;
        /// `_book` of the subject whose statement is checked.
        uint256 book;
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
        (bytes32 set, uint256 list, uint256 count) = _declared(s.subject, true);
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
            (bytes32 set, uint256 list, uint256 count) = _declared(s.subject, true);
            (uint256 scalars, uint256 used) = _state(sheet, s, set, list, count);
            assembly ("memory-safe") {
                mcopy(add(add(inputs, 0x20), shl(5, mul(n, i))), scalars, shl(5, used))
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
            part: part,
            context: Digests.contextFor(
                block.chainid,
                address(this),
                bytes32(_word(m, KEY_ID)),
                bytes32(_word(m, DIGEST)),
                riskDigest,
                _word(part, AS_OF)
            ),
            book: 0
        });
    }

    /// @dev Five words of a risk part, in memory, once it is usable for the version at `m`; reverts as the risk registry does.
    function _risk(bytes32 riskDigest, uint256 m) private view returns (uint256 part) {
        address risks = address(RISKS);
        bytes4 selector = IRiskRegistry.usable.selector;
        assembly ("memory-safe") {
            part := mload(0x40)
            mstore(part, selector)
            mstore(add(part, 0x04), riskDigest)
            mstore(add(part, 0x24), mload(add(m, KEY_ID)))
            mstore(add(part, 0x44), mload(add(m, MODEL)))
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
            word := mload(add(m, place))
        }
    }

    function _key(uint256 m) private pure returns (address) {
        // forge-lint: disable-next-line(unsafe-typecast) an address, encoded
        return address(uint160(_word(m, KEY)));
    }

    function _attest(Sheet memory sheet, Statement calldata s, bytes32 set, uint256 list, uint256 count)
        private
    {
        (uint256 scalars, uint256 used) = _state(sheet, s, set, list, count);
        uint256 part = sheet.part;
        uint256 outcome = Groth16.equation(
            sheet.mandate + MANDATE, s.proof, _word(part, RISK_X), _word(part, RISK_Y), scalars, used
        );
        if (outcome != Groth16.HOLDS) Groth16.demand(outcome, _key(sheet.mandate), sheet.accounts);
    }

    /// @dev Everything but the proof: accounts are used, the record is written. Returns what the proof must be of: memory
    /// address and number of the context and the commitments up to the last account that is declared. Those of the shape's accounts
    /// behind it are zero.
    function _state(Sheet memory sheet, Statement calldata s, bytes32 set, uint256 list, uint256 count)
        private
        returns (uint256 scalars, uint256 used)
    {
        bytes32 subject = s.subject;
        uint256 slot;
        uint256 next;
        {
            bytes32 mandateId = sheet.mandateId;
            assembly ("memory-safe") {
                // Of `_records[subject][mandateId]`.
                mstore(0x00, subject)
                mstore(0x20, _records.slot)
                mstore(0x20, keccak256(0x00, 0x40))
                mstore(0x00, mandateId)
                slot := keccak256(0x00, 0x40)
                next := sload(slot)
            }
        }
        uint256 context;
        {
            (uint64 validUntil, uint64 epoch) = (s.validUntil, s.epoch);
            next = _next(sheet, validUntil, epoch, next);
            context = _begin(sheet, subject, set, validUntil, epoch);
        }
        SignedAccount[] calldata given = s.accounts;
        if (given.length != count) revert WrongAccountCount(given.length, count);
        (scalars, used) = _checkAccounts(sheet, given, list);
        bytes32 mandateId_ = sheet.mandateId;
        bytes32 kind = Attested.selector;
        assembly ("memory-safe") {
            mstore(scalars, context)
            sstore(slot, next)
            // emit Attested(subject, mandateId, next)
            mstore(0x00, next)
            log3(0x00, 0x20, kind, subject, mandateId_)
        }
    }

    /// @dev What its accounts need of a subject, put into the sheet; and the context as the circuit takes it.
    function _begin(Sheet memory sheet, bytes32 subject, bytes32 set, uint256 until, uint256 epoch)
        private
        pure
        returns (uint256)
    {
        uint256 part = sheet.part;
        sheet.book = _book(subject, bytes32(_word(part, UNIVERSE)), _word(part, AS_OF), until);
        return Digests.field(Digests.contextOf(sheet.context, subject, set, until, epoch));
    }

    /// @dev Everything about time, and the record's word. The risk registry holds `asOf` to be no later than its publication.
    function _next(Sheet memory sheet, uint64 validUntil, uint64 epoch, uint256 last)
        private
        view
        returns (uint256 next)
    {
        uint256 m = sheet.mandate;
        uint256 asOf = _word(sheet.part, AS_OF);
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
            uint256 version = sheet.version;
            bool unbroken;
            if (last != 0) {
                uint256 lastAsOf = Records.asOf(last);
                if (epoch <= Records.epoch(last)) revert EpochNotNewer(epoch, Records.epoch(last));
                if (asOf <= lastAsOf) revert AsOfNotNewer(uint64(asOf), uint64(lastAsOf));
                uint256 gap = _word(m, MAX_GAP);
                unbroken = Records.version(last) == version && (gap == 0 || asOf - lastAsOf <= gap);
            }
            // The layout of `Records`; every value is bounded above or by the risk registry.
            next = Records.follow(last, epoch, unbroken) | validUntil | asOf << 40 | version << 80
                | block.timestamp << 96 | uint256(epoch) << 136 | _word(sheet.part, SERIAL) << 232;
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

    /// @dev Every declared account is there, signed for and not used elsewhere; every other place is empty. Accounts are in the order
    /// of their places. The first word, the context's, is left free.
    /// @param given As many as the packed list has.
    function _checkAccounts(Sheet memory sheet, SignedAccount[] calldata given, uint256 list)
        private
        returns (uint256 scalars, uint256 used)
    {
        uint256 end;
        uint256 last;
        assembly ("memory-safe") {
            end := add(list, shl(6, given.length))
            last := shr(168, mload(sub(end, 0x40)))
        }
        // forge-lint: disable-next-line(unsafe-typecast) as `_pack` put it there
        if (last >= sheet.accounts) revert AccountOutOfRange(uint16(last), sheet.accounts);
        uint256 signed;
        uint256 places;
        assembly ("memory-safe") {
            used := add(last, 2)
            scalars := mload(0x40)
            places := add(scalars, 0x20)
            let size := shl(5, used)
            // What is behind the calldata is zero.
            calldatacopy(scalars, calldatasize(), size)
            mstore(0x40, add(scalars, size))
            signed := given.offset
        }
        _take(sheet.book, list, end, signed, places);
    }
}
