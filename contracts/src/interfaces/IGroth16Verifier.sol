// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Why a proof is refused.
interface IGroth16Errors {
    /// @notice The code at `key` is not the head of a key for this many commitments.
    error KeyHasOtherInputs(address key, uint256 commitments);
    /// @notice A public input is not below the field order. Input 0 is the context, input `1 + a` commitment `a`.
    error InputNotCanonical(uint256 index);
    /// @notice The sheet point, or a point of the proof, is infinity.
    error PointAtInfinity();
    /// @notice The proof does not hold for these inputs, or one of its points is no point.
    error ProofRejected();
    /// @notice A batch of nothing, or of more than 256, or with inputs that do not divide among its proofs.
    error BadBatch(uint256 proofs, uint256 inputs);
}

/// @title Groth16 over BN254 for any key of `VkStore`. Stateless and immutable.
/// @dev The caller answers for `key` being an address that `VkStore` wrote: the code of any other address means nothing.
/// Proof words: A.x, A.y, B.x.c1, B.x.c0, B.y.c1, B.y.c0, C.x, C.y, as the precompiles take them.
interface IGroth16Verifier is IGroth16Errors {
    /// @notice Checks a proof; reverts unless it holds. There is no boolean to forget to read.
    /// @param key Code address of the verifying key.
    /// @param proof Points A, B, C.
    /// @param sheetX The sheet point P = P_risk + P_rules, which stands for all public inputs of the sheet.
    /// @param context The context digest, top byte dropped.
    /// @param commitments One per account of the shape; zero where none is declared.
    function verify(
        address key,
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) external view;

    /// @notice Checks many proofs of one key and one sheet with one pairing; reverts unless all hold.
    /// @dev Each equation is raised to a weight of 128 bits that Keccak-256 draws from the key's code hash and every byte
    /// of this call; the product is checked. A batch with a false proof passes for one draw in 2^128.
    /// @param inputs Per proof, its context and then its commitments: as many for each.
    function verifyBatch(
        address key,
        uint256 sheetX,
        uint256 sheetY,
        uint256[8][] calldata proofs,
        uint256[] calldata inputs
    ) external view;

    /// @notice `verify` as a boolean, for readers who do not want a revert. Bounded gas, whatever the proof.
    /// @dev `false` may also mean that the caller gave too little gas.
    function tryVerify(
        address key,
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) external view returns (bool);
}
