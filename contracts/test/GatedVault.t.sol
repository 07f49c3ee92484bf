// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {GatedVault} from "../src/GatedVault.sol";
import {ICompliance} from "../src/interfaces/IComplianceRegistry.sol";
import {DemoToken} from "../src/mocks/DemoToken.sol";
import {World} from "./support/World.sol";

contract GatedVaultTest is World {
    uint256 private constant FRESH = 12 hours;
    DemoToken private token;
    GatedVault private vault;

    function setUp() public override {
        super.setUp();
        token = new DemoToken();
        vault = new GatedVault(token, "Gated Dollar", "gUSD", MANAGER, registry, mandateId, FRESH);
        token.mint(address(this), 1000);
        token.approve(address(vault), 1000);
        vm.prank(ADMINISTRATOR);
        attestors.approveAddress(SUBJECT, MANAGER, true);
        vm.prank(MANAGER);
        attestors.linkAddress(SUBJECT);
    }

    function closed(bytes memory why) private {
        same(vault.maxDeposit(address(this)), 0);
        same(vault.maxMint(address(this)), 0);
        vm.expectRevert(why);
        vault.deposit(1, address(this));
        vm.expectRevert(why);
        vault.mint(1, address(this));
    }

    function test_deposits_follow_the_managers_attestation() external {
        closed(abi.encodeWithSelector(ICompliance.NoRecord.selector, SUBJECT, mandateId));
        submit(callFor(plan()));
        same(vault.maxDeposit(address(this)), type(uint256).max);
        vault.deposit(100, address(this));
        gasAtMost("deposit through the gate (whole transaction)", 170_000);
        vault.mint(10, address(this));
        same(vault.balanceOf(address(this)), 110);

        // The record is still valid by itself, and too old for this vault.
        vm.warp(AS_OF + FRESH + 1);
        isTrue(registry.isCompliant(SUBJECT, mandateId, FRESH + 1));
        closed(abi.encodeWithSelector(ICompliance.RecordTooOld.selector, AS_OF, AS_OF + 1));

        // Exits are never gated.
        vault.withdraw(60, address(this), address(this));
        vault.redeem(50, address(this), address(this));
        same(token.balanceOf(address(this)), 1000);
    }

    function test_a_revocation_and_a_pause_close_the_gate() external {
        submit(callFor(plan()));
        vault.deposit(100, address(this));
        registry.setPaused(mandateId, true);
        closed(abi.encodeWithSelector(ICompliance.MandateNotActive.selector, mandateId));
        registry.setPaused(mandateId, false);
        registry.revoke(SUBJECT, mandateId);
        closed(abi.encodeWithSelector(ICompliance.RecordRevoked.selector, SUBJECT, mandateId));
        vault.withdraw(100, address(this), address(this));
    }

    function test_a_manager_without_subject_closes_the_gate() external {
        submit(callFor(plan()));
        vm.prank(MANAGER);
        attestors.linkAddress(bytes32(0));
        closed(abi.encodeWithSelector(ICompliance.NoSubject.selector, MANAGER));
    }

    function test_somebody_elses_attestation_does_not_open_it() external {
        Plan memory p = plan();
        p.subject = OTHER;
        submit(callFor(p));
        closed(abi.encodeWithSelector(ICompliance.NoRecord.selector, SUBJECT, mandateId));
    }

    function test_the_tokens_mint_is_for_local_chains() external {
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(DemoToken.LocalChainsOnly.selector, 1));
        new DemoToken();
    }
}
