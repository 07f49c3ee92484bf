// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";

/// @title Reads a feed so that nothing it does makes the reader revert: it may revert, have no code, answer too little, answer
/// too much or burn gas.
library Feeds {
    /// @dev Gas that one question to a feed may take. A feed behind a proxy takes about 15,000.
    uint256 internal constant READ_GAS = 100_000;

    /// @notice `ok` says whether five words came back; their types are not checked further than their use needs.
    function latest(address source)
        internal
        view
        returns (bool ok, int256 answer, uint256 startedAt, uint256 updatedAt)
    {
        bytes4 selector = IAggregatorV3.latestRoundData.selector;
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, selector)
            ok := staticcall(READ_GAS, source, m, 4, m, 0xa0)
            ok := and(ok, gt(returndatasize(), 0x9f))
            if ok {
                answer := mload(add(m, 0x20))
                startedAt := mload(add(m, 0x40))
                updatedAt := mload(add(m, 0x60))
            }
        }
    }

    /// @notice What a feed says its decimals are; a number that no feed has where it says nothing.
    function decimals(address source) internal view returns (uint256 out) {
        bytes4 selector = IAggregatorV3.decimals.selector;
        assembly ("memory-safe") {
            mstore(0x00, selector)
            out := not(0)
            if staticcall(READ_GAS, source, 0x00, 4, 0x00, 0x20) {
                if gt(returndatasize(), 0x1f) { out := mload(0x00) }
            }
        }
    }
}
