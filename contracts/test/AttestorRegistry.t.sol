// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {World} from "./support/World.sol";

contract AttestorRegistryTest is World {
    IAttestorRegistry.Grade private constant VENUE_GRADE = IAttestorRegistry.Grade.Venue;

    function refused(uint64 version, IAttestorRegistry.Account[] memory accounts, bytes memory why) private {
        vm.prank(ADMINISTRATOR);
        vm.expectRevert(why);
        attestors.declareAccounts(SUBJECT, version, accounts);
    }

    function test_a_set_is_stored_with_its_digest() external {
        (bytes32 digest, IAttestorRegistry.Account[] memory accounts) =
            attestors.usableAccounts(SUBJECT, AS_OF);
        (bytes32 listed, uint64 version) = attestors.accountSet(SUBJECT);
        same(digest, listed);
        same(version, 1);
        same(accounts.length, 2);
        same(accounts[1].nettingSet, 2);
        same(accounts[1].attestor, vm.addr(CUSTODIAN));
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.UnknownSubject.selector, bytes32(0)));
        attestors.usableAccounts(bytes32(0), AS_OF);
    }

    function test_sets_are_checked() external {
        IAttestorRegistry.Account[] memory accounts = accountsOf("one");
        refused(1, accounts, abi.encodeWithSelector(IAttestorRegistry.VersionNotNewer.selector, 1, 1));
        uint64 far = type(uint64).max;
        refused(far, accounts, abi.encodeWithSelector(IAttestorRegistry.VersionTooFar.selector, far, 1));
        refused(1002, accounts, abi.encodeWithSelector(IAttestorRegistry.VersionTooFar.selector, 1002, 1));
        refused(
            2,
            new IAttestorRegistry.Account[](0),
            abi.encodeWithSelector(IAttestorRegistry.NoAccounts.selector)
        );
        refused(
            2,
            new IAttestorRegistry.Account[](65),
            abi.encodeWithSelector(IAttestorRegistry.TooManyAccounts.selector, 65)
        );
        // At the ends of what is allowed: 64 accounts side by side, a thousand versions on.
        IAttestorRegistry.Account[] memory most = new IAttestorRegistry.Account[](64);
        for (uint16 i = 0; i < 64; ++i) {
            most[i] = IAttestorRegistry.Account(i, bytes32(uint256(i)), vm.addr(VENUE), VENUE_GRADE);
        }
        vm.prank(ADMINISTRATOR);
        attestors.declareAccounts(OTHER, 1001, most);
        accounts[1].nettingSet = 0;
        refused(2, accounts, abi.encodeWithSelector(IAttestorRegistry.AccountsUnsorted.selector, 0));
        accounts[1].nettingSet = 1;
        (accounts[1].account, accounts[1].attestor) = (accounts[0].account, accounts[0].attestor);
        refused(2, accounts, abi.encodeWithSelector(IAttestorRegistry.AccountTwice.selector, 1));
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.NotAdministrator.selector, address(this)));
        attestors.declareAccounts(SUBJECT, 2, accounts);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestorRegistry.UnknownSubject.selector, bytes32(uint256(4)))
        );
        attestors.declareAccounts(bytes32(uint256(4)), 2, accounts);
    }

    function test_attestors_must_be_listed_current_and_of_the_declared_grade() external {
        address venue = vm.addr(VENUE);
        attestors.setAttestor(venue, VENUE_GRADE, uint48(AS_OF) + 1, type(uint48).max);
        unusable(
            abi.encodeWithSelector(
                IAttestorRegistry.AttestorOutsideWindow.selector, venue, AS_OF + 1, type(uint48).max
            )
        );
        attestors.setAttestor(venue, VENUE_GRADE, uint48(AS_OF), uint48(NOW));
        attestors.usableAccounts(SUBJECT, AS_OF);
        vm.warp(NOW + 1);
        unusable(abi.encodeWithSelector(IAttestorRegistry.AttestorOutsideWindow.selector, venue, AS_OF, NOW));
        attestors.setAttestor(venue, IAttestorRegistry.Grade.Administrator, 0, type(uint48).max);
        unusable(abi.encodeWithSelector(IAttestorRegistry.GradeMismatch.selector, venue, 3, 1));
        attestors.revokeAttestor(venue);
        unusable(abi.encodeWithSelector(IAttestorRegistry.AttestorIsRevoked.selector, venue));
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.AttestorIsRevoked.selector, venue));
        attestors.setAttestor(venue, VENUE_GRADE, 0, type(uint48).max);

        IAttestorRegistry.Account[] memory accounts = accountsOf("one");
        accounts[0].attestor = address(77);
        declare(SUBJECT, 2, accounts);
        unusable(abi.encodeWithSelector(IAttestorRegistry.UnknownAttestor.selector, address(77)));
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.BadWindow.selector, 5, 4));
        attestors.setAttestor(address(78), VENUE_GRADE, 5, 4);
        attestors.setAttestor(address(78), VENUE_GRADE, 5, 5);
    }

    function unusable(bytes memory why) private {
        vm.expectRevert(why);
        attestors.usableAccounts(SUBJECT, AS_OF);
    }

    function test_nobody_vouches_for_itself_unless_allowed() external {
        bytes memory why = abi.encodeWithSelector(IAttestorRegistry.SelfAttestation.selector);
        vm.expectRevert(why);
        attestors.setAttestor(address(5), IAttestorRegistry.Grade.Self, 0, type(uint48).max);
        attestors.allowSelf(true);
        attestors.setAttestor(address(5), IAttestorRegistry.Grade.Self, 0, type(uint48).max);
        IAttestorRegistry.Account[] memory accounts = accountsOf("one");
        (accounts[0].attestor, accounts[0].grade) = (address(5), IAttestorRegistry.Grade.Self);
        declare(SUBJECT, 2, accounts);
        attestors.usableAccounts(SUBJECT, AS_OF);
        attestors.allowSelf(false);
        unusable(why);
    }

    function test_an_address_acts_for_a_subject_by_both_wills() external {
        vm.prank(MANAGER);
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.NotApproved.selector, SUBJECT, MANAGER));
        attestors.linkAddress(SUBJECT);
        vm.prank(ADMINISTRATOR);
        attestors.approveAddress(SUBJECT, MANAGER, true);
        same(attestors.subjectOf(MANAGER), bytes32(0));
        vm.prank(MANAGER);
        attestors.linkAddress(SUBJECT);
        same(attestors.subjectOf(MANAGER), SUBJECT);
        vm.prank(ADMINISTRATOR);
        attestors.approveAddress(SUBJECT, MANAGER, false);
        same(attestors.subjectOf(MANAGER), bytes32(0));
        vm.prank(MANAGER);
        attestors.linkAddress(bytes32(0));
    }

    function test_only_governance_lists_and_names() external {
        bytes memory why = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(7));
        vm.prank(address(7));
        vm.expectRevert(why);
        attestors.setAttestor(address(5), VENUE_GRADE, 0, 1);
        vm.prank(address(7));
        vm.expectRevert(why);
        attestors.revokeAttestor(vm.addr(VENUE));
        vm.prank(address(7));
        vm.expectRevert(why);
        attestors.allowSelf(true);
        vm.prank(address(7));
        vm.expectRevert(why);
        attestors.setSubject(SUBJECT, address(7));
    }
}
