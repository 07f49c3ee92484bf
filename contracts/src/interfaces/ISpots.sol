// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title The spot prices that a risk part was built on, as the quorum signed them.
interface ISpots {
    /// @notice One price: `price / 10^decimals` units of the reporting currency for one coin.
    struct Spot {
        /// Keccak-256 of the asset's name in the snapshot, for example of `BTC`.
        bytes32 asset;
        uint128 price;
        /// At most 18.
        uint8 decimals;
    }

    /// @notice Spots of a published risk part, in their order; empty where none were named. Reverts where it is unknown.
    /// @param riskId As `IRiskRegistry.idOf` gives it.
    function spots(bytes32 riskId) external view returns (Spot[] memory);
}

/// @title The band that a mandate states.
interface IBands {
    /// @notice How far, in basis points, an asset's price may move from the sheet's spot before attestations made with that
    /// sheet count no more; below 10,000. Zero for none, and for an unknown mandate. Never reverts.
    function bandOf(bytes32 mandateId) external view returns (uint256);
}
