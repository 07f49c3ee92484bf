// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ComplianceRegistry} from "../src/ComplianceRegistry.sol";
import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {ICompliance, IComplianceRegistry} from "../src/interfaces/IComplianceRegistry.sol";
import {IGroth16Errors} from "../src/interfaces/IGroth16Verifier.sol";
import {IMandateRegistry} from "../src/interfaces/IMandateRegistry.sol";
import {IRiskRegistry} from "../src/interfaces/IRiskRegistry.sol";
import {Bn254} from "../src/lib/Bn254.sol";
import {Vm} from "./support/Vm.sol";
import {World} from "./support/World.sol";

contract ComplianceRegistryTest is World {
    bytes32 private constant NEXT = keccak256("risk two");
    uint64 private constant DAY = 1 days;

    function refused(Call memory call, bytes memory why) private {
        bytes32 id = call.mandateId;
        bytes32 before = keccak256(abi.encode(registry.record(call.s.subject, id)));
        vm.expectRevert(why);
        submit(call);
        same(keccak256(abi.encode(registry.record(call.s.subject, id))), before);
    }

    function rejected(Call memory call) private {
        refused(call, abi.encodeWithSelector(IGroth16Errors.ProofRejected.selector));
    }

    /// @dev A day later, with a new risk part.
    function tomorrow() private returns (Plan memory p) {
        vm.warp(NOW + DAY);
        publishRisk(NEXT, AS_OF + DAY);
        p = plan();
        (p.risk, p.asOf, p.validUntil) = (NEXT, AS_OF + DAY, AS_OF + 2 * DAY);
        (p.epoch, p.sequence) = (2, 2);
    }

    // --- what must work

    function test_a_proof_is_recorded() external {
        submit(callFor(plan()));
        gasAtMost("attest, 2 accounts, first (whole transaction)", 350_000);
        IComplianceRegistry.Record memory r = registry.record(SUBJECT, mandateId);
        same(r.provenAt, NOW);
        same(r.validUntil, AS_OF + DAY);
        same(r.epoch, 1);
        same(r.asOf, AS_OF);
        same(r.version, 1);
        same(r.kept, 1);
        same(r.risk, 1);
        same(r.streak, 1);
        registry.requireCompliant(SUBJECT, mandateId, 60);
        isTrue(registry.isCompliant(SUBJECT, mandateId, 60));
        isTrue(!registry.isCompliant(SUBJECT, mandateId, 59));
        isTrue(!registry.isCompliant(OTHER, mandateId, 60));
        isTrue(!registry.isCompliant(SUBJECT, bytes32(0), 60));
    }

    function test_gas_with_one_account() external {
        IAttestorRegistry.Account[] memory one = new IAttestorRegistry.Account[](1);
        one[0] = accountsOf("one")[0];
        declare(SUBJECT, 2, one);
        // Whoever comes first after a change of the mandate writes that down: not this one.
        Plan memory p = plan();
        p.subject = OTHER;
        submit(callFor(p));
        submit(callFor(plan()));
        gasAtMost("attest, 1 account, first (whole transaction)", 293_000);
        submit(callFor(tomorrow()));
        gasAtMost("attest, 1 account, refresh (whole transaction)", 276_000);
        isTrue(registry.isCompliant(SUBJECT, mandateId, DAY));
        uint256 before = gasleft();
        registry.isCompliant(SUBJECT, mandateId, DAY);
        emit log_named_uint("isCompliant, cold, with the test around it (call gas)", before - gasleft());
    }

    function test_anyone_may_submit_and_the_record_is_the_subjects() external {
        Call memory call = callFor(plan());
        vm.prank(address(0xbad));
        submit(call);
        isTrue(registry.isCompliant(SUBJECT, mandateId, DAY));
    }

    function test_epochs_in_a_row_are_counted() external {
        submit(callFor(plan()));
        submit(callFor(tomorrow()));
        same(registry.record(SUBJECT, mandateId).streak, 2);
        // Epoch 3 is missed.
        vm.warp(NOW + 2 * DAY);
        Plan memory p = plan();
        (p.risk, p.asOf, p.validUntil) = (keccak256("risk three"), AS_OF + 2 * DAY, AS_OF + 3 * DAY);
        publishRisk(p.risk, p.asOf);
        (p.epoch, p.sequence) = (4, 3);
        submit(callFor(p));
        same(registry.record(SUBJECT, mandateId).streak, 1);
    }

    function test_two_subjects_stand_side_by_side() external {
        submit(callFor(plan()));
        Plan memory p = plan();
        p.subject = OTHER;
        submit(callFor(p));
        isTrue(registry.isCompliant(SUBJECT, mandateId, DAY));
        isTrue(registry.isCompliant(OTHER, mandateId, DAY));
    }

    function test_one_book_may_be_shown_to_two_mandates() external {
        Call memory call = callFor(plan());
        submit(call);
        bytes32 first = mandateId;
        mandateId = registerMandate(6);
        // The first mandate's proof says nothing of the second.
        call.mandateId = mandateId;
        rejected(call);
        // The same signatures, with a proof of its own.
        submit(callFor(plan()));
        isTrue(registry.isCompliant(SUBJECT, first, DAY));
        isTrue(registry.isCompliant(SUBJECT, mandateId, DAY));
    }

    // --- replay

    function test_a_replay_is_refused() external {
        Call memory call = callFor(plan());
        submit(call);
        bytes memory why = abi.encodeWithSelector(IComplianceRegistry.EpochNotNewer.selector, 1, 1);
        refused(call, why);
        // Another proof of the same statement is the same statement.
        Plan memory p = plan();
        p.salt = 99;
        Call memory again = callFor(p);
        isTrue(again.s.proof[0] != call.s.proof[0]);
        refused(again, why);
    }

    function test_another_proof_of_the_statement_does_as_well() external {
        Plan memory p = plan();
        p.salt = 99;
        submit(callFor(p));
    }

    function test_epoch_and_instant_must_both_move() external {
        submit(callFor(plan()));
        Plan memory p = plan();
        (p.epoch, p.sequence) = (2, 2);
        refused(callFor(p), abi.encodeWithSelector(IComplianceRegistry.AsOfNotNewer.selector, AS_OF, AS_OF));
        p = tomorrow();
        p.epoch = 1;
        refused(callFor(p), abi.encodeWithSelector(IComplianceRegistry.EpochNotNewer.selector, 1, 1));
    }

    function test_a_proof_for_another_chain_or_registry_is_refused() external {
        Call memory call = callFor(plan());
        vm.chainId(1);
        rejected(call);
        vm.chainId(31337);
        ComplianceRegistry twin = new ComplianceRegistry(setup());
        twin.schedule(mandateId);
        twin.setAttestor(vm.addr(VENUE), IAttestorRegistry.Grade.Venue, 0, type(uint48).max);
        twin.setAttestor(vm.addr(CUSTODIAN), IAttestorRegistry.Grade.Custodian, 0, type(uint48).max);
        twin.setSubject(SUBJECT, address(this));
        twin.declareAccounts(SUBJECT, 1, accountsOf("one"));
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.ProofRejected.selector));
        twin.attest(call.mandateId, call.risk, call.s);
        submit(call);
    }

    // --- every field of the call is bound

    function test_every_field_is_bound_by_the_proof() external {
        Call memory call = callFor(plan());
        call.s.validUntil += 1;
        rejected(call);
        call = callFor(plan());
        call.s.epoch += 1;
        rejected(call);
        for (uint256 i = 0; i < 8; ++i) {
            call = callFor(plan());
            call.s.proof[i] ^= 1;
            rejected(call);
        }
        // The same account set, declared anew: another version, another digest.
        call = callFor(plan());
        declare(SUBJECT, 2, accountsOf("one"));
        rejected(call);
    }

    function test_another_subjects_proof_is_refused() external {
        Call memory call = callFor(plan());
        call.s.subject = OTHER;
        // Its accounts were signed for somebody else.
        vm.expectPartialRevert(IAttestorRegistry.WrongSigner.selector);
        submit(call);
        // Even with its own accounts, the proof names the first subject.
        Plan memory p = plan();
        p.subject = OTHER;
        Call memory own = callFor(p);
        own.s.proof = call.s.proof;
        rejected(own);
    }

    function test_another_mandate_key_or_risk_is_refused() external {
        Call memory call = callFor(plan());
        call.mandateId = bytes32(uint256(1));
        refused(call, abi.encodeWithSelector(IComplianceRegistry.NotInForce.selector, call.mandateId));
        call = callFor(plan());
        call.risk = NEXT;
        vm.expectPartialRevert(IRiskRegistry.UnknownRisk.selector);
        submit(call);
        // Published, of the same instant, and not what was proven.
        publishRisk(NEXT, AS_OF);
        rejected(call);
    }

    // --- accounts

    function test_no_account_may_be_missing_or_out_of_place() external {
        Call memory call = callFor(plan());
        call.s.accounts[0].commitment = 0;
        refused(call, abi.encodeWithSelector(IAttestorRegistry.AccountMissing.selector, 0));
        // A set that reaches beyond the shape.
        IAttestorRegistry.Account[] memory accounts = accountsOf("one");
        accounts[1].nettingSet = 3;
        declare(SUBJECT, 2, accounts);
        call = callFor2(plan(), accounts);
        call.mandateId = mandateId;
        refused(call, abi.encodeWithSelector(IComplianceRegistry.AccountOutOfRange.selector, 3, 3));
    }

    /// @dev A proof that fills the place of an account that nobody declared is of another statement.
    function test_no_account_may_be_added() external {
        Call memory call = callFor(plan());
        (bytes32 set,) = attestors.usableAccounts(SUBJECT, AS_OF);
        uint256[] memory commitments = new uint256[](3);
        (commitments[0], commitments[1], commitments[2]) = (commitmentOf(0), 5, commitmentOf(2));
        call.s.proof = proofFor(plan(), set, commitments, address(registry));
        rejected(call);
    }

    function callFor2(Plan memory p, IAttestorRegistry.Account[] memory accounts)
        private
        pure
        returns (Call memory call)
    {
        (call.mandateId, call.risk) = (bytes32(0), p.risk);
        (call.s.subject, call.s.validUntil, call.s.epoch) = (p.subject, p.validUntil, p.epoch);
        call.s.accounts = new IAttestorRegistry.SignedAccount[](2);
        call.s.accounts[0] = signatureFor(p, accounts[0], VENUE);
        call.s.accounts[1] = signatureFor(p, accounts[1], CUSTODIAN);
    }

    function test_one_signature_per_declared_account() external {
        Call memory call = callFor(plan());
        IAttestorRegistry.SignedAccount[] memory two = call.s.accounts;
        call.s.accounts = new IAttestorRegistry.SignedAccount[](1);
        call.s.accounts[0] = two[0];
        refused(call, abi.encodeWithSelector(IAttestorRegistry.WrongAccountCount.selector, 1, 2));
        call.s.accounts = new IAttestorRegistry.SignedAccount[](3);
        (call.s.accounts[0], call.s.accounts[1], call.s.accounts[2]) = (two[0], two[1], two[1]);
        refused(call, abi.encodeWithSelector(IAttestorRegistry.WrongAccountCount.selector, 3, 2));
        call.s.accounts = new IAttestorRegistry.SignedAccount[](2);
        (call.s.accounts[0], call.s.accounts[1]) = (two[1], two[0]);
        vm.expectPartialRevert(IAttestorRegistry.WrongSigner.selector);
        submit(call);
        (call.s.accounts[0], call.s.accounts[1]) = (two[0], two[0]);
        vm.expectPartialRevert(IAttestorRegistry.WrongSigner.selector);
        submit(call);
    }

    function test_a_commitment_nobody_signed_is_refused() external {
        // A made-up book with a perfect proof.
        Call memory call = callFor(plan());
        (bytes32 set,) = attestors.usableAccounts(SUBJECT, AS_OF);
        call.s.accounts[0].commitment += 1;
        uint256[] memory commitments = new uint256[](3);
        (commitments[0], commitments[2]) = (commitmentOf(0) + 1, commitmentOf(2));
        call.s.proof = proofFor(plan(), set, commitments, address(registry));
        vm.expectPartialRevert(IAttestorRegistry.WrongSigner.selector);
        submit(call);
    }

    function test_a_signature_by_somebody_else_or_over_something_else_is_refused() external {
        IAttestorRegistry.Account memory venue = accountsOf("one")[0];
        Call memory call = callFor(plan());
        call.s.accounts[0] = signatureFor(plan(), venue, 0xDEAD);
        refused(
            call,
            abi.encodeWithSelector(IAttestorRegistry.WrongSigner.selector, 0, vm.addr(0xDEAD), vm.addr(VENUE))
        );
        Plan memory p = plan();
        p.asOf -= 1;
        call.s.accounts[0] = signatureFor(p, venue, VENUE);
        vm.expectPartialRevert(IAttestorRegistry.WrongSigner.selector);
        submit(call);
        call = callFor(plan());
        call.s.accounts[0].sequence += 1;
        vm.expectPartialRevert(IAttestorRegistry.WrongSigner.selector);
        submit(call);
    }

    function test_a_malleable_signature_is_refused() external {
        Call memory call = callFor(plan());
        // The same signature with the other root: its high s leaves no room for the parity, and is read as another.
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        uint256 vs = uint256(call.s.accounts[0].vs);
        call.s.accounts[0].vs = bytes32(order - (vs & (type(uint256).max >> 1)));
        vm.expectPartialRevert(IAttestorRegistry.WrongSigner.selector);
        submit(call);
        // A high s that does fit: refused for itself.
        call.s.accounts[0].vs = bytes32(uint256(type(int256).max));
        refused(
            call,
            abi.encodeWithSelector(IAttestorRegistry.WrongSigner.selector, 0, address(0), vm.addr(VENUE))
        );
        // The other parity alone is somebody else's.
        call.s.accounts[0].vs = bytes32(vs ^ 1 << 255);
        vm.expectPartialRevert(IAttestorRegistry.WrongSigner.selector);
        submit(call);
    }

    function test_another_universe_is_refused() external {
        // The attestor signed for the universe of the first risk part; the second is over another one.
        IRiskRegistry.Publication memory pub = publication(NEXT, AS_OF);
        pub.universe = keccak256("another universe");
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(pub));
        risks.publish(pub, noSpots(), signers, signatures);
        Plan memory p = plan();
        p.risk = NEXT;
        Call memory call = callFor(p);
        vm.expectPartialRevert(IAttestorRegistry.WrongSigner.selector);
        submit(call);
    }

    function test_a_revoked_attestor_is_refused() external {
        Call memory call = callFor(plan());
        attestors.revokeAttestor(vm.addr(CUSTODIAN));
        refused(
            call, abi.encodeWithSelector(IAttestorRegistry.AttestorIsRevoked.selector, vm.addr(CUSTODIAN))
        );
    }

    function test_an_account_backs_one_subject_at_a_time() external {
        // The other subject declares the first one's accounts as its own, and the attestor signs for both.
        declare(OTHER, 2, accountsOf("one"));
        Plan memory p = plan();
        p.subject = OTHER;
        p.sequence = 2;
        Call memory stolen = callFor(p);
        submit(callFor(plan()));
        bytes32 account = accountsOf("one")[0].account;
        uint64 end = AS_OF + DAY;
        refused(stolen, abi.encodeWithSelector(IAttestorRegistry.AccountBusy.selector, account, end));
        (uint64 sequence, uint40 asOf, uint40 until) = attestors.accountUse(vm.addr(VENUE), account);
        same(sequence, 1);
        same(asOf, AS_OF);
        same(until, end);
        // Not at any instant up to the end of the first one's record, either.
        vm.warp(end);
        publishRisk(NEXT, end);
        (p.risk, p.asOf, p.validUntil) = (NEXT, end, end + DAY);
        refused(callFor(p), abi.encodeWithSelector(IAttestorRegistry.AccountBusy.selector, account, end));
        // Then it is free; but its numbers go on.
        vm.warp(end + 1);
        (p.risk, p.asOf, p.validUntil) = (keccak256("risk three"), end + 1, end + DAY);
        publishRisk(p.risk, p.asOf);
        p.sequence = 1;
        refused(callFor(p), abi.encodeWithSelector(IAttestorRegistry.SequenceUsed.selector, account, 1, 1));
        p.sequence = 2;
        submit(callFor(p));
        isTrue(registry.isCompliant(OTHER, mandateId, DAY) && !registry.isCompliant(SUBJECT, mandateId, DAY));
    }

    function test_two_statements_of_one_instant_are_not_both_shown() external {
        submit(callFor(plan()));
        mandateId = registerMandate(6);
        // A correction, or an earlier mistake: another number for the same instant.
        Plan memory p = plan();
        bytes32 account = accountsOf("one")[0].account;
        p.sequence = 2;
        refused(callFor(p), abi.encodeWithSelector(IAttestorRegistry.SequenceUsed.selector, account, 2, 1));
        // The very same one, for longer: the account is held for longer.
        p.sequence = 1;
        p.validUntil += 100;
        submit(callFor(p));
        (,, uint40 until) = attestors.accountUse(vm.addr(VENUE), account);
        same(until, p.validUntil);
    }

    function test_sequence_numbers_grow() external {
        submit(callFor(plan()));
        Plan memory p = tomorrow();
        p.sequence = 1;
        bytes32 account = accountsOf("one")[0].account;
        refused(callFor(p), abi.encodeWithSelector(IAttestorRegistry.SequenceUsed.selector, account, 1, 1));
        p.sequence = 0;
        refused(callFor(p), abi.encodeWithSelector(IAttestorRegistry.SequenceUsed.selector, account, 0, 1));
        p.sequence = 7;
        submit(callFor(p));
    }

    function test_an_account_does_not_go_back_in_time() external {
        submit(callFor(plan()));
        bytes32 earlier = keccak256("risk of yesterday");
        publishRisk(earlier, AS_OF - 100);
        declare(OTHER, 2, accountsOf("one"));
        Plan memory p = plan();
        (p.subject, p.risk, p.asOf, p.sequence) = (OTHER, earlier, AS_OF - 100, 9);
        bytes32 account = accountsOf("one")[0].account;
        refused(
            callFor(p), abi.encodeWithSelector(IAttestorRegistry.AccountBusy.selector, account, AS_OF + DAY)
        );
        // The same subject under another mandate does not go back either.
        mandateId = registerMandate(6);
        p.subject = SUBJECT;
        refused(callFor(p), abi.encodeWithSelector(IAttestorRegistry.AccountBusy.selector, account, AS_OF));
    }

    // --- time

    function test_stale_books_are_refused() external {
        Call memory call = callFor(plan());
        vm.warp(AS_OF + 1 hours + 1);
        refused(call, abi.encodeWithSelector(IComplianceRegistry.TooLate.selector, AS_OF, AS_OF + 1 hours));
        vm.warp(AS_OF + 1 hours);
        submit(call);
    }

    function test_validity_has_bounds() external {
        Plan memory p = plan();
        bytes4 why = IComplianceRegistry.BadValidity.selector;
        uint64 latest = AS_OF + 2 days;
        p.validUntil = latest + 1;
        refused(callFor(p), abi.encodeWithSelector(why, latest + 1, NOW, latest));
        p.validUntil = type(uint64).max;
        refused(callFor(p), abi.encodeWithSelector(why, type(uint64).max, NOW, latest));
        p.validUntil = NOW - 1;
        refused(callFor(p), abi.encodeWithSelector(why, NOW - 1, NOW, latest));
        p.validUntil = latest;
        submit(callFor(p));
        p = tomorrow();
        p.epoch = 1 << 48;
        refused(callFor(p), abi.encodeWithSelector(IComplianceRegistry.EpochTooFar.selector, p.epoch, p.asOf));
    }

    function test_the_risk_part_decides_the_instant_and_must_be_usable() external {
        Plan memory p = plan();
        p.asOf -= 1;
        // The instant is the risk part's: what was signed for another one is refused.
        Call memory other = callFor(p);
        vm.expectPartialRevert(IAttestorRegistry.WrongSigner.selector);
        submit(other);
        Call memory call = callFor(plan());
        bytes32 id = risks.idOf(RISK, keyId, keccak256(bytes(MODEL)));
        risks.revoke(id);
        refused(call, abi.encodeWithSelector(IRiskRegistry.Revoked.selector, id));
    }

    function test_records_expire() external {
        submit(callFor(plan()));
        vm.warp(AS_OF + DAY);
        registry.requireCompliant(SUBJECT, mandateId, DAY);
        isTrue(registry.isCompliant(SUBJECT, mandateId, DAY));
        vm.warp(AS_OF + DAY + 1);
        isTrue(!registry.isCompliant(SUBJECT, mandateId, type(uint256).max));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.RecordExpired.selector, AS_OF + DAY));
        registry.requireCompliant(SUBJECT, mandateId, type(uint256).max);
    }

    function test_readers_choose_how_old() external {
        submit(callFor(plan()));
        vm.warp(AS_OF + 1000);
        registry.requireCompliant(SUBJECT, mandateId, 1000);
        isTrue(registry.isCompliant(SUBJECT, mandateId, 1000));
        isTrue(!registry.isCompliant(SUBJECT, mandateId, 999));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.RecordTooOld.selector, AS_OF, AS_OF + 1));
        registry.requireCompliant(SUBJECT, mandateId, 999);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.NoRecord.selector, OTHER, mandateId));
        registry.requireCompliant(OTHER, mandateId, 999);
    }

    function test_an_address_is_as_compliant_as_the_subject_it_acts_for() external {
        vm.prank(ADMINISTRATOR);
        registry.approveAddress(SUBJECT, MANAGER, true);
        vm.prank(MANAGER);
        registry.linkAddress(SUBJECT);
        isTrue(!registry.isAccountCompliant(MANAGER, mandateId, DAY));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.NoRecord.selector, SUBJECT, mandateId));
        registry.requireAccountCompliant(MANAGER, mandateId, DAY);
        submit(callFor(plan()));
        isTrue(registry.isAccountCompliant(MANAGER, mandateId, DAY));
        isTrue(!registry.isAccountCompliant(address(0xdead), mandateId, DAY));
        registry.requireAccountCompliant(MANAGER, mandateId, DAY);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.NoSubject.selector, address(0xdead)));
        registry.requireAccountCompliant(address(0xdead), mandateId, DAY);
    }

    function test_a_withdrawal_is_announced() external {
        submit(callFor(plan()));
        vm.recordLogs();
        registry.revoke(SUBJECT, mandateId);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 1);
        same(logs[0].topics[0], IComplianceRegistry.AttestationRevoked.selector);
        same(logs[0].topics[1], SUBJECT);
        same(logs[0].topics[2], mandateId);
        same(keccak256(logs[0].data), keccak256(abi.encode(address(this))));
    }

    // --- stops

    function test_a_paused_mandate_stops_attesting_and_reading() external {
        Call memory call = callFor(plan());
        registry.setPaused(mandateId, true);
        refused(call, abi.encodeWithSelector(IComplianceRegistry.Paused.selector, mandateId));
        registry.setPaused(mandateId, false);
        submit(call);
        registry.setPaused(mandateId, true);
        isTrue(!registry.isCompliant(SUBJECT, mandateId, DAY));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.MandateNotActive.selector, mandateId));
        registry.requireCompliant(SUBJECT, mandateId, DAY);
    }

    function test_governance_and_the_mandates_owner_pause_apart() external {
        address owner_ = address(0xBEEF);
        registry.setMandateOwner(mandateId, owner_);
        registry.setPaused(mandateId, true);
        vm.prank(owner_);
        registry.setPaused(mandateId, false);
        isTrue(!registry.isActive(mandateId));
        vm.prank(owner_);
        registry.setPaused(mandateId, true);
        registry.setPaused(mandateId, false);
        isTrue(!registry.isActive(mandateId));
        vm.prank(owner_);
        registry.setPaused(mandateId, false);
        isTrue(registry.isActive(mandateId));
    }

    function test_a_removed_subject_neither_attests_nor_acts() external {
        Call memory call = callFor(plan());
        attestors.setSubject(SUBJECT, address(0));
        refused(call, abi.encodeWithSelector(IAttestorRegistry.UnknownSubject.selector, SUBJECT));
    }

    function test_an_epoch_cannot_use_up_all_epochs() external {
        Plan memory p = plan();
        p.epoch = AS_OF + 1;
        refused(
            callFor(p), abi.encodeWithSelector(IComplianceRegistry.EpochTooFar.selector, AS_OF + 1, AS_OF)
        );
        p.epoch = AS_OF;
        submit(callFor(p));
    }

    function test_epochs_and_validity_at_their_ends() external {
        Plan memory p = plan();
        p.validUntil = NOW;
        submit(callFor(p));
        // An epoch has 32 bits, and instants outgrow them.
        vm.warp((1 << 32) + 100);
        (p.risk, p.asOf, p.sequence) = (keccak256("risk of another century"), (1 << 32) + 10, 2);
        p.validUntil = p.asOf + 1 days;
        publishRisk(p.risk, p.asOf);
        p.epoch = 1 << 32;
        refused(callFor(p), abi.encodeWithSelector(IComplianceRegistry.EpochTooFar.selector, p.epoch, p.asOf));
        p.epoch = (1 << 32) - 1;
        submit(callFor(p));
        isTrue(registry.record(SUBJECT, mandateId).epoch == type(uint32).max);
    }

    function test_a_revoked_record_cannot_be_replayed() external {
        Call memory call = callFor(plan());
        submit(call);
        vm.prank(address(7));
        vm.expectRevert(abi.encodeWithSelector(IComplianceRegistry.MayNotRevoke.selector, address(7)));
        registry.revoke(SUBJECT, mandateId);
        vm.prank(ADMINISTRATOR);
        registry.revoke(SUBJECT, mandateId);
        isTrue(!registry.isCompliant(SUBJECT, mandateId, DAY));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.RecordRevoked.selector, SUBJECT, mandateId));
        registry.requireCompliant(SUBJECT, mandateId, DAY);
        refused(call, abi.encodeWithSelector(IComplianceRegistry.EpochNotNewer.selector, 1, 1));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.NoRecord.selector, OTHER, mandateId));
        registry.revoke(OTHER, mandateId);
    }

    // --- gas

    function test_a_malformed_proof_does_not_burn_the_senders_gas() external {
        Call memory call = callFor(plan());
        call.s.proof[0] = Bn254.Q;
        bytes memory data = abi.encodeCall(registry.attest, (call.mandateId, call.risk, call.s));
        uint256 before = gasleft();
        (bool ok,) = address(registry).call{gas: 10_000_000}(data);
        isTrue(!ok);
        atMost(before - gasleft(), 500_000);
    }

    function test_views_never_revert(bytes32 subject, bytes32 id, uint256 age, address account)
        external
        view
    {
        registry.isCompliant(subject, id, age);
        registry.isAccountCompliant(account, id, age);
    }
}
