// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title What is read of a price feed, and of a feed that says whether an L2's sequencer is up.
/// @dev Names and types are Chainlink's `AggregatorV3Interface`; `answeredInRound` is obsolete and never read.
interface IAggregatorV3 {
    function decimals() external view returns (uint8);

    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
