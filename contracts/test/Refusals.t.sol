// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ComplianceGate} from "../src/ComplianceGate.sol";
import {RiskRegistry} from "../src/RiskRegistry.sol";
import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {ICompliance, IComplianceRegistry} from "../src/interfaces/IComplianceRegistry.sol";
import {IMandateRegistry} from "../src/interfaces/IMandateRegistry.sol";
import {IRiskRegistry} from "../src/interfaces/IRiskRegistry.sol";
import {ISpots} from "../src/interfaces/ISpots.sol";
import {Bn254} from "../src/lib/Bn254.sol";
import {Traced} from "./support/Traced.sol";
import {World} from "./support/World.sol";

/// @notice Refusals and views that no story comes to: what `tools/coverage.sh` found untouched.
contract RefusalsTest is Traced {
    address private constant STRANGER = address(0x5715);
    bytes32 private constant NOBODY = keccak256("nobody");

    function setUp() public override {
        super.setUp();
        fill();
    }

    function test_only_the_administrator_acts_for_a_subject() external {
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.UnknownSubject.selector, NOBODY));
        attestors.restrictSubmitters(NOBODY, true);
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.NotAdministrator.selector, address(this)));
        attestors.restrictSubmitters(SUBJECT, true);
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.NotAdministrator.selector, address(this)));
        attestors.commitAccounts(SUBJECT, 2, keccak256("set"));
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.UnknownSubject.selector, NOBODY));
        attestors.declareAccounts(NOBODY, 1, accountsOf("one"));
        vm.prank(ADMINISTRATOR);
        vm.expectRevert(IAttestorRegistry.NoAccounts.selector);
        attestors.commitAccounts(SUBJECT, 2, bytes32(0));
    }

    function test_nobody_is_listed_and_nothing_is_a_subject() external {
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.UnknownAttestor.selector, address(0)));
        attestors.setAttestor(address(0), IAttestorRegistry.Grade.Venue, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.UnknownSubject.selector, bytes32(0)));
        attestors.setSubject(bytes32(0), ADMINISTRATOR);
    }

    function test_a_list_for_a_subject_that_declared_nothing_is_refused() external {
        Call memory call = callFor(plan());
        call.s.subject = NOBODY;
        vm.expectRevert(abi.encodeWithSelector(IAttestorRegistry.UnknownSubject.selector, NOBODY));
        registry.attestListed(call.mandateId, call.risk, call.s, accountsOf("one"));
    }

    function test_what_is_known_can_be_read() external view {
        same(attestors.administratorOf(SUBJECT), ADMINISTRATOR);
        IAttestorRegistry.Attestor memory a = attestors.attestor(vm.addr(VENUE));
        isTrue(a.listed && !a.revoked && a.grade == IAttestorRegistry.Grade.Venue);
        (uint64 version, uint32 threshold) = risks.quorum();
        isTrue(version == 1 && threshold == 2);
        isTrue(risks.isMember(quorum()[0]) && !risks.isMember(STRANGER));
        isTrue(keys.has(keyId) && !keys.has(NOBODY));
        same(mandates.bandOf(NOBODY), 0);
    }

    function test_the_band_of_a_version_is_the_registered_one() external {
        IMandateRegistry.Terms memory t = terms();
        t.band = 9_999;
        same(mandates.bandOf(registerVersion(77, t)), 9_999);
    }

    function refusedTerms(IMandateRegistry.Terms memory t) private {
        vm.expectRevert(IMandateRegistry.BadTerms.selector);
        mandates.begin(t);
    }

    function test_terms_that_could_never_be_met_are_refused() external {
        IMandateRegistry.Terms memory t = terms();
        t.window = 1;
        refusedTerms(t);
        (t.window, t.start) = (0, 1);
        refusedTerms(t);
        (t.start, t.drawn) = (0, true);
        refusedTerms(t);
        (t.period, t.window, t.drawn) = (600, 600, false);
        refusedTerms(t);
        // Drawn a period after its instant at the latest: by then it could not be attested.
        (t.window, t.drawn, t.maxDelay) = (599, true, 600);
        refusedTerms(t);
        t.maxDelay = 601;
        mandates.begin(t);
    }

    function refusedRules(IRiskRegistry.Rules memory rules) private {
        address[] memory members = quorum();
        vm.expectRevert(IRiskRegistry.BadRules.selector);
        new RiskRegistry(address(this), keys, members, 2, rules);
    }

    function test_rules_that_weaken_the_quorum_are_refused() external {
        IRiskRegistry.Rules memory r = riskRules();
        r.fallbackDelay = r.delay - 1;
        refusedRules(r);
        (r.fallbackDelay, r.fallbackThreshold) = (r.delay, 0);
        refusedRules(r);
        (r.fallbackThreshold, r.history) = (1, 0);
        refusedRules(r);
    }

    function test_what_was_never_published_is_unknown() external {
        bytes memory unknown = abi.encodeWithSelector(IRiskRegistry.UnknownRisk.selector, NOBODY);
        vm.expectRevert(unknown);
        risks.publication(NOBODY);
        vm.expectRevert(unknown);
        risks.spots(NOBODY);
        vm.expectRevert(unknown);
        risks.demand(NOBODY, 0);
    }

    function test_spots_must_be_the_signed_ones() external {
        IRiskRegistry.Publication memory p = tracedPublication();
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        ISpots.Spot[] memory other = new ISpots.Spot[](1);
        vm.expectPartialRevert(IRiskRegistry.BadSpots.selector);
        risks.publish{value: BOND}(p, other, signers, signatures);
        // As signed, and more than a breaker reads at bounded cost.
        other = new ISpots.Spot[](65);
        p.spots = keccak256(abi.encode(other));
        (signers, signatures) = signed(risks.signingHash(p));
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.BadSpots.selector, p.spots, p.spots));
        risks.publish{value: BOND}(p, other, signers, signatures);
    }

    function test_nobody_ends_a_part_over_data_that_nobody_asked_for() external {
        bytes32 id = publishTraced();
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NotDemanded.selector, uint32(1)));
        risks.expire(id, 1);
    }

    /// @notice Room for one demand fewer than a byte counts, and the part is not usable while any of them is open.
    function test_demands_do_not_overflow_their_byte() external {
        IRiskRegistry.Publication memory p = tracedPublication();
        p.chunks = 1 << 16;
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        bytes32 id = risks.publish{value: BOND}(p, noSpots(), signers, signatures);
        for (uint32 c = 0; c < 255; ++c) {
            risks.demand{value: DEMAND_BOND}(id, c);
        }
        same(risks.status(id).demands, 255);
        vm.expectRevert(IRiskRegistry.TooManyDemands.selector);
        risks.demand{value: DEMAND_BOND}(id, 255);
    }

    function test_a_winner_that_takes_no_ether_keeps_its_claim() external {
        bytes32 id = publishTraced();
        Refuser refuser = new Refuser();
        vm.deal(address(refuser), DEMAND_BOND);
        refuser.demand(risks, id, DEMAND_BOND);
        vm.warp(NOW + RESPONSE + 1);
        risks.expire(id, 0);
        uint256 owed = risks.owed(address(refuser));
        same(owed, BOND / 2);
        vm.expectRevert(abi.encodeWithSelector(IRiskRegistry.NotPaid.selector, address(refuser)));
        refuser.withdraw(risks);
        same(risks.owed(address(refuser)), owed);
    }

    function sum(uint256 ax, uint256 ay, uint256 bx, uint256 by) external view returns (uint256, uint256) {
        return Bn254.add(ax, ay, bx, by);
    }

    function product(uint256 x, uint256 y, uint256 scalar) external view returns (uint256, uint256) {
        return Bn254.mul(x, y, scalar);
    }

    function test_arithmetic_refuses_what_is_no_point() external {
        vm.expectRevert(Bn254.NotOnCurve.selector);
        this.sum(1, 2, 1, 3);
        vm.expectRevert(Bn254.NotOnCurve.selector);
        this.product(1, 3, 5);
    }
}

