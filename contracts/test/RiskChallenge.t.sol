// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IRiskRegistry} from "../src/interfaces/IRiskRegistry.sol";
import {Traced} from "./support/Traced.sol";
import {Trapdoor} from "./support/Trapdoor.sol";
import {Vm} from "./support/Vm.sol";

contract RiskChallengeTest is Traced {
    address private constant WATCHER = address(0x3A7C);

    bytes32 private id;

    function setUp() public override {
        vm.deal(address(this), 100 ether);
        vm.deal(WATCHER, 10 ether);
        super.setUp();
        fill();
    }

    function challenged(uint256 c) private {
        id = publishTraced();
        IRiskRegistry.Challenge memory wrong = against(c);
        vm.prank(WATCHER);
        risks.challenge(id, wrong);
        isDead();
    }

    function isDead() private {
        isTrue(risks.status(id).state == IRiskRegistry.State.Dead);
        vm.warp(NOW + DELAY);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.Disproved.selector, id));
        risks.usable(NEXT, keyId, keccak256(bytes(MODEL)));
        same(risks.owed(WATCHER), BOND / 2);
        same(risks.owed(address(this)), BOND / 2);
        uint256 before = WATCHER.balance;
        vm.prank(WATCHER);
        risks.withdraw();
        same(WATCHER.balance, before + BOND / 2);
        vm.prank(WATCHER);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NothingToWithdraw.selector));
        risks.withdraw();
    }

    function refused(IRiskRegistry.Challenge memory c, bytes memory why) private {
        vm.expectRevert(why);
        risks.challenge(id, c);
        isTrue(risks.status(id).state == IRiskRegistry.State.Live);
    }

    // --- steps

    function test_no_step_of_an_honest_trace_is_wrong() external {
        id = publishTraced();
        for (uint32 c = 0; c < 3; ++c) {
            refused(against(c), abi.encodeWithSelector(IRiskRegistry.StepHolds.selector, c));
        }
        vm.warp(NOW + DELAY);
        risks.usable(NEXT, keyId, keccak256(bytes(MODEL)));
    }

    function test_a_wrong_sum_is_shown() external {
        // From the second chunk on everything is off by one generator.
        sums[1] = addmod(sums[1], 1, Trapdoor.R);
        sums[2] = addmod(sums[2], 1, Trapdoor.R);
        id = publishTraced();
        refused(against(0), abi.encodeWithSelector(IRiskRegistry.StepHolds.selector, 0));
        refused(against(2), abi.encodeWithSelector(IRiskRegistry.StepHolds.selector, 2));
        IRiskRegistry.Challenge memory wrong = against(1);
        vm.prank(WATCHER);
        risks.challenge(id, wrong);
        gasAtMost("challenge a wrong step (whole transaction)", 410_000);
        isDead();
    }

    function test_a_wrong_first_step_is_shown() external {
        sums[0] = addmod(sums[0], 1, Trapdoor.R);
        challenged(0);
    }

    function test_a_last_sum_that_is_not_the_point_is_shown() external {
        IRiskRegistry.Publication memory p = tracedPublication();
        (p.x, p.y) = Trapdoor.g1(77);
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        id = risks.publish{value: BOND}(p, noSpots(), signers, signatures);
        refused(against(1), abi.encodeWithSelector(IRiskRegistry.StepHolds.selector, 1));
        IRiskRegistry.Challenge memory wrong = against(2);
        vm.prank(WATCHER);
        risks.challenge(id, wrong);
        isDead();
    }

    function test_a_value_where_rules_stand_is_shown() external {
        weights[0][7] = 1;
        resum();
        challenged(0);
    }

    function test_a_value_beyond_the_sheet_is_shown() external {
        weights[2][4] = 1;
        // The sum does not count it: there is no such point.
        challenged(2);
    }

    function test_a_value_above_the_field_order_is_shown() external {
        weights[1][0] += Trapdoor.R;
        // ecMul would reduce it silently, and the sum is that of the reduced value.
        challenged(1);
    }

    function test_another_universe_is_shown() external {
        weights[0][8] = 5;
        resum();
        challenged(0);
    }

    function test_a_sum_off_the_curve_is_shown() external {
        IRiskRegistry.Challenge memory c = against(1);
        // The proposer committed to a sum that is no point.
        bytes32 bad =
            keccak256(abi.encodePacked(uint8(2), uint32(0), uint256(1), uint256(1), c.before.values));
        bytes32 root = node(node(bad, leaf(1)), node(leaf(2), 0));
        IRiskRegistry.Publication memory p = tracedPublication();
        p.trace = root;
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        id = risks.publish{value: BOND}(p, noSpots(), signers, signatures);
        (c.before.x, c.before.y) = (1, 1);
        c.step.path[0] = bad;
        vm.prank(WATCHER);
        risks.challenge(id, c);
        isDead();
    }

    function node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(1), left, right));
    }

    // --- liars

    function test_a_challenger_cannot_bend_a_right_step() external {
        id = publishTraced();
        bytes memory tree = abi.encodeWithSelector(IRiskRegistry.NotInTree.selector);
        IRiskRegistry.Challenge memory c = against(1);
        c.step.x ^= 1;
        refused(c, tree);
        c = against(1);
        c.before.y ^= 1;
        refused(c, tree);
        c = against(1);
        c.before = step(2);
        refused(c, abi.encodeWithSelector(IRiskRegistry.NotConsecutive.selector, 2, 1));
        c = against(1);
        c.values[3] += 1;
        refused(c, abi.encodeWithSelector(IRiskRegistry.OtherValues.selector));
        c = against(1);
        (c.points[0], c.points[1]) = Trapdoor.g1(9);
        refused(c, tree);
        // A point left out would make its value one that stands beyond the sheet.
        c = against(1);
        (c.points[0], c.points[1]) = (0, 0);
        refused(c, tree);
        c = against(1);
        c.path = against(0).path;
        refused(c, tree);
        c = against(1);
        c.step.chunk = 3;
        refused(c, abi.encodeWithSelector(IRiskRegistry.NoSuchChunk.selector, 3));
        // The empty place of the tree is no step.
        c = against(2);
        c.step = against(1).step;
        c.step.chunk = 2;
        refused(c, tree);
    }

    /// @dev With too little gas a precompile fails; that must not pass for a wrong sum.
    function test_little_gas_proves_nothing(uint256 gas_) external {
        id = publishTraced();
        bytes memory data = abi.encodeCall(risks.challenge, (id, against(1)));
        (bool ok,) = address(risks).call{gas: 60_000 + gas_ % 400_000}(data);
        isTrue(!ok);
        isTrue(risks.status(id).state == IRiskRegistry.State.Live);
    }

    function test_the_dead_stay_dead_and_are_not_challenged_twice() external {
        sums[0] = addmod(sums[0], 1, Trapdoor.R);
        challenged(0);
        IRiskRegistry.Challenge memory again = against(0);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.Disproved.selector, id));
        risks.challenge(id, again);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BondHeld.selector, id));
        risks.release(id);
        IRiskRegistry.Publication memory p = tracedPublication();
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.AlreadyPublished.selector, id));
        risks.publish{value: BOND}(p, noSpots(), signers, signatures);
    }

    function test_a_part_is_challenged_until_its_end_and_no_longer() external {
        sums[1] = addmod(sums[1], 1, Trapdoor.R);
        id = publishTraced();
        uint40 end = risks.status(id).usableTo;
        vm.warp(end + 1);
        refused(against(1), abi.encodeWithSelector(IRiskRegistry.NoLongerUsable.selector, end));
        vm.warp(end);
        IRiskRegistry.Challenge memory wrong = against(1);
        vm.prank(WATCHER);
        risks.challenge(id, wrong);
        isTrue(risks.status(id).state == IRiskRegistry.State.Dead);
    }

    // --- data

    function test_data_that_is_asked_for_and_given() external {
        id = publishTraced();
        vm.prank(WATCHER);
        risks.demand{value: DEMAND_BOND}(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.AlreadyDemanded.selector, 1));
        risks.demand{value: DEMAND_BOND}(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NoSuchChunk.selector, 3));
        risks.demand{value: DEMAND_BOND}(id, 3);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.WrongBond.selector, 0, DEMAND_BOND));
        risks.demand(id, 2);
        uint256[32] memory other = weights[1];
        other[0] ^= 1;
        IRiskRegistry.Step memory s = step(1);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.OtherValues.selector));
        risks.give(id, s, other);
        s.x ^= 1;
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NotInTree.selector));
        risks.give(id, s, weights[1]);
        IRiskRegistry.Step memory third = step(2);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NotDemanded.selector, 2));
        risks.give(id, third, weights[2]);
        s = step(1);
        vm.prank(address(0x61));
        risks.give(id, s, weights[1]);
        same(risks.owed(address(this)), DEMAND_BOND);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NotDemanded.selector, 1));
        risks.give(id, s, weights[1]);
        // Given once, it is not asked for again.
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.AlreadyDemanded.selector, 1));
        risks.demand{value: DEMAND_BOND}(id, 1);
        vm.warp(NOW + DELAY);
        risks.usable(NEXT, keyId, keccak256(bytes(MODEL)));
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.TooLateToDemand.selector, NOW + DELAY));
        risks.demand{value: DEMAND_BOND}(id, 2);
    }

    function test_withheld_data_ends_it() external {
        id = publishTraced();
        vm.warp(NOW + DELAY - 1);
        vm.prank(WATCHER);
        risks.demand{value: DEMAND_BOND}(id, 0);
        // Not usable while it is waited for, even though its time has come.
        vm.warp(NOW + DELAY);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.DataMissing.selector, id, 1));
        risks.usable(NEXT, keyId, keccak256(bytes(MODEL)));
        uint40 due = uint40(NOW + DELAY - 1 + RESPONSE);
        vm.warp(due);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.DemandNotDue.selector, due));
        risks.expire(id, 0);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BondHeld.selector, id));
        risks.reclaim(id, 0);
        vm.warp(due + 1);
        IRiskRegistry.Step memory s = step(0);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.DemandOverdue.selector, due));
        risks.give(id, s, weights[0]);
        risks.expire(id, 0);
        // Whoever asked is paid, whoever ended it; and gets its own bond back.
        same(risks.owed(WATCHER), BOND / 2);
        risks.reclaim(id, 0);
        same(risks.owed(WATCHER), BOND / 2 + DEMAND_BOND);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NotDemanded.selector, 0));
        risks.reclaim(id, 0);
    }

    function test_an_answer_in_its_last_second_and_a_bond_behind_an_open_question() external {
        id = publishTraced();
        vm.recordLogs();
        vm.prank(WATCHER);
        risks.demand{value: DEMAND_BOND}(id, 1);
        vm.warp(NOW + RESPONSE);
        risks.give(id, step(1), weights[1]);
        vm.warp(NOW);
        vm.prank(WATCHER);
        risks.demand{value: DEMAND_BOND}(id, 2);
        vm.warp(risks.status(id).usableTo + 1);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BondHeld.selector, id));
        risks.release(id);
        risks.expire(id, 2);
        vm.prank(WATCHER);
        risks.withdraw();
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 5);
        bytes32[5] memory kinds = [
            IRiskRegistry.DataDemanded.selector,
            IRiskRegistry.DataGiven.selector,
            IRiskRegistry.DataDemanded.selector,
            IRiskRegistry.RiskDisproved.selector,
            IRiskRegistry.Withdrawn.selector
        ];
        for (uint256 i = 0; i < 5; ++i) {
            same(logs[i].topics[0], kinds[i]);
            if (i < 4) same(logs[i].topics[1], id);
        }
        same(keccak256(logs[3].data), keccak256(abi.encode(WATCHER, 2)));
        same(WATCHER.balance, 10 ether - 2 * uint256(DEMAND_BOND) + BOND / 2);
    }

    // --- bonds, the fallback path

    function test_a_bond_comes_back_after_the_end() external {
        id = publishTraced();
        uint40 end = risks.status(id).usableTo;
        vm.warp(end);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BondHeld.selector, id));
        risks.release(id);
        vm.warp(end + 1);
        risks.release(id);
        same(risks.owed(address(this)), BOND);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BondHeld.selector, id));
        risks.release(id);
        // The registry holds what it owes, and no more than that and live bonds.
        same(address(risks).balance, 2 * uint256(BOND));
    }

    function test_a_part_needs_its_bond_and_a_trace() external {
        IRiskRegistry.Publication memory p = tracedPublication();
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.WrongBond.selector, BOND - 1, BOND));
        risks.publish{value: BOND - 1}(p, noSpots(), signers, signatures);
        p.chunks = 0;
        (signers, signatures) = signed(risks.signingHash(p));
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BadTrace.selector, 0));
        risks.publish{value: BOND}(p, noSpots(), signers, signatures);
        p.chunks = 3;
        p.usableTo = AS_OF + 9 days;
        (signers, signatures) = signed(risks.signingHash(p));
        vm.expectRevert(
            abi.encodeWithSelector(IRiskRegistry.UsableTooLong.selector, p.usableTo, AS_OF + 8 days)
        );
        risks.publish{value: BOND}(p, noSpots(), signers, signatures);
    }

    function fewer(IRiskRegistry.Publication memory p)
        private
        view
        returns (address[] memory one, bytes[] memory signature)
    {
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        (one, signature) = (new address[](1), new bytes[](1));
        (one[0], signature[0]) = (signers[0], signatures[0]);
    }

    function test_fewer_signatures_do_when_the_quorum_is_silent_and_wait_longer() external {
        // The last word of the quorum was at NOW.
        IRiskRegistry.Publication memory p = tracedPublication();
        p.usableTo = AS_OF + 3 days;
        (address[] memory one, bytes[] memory signature) = fewer(p);
        vm.warp(NOW + 1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BelowQuorum.selector, 1, 2));
        risks.publish{value: BOND}(p, noSpots(), one, signature);
        vm.warp(NOW + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BelowQuorum.selector, 0, 2));
        risks.publish{value: BOND}(p, noSpots(), new address[](0), new bytes[](0));
        id = risks.publish{value: BOND}(p, noSpots(), one, signature);
        IRiskRegistry.Status memory s = risks.status(id);
        isTrue(s.fallbackPath);
        same(s.usableFrom, NOW + 1 days + 4 * uint256(DELAY));
        // It does not count as a word of the quorum; and any member may veto it until its first use.
        vm.prank(WATCHER);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.MayNotVeto.selector, WATCHER));
        risks.revoke(id);
        vm.warp(s.usableFrom);
        vm.prank(one[0]);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.MayNotVeto.selector, one[0]));
        risks.revoke(id);
        vm.warp(s.usableFrom - 1);
        address third = vm.addr(sortedKey(2));
        vm.prank(third);
        risks.revoke(id);
        isTrue(risks.status(id).state == IRiskRegistry.State.Revoked);
    }

    function test_no_member_vetoes_the_quorum() external {
        id = publishTraced();
        address member = vm.addr(sortedKey(2));
        vm.prank(member);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.MayNotVeto.selector, member));
        risks.revoke(id);
    }
}
