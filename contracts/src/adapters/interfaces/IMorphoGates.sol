// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @notice Asked by a Morpho Vault V2 about whoever sends assets in, with `msg.sender` of the deposit.
interface ISendAssetsGate {
    function canSendAssets(address account) external view returns (bool);
}

/// @notice Asked by a Morpho Vault V2 about whoever is to hold shares: receivers of deposits, of transfers and of fees.
interface IReceiveSharesGate {
    function canReceiveShares(address account) external view returns (bool);
}
