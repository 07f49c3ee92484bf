// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGroth16Errors} from "../interfaces/IGroth16Verifier.sol";

/// @title The Groth16 equation over BN254, for any key of `VkStore`.
/// @dev Checks e(-A, B) e(alpha, beta) e(X, gamma) e(C, delta) = 1 with
/// X = IC_0 + context IC_1 + sum over accounts of commitment_a IC_(2+a) + P.
///
/// The equation lives in one piece of memory, the image:
///
///     0x000  -A (2 words), B (4), alpha (2), beta (4), X (2), gamma (4), C (2), delta (4): what the pairing takes
///     0x300  the running point (2), which X becomes, and three words of scratch
///     0x3a0  input points: of the context, then of each account of the shape
///
/// The key fills it but for A, B, X and C, and starts the running point with IC_0.
library Groth16 {
    uint256 private constant Q = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    uint256 private constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    /// @dev Caps, with head-room over today's prices of 150, 6,000 and 181,000: a malformed point burns all it is given.
    uint256 private constant ADD_GAS = 2_000;
    uint256 private constant MUL_GAS = 12_000;
    uint256 private constant PAIRING_GAS = 340_000;

    /// @dev Offsets of the image.
    uint256 internal constant RUNNING = 0x300;
    uint256 internal constant INPUTS = 0x3a0;

    uint256 internal constant HOLDS = 0;
    uint256 internal constant KEY_MISMATCH = 1;
    uint256 internal constant AT_INFINITY = 2;
    uint256 internal constant REJECTED = 3;
    /// @dev Plus the index of the input.
    uint256 internal constant NOT_CANONICAL = 4;

    /// @notice The image of a key, with the running point at IC_0.
    /// @param accounts How many accounts the key must be for.
    /// @return ok Whether it is.
    /// @return m Memory address of the image, `INPUTS` bytes and 64 for each input. What the key does not fill is whatever was there.
    function image(address key, uint256 accounts) internal view returns (bool ok, uint256 m) {
        assembly ("memory-safe") {
            // Code is 0x00, alpha, beta, gamma, delta (448 bytes), input points, 71 bytes of tail.
            let size := shl(6, add(accounts, 1))
            ok := and(lt(accounts, 257), eq(extcodesize(key), add(584, size)))
            if ok {
                m := mload(0x40)
                // All points at once, so that those of the inputs lie in their place; then each of the others to its own.
                extcodecopy(key, add(m, 0x1a0), 1, add(size, 0x200))
                mcopy(add(m, 0xc0), add(m, 0x1a0), 0xc0)
                mcopy(add(m, 0x1c0), add(m, 0x260), 0x80)
                mcopy(add(m, 0x280), add(m, 0x2e0), 0x80)
                mcopy(add(m, 0x300), add(m, 0x360), 0x40)
                mstore(0x40, add(add(m, 0x3a0), size))
            }
        }
    }

    /// @notice Adds a point to the running point.
    /// @param m Memory address of an image. So everywhere below.
    function addPoint(uint256 m, uint256 x, uint256 y) internal view returns (bool ok) {
        assembly ("memory-safe") {
            let acc := add(m, 0x300)
            mstore(add(acc, 0x40), x)
            mstore(add(acc, 0x60), y)
            ok := staticcall(ADD_GAS, 6, acc, 0x80, acc, 0x40)
        }
    }

    /// @notice The equation: adds the sheet point and, for every input, its scalar times its point to the running point, which
    /// is X then; and asks for the pairing. Overwrites the image.
    /// @param scalars Memory address of `count` words: the context, then a commitment for each account.
    /// @return outcome `HOLDS`, or why not. Bounded gas, whatever is asked.
    function equation(
        uint256 m,
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 scalars,
        uint256 count
    ) internal view returns (uint256 outcome) {
        assembly ("memory-safe") {
            let acc := add(m, 0x300)
            let term := add(acc, 0x40)
            mstore(term, sheetX)
            mstore(add(term, 0x20), sheetY)
            let ok := staticcall(ADD_GAS, 6, acc, 0x80, acc, 0x40)
            outcome := REJECTED
            if iszero(or(sheetX, sheetY)) {
                outcome := AT_INFINITY
                ok := 0
            }
            let point := add(acc, 0xa0)
            // From here `scalars` walks, and `count` is where it ends: the compiler reaches sixteen variables and no more.
            count := add(scalars, shl(5, count))
            for {} lt(scalars, count) { scalars := add(scalars, 0x20) } {
                let scalar := mload(scalars)
                // Zero times a point is infinity: an undeclared account costs nothing.
                if scalar {
                    if iszero(and(lt(scalar, R), ok)) {
                        if ok { outcome := add(NOT_CANONICAL, shr(6, sub(point, add(acc, 0xa0)))) }
                        ok := 0
                        break
                    }
                    mcopy(term, point, 0x40)
                    mstore(add(term, 0x40), scalar)
                    ok := staticcall(MUL_GAS, 7, term, 0x60, term, 0x40)
                    ok := and(staticcall(ADD_GAS, 6, acc, 0x80, acc, 0x40), ok)
                }
                point := add(point, 0x40)
            }
            if ok {
                mcopy(add(m, 0x180), acc, 0x40)
                calldatacopy(m, proof, 0xc0)
                calldatacopy(add(m, 0x240), add(proof, 0xc0), 0x40)
                let ay := mload(add(m, 0x20))
                // A coordinate that is not below the order would be negated into another point.
                ok := lt(ay, Q)
                // None of A, B and C may be infinity.
                {
                    let b :=
                        or(
                            or(mload(add(m, 0x40)), mload(add(m, 0x60))),
                            or(mload(add(m, 0x80)), mload(add(m, 0xa0)))
                        )
                    let c := or(mload(add(m, 0x240)), mload(add(m, 0x260)))
                    if or(or(iszero(b), iszero(c)), iszero(or(ay, mload(m)))) {
                        outcome := AT_INFINITY
                        ok := 0
                    }
                }
                if ok {
                    // No point has the ordinate zero: the group's order is odd.
                    mstore(add(m, 0x20), sub(Q, ay))
                    ok := staticcall(PAIRING_GAS, 8, m, 0x300, 0x00, 0x20)
                    if and(and(ok, eq(returndatasize(), 0x20)), eq(mload(0x00), 1)) {
                        outcome := HOLDS
                    }
                }
            }
        }
    }

    /// @notice `HOLDS`, or another number that says why not. Bounded gas, whatever the proof. Parameters as in
    /// `IGroth16Verifier`.
    function check(
        address key,
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) internal view returns (uint256 outcome) {
        (bool ok, uint256 m) = image(key, commitments.length);
        if (!ok) return KEY_MISMATCH;
        return equation(m, proof, sheetX, sheetY, inputs(context, commitments), commitments.length + 1);
    }

    /// @notice The scalars of an equation, in memory.
    function inputs(uint256 context, uint256[] calldata commitments) internal pure returns (uint256 scalars) {
        assembly ("memory-safe") {
            scalars := mload(0x40)
            mstore(scalars, context)
            let size := shl(5, commitments.length)
            calldatacopy(add(scalars, 0x20), commitments.offset, size)
            mstore(0x40, add(add(scalars, 0x20), size))
        }
    }

    /// @notice `check`, reverting with the reason.
    function verify(
        address key,
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) internal view {
        demand(check(key, proof, sheetX, sheetY, context, commitments), key, commitments.length);
    }

    /// @notice Reverts unless the outcome is that the equation holds.
    function demand(uint256 outcome, address key, uint256 commitments) internal pure {
        if (outcome == HOLDS) return;
        if (outcome == KEY_MISMATCH) revert IGroth16Errors.KeyHasOtherInputs(key, commitments);
        if (outcome == AT_INFINITY) revert IGroth16Errors.PointAtInfinity();
        if (outcome == REJECTED) revert IGroth16Errors.ProofRejected();
        revert IGroth16Errors.InputNotCanonical(outcome - NOT_CANONICAL);
    }
}
