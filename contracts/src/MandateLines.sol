// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ICircuitStops, IComplianceRegistry} from "./interfaces/IComplianceRegistry.sol";
import {IMandateRegistry} from "./interfaces/IMandateRegistry.sol";
import {DataCode} from "./lib/DataCode.sol";

/// @title Which version of a mandate is in force, and what stops it: a part of a compliance registry, see
/// {IComplianceRegistry}.
abstract contract MandateLines is IComplianceRegistry, Ownable2Step {
    uint256 private constant LOCAL_CHAIN = 31337;

    /// @dev One slot. From `nextFrom` on, where that is not zero, what waits is in force.
    struct Line {
        /// Code of the version in force; zero before the first.
        address current;
        uint16 version;
        uint40 nextFrom;
        /// Paused by its owner.
        bool paused;
        /// Paused by the registry's owner.
        bool stopped;
        /// Its circuit is dead: for ever.
        bool halted;
    }

    IMandateRegistry public immutable MANDATES;
    /// @notice Seconds before a scheduled version is in force.
    uint40 public immutable TIMELOCK;
    /// @notice What says which circuits are stopped; zero for nothing.
    address public stops;
    mapping(bytes32 mandateId => Line) private _lines;
    mapping(bytes32 mandateId => address) private _waiting;
    mapping(bytes32 versionId => bool) private _scheduled;
    /// @inheritdoc IComplianceRegistry
    mapping(bytes32 mandateId => address) public mandateOwner;

    constructor(IMandateRegistry mandates, uint40 timelock) {
        if (timelock == 0 && block.chainid != LOCAL_CHAIN) revert NoTimelock(block.chainid);
        MANDATES = mandates;
        TIMELOCK = timelock;
    }

    /// @inheritdoc IComplianceRegistry
    function schedule(bytes32 versionId) external onlyOwner {
        IMandateRegistry.Mandate memory m = MANDATES.mandate(versionId);
        if (_scheduled[versionId]) revert AlreadyScheduled(versionId);
        _scheduled[versionId] = true;
        bytes32 id = m.line;
        Line memory line = _lines[id];
        (address current, uint16 version) = _inForce(id, line);
        bool waits = line.nextFrom > block.timestamp;
        // A mandate begins with the version that gives it its id, and changes one version at a time.
        if (waits || (current == address(0)) != (versionId == id)) revert CannotSchedule(versionId);
        if (current == address(0)) mandateOwner[id] = m.owner;
        (line.current, line.version) = (current, version);
        line.nextFrom = uint40(block.timestamp) + TIMELOCK;
        _lines[id] = line;
        _waiting[id] = MANDATES.pointerOf(versionId);
        emit VersionScheduled(id, versionId, version + 1, line.nextFrom);
    }

    /// @inheritdoc IComplianceRegistry
    function cancel(bytes32 mandateId) external {
        _onlyOwners(mandateId);
        Line storage line = _lines[mandateId];
        if (line.nextFrom <= block.timestamp) revert NothingScheduled(mandateId);
        line.nextFrom = 0;
        delete _waiting[mandateId];
        emit VersionCancelled(mandateId, line.version + 1);
    }

    /// @inheritdoc IComplianceRegistry
    function setPaused(bytes32 mandateId, bool paused) external {
        _onlyOwners(mandateId);
        Line storage line = _lines[mandateId];
        // Two hands, two switches: neither undoes the other's pause.
        if (msg.sender == owner()) line.stopped = paused;
        if (msg.sender == mandateOwner[mandateId]) line.paused = paused;
        emit MandatePaused(mandateId, paused);
    }

    /// @inheritdoc IComplianceRegistry
    function halt(bytes32 mandateId) external {
        Line storage line = _lines[mandateId];
        (address current,) = _inForce(mandateId, line);
        bytes32 keyId = _keyOf(current);
        if (!_isDead(keyId)) {
            keyId = _keyOf(_waiting[mandateId]);
            if (!_isDead(keyId)) revert NotStopped(keyId);
        }
        line.halted = true;
        emit MandateHalted(mandateId, keyId);
    }

    /// @inheritdoc IComplianceRegistry
    function setStops(address stops_) external onlyOwner {
        if (stops != address(0) || stops_.code.length == 0) revert StopsAlreadyNamed(stops);
        stops = stops_;
        emit StopsNamed(stops_);
    }

    /// @inheritdoc IComplianceRegistry
    function setMandateOwner(bytes32 mandateId, address owner_) external {
        if (msg.sender != mandateOwner[mandateId] || owner_ == address(0)) {
            revert NotMandateOwner(msg.sender);
        }
        mandateOwner[mandateId] = owner_;
        emit MandateOwnerChanged(mandateId, owner_);
    }

    /// @inheritdoc IComplianceRegistry
    function isActive(bytes32 mandateId) external view returns (bool) {
        return _activeVersion(mandateId) != 0;
    }

    /// @inheritdoc IComplianceRegistry
    function mandateState(bytes32 mandateId)
        external
        view
        returns (uint16 version, address pointer, bool stopped, address next, uint40 nextFrom)
    {
        Line memory line = _lines[mandateId];
        (pointer, version) = _inForce(mandateId, line);
        stopped = line.paused || line.stopped || line.halted;
        if (line.nextFrom > block.timestamp) (next, nextFrom) = (_waiting[mandateId], line.nextFrom);
    }

    /// @dev The version in force where nothing stops the mandate, else zero. One word.
    function _activeVersion(bytes32 mandateId) internal view returns (uint256 version) {
        uint256 word = _lineWord(mandateId);
        if (word >> 216 != 0) return 0;
        version = (word >> 160) & type(uint16).max;
        if (_isDue(word)) ++version;
    }

    /// @dev The version in force and its code; reverts where something stops the mandate. Whoever comes first after a change
    /// writes it down, so that the next ones read one slot.
    function _usable(bytes32 mandateId) internal returns (address pointer, uint16 version) {
        uint256 word = _lineWord(mandateId);
        if (word >> 216 != 0) revert Paused(mandateId);
        if (_isDue(word)) {
            Line memory line = _lines[mandateId];
            (line.current, line.version) = _inForce(mandateId, line);
            line.nextFrom = 0;
            _lines[mandateId] = line;
            delete _waiting[mandateId];
            return (line.current, line.version);
        }
        // forge-lint: disable-next-line(unsafe-typecast) the line's fields
        (pointer, version) = (address(uint160(word)), uint16(word >> 160));
        if (pointer == address(0)) revert NotInForce(mandateId);
    }

    /// @dev The line as its slot has it: code (160 bits), version (16), next from (40), then what stops it.
    function _lineWord(bytes32 mandateId) private view returns (uint256 word) {
        Line storage line = _lines[mandateId];
        assembly ("memory-safe") {
            word := sload(line.slot)
        }
    }

    function _isDue(uint256 word) private view returns (bool) {
        uint256 from = (word >> 176) & type(uint40).max;
        return from != 0 && block.timestamp >= from;
    }

    function _inForce(bytes32 mandateId, Line memory line) private view returns (address, uint16) {
        if (line.nextFrom == 0 || block.timestamp < line.nextFrom) return (line.current, line.version);
        return (_waiting[mandateId], line.version + 1);
    }

    function _onlyOwners(bytes32 mandateId) private view {
        address owner_ = mandateOwner[mandateId];
        if (owner_ == address(0)) revert NotInForce(mandateId);
        if (msg.sender != owner_ && msg.sender != owner()) revert NotMandateOwner(msg.sender);
    }

    /// @dev Word 3 of a mandate's code.
    function _keyOf(address pointer) private view returns (bytes32) {
        return pointer == address(0) ? bytes32(0) : bytes32(DataCode.part(pointer, 3 * 32, 32));
    }

    function _isDead(bytes32 keyId) private view returns (bool) {
        return keyId != bytes32(0) && stops != address(0) && ICircuitStops(stops).isDead(keyId);
    }
}
