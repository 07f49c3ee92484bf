// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ComplianceRegistry} from "../src/ComplianceRegistry.sol";
import {ICompliance, IComplianceRegistry} from "../src/interfaces/IComplianceRegistry.sol";
import {IMandateRegistry} from "../src/interfaces/IMandateRegistry.sol";
import {World} from "./support/World.sol";

contract Stops {
    mapping(bytes32 keyId => bool) public isDead;

    function kill(bytes32 keyId) external {
        isDead[keyId] = true;
    }
}

/// @notice Versions of a mandate, their timelock, pauses and halts. The world's registry has no timelock; this one has.
contract MandateLinesTest is World {
    uint40 private constant LOCK = 2 days;
    uint64 private constant DAY = 1 days;

    function setup() internal view override returns (IComplianceRegistry.Setup memory s) {
        s = super.setup();
        s.timelock = LOCK;
    }

    function next() private returns (bytes32) {
        IMandateRegistry.Terms memory t = terms();
        t.line = mandateId;
        return registerVersion(6, t);
    }

    function inForce(uint16 wanted) private view {
        (uint16 version,,,,) = registry.mandateState(mandateId);
        same(version, wanted);
        isTrue(registry.isActive(mandateId) == (wanted != 0));
    }

    /// @dev A fresh risk part at the time given, and an attestation of it.
    function fresh(uint64 time, uint64 epoch) private returns (Call memory) {
        Plan memory p = plan();
        p.risk = keccak256(abi.encode("risk of", time));
        (p.asOf, p.validUntil, p.epoch, p.sequence) = (time, time + 2 * DAY, epoch, epoch);
        vm.warp(time);
        publishRisk(p.risk, time);
        return callFor(p);
    }

    function test_a_version_is_in_force_after_the_timelock() external {
        inForce(0);
        Call memory call = fresh(NOW + LOCK - 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IComplianceRegistry.NotInForce.selector, mandateId));
        submit(call);
        vm.warp(NOW + LOCK);
        inForce(1);
        submit(call);
        registry.requireCompliant(SUBJECT, mandateId, DAY);
    }

    function test_records_of_an_old_version_stop_counting_at_the_declared_time() external {
        Call memory call = fresh(NOW + LOCK, 1);
        submit(call);
        bytes32 second = next();
        isTrue(second != mandateId);
        registry.schedule(second);
        (,,, address waiting, uint40 from) = registry.mandateState(mandateId);
        same(waiting, mandates.pointerOf(second));
        same(from, NOW + 2 * LOCK);
        vm.warp(from - 1);
        inForce(1);
        isTrue(registry.isCompliant(SUBJECT, mandateId, 2 * DAY));
        vm.warp(from);
        inForce(2);
        // Nobody had to do anything for that.
        isTrue(!registry.isCompliant(SUBJECT, mandateId, 2 * DAY));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.RecordOfOldVersion.selector, 1, 2));
        registry.requireCompliant(SUBJECT, mandateId, 2 * DAY);
        // The proof is now of the second version's rules; the run of epochs begins again, the counts do not.
        submit(fresh(from, 2));
        IComplianceRegistry.Record memory r = registry.record(SUBJECT, mandateId);
        same(r.version, 2);
        same(r.kept, 2);
        same(r.streak, 1);
        isTrue(registry.isCompliant(SUBJECT, mandateId, DAY));
    }

    function test_a_scheduled_version_can_be_cancelled_for_ever() external {
        bytes memory why = abi.encodeWithSelector(IComplianceRegistry.NotMandateOwner.selector, address(7));
        vm.warp(NOW + LOCK);
        bytes32 second = next();
        registry.schedule(second);
        vm.prank(address(7));
        vm.expectRevert(why);
        registry.cancel(mandateId);
        registry.cancel(mandateId);
        vm.expectRevert(abi.encodeWithSelector(IComplianceRegistry.NothingScheduled.selector, mandateId));
        registry.cancel(mandateId);
        vm.warp(NOW + 3 * LOCK);
        inForce(1);
        vm.expectRevert(abi.encodeWithSelector(IComplianceRegistry.AlreadyScheduled.selector, second));
        registry.schedule(second);
        // A version that is in force is not taken back.
        vm.expectRevert(abi.encodeWithSelector(IComplianceRegistry.NothingScheduled.selector, mandateId));
        registry.cancel(mandateId);
    }

    function test_versions_come_one_at_a_time_and_to_their_own_mandate() external {
        bytes32 second = next();
        // The first still waits.
        vm.expectRevert(abi.encodeWithSelector(IComplianceRegistry.CannotSchedule.selector, second));
        registry.schedule(second);
        vm.warp(NOW + LOCK);
        vm.prank(address(7));
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(7)));
        registry.schedule(second);
        registry.schedule(second);
        IMandateRegistry.Terms memory t = terms();
        t.line = keccak256("no such mandate");
        bytes32 stray = registerVersion(7, t);
        vm.expectRevert(abi.encodeWithSelector(IComplianceRegistry.CannotSchedule.selector, stray));
        registry.schedule(stray);
        bytes32 unknown = keccak256("unknown");
        vm.expectRevert(abi.encodeWithSelector(IMandateRegistry.UnknownMandate.selector, unknown));
        registry.schedule(unknown);
    }

    function test_a_cancelled_first_version_leaves_nothing_in_force() external {
        registry.cancel(mandateId);
        vm.warp(NOW + 2 * LOCK);
        inForce(0);
        isTrue(!registry.isCompliant(SUBJECT, mandateId, type(uint256).max));
    }

    function test_its_owner_may_pause_and_hand_over() external {
        vm.warp(NOW + LOCK);
        registry.setMandateOwner(mandateId, address(7));
        bytes memory why = abi.encodeWithSelector(IComplianceRegistry.NotMandateOwner.selector, address(8));
        vm.prank(address(8));
        vm.expectRevert(why);
        registry.setPaused(mandateId, true);
        vm.prank(address(8));
        vm.expectRevert(why);
        registry.setMandateOwner(mandateId, address(8));
        vm.prank(address(7));
        registry.setPaused(mandateId, true);
        isTrue(!registry.isActive(mandateId));
        vm.prank(address(7));
        registry.setPaused(mandateId, false);
        inForce(1);
        bytes32 unknown = bytes32(uint256(3));
        vm.expectRevert(abi.encodeWithSelector(IComplianceRegistry.NotInForce.selector, unknown));
        registry.setPaused(unknown, true);
        isTrue(!registry.isActive(unknown));
    }

    function test_a_stopped_circuit_halts_its_mandates_for_ever() external {
        vm.warp(NOW + LOCK);
        submit(fresh(NOW + LOCK, 1));
        Stops stops = new Stops();
        vm.expectPartialRevert(IComplianceRegistry.NotStopped.selector);
        registry.halt(mandateId);
        registry.setStops(address(stops));
        vm.expectRevert(
            abi.encodeWithSelector(IComplianceRegistry.StopsAlreadyNamed.selector, address(stops))
        );
        registry.setStops(address(stops));
        vm.expectPartialRevert(IComplianceRegistry.NotStopped.selector);
        registry.halt(mandateId);
        stops.kill(keyId);
        vm.prank(address(0xabc));
        registry.halt(mandateId);
        isTrue(!registry.isActive(mandateId));
        isTrue(!registry.isCompliant(SUBJECT, mandateId, DAY));
        registry.setPaused(mandateId, false);
        isTrue(!registry.isActive(mandateId));
    }

    function test_a_timelock_is_required_off_the_local_chain() external {
        IComplianceRegistry.Setup memory s = setup();
        s.timelock = 0;
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(IComplianceRegistry.NoTimelock.selector, 1));
        new ComplianceRegistry(s);
    }
}
