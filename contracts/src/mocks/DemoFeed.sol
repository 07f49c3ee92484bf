// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";

/// @title A price feed for tests and the demonstration: anyone may set it, on a local chain only.
contract DemoFeed is IAggregatorV3 {
    error LocalChainsOnly(uint256 chainId);

    uint8 public decimals;
    uint80 private _round;
    int256 private _answer;
    uint256 private _startedAt;
    uint256 private _updatedAt;

    constructor(uint8 decimals_, int256 answer) {
        if (block.chainid != 31337) revert LocalChainsOnly(block.chainid);
        decimals = decimals_;
        set(answer);
    }

    /// @notice A new answer, of now.
    function set(int256 answer) public {
        setAll(answer, block.timestamp, block.timestamp);
    }

    /// @notice A new answer with its times.
    function setAll(int256 answer, uint256 startedAt, uint256 updatedAt) public {
        ++_round;
        (_answer, _startedAt, _updatedAt) = (answer, startedAt, updatedAt);
    }

    /// @notice As a feed that is replaced by another one behind its proxy.
    function setDecimals(uint8 decimals_) external {
        decimals = decimals_;
    }

    /// @inheritdoc IAggregatorV3
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (_round, _answer, _startedAt, _updatedAt, _round);
    }
}
