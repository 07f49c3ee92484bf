// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @notice ERC-1271 wallets, one good and two bad.
contract GoodWallet {
    bytes32 private immutable ALLOWED;

    constructor(bytes32 allowed) {
        ALLOWED = allowed;
    }

    function isValidSignature(bytes32 hash, bytes calldata) external view returns (bytes4) {
        return hash == ALLOWED ? this.isValidSignature.selector : bytes4(0);
    }
}

contract RevertingWallet {
    error No();

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        revert No();
    }
}

contract GarbageWallet {
    fallback() external {
        assembly ("memory-safe") {
            mstore(0, not(0))
            return(0, 32)
        }
    }
}
