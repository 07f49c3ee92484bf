// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ComplianceRegistry} from "../../src/ComplianceRegistry.sol";
import {EpochBeacon} from "../../src/EpochBeacon.sol";
import {Groth16Verifier} from "../../src/Groth16Verifier.sol";
import {MandateRegistry} from "../../src/MandateRegistry.sol";
import {RiskRegistry} from "../../src/RiskRegistry.sol";
import {VkStore} from "../../src/VkStore.sol";
import {IAttestorRegistry} from "../../src/interfaces/IAttestorRegistry.sol";
import {IComplianceRegistry} from "../../src/interfaces/IComplianceRegistry.sol";
import {IMandateRegistry} from "../../src/interfaces/IMandateRegistry.sol";
import {IRiskRegistry} from "../../src/interfaces/IRiskRegistry.sol";
import {ISpots} from "../../src/interfaces/ISpots.sol";
import {Digests} from "../../src/lib/Digests.sol";
import {Trapdoor} from "./Trapdoor.sol";
import {Check} from "./Vm.sol";

/// @notice Everything deployed, one mandate registered, one risk part published, two subjects with accounts.
abstract contract World is Check {
    string internal constant MODEL = "crypto-usd/1";
    bytes32 internal constant UNIVERSE = keccak256("universe");
    bytes32 internal constant SUBJECT = keccak256("subject one");
    bytes32 internal constant OTHER = keccak256("subject two");
    bytes32 internal constant RISK = keccak256("risk one");
    uint256 internal constant VENUE = 0xA11CE;
    uint256 internal constant CUSTODIAN = 0xB0B;
    uint64 internal constant NOW = 1_770_000_000;
    uint64 internal constant AS_OF = NOW - 60;
    address internal constant ADMINISTRATOR = address(0xAD);
    address internal constant MANAGER = address(0x3A);
    uint256 internal constant RISK_SCALAR = 0x1234567890abcdef1234567890abcdef1234567890abcdef;

    VkStore internal keys;
    MandateRegistry internal mandates;
    RiskRegistry internal risks;
    /// @dev The registry, by another name: what it knows of attestors and accounts.
    IAttestorRegistry internal attestors;
    Groth16Verifier internal verifier;
    EpochBeacon internal beacon;
    ComplianceRegistry internal registry;
    bytes32 internal keyId;
    bytes32 internal mandateId;
    bytes32 internal mandateDigest;
    uint256 internal rulesScalar;
    bytes32[] internal leaves;

    struct Plan {
        bytes32 subject;
        bytes32 risk;
        uint64 asOf;
        uint64 validUntil;
        uint64 epoch;
        uint64 sequence;
        uint256 salt;
    }

    function setUp() public virtual {
        vm.warp(NOW);
        keys = new VkStore();
        mandates = new MandateRegistry(address(this), keys);
        risks = new RiskRegistry(address(this), keys, quorum(), 2, riskRules());
        verifier = new Groth16Verifier();
        beacon = new EpochBeacon();
        registry = new ComplianceRegistry(setup());
        attestors = registry;
        bytes memory head = Trapdoor.headFor(0, shapeAccounts());
        keyId = keccak256(head);
        keys.write(keyId, head);
        leaves = Trapdoor.level0();
        mandateId = registerMandate(values()[0]);
        publishRisk(RISK, AS_OF);
        attestors.setAttestor(vm.addr(VENUE), IAttestorRegistry.Grade.Venue, 0, type(uint48).max);
        attestors.setAttestor(vm.addr(CUSTODIAN), IAttestorRegistry.Grade.Custodian, 0, type(uint48).max);
        declare(SUBJECT, 1, accountsOf("one"));
        declare(OTHER, 1, accountsOf("two"));
    }

    /// @dev No delay and no bonds: what they do is tested beside.
    function riskRules() internal pure virtual returns (IRiskRegistry.Rules memory) {
        return IRiskRegistry.Rules({
            delay: 0,
            fallbackDelay: 1 hours,
            silence: 1 days,
            fallbackThreshold: 1,
            response: 10 minutes,
            history: 8 days,
            bond: 0,
            demandBond: 0
        });
    }

    function setup() internal view virtual returns (IComplianceRegistry.Setup memory) {
        return IComplianceRegistry.Setup({
            owner: address(this),
            mandates: address(mandates),
            risks: address(risks),
            verifier: address(verifier),
            beacon: address(beacon),
            timelock: 0
        });
    }

    /// @dev Accounts of the key's shape.
    function shapeAccounts() internal pure virtual returns (uint16) {
        return Trapdoor.ACCOUNTS;
    }

    /// @dev Accounts 0 and 2, so that 1 is the hole.
    function accountsOf(string memory who) internal pure returns (IAttestorRegistry.Account[] memory out) {
        out = new IAttestorRegistry.Account[](2);
        out[0] = IAttestorRegistry.Account(
            0, keccak256(bytes.concat("venue ", bytes(who))), vm.addr(VENUE), IAttestorRegistry.Grade.Venue
        );
        out[1] = IAttestorRegistry.Account(
            2,
            keccak256(bytes.concat("custodian ", bytes(who))),
            vm.addr(CUSTODIAN),
            IAttestorRegistry.Grade.Custodian
        );
    }

    function declare(bytes32 subject, uint64 version, IAttestorRegistry.Account[] memory accounts) internal {
        attestors.setSubject(subject, ADMINISTRATOR);
        vm.prank(ADMINISTRATOR);
        attestors.declareAccounts(subject, version, accounts);
    }

    // --- mandates

    function entry(uint32 position, int128 value) internal view returns (IMandateRegistry.Entry memory e) {
        (uint256 x, uint256 y) = Trapdoor.g1(Trapdoor.sheet(position));
        bytes32[] memory path = Trapdoor.path(leaves, position);
        assembly ("memory-safe") {
            mstore(path, 7)
        }
        return IMandateRegistry.Entry(position, value, x, y, path);
    }

    function terms() internal view virtual returns (IMandateRegistry.Terms memory) {
        return IMandateRegistry.Terms({
            keyId: keyId,
            shape: Trapdoor.SHAPE,
            model: MODEL,
            line: 0,
            maxDelay: 1 hours,
            maxAge: 2 days,
            maxGap: 2 days,
            start: 0,
            period: 0,
            window: 0,
            drawn: false,
            band: 0,
            owner: address(this)
        });
    }

    function values() internal pure returns (int128[3] memory) {
        return [int128(5), -70_000_000_000, 1];
    }

    /// @dev With `first` as its first coefficient, so that there can be several.
    function registerMandate(int128 first) internal returns (bytes32 id) {
        id = registerVersion(first, terms());
        registry.schedule(id);
    }

    function registerVersion(int128 first, IMandateRegistry.Terms memory t) internal returns (bytes32) {
        uint256 draft = mandates.begin(t);
        bytes32 digest = Digests.rulesStart(keccak256(bytes(Trapdoor.SHAPE)), keccak256(bytes(MODEL)));
        IMandateRegistry.Entry[] memory batch = new IMandateRegistry.Entry[](3);
        rulesScalar = 0;
        for (uint32 i = 0; i < 3; ++i) {
            uint32 position = 7 * i + 2;
            int128 value = i == 0 ? first : values()[i];
            batch[i] = entry(position, value);
            digest = Digests.rulesStep(digest, position, value);
            rulesScalar = addmod(rulesScalar, scaled(position, value), Trapdoor.R);
        }
        mandates.append(draft, batch);
        mandateDigest = digest;
        return mandates.finish(draft, digest);
    }

    function scaled(uint32 position, int256 value) internal pure returns (uint256) {
        uint256 v = value < 0 ? Trapdoor.R - uint256(-value) : uint256(value);
        return mulmod(v, Trapdoor.sheet(position), Trapdoor.R);
    }

    // --- risk

    /// @dev What a publication puts up.
    function bond() internal view virtual returns (uint256) {
        return 0;
    }

    function noSpots() internal pure returns (ISpots.Spot[] memory) {
        return new ISpots.Spot[](0);
    }

    function quorumKey(uint256 i) internal pure returns (uint256) {
        return 0xC0FFEE + i;
    }

    /// @dev Three members in growing order of address.
    function quorum() internal pure returns (address[] memory out) {
        out = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            out[i] = vm.addr(sortedKey(i));
        }
    }

    function sortedKey(uint256 rank) internal pure returns (uint256) {
        for (uint256 i = 0; i < 3; ++i) {
            uint256 below;
            for (uint256 j = 0; j < 3; ++j) {
                if (vm.addr(quorumKey(j)) < vm.addr(quorumKey(i))) ++below;
            }
            if (below == rank) return quorumKey(i);
        }
        revert NotSo();
    }

    function publication(bytes32 risk, uint64 asOf)
        internal
        view
        returns (IRiskRegistry.Publication memory p)
    {
        (uint256 x, uint256 y) = Trapdoor.g1(RISK_SCALAR);
        return IRiskRegistry.Publication(
            risk,
            UNIVERSE,
            keccak256("snapshot"),
            keccak256(bytes(MODEL)),
            keyId,
            x,
            y,
            keccak256("trace"),
            2,
            1,
            keccak256(abi.encode(noSpots())),
            asOf,
            asOf,
            asOf + 1 days,
            1
        );
    }

    function signed(bytes32 hash)
        internal
        pure
        returns (address[] memory signers, bytes[] memory signatures)
    {
        signers = new address[](2);
        signatures = new bytes[](2);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 key = sortedKey(i);
            signers[i] = vm.addr(key);
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
            signatures[i] = abi.encodePacked(r, s, v);
        }
    }

    function publishRisk(bytes32 risk, uint64 asOf) internal returns (bytes32) {
        IRiskRegistry.Publication memory p = publication(risk, asOf);
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        return risks.publish{value: bond()}(p, noSpots(), signers, signatures);
    }

    // --- attestations

    function plan() internal pure returns (Plan memory) {
        return Plan(SUBJECT, RISK, AS_OF, AS_OF + 1 days, 1, 1, 0);
    }

    function commitmentOf(uint256 account) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("commitment", account))) % Trapdoor.R;
    }

    /// @notice What `attest` takes.
    struct Call {
        bytes32 mandateId;
        bytes32 risk;
        IComplianceRegistry.Statement s;
    }

    /// @notice An attestation that holds, for the declared accounts of the plan's subject.
    function callFor(Plan memory p) internal view returns (Call memory call) {
        (bytes32 set, IAttestorRegistry.Account[] memory accounts) =
            attestors.usableAccounts(p.subject, p.asOf);
        (call.mandateId, call.risk) = (mandateId, p.risk);
        IComplianceRegistry.Statement memory s = call.s;
        (s.subject, s.validUntil, s.epoch) = (p.subject, p.validUntil, p.epoch);
        uint256[] memory commitments = new uint256[](shapeAccounts());
        s.accounts = new IAttestorRegistry.SignedAccount[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            commitments[accounts[i].nettingSet] = commitmentOf(accounts[i].nettingSet);
            s.accounts[i] =
                signatureFor(p, accounts[i], accounts[i].attestor == vm.addr(VENUE) ? VENUE : CUSTODIAN);
        }
        s.proof = proofFor(p, set, commitments, address(registry));
    }

    function submit(Call memory call) internal {
        registry.attest(call.mandateId, call.risk, call.s);
    }

    function attestationFor(Plan memory p, IAttestorRegistry.Account memory a)
        internal
        pure
        returns (Digests.Attestation memory)
    {
        return Digests.Attestation(
            p.subject, a.account, a.nettingSet, UNIVERSE, p.asOf, p.sequence, commitmentOf(a.nettingSet)
        );
    }

    function signatureFor(Plan memory p, IAttestorRegistry.Account memory a, uint256 key)
        internal
        pure
        returns (IAttestorRegistry.SignedAccount memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, Digests.attestation(attestationFor(p, a)));
        bytes32 vs = bytes32(uint256(s) | uint256(v - 27) << 255);
        return IAttestorRegistry.SignedAccount(commitmentOf(a.nettingSet), p.sequence, r, vs);
    }

    function proofFor(Plan memory p, bytes32 set, uint256[] memory commitments, address place)
        internal
        view
        returns (uint256[8] memory)
    {
        bytes32 context = Digests.context(
            Digests.Context(
                block.chainid,
                place,
                p.subject,
                keyId,
                mandateDigest,
                p.risk,
                set,
                p.asOf,
                p.validUntil,
                p.epoch
            )
        );
        uint256 sheet = addmod(rulesScalar, RISK_SCALAR, Trapdoor.R);
        return Trapdoor.prove(sheet, Digests.field(context), commitments, p.salt);
    }
}
