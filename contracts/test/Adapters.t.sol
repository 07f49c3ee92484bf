// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ComplianceGate} from "../src/ComplianceGate.sol";
import {Erc3643Module} from "../src/adapters/Erc3643Module.sol";
import {Erc4626Guard} from "../src/adapters/Erc4626Guard.sol";
import {MorphoGate} from "../src/adapters/MorphoGate.sol";
import {UniswapAllowlist} from "../src/adapters/UniswapAllowlist.sol";
import {IAllowlistChecker} from "../src/adapters/interfaces/IAllowlistChecker.sol";
import {IErc3643Module} from "../src/adapters/interfaces/IErc3643Module.sol";
import {IReceiveSharesGate, ISendAssetsGate} from "../src/adapters/interfaces/IMorphoGates.sol";
import {ICompliance} from "../src/interfaces/IComplianceRegistry.sol";
import {DemoToken} from "../src/mocks/DemoToken.sol";
import {
    BrokenCompliance,
    GuardedVault,
    IModularCompliance,
    MorphoLikeVault,
    PoolLikeAdapter,
    SubjectVault
} from "./support/Consumers.sol";
import {World} from "./support/World.sol";

contract AdaptersTest is World {
    uint256 private constant FRESH = 12 hours;
    address private constant STRANGER = address(0x57);
    DemoToken private token;

    function setUp() public override {
        super.setUp();
        token = new DemoToken();
        token.mint(MANAGER, 1000);
        token.mint(STRANGER, 1000);
        vm.prank(ADMINISTRATOR);
        attestors.approveAddress(SUBJECT, MANAGER, true);
        vm.prank(MANAGER);
        attestors.linkAddress(SUBJECT);
    }

    function attest() private {
        submit(callFor(plan()));
    }

    function vaultBy(bool byReceiver, bool bySender) private returns (GuardedVault vault) {
        vault = new GuardedVault(token, registry, mandateId, FRESH, byReceiver, bySender);
        vm.prank(MANAGER);
        token.approve(address(vault), 1000);
        vm.prank(STRANGER);
        token.approve(address(vault), 1000);
    }

    // --- ERC-4626

    function refused(GuardedVault vault, address sender, address receiver, bytes memory why) private {
        vm.prank(sender);
        vm.expectRevert(why);
        vault.deposit(1, receiver);
        vm.prank(sender);
        vm.expectRevert(why);
        vault.mint(1, receiver);
    }

    function test_a_vault_guarded_by_receiver() external {
        GuardedVault vault = vaultBy(true, false);
        same(vault.maxDeposit(MANAGER), 0);
        same(vault.maxMint(MANAGER), 0);
        refused(
            vault, MANAGER, MANAGER, abi.encodeWithSelector(ICompliance.NoRecord.selector, SUBJECT, mandateId)
        );
        attest();
        same(vault.maxDeposit(MANAGER), type(uint256).max);
        same(vault.maxMint(MANAGER), type(uint256).max);
        same(vault.maxDeposit(STRANGER), 0);
        // Anybody may pay for an attested receiver.
        vm.prank(STRANGER);
        vault.deposit(10, MANAGER);
        vm.prank(STRANGER);
        vault.mint(10, MANAGER);
        refused(vault, MANAGER, STRANGER, abi.encodeWithSelector(ICompliance.NoSubject.selector, STRANGER));
    }

    function test_a_vault_guarded_by_sender() external {
        GuardedVault vault = vaultBy(false, true);
        attest();
        same(vault.maxDeposit(STRANGER), type(uint256).max);
        vm.prank(MANAGER);
        vault.deposit(10, STRANGER);
        refused(vault, STRANGER, MANAGER, abi.encodeWithSelector(ICompliance.NoSubject.selector, STRANGER));
    }

    function test_a_vault_guarded_by_both() external {
        GuardedVault vault = vaultBy(true, true);
        attest();
        bytes memory why = abi.encodeWithSelector(ICompliance.NoSubject.selector, STRANGER);
        refused(vault, STRANGER, MANAGER, why);
        refused(vault, MANAGER, STRANGER, why);
        vm.prank(MANAGER);
        vault.deposit(10, MANAGER);
        same(vault.balanceOf(MANAGER), 10);
    }

    function test_a_guarded_vault_never_gates_an_exit() external {
        GuardedVault vault = vaultBy(true, true);
        attest();
        vm.prank(MANAGER);
        vault.deposit(100, MANAGER);
        registry.revoke(SUBJECT, mandateId);
        registry.setPaused(mandateId, true);
        same(vault.maxDeposit(MANAGER), 0);
        same(vault.maxWithdraw(MANAGER), 100);
        same(vault.maxRedeem(MANAGER), 100);
        vm.prank(MANAGER);
        vault.withdraw(50, STRANGER, MANAGER);
        vm.prank(MANAGER);
        vault.redeem(50, MANAGER, MANAGER);
        same(vault.totalSupply(), 0);
    }

    function test_a_vault_gated_by_subject() external {
        SubjectVault vault = new SubjectVault(token, registry, mandateId, FRESH, SUBJECT);
        token.mint(address(this), 10);
        token.approve(address(vault), 10);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.NoRecord.selector, SUBJECT, mandateId));
        vault.deposit(1, address(this));
        attest();
        vault.deposit(1, address(this));
    }

    function test_a_guard_of_nobody_is_refused() external {
        vm.expectRevert(Erc4626Guard.GuardsNobody.selector);
        new GuardedVault(token, registry, mandateId, FRESH, false, false);
    }

    // --- every gate, over every registry

    function test_a_gate_over_no_contract_is_refused() external {
        vm.expectRevert(abi.encodeWithSelector(ComplianceGate.NoCompliance.selector, address(0xdead)));
        new MorphoGate(ICompliance(address(0xdead)), mandateId, FRESH);
    }

    function test_no_answer_but_a_clean_yes_opens_and_none_reverts() external {
        for (uint8 how = 0; how < 5; ++how) {
            ICompliance broken = ICompliance(address(new BrokenCompliance(BrokenCompliance.How(how))));
            MorphoGate gate = new MorphoGate(broken, mandateId, FRESH);
            uint256 before = gasleft();
            isTrue(!gate.canSendAssets(MANAGER));
            atMost(before - gasleft(), 2_100_000);
            isTrue(!gate.canReceiveShares(MANAGER));
            UniswapAllowlist list = new UniswapAllowlist(broken, mandateId, FRESH);
            same(bytes32(list.checkAllowlist(MANAGER, address(token))), 0);
            Erc3643Module module = new Erc3643Module(broken, mandateId, FRESH, address(0));
            isTrue(!module.moduleCheck(MANAGER, MANAGER, 1, address(this)));
            GuardedVault vault = new GuardedVault(token, broken, mandateId, FRESH, true, true);
            same(vault.maxDeposit(MANAGER), 0);
            same(vault.maxMint(MANAGER), 0);
        }
    }

    function test_gates_answer_for_any_account(address account) external {
        attest();
        MorphoGate gate = new MorphoGate(registry, mandateId, FRESH);
        uint256 before = gasleft();
        isTrue(gate.canSendAssets(account) == (account == MANAGER));
        uint256 used = before - gasleft();
        atMost(used, 30_000);
    }

    // --- Morpho Vault V2

    function test_a_morpho_vault_asks_and_is_answered() external {
        MorphoGate gate = new MorphoGate(registry, mandateId, FRESH);
        MorphoLikeVault vault = new MorphoLikeVault(address(gate), address(gate));
        vm.prank(MANAGER);
        vm.expectRevert(MorphoLikeVault.CannotReceiveShares.selector);
        vault.deposit(1, MANAGER);
        attest();
        vm.prank(MANAGER);
        vault.deposit(5, MANAGER);
        vm.prank(STRANGER);
        vm.expectRevert(MorphoLikeVault.CannotSendAssets.selector);
        vault.deposit(1, MANAGER);
        vm.warp(AS_OF + FRESH + 1);
        vm.prank(MANAGER);
        vm.expectRevert(MorphoLikeVault.CannotReceiveShares.selector);
        vault.deposit(1, MANAGER);
        vm.prank(MANAGER);
        vault.withdraw(5);
    }

    function test_a_morpho_gate_answers_no_question_about_exits() external {
        MorphoGate gate = new MorphoGate(registry, mandateId, FRESH);
        string[2] memory exits = ["canSendShares(address)", "canReceiveAssets(address)"];
        for (uint256 i = 0; i < 2; ++i) {
            (bool ok,) = address(gate).staticcall(abi.encodeWithSignature(exits[i], MANAGER));
            isTrue(!ok);
        }
        same(
            bytes32(ISendAssetsGate.canSendAssets.selector),
            bytes32(bytes4(keccak256("canSendAssets(address)")))
        );
        same(
            bytes32(IReceiveSharesGate.canReceiveShares.selector),
            bytes32(bytes4(keccak256("canReceiveShares(address)")))
        );
    }

    // --- Uniswap v4

    function test_a_permissioned_pool_asks_and_is_answered() external {
        UniswapAllowlist list = new UniswapAllowlist(registry, mandateId, FRESH);
        PoolLikeAdapter pool = new PoolLikeAdapter(list, address(token));
        isTrue(!pool.isAllowed(MANAGER, 0x0001));
        attest();
        isTrue(pool.isAllowed(MANAGER, 0x0001));
        isTrue(pool.isAllowed(MANAGER, 0x0002));
        isTrue(pool.isAllowed(MANAGER, 0x0003));
        // Permissions that are not known today are not given away.
        isTrue(!pool.isAllowed(MANAGER, 0x0004));
        isTrue(!pool.isAllowed(STRANGER, 0x0001));
        isTrue(!pool.isAllowed(STRANGER, 0x0002));
        registry.revoke(SUBJECT, mandateId);
        isTrue(!pool.isAllowed(MANAGER, 0x0001));
    }

    function test_the_allow_lists_interface_is_the_shipped_one() external {
        UniswapAllowlist list = new UniswapAllowlist(registry, mandateId, FRESH);
        bytes4 id = bytes4(keccak256("checkAllowlist(address,address)"));
        same(bytes32(type(IAllowlistChecker).interfaceId), bytes32(id));
        isTrue(list.supportsInterface(id));
        isTrue(list.supportsInterface(type(IERC165).interfaceId));
        isTrue(!list.supportsInterface(0xffffffff));
        isTrue(!list.supportsInterface(bytes4(keccak256("checkAllowlist(address)"))));
    }

    // --- ERC-3643, against T-REX's own bytecode

    string private constant TREX =
        "node_modules/@tokenysolutions/t-rex/artifacts/contracts/compliance/modular/";

    function trex() private returns (IModularCompliance compliance) {
        string memory json = vm.readFile(string.concat(TREX, "ModularCompliance.sol/ModularCompliance.json"));
        compliance = IModularCompliance(create(vm.parseJsonBytes(json, ".bytecode")));
        compliance.init();
        compliance.bindToken(address(this));
    }

    function test_a_trex_token_takes_the_module() external {
        IModularCompliance compliance = trex();
        address desk = address(0xDE5C);
        Erc3643Module module = new Erc3643Module(registry, mandateId, FRESH, desk);
        isTrue(compliance.canTransfer(STRANGER, MANAGER, 1));
        compliance.addModule(address(module));
        isTrue(compliance.isModuleBound(address(module)));
        isTrue(module.isComplianceBound(address(compliance)));
        isTrue(!compliance.canTransfer(STRANGER, MANAGER, 1));
        attest();
        isTrue(compliance.canTransfer(STRANGER, MANAGER, 1));
        isTrue(compliance.canTransfer(address(0), MANAGER, 1));
        isTrue(!compliance.canTransfer(MANAGER, STRANGER, 1));
        // Exits: to the desk, and burning.
        isTrue(compliance.canTransfer(STRANGER, desk, 1));
        isTrue(compliance.canTransfer(STRANGER, address(0), 1));
        compliance.transferred(STRANGER, MANAGER, 1);
        compliance.created(MANAGER, 1);
        compliance.destroyed(MANAGER, 1);
        compliance.removeModule(address(module));
        isTrue(!module.isComplianceBound(address(compliance)));
        isTrue(compliance.canTransfer(MANAGER, STRANGER, 1));
    }

    function test_the_modules_interface_is_trexs() external view {
        string memory json = vm.readFile(string.concat(TREX, "modules/IModule.sol/IModule.json"));
        string[10] memory names = [
            "bindCompliance",
            "canComplianceBind",
            "isComplianceBound",
            "isPlugAndPlay",
            "moduleBurnAction",
            "moduleCheck",
            "moduleMintAction",
            "moduleTransferAction",
            "name",
            "unbindCompliance"
        ];
        // Two events come first; then the functions, in this order and with these argument lists.
        string[10] memory types =
            ["(address)", "(address)", "(address)", "()", "(address,uint256)", "", "", "", "()", "(address)"];
        types[5] = "(address,address,uint256,address)";
        types[6] = "(address,uint256)";
        types[7] = "(address,address,uint256)";
        bytes4 all;
        for (uint256 i = 0; i < 10; ++i) {
            string memory path = string.concat(".abi[", digit(2 + i), "]");
            same(
                keccak256(bytes(vm.parseJsonString(json, string.concat(path, ".name")))),
                keccak256(bytes(names[i]))
            );
            string memory list = "(";
            for (uint256 j = 0; vm.keyExistsJson(json, string.concat(path, ".inputs[", digit(j), "]")); ++j) {
                string memory t =
                    vm.parseJsonString(json, string.concat(path, ".inputs[", digit(j), "].type"));
                list = string.concat(list, j == 0 ? "" : ",", t);
            }
            list = string.concat(list, ")");
            same(keccak256(bytes(list)), keccak256(bytes(types[i])));
            all ^= bytes4(keccak256(bytes(string.concat(names[i], types[i]))));
        }
        same(bytes32(all), bytes32(type(IErc3643Module).interfaceId));
    }

    function test_only_a_compliance_contract_binds_itself() external {
        Erc3643Module module = new Erc3643Module(registry, mandateId, FRESH, address(0));
        vm.expectRevert(abi.encodeWithSelector(Erc3643Module.OnlyCompliance.selector, address(this)));
        module.bindCompliance(MANAGER);
        vm.expectRevert(abi.encodeWithSelector(Erc3643Module.NotBound.selector, address(this)));
        module.unbindCompliance(address(this));
        module.bindCompliance(address(this));
        vm.expectRevert(abi.encodeWithSelector(Erc3643Module.AlreadyBound.selector, address(this)));
        module.bindCompliance(address(this));
        vm.expectRevert(abi.encodeWithSelector(Erc3643Module.OnlyCompliance.selector, address(this)));
        module.unbindCompliance(MANAGER);
        module.unbindCompliance(address(this));
        vm.expectRevert(abi.encodeWithSelector(Erc3643Module.NotBound.selector, address(this)));
        module.moduleTransferAction(MANAGER, MANAGER, 1);
        vm.expectRevert(abi.encodeWithSelector(Erc3643Module.NotBound.selector, address(this)));
        module.moduleMintAction(MANAGER, 1);
        vm.expectRevert(abi.encodeWithSelector(Erc3643Module.NotBound.selector, address(this)));
        module.moduleBurnAction(MANAGER, 1);
        isTrue(module.canComplianceBind(address(1)));
        isTrue(module.isPlugAndPlay());
        same(keccak256(bytes(module.name())), keccak256("MandateModule"));
    }

    function digit(uint256 i) private pure returns (string memory) {
        if (i < 10) return string(abi.encodePacked(bytes1(uint8(48 + i))));
        return string(abi.encodePacked("1", bytes1(uint8(38 + i))));
    }
}
