// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {ComplianceRegistry} from "../src/ComplianceRegistry.sol";
import {EpochBeacon} from "../src/EpochBeacon.sol";
import {GatedVault} from "../src/GatedVault.sol";
import {Groth16Verifier} from "../src/Groth16Verifier.sol";
import {KeyVerifier} from "../src/KeyVerifier.sol";
import {MandateRegistry} from "../src/MandateRegistry.sol";
import {PriceBreaker} from "../src/PriceBreaker.sol";
import {RiskRegistry} from "../src/RiskRegistry.sol";
import {VerifierRouter} from "../src/VerifierRouter.sol";
import {VerifierStop} from "../src/VerifierStop.sol";
import {VkStore} from "../src/VkStore.sol";
import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {IKeyVerifier} from "../src/interfaces/IKeyVerifier.sol";
import {DemoToken} from "../src/mocks/DemoToken.sol";
import {SubjectVault} from "./support/Consumers.sol";
import {Trapdoor} from "./support/Trapdoor.sol";
import {World} from "./support/World.sol";

contract PlainVault is ERC4626 {
    constructor(IERC20 asset_) ERC20("Plain", "P") ERC4626(asset_) {}
}

/// @notice The figures that this project promises, with their goals; `make gas` prints them. A shape of eight accounts.
/// @dev Every figure is in `snapshots/gas.json` too, which the test run compares exactly.
contract GasTest is World {
    uint256 private constant ANY = type(uint256).max;
    uint16 private constant SHAPE_ACCOUNTS = 8;

    function shapeAccounts() internal pure override returns (uint16) {
        return SHAPE_ACCOUNTS;
    }

    /// @dev What is measured is held exactly by the snapshot, beside its goal, which `tools/gas.sh` compares.
    function figure(string memory name, uint256 got, uint256 goal) private {
        emit log_named_uint(string.concat("FIGURE ", name, " | ", vm.toString(goal)), got);
        vm.snapshotValue("gas", name, got);
    }

    function spent() private view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }

    function declareMany(bytes32 subject, uint16 count) private {
        IAttestorRegistry.Account[] memory list = new IAttestorRegistry.Account[](count);
        for (uint16 i = 0; i < count; ++i) {
            list[i] = IAttestorRegistry.Account(
                i,
                keccak256(abi.encode("account of", subject, i)),
                vm.addr(VENUE),
                IAttestorRegistry.Grade.Venue
            );
        }
        vm.prank(ADMINISTRATOR);
        registry.declareAccounts(subject, 2, list);
    }

    function attestGas(uint64 epoch) private returns (uint256) {
        Plan memory p = plan();
        if (epoch > 1) {
            vm.warp(NOW + 600);
            (p.risk, p.asOf, p.epoch, p.sequence) = (keccak256("risk two"), NOW + 500, epoch, epoch);
            p.validUntil = p.asOf + 1 days;
            publishRisk(p.risk, p.asOf);
        }
        Call memory call = callFor(p);
        registry.attest(call.mandateId, call.risk, call.s);
        return spent();
    }

    /// @dev After another subject: the first attestation after a change of version writes that down, which is a figure of its own.
    function both(uint16 accounts, string memory name, uint256 first, uint256 refresh) private {
        attestOther();
        declareMany(SUBJECT, accounts);
        figure(string.concat("attest, ", name, ", first"), attestGas(1), first);
        figure(string.concat("attest, ", name, ", refresh"), attestGas(2), refresh);
    }

    function attestOther() private {
        Plan memory p = plan();
        p.subject = OTHER;
        submit(callFor(p));
    }

    function test_gas_attest_first_of_a_version() external {
        declareMany(SUBJECT, 1);
        figure("attest, 1 account, first of a version", attestGas(1), 280_000);
    }

    function test_gas_attest_one_account() external {
        both(1, "1 account", 280_000, 262_000);
    }

    function test_gas_attest_four_accounts() external {
        both(4, "4 accounts", 335_000, 335_000);
    }

    function test_gas_attest_eight_accounts() external {
        both(8, "8 accounts", 405_000, 405_000);
    }

    function test_gas_is_compliant() external {
        declareMany(SUBJECT, 1);
        attestGas(1);
        isTrue(registry.isCompliant(SUBJECT, mandateId, ANY));
        figure("isCompliant (call)", spent(), 5_500);
    }

    function test_gas_gate_on_a_deposit() external {
        declareMany(SUBJECT, 1);
        attestGas(1);
        vm.prank(ADMINISTRATOR);
        registry.approveAddress(SUBJECT, MANAGER, true);
        vm.prank(MANAGER);
        registry.linkAddress(SUBJECT);
        DemoToken token = new DemoToken();
        token.mint(address(this), 1e18);
        PlainVault plain = new PlainVault(token);
        SubjectVault named = new SubjectVault(token, registry, mandateId, 12 hours, SUBJECT);
        GatedVault gated = new GatedVault(token, "Gated", "G", MANAGER, registry, mandateId, 12 hours);
        token.approve(address(plain), ANY);
        token.approve(address(gated), ANY);
        token.approve(address(named), ANY);
        plain.deposit(1e9, address(this));
        named.deposit(1e9, address(this));
        gated.deposit(1e9, address(this));
        plain.deposit(1e9, address(this));
        uint256 without = spent();
        named.deposit(1e9, address(this));
        figure("gate by subject, added to a deposit", spent() - without, 8_500);
        gated.deposit(1e9, address(this));
        figure("gate by the manager's address, added", spent() - without, 8_500);
    }

    function pair(uint256 salt)
        private
        view
        returns (uint256[8] memory proof, uint256 context, uint256[] memory list)
    {
        context = uint256(keccak256(abi.encode("context", salt))) >> 8;
        list = new uint256[](1);
        list[0] = uint256(keccak256(abi.encode("commitment", salt))) >> 8;
        proof = Trapdoor.prove(0xfeed, context, list, salt);
    }

    /// @dev A key of one account: two inputs of each proof, context and commitment, beside the sheet.
    function smallKey() private returns (address) {
        bytes memory head = Trapdoor.headFor(0, 1);
        return keys.write(keccak256(head), head);
    }

    function test_gas_verify() external {
        address key = smallKey();
        (uint256 x, uint256 y) = Trapdoor.g1(0xfeed);
        (uint256[8] memory proof, uint256 context, uint256[] memory list) = pair(0);
        verifier.verify(key, proof, x, y, context, list);
        figure("verify, context and 1 commitment (call)", spent(), 195_500);
        IKeyVerifier own = IKeyVerifier(address(new KeyVerifier(keys, keccak256(Trapdoor.headFor(0, 1)))));
        own.verify(proof, x, y, context, list);
        figure("verify, the same, key in its own code (call)", spent(), 195_500);
    }

    function test_gas_verify_malformed() external {
        address key = smallKey();
        (uint256 x, uint256 y) = Trapdoor.g1(0xfeed);
        (uint256[8] memory proof, uint256 context, uint256[] memory list) = pair(0);
        uint256 most;
        for (uint256 i = 0; i < 8; ++i) {
            proof[i] ^= 1;
            isTrue(!verifier.tryVerify(key, proof, x, y, context, list));
            if (spent() > most) most = spent();
            proof[i] ^= 1;
        }
        figure("verify, malformed, the dearest (call)", most, 450_000);
    }

    function test_gas_verify_batch() external {
        address key = smallKey();
        (uint256 x, uint256 y) = Trapdoor.g1(0xfeed);
        uint256[2] memory sizes = [uint256(8), 16];
        uint256[2] memory limits = [uint256(72_000), 60_000];
        for (uint256 s = 0; s < 2; ++s) {
            uint256 k = sizes[s];
            uint256[8][] memory proofs = new uint256[8][](k);
            uint256[] memory inputs = new uint256[](2 * k);
            for (uint256 i = 0; i < k; ++i) {
                uint256[] memory list;
                (proofs[i], inputs[2 * i], list) = pair(i);
                inputs[2 * i + 1] = list[0];
            }
            verifier.verifyBatch(key, x, y, proofs, inputs);
            figure(
                string.concat("verify, batch of ", vm.toString(k), ", each (call)"), spent() / k, limits[s]
            );
        }
    }

    function test_gas_deployment() external {
        uint256 before = gasleft();
        VkStore k = new VkStore();
        Groth16Verifier v = new Groth16Verifier();
        MandateRegistry m = new MandateRegistry(address(this), k);
        RiskRegistry r = new RiskRegistry(address(this), k, quorum(), 2, riskRules());
        EpochBeacon b = new EpochBeacon();
        (mandates, risks, verifier, beacon) = (m, r, v, b);
        ComplianceRegistry c = new ComplianceRegistry(setup());
        new PriceBreaker(address(this), c, r, address(0), 0);
        new VerifierRouter(address(this), address(this), 0);
        bytes32[] memory path = Trapdoor.path(leaves, 31);
        assembly ("memory-safe") {
            mstore(path, 7)
        }
        (uint256 x, uint256 y) = Trapdoor.g1(Trapdoor.sheet(31));
        new VerifierStop(v, keys, keyId, address(this), 31, x, y, path);
        figure("deploy everything", before - gasleft(), 12_000_000);
    }
}
