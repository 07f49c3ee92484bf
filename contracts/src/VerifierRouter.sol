// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IVerifierRouter} from "./interfaces/IVerifierRouter.sol";
import {IVerifierStop} from "./interfaces/IVerifierStop.sol";

/// @title See {IVerifierRouter}.
contract VerifierRouter is IVerifierRouter, Ownable2Step {
    uint256 private constant LOCAL_CHAIN = 31337;

    /// @dev One slot. `stop` is zero for a circuit that was never proposed, or withdrawn.
    struct Route {
        IVerifierStop stop;
        uint64 liveFrom;
        bool frozen;
    }

    /// @notice Seconds from proposal to first use.
    uint64 public immutable DELAY;
    /// @notice Who may freeze beside the owner.
    address public freezer;
    mapping(bytes32 circuit => Route) private _routes;

    constructor(address owner_, address freezer_, uint64 delay) Ownable(owner_) {
        if (delay == 0 && block.chainid != LOCAL_CHAIN) revert NoDelay(block.chainid);
        DELAY = delay;
        _setFreezer(freezer_);
    }

    /// @inheritdoc IVerifierRouter
    function propose(bytes32 circuit, IVerifierStop stop) external onlyOwner {
        Route storage route = _routes[circuit];
        if (route.frozen || address(route.stop) != address(0)) revert RouteTaken(circuit);
        if (address(stop).code.length == 0 || stop.keyId() != circuit || stop.stopped()) {
            revert BadStop(address(stop));
        }
        route.stop = stop;
        route.liveFrom = SafeCast.toUint64(block.timestamp + DELAY);
        emit RouteProposed(circuit, address(stop), route.liveFrom);
    }

    /// @inheritdoc IVerifierRouter
    function withdraw(bytes32 circuit) external onlyOwner {
        State state = stateOf(circuit);
        if (state != State.Waiting) revert RouteNotWaiting(circuit, state);
        delete _routes[circuit];
        emit RouteWithdrawn(circuit);
    }

    /// @inheritdoc IVerifierRouter
    function freeze(bytes32 circuit) external {
        if (msg.sender != owner() && msg.sender != freezer) revert MayNotFreeze(msg.sender);
        _routes[circuit].frozen = true;
        emit RouteFrozen(circuit, msg.sender);
    }

    /// @inheritdoc IVerifierRouter
    function setFreezer(address freezer_) external onlyOwner {
        _setFreezer(freezer_);
    }

    /// @inheritdoc IVerifierRouter
    function verify(
        bytes32 circuit,
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) external view {
        State state = stateOf(circuit);
        if (state != State.Live) revert RouteNotLive(circuit, state);
        _routes[circuit].stop.verify(proof, sheetX, sheetY, context, commitments);
    }

    /// @inheritdoc IVerifierRouter
    function stateOf(bytes32 circuit) public view returns (State) {
        Route memory route = _routes[circuit];
        if (route.frozen) return State.Dead;
        if (address(route.stop) == address(0)) return State.Unknown;
        if (route.stop.stopped()) return State.Dead;
        return block.timestamp < route.liveFrom ? State.Waiting : State.Live;
    }

    /// @inheritdoc IVerifierRouter
    function isDead(bytes32 circuit) external view returns (bool) {
        return stateOf(circuit) == State.Dead;
    }

    /// @inheritdoc IVerifierRouter
    function isLive(bytes32 circuit) external view returns (bool) {
        return stateOf(circuit) == State.Live;
    }

    /// @inheritdoc IVerifierRouter
    function routeOf(bytes32 circuit) external view returns (IVerifierStop stop, uint64 liveFrom) {
        Route memory route = _routes[circuit];
        return (route.stop, route.liveFrom);
    }

    function _setFreezer(address freezer_) private {
        freezer = freezer_;
        emit FreezerSet(freezer_);
    }
}
