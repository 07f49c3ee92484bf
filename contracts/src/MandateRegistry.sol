// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IMandateRegistry} from "./interfaces/IMandateRegistry.sol";
import {IVkStore} from "./interfaces/IVkStore.sol";
import {Bn254} from "./lib/Bn254.sol";
import {DataCode} from "./lib/DataCode.sol";
import {Digests} from "./lib/Digests.sol";
import {Groth16} from "./lib/Groth16.sol";

/// @title See {IMandateRegistry}.
contract MandateRegistry is IMandateRegistry, Ownable2Step {
    /// @dev Bytes of `abi.encode(Mandate)`: what is behind them is the equation's image.
    uint256 private constant MANDATE = 17 * 32;

    struct Draft {
        Mandate mandate;
        bytes32 sheetRoot;
        /// Positions below this are rules.
        uint32 rules;
        uint16 accounts;
        bool open;
        /// Lowest position that the next entry may have.
        uint64 next;
    }

    IVkStore public immutable KEYS;
    uint256 private _drafts;
    mapping(uint256 draft => Draft) private _draft;
    /// @inheritdoc IMandateRegistry
    mapping(bytes32 mandateId => address) public pointerOf;

    constructor(address owner_, IVkStore keys) Ownable(owner_) {
        KEYS = keys;
    }

    /// @inheritdoc IMandateRegistry
    function begin(Terms calldata terms) external onlyOwner returns (uint256 draft) {
        _checkTerms(terms);
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
            line: terms.line,
            maxDelay: terms.maxDelay,
            maxAge: terms.maxAge,
            maxGap: terms.maxGap,
            start: terms.start,
            period: terms.period,
            window: terms.window,
            drawn: terms.drawn,
            band: terms.band,
            owner: terms.owner
        });
        (d.sheetRoot, d.rules, d.accounts, d.open) = (key.sheetRoot, key.rules, key.accounts, true);
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
        if (m.digest != digest) revert DigestMismatch(digest, m.digest);
        if ((m.x | m.y) == 0) revert PointAtInfinity();
        mandateId = idOf(digest, m.keyId);
        if (pointerOf[mandateId] != address(0)) revert AlreadyRegistered(mandateId);
        if (m.line == bytes32(0)) m.line = mandateId;
        bytes memory image = _image(m, d.accounts);
        delete _draft[draft];
        pointerOf[mandateId] = DataCode.write(bytes.concat(abi.encode(m), image));
        emit MandateRegistered(mandateId, digest, m.keyId, m.line, m.owner);
    }

    /// @inheritdoc IMandateRegistry
    function abandon(uint256 draft) external onlyOwner {
        _open(draft);
        delete _draft[draft];
    }

    /// @inheritdoc IMandateRegistry
    function mandate(bytes32 mandateId) external view returns (Mandate memory) {
        address pointer = pointerOf[mandateId];
        if (pointer == address(0)) revert UnknownMandate(mandateId);
        DataCode.give(pointer, 0, MANDATE);
    }

    /// @notice How far, in basis points, a spot price may move; zero for no band and for an unknown mandate. Never reverts.
    function bandOf(bytes32 mandateId) external view returns (uint256) {
        address pointer = pointerOf[mandateId];
        if (pointer == address(0)) return 0;
        return uint256(bytes32(DataCode.part(pointer, 15 * 32, 32)));
    }

    /// @inheritdoc IMandateRegistry
    function idOf(bytes32 digest, bytes32 keyId) public pure returns (bytes32) {
        return keccak256(abi.encode(digest, keyId));
    }

    function _checkTerms(Terms calldata t) private pure {
        if (t.owner == address(0) || t.maxDelay == 0 || t.maxAge == 0 || t.band >= 10_000) revert BadTerms();
        if (t.period == 0) {
            if (t.start != 0 || t.window != 0 || t.drawn) revert BadTerms();
            return;
        }
        if (t.window >= t.period) revert BadTerms();
        // A drawn instant is known when its epoch is over: up to a period later.
        if (t.drawn && t.maxDelay <= t.period) revert BadTerms();
    }

    function _open(uint256 draft) private view returns (Draft storage d) {
        d = _draft[draft];
        if (!d.open) revert UnknownDraft(draft);
    }

    /// @dev The key's image with IC_0 + P_rules as its running point.
    function _image(Mandate memory m, uint16 accounts) private view returns (bytes memory image) {
        (bool ok, uint256 from) = Groth16.image(m.key, accounts);
        if (!ok || !Groth16.addPoint(from, m.x, m.y)) revert Bn254.NotOnCurve();
        uint256 tail = Groth16.INPUTS;
        uint256 size = tail + 64 * (uint256(accounts) + 1);
        // Zeros in the places of A, B, X and C, and of scratch: what is stored is a function of the mandate alone.
        image = new bytes(size);
        assembly ("memory-safe") {
            let to := add(image, 0x20)
            mcopy(add(to, 0xc0), add(from, 0xc0), 0xc0)
            mcopy(add(to, 0x1c0), add(from, 0x1c0), 0x80)
            mcopy(add(to, 0x280), add(from, 0x280), 0xc0)
            mcopy(add(to, tail), add(from, tail), sub(size, tail))
        }
    }

    /// @dev The leaf names its position and leaves hash unlike nodes, so a path of any length ends at one point only;
    /// the direction of each step is a bit of the position.
    function _isLeaf(Entry calldata entry, bytes32 root) private pure returns (bool) {
        bytes32 leaf = Digests.icLeaf(entry.position, entry.x, entry.y);
        (bytes32 node, uint256 rest) = Digests.climb(leaf, entry.position, entry.path);
        return rest == 0 && node == root;
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
