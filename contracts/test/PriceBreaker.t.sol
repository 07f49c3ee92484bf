// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {PriceBreaker} from "../src/PriceBreaker.sol";
import {ICompliance} from "../src/interfaces/IComplianceRegistry.sol";
import {IMandateRegistry} from "../src/interfaces/IMandateRegistry.sol";
import {IPriceBreaker} from "../src/interfaces/IPriceBreaker.sol";
import {IRiskRegistry} from "../src/interfaces/IRiskRegistry.sol";
import {ISpots} from "../src/interfaces/ISpots.sol";
import {DemoFeed} from "../src/mocks/DemoFeed.sol";
import {BurningFeed, RevertingFeed, ShortFeed, HugeFeed} from "./support/Feeds.sol";
import {World} from "./support/World.sol";

contract PriceBreakerTest is World {
    bytes32 private constant BTC = keccak256("BTC");
    bytes32 private constant ETH = keccak256("ETH");
    uint32 private constant HEARTBEAT = 1 hours;
    uint32 private constant GRACE = 30 minutes;
    bytes32 private constant SPOTTED = keccak256("risk with spots");
    uint256 private constant ANY = type(uint256).max;

    PriceBreaker private breaker;
    DemoFeed private btc;
    DemoFeed private eth;
    DemoFeed private sequencer;

    function setUp() public override {
        super.setUp();
        publishRiskWith(SPOTTED, AS_OF, spotList());
        sequencer = new DemoFeed(0, 0);
        sequencer.setAll(0, NOW - 1 days, NOW - 1 days);
        breaker = build(address(sequencer));
        // 80,000 with 8 decimals, 2,500 with 18.
        btc = new DemoFeed(8, 80_000e8);
        eth = new DemoFeed(18, 2_500e18);
        breaker.setFeed(BTC, address(btc), HEARTBEAT);
        breaker.setFeed(ETH, address(eth), HEARTBEAT);
        attest(SPOTTED, AS_OF, 1);
        link();
    }

    function build(address uptime) private returns (PriceBreaker) {
        return new PriceBreaker(address(this), registry, risks, uptime, GRACE);
    }

    function terms() internal view override returns (IMandateRegistry.Terms memory t) {
        t = super.terms();
        t.band = 500;
    }

    function spotList() private pure returns (ISpots.Spot[] memory list) {
        list = new ISpots.Spot[](2);
        list[0] = ISpots.Spot(BTC, 80_000e2, 2);
        list[1] = ISpots.Spot(ETH, 2_500e6, 6);
    }

    function publishRiskWith(bytes32 risk, uint64 asOf, ISpots.Spot[] memory list) private {
        IRiskRegistry.Publication memory p = publication(risk, asOf);
        p.spots = keccak256(abi.encode(list));
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        risks.publish(p, list, signers, signatures);
    }

    function link() private {
        vm.prank(ADMINISTRATOR);
        attestors.approveAddress(SUBJECT, MANAGER, true);
        vm.prank(MANAGER);
        attestors.linkAddress(SUBJECT);
    }

    /// @dev A record of the subject, of that risk part.
    function attest(bytes32 risk, uint64 asOf, uint64 epoch) private {
        Plan memory p = plan();
        (p.risk, p.asOf, p.epoch, p.sequence) = (risk, asOf, epoch, epoch);
        p.validUntil = asOf + 1 days;
        submit(callFor(p));
    }

    function says(IPriceBreaker.Reason reason, bytes32 asset) private {
        (IPriceBreaker.Reason found, bytes32 about) = breaker.market(SUBJECT, mandateId);
        same(uint256(found), uint256(reason));
        same(about, asset);
        bool open = reason == IPriceBreaker.Reason.Calm;
        isTrue(breaker.isCompliant(SUBJECT, mandateId, ANY) == open);
        isTrue(breaker.isAccountCompliant(MANAGER, mandateId, ANY) == open);
        if (!open) {
            bytes memory why = abi.encodeWithSelector(IPriceBreaker.MarketClosed.selector, reason, asset);
            vm.expectRevert(why);
            breaker.requireCompliant(SUBJECT, mandateId, ANY);
            vm.expectRevert(why);
            breaker.requireAccountCompliant(MANAGER, mandateId, ANY);
        } else {
            breaker.requireCompliant(SUBJECT, mandateId, ANY);
            breaker.requireAccountCompliant(MANAGER, mandateId, ANY);
        }
    }

    function calm() private {
        says(IPriceBreaker.Reason.Calm, 0);
    }

    function test_the_band_is_exact_on_both_sides() external {
        // Five percent.
        btc.set(84_000e8);
        calm();
        btc.set(84_000e8 + 1);
        says(IPriceBreaker.Reason.Moved, BTC);
        btc.set(76_000e8);
        calm();
        btc.set(76_000e8 - 1);
        says(IPriceBreaker.Reason.Moved, BTC);
        btc.set(80_000e8);
        eth.set(2_625e18);
        calm();
        eth.set(2_625e18 + 1);
        says(IPriceBreaker.Reason.Moved, ETH);
    }

    function test_a_trip_stays_until_a_later_record() external {
        vm.expectRevert(abi.encodeWithSelector(IPriceBreaker.NotMoved.selector, IPriceBreaker.Reason.Calm));
        breaker.trip(SUBJECT, mandateId);
        btc.set(90_000e8);
        breaker.trip(SUBJECT, mandateId);
        same(breaker.trippedAt(mandateId), AS_OF);
        vm.expectRevert(abi.encodeWithSelector(IPriceBreaker.NotMoved.selector, IPriceBreaker.Reason.Tripped));
        breaker.trip(SUBJECT, mandateId);
        // The market comes back, the gate does not.
        btc.set(80_000e8);
        says(IPriceBreaker.Reason.Tripped, 0);
        // A new book on new prices opens it.
        vm.warp(NOW + 600);
        publishRiskWith(keccak256("risk two"), NOW + 500, spotList());
        attest(keccak256("risk two"), NOW + 500, 2);
        calm();
    }

    function test_answers_that_are_no_prices_close() external {
        btc.set(0);
        says(IPriceBreaker.Reason.BadAnswer, BTC);
        btc.set(-1);
        says(IPriceBreaker.Reason.BadAnswer, BTC);
        btc.setAll(80_000e8, 0, 0);
        says(IPriceBreaker.Reason.BadAnswer, BTC);
        btc.set(type(int256).max);
        says(IPriceBreaker.Reason.Moved, BTC);
        btc.set(80_000e8);
        calm();
        btc.setDecimals(9);
        says(IPriceBreaker.Reason.BadAnswer, BTC);
    }

    function test_stale_and_future_answers_close() external {
        btc.setAll(80_000e8, NOW - HEARTBEAT, NOW - HEARTBEAT);
        calm();
        btc.setAll(80_000e8, NOW - HEARTBEAT, NOW - HEARTBEAT - 1);
        says(IPriceBreaker.Reason.Stale, BTC);
        btc.setAll(80_000e8, NOW, NOW + 1);
        says(IPriceBreaker.Reason.Stale, BTC);
    }

    function test_the_sequencer_has_a_grace_period() external {
        sequencer.setAll(1, NOW, NOW);
        says(IPriceBreaker.Reason.SequencerDown, 0);
        sequencer.setAll(0, NOW - GRACE + 1, NOW);
        says(IPriceBreaker.Reason.SequencerDown, 0);
        sequencer.setAll(0, 0, NOW);
        says(IPriceBreaker.Reason.SequencerDown, 0);
        sequencer.setAll(0, NOW + 1, NOW);
        says(IPriceBreaker.Reason.SequencerDown, 0);
        sequencer.setAll(0, NOW - GRACE, NOW);
        calm();
        breaker = build(address(0));
        breaker.setFeed(BTC, address(btc), HEARTBEAT);
        breaker.setFeed(ETH, address(eth), HEARTBEAT);
        sequencer.setAll(1, NOW, NOW);
        calm();
    }

    function test_a_spot_without_feed_closes_unless_it_is_exempt() external {
        breaker = build(address(0));
        says(IPriceBreaker.Reason.NoFeed, BTC);
        breaker.setFeed(BTC, address(btc), HEARTBEAT);
        says(IPriceBreaker.Reason.NoFeed, ETH);
        breaker.exempt(ETH);
        calm();
        isTrue(breaker.feed(ETH).listed);
        same(breaker.feed(BTC).source, address(btc));
    }

    function test_hostile_feeds_close_and_cost_little() external {
        address[4] memory hostile = [
            address(new RevertingFeed()),
            address(new BurningFeed()),
            address(new ShortFeed()),
            address(new HugeFeed())
        ];
        for (uint256 i = 0; i < hostile.length; ++i) {
            breaker.setFeed(BTC, hostile[i], HEARTBEAT);
            uint256 before = gasleft();
            says(IPriceBreaker.Reason.BadAnswer, BTC);
            atMost(before - gasleft(), 1_500_000);
        }
    }

    function test_a_record_without_spots_never_opens() external {
        vm.warp(NOW + 600);
        publishRisk(keccak256("no spots"), NOW + 500);
        attest(keccak256("no spots"), NOW + 500, 2);
        says(IPriceBreaker.Reason.NoSpots, 0);
        (IPriceBreaker.Reason reason,) = breaker.market(OTHER, mandateId);
        same(uint256(reason), uint256(IPriceBreaker.Reason.NoSpots));
    }

    function test_a_record_of_a_revoked_risk_part_counts_no_more() external {
        calm();
        risks.revoke(risks.idOf(SPOTTED, keyId, keccak256(bytes(MODEL))));
        says(IPriceBreaker.Reason.Struck, 0);
    }

    function test_the_band_is_the_one_of_the_version_in_force() external {
        IMandateRegistry.Terms memory t = terms();
        (t.line, t.band) = (mandateId, 0);
        registry.schedule(registerVersion(9, t));
        (IPriceBreaker.Reason reason,) = breaker.market(SUBJECT, mandateId);
        same(uint256(reason), uint256(IPriceBreaker.Reason.NoBand));
    }

    function test_the_registrys_own_refusals_come_first() external {
        vm.expectPartialRevert(ICompliance.NoRecord.selector);
        breaker.requireCompliant(OTHER, mandateId, ANY);
        isTrue(!breaker.isCompliant(OTHER, mandateId, ANY));
        isTrue(!breaker.isCompliant(SUBJECT, mandateId, 1));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.NoSubject.selector, address(0xdead)));
        breaker.requireAccountCompliant(address(0xdead), mandateId, ANY);
        isTrue(!breaker.isAccountCompliant(address(0xdead), mandateId, ANY));
        registry.revoke(SUBJECT, mandateId);
        vm.expectPartialRevert(ICompliance.RecordRevoked.selector);
        breaker.requireCompliant(SUBJECT, mandateId, ANY);
    }

    function test_only_the_owner_names_feeds_and_only_real_ones() external {
        bytes memory why = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, MANAGER);
        vm.prank(MANAGER);
        vm.expectRevert(why);
        breaker.setFeed(BTC, address(eth), HEARTBEAT);
        vm.prank(MANAGER);
        vm.expectRevert(why);
        breaker.exempt(BTC);
        why = abi.encodeWithSelector(IPriceBreaker.BadFeed.selector, address(0xdead));
        vm.expectRevert(why);
        breaker.setFeed(BTC, address(0xdead), HEARTBEAT);
        why = abi.encodeWithSelector(IPriceBreaker.BadFeed.selector, address(btc));
        vm.expectRevert(why);
        breaker.setFeed(BTC, address(btc), 0);
        btc.setDecimals(19);
        vm.expectRevert(why);
        breaker.setFeed(BTC, address(btc), HEARTBEAT);
        vm.expectRevert(abi.encodeWithSelector(IPriceBreaker.BadFeed.selector, address(0xdead)));
        build(address(0xdead));
    }

    function test_reading_through_the_breaker_is_bounded() external {
        uint256 before = gasleft();
        isTrue(breaker.isCompliant(SUBJECT, mandateId, ANY));
        uint256 used = before - gasleft();
        emit log_named_uint("isCompliant through the breaker, two spots and a sequencer (call gas)", used);
        atMost(used, 95_000);
        // With little gas it is shut, or it reverts; it never opens.
        btc.set(90_000e8);
        for (uint256 limit = 5_000; limit < 90_000; limit += 1_500) {
            try breaker.isCompliant{gas: limit}(SUBJECT, mandateId, ANY) returns (bool open) {
                isTrue(!open);
            } catch {}
        }
    }

    function test_any_answer_is_judged_without_a_revert(
        int256 answer,
        uint256 startedAt,
        uint256 updatedAt,
        uint8 decimals
    ) external {
        btc.setAll(answer, startedAt, updatedAt);
        btc.setDecimals(decimals);
        (IPriceBreaker.Reason reason,) = breaker.market(SUBJECT, mandateId);
        if (reason == IPriceBreaker.Reason.Calm) {
            isTrue(answer >= 76_000e8 && answer <= 84_000e8 && decimals == 8);
            isTrue(updatedAt <= NOW && updatedAt >= NOW - HEARTBEAT);
        }
    }

    function test_a_price_in_the_band_is_calm_and_one_outside_is_not(uint256 price) external {
        price = 70_000e8 + price % 20_000e8;
        btc.set(int256(price));
        bool inside = price >= 76_000e8 && price <= 84_000e8;
        if (inside) calm();
        else says(IPriceBreaker.Reason.Moved, BTC);
    }

    function test_the_demo_feed_is_for_local_chains() external {
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(DemoFeed.LocalChainsOnly.selector, 1));
        new DemoFeed(8, 1);
    }
}
