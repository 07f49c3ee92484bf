// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {Digests} from "../src/lib/Digests.sol";
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

    /// @notice Signed for, and proven: an account without a book is still missing.
    function test_a_commitment_of_zero_is_none_whoever_signs_it() external {
        Plan memory p = plan();
        Call memory call = callFor(p);
        (bytes32 set,) = attestors.accountSet(SUBJECT);
        Digests.Attestation memory a = attestationFor(p, accountsOf("one")[0]);
        a.commitment = 0;
        call.s.accounts[0] = signedBy(VENUE, Digests.attestation(a), 0, p.sequence);
        uint256[] memory commitments = new uint256[](shapeAccounts());
        commitments[2] = commitmentOf(2);
        call.s.proof = proofFor(p, set, commitments, address(registry));
        isRefused(call, abi.encodeWithSelector(IAttestorRegistry.AccountMissing.selector, 0));
    }

    /// @notice A number that is no `uint64`, signed as the word that it is, would run into the fields beside it.
    function test_a_sequence_number_has_its_width() external {
        Plan memory p = plan();
        Call memory call = callFor(p);
        IAttestorRegistry.Account memory account = accountsOf("one")[0];
        uint256 sequence = (1 << 64) + 1;
        bytes32 fields = keccak256(
            abi.encode(
                Digests.ATTESTATION_TYPE,
                SUBJECT,
                account.account,
                uint256(account.nettingSet),
                UNIVERSE,
                uint256(p.asOf),
                sequence,
                commitmentOf(0)
            )
        );
        bytes32 hash = keccak256(abi.encodePacked(hex"1901", Digests.ATTESTATION_DOMAIN, fields));
        bytes memory good = abi.encodeCall(registry.attest, (call.mandateId, call.risk, call.s));
        call.s.accounts[0] = signedBy(VENUE, hash, commitmentOf(0), 1);
        bytes memory bad = abi.encodeCall(registry.attest, (call.mandateId, call.risk, call.s));
        // Behind the selector: three words, twelve of the statement, the number of accounts, the first one's commitment.
        assembly ("memory-safe") {
            mstore(add(add(bad, 0x24), mul(17, 0x20)), sequence)
        }
        (bool ok,) = address(registry).call(bad);
        isTrue(!ok);
        (ok,) = address(registry).call(good);
        isTrue(ok);
        (uint64 used,,) = attestors.accountUse(account.attestor, account.account);
        same(used, 1);
    }

    /// @notice Any pair of numbers is the signature of some address, so one with a high `s` can be made to order.
    function test_the_upper_half_of_signatures_is_refused() external {
        uint256 half = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;
        for (uint256 above = 0; above < 2; ++above) {
            uint256 before = vm.snapshotState();
            Plan memory p = plan();
            IAttestorRegistry.Account[] memory accounts = accountsOf("one");
            bytes32 hash = Digests.attestation(attestationFor(p, accounts[0]));
            bytes32 r = bytes32(uint256(0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798));
            accounts[0].attestor = ecrecover(hash, 27, r, bytes32(half + above));
            isTrue(accounts[0].attestor != address(0));
            attestors.setAttestor(accounts[0].attestor, IAttestorRegistry.Grade.Venue, 0, type(uint48).max);
            declare(SUBJECT, 2, accounts);
            Call memory call = callFor(p);
            (call.s.accounts[0].r, call.s.accounts[0].vs) = (r, bytes32(half + above));
            if (above == 0) {
                submit(call);
            } else {
                bytes4 why = IAttestorRegistry.WrongSigner.selector;
                isRefused(call, abi.encodeWithSelector(why, 0, address(0), accounts[0].attestor));
            }
            vm.revertToState(before);
        }
    }

    /// @notice Where `ecrecover` says nothing, what lay in memory before is nobody's address either: a number of a storage slot.
    function test_no_answer_is_nobodys_signature() external {
        for (uint160 i = 1; i < 20; ++i) {
            uint256 before = vm.snapshotState();
            IAttestorRegistry.Account[] memory accounts = accountsOf("one");
            accounts[0].attestor = address(i);
            attestors.setAttestor(address(i), IAttestorRegistry.Grade.Venue, 0, type(uint48).max);
            declare(SUBJECT, 2, accounts);
            Call memory call = callFor(plan());
            (call.s.accounts[0].r, call.s.accounts[0].vs) = (0, 0);
            bytes4 why = IAttestorRegistry.WrongSigner.selector;
            isRefused(call, abi.encodeWithSelector(why, 0, address(0), address(i)));
            vm.revertToState(before);
        }
    }

    function signedBy(uint256 key, bytes32 hash, uint256 commitment, uint64 sequence)
        private
        pure
        returns (IAttestorRegistry.SignedAccount memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return IAttestorRegistry.SignedAccount(
            commitment, sequence, r, bytes32(uint256(s) | uint256(v - 27) << 255)
        );
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
