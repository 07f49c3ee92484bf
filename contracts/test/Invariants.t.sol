// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IComplianceRegistry} from "../src/interfaces/IComplianceRegistry.sol";
import {Handler} from "./support/Handler.sol";
import {Check} from "./support/Vm.sol";

/// @notice What no sequence of calls changes. `Handler` makes the calls, honest and dishonest.
contract InvariantsTest is Check {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant ANY = type(uint256).max;
    Handler private handler;
    IComplianceRegistry private registry;
    bytes32 private mandateId;
    bool private dead;
    uint40 private tripped;
    mapping(bytes32 subject => uint256) private epochs;

    function setUp() public {
        handler = new Handler();
        registry = handler.theRegistry();
        mandateId = handler.id();
    }

    function targetContracts() external view returns (address[] memory out) {
        out = new address[](1);
        out[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory out) {
        out = new FuzzSelector[](1);
        out[0].addr = address(handler);
        bytes4[19] memory all = [
            handler.attest.selector,
            handler.attest.selector,
            handler.attest.selector,
            handler.wait_.selector,
            handler.revoke.selector,
            handler.strike.selector,
            handler.pause.selector,
            handler.newVersion.selector,
            handler.price.selector,
            handler.deposit.selector,
            handler.deposit.selector,
            handler.exit.selector,
            handler.exit.selector,
            handler.forge.selector,
            handler.replay.selector,
            handler.usurp.selector,
            handler.kill.selector,
            handler.halt.selector,
            handler.resurrect.selector
        ];
        out[0].selectors = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            out[0].selectors[i] = all[i];
        }
    }

    /// @notice A subject is compliant only if the last accepted proof of it says so now, and nothing withdrew it.
    function invariant_only_the_proven_are_compliant() external view {
        isTrue(!handler.broken());
        isTrue(!registry.isCompliant(handler.VICTIM(), mandateId, ANY));
        same(registry.record(handler.VICTIM(), mandateId).provenAt, 0);
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 subject = handler.subjectAt(i);
            (uint64 epoch, uint64 asOf, uint64 validUntil, bool withdrawn) = handler.proven(subject);
            IComplianceRegistry.Record memory r = registry.record(subject, mandateId);
            same(r.epoch, epoch);
            same(r.asOf, asOf);
            isTrue(r.validUntil == 0 || r.validUntil == validUntil);
            bool may = block.timestamp <= validUntil && !withdrawn && registry.isActive(mandateId);
            isTrue(registry.isCompliant(subject, mandateId, ANY) == may);
            // The breaker never says yes where the registry says no.
            isTrue(may || !handler.breaker().isCompliant(subject, mandateId, ANY));
        }
    }

    /// @notice Epochs only grow; a dead circuit, a tripped instant and a halted mandate stay so.
    function invariant_nothing_comes_back() external {
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 subject = handler.subjectAt(i);
            uint256 epoch = registry.record(subject, mandateId).epoch;
            isTrue(epoch >= epochs[subject]);
            epochs[subject] = epoch;
        }
        bool now_ = handler.router().isDead(handler.circuit());
        isTrue(now_ || !dead);
        dead = now_;
        uint40 since = handler.breaker().trippedAt(mandateId);
        isTrue(since >= tripped);
        tripped = since;
    }

    /// @notice Whoever holds shares gets out, whatever else happened.
    function invariant_no_exit_is_refused() external view {
        isTrue(!handler.exitRefused());
        same(handler.vault().maxRedeem(address(handler)), handler.vault().balanceOf(address(handler)));
    }
}
