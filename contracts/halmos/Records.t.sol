// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IComplianceRegistry} from "../src/interfaces/IComplianceRegistry.sol";
import {Records} from "../src/lib/Records.sol";

/// @notice For every record: what is kept in one word comes back as it was.
contract RecordsHalmosTest {
    function check_a_record_survives_its_word(IComplianceRegistry.Record memory r) external pure {
        uint256 word = Records.pack(r);
        IComplianceRegistry.Record memory back = Records.unpack(word);
        assert(back.validUntil == r.validUntil && back.asOf == r.asOf && back.version == r.version);
        assert(back.provenAt == r.provenAt && back.epoch == r.epoch && back.risk == r.risk);
        assert(back.kept == r.kept && back.missed == r.missed && back.streak == r.streak);
        assert(Records.validUntil(word) == r.validUntil);
        assert(Records.asOf(word) == r.asOf);
        assert(Records.version(word) == r.version);
    }

    /// @notice A word is a record: no bit is unused, so no two words read alike.
    function check_a_word_survives_its_record(uint256 word) external pure {
        assert(Records.pack(Records.unpack(word)) == word);
    }

    /// @notice Withdrawing ends validity and the streak, and changes nothing else.
    function check_withdrawing_ends_a_record_and_nothing_else(uint256 word) external pure {
        IComplianceRegistry.Record memory a = Records.unpack(word);
        IComplianceRegistry.Record memory b = Records.unpack(Records.withdrawn(word));
        assert(b.validUntil == 0 && b.streak == 0);
        assert(b.asOf == a.asOf && b.version == a.version && b.provenAt == a.provenAt && b.epoch == a.epoch);
        assert(b.kept == a.kept && b.missed == a.missed && b.risk == a.risk);
    }
}
