// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Groth16Verifier} from "../src/Groth16Verifier.sol";
import {VerifierRouter} from "../src/VerifierRouter.sol";
import {VerifierStop} from "../src/VerifierStop.sol";
import {VkStore} from "../src/VkStore.sol";
import {IGroth16Errors, IGroth16Verifier} from "../src/interfaces/IGroth16Verifier.sol";
import {IVerifierRouter} from "../src/interfaces/IVerifierRouter.sol";
import {IVerifierStop} from "../src/interfaces/IVerifierStop.sol";
import {Trapdoor} from "./support/Trapdoor.sol";
import {Check} from "./support/Vm.sol";

contract VerifierRouterTest is Check {
    uint64 private constant NOW = 1_770_000_000;
    uint64 private constant DELAY = 2 days;
    uint32 private constant POSITION = 31;
    uint256 private constant SHEET = 0xfeed;
    uint256 private constant CONTEXT = uint256(keccak256("context")) >> 8;
    address private constant GUARDIAN = address(0x6A);
    address private constant FREEZER = address(0xF2);

    VkStore private keys;
    Groth16Verifier private verifier;
    bytes32 private circuit;
    bytes32[] private path;
    VerifierStop private stop;
    VerifierRouter private router;
    uint256[] private commitments;

    function setUp() public {
        vm.warp(NOW);
        keys = new VkStore();
        verifier = new Groth16Verifier();
        bytes memory head = Trapdoor.head(0);
        circuit = keccak256(head);
        keys.write(circuit, head);
        bytes32[] memory full = Trapdoor.path(Trapdoor.level0(), POSITION);
        for (uint256 i = 0; i < Trapdoor.DEPTH; ++i) {
            path.push(full[i]);
        }
        stop = newStop();
        router = new VerifierRouter(address(this), FREEZER, DELAY);
        commitments = [uint256(7), 0, uint256(keccak256("c2")) >> 8];
    }

    function newStop() private returns (VerifierStop) {
        (uint256 x, uint256 y) = Trapdoor.g1(Trapdoor.sheet(POSITION));
        return new VerifierStop(verifier, keys, circuit, GUARDIAN, POSITION, x, y, path);
    }

    function live() private {
        router.propose(circuit, stop);
        vm.warp(NOW + DELAY);
    }

    function check(uint256[8] memory proof) private view {
        (uint256 x, uint256 y) = Trapdoor.g1(SHEET);
        router.verify(circuit, proof, x, y, CONTEXT, commitments);
    }

    function honest() private view returns (uint256[8] memory) {
        return Trapdoor.prove(SHEET, CONTEXT, commitments, 0);
    }

    /// @dev What only the key's secrets make: a proof of minus one times the reserved point.
    function impossible(uint256 context) private view returns (uint256[8] memory) {
        return Trapdoor.prove(Trapdoor.R - Trapdoor.sheet(POSITION), context, commitments, 0);
    }

    function dead(bytes32 id) private view {
        same(uint256(router.stateOf(id)), uint256(IVerifierRouter.State.Dead));
        isTrue(!router.isLive(id) && router.isDead(id));
    }

    // --- the router

    function test_a_route_is_live_after_the_delay_and_not_before() external {
        same(uint256(router.stateOf(circuit)), uint256(IVerifierRouter.State.Unknown));
        router.propose(circuit, stop);
        (IVerifierStop found, uint64 from) = router.routeOf(circuit);
        same(address(found), address(stop));
        same(from, NOW + DELAY);
        vm.warp(NOW + DELAY - 1);
        (uint256 x, uint256 y) = Trapdoor.g1(SHEET);
        uint256[8] memory proof = honest();
        vm.expectRevert(
            abi.encodeWithSelector(
                IVerifierRouter.RouteNotLive.selector, circuit, IVerifierRouter.State.Waiting
            )
        );
        router.verify(circuit, proof, x, y, CONTEXT, commitments);
        vm.warp(NOW + DELAY);
        isTrue(router.isLive(circuit) && !router.isDead(circuit));
        check(proof);
    }

    function test_a_route_checks_the_proof() external {
        live();
        (uint256 x, uint256 y) = Trapdoor.g1(SHEET + 1);
        uint256[8] memory proof = honest();
        vm.expectRevert(IGroth16Errors.ProofRejected.selector);
        router.verify(circuit, proof, x, y, CONTEXT, commitments);
    }

    function test_only_the_owner_adds_and_withdraws() external {
        bytes memory why = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, FREEZER);
        vm.prank(FREEZER);
        vm.expectRevert(why);
        router.propose(circuit, stop);
        vm.prank(FREEZER);
        vm.expectRevert(why);
        router.withdraw(circuit);
        vm.prank(FREEZER);
        vm.expectRevert(why);
        router.setFreezer(FREEZER);
    }

    function test_a_waiting_route_can_be_withdrawn_and_proposed_again() external {
        router.propose(circuit, stop);
        router.withdraw(circuit);
        same(uint256(router.stateOf(circuit)), uint256(IVerifierRouter.State.Unknown));
        live();
        isTrue(router.isLive(circuit));
        vm.expectRevert(
            abi.encodeWithSelector(
                IVerifierRouter.RouteNotWaiting.selector, circuit, IVerifierRouter.State.Live
            )
        );
        router.withdraw(circuit);
    }

    function test_a_route_is_never_replaced() external {
        live();
        VerifierStop other = newStop();
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.RouteTaken.selector, circuit));
        router.propose(circuit, other);
    }

    function test_freezing_is_immediate_and_for_ever() external {
        live();
        vm.prank(FREEZER);
        router.freeze(circuit);
        dead(circuit);
        (uint256 x, uint256 y) = Trapdoor.g1(SHEET);
        uint256[8] memory proof = honest();
        vm.expectRevert(
            abi.encodeWithSelector(IVerifierRouter.RouteNotLive.selector, circuit, IVerifierRouter.State.Dead)
        );
        router.verify(circuit, proof, x, y, CONTEXT, commitments);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.RouteTaken.selector, circuit));
        router.propose(circuit, stop);
        vm.expectRevert(
            abi.encodeWithSelector(
                IVerifierRouter.RouteNotWaiting.selector, circuit, IVerifierRouter.State.Dead
            )
        );
        router.withdraw(circuit);
        vm.warp(NOW + 3650 days);
        dead(circuit);
    }

    function test_a_waiting_or_unknown_circuit_can_be_frozen() external {
        router.propose(circuit, stop);
        router.freeze(circuit);
        vm.warp(NOW + DELAY);
        dead(circuit);
        router.freeze(bytes32(uint256(1)));
        dead(bytes32(uint256(1)));
    }

    function test_nobody_else_freezes() external {
        vm.prank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.MayNotFreeze.selector, GUARDIAN));
        router.freeze(circuit);
        router.setFreezer(GUARDIAN);
        vm.prank(FREEZER);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.MayNotFreeze.selector, FREEZER));
        router.freeze(circuit);
    }

    function test_only_the_circuits_own_running_stop_is_a_route() external {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.BadStop.selector, address(stop)));
        router.propose(bytes32(uint256(1)), stop);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.BadStop.selector, address(0xdead)));
        router.propose(circuit, IVerifierStop(address(0xdead)));
        vm.prank(GUARDIAN);
        stop.stop();
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.BadStop.selector, address(stop)));
        router.propose(circuit, stop);
    }

    function test_no_delay_is_for_local_chains() external {
        new VerifierRouter(address(this), FREEZER, 0);
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.NoDelay.selector, 1));
        new VerifierRouter(address(this), FREEZER, 0);
    }

    // --- the stop

    function test_the_guardian_stops_once_and_nobody_restarts() external {
        live();
        check(honest());
        vm.expectRevert(abi.encodeWithSelector(IVerifierStop.NotGuardian.selector, address(this)));
        stop.stop();
        vm.prank(GUARDIAN);
        stop.stop();
        isTrue(stop.stopped());
        dead(circuit);
        vm.prank(GUARDIAN);
        vm.expectRevert(IVerifierStop.CircuitStopped.selector);
        stop.stop();
    }

    function test_a_stopped_circuit_verifies_nothing() external {
        (uint256 x, uint256 y) = Trapdoor.g1(SHEET);
        uint256[8] memory proof = honest();
        stop.verify(proof, x, y, CONTEXT, commitments);
        vm.prank(GUARDIAN);
        stop.stop();
        vm.expectRevert(IVerifierStop.CircuitStopped.selector);
        stop.verify(proof, x, y, CONTEXT, commitments);
    }

    function test_a_stop_without_a_verifier_is_refused() external {
        (uint256 x, uint256 y) = Trapdoor.g1(Trapdoor.sheet(POSITION));
        vm.expectRevert(abi.encodeWithSelector(IVerifierStop.NoVerifier.selector, address(0xdead)));
        new VerifierStop(IGroth16Verifier(address(0xdead)), keys, circuit, GUARDIAN, POSITION, x, y, path);
    }

    function test_anyone_with_the_keys_secrets_stops_the_circuit() external {
        live();
        uint256[8] memory proof = impossible(CONTEXT);
        vm.prank(address(0xBEEF));
        stop.stopByProof(proof, CONTEXT, commitments);
        gasAtMost("permissionless stop (whole transaction)", 290_000);
        dead(circuit);
        vm.expectRevert(IVerifierStop.CircuitStopped.selector);
        stop.stopByProof(proof, CONTEXT, commitments);
    }

    function test_the_reserved_statement_may_have_any_context_and_commitments(uint256 context) external {
        context %= Trapdoor.R;
        delete commitments;
        commitments = [0, 0, 0];
        stop.stopByProof(impossible(context), context, commitments);
        isTrue(stop.stopped());
    }

    function test_an_honest_proof_does_not_stop_a_circuit() external {
        uint256[8] memory proof = honest();
        vm.expectRevert(IGroth16Errors.ProofRejected.selector);
        stop.stopByProof(proof, CONTEXT, commitments);
        // Nor one of a sheet with the reserved coefficient at plus one, `1 >= 0`, which every book satisfies.
        proof = Trapdoor.prove(Trapdoor.sheet(POSITION), CONTEXT, commitments, 0);
        vm.expectRevert(IGroth16Errors.ProofRejected.selector);
        stop.stopByProof(proof, CONTEXT, commitments);
        // Nor one of the neighbouring coefficient.
        proof = Trapdoor.prove(Trapdoor.R - Trapdoor.sheet(POSITION + 1), CONTEXT, commitments, 0);
        vm.expectRevert(IGroth16Errors.ProofRejected.selector);
        stop.stopByProof(proof, CONTEXT, commitments);
        isTrue(!stop.stopped());
    }

    function test_the_reserved_point_is_minus_the_keys_point() external view {
        (uint256 x, uint256 y) = stop.reservedPoint();
        (uint256 ex, uint256 ey) = Trapdoor.g1(Trapdoor.R - Trapdoor.sheet(POSITION));
        same(x, ex);
        same(y, ey);
        same(stop.RESERVED_POSITION(), POSITION);
        same(stop.GUARDIAN(), GUARDIAN);
        same(stop.keyId(), circuit);
    }

    function test_a_point_that_is_not_the_keys_makes_no_stop() external {
        bytes memory why = abi.encodeWithSelector(IVerifierStop.BadReserved.selector, POSITION);
        (uint256 x, uint256 y) = Trapdoor.g1(Trapdoor.sheet(POSITION + 1));
        vm.expectRevert(why);
        new VerifierStop(verifier, keys, circuit, GUARDIAN, POSITION, x, y, path);
        vm.expectRevert(why);
        new VerifierStop(verifier, keys, circuit, GUARDIAN, POSITION, 1, 1, path);
        (x, y) = Trapdoor.g1(Trapdoor.sheet(POSITION));
        path[0] = bytes32(0);
        vm.expectRevert(why);
        new VerifierStop(verifier, keys, circuit, GUARDIAN, POSITION, x, y, path);
    }

    function test_a_risk_point_is_no_rules_point() external {
        bytes32[] memory full = Trapdoor.path(Trapdoor.level0(), 40);
        assembly ("memory-safe") {
            mstore(full, 7)
        }
        (uint256 x, uint256 y) = Trapdoor.g1(Trapdoor.sheet(40));
        vm.expectRevert(abi.encodeWithSelector(IVerifierStop.BadReserved.selector, 40));
        new VerifierStop(verifier, keys, circuit, GUARDIAN, 40, x, y, full);
    }

    function test_a_path_cut_short_leads_nowhere() external {
        bytes32[] memory short_ = new bytes32[](4);
        (uint256 x, uint256 y) = Trapdoor.g1(Trapdoor.sheet(POSITION));
        vm.expectRevert(abi.encodeWithSelector(IVerifierStop.BadReserved.selector, POSITION));
        new VerifierStop(verifier, keys, circuit, GUARDIAN, POSITION, x, y, short_);
    }
}