/// @dev Takes no ether.
contract Refuser {
    function demand(IRiskRegistry risks, bytes32 id, uint256 value) external {
        risks.demand{value: value}(id, 0);
    }

    function withdraw(IRiskRegistry risks) external {
        risks.withdraw();
    }
}

/// @dev Says no, and does not say why.
contract Contradiction {
    function isCompliant(bytes32, bytes32, uint256) external pure returns (bool) {
        return false;
    }

    function requireCompliant(bytes32, bytes32, uint256) external pure {}

    function isAccountCompliant(address, bytes32, uint256) external pure returns (bool) {
        return false;
    }

    function requireAccountCompliant(address, bytes32, uint256) external pure {}
}

contract Gate is ComplianceGate {
    constructor(ICompliance compliance) ComplianceGate(compliance, keccak256("mandate"), 1) {}

    function enter() external view onlyWhileSubjectCompliant(keccak256("subject")) returns (bool) {
        return true;
    }

    function enterAs(address account) external view onlyWhileCompliant(account) returns (bool) {
        return true;
    }
}

contract RecordRefusalsTest is World {
    /// @notice What `contracts/README.md` says that `strike` does not see.
    function test_a_set_that_is_only_committed_names_no_attestor_to_strike_for() external {
        submit(callFor(plan()));
        vm.prank(ADMINISTRATOR);
        attestors.commitAccounts(SUBJECT, 2, keccak256("set"));
        attestors.revokeAttestor(vm.addr(VENUE));
        vm.expectRevert(
            abi.encodeWithSelector(IComplianceRegistry.NothingStruck.selector, SUBJECT, mandateId)
        );
        registry.strike(SUBJECT, mandateId);
    }

    function test_a_no_without_a_reason_is_a_no() external {
        Gate gate = new Gate(ICompliance(address(new Contradiction())));
        vm.expectRevert(ComplianceGate.NotCompliant.selector);
        gate.enter();
        vm.expectRevert(ComplianceGate.NotCompliant.selector);
        gate.enterAs(address(this));
    }
}
