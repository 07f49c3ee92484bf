// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IRiskRegistry} from "../interfaces/IRiskRegistry.sol";
import {Bn254} from "./Bn254.sol";
import {Digests} from "./Digests.sol";

/// @title One step of the computation of a risk part's point.
/// @dev The sheet's points stand in a tree, rules first. Chunk `c` of the trace covers the positions
/// `32 (rules / 32 + c)` to that plus 31: a subtree of 32 leaves. Positions below `rules` and beyond the last point hold no
/// risk input, and their value is zero. The first risk input is the universe.
library RiskTrace {
    uint256 internal constant CHUNK = 32;

    /// @notice What a step is checked against.
    struct Place {
        /// First position of the chunk.
        uint256 first;
        /// Positions below this are rules; the one at it is the universe.
        uint256 rules;
        bytes32 sheetRoot;
        bytes32 universe;
    }

    /// @notice Whether a leaf stands in the trace.
    function isStep(IRiskRegistry.Step calldata step, bytes32 trace) internal pure returns (bool) {
        bytes32 leaf = Digests.traceLeaf(step.chunk, step.x, step.y, step.values);
        (bytes32 node, uint256 rest) = Digests.climb(leaf, step.chunk, step.path);
        return rest == 0 && node == trace;
    }

    /// @notice Whether the points are the key's for the chunk.
    function isSubtree(Place memory p, uint256[64] calldata points, bytes32[] calldata path)
        internal
        pure
        returns (bool)
    {
        bytes32[] memory level = new bytes32[](CHUNK);
        for (uint256 i = 0; i < CHUNK; ++i) {
            // Padding is a zero word, and no leaf hashes to that.
            if ((points[2 * i] | points[2 * i + 1]) == 0) continue;
            // forge-lint: disable-next-line(unsafe-typecast) the trace has at most 2^16 chunks
            level[i] = Digests.icLeaf(uint32(p.first + i), points[2 * i], points[2 * i + 1]);
        }
        for (uint256 width = CHUNK / 2; width > 0; width /= 2) {
            for (uint256 i = 0; i < width; ++i) {
                level[i] = Digests.icNode(level[2 * i], level[2 * i + 1]);
            }
        }
        (bytes32 node, uint256 rest) = Digests.climb(level[0], p.first / CHUNK, path);
        return rest == 0 && node == p.sheetRoot;
    }

    /// @notice Whether every value may stand where it stands.
    function isLawful(Place memory p, uint256[32] calldata values, uint256[64] calldata points)
        internal
        pure
        returns (bool)
    {
        for (uint256 i = 0; i < CHUNK; ++i) {
            uint256 position = p.first + i;
            uint256 value = values[i];
            if (value >= Bn254.R) return false;
            if (position == p.rules && value != Digests.field(p.universe)) return false;
            bool none = position < p.rules || (points[2 * i] | points[2 * i + 1]) == 0;
            if (none && value != 0) return false;
        }
        return true;
    }

    /// @notice `(x, y)` plus the sum of values times points. `ok` is false where a precompile gave no answer: the caller
    /// answers for `(x, y)` being a point or infinity, so that says nothing of the step.
    function sum(uint256[32] calldata values, uint256[64] calldata points, uint256 x, uint256 y)
        internal
        view
        returns (bool ok, uint256, uint256)
    {
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, x)
            mstore(add(m, 0x20), y)
            ok := 1
            for { let i := 0 } lt(i, 32) { i := add(i, 1) } {
                let value := calldataload(add(values, shl(5, i)))
                if value {
                    calldatacopy(add(m, 0x40), add(points, shl(6, i)), 0x40)
                    mstore(add(m, 0x80), value)
                    let done := staticcall(12000, 7, add(m, 0x40), 0x60, add(m, 0x40), 0x40)
                    done := and(done, staticcall(2000, 6, m, 0x80, m, 0x40))
                    ok := and(ok, done)
                }
            }
            x := mload(m)
            y := mload(add(m, 0x20))
        }
        return (ok, x, y);
    }
}
