// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Band} from "../src/lib/Band.sol";
import {Check} from "./support/Vm.sol";

contract BandTest is Check {
    struct Case {
        uint64 base;
        uint16 band;
        int8 off;
        bool upper;
        uint8 liveDecimals;
        uint8 baseDecimals;
    }

    /// @notice Against the interval in checked arithmetic, near its ends.
    function test_within_is_the_interval_that_the_band_names(Case memory c) external pure {
        c.band %= 10_000;
        c.liveDecimals %= 19;
        c.baseDecimals %= 19;
        uint256 scaled = uint256(c.base) * 10 ** c.liveDecimals;
        uint256 low = scaled * (10_000 - uint256(c.band));
        uint256 high = scaled * (10_000 + uint256(c.band));
        // The last price inside, in the feed's decimals, and a few steps to either side of it.
        uint256 unit = 10_000 * 10 ** uint256(c.baseDecimals);
        int256 live = int256(c.upper ? high / unit : (low + unit - 1) / unit) + c.off;
        if (live < 0 || live > int256(uint256(type(uint128).max))) return;
        uint256 value = uint256(live) * unit;
        bool found = Band.within(uint256(live), c.liveDecimals, c.base, c.baseDecimals, c.band);
        isTrue(found == (c.base != 0 && value >= low && value <= high));
    }

    function test_the_largest_prices_do_not_wrap() external pure {
        uint256 most = type(uint128).max;
        isTrue(Band.within(most, 18, most, 18, 0));
        isTrue(Band.within(most, 0, most, 0, 9_999));
        isTrue(!Band.within(most, 0, 1, 18, 9_999));
        isTrue(!Band.within(1, 18, most, 0, 9_999));
        isTrue(!Band.within(most + 1, 0, most, 0, 9_999));
        isTrue(!Band.within(most, 0, most + 1, 0, 9_999));
        isTrue(!Band.within(0, 0, 0, 0, 9_999));
        isTrue(!Band.within(5, 0, 5, 0, 10_000));
        isTrue(!Band.within(5, 19, 5, 0, 1));
        isTrue(!Band.within(5, 0, 5, 19, 1));
    }

    function test_the_window_is_closed_on_both_sides() external pure {
        isTrue(Band.fresh(10, 10, 0));
        isTrue(Band.fresh(10, 13, 3));
        isTrue(!Band.fresh(10, 14, 3));
        isTrue(!Band.fresh(11, 10, type(uint256).max));
    }
}
