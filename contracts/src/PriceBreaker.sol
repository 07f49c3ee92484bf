// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IAggregatorV3} from "./interfaces/IAggregatorV3.sol";
import {ICompliance, IComplianceRegistry} from "./interfaces/IComplianceRegistry.sol";
import {IPriceBreaker} from "./interfaces/IPriceBreaker.sol";
import {IRiskRegistry} from "./interfaces/IRiskRegistry.sol";
import {ISpots} from "./interfaces/ISpots.sol";
import {Band} from "./lib/Band.sol";
import {DataCode} from "./lib/DataCode.sol";
import {Feeds} from "./lib/Feeds.sol";

/// @title See {IPriceBreaker}.
contract PriceBreaker is IPriceBreaker, Ownable2Step {
    /// @dev Where the band stands in `abi.encode(IMandateRegistry.Mandate)`.
    uint256 private constant BAND = 15 * 32;

    IComplianceRegistry public immutable COMPLIANCE;
    IRiskRegistry public immutable RISKS;
    /// @notice The feed that says whether the L2's sequencer is up; zero on a chain without one.
    address public immutable SEQUENCER;
    /// @notice Seconds after the sequencer came up during which prices are not believed.
    uint32 public immutable GRACE;

    mapping(bytes32 asset => Feed) private _feeds;
    /// @inheritdoc IPriceBreaker
    mapping(bytes32 mandateId => uint40) public trippedAt;

    constructor(
        address owner_,
        IComplianceRegistry compliance,
        IRiskRegistry risks,
        address sequencer,
        uint32 grace
    ) Ownable(owner_) {
        if (sequencer != address(0) && sequencer.code.length == 0) {
            revert BadFeed(sequencer);
        }
        (COMPLIANCE, RISKS, SEQUENCER, GRACE) = (compliance, risks, sequencer, grace);
    }

    /// @inheritdoc IPriceBreaker
    function setFeed(bytes32 asset, address source, uint32 heartbeat) external onlyOwner {
        if (source.code.length == 0 || heartbeat == 0) revert BadFeed(source);
        uint8 decimals = IAggregatorV3(source).decimals();
        if (decimals > Band.MOST_DECIMALS) revert BadFeed(source);
        _feeds[asset] = Feed(source, heartbeat, decimals, true);
        emit FeedSet(asset, source, heartbeat, decimals);
    }

    /// @inheritdoc IPriceBreaker
    function exempt(bytes32 asset) external onlyOwner {
        _feeds[asset] = Feed(address(0), 0, 0, true);
        emit FeedExempt(asset);
    }

    /// @inheritdoc IPriceBreaker
    function trip(bytes32 subject, bytes32 mandateId) external {
        (Reason reason, bytes32 asset) = market(subject, mandateId);
        if (reason != Reason.Moved) revert NotMoved(reason);
        // A record of `trippedAt` or earlier is answered `Tripped`, so this only ever grows.
        uint40 asOf = COMPLIANCE.record(subject, mandateId).asOf;
        trippedAt[mandateId] = asOf;
        emit Tripped(mandateId, asOf, asset);
    }

    /// @inheritdoc IPriceBreaker
    function market(bytes32 subject, bytes32 mandateId) public view returns (Reason, bytes32) {
        IComplianceRegistry.Record memory r = COMPLIANCE.record(subject, mandateId);
        bytes32 riskId = RISKS.riskOf(r.risk);
        if (riskId == bytes32(0)) return (Reason.NoSpots, bytes32(0));
        if (RISKS.isStruck(r.risk)) return (Reason.Struck, bytes32(0));
        if (r.asOf <= trippedAt[mandateId]) return (Reason.Tripped, bytes32(0));
        uint256 band = _band(mandateId);
        if (band == 0) return (Reason.NoBand, bytes32(0));
        if (!_sequencerUp()) return (Reason.SequencerDown, bytes32(0));
        ISpots.Spot[] memory spots = RISKS.spots(riskId);
        if (spots.length == 0) return (Reason.NoSpots, bytes32(0));
        for (uint256 i = 0; i < spots.length; ++i) {
            Reason reason = _spot(spots[i], band);
            if (reason != Reason.Calm) return (reason, spots[i].asset);
        }
        return (Reason.Calm, bytes32(0));
    }

    /// @inheritdoc ICompliance
    function requireCompliant(bytes32 subject, bytes32 mandateId, uint256 maxAge) public view {
        COMPLIANCE.requireCompliant(subject, mandateId, maxAge);
        (Reason reason, bytes32 asset) = market(subject, mandateId);
        if (reason != Reason.Calm) revert MarketClosed(reason, asset);
    }

    /// @inheritdoc ICompliance
    function requireAccountCompliant(address account, bytes32 mandateId, uint256 maxAge) external view {
        bytes32 subject = COMPLIANCE.subjectOf(account);
        if (subject == bytes32(0)) revert NoSubject(account);
        requireCompliant(subject, mandateId, maxAge);
    }

    /// @inheritdoc ICompliance
    function isCompliant(bytes32 subject, bytes32 mandateId, uint256 maxAge) public view returns (bool) {
        if (!COMPLIANCE.isCompliant(subject, mandateId, maxAge)) return false;
        (Reason reason,) = market(subject, mandateId);
        return reason == Reason.Calm;
    }

    /// @inheritdoc ICompliance
    function isAccountCompliant(address account, bytes32 mandateId, uint256 maxAge)
        external
        view
        returns (bool)
    {
        bytes32 subject = COMPLIANCE.subjectOf(account);
        return subject != bytes32(0) && isCompliant(subject, mandateId, maxAge);
    }

    /// @inheritdoc IPriceBreaker
    function feed(bytes32 asset) external view returns (Feed memory) {
        return _feeds[asset];
    }

    /// @dev Of the version in force, whose code begins with `abi.encode(Mandate)`; zero where there is none.
    function _band(bytes32 mandateId) private view returns (uint256) {
        (, address pointer,,,) = COMPLIANCE.mandateState(mandateId);
        if (pointer == address(0)) return 0;
        return uint256(bytes32(DataCode.part(pointer, BAND, 32)));
    }

    /// @dev By convention such a feed answers 0 for up and 1 for down, since `startedAt`; 0 there means not known yet.
    function _sequencerUp() private view returns (bool) {
        if (SEQUENCER == address(0)) return true;
        (bool ok, int256 answer, uint256 startedAt,) = Feeds.latest(SEQUENCER);
        return ok && answer == 0 && startedAt != 0 && startedAt <= block.timestamp
            && block.timestamp - startedAt >= GRACE;
    }

    function _spot(ISpots.Spot memory spot, uint256 band) private view returns (Reason) {
        Feed memory f = _feeds[spot.asset];
        if (!f.listed) return Reason.NoFeed;
        if (f.source == address(0)) return Reason.Calm;
        (bool ok, int256 answer,, uint256 updatedAt) = Feeds.latest(f.source);
        if (!ok || answer <= 0 || updatedAt == 0 || Feeds.decimals(f.source) != f.decimals) {
            return Reason.BadAnswer;
        }
        if (!Band.fresh(updatedAt, block.timestamp, f.heartbeat)) return Reason.Stale;
        // forge-lint: disable-next-line(unsafe-typecast) positive here
        uint256 live = uint256(answer);
        return Band.within(live, f.decimals, spot.price, spot.decimals, band) ? Reason.Calm : Reason.Moved;
    }
}
