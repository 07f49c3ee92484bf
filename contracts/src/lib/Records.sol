// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IComplianceRegistry} from "../interfaces/IComplianceRegistry.sol";

/// @title A record in one word.
/// @dev From the low end: validUntil (40 bits), asOf (40), version (16), provenAt (40), epoch (32), kept (24), missed (24),
/// streak (16), risk (24). What a gate reads comes first.
library Records {
    /// @notice The word of a record.
    function pack(IComplianceRegistry.Record memory r) internal pure returns (uint256 word) {
        word = uint256(r.validUntil) | uint256(r.asOf) << 40 | uint256(r.version) << 80 | uint256(r.provenAt)
            << 96 | uint256(r.epoch) << 136;
        word |= uint256(r.kept) << 168 | uint256(r.missed) << 192 | uint256(r.streak) << 216 | uint256(r.risk)
        << 232;
    }

    /// @notice The record of a word.
    // forge-lint: disable-start(unsafe-typecast) cut to the width that `pack` gave it
    function unpack(uint256 word) internal pure returns (IComplianceRegistry.Record memory r) {
        r.validUntil = uint40(word);
        r.asOf = uint40(word >> 40);
        r.version = uint16(word >> 80);
        r.provenAt = uint40(word >> 96);
        r.epoch = uint32(word >> 136);
        r.kept = uint24(word >> 168);
        r.missed = uint24(word >> 192);
        r.streak = uint16(word >> 216);
        r.risk = uint24(word >> 232);
    }

    function validUntil(uint256 word) internal pure returns (uint40) {
        return uint40(word);
    }

    function asOf(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 40);
    }

    function version(uint256 word) internal pure returns (uint16) {
        return uint16(word >> 80);
    }

    function epoch(uint256 word) internal pure returns (uint32) {
        return uint32(word >> 136);
    }

    function kept(uint256 word) internal pure returns (uint24) {
        return uint24(word >> 168);
    }

    function missed(uint256 word) internal pure returns (uint24) {
        return uint24(word >> 192);
    }

    function streak(uint256 word) internal pure returns (uint16) {
        return uint16(word >> 216);
    }

    function risk(uint256 word) internal pure returns (uint24) {
        return uint24(word >> 232);
    }

    // forge-lint: disable-end(unsafe-typecast)

    /// @notice The word of the record that follows `last` (zero for none): its counts and its run of epochs. The caller
    /// answers for the epoch being later than the last one's.
    /// @param unbroken Whether the run may go on, if no epoch was passed over.
    function follow(uint256 last, uint256 epoch_, bool unbroken) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            let passed := 0
            if last { passed := sub(sub(epoch_, and(shr(136, last), 0xffffffff)), 1) }
            // A count that reaches its width's power of two goes back by one.
            let count := add(and(shr(168, last), 0xffffff), 1)
            word := shl(168, sub(count, shr(24, count)))
            count := add(and(shr(192, last), 0xffffff), passed)
            if gt(count, 0xffffff) { count := 0xffffff }
            word := or(word, shl(192, count))
            count := 1
            if gt(unbroken, iszero(iszero(passed))) {
                count := add(and(shr(216, last), 0xffff), 1)
                count := sub(count, shr(16, count))
            }
            word := or(word, shl(216, count))
        }
    }

    /// @notice The word of a record that was withdrawn: it says nothing any more, and its run is over.
    function withdrawn(uint256 word) internal pure returns (uint256) {
        return word & ~(uint256(type(uint40).max) | uint256(type(uint16).max) << 216);
    }
}
