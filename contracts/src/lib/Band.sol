// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title How far a price may be from another, and how old. Exact: nothing is divided, nothing overflows.
library Band {
    uint256 internal constant BPS_ONE = 10_000;
    /// @dev Decimals of any price here. With prices below 2^128 every product stays below 2^(128 + 60 + 14).
    uint256 internal constant MOST_DECIMALS = 18;
    uint256 private constant MOST_PRICE = type(uint128).max;

    /// @notice Whether `live` is at most `band` basis points of `base` away from `base`. Equality is within. A price out of
    /// range, a `base` of zero or a band of 100% and more (which a price of zero would satisfy) is never within.
    function within(uint256 live, uint256 liveDecimals, uint256 base, uint256 baseDecimals, uint256 band)
        internal
        pure
        returns (bool)
    {
        if (live > MOST_PRICE || base == 0 || base > MOST_PRICE || band >= BPS_ONE) return false;
        if (liveDecimals > MOST_DECIMALS || baseDecimals > MOST_DECIMALS) return false;
        unchecked {
            uint256 a = live * 10 ** baseDecimals;
            uint256 b = base * 10 ** liveDecimals;
            uint256 distance = a > b ? a - b : b - a;
            return distance * BPS_ONE <= band * b;
        }
    }

    /// @notice Whether `instant` is not in the future and at most `most` seconds ago.
    function fresh(uint256 instant, uint256 now_, uint256 most) internal pure returns (bool) {
        return instant <= now_ && now_ - instant <= most;
    }
}
