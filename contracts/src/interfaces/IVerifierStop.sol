// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGroth16Errors} from "./IGroth16Verifier.sol";

/// @title One circuit's emergency stop: a verifier that can be stopped once, for ever.
/// @dev Two ways to stop it. The guardian, at any time. And anyone who shows that the circuit is broken: a proof of a
/// statement that no honest circuit proves.
///
/// The reserved statement is a sheet with a single coefficient, -1, in front of the constant one of the first global
/// row, and nothing else: the row then says `0 >= 1`. The circuit takes the value of a global row apart into 128 bits
/// (`row-global` in `docs/statement.md`); -1 modulo the field order is not below `2^128`, whatever the witness, so no
/// assignment satisfies it for any context and any commitments, and both may be chosen freely here. A valid proof of it
/// means that the key's secrets are known, that the proof system is broken, or that rows are not what they are said to be.
/// No registry takes that sheet for a mandate that anybody could keep: its records would need such a proof.
///
/// What it does not show: a flaw elsewhere in the circuit, which leaves that row alone. That is the guardian's.
interface IVerifierStop is IGroth16Errors {
    event StopRaised(address indexed by, bool byProof);

    /// @notice The circuit is stopped; nothing verifies here any more.
    error CircuitStopped();
    error NotGuardian(address caller);
    /// @notice There is no code at this address.
    error NoVerifier(address verifier);
    /// @notice The reserved coefficient's position, value and path do not lead to a rules point of the key.
    error BadReserved(uint32 position);

    /// @notice Stops the circuit. Only the guardian.
    function stop() external;

    /// @notice Stops the circuit, given a proof of the reserved statement with this context and these commitments.
    function stopByProof(uint256[8] calldata proof, uint256 context, uint256[] calldata commitments) external;

    /// @notice Checks a proof for the circuit's key, as `IGroth16Verifier.verify` does; reverts unless it holds and the circuit
    /// is not stopped.
    function verify(
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) external view;

    /// @notice Whether the circuit is stopped. Once true, true for ever.
    function stopped() external view returns (bool);

    /// @notice The circuit: the id of its key.
    function keyId() external view returns (bytes32);

    /// @notice The sheet point of the reserved statement.
    function reservedPoint() external view returns (uint256 x, uint256 y);
}
