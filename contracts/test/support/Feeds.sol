// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @notice Feeds that do what no feed should.
contract RevertingFeed {
    error No();

    function decimals() external pure returns (uint8) {
        return 8;
    }

    function latestRoundData() external pure {
        revert No();
    }
}

/// @notice Takes all the gas it is given.
contract BurningFeed {
    function decimals() external pure returns (uint8) {
        return 8;
    }

    function latestRoundData() external pure {
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// @notice Answers four words where five are due.
contract ShortFeed {
    function decimals() external pure returns (uint8) {
        return 8;
    }

    function latestRoundData() external view {
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, 1)
            mstore(add(m, 0x20), 8000000000000)
            mstore(add(m, 0x40), timestamp())
            mstore(add(m, 0x60), timestamp())
            return(m, 0x80)
        }
    }
}

/// @notice Answers with as much data as its gas buys, zeros all.
contract HugeFeed {
    function decimals() external pure returns (uint8) {
        return 8;
    }

    function latestRoundData() external pure {
        assembly ("memory-safe") {
            return(0, 400000)
        }
    }
}
