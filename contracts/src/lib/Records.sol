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

    // forge-lint: disable-end(unsafe-typecast)

    /// @notice The word of a record that was withdrawn: it says nothing any more, and its run is over.
    function withdrawn(uint256 word) internal pure returns (uint256) {
        return word & ~(uint256(type(uint40).max) | uint256(type(uint16).max) << 216);
    }
}
