// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ICompliance} from "./IComplianceRegistry.sol";

/// @title Circuit breaker on prices: an attestation counts only while the market is where its sheet was built.
/// @dev It is an `ICompliance` in front of a registry: a gate that is handed the breaker instead of the registry asks for both.
/// Reads cost what the feeds cost, about 12,000 gas for each spot.
interface IPriceBreaker is ICompliance {
    /// @notice Why the breaker holds a gate shut.
    enum Reason {
        /// It does not: the market is within the band.
        Calm,
        /// There is no record, or its risk part names no spots.
        NoSpots,
        /// The mandate's version in force states no band.
        NoBand,
        /// The risk part of the record was revoked or disproved since.
        Struck,
        /// The market has moved beyond the band, and somebody said so. Only a record of a later instant counts again.
        Tripped,
        /// The L2's sequencer is down, or came up less than the grace period ago.
        SequencerDown,
        /// A spot has no feed here, and is not exempt.
        NoFeed,
        /// A feed answers nothing, nonsense, or in other decimals than when it was listed.
        BadAnswer,
        /// A feed's answer is older than its heartbeat, or from the future.
        Stale,
        /// The price of an asset is beyond the band now.
        Moved
    }

    /// @notice Where a spot's price is looked up. One slot.
    struct Feed {
        /// Zero for a spot that is exempt.
        address source;
        /// Oldest answer accepted, seconds: the feed's heartbeat and a margin.
        uint32 heartbeat;
        /// What the feed said when it was listed.
        uint8 decimals;
        bool listed;
    }

    event FeedSet(bytes32 indexed asset, address source, uint32 heartbeat, uint8 decimals);
    event FeedExempt(bytes32 indexed asset);
    event Tripped(bytes32 indexed mandateId, uint40 asOf, bytes32 asset);

    /// @notice The attestation holds, but the market (of `asset`, where it is one) does not let it count.
    error MarketClosed(Reason reason, bytes32 asset);
    /// @notice A feed without code, with more than 18 decimals, or with a heartbeat of zero.
    error BadFeed(address source);
    /// @notice The market is within the band: there is nothing to trip.
    error NotMoved(Reason reason);

    /// @notice Names the feed of an asset. Only the owner.
    function setFeed(bytes32 asset, address source, uint32 heartbeat) external;

    /// @notice Lets an asset pass without a feed. Public, and an event: a reader sees what is not watched. Only the owner.
    function exempt(bytes32 asset) external;

    /// @notice Anyone: when the market is beyond the band for the last record of a subject, holds the gate shut for every record
    /// of the mandate of that instant or earlier, wherever prices go. Reverts with `NotMoved` otherwise.
    function trip(bytes32 subject, bytes32 mandateId) external;

    /// @notice Where the market stands for the last record of a subject. Never reverts.
    /// @return reason `Calm`, or what is wrong first.
    /// @return asset The asset it is wrong about; zero where it is about none.
    function market(bytes32 subject, bytes32 mandateId) external view returns (Reason reason, bytes32 asset);

    /// @notice What is known of an asset's feed.
    function feed(bytes32 asset) external view returns (Feed memory);

    /// @notice Records of this instant or earlier stay shut; zero for none.
    function trippedAt(bytes32 mandateId) external view returns (uint40);
}
