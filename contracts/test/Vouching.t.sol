// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {World} from "./support/World.sol";

/// @notice Whose word counts when a subject is attested, and who acts for it.
contract VouchingTest is World {
    function isRefused(Call memory call, bytes memory why) private {
        vm.expectRevert(why);
        submit(call);
    }

    /// @notice The same refusals as `usableAccounts` has, by the code that attests: with statements that were right before.
    function test_only_who_may_vouch_is_believed() external {
        address venue = vm.addr(VENUE);
        Call memory call = callFor(plan());
        attestors.setAttestor(venue, IAttestorRegistry.Grade.Venue, uint48(AS_OF) + 1, type(uint48).max);
        bytes4 outside = IAttestorRegistry.AttestorOutsideWindow.selector;
        isRefused(call, abi.encodeWithSelector(outside, venue, AS_OF + 1, type(uint48).max));
        attestors.setAttestor(venue, IAttestorRegistry.Grade.Venue, 0, uint48(NOW) - 1);
        isRefused(call, abi.encodeWithSelector(outside, venue, 0, NOW - 1));
        attestors.setAttestor(venue, IAttestorRegistry.Grade.Administrator, 0, type(uint48).max);
        isRefused(call, abi.encodeWithSelector(IAttestorRegistry.GradeMismatch.selector, venue, 3, 1));
        // The second account's attestor is asked about as the first's is.
        attestors.setAttestor(venue, IAttestorRegistry.Grade.Venue, uint48(AS_OF), uint48(NOW));
        uint256 before = vm.snapshotState();
        attestors.revokeAttestor(vm.addr(CUSTODIAN));
        isRefused(
            call, abi.encodeWithSelector(IAttestorRegistry.AttestorIsRevoked.selector, vm.addr(CUSTODIAN))
        );
        vm.revertToState(before);
        attestors.revokeAttestor(venue);
        isRefused(call, abi.encodeWithSelector(IAttestorRegistry.AttestorIsRevoked.selector, venue));
        vm.revertToState(before);
        // From the first instant of its window to the last.
        submit(call);
    }

    function test_a_signer_who_is_not_listed_is_not_believed() external {
        uint256 key = 0x77;
        IAttestorRegistry.Account[] memory accounts = accountsOf("one");
        accounts[0].attestor = vm.addr(key);
        declare(SUBJECT, 2, accounts);
        uint256 before = vm.snapshotState();
        attestors.setAttestor(vm.addr(key), IAttestorRegistry.Grade.Venue, 0, type(uint48).max);
        Plan memory p = plan();
        Call memory call = callFor(p);
        call.s.accounts[0] = signatureFor(p, accounts[0], key);
        vm.revertToState(before);
        isRefused(call, abi.encodeWithSelector(IAttestorRegistry.UnknownAttestor.selector, vm.addr(key)));
        attestors.setAttestor(vm.addr(key), IAttestorRegistry.Grade.Venue, 0, type(uint48).max);
        submit(call);
    }

    function test_a_subjects_own_word_counts_only_while_that_is_allowed() external {
        uint256 key = 0x5e1f;
        attestors.allowSelf(true);
        attestors.setAttestor(vm.addr(key), IAttestorRegistry.Grade.Self, 0, type(uint48).max);
        IAttestorRegistry.Account[] memory accounts = accountsOf("one");
        (accounts[0].attestor, accounts[0].grade) = (vm.addr(key), IAttestorRegistry.Grade.Self);
        declare(SUBJECT, 2, accounts);
        Plan memory p = plan();
        Call memory call = callFor(p);
        call.s.accounts[0] = signatureFor(p, accounts[0], key);
        attestors.allowSelf(false);
        isRefused(call, abi.encodeWithSelector(IAttestorRegistry.SelfAttestation.selector));
        attestors.allowSelf(true);
        submit(call);
    }

    /// @notice Declared, but of the address zero, which `ecrecover` answers for a signature that is none.
    function test_nobody_is_no_attestor() external {
        IAttestorRegistry.Account[] memory accounts = accountsOf("one");
        accounts[0].attestor = address(0);
        Call memory call = callFor(plan());
        declare(SUBJECT, 2, accounts);
        (call.s.accounts[0].r, call.s.accounts[0].vs) = (0, 0);
        isRefused(call, abi.encodeWithSelector(IAttestorRegistry.UnknownAttestor.selector, address(0)));
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.UnknownAttestor.selector, address(0)));
        attestors.setAttestor(address(0), IAttestorRegistry.Grade.Venue, 0, type(uint48).max);
        // Nor with the grade of the subject itself, where that is allowed: an account's word of zeros.
        attestors.allowSelf(true);
        accounts[0].grade = IAttestorRegistry.Grade.Self;
        declare(SUBJECT, 3, accounts);
        isRefused(call, abi.encodeWithSelector(IAttestorRegistry.UnknownAttestor.selector, address(0)));
    }

    function test_a_link_ends_with_its_own_subjects_approval_only() external {
        declare(OTHER, 2, accountsOf("two"));
        vm.prank(ADMINISTRATOR);
        attestors.approveAddress(SUBJECT, MANAGER, true);
        vm.prank(MANAGER);
        attestors.linkAddress(SUBJECT);
        // Approved once more, or refused by another subject: nothing changes.
        vm.prank(ADMINISTRATOR);
        attestors.approveAddress(SUBJECT, MANAGER, true);
        same(attestors.subjectOf(MANAGER), SUBJECT);
        vm.prank(ADMINISTRATOR);
        attestors.approveAddress(OTHER, MANAGER, false);
        same(attestors.subjectOf(MANAGER), SUBJECT);
        vm.prank(ADMINISTRATOR);
        attestors.approveAddress(SUBJECT, MANAGER, false);
        same(attestors.subjectOf(MANAGER), bytes32(0));
    }
}
