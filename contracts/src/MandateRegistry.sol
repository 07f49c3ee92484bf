// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IMandateRegistry} from "./interfaces/IMandateRegistry.sol";
import {IVkStore} from "./interfaces/IVkStore.sol";
import {Bn254} from "./lib/Bn254.sol";
import {DataCode} from "./lib/DataCode.sol";
import {Digests} from "./lib/Digests.sol";

/// @title See {IMandateRegistry}.
contract MandateRegistry is IMandateRegistry, Ownable2Step {
    struct Draft {
        Mandate mandate;
        bytes32 sheetRoot;
        /// Positions below this are rules.
        uint32 rules;
        address owner;
        /// Lowest position that the next entry may have.
        uint64 next;
    }

    struct Slot {
        address pointer;
        /// Paused by its owner.
        bool paused;
        /// Paused by the registry's owner.
        bool stopped;
        address owner;
    }

    IVkStore public immutable KEYS;
    uint256 private _drafts;
    uint32 private _serial;
    mapping(uint256 draft => Draft) private _draft;
    mapping(bytes32 mandateId => Slot) private _slots;

    constructor(address owner_, IVkStore keys) Ownable(owner_) {
        KEYS = keys;
    }

    /// @inheritdoc IMandateRegistry
    function begin(Terms calldata terms) external onlyOwner returns (uint256 draft) {
        if (terms.owner == address(0) || terms.maxDelay == 0 || terms.maxAge == 0) revert BadTerms();
        IVkStore.Info memory key = KEYS.info(terms.keyId);
        bytes32 shape = keccak256(bytes(terms.shape));
        if (shape != key.shape) revert ShapeMismatch(key.shape, shape);
        bytes32 model = keccak256(bytes(terms.model));
        draft = ++_drafts;
        Draft storage d = _draft[draft];
        d.mandate = Mandate({
            digest: Digests.rulesStart(shape, model),
            x: 0,
            y: 0,
            keyId: terms.keyId,
            key: key.pointer,
            shape: shape,
            model: model,
            maxDelay: terms.maxDelay,
            maxAge: terms.maxAge,
            maxGap: terms.maxGap,
            serial: 0
        });
        d.sheetRoot = key.sheetRoot;
        d.rules = key.rules;
        d.owner = terms.owner;
        emit DraftBegun(draft, terms.keyId, terms.shape, terms.model);
    }

    /// @inheritdoc IMandateRegistry
    function append(uint256 draft, Entry[] calldata entries) external onlyOwner {
        Draft storage d = _open(draft);
        bytes32 root = d.sheetRoot;
        uint32 rules = d.rules;
        bytes32 digest = d.mandate.digest;
        uint256 x = d.mandate.x;
        uint256 y = d.mandate.y;
        uint64 next = d.next;
        for (uint256 i = 0; i < entries.length; ++i) {
            Entry calldata entry = entries[i];
            if (entry.position < next) revert PositionOutOfOrder(entry.position, next);
            next = uint64(entry.position) + 1;
            if (entry.position >= rules) revert PositionOutOfRange(entry.position, rules);
            if (entry.value == 0) revert ZeroValue(entry.position);
            if (!_isLeaf(entry, root)) revert WrongPoint(entry.position);
            digest = Digests.rulesStep(digest, entry.position, entry.value);
            (x, y) = _accumulate(entry, x, y);
        }
        d.mandate.digest = digest;
        d.mandate.x = x;
        d.mandate.y = y;
        d.next = next;
    }

    /// @inheritdoc IMandateRegistry
    function finish(uint256 draft, bytes32 digest) external onlyOwner returns (bytes32 mandateId) {
        Draft storage d = _open(draft);
        Mandate memory m = d.mandate;
        address owner_ = d.owner;
        if (m.digest != digest) revert DigestMismatch(digest, m.digest);
        if ((m.x | m.y) == 0) revert PointAtInfinity();
        mandateId = idOf(digest, m.keyId);
        Slot storage slot = _slots[mandateId];
        if (slot.pointer != address(0)) revert AlreadyRegistered(mandateId);
        m.serial = ++_serial;
        delete _draft[draft];
        slot.pointer = DataCode.write(abi.encode(m));
        slot.owner = owner_;
        emit MandateRegistered(mandateId, digest, m.keyId, m.serial, owner_);
    }

    /// @inheritdoc IMandateRegistry
    function abandon(uint256 draft) external onlyOwner {
        _open(draft);
        delete _draft[draft];
    }

    /// @inheritdoc IMandateRegistry
    function setPaused(bytes32 mandateId, bool paused) external {
        Slot storage slot = _slots[mandateId];
        if (slot.pointer == address(0)) revert UnknownMandate(mandateId);
        if (msg.sender != slot.owner && msg.sender != owner()) revert NotMandateOwner(msg.sender);
        // Two hands, two switches: neither undoes the other's pause.
        if (msg.sender == owner()) slot.stopped = paused;
        if (msg.sender == slot.owner) slot.paused = paused;
        emit MandatePaused(mandateId, paused);
    }

    /// @inheritdoc IMandateRegistry
    function setMandateOwner(bytes32 mandateId, address owner_) external {
        Slot storage slot = _slots[mandateId];
        if (slot.pointer == address(0)) revert UnknownMandate(mandateId);
        if (msg.sender != slot.owner) revert NotMandateOwner(msg.sender);
        if (owner_ == address(0)) revert BadTerms();
        slot.owner = owner_;
        emit MandateOwnerChanged(mandateId, owner_);
    }

    /// @inheritdoc IMandateRegistry
    function mandate(bytes32 mandateId) external view returns (Mandate memory) {
        _give(mandateId, _slots[mandateId].pointer);
    }

    /// @inheritdoc IMandateRegistry
    function active(bytes32 mandateId) external view returns (Mandate memory) {
        Slot storage slot = _slots[mandateId];
        if (slot.paused || slot.stopped) revert Paused(mandateId);
        _give(mandateId, slot.pointer);
    }

    /// @inheritdoc IMandateRegistry
    function isActive(bytes32 mandateId) external view returns (bool) {
        Slot storage slot = _slots[mandateId];
        return slot.pointer != address(0) && !slot.paused && !slot.stopped;
    }

    /// @inheritdoc IMandateRegistry
    function mandateOwner(bytes32 mandateId) external view returns (address) {
        return _slots[mandateId].owner;
    }

    /// @inheritdoc IMandateRegistry
    function idOf(bytes32 digest, bytes32 keyId) public pure returns (bytes32) {
        return keccak256(abi.encode(digest, keyId));
    }

    function _open(uint256 draft) private view returns (Draft storage d) {
        d = _draft[draft];
        if (d.owner == address(0)) revert UnknownDraft(draft);
    }

    function _give(bytes32 mandateId, address pointer) private view {
        if (pointer == address(0)) revert UnknownMandate(mandateId);
        DataCode.give(pointer);
    }

    /// @dev The leaf names its position and leaves hash unlike nodes, so a path of any length ends at one point only;
    /// the direction of each step is a bit of the position.
    function _isLeaf(Entry calldata entry, bytes32 root) private pure returns (bool) {
        bytes32 node = Digests.icLeaf(entry.position, entry.x, entry.y);
        uint256 index = entry.position;
        for (uint256 i = 0; i < entry.path.length; ++i) {
            node = index & 1 == 0 ? Digests.icNode(node, entry.path[i]) : Digests.icNode(entry.path[i], node);
            index >>= 1;
        }
        return index == 0 && node == root;
    }

    /// @dev `|value|` is below the field order by far, so nothing is reduced.
    function _accumulate(Entry calldata entry, uint256 x, uint256 y) private view returns (uint256, uint256) {
        int256 value = entry.value;
        uint256 px = entry.x;
        uint256 py = entry.y;
        if (!Bn254.isPoint(px, py)) revert Bn254.NotOnCurve();
        if (value < 0) {
            value = -value;
            py = Bn254.Q - py;
        }
        // forge-lint: disable-next-line(unsafe-typecast) positive here
        (px, py) = Bn254.mul(px, py, uint256(value));
        return Bn254.add(x, y, px, py);
    }
}
