// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Band} from "../src/lib/Band.sol";

/// @notice For every input: `check_` functions are for halmos (`tools/analyze.sh`), which reads them symbolically. The products of
/// a band are beyond its solvers; `test/Band.t.sol` fuzzes those.
contract BandHalmosTest {
    /// @notice An instant is fresh exactly when it lies in the window, in arithmetic that cannot wrap.
    function check_fresh(uint256 instant, uint256 now_, uint256 most) external pure {
        bool fresh = Band.fresh(instant, now_, most);
        if (instant > now_) assert(!fresh);
        else assert(fresh == (now_ - instant <= most));
    }

    /// @notice What is out of range is never within a band.
    function check_out_of_range_is_outside(
        uint256 live,
        uint256 liveDecimals,
        uint256 base,
        uint256 baseDecimals,
        uint256 band
    ) external pure {
        bool within = Band.within(live, liveDecimals, base, baseDecimals, band);
        if (live > type(uint128).max || base > type(uint128).max || base == 0) assert(!within);
        if (liveDecimals > 18 || baseDecimals > 18 || band >= 10_000) assert(!within);
    }
}
