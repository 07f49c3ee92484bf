// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGroth16Verifier} from "./interfaces/IGroth16Verifier.sol";
import {Groth16} from "./lib/Groth16.sol";
import {Groth16Batch} from "./lib/Groth16Batch.sol";

/// @title See {IGroth16Verifier}.
contract Groth16Verifier is IGroth16Verifier {
    /// @inheritdoc IGroth16Verifier
    function verify(
        address key,
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) external view {
        Groth16.verify(key, proof, sheetX, sheetY, context, commitments);
    }

    /// @inheritdoc IGroth16Verifier
    function verifyBatch(
        address key,
        uint256 sheetX,
        uint256 sheetY,
        uint256[8][] calldata proofs,
        uint256[] calldata inputs
    ) external view {
        uint256 k = proofs.length;
        if (k == 0 || k > Groth16Batch.MOST || inputs.length == 0 || inputs.length % k != 0) {
            revert BadBatch(k, inputs.length);
        }
        bytes32 seed = keccak256(abi.encodePacked(key.codehash, msg.data));
        uint256 outcome = Groth16Batch.check(key, sheetX, sheetY, proofs, inputs, seed);
        Groth16.demand(outcome, key, inputs.length / k - 1);
    }

    /// @inheritdoc IGroth16Verifier
    function tryVerify(
        address key,
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) external view returns (bool) {
        return Groth16.check(key, proof, sheetX, sheetY, context, commitments) == Groth16.HOLDS;
    }
}
