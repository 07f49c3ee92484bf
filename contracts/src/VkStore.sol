// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IVkStore} from "./interfaces/IVkStore.sol";
import {Bn254} from "./lib/Bn254.sol";
import {DataCode} from "./lib/DataCode.sol";

/// @title See {IVkStore}.
contract VkStore is IVkStore {
    /// @dev alpha (64), beta, gamma, delta (128 each).
    uint256 private constant POINTS = 448;
    /// @dev rules (4), sheet root (32), circuit version (2), shape (32), origin (1).
    uint256 private constant TAIL = 71;
    uint256 private constant PAIRING_GAS = 400_000;
    uint256 private constant LOCAL_CHAIN = 31337;

    mapping(bytes32 keyId => Info) private _keys;

    /// @inheritdoc IVkStore
    function write(bytes32 keyId, bytes calldata head) external returns (address pointer) {
        uint256 length = head.length;
        // The constant, the context and at least one account; no shape has more than 64 accounts.
        if (
            length < POINTS + TAIL + 3 * 64 || length > POINTS + TAIL + 66 * 64
                || (length - POINTS - TAIL) % 64 != 0
        ) {
            revert HeadLength(length);
        }
        bytes32 found = keccak256(head);
        if (found != keyId) revert KeyIdMismatch(keyId, found);
        if (_keys[keyId].pointer != address(0)) revert AlreadyStored(keyId);

        uint256 inputs = (length - POINTS - TAIL) / 64;
        uint256 tail = length - TAIL;
        Info memory key = Info({
            pointer: address(0),
            // forge-lint: disable-next-line(unsafe-typecast) at most 64
            accounts: uint16(inputs - 2),
            circuitVersion: uint16(bytes2(head[tail + 36:])),
            origin: uint8(head[length - 1]),
            rules: uint32(bytes4(head[tail:])),
            sheetRoot: bytes32(head[tail + 4:]),
            shape: bytes32(head[tail + 38:])
        });
        if (key.origin > 1) revert UnknownOrigin(key.origin);
        if (key.origin == 0 && block.chainid != LOCAL_CHAIN) revert DevelopmentKey(block.chainid);
        if (key.rules == 0 || key.sheetRoot == bytes32(0)) revert NoSheet();
        _checkG1(head, 0, 0);
        for (uint256 i = 0; i < inputs; ++i) {
            _checkG1(head, POINTS + 64 * i, i + 1);
        }
        _checkG2(head);

        pointer = DataCode.write(head);
        key.pointer = pointer;
        _keys[keyId] = key;
        emit KeyStored(keyId, pointer, key.accounts, key.circuitVersion, key.origin);
    }

    /// @inheritdoc IVkStore
    function info(bytes32 keyId) external view returns (Info memory key) {
        key = _keys[keyId];
        if (key.pointer == address(0)) revert UnknownKey(keyId);
    }

    /// @inheritdoc IVkStore
    function has(bytes32 keyId) external view returns (bool) {
        return _keys[keyId].pointer != address(0);
    }

    function _checkG1(bytes calldata head, uint256 offset, uint256 index) private pure {
        if (!Bn254.isPoint(uint256(bytes32(head[offset:])), uint256(bytes32(head[offset + 32:])))) {
            revert BadG1(index);
        }
    }

    /// @dev The pairing of infinity with a point is one, and the precompile refuses a point of G2 that is off the curve
    /// or outside the subgroup before it gets there.
    function _checkG2(bytes calldata head) private view {
        for (uint256 offset = 64; offset < POINTS; offset += 128) {
            bytes32 any;
            for (uint256 word = 0; word < 4; ++word) {
                any |= bytes32(head[offset + 32 * word:]);
            }
            if (any == 0) revert BadG2();
        }
        // With gamma equal to delta a proof of one statement turns into a proof of any other.
        if (keccak256(head[192:320]) == keccak256(head[320:448])) revert BadG2();
        bytes memory pairs = abi.encodePacked(
            bytes32(0),
            bytes32(0),
            head[64:192],
            bytes32(0),
            bytes32(0),
            head[192:320],
            bytes32(0),
            bytes32(0),
            head[320:448]
        );
        bool ok;
        assembly ("memory-safe") {
            mstore(0x00, 0)
            ok := staticcall(PAIRING_GAS, 8, add(pairs, 0x20), mload(pairs), 0x00, 0x20)
            ok := and(and(ok, eq(returndatasize(), 0x20)), eq(mload(0x00), 1))
        }
        if (!ok) revert BadG2();
    }
}
