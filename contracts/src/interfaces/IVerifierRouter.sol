// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGroth16Errors} from "./IGroth16Verifier.sol";
import {IVerifierStop} from "./IVerifierStop.sol";

/// @title From a circuit to what verifies it. Additions wait, freezing does not, and nothing comes back.
/// @dev A circuit's id is its key's id, so a route cannot be pointed at another key. A route that was ever live is never
/// replaced: frozen, it stays in the table as a tombstone.
interface IVerifierRouter is IGroth16Errors {
    enum State {
        /// Never proposed, or withdrawn before it was live.
        Unknown,
        /// Proposed; live from `liveFrom` on.
        Waiting,
        Live,
        /// Frozen here, or stopped at its stop. For ever.
        Dead
    }

    event RouteProposed(bytes32 indexed circuit, address indexed stop, uint64 liveFrom);
    event RouteWithdrawn(bytes32 indexed circuit);
    event RouteFrozen(bytes32 indexed circuit, address indexed by);
    event FreezerSet(address indexed freezer);

    /// @notice A delay of zero leaves nobody time to object: local chains only.
    error NoDelay(uint256 chainId);
    /// @notice The circuit has a route, or had one: it is not proposed twice.
    error RouteTaken(bytes32 circuit);
    /// @notice Not the stop of this circuit, or stopped already.
    error BadStop(address stop);
    error RouteNotLive(bytes32 circuit, State state);
    /// @notice Only a route that is still waiting can be withdrawn.
    error RouteNotWaiting(bytes32 circuit, State state);
    error MayNotFreeze(address caller);

    /// @notice Proposes a route, live after the delay. Only the owner.
    function propose(bytes32 circuit, IVerifierStop stop) external;

    /// @notice Takes a proposal back while it waits. Only the owner.
    function withdraw(bytes32 circuit) external;

    /// @notice Kills a route, waiting or live, at once and for ever. The owner or the freezer.
    function freeze(bytes32 circuit) external;

    /// @notice Names who else may freeze; that is all they may. Only the owner.
    function setFreezer(address freezer) external;

    /// @notice Verifies by the circuit's route; reverts unless it is live and the proof holds. See `IGroth16Verifier`.
    function verify(
        bytes32 circuit,
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) external view;

    /// @notice What has become of a circuit. Reverts only if its stop does, and a `VerifierStop` does not.
    function stateOf(bytes32 circuit) external view returns (State);

    /// @notice Whether a circuit was frozen or stopped: never to be used again. What ends the mandates of a
    /// circuit asks this.
    function isDead(bytes32 circuit) external view returns (bool);

    /// @notice Whether a circuit may be used now.
    function isLive(bytes32 circuit) external view returns (bool);

    /// @notice The route of a circuit and the instant from which it is live.
    function routeOf(bytes32 circuit) external view returns (IVerifierStop stop, uint64 liveFrom);
}
