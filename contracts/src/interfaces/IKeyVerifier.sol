// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGroth16Errors} from "./IGroth16Verifier.sol";

/// @title Groth16 over BN254 for one key, which the verifier's own code carries. Stateless and immutable.
/// @dev Takes calls in the encoding that compilers write and in no other: the commitments right behind the head, and nothing
/// behind the commitments. What its code says, and nobody else, is which key it is of.
interface IKeyVerifier is IGroth16Errors {
    /// @notice The call is to no function of this interface, or is encoded in another way.
    error BadCall();

    /// @notice The key: digest of its head.
    function keyId() external view returns (bytes32);

    /// @notice Checks a proof; reverts unless it holds. Parameters and errors as of `IGroth16Verifier.verify`;
    /// `KeyHasOtherInputs` names the verifier's own address.
    function verify(
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) external view;

    /// @notice `verify` as a boolean. Bounded gas, whatever the proof.
    /// @dev `false` may also mean that the caller gave too little gas.
    function tryVerify(
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) external view returns (bool);
}
