// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {MandateRegistry} from "../src/MandateRegistry.sol";
import {RiskRegistry} from "../src/RiskRegistry.sol";
import {VkStore} from "../src/VkStore.sol";
import {IRiskRegistry} from "../src/interfaces/IRiskRegistry.sol";
import {ISpots} from "../src/interfaces/ISpots.sol";
import {IVkStore} from "../src/interfaces/IVkStore.sol";
import {Band} from "../src/lib/Band.sol";
import {RiskTrace} from "../src/lib/RiskTrace.sol";
import {Check} from "./support/Vm.sol";

/// @notice What Rust and Solidity must agree on of risk parts and prices. `crates/chain` writes the files: `tests/vectors.rs`,
/// and for bands `src/standing.rs`.
contract RiskVectorsTest is Check {
    string private risk;

    function setUp() public {
        risk = vm.readFile("test/vectors/risk.json");
    }

    function number(string memory path) private view returns (uint256) {
        return vm.parseJsonUint(risk, path);
    }

    function word(string memory path) private view returns (bytes32) {
        return vm.parseJsonBytes32(risk, path);
    }

    /// @dev The registry's code at the vector's address: domain and ids are computed by it, not here.
    function registry() private returns (RiskRegistry at) {
        address[] memory signers = new address[](1);
        signers[0] = address(1);
        IRiskRegistry.Rules memory rules = IRiskRegistry.Rules({
            delay: 1,
            fallbackDelay: 1,
            silence: 1,
            fallbackThreshold: 1,
            response: 1,
            history: 1,
            bond: 0,
            demandBond: 0
        });
        RiskRegistry made = new RiskRegistry(address(this), IVkStore(address(2)), signers, 1, rules);
        at = registryAt();
        vm.etch(address(at), address(made).code);
        vm.chainId(number(".chainId"));
    }

    function spots() private view returns (ISpots.Spot[] memory list) {
        bytes32[] memory assets = vm.parseJsonBytes32Array(risk, ".spots.assets");
        uint256[] memory prices = vm.parseJsonUintArray(risk, ".spots.prices");
        uint256[] memory decimals = vm.parseJsonUintArray(risk, ".spots.decimals");
        list = new ISpots.Spot[](assets.length);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = ISpots.Spot(assets[i], uint128(prices[i]), uint8(decimals[i]));
        }
    }

    function publication() private view returns (IRiskRegistry.Publication memory p) {
        uint256[] memory point = vm.parseJsonUintArray(risk, ".publication.point");
        p = IRiskRegistry.Publication({
            risk: word(".publication.risk"),
            universe: word(".publication.universe"),
            snapshot: word(".publication.snapshot"),
            model: keccak256(bytes(vm.parseJsonString(risk, ".publication.model"))),
            keyId: word(".publication.keyId"),
            x: point[0],
            y: point[1],
            trace: word(".publication.trace"),
            chunks: uint32(number(".publication.chunks")),
            semantics: uint32(number(".publication.semantics")),
            spots: keccak256(abi.encode(spots())),
            asOf: uint64(number(".publication.asOf")),
            usableFrom: uint64(number(".publication.usableFrom")),
            usableTo: uint64(number(".publication.usableTo")),
            quorum: uint64(number(".publication.quorum"))
        });
    }

    function test_what_a_quorum_signs() external {
        IRiskRegistry.Publication memory p = publication();
        bytes32 hash = registry().signingHash(p);
        same(hash, word(".publication.signingHash"));
        bytes memory signature = vm.parseJsonBytes(risk, ".publication.signature");
        bytes32 r;
        bytes32 s;
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
        }
        same(ecrecover(hash, uint8(signature[64]), r, s), vm.parseJsonAddress(risk, ".publication.signer"));
        // The same words for another chain are another message.
        vm.chainId(number(".chainId") + 1);
        isTrue(registryAt().signingHash(p) != hash);
    }

    function registryAt() private view returns (RiskRegistry) {
        return RiskRegistry(vm.parseJsonAddress(risk, ".registry"));
    }

    function test_ids() external {
        IRiskRegistry.Publication memory p = publication();
        same(registry().idOf(p.risk, p.keyId, p.model), word(".publication.riskId"));
        MandateRegistry mandates = new MandateRegistry(address(this), new VkStore());
        same(mandates.idOf(word(".mandate.digest"), word(".mandate.keyId")), word(".mandate.id"));
    }

    function isStep(IRiskRegistry.Step calldata step, bytes32 trace) external pure returns (bool) {
        return RiskTrace.isStep(step, trace);
    }

    function test_a_step_of_the_trace() external view {
        uint256[] memory sum = vm.parseJsonUintArray(risk, ".step.sum");
        bytes32[] memory list = vm.parseJsonBytes32Array(risk, ".step.values");
        uint256[32] memory values;
        for (uint256 i = 0; i < 32; ++i) {
            values[i] = uint256(list[i]);
        }
        IRiskRegistry.Step memory step = IRiskRegistry.Step({
            chunk: uint32(number(".step.chunk")),
            x: sum[0],
            y: sum[1],
            values: keccak256(abi.encode(values)),
            path: vm.parseJsonBytes32Array(risk, ".step.path")
        });
        bytes32 root = word(".step.root");
        same(list.length, 32);
        same(root, word(".publication.trace"));
        isTrue(this.isStep(step, root));
        step.chunk ^= 1;
        isTrue(!this.isStep(step, root));
    }

    /// @notice Rust's agent says from when on a price is outside the band; the breaker says the same.
    function test_bands() external view {
        string memory bands = vm.readFile("test/vectors/bands.json");
        uint256[] memory live = vm.parseJsonUintArray(bands, ".live");
        uint256[] memory liveDecimals = vm.parseJsonUintArray(bands, ".liveDecimals");
        uint256[] memory base = vm.parseJsonUintArray(bands, ".base");
        uint256[] memory baseDecimals = vm.parseJsonUintArray(bands, ".baseDecimals");
        uint256[] memory band = vm.parseJsonUintArray(bands, ".band");
        uint256[] memory within = vm.parseJsonUintArray(bands, ".within");
        isTrue(live.length == within.length && live.length > 20);
        for (uint256 i = 0; i < live.length; ++i) {
            bool found = Band.within(live[i], liveDecimals[i], base[i], baseDecimals[i], band[i]);
            if (found != (within[i] == 1)) revert Differ(i, within[i]);
        }
    }
}
