// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IEpochBeacon} from "./interfaces/IEpochBeacon.sol";

/// @title See {IEpochBeacon}.
contract EpochBeacon is IEpochBeacon {
    /// @dev Blocks between arming and the block whose hash is taken.
    uint64 private constant AHEAD = 2;
    /// @dev The EVM knows the hashes of this many blocks back.
    uint64 private constant REACH = 256;

    mapping(uint64 instant => uint64) private _blocks;
    mapping(uint64 instant => bytes32) private _seeds;

    /// @inheritdoc IEpochBeacon
    function arm(uint64 instant) external {
        if (block.timestamp < instant) revert TooEarly(instant);
        if (_seeds[instant] != bytes32(0)) revert AlreadySettled(instant);
        uint64 armed = _blocks[instant];
        if (armed != 0 && block.number <= armed + REACH) revert AlreadyArmed(instant, armed);
        armed = uint64(block.number) + AHEAD;
        _blocks[instant] = armed;
        emit Armed(instant, armed);
    }

    /// @inheritdoc IEpochBeacon
    function settle(uint64 instant) external {
        if (_seeds[instant] != bytes32(0)) revert AlreadySettled(instant);
        uint64 armed = _blocks[instant];
        bytes32 hash = armed == 0 ? bytes32(0) : blockhash(armed);
        if (hash == bytes32(0)) revert CannotSettle(instant, armed);
        bytes32 seed = keccak256(abi.encode(hash, instant));
        _seeds[instant] = seed;
        emit Settled(instant, seed);
    }

    /// @inheritdoc IEpochBeacon
    function seedOf(uint64 instant) external view returns (bytes32 seed) {
        seed = _seeds[instant];
        if (seed == bytes32(0)) revert NotSettled(instant);
    }
}
