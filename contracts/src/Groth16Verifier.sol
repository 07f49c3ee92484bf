// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGroth16Verifier} from "./interfaces/IGroth16Verifier.sol";
import {Groth16} from "./lib/Groth16.sol";

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
