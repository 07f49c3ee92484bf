// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Groth16} from "./Groth16.sol";

/// @title Many Groth16 equations of one key and one sheet, as one.
/// @dev With weights w_i the product of all equations, each to its weight, is
/// prod e(-w_i A_i, B_i) e(s alpha, beta) e(X, gamma) e(sum w_i C_i, delta) = 1, where s = sum w_i and
/// X = s (IC_0 + P) + (sum w_i context_i) IC_1 + sum over accounts of (sum w_i commitment_i,a) IC_(2+a).
/// k proofs take k + 3 pairs and 2k + n + 3 multiplications.
library Groth16Batch {
    uint256 private constant Q = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    uint256 private constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;
    uint256 internal constant MOST = 256;
    uint256 private constant INFINITY = 2;
    uint256 private constant REJECTED = 3;
    uint256 private constant ADD_GAS = 2_000;
    uint256 private constant MUL_GAS = 12_000;

    /// @dev Caps per pair and beside, about twice today's prices of 34,000 and 45,000.
    uint256 private constant PAIR_GAS = 70_000;
    uint256 private constant PAIRING_GAS = 100_000;

    /// @notice An outcome of `Groth16`. At least one proof, at most `MOST`; `inputs` holds as many words for each.
    /// @param seed Hash of everything that is checked.
    function check(
        address key,
        uint256 sheetX,
        uint256 sheetY,
        uint256[8][] calldata proofs,
        uint256[] calldata inputs,
        bytes32 seed
    ) internal view returns (uint256 outcome) {
        uint256 n = inputs.length / proofs.length;
        (bool ok, uint256 m) = Groth16.image(key, n - 1);
        if (!ok) return Groth16.KEY_MISMATCH;
        if ((sheetX | sheetY) == 0) return Groth16.AT_INFINITY;
        if (!Groth16.addPoint(m, sheetX, sheetY)) return Groth16.REJECTED;
        uint256[] memory weights = _weights(seed, proofs.length);
        uint256 total;
        // At most 256 numbers of 128 bits.
        unchecked {
            for (uint256 i = 0; i < weights.length; ++i) {
                total += weights[i];
            }
        }
        total %= R;
        if (!_scale(m + Groth16.RUNNING, total) || !_scale(m + 0xc0, total)) return Groth16.REJECTED;
        outcome = _addInputs(m, inputs, weights, n);
        return outcome == Groth16.HOLDS ? _pairing(m, proofs, weights) : outcome;
    }

    /// @dev 128 bits each. The first may be one: what counts are their ratios.
    function _weights(bytes32 seed, uint256 k) private pure returns (uint256[] memory weights) {
        weights = new uint256[](k);
        weights[0] = 1;
        for (uint256 i = 1; i < k; ++i) {
            assembly ("memory-safe") {
                mstore(0x00, seed)
                mstore(0x20, i)
                mstore(add(weights, shl(5, add(i, 1))), shr(128, keccak256(0x00, 0x40)))
            }
        }
    }

    /// @dev The point at memory `p`, times `scalar`, in place.
    function _scale(uint256 p, uint256 scalar) private view returns (bool ok) {
        assembly ("memory-safe") {
            let f := mload(0x40)
            mcopy(f, p, 0x40)
            mstore(add(f, 0x40), scalar)
            ok := staticcall(MUL_GAS, 7, f, 0x60, p, 0x40)
        }
    }

    function _addInputs(uint256 m, uint256[] calldata inputs, uint256[] memory weights, uint256 n)
        private
        view
        returns (uint256 outcome)
    {
        for (uint256 j = 0; outcome == Groth16.HOLDS && j < n; ++j) {
            uint256 sum;
            bool canonical = true;
            assembly ("memory-safe") {
                let from := add(inputs.offset, shl(5, j))
                let step := shl(5, n)
                let w := add(weights, 0x20)
                let end := add(w, shl(5, mload(weights)))
                for {} lt(w, end) { w := add(w, 0x20) } {
                    let value := calldataload(from)
                    canonical := and(canonical, lt(value, R))
                    sum := addmod(sum, mulmod(value, mload(w), R), R)
                    from := add(from, step)
                }
            }
            outcome = canonical ? _addInput(m, j, sum) : Groth16.NOT_CANONICAL + j;
        }
    }

    /// @dev Adds `scalar` times the point of input `index` to the running point.
    function _addInput(uint256 m, uint256 index, uint256 scalar) private view returns (uint256 outcome) {
        assembly ("memory-safe") {
            // Zero times a point is infinity: an undeclared account costs nothing.
            if scalar {
                let acc := add(m, 0x300)
                let term := add(m, 0x340)
                mcopy(term, add(add(m, 0x3a0), shl(6, index)), 0x40)
                mstore(add(m, 0x380), scalar)
                outcome := REJECTED
                if staticcall(MUL_GAS, 7, term, 0x60, term, 0x40) {
                    if staticcall(ADD_GAS, 6, acc, 0x80, acc, 0x40) { outcome := 0 }
                }
            }
        }
    }

    function _pairing(uint256 m, uint256[8][] calldata proofs, uint256[] memory weights)
        private
        view
        returns (uint256 outcome)
    {
        uint256 k = proofs.length;
        // Pairs of all proofs, then those of alpha, X and C; behind them the sum of C and scratch.
        uint256 pairs;
        assembly ("memory-safe") {
            pairs := mload(0x40)
            mstore(0x40, add(pairs, add(mul(k, 0xc0), 0x2e0)))
        }
        uint256 sum = pairs + k * 0xc0 + 0x240;
        assembly ("memory-safe") {
            mstore(sum, 0)
            mstore(add(sum, 0x20), 0)
        }
        // Memory addresses.
        unchecked {
            for (uint256 i = 0; i < k; ++i) {
                outcome = _one(pairs + i * 0xc0, sum, proofs[i], weights[i]);
                if (outcome != Groth16.HOLDS) return outcome;
            }
        }
        uint256 cap = PAIRING_GAS + PAIR_GAS * (k + 3);
        bool ok;
        assembly ("memory-safe") {
            let tail := add(pairs, mul(k, 0xc0))
            // alpha, beta, X, gamma, C, delta, as the image has them.
            mcopy(tail, add(m, 0xc0), 0x240)
            mcopy(add(tail, 0xc0), add(m, 0x300), 0x40)
            mcopy(add(tail, 0x180), sum, 0x40)
            mstore(0x00, 0)
            ok := staticcall(cap, 8, pairs, add(mul(k, 0xc0), 0x240), 0x00, 0x20)
            ok := and(and(ok, eq(returndatasize(), 0x20)), eq(mload(0x00), 1))
        }
        return ok ? Groth16.HOLDS : Groth16.REJECTED;
    }

    /// @dev -w A and B to `pair`; w C is added to `sum`, behind which lie three words of scratch.
    function _one(uint256 pair, uint256 sum, uint256[8] calldata proof, uint256 weight)
        private
        view
        returns (uint256 outcome)
    {
        outcome = Groth16.REJECTED;
        assembly ("memory-safe") {
            calldatacopy(pair, proof, 0xc0)
            let term := add(sum, 0x40)
            calldatacopy(term, add(proof, 0xc0), 0x40)
            let b :=
                or(
                    or(mload(add(pair, 0x40)), mload(add(pair, 0x60))),
                    or(mload(add(pair, 0x80)), mload(add(pair, 0xa0)))
                )
            let a := or(mload(pair), mload(add(pair, 0x20)))
            switch or(or(iszero(a), iszero(b)), iszero(or(mload(term), mload(add(term, 0x20)))))
            case 1 { outcome := INFINITY }
            default {
                mstore(add(term, 0x40), weight)
                let ok := 1
                // One times a point is the point; whether it is one, the sum and the pairing ask.
                if gt(weight, 1) { ok := staticcall(MUL_GAS, 7, term, 0x60, term, 0x40) }
                if ok { ok := staticcall(ADD_GAS, 6, sum, 0x80, sum, 0x40) }
                // A coordinate that is not below the order would be negated into another point.
                if iszero(lt(mload(add(pair, 0x20)), Q)) { ok := 0 }
                if and(ok, gt(weight, 1)) {
                    mcopy(term, pair, 0x40)
                    // The weight is still behind the two words.
                    ok := staticcall(MUL_GAS, 7, term, 0x60, pair, 0x40)
                }
                if ok {
                    mstore(add(pair, 0x20), mod(sub(Q, mload(add(pair, 0x20))), Q))
                    outcome := 0
                }
            }
        }
    }
}
