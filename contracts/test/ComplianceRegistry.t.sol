// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ComplianceRegistry} from "../src/ComplianceRegistry.sol";
import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {ICompliance, IComplianceRegistry} from "../src/interfaces/IComplianceRegistry.sol";
import {IGroth16Errors} from "../src/interfaces/IGroth16Verifier.sol";
import {IMandateRegistry} from "../src/interfaces/IMandateRegistry.sol";
import {IRiskRegistry} from "../src/interfaces/IRiskRegistry.sol";
import {Bn254} from "../src/lib/Bn254.sol";
import {World} from "./support/World.sol";

contract ComplianceRegistryTest is World {
    bytes32 private constant NEXT = keccak256("risk two");
    uint64 private constant DAY = 1 days;

    function refused(IComplianceRegistry.AttestCall memory call, bytes memory why) private {
        bytes32 id = call.mandateId;
        bytes32 before = keccak256(abi.encode(registry.record(call.subject, id)));
        vm.expectRevert(why);
        registry.attest(call);
        same(keccak256(abi.encode(registry.record(call.subject, id))), before);
    }

    function rejected(IComplianceRegistry.AttestCall memory call) private {
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
        registry.attest(callFor(plan()));
        gasAtMost("attest, 2 accounts, first (whole transaction)", 350_000);
        IComplianceRegistry.Record memory r = registry.record(SUBJECT, mandateId);
        same(r.provenAt, NOW);
        same(r.validUntil, AS_OF + DAY);
        same(r.epoch, 1);
        same(r.asOf, AS_OF);
        same(r.serial, 1);
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
        registry.attest(callFor(plan()));
        gasAtMost("attest, 1 account, first (whole transaction)", 320_000);
        registry.attest(callFor(tomorrow()));
        gasAtMost("attest, 1 account, refresh (whole transaction)", 300_000);
        isTrue(registry.isCompliant(SUBJECT, mandateId, DAY));
        uint256 before = gasleft();
        registry.isCompliant(SUBJECT, mandateId, DAY);
        emit log_named_uint("isCompliant, cold, with the test around it (call gas)", before - gasleft());
    }

    function test_anyone_may_submit_and_the_record_is_the_subjects() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        vm.prank(address(0xbad));
        registry.attest(call);
        isTrue(registry.isCompliant(SUBJECT, mandateId, DAY));
    }

    function test_epochs_in_a_row_are_counted() external {
        registry.attest(callFor(plan()));
        registry.attest(callFor(tomorrow()));
        same(registry.record(SUBJECT, mandateId).streak, 2);
        // Epoch 3 is missed.
        vm.warp(NOW + 2 * DAY);
        Plan memory p = plan();
        (p.risk, p.asOf, p.validUntil) = (keccak256("risk three"), AS_OF + 2 * DAY, AS_OF + 3 * DAY);
        publishRisk(p.risk, p.asOf);
        (p.epoch, p.sequence) = (4, 3);
        registry.attest(callFor(p));
        same(registry.record(SUBJECT, mandateId).streak, 1);
    }

    function test_two_subjects_stand_side_by_side() external {
        registry.attest(callFor(plan()));
        Plan memory p = plan();
        p.subject = OTHER;
        registry.attest(callFor(p));
        isTrue(registry.isCompliant(SUBJECT, mandateId, DAY));
        isTrue(registry.isCompliant(OTHER, mandateId, DAY));
    }

    function test_one_book_may_be_shown_to_two_mandates() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        registry.attest(call);
        bytes32 first = mandateId;
        mandateId = registerMandate(6);
        // The first mandate's proof says nothing of the second.
        call.mandateId = mandateId;
        rejected(call);
        // The same signatures, with a proof of its own.
        registry.attest(callFor(plan()));
        isTrue(registry.isCompliant(SUBJECT, first, DAY));
        isTrue(registry.isCompliant(SUBJECT, mandateId, DAY));
        same(registry.record(SUBJECT, mandateId).serial, 2);
    }

    // --- replay

    function test_a_replay_is_refused() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        registry.attest(call);
        bytes memory why = abi.encodeWithSelector(IComplianceRegistry.EpochNotNewer.selector, 1, 1);
        refused(call, why);
        // Another proof of the same statement is the same statement.
        Plan memory p = plan();
        p.salt = 99;
        IComplianceRegistry.AttestCall memory again = callFor(p);
        isTrue(again.proof[0] != call.proof[0]);
        refused(again, why);
    }

    function test_another_proof_of_the_statement_does_as_well() external {
        Plan memory p = plan();
        p.salt = 99;
        registry.attest(callFor(p));
    }

    function test_epoch_and_instant_must_both_move() external {
        registry.attest(callFor(plan()));
        Plan memory p = plan();
        (p.epoch, p.sequence) = (2, 2);
        refused(callFor(p), abi.encodeWithSelector(IComplianceRegistry.AsOfNotNewer.selector, AS_OF, AS_OF));
        p = tomorrow();
        p.epoch = 1;
        refused(callFor(p), abi.encodeWithSelector(IComplianceRegistry.EpochNotNewer.selector, 1, 1));
    }

    function test_a_proof_for_another_chain_or_registry_is_refused() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        vm.chainId(1);
        rejected(call);
        vm.chainId(31337);
        ComplianceRegistry twin = new ComplianceRegistry(address(this), mandates, risks, attestors);
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.NotConsumer.selector, address(twin)));
        twin.attest(call);
        attestors.setConsumer(address(twin), true);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.ProofRejected.selector));
        twin.attest(call);
        registry.attest(call);
    }

    // --- every field of the call is bound

    function test_every_field_is_bound_by_the_proof() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        call.validUntil += 1;
        rejected(call);
        call = callFor(plan());
        call.epoch += 1;
        rejected(call);
        for (uint256 i = 0; i < 8; ++i) {
            call = callFor(plan());
            call.proof[i] ^= 1;
            rejected(call);
        }
        // The same account set, declared anew: another version, another digest.
        call = callFor(plan());
        declare(SUBJECT, 2, accountsOf("one"));
        rejected(call);
    }

    function test_another_subjects_proof_is_refused() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        call.subject = OTHER;
        // Its accounts were signed for somebody else.
        vm.expectPartialRevert(IComplianceRegistry.WrongSigner.selector);
        registry.attest(call);
        // Even with its own accounts, the proof names the first subject.
        Plan memory p = plan();
        p.subject = OTHER;
        IComplianceRegistry.AttestCall memory own = callFor(p);
        own.proof = call.proof;
        rejected(own);
    }

    function test_another_mandate_key_or_risk_is_refused() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        call.keyId ^= bytes32(uint256(1));
        refused(call, abi.encodeWithSelector(IComplianceRegistry.KeyMismatch.selector, call.keyId, keyId));
        call = callFor(plan());
        call.mandateId = bytes32(uint256(1));
        refused(call, abi.encodeWithSelector(IMandateRegistry.UnknownMandate.selector, call.mandateId));
        call = callFor(plan());
        call.riskDigest = NEXT;
        vm.expectPartialRevert(IRiskRegistry.UnknownRisk.selector);
        registry.attest(call);
        // Published, of the same instant, and not what was proven.
        publishRisk(NEXT, AS_OF);
        rejected(call);
    }

    // --- accounts

    function test_no_account_may_be_missing_extra_or_out_of_place() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        call.commitments[0] = 0;
        refused(call, abi.encodeWithSelector(IComplianceRegistry.AccountMissing.selector, 0));
        call = callFor(plan());
        call.commitments[1] = 5;
        refused(call, abi.encodeWithSelector(IComplianceRegistry.AccountNotDeclared.selector, 1));
        // A longer list would put a commitment beyond the key's inputs.
        call = callFor(plan());
        uint256[] memory longer = new uint256[](4);
        for (uint256 i = 0; i < 3; ++i) {
            longer[i] = call.commitments[i];
        }
        call.commitments = longer;
        vm.expectPartialRevert(IGroth16Errors.KeyHasOtherInputs.selector);
        registry.attest(call);
        longer[3] = 5;
        refused(call, abi.encodeWithSelector(IComplianceRegistry.AccountNotDeclared.selector, 3));
        call.commitments = new uint256[](2);
        call.commitments[0] = longer[0];
        refused(call, abi.encodeWithSelector(IComplianceRegistry.AccountOutOfRange.selector, 2, 2));
    }

    function test_one_signature_per_declared_account() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        IComplianceRegistry.AccountSignature[] memory two = call.signatures;
        call.signatures = new IComplianceRegistry.AccountSignature[](1);
        call.signatures[0] = two[0];
        refused(call, abi.encodeWithSelector(IAttestorRegistry.WrongAccountCount.selector, 1, 2));
        call.signatures = new IComplianceRegistry.AccountSignature[](3);
        (call.signatures[0], call.signatures[1], call.signatures[2]) = (two[0], two[1], two[1]);
        refused(call, abi.encodeWithSelector(IAttestorRegistry.WrongAccountCount.selector, 3, 2));
        call.signatures = new IComplianceRegistry.AccountSignature[](2);
        (call.signatures[0], call.signatures[1]) = (two[1], two[0]);
        vm.expectPartialRevert(IComplianceRegistry.WrongSigner.selector);
        registry.attest(call);
        (call.signatures[0], call.signatures[1]) = (two[0], two[0]);
        vm.expectPartialRevert(IComplianceRegistry.WrongSigner.selector);
        registry.attest(call);
    }

    function test_a_commitment_nobody_signed_is_refused() external {
        // A made-up book with a perfect proof.
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        (bytes32 set,) = attestors.usableAccounts(SUBJECT, AS_OF);
        call.commitments[0] += 1;
        call.proof = proofFor(plan(), set, call.commitments, address(registry));
        vm.expectPartialRevert(IComplianceRegistry.WrongSigner.selector);
        registry.attest(call);
    }

    function test_a_signature_by_somebody_else_or_over_something_else_is_refused() external {
        IAttestorRegistry.Account memory venue = accountsOf("one")[0];
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        call.signatures[0] = signatureFor(plan(), venue, 0xDEAD);
        refused(
            call,
            abi.encodeWithSelector(
                IComplianceRegistry.WrongSigner.selector, 0, vm.addr(0xDEAD), vm.addr(VENUE)
            )
        );
        Plan memory p = plan();
        p.asOf -= 1;
        call.signatures[0] = signatureFor(p, venue, VENUE);
        vm.expectPartialRevert(IComplianceRegistry.WrongSigner.selector);
        registry.attest(call);
        call = callFor(plan());
        call.signatures[0].sequence += 1;
        vm.expectPartialRevert(IComplianceRegistry.WrongSigner.selector);
        registry.attest(call);
    }

    function test_a_malleable_signature_is_refused() external {
        bytes memory why =
            abi.encodeWithSelector(IComplianceRegistry.WrongSigner.selector, 0, address(0), vm.addr(VENUE));
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        call.signatures[0].s = bytes32(order - uint256(call.signatures[0].s));
        call.signatures[0].v = call.signatures[0].v == 27 ? 28 : 27;
        refused(call, why);
        call = callFor(plan());
        call.signatures[0].v -= 27;
        refused(call, why);
    }

    function test_another_universe_is_refused() external {
        // The attestor signed for the universe of the first risk part; the second is over another one.
        IRiskRegistry.Publication memory pub = publication(NEXT, AS_OF);
        pub.universe = keccak256("another universe");
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(pub));
        risks.publish(pub, signers, signatures);
        Plan memory p = plan();
        p.risk = NEXT;
        IComplianceRegistry.AttestCall memory call = callFor(p);
        vm.expectPartialRevert(IComplianceRegistry.WrongSigner.selector);
        registry.attest(call);
    }

    function test_a_revoked_attestor_is_refused() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
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
        IComplianceRegistry.AttestCall memory stolen = callFor(p);
        registry.attest(callFor(plan()));
        bytes32 account = accountsOf("one")[0].account;
        refused(stolen, abi.encodeWithSelector(IAttestorRegistry.AccountBusy.selector, account, AS_OF));
        p.sequence = 1;
        refused(callFor(p), abi.encodeWithSelector(IAttestorRegistry.SequenceUsed.selector, account, 1, 1));
        (uint64 sequence, uint48 asOf) = attestors.accountUse(vm.addr(VENUE), account);
        same(sequence, 1);
        same(asOf, AS_OF);
    }

    function test_sequence_numbers_grow() external {
        registry.attest(callFor(plan()));
        Plan memory p = tomorrow();
        p.sequence = 1;
        bytes32 account = accountsOf("one")[0].account;
        refused(callFor(p), abi.encodeWithSelector(IAttestorRegistry.SequenceUsed.selector, account, 1, 1));
        p.sequence = 0;
        refused(callFor(p), abi.encodeWithSelector(IAttestorRegistry.SequenceUsed.selector, account, 0, 1));
        p.sequence = 7;
        registry.attest(callFor(p));
    }

    function test_an_account_does_not_go_back_in_time() external {
        registry.attest(callFor(plan()));
        bytes32 earlier = keccak256("risk of yesterday");
        publishRisk(earlier, AS_OF - 100);
        declare(OTHER, 2, accountsOf("one"));
        Plan memory p = plan();
        (p.subject, p.risk, p.asOf, p.sequence) = (OTHER, earlier, AS_OF - 100, 9);
        bytes32 account = accountsOf("one")[0].account;
        refused(callFor(p), abi.encodeWithSelector(IAttestorRegistry.AccountBusy.selector, account, AS_OF));
    }

    // --- time

    function test_stale_books_are_refused() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        vm.warp(AS_OF + 1 hours + 1);
        refused(call, abi.encodeWithSelector(IComplianceRegistry.TooLate.selector, AS_OF, AS_OF + 1 hours));
        vm.warp(AS_OF + 1 hours);
        registry.attest(call);
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
        registry.attest(callFor(p));
        p = tomorrow();
        p.epoch = 1 << 48;
        refused(callFor(p), abi.encodeWithSelector(IComplianceRegistry.EpochTooFar.selector, p.epoch, p.asOf));
    }

    function test_the_risk_part_decides_the_instant_and_must_be_usable() external {
        Plan memory p = plan();
        p.asOf -= 1;
        refused(
            callFor(p), abi.encodeWithSelector(IComplianceRegistry.AsOfMismatch.selector, AS_OF - 1, AS_OF)
        );
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        bytes32 id = risks.idOf(RISK, keyId, keccak256(bytes(MODEL)));
        risks.revoke(id);
        refused(call, abi.encodeWithSelector(IRiskRegistry.Revoked.selector, id));
    }

    function test_records_expire() external {
        registry.attest(callFor(plan()));
        vm.warp(AS_OF + DAY);
        registry.requireCompliant(SUBJECT, mandateId, DAY);
        vm.warp(AS_OF + DAY + 1);
        isTrue(!registry.isCompliant(SUBJECT, mandateId, type(uint256).max));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.RecordExpired.selector, AS_OF + DAY));
        registry.requireCompliant(SUBJECT, mandateId, type(uint256).max);
    }

    function test_readers_choose_how_old() external {
        registry.attest(callFor(plan()));
        vm.warp(AS_OF + 1000);
        registry.requireCompliant(SUBJECT, mandateId, 1000);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.RecordTooOld.selector, AS_OF, AS_OF + 1));
        registry.requireCompliant(SUBJECT, mandateId, 999);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.NoRecord.selector, OTHER, mandateId));
        registry.requireCompliant(OTHER, mandateId, 999);
    }

    // --- stops

    function test_a_paused_mandate_stops_attesting_and_reading() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        mandates.setPaused(mandateId, true);
        refused(call, abi.encodeWithSelector(IMandateRegistry.Paused.selector, mandateId));
        mandates.setPaused(mandateId, false);
        registry.attest(call);
        mandates.setPaused(mandateId, true);
        isTrue(!registry.isCompliant(SUBJECT, mandateId, DAY));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.MandateNotActive.selector, mandateId));
        registry.requireCompliant(SUBJECT, mandateId, DAY);
    }

    function test_governance_and_the_mandates_owner_pause_apart() external {
        address owner_ = address(0xBEEF);
        mandates.setMandateOwner(mandateId, owner_);
        mandates.setPaused(mandateId, true);
        vm.prank(owner_);
        mandates.setPaused(mandateId, false);
        isTrue(!mandates.isActive(mandateId));
        vm.prank(owner_);
        mandates.setPaused(mandateId, true);
        mandates.setPaused(mandateId, false);
        isTrue(!mandates.isActive(mandateId));
        vm.prank(owner_);
        mandates.setPaused(mandateId, false);
        isTrue(mandates.isActive(mandateId));
    }

    function test_a_removed_subject_neither_attests_nor_acts() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        attestors.setSubject(SUBJECT, address(0));
        refused(call, abi.encodeWithSelector(IAttestorRegistry.UnknownSubject.selector, SUBJECT));
    }

    function test_an_epoch_cannot_use_up_all_epochs() external {
        Plan memory p = plan();
        p.epoch = AS_OF + 1;
        refused(
            callFor(p), abi.encodeWithSelector(IComplianceRegistry.EpochTooFar.selector, AS_OF + 1, AS_OF)
        );
    }

    function test_a_revoked_record_cannot_be_replayed() external {
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        registry.attest(call);
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
        IComplianceRegistry.AttestCall memory call = callFor(plan());
        call.proof[0] = Bn254.Q;
        bytes memory data = abi.encodeCall(registry.attest, (call));
        uint256 before = gasleft();
        (bool ok,) = address(registry).call{gas: 10_000_000}(data);
        isTrue(!ok);
        atMost(before - gasleft(), 700_000);
    }

    function test_views_never_revert(bytes32 subject, bytes32 id, uint256 age, address account)
        external
        view
    {
        registry.isCompliant(subject, id, age);
        registry.isAccountCompliant(account, id, age);
    }
}
