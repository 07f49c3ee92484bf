// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title The curve BN254 as the EVM has it.
/// @dev Precompiles get capped gas: a malformed point burns all it is given. The caps have head-room over today's
/// prices (150, 6,000, 45,000 + 34,000 per pair), because prices change and a proof must not fail on that day.
library Bn254 {
    /// @notice A precompile refused its input: a point off the curve or a coordinate not below `Q`.
    error NotOnCurve();

    /// @dev Order of the base field.
    uint256 internal constant Q = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    /// @dev Order of the groups: the scalar field.
    uint256 internal constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    uint256 private constant ADD_GAS = 2_000;
    uint256 private constant MUL_GAS = 12_000;

    /// @notice Whether `(x, y)` is a point of G1 other than infinity, in canonical coordinates.
    function isPoint(uint256 x, uint256 y) internal pure returns (bool) {
        if (x >= Q || y >= Q || (x | y) == 0) return false;
        return mulmod(y, y, Q) == addmod(mulmod(mulmod(x, x, Q), x, Q), 3, Q);
    }

    /// @notice Sum of two points of G1, infinity being `(0, 0)`.
    function add(uint256 ax, uint256 ay, uint256 bx, uint256 by)
        internal
        view
        returns (uint256 x, uint256 y)
    {
        bool ok;
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, ax)
            mstore(add(m, 0x20), ay)
            mstore(add(m, 0x40), bx)
            mstore(add(m, 0x60), by)
            ok := staticcall(ADD_GAS, 6, m, 0x80, m, 0x40)
            ok := and(ok, eq(returndatasize(), 0x40))
            x := mload(m)
            y := mload(add(m, 0x20))
        }
        if (!ok) revert NotOnCurve();
    }

    /// @notice `scalar` times a point of G1. The caller answers for `scalar < R`: the precompile reduces silently.
    function mul(uint256 px, uint256 py, uint256 scalar) internal view returns (uint256 x, uint256 y) {
        bool ok;
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, px)
            mstore(add(m, 0x20), py)
            mstore(add(m, 0x40), scalar)
            ok := staticcall(MUL_GAS, 7, m, 0x60, m, 0x40)
            ok := and(ok, eq(returndatasize(), 0x40))
            x := mload(m)
            y := mload(add(m, 0x20))
        }
        if (!ok) revert NotOnCurve();
    }
}
