// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {RiskRegistry} from "../src/RiskRegistry.sol";
import {IRiskRegistry} from "../src/interfaces/IRiskRegistry.sol";
import {ISpots} from "../src/interfaces/ISpots.sol";
import {Vm} from "./support/Vm.sol";
import {GarbageWallet, GoodWallet, RevertingWallet} from "./support/Wallets.sol";
import {World} from "./support/World.sol";

contract RiskRegistryTest is World {
    bytes32 private constant NEXT = keccak256("risk two");

    function refused(IRiskRegistry.Publication memory p, bytes memory why) private {
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        vm.expectRevert(why);
        risks.publish(p, noSpots(), signers, signatures);
    }

    function test_a_quorum_publishes() external {
        bytes32 id = publishRisk(NEXT, AS_OF);
        gasAtMost("publish a risk part, 2 signatures (whole transaction)", 390_000);
        same(id, risks.idOf(NEXT, keyId, keccak256(bytes(MODEL))));
        (uint256 x, uint256 y, bytes32 universe, uint64 asOf, uint24 serial) =
            risks.usable(NEXT, keyId, keccak256(bytes(MODEL)));
        IRiskRegistry.Publication memory p = risks.publication(id);
        same(keccak256(abi.encode(p)), keccak256(abi.encode(publication(NEXT, AS_OF))));
        isTrue(x == p.x && y == p.y && universe == UNIVERSE && asOf == AS_OF);
        same(serial, 2);
        same(risks.riskOf(2), id);
        same(risks.spots(id).length, 0);
        // Not earlier than the block that published it.
        same(risks.status(id).usableFrom, NOW);
        refused(publication(NEXT, AS_OF), abi.encodeWithSelector(IRiskRegistry.AlreadyPublished.selector, id));
        // Under another key or model it is another risk part, and unknown.
        vm.expectPartialRevert(IRiskRegistry.UnknownRisk.selector);
        risks.usable(NEXT, bytes32(0), keccak256(bytes(MODEL)));
        vm.expectPartialRevert(IRiskRegistry.UnknownRisk.selector);
        risks.usable(NEXT, keyId, keccak256("crypto-usd/2"));
    }

    function test_signatures_are_counted_honestly() external {
        IRiskRegistry.Publication memory p = publication(NEXT, AS_OF);
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));

        address[] memory few = new address[](1);
        bytes[] memory fewSignatures = new bytes[](1);
        (few[0], fewSignatures[0]) = (signers[0], signatures[0]);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BelowQuorum.selector, 1, 2));
        risks.publish(p, noSpots(), few, fewSignatures);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BelowQuorum.selector, 1, 2));
        risks.publish(p, noSpots(), signers, fewSignatures);

        (address first, bytes memory firstSignature) = (signers[0], signatures[0]);
        (signers[0], signatures[0]) = (signers[1], signatures[1]);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.SignersUnsorted.selector, signers[1]));
        risks.publish(p, noSpots(), signers, signatures);
        (signers[1], signatures[1]) = (first, firstSignature);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.SignersUnsorted.selector, first));
        risks.publish(p, noSpots(), signers, signatures);

        (signers, signatures) = signed(keccak256("something else"));
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BadSignature.selector, signers[0]));
        risks.publish(p, noSpots(), signers, signatures);
        signers[1] = address(type(uint160).max);
        (, signatures) = signed(risks.signingHash(p));
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NotASigner.selector, signers[1]));
        risks.publish(p, noSpots(), signers, signatures);
    }

    function test_a_signature_counts_on_one_chain_and_in_one_registry() external {
        IRiskRegistry.Publication memory p = publication(NEXT, AS_OF);
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        RiskRegistry twin = new RiskRegistry(address(this), keys, quorum(), 2, riskRules());
        vm.expectPartialRevert(IRiskRegistry.BadSignature.selector);
        twin.publish(p, noSpots(), signers, signatures);
        vm.chainId(5);
        vm.expectPartialRevert(IRiskRegistry.BadSignature.selector);
        risks.publish(p, noSpots(), signers, signatures);
    }

    function test_every_signed_field_counts() external {
        (address[] memory signers, bytes[] memory signatures) =
            signed(risks.signingHash(publication(NEXT, AS_OF)));
        for (uint256 i = 0; i < 8; ++i) {
            IRiskRegistry.Publication memory p = publication(NEXT, AS_OF);
            if (i == 0) p.risk ^= bytes32(uint256(1));
            if (i == 1) p.universe ^= bytes32(uint256(1));
            if (i == 2) p.snapshot ^= bytes32(uint256(1));
            if (i == 3) p.model ^= bytes32(uint256(1));
            if (i == 4) p.keyId ^= bytes32(uint256(1));
            if (i == 5) p.asOf -= 1;
            if (i == 6) p.usableFrom -= 1;
            if (i == 7) p.usableTo += 1;
            vm.expectPartialRevert(IRiskRegistry.BadSignature.selector);
            risks.publish(p, noSpots(), signers, signatures);
        }
    }

    function test_contract_wallets_may_be_members() external {
        IRiskRegistry.Publication memory p = publication(NEXT, AS_OF);
        p.quorum = 2;
        address[] memory one = new address[](1);
        bytes[] memory empty = new bytes[](1);
        one[0] = address(new GoodWallet(risks.signingHash(p)));
        risks.setQuorum(one, 1);
        risks.publish(p, noSpots(), one, empty);
        p = publication(keccak256("risk three"), AS_OF);
        p.quorum = 2;
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BadSignature.selector, one[0]));
        risks.publish(p, noSpots(), one, empty);
        one[0] = address(new RevertingWallet());
        risks.setQuorum(one, 1);
        p.quorum = 3;
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BadSignature.selector, one[0]));
        risks.publish(p, noSpots(), one, empty);
        one[0] = address(new GarbageWallet());
        risks.setQuorum(one, 1);
        p.quorum = 4;
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BadSignature.selector, one[0]));
        risks.publish(p, noSpots(), one, empty);
    }

    function test_points_and_times_are_checked() external {
        IRiskRegistry.Publication memory p = publication(NEXT, AS_OF);
        (p.x, p.y) = (0, 0);
        refused(p, abi.encodeWithSelector(IRiskRegistry.BadPoint.selector));
        p = publication(NEXT, AS_OF);
        p.y += 1;
        refused(p, abi.encodeWithSelector(IRiskRegistry.BadPoint.selector));
        refused(
            publication(NEXT, NOW + 1), abi.encodeWithSelector(IRiskRegistry.FromTheFuture.selector, NOW + 1)
        );
        p = publication(NEXT, AS_OF);
        p.usableTo = NOW - 1;
        refused(p, abi.encodeWithSelector(IRiskRegistry.NeverUsable.selector, NOW, NOW - 1));
    }

    function test_publications_at_the_ends_of_what_is_allowed() external {
        // Of this very block, and usable for as long as the history is.
        IRiskRegistry.Publication memory p = publication(NEXT, NOW);
        p.usableTo = NOW + 8 days;
        p.chunks = 1 << 16;
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        risks.publish(p, noSpots(), signers, signatures);
        // Usable in this block and no later, with as many spots as there may be.
        p = publication(keccak256("risk three"), AS_OF);
        p.usableTo = NOW;
        ISpots.Spot[] memory most = new ISpots.Spot[](64);
        p.spots = keccak256(abi.encode(most));
        (signers, signatures) = signed(risks.signingHash(p));
        bytes32 id = risks.publish(p, most, signers, signatures);
        risks.usable(p.risk, keyId, p.model);
        same(risks.spots(id).length, 64);
        p = publication(keccak256("risk four"), AS_OF);
        p.chunks = (1 << 16) + 1;
        refused(p, abi.encodeWithSelector(IRiskRegistry.BadTrace.selector, p.chunks));
        p.chunks = 0;
        refused(p, abi.encodeWithSelector(IRiskRegistry.BadTrace.selector, 0));
        (p.chunks, p.trace) = (1, 0);
        refused(p, abi.encodeWithSelector(IRiskRegistry.BadTrace.selector, 1));
    }

    function test_rules_and_quorums_at_the_ends_of_what_is_allowed() external {
        IRiskRegistry.Rules memory rules = riskRules();
        (rules.delay, rules.fallbackDelay, rules.fallbackThreshold) = (600, 600, 2);
        RiskRegistry equal = new RiskRegistry(address(this), keys, quorum(), 2, rules);
        (, uint32 threshold) = equal.quorum();
        same(threshold, 2);
        equal.setQuorum(quorum(), 3);
        vm.expectRevert(IRiskRegistry.BadQuorum.selector);
        equal.setQuorum(quorum(), 1);
        address[] memory nobody = quorum();
        nobody[0] = address(0);
        vm.expectRevert(IRiskRegistry.BadQuorum.selector);
        equal.setQuorum(nobody, 2);
        // Either of the two delays is missed off the local chain.
        vm.chainId(1);
        rules.response = 0;
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NoDelay.selector, 1));
        new RiskRegistry(address(this), keys, quorum(), 2, rules);
    }

    function test_what_happens_to_a_part_and_to_the_quorum_is_announced() external {
        bytes32 id = risks.idOf(RISK, keyId, keccak256(bytes(MODEL)));
        vm.recordLogs();
        risks.revoke(id);
        risks.setQuorum(quorum(), 1);
        bytes32 next = publishNextFor(2);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 3);
        same(logs[0].topics[0], IRiskRegistry.RiskRevoked.selector);
        same(logs[0].topics[1], id);
        same(logs[1].topics[0], IRiskRegistry.QuorumSet.selector);
        same(keccak256(logs[1].data), keccak256(abi.encode(quorum(), 1)));
        same(logs[2].topics[0], IRiskRegistry.RiskPublished.selector);
        same(logs[2].topics[1], next);
    }

    function publishNextFor(uint64 version) private returns (bytes32) {
        IRiskRegistry.Publication memory p = publication(NEXT, AS_OF);
        p.quorum = version;
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        return risks.publish(p, noSpots(), signers, signatures);
    }

    function test_usable_inside_its_window_only() external {
        IRiskRegistry.Publication memory p = publication(NEXT, AS_OF);
        p.usableFrom = NOW + 100;
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        risks.publish(p, noSpots(), signers, signatures);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NotYetUsable.selector, NOW + 100));
        risks.usable(NEXT, keyId, p.model);
        vm.warp(NOW + 100);
        risks.usable(NEXT, keyId, p.model);
        vm.warp(p.usableTo);
        risks.usable(NEXT, keyId, p.model);
        vm.warp(p.usableTo + 1);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NoLongerUsable.selector, p.usableTo));
        risks.usable(NEXT, keyId, p.model);
    }

    function test_a_delay_is_required_off_the_local_chain() external {
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NoDelay.selector, 1));
        new RiskRegistry(address(this), keys, quorum(), 2, riskRules());
        IRiskRegistry.Rules memory rules = riskRules();
        rules.delay = 600;
        RiskRegistry slow = new RiskRegistry(address(this), keys, quorum(), 2, rules);
        IRiskRegistry.Publication memory p = publication(NEXT, AS_OF);
        (address[] memory signers, bytes[] memory signatures) = signed(slow.signingHash(p));
        slow.publish(p, noSpots(), signers, signatures);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NotYetUsable.selector, NOW + 600));
        slow.usable(NEXT, keyId, p.model);
        vm.warp(NOW + 600);
        slow.usable(NEXT, keyId, p.model);
    }

    function test_a_revoked_part_stays_revoked() external {
        bytes32 id = risks.idOf(RISK, keyId, keccak256(bytes(MODEL)));
        vm.prank(address(7));
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.MayNotVeto.selector, address(7)));
        risks.revoke(id);
        risks.revoke(id);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.Revoked.selector, id));
        risks.usable(RISK, keyId, keccak256(bytes(MODEL)));
        refused(publication(RISK, AS_OF), abi.encodeWithSelector(IRiskRegistry.AlreadyPublished.selector, id));
    }

    function test_a_new_quorum_replaces_the_old() external {
        address[] memory one = new address[](1);
        one[0] = vm.addr(0x99);
        risks.setQuorum(one, 1);
        // What was signed for the old quorum is void, whoever of it stays.
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.OtherQuorum.selector, 1, 2));
        this.publishNext();
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BadQuorum.selector));
        risks.setQuorum(one, 2);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BadQuorum.selector));
        risks.setQuorum(one, 0);
        address[] memory twice = new address[](2);
        (twice[0], twice[1]) = (one[0], one[0]);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BadQuorum.selector));
        risks.setQuorum(twice, 2);
    }

    function publishNext() external {
        publishRisk(NEXT, AS_OF);
    }
}
