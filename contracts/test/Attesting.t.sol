// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {IComplianceRegistry} from "../src/interfaces/IComplianceRegistry.sol";
import {IEpochBeacon} from "../src/interfaces/IEpochBeacon.sol";
import {IGroth16Errors} from "../src/interfaces/IGroth16Verifier.sol";
import {IMandateRegistry} from "../src/interfaces/IMandateRegistry.sol";
import {Digests} from "../src/lib/Digests.sol";
import {Records} from "../src/lib/Records.sol";
import {Vm} from "./support/Vm.sol";
import {World} from "./support/World.sol";

/// @notice Batches, schedules, streaks, strikes, committed account sets and submitters.
contract AttestingTest is World {
    uint64 private constant DAY = 1 days;
    bytes32 private constant NEXT = keccak256("risk two");

    function subjectOf(uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encode("subject", i));
    }

    /// @dev `k` subjects with one account each, of the plan's instant.
    function crowd(uint256 k) private returns (IComplianceRegistry.Statement[] memory list) {
        list = new IComplianceRegistry.Statement[](k);
        for (uint256 i = 0; i < k; ++i) {
            IAttestorRegistry.Account[] memory one = new IAttestorRegistry.Account[](1);
            one[0] = accountsOf("one")[0];
            one[0].account = keccak256(abi.encode("account", i));
            declare(subjectOf(i), 1, one);
            Plan memory p = plan();
            (p.subject, p.salt) = (subjectOf(i), i);
            list[i] = callFor(p).s;
        }
    }

    // --- batches

    function test_a_batch_attests_all() external {
        IComplianceRegistry.Statement[] memory list = crowd(8);
        registry.attestBatch(mandateId, RISK, list);
        gasAtMost("attest a batch of 8, one account each, first (whole transaction)", 1_100_000);
        for (uint256 i = 0; i < 8; ++i) {
            isTrue(registry.isCompliant(subjectOf(i), mandateId, DAY));
        }
    }

    function test_one_bad_statement_fails_the_batch(uint256 which, uint256 word) external {
        IComplianceRegistry.Statement[] memory list = crowd(3);
        list[which % 3].proof[word % 8] ^= 1;
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.ProofRejected.selector));
        registry.attestBatch(mandateId, RISK, list);
        for (uint256 i = 0; i < 3; ++i) {
            isTrue(!registry.isCompliant(subjectOf(i), mandateId, DAY));
        }
    }

    function test_batches_hold_no_more_than_singles() external {
        vm.expectRevert(abi.encodeWithSelector(IComplianceRegistry.EmptyBatch.selector));
        registry.attestBatch(mandateId, RISK, new IComplianceRegistry.Statement[](0));
        IComplianceRegistry.Statement[] memory list = crowd(2);
        // Twice the same; and two whose proofs are exchanged.
        (list[1].subject, list[0].subject) = (list[0].subject, list[1].subject);
        vm.expectPartialRevert(IAttestorRegistry.WrongSigner.selector);
        registry.attestBatch(mandateId, RISK, list);
        (list[1].subject, list[0].subject) = (list[0].subject, list[1].subject);
        uint256[8] memory proof = list[0].proof;
        (list[0].proof, list[1].proof) = (list[1].proof, proof);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.ProofRejected.selector));
        registry.attestBatch(mandateId, RISK, list);
        (list[0].proof, list[1].proof) = (proof, list[0].proof);
        IComplianceRegistry.Statement memory first = list[0];
        list[1] = first;
        vm.expectRevert(abi.encodeWithSelector(IComplianceRegistry.EpochNotNewer.selector, 1, 1));
        registry.attestBatch(mandateId, RISK, list);
    }

    // --- schedules

    function scheduled(uint40 start, uint32 period, uint32 window, bool drawn) private {
        IMandateRegistry.Terms memory t = terms();
        (t.start, t.period, t.window, t.drawn) = (start, period, window, drawn);
        (t.maxDelay, t.maxGap) = (2 days, 0);
        mandateId = registerVersion(6, t);
        registry.schedule(mandateId);
    }

    function booked(uint64 asOf, uint64 epoch) private returns (Call memory) {
        Plan memory p = plan();
        p.risk = keccak256(abi.encode("risk at", asOf));
        (p.asOf, p.validUntil, p.epoch, p.sequence) = (asOf, asOf + 2 days, epoch, asOf);
        publishRisk(p.risk, asOf);
        return callFor(p);
    }

    function test_a_scheduled_book_is_of_its_epochs_instant() external {
        uint64 start = NOW - 10 * DAY;
        scheduled(uint40(start), 1 days, 600, false);
        uint64 instant = start + 10 * DAY;
        vm.warp(instant + 2000);
        bytes4 why = IComplianceRegistry.OffSchedule.selector;
        Call memory late = booked(instant + 601, 10);
        vm.expectRevert(abi.encodeWithSelector(why, instant + 601, instant, instant + 600));
        submit(late);
        Call memory early = booked(instant - 1, 10);
        vm.expectRevert(abi.encodeWithSelector(why, instant - 1, instant, instant + 600));
        submit(early);
        // The right instant under another epoch's number.
        Call memory other = booked(instant + 600, 11);
        vm.expectRevert(abi.encodeWithSelector(why, instant + 600, instant + DAY, instant + DAY + 600));
        submit(other);
        submit(callAgain(instant + 600, 10));
        same(registry.record(SUBJECT, mandateId).epoch, 10);
    }

    function callAgain(uint64 asOf, uint64 epoch) private view returns (Call memory) {
        Plan memory p = plan();
        p.risk = keccak256(abi.encode("risk at", asOf));
        (p.asOf, p.validUntil, p.epoch, p.sequence) = (asOf, asOf + 2 days, epoch, asOf);
        return callFor(p);
    }

    function test_kept_and_missed_epochs_are_counted_and_the_last_n_asked_for() external {
        uint64 start = NOW - 10 * DAY;
        scheduled(uint40(start), 1 days, 600, false);
        uint64[5] memory epochs = [uint64(10), 11, 14, 15, 16];
        for (uint256 i = 0; i < 5; ++i) {
            uint64 instant = start + epochs[i] * DAY;
            vm.warp(instant + 10);
            submit(booked(instant, epochs[i]));
        }
        IComplianceRegistry.Record memory r = registry.record(SUBJECT, mandateId);
        same(r.kept, 5);
        same(r.missed, 2);
        same(r.streak, 3);
        registry.requireStreak(SUBJECT, mandateId, DAY, 3);
        vm.expectRevert(abi.encodeWithSelector(IComplianceRegistry.StreakTooShort.selector, 3, 4));
        registry.requireStreak(SUBJECT, mandateId, DAY, 4);
        registry.revoke(SUBJECT, mandateId);
        same(registry.record(SUBJECT, mandateId).streak, 0);
        same(registry.record(SUBJECT, mandateId).kept, 5);
    }

    function test_a_drawn_instant_is_nobodys_choice() external {
        uint64 start = NOW - 10 * DAY;
        scheduled(uint40(start), 1 days, 600, true);
        uint64 end = start + 11 * DAY;
        vm.warp(end - 1);
        vm.expectRevert(abi.encodeWithSelector(IEpochBeacon.TooEarly.selector, end));
        beacon.arm(end);
        vm.warp(end);
        Call memory call = booked(end - DAY, 10);
        vm.expectRevert(abi.encodeWithSelector(IEpochBeacon.NotSettled.selector, end));
        submit(call);
        vm.roll(1000);
        vm.expectRevert(abi.encodeWithSelector(IEpochBeacon.CannotSettle.selector, end, 0));
        beacon.settle(end);
        beacon.arm(end);
        vm.expectRevert(abi.encodeWithSelector(IEpochBeacon.AlreadyArmed.selector, end, 1002));
        beacon.arm(end);
        vm.roll(1002);
        vm.expectRevert(abi.encodeWithSelector(IEpochBeacon.CannotSettle.selector, end, 1002));
        beacon.settle(end);
        // Nobody was awake: armed again.
        vm.roll(1002 + 257);
        vm.expectRevert(abi.encodeWithSelector(IEpochBeacon.CannotSettle.selector, end, 1002));
        beacon.settle(end);
        beacon.arm(end);
        vm.roll(1002 + 257 + 3);
        beacon.settle(end);
        vm.expectRevert(abi.encodeWithSelector(IEpochBeacon.AlreadySettled.selector, end));
        beacon.settle(end);
        vm.expectRevert(abi.encodeWithSelector(IEpochBeacon.AlreadySettled.selector, end));
        beacon.arm(end);
        uint64 instant = end - DAY
            + uint64(uint256(keccak256(abi.encode(beacon.seedOf(end), mandateId, uint64(10)))) % DAY);
        Call memory before = booked(instant - 1, 10);
        vm.expectPartialRevert(IComplianceRegistry.OffSchedule.selector);
        submit(before);
        submit(booked(instant, 10));
        same(registry.record(SUBJECT, mandateId).asOf, instant);
    }

    // --- strikes

    function test_a_record_falls_with_its_risk_part() external {
        submit(callFor(plan()));
        vm.expectRevert(
            abi.encodeWithSelector(IComplianceRegistry.NothingStruck.selector, SUBJECT, mandateId)
        );
        registry.strike(SUBJECT, mandateId);
        risks.revoke(risks.riskOf(registry.record(SUBJECT, mandateId).risk));
        isTrue(registry.isCompliant(SUBJECT, mandateId, DAY));
        vm.prank(address(0xabc));
        registry.strike(SUBJECT, mandateId);
        isTrue(!registry.isCompliant(SUBJECT, mandateId, DAY));
        vm.expectRevert(
            abi.encodeWithSelector(IComplianceRegistry.NothingStruck.selector, SUBJECT, mandateId)
        );
        registry.strike(SUBJECT, mandateId);
    }

    function test_a_record_falls_with_an_attestor() external {
        submit(callFor(plan()));
        attestors.revokeAttestor(vm.addr(CUSTODIAN));
        registry.strike(SUBJECT, mandateId);
        isTrue(!registry.isCompliant(SUBJECT, mandateId, DAY));
    }

    // --- accounts

    function test_a_set_may_be_declared_by_its_commitment_alone() external {
        IAttestorRegistry.Account[] memory accounts = accountsOf("private");
        bytes32 digest = Digests.accountsStart(SUBJECT, 2);
        for (uint256 i = 0; i < 2; ++i) {
            IAttestorRegistry.Account memory a = accounts[i];
            digest = Digests.accountsStep(digest, a.nettingSet, a.account, a.attestor, uint8(a.grade));
        }
        vm.prank(ADMINISTRATOR);
        registry.commitAccounts(SUBJECT, 2, digest);
        (bytes32 listed, uint64 version) = registry.accountSet(SUBJECT);
        same(listed, digest);
        same(version, 2);
        IComplianceRegistry.Statement memory s;
        (s.subject, s.validUntil, s.epoch) = (SUBJECT, AS_OF + DAY, 1);
        s.accounts = new IAttestorRegistry.SignedAccount[](2);
        s.accounts[0] = signatureFor(plan(), accounts[0], VENUE);
        s.accounts[1] = signatureFor(plan(), accounts[1], CUSTODIAN);
        uint256[] memory commitments = new uint256[](3);
        (commitments[0], commitments[2]) = (commitmentOf(0), commitmentOf(2));
        s.proof = proofFor(plan(), digest, commitments, address(registry));
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.ListNotDeclared.selector, SUBJECT));
        registry.attest(mandateId, RISK, s);
        accounts[1].nettingSet = 1;
        vm.expectPartialRevert(IAttestorRegistry.OtherAccounts.selector);
        registry.attestListed(mandateId, RISK, s, accounts);
        accounts[1].nettingSet = 2;
        registry.attestListed(mandateId, RISK, s, accounts);
        isTrue(registry.isCompliant(SUBJECT, mandateId, DAY));
        // And a set that is declared in the open is not given again.
        Plan memory p = plan();
        p.subject = OTHER;
        s = callFor(p).s;
        accounts = accountsOf("two");
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.ListDeclared.selector, OTHER));
        registry.attestListed(mandateId, RISK, s, accounts);
    }

    function test_an_administrator_may_say_who_submits() external {
        vm.prank(ADMINISTRATOR);
        registry.restrictSubmitters(SUBJECT, true);
        Call memory call = callFor(plan());
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.NotASubmitter.selector, address(this)));
        submit(call);
        vm.prank(ADMINISTRATOR);
        registry.approveAddress(SUBJECT, MANAGER, true);
        vm.prank(MANAGER);
        submit(call);
        // A new administrator's approvals are its own.
        attestors.setSubject(SUBJECT, address(0xAE));
        vm.prank(MANAGER);
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.NotApproved.selector, SUBJECT, MANAGER));
        registry.linkAddress(SUBJECT);
    }

    function test_links_end_with_the_administrator() external {
        vm.prank(ADMINISTRATOR);
        registry.approveAddress(SUBJECT, MANAGER, true);
        vm.prank(MANAGER);
        registry.linkAddress(SUBJECT);
        // Named again, nothing changes.
        attestors.setSubject(SUBJECT, ADMINISTRATOR);
        same(registry.subjectOf(MANAGER), SUBJECT);
        attestors.setSubject(SUBJECT, address(0xAE));
        same(registry.subjectOf(MANAGER), bytes32(0));
    }

    function test_a_subject_without_administrator_has_no_links() external {
        vm.prank(ADMINISTRATOR);
        registry.approveAddress(SUBJECT, MANAGER, true);
        vm.prank(MANAGER);
        registry.linkAddress(SUBJECT);
        attestors.setSubject(SUBJECT, address(0));
        same(registry.subjectOf(MANAGER), bytes32(0));
        // Nor can one be made: the approval was of a term that is over, and nobody gives another.
        vm.prank(MANAGER);
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.NotApproved.selector, SUBJECT, MANAGER));
        registry.linkAddress(SUBJECT);
        vm.prank(ADMINISTRATOR);
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.UnknownSubject.selector, SUBJECT));
        registry.approveAddress(SUBJECT, MANAGER, true);
        // The same administrator again is another term.
        attestors.setSubject(SUBJECT, ADMINISTRATOR);
        same(registry.subjectOf(MANAGER), bytes32(0));
        same(registry.subjectOf(address(0x5157)), bytes32(0));
    }

    // --- what is announced

    /// @dev The event is encoded by hand.
    function test_an_attestation_is_announced_as_the_interface_says() external {
        Call memory call = callFor(plan());
        vm.recordLogs();
        submit(call);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 1);
        same(logs[0].emitter, address(registry));
        same(logs[0].topics.length, 3);
        same(logs[0].topics[0], keccak256("Attested(bytes32,bytes32,uint256)"));
        same(logs[0].topics[1], SUBJECT);
        same(logs[0].topics[2], mandateId);
        IComplianceRegistry.Record memory r = registry.record(SUBJECT, mandateId);
        same(keccak256(logs[0].data), keccak256(abi.encode(Records.pack(r))));
        // What it says of the risk part and of the accounts is found by it.
        same(risks.riskOf(r.risk), risks.idOf(RISK, keyId, keccak256(bytes(MODEL))));
    }

    // --- the record's word

    function test_packing_loses_nothing(IComplianceRegistry.Record memory r) external pure {
        uint256 word = Records.pack(r);
        same(keccak256(abi.encode(Records.unpack(word))), keccak256(abi.encode(r)));
        IComplianceRegistry.Record memory w = Records.unpack(Records.withdrawn(word));
        (r.validUntil, r.streak) = (0, 0);
        same(keccak256(abi.encode(w)), keccak256(abi.encode(r)));
    }

    function test_counts_stop_at_their_ends(uint32 epoch, bool unbroken) external pure {
        IComplianceRegistry.Record memory r;
        (r.kept, r.missed, r.streak) = (type(uint24).max, type(uint24).max, type(uint16).max);
        (r.epoch, r.provenAt) = (5, 1);
        uint256 number = uint256(epoch) + 6;
        uint256 next = Records.follow(Records.pack(r), number, unbroken);
        same(Records.kept(next), type(uint24).max);
        same(Records.missed(next), type(uint24).max);
        same(Records.streak(next), unbroken && number == 6 ? type(uint16).max : 1);
    }

    // --- gas of readers

    function test_gas_of_reading() external {
        submit(callFor(plan()));
        submitNext();
        Meter meter = new Meter();
        uint256 used = meter.isCompliant(registry, SUBJECT, mandateId, DAY);
        emit log_named_uint("isCompliant (call gas, registry cold)", used);
        // Of it 2,600 are for the registry's address.
        atMost(used, 8_300);
        isTrue(meter.last());
    }

    function submitNext() private {
        vm.warp(NOW + 100);
        Call memory call = booked(NOW + 100, 2);
        submit(call);
    }
}

/// @notice Measures a call from a contract, which is what a gate is.
contract Meter {
    bool public last;

    function isCompliant(IComplianceRegistry registry, bytes32 subject, bytes32 mandateId, uint256 age)
        external
        returns (uint256 used)
    {
        uint256 before = gasleft();
        bool said = registry.isCompliant(subject, mandateId, age);
        used = before - gasleft();
        last = said;
    }
}
