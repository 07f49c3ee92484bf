// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGroth16Errors} from "../interfaces/IGroth16Verifier.sol";

/// @title The Groth16 equation over BN254, for any key of `VkStore`.
/// @dev Checks e(-A, B) e(alpha, beta) e(X, gamma) e(C, delta) = 1 with
/// X = IC_0 + context IC_1 + sum over accounts of commitment_a IC_(2+a) + P.
library Groth16 {
    uint256 private constant Q = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    uint256 private constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    /// @dev Caps, with head-room over today's prices of 150, 6,000 and 181,000: a malformed point burns all it is given.
    uint256 private constant ADD_GAS = 2_000;
    uint256 private constant MUL_GAS = 12_000;
    uint256 private constant PAIRING_GAS = 400_000;

    uint256 internal constant HOLDS = 0;
    uint256 private constant KEY_MISMATCH = 1;
    uint256 private constant AT_INFINITY = 2;
    uint256 private constant REJECTED = 3;
    /// @dev Plus the index of the input.
    uint256 private constant NOT_CANONICAL = 4;

    /// @notice Reverts unless the proof holds. Parameters as in `IGroth16Verifier`.
    function verify(
        address key,
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) internal view {
        uint256 outcome = check(key, proof, sheetX, sheetY, context, commitments);
        if (outcome == HOLDS) return;
        if (outcome == KEY_MISMATCH) revert IGroth16Errors.KeyHasOtherInputs(key, commitments.length);
        if (outcome == AT_INFINITY) revert IGroth16Errors.PointAtInfinity();
        if (outcome == REJECTED) revert IGroth16Errors.ProofRejected();
        revert IGroth16Errors.InputNotCanonical(outcome - NOT_CANONICAL);
    }

    /// @notice `HOLDS`, or another number that says why not. Bounded gas, whatever the proof.
    function check(
        address key,
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) internal view returns (uint256 outcome) {
        assembly ("memory-safe") {
            // Adds `scalar` times the point at `from` to the running point at `acc`; five words from `acc` are scratch.
            function mulAdd(acc, from, scalar) -> ok {
                mstore(add(acc, 0x40), mload(from))
                mstore(add(acc, 0x60), mload(add(from, 0x20)))
                mstore(add(acc, 0x80), scalar)
                ok := staticcall(MUL_GAS, 7, add(acc, 0x40), 0x60, add(acc, 0x40), 0x40)
                if ok { ok := staticcall(ADD_GAS, 6, acc, 0x80, acc, 0x40) }
            }
            // X into `at`, from the key's input points at `ic` and the sheet point already at `acc`.
            function inputs(acc, ic, ctx, list, n) -> result {
                // acc + IC_0
                mstore(add(acc, 0x40), mload(ic))
                mstore(add(acc, 0x60), mload(add(ic, 0x20)))
                if iszero(staticcall(ADD_GAS, 6, acc, 0x80, acc, 0x40)) {
                    result := REJECTED
                    leave
                }
                if iszero(lt(ctx, R)) {
                    result := NOT_CANONICAL
                    leave
                }
                if iszero(mulAdd(acc, add(ic, 0x40), ctx)) {
                    result := REJECTED
                    leave
                }
                let from := add(ic, 0x80)
                for { let i := 0 } lt(i, n) { i := add(i, 1) } {
                    let c := calldataload(add(list, shl(5, i)))
                    if iszero(lt(c, R)) {
                        result := add(NOT_CANONICAL, add(i, 1))
                        leave
                    }
                    // Zero times a point is infinity: an undeclared account costs nothing.
                    if c {
                        if iszero(mulAdd(acc, from, c)) {
                            result := REJECTED
                            leave
                        }
                    }
                    from := add(from, 0x40)
                }
            }
            // The pairing's 24 words at `m`: -A, B, alpha, beta, X, gamma, C, delta. The key's are already there.
            function pairing(m, acc, pi) -> result {
                let ay := calldataload(add(pi, 0x20))
                if iszero(lt(ay, Q)) {
                    result := REJECTED
                    leave
                }
                calldatacopy(m, pi, 0xc0)
                let b := or(mload(add(m, 0x40)), mload(add(m, 0x60)))
                b := or(b, or(mload(add(m, 0x80)), mload(add(m, 0xa0))))
                calldatacopy(add(m, 0x240), add(pi, 0xc0), 0x40)
                let c := or(mload(add(m, 0x240)), mload(add(m, 0x260)))
                if or(or(iszero(or(mload(m), ay)), iszero(b)), iszero(c)) {
                    result := AT_INFINITY
                    leave
                }
                mstore(add(m, 0x20), mod(sub(Q, ay), Q))
                mstore(add(m, 0x180), mload(acc))
                mstore(add(m, 0x1a0), mload(add(acc, 0x20)))
                mstore(0x00, 0)
                let ok := staticcall(PAIRING_GAS, 8, m, 0x300, 0x00, 0x20)
                ok := and(and(ok, eq(returndatasize(), 0x20)), eq(mload(0x00), 1))
                if iszero(ok) { result := REJECTED }
            }

            // Memory from m: 0x300 pairing input, 0xa0 running point and scratch, then the key's input points.
            let m := mload(0x40)
            let acc := add(m, 0x300)
            let icBytes := shl(6, add(commitments.length, 2))
            // Code is 0x00, alpha, beta, gamma, delta (448 bytes), input points, 71 bytes of tail.
            switch eq(extcodesize(key), add(icBytes, 520))
            case 0 { outcome := KEY_MISMATCH }
            default {
                switch or(sheetX, sheetY)
                case 0 { outcome := AT_INFINITY }
                default {
                    extcodecopy(key, add(m, 0xc0), 1, 0xc0)
                    extcodecopy(key, add(m, 0x1c0), 193, 0x80)
                    extcodecopy(key, add(m, 0x280), 321, 0x80)
                    extcodecopy(key, add(acc, 0xa0), 449, icBytes)
                    mstore(acc, sheetX)
                    mstore(add(acc, 0x20), sheetY)
                    outcome := inputs(acc, add(acc, 0xa0), context, commitments.offset, commitments.length)
                    if iszero(outcome) { outcome := pairing(m, acc, proof) }
                }
            }
        }
    }
}
