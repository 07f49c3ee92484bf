// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGroth16Errors} from "./interfaces/IGroth16Verifier.sol";
import {IVkStore} from "./interfaces/IVkStore.sol";
import {Groth16} from "./lib/Groth16.sol";

/// @title A verifier of one key, which it carries in its own code: 3,000 gas a proof less than `Groth16Verifier`, which
/// reads the key from another address.
/// @dev The code is that of `KeyVerifierCode` and, behind it, the image of the key that `Groth16` describes, then two words:
/// the number of accounts and the key's id. Anyone may deploy one; `keyId` says whose it is, and whoever relies on it compares
/// the code, or deploys it.
contract KeyVerifier {
    /// @notice The store's code at the key's address is not the head of a key.
    error NoKey(bytes32 keyId);

    constructor(IVkStore keys, bytes32 keyId) {
        IVkStore.Info memory key = keys.info(keyId);
        (bool ok, uint256 image) = Groth16.image(key.pointer, key.accounts);
        if (!ok) revert NoKey(keyId);
        bytes memory code = type(KeyVerifierCode).runtimeCode;
        uint256 size = Groth16.INPUTS + 64 * (uint256(key.accounts) + 1);
        uint256 accounts = key.accounts;
        assembly ("memory-safe") {
            let out := mload(0x40)
            let at := add(out, mload(code))
            mcopy(out, add(code, 0x20), mload(code))
            mcopy(at, image, size)
            mstore(add(at, size), accounts)
            mstore(add(add(at, size), 0x20), keyId)
            return(out, add(add(mload(code), size), 0x40))
        }
    }
}

/// @title What a `KeyVerifier` does. By itself, without a key behind its code, it refuses everything.
contract KeyVerifierCode is IGroth16Errors {
    /// @notice The key: digest of its head.
    function keyId() external pure returns (bytes32) {
        return _id();
    }

    /// @notice Checks a proof; reverts unless it holds. See `IGroth16Verifier.verify`.
    function verify(
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) external view {
        uint256 n = commitments.length;
        uint256 m = _image(n);
        uint256 outcome = m == 0
            ? Groth16.KEY_MISMATCH
            : Groth16.equation(m, proof, sheetX, sheetY, Groth16.inputs(context, commitments), n + 1);
        if (outcome != Groth16.HOLDS) Groth16.demand(outcome, address(this), n);
    }

    /// @notice The same as a boolean.
    function tryVerify(
        uint256[8] calldata proof,
        uint256 sheetX,
        uint256 sheetY,
        uint256 context,
        uint256[] calldata commitments
    ) external view returns (bool) {
        uint256 n = commitments.length;
        uint256 m = _image(n);
        return m != 0
            && Groth16.equation(m, proof, sheetX, sheetY, Groth16.inputs(context, commitments), n + 1)
                == Groth16.HOLDS;
    }

    /// @dev Memory address of the key's image; zero where it is not for so many accounts. No key has more than 64: without a
    /// key the word is of the code, and none of these.
    function _image(uint256 accounts) private pure returns (uint256 m) {
        uint256 size = Groth16.INPUTS + 64;
        assembly ("memory-safe") {
            codecopy(0x00, sub(codesize(), 0x40), 0x20)
            if and(eq(mload(0x00), accounts), lt(accounts, 65)) {
                m := mload(0x40)
                size := add(size, shl(6, accounts))
                codecopy(m, sub(codesize(), add(size, 0x40)), size)
                mstore(0x40, add(m, size))
            }
        }
    }

    function _id() private pure returns (bytes32 id) {
        assembly ("memory-safe") {
            codecopy(0x00, sub(codesize(), 0x20), 0x20)
            id := mload(0x00)
        }
    }
}
