// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {GatedVault} from "../../src/GatedVault.sol";
import {PriceBreaker} from "../../src/PriceBreaker.sol";
import {VerifierRouter} from "../../src/VerifierRouter.sol";
import {VerifierStop} from "../../src/VerifierStop.sol";
import {IComplianceRegistry} from "../../src/interfaces/IComplianceRegistry.sol";
import {IMandateRegistry} from "../../src/interfaces/IMandateRegistry.sol";
import {IRiskRegistry} from "../../src/interfaces/IRiskRegistry.sol";
import {ISpots} from "../../src/interfaces/ISpots.sol";
import {DemoFeed} from "../../src/mocks/DemoFeed.sol";
import {DemoToken} from "../../src/mocks/DemoToken.sol";
import {Trapdoor} from "./Trapdoor.sol";
import {World} from "./World.sol";

/// @notice Everything that anybody may do to the contracts, honest or not, with a note of what was really proven.
contract Handler is World {
    bytes32 public constant VICTIM = keccak256("subject that never proves anything");
    bytes32 private constant BTC = keccak256("BTC");
    uint256 private constant FRESH = 6 hours;
    uint32 private constant POSITION = 31;

    /// @dev What the last accepted proof of a subject said, and whether it was withdrawn since.
    struct Proven {
        uint64 epoch;
        uint64 asOf;
        uint64 validUntil;
        bool withdrawn;
    }

    mapping(bytes32 subject => Proven) public proven;
    /// @notice A lie was believed, a proof was used twice, or something that must not be undone was undone.
    bool public broken;
    /// @notice An exit from the vault was refused.
    bool public exitRefused;
    uint256 public accepted;
    uint256 public exits;

    PriceBreaker public breaker;
    VerifierRouter public router;
    VerifierStop public stop;
    GatedVault public vault;
    DemoFeed private btc;
    DemoToken private token;
    /// @dev `Call`, encoded.
    bytes private _last;
    uint64 private _epoch;
    mapping(bytes32 risk => bool) private _published;
    bytes32 private _lastRisk;

    constructor() {
        setUp();
        declare(VICTIM, 1, accountsOf("three"));
        btc = new DemoFeed(8, 100e8);
        breaker = new PriceBreaker(address(this), registry, risks, address(0), 0);
        breaker.setFeed(BTC, address(btc), type(uint32).max);
        router = new VerifierRouter(address(this), address(this), 0);
        (uint256 x, uint256 y) = Trapdoor.g1(Trapdoor.sheet(POSITION));
        bytes32[] memory path = Trapdoor.path(leaves, POSITION);
        assembly ("memory-safe") {
            mstore(path, 7)
        }
        stop = new VerifierStop(verifier, keys, keyId, address(this), POSITION, x, y, path);
        router.propose(keyId, stop);
        registry.setStops(address(router));
        token = new DemoToken();
        vault = new GatedVault(token, "Gated", "G", MANAGER, breaker, mandateId, FRESH);
        token.mint(address(this), 1e30);
        token.approve(address(vault), type(uint256).max);
        vm.prank(ADMINISTRATOR);
        registry.approveAddress(SUBJECT, MANAGER, true);
        vm.prank(MANAGER);
        registry.linkAddress(SUBJECT);
    }

    function terms() internal view override returns (IMandateRegistry.Terms memory t) {
        t = super.terms();
        t.band = 500;
    }

    function id() external view returns (bytes32) {
        return mandateId;
    }

    function circuit() external view returns (bytes32) {
        return keyId;
    }

    function theRegistry() external view returns (IComplianceRegistry) {
        return registry;
    }

    function subjectAt(uint256 i) public pure returns (bytes32) {
        return i % 2 == 0 ? SUBJECT : OTHER;
    }

    // --- what honest people do

    function wait_(uint24 seconds_) external {
        vm.warp(block.timestamp + seconds_ % 40_000);
    }

    function attest(uint8 who, uint16 gap, uint32 life) external {
        vm.warp(block.timestamp + 61 + gap % 5_000);
        Plan memory p = _plan(subjectAt(who), life);
        Call memory call = callFor(p);
        try registry.attest(call.mandateId, call.risk, call.s) {
            ++accepted;
            _note(p);
            _last = abi.encode(call);
        } catch {}
    }

    function revoke(uint8 who) external {
        try registry.revoke(subjectAt(who), mandateId) {
            proven[subjectAt(who)].withdrawn = true;
        } catch {}
    }

    function strike(uint8 who, bool first) external {
        if (first && _lastRisk != 0) {
            try risks.revoke(risks.idOf(_lastRisk, keyId, keccak256(bytes(MODEL)))) {} catch {}
        }
        try registry.strike(subjectAt(who), mandateId) {
            proven[subjectAt(who)].withdrawn = true;
        } catch {}
    }

    function pause(bool paused) external {
        registry.setPaused(mandateId, paused);
    }

    function newVersion(uint8 first) external {
        IMandateRegistry.Terms memory t = terms();
        t.line = mandateId;
        uint256 kept = rulesScalar;
        bytes32 digest = mandateDigest;
        try this.version(int128(uint128(first)) + 100, t) {
            // From here on proofs are of the new version; records of the old one count no more.
            proven[SUBJECT].withdrawn = proven[OTHER].withdrawn = true;
        } catch {
            (rulesScalar, mandateDigest) = (kept, digest);
        }
    }

    function version(int128 first, IMandateRegistry.Terms calldata t) external {
        if (msg.sender != address(this)) revert NotSo();
        registry.schedule(registerVersion(first, t));
    }

    function price(uint64 to, bool say) external {
        btc.set(int256(uint256(to % 40e8) + 80e8));
        if (say) {
            try breaker.trip(SUBJECT, mandateId) {} catch {}
        }
    }

    function deposit(uint64 amount) external {
        try vault.deposit(amount, address(this)) {} catch {}
    }

    function exit(uint64 amount) external {
        uint256 most = vault.balanceOf(address(this));
        if (most == 0) return;
        try vault.redeem(amount % most + 1, address(this), address(this)) {
            ++exits;
        } catch {
            exitRefused = true;
        }
    }

    // --- what liars do

    /// @dev An honest statement with one lie in it, by anyone.
    function forge(uint8 who, uint8 how, uint256 bits) external {
        vm.warp(block.timestamp + 61);
        bytes32 subject = how % 8 == 0 ? subjectAt(who) : (how % 2 == 0 ? VICTIM : subjectAt(who));
        Plan memory p = _plan(subject, 3600);
        Call memory call = callFor(p);
        uint256 bit = 1 << (bits % 250);
        uint256 lie = how % 8;
        if (lie == 0) call.s.subject = VICTIM;
        if (lie == 1) call.s.proof[bits % 8] ^= bit;
        if (lie == 2) call.s.proof[7] ^= bit;
        if (lie == 3) call.s.validUntil += uint64(bits % 1000 + 1);
        if (lie == 4) call.s.epoch += uint64(bits % 1000 + 1);
        if (lie == 5) call.s.accounts[bits % 2].commitment ^= bit;
        if (lie == 6) call.s.accounts[bits % 2].r ^= bytes32(bit);
        if (lie == 7) call.mandateId = bytes32(bits);
        vm.prank(address(uint160(bits | 1)));
        try registry.attest(call.mandateId, call.risk, call.s) {
            broken = true;
        } catch {}
    }

    /// @dev What was accepted once, again, by anyone.
    function replay(address by) external {
        if (_last.length == 0) return;
        Call memory call = abi.decode(_last, (Call));
        vm.prank(by);
        try registry.attest(call.mandateId, call.risk, call.s) {
            broken = true;
        } catch {}
    }

    /// @dev Everything that only somebody else may do.
    function usurp(address by, uint8 who) external {
        if (by == address(this) || by == ADMINISTRATOR || by == address(0)) return;
        bytes32 subject = subjectAt(who);
        _refused(by, address(registry), abi.encodeCall(registry.revoke, (subject, mandateId)));
        _refused(by, address(registry), abi.encodeCall(registry.setPaused, (mandateId, false)));
        _refused(by, address(registry), abi.encodeCall(registry.setStops, (by)));
        _refused(by, address(registry), abi.encodeCall(registry.setSubject, (subject, by)));
        _refused(by, address(router), abi.encodeCall(router.freeze, (keyId)));
        _refused(by, address(stop), abi.encodeCall(stop.stop, ()));
        _refused(by, address(breaker), abi.encodeCall(breaker.exempt, (BTC)));
    }

    // --- the end of a circuit; seldom, since nothing is attested after it

    function kill(uint16 chance, bool byProof) external {
        if (chance % 16 != 0) return;
        if (byProof) {
            uint256[] memory none = new uint256[](Trapdoor.ACCOUNTS);
            uint256[8] memory proof =
                Trapdoor.prove(Trapdoor.R - Trapdoor.sheet(POSITION), chance, none, chance);
            try stop.stopByProof(proof, chance, none) {} catch {}
        } else {
            router.freeze(keyId);
        }
    }

    function halt() external {
        bool dead = router.isDead(keyId);
        try registry.halt(mandateId) {
            if (!dead) broken = true;
        } catch {
            if (dead) broken = true;
        }
    }

    /// @dev What a dead route must refuse.
    function resurrect() external {
        if (!router.isDead(keyId)) return;
        _refused(address(this), address(router), abi.encodeCall(router.propose, (keyId, stop)));
        _refused(address(this), address(router), abi.encodeCall(router.withdraw, (keyId)));
    }

    function _refused(address by, address to, bytes memory data) private {
        vm.prank(by);
        (bool ok,) = to.call(data);
        if (ok) broken = true;
    }

    function _note(Plan memory p) private {
        Proven memory last = proven[p.subject];
        if (p.epoch <= last.epoch || p.asOf <= last.asOf) broken = true;
        proven[p.subject] = Proven(p.epoch, p.asOf, p.validUntil, false);
    }

    function _plan(bytes32 subject, uint32 life) private returns (Plan memory p) {
        uint64 asOf = uint64(block.timestamp) - 30;
        bytes32 risk = keccak256(abi.encode("risk at", asOf));
        if (!_published[risk]) {
            _published[risk] = true;
            _lastRisk = risk;
            _publish(risk, asOf);
        }
        ++_epoch;
        p = Plan(subject, risk, asOf, uint64(block.timestamp) + life % 20_000, _epoch, _epoch, life);
    }

    function _publish(bytes32 risk, uint64 asOf) private {
        ISpots.Spot[] memory list = new ISpots.Spot[](1);
        list[0] = ISpots.Spot(BTC, 100, 0);
        IRiskRegistry.Publication memory p = publication(risk, asOf);
        p.spots = keccak256(abi.encode(list));
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        risks.publish(p, list, signers, signatures);
    }
}
