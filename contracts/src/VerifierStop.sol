// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IVerifierStop} from "./interfaces/IVerifierStop.sol";
import {IGroth16Verifier} from "./interfaces/IGroth16Verifier.sol";
import {IVkStore} from "./interfaces/IVkStore.sol";
import {Bn254} from "./lib/Bn254.sol";
import {Digests} from "./lib/Digests.sol";

/// @title See {IVerifierStop}.
contract VerifierStop is IVerifierStop {
    /// @inheritdoc IVerifierStop
    bytes32 public immutable keyId;
    /// @notice What checks proofs.
    IGroth16Verifier public immutable VERIFIER;
    /// @notice Code address of the key.
    address public immutable KEY;
    /// @notice Who may stop without a proof.
    address public immutable GUARDIAN;
    /// @notice Where the reserved coefficient stands among the rules coefficients of the key's shape.
    uint32 public immutable RESERVED_POSITION;
    uint256 private immutable RESERVED_X;
    uint256 private immutable RESERVED_Y;

    /// @inheritdoc IVerifierStop
    bool public stopped;

    /// @param position Of the constant in the first global row. The table is in `docs/chain.md`; whoever admits this stop to a
    /// router compares it, since a position of another meaning may have a proof, and then anyone stops the circuit.
    /// @param path Siblings from the point's leaf to the key's `sheetRoot`.
    constructor(
        IGroth16Verifier verifier,
        IVkStore keys,
        bytes32 keyId_,
        address guardian,
        uint32 position,
        uint256 x,
        uint256 y,
        bytes32[] memory path
    ) {
        IVkStore.Info memory key = keys.info(keyId_);
        if (position >= key.rules || !Bn254.isPoint(x, y)) revert BadReserved(position);
        bytes32 node = Digests.icLeaf(position, x, y);
        uint256 index = position;
        for (uint256 i = 0; i < path.length; ++i) {
            node = index & 1 == 0 ? Digests.icNode(node, path[i]) : Digests.icNode(path[i], node);
            index >>= 1;
        }
        if (index != 0 || node != key.sheetRoot) revert BadReserved(position);
        if (address(verifier).code.length == 0) revert NoVerifier(address(verifier));
        VERIFIER = verifier;
        keyId = keyId_;
        KEY = key.pointer;
        GUARDIAN = guardian;
        RESERVED_POSITION = position;
        // Minus one times the point. No point of order two exists, so `y` is not zero.
        (RESERVED_X, RESERVED_Y) = (x, Bn254.Q - y);
    }

    /// @inheritdoc IVerifierStop
    function stop() external {
        if (msg.sender != GUARDIAN) revert NotGuardian(msg.sender);
        _stop(false);
    }

    /// @inheritdoc IVerifierStop
    function stopByProof(uint256[8] calldata proof, uint256 context, uint256[] calldata commitments)
        external
    {
        VERIFIER.verify(KEY, proof, RESERVED_X, RESERVED_Y, context, commitments);
        _stop(true);
    }

    /// @inheritdoc IVerifierStop
    function verify(
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) external view {
        if (stopped) revert CircuitStopped();
        VERIFIER.verify(KEY, proof, sheetX, sheetY, context, commitments);
    }

    /// @inheritdoc IVerifierStop
    function reservedPoint() external view returns (uint256 x, uint256 y) {
        return (RESERVED_X, RESERVED_Y);
    }

    function _stop(bool byProof) private {
        if (stopped) revert CircuitStopped();
        stopped = true;
        emit StopRaised(msg.sender, byProof);
    }
}
