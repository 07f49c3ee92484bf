// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Groth16Verifier} from "../src/Groth16Verifier.sol";
import {VkStore} from "../src/VkStore.sol";
import {Digests} from "../src/lib/Digests.sol";
import {Check} from "./support/Vm.sol";

/// @notice What Rust and Solidity must agree on. `crates/chain/tests/vectors.rs` writes the files.
contract VectorsTest is Check {
    string private digests;
    string private groth16;

    function setUp() public {
        digests = vm.readFile("test/vectors/digests.json");
        groth16 = vm.readFile("test/vectors/groth16.json");
    }

    function number(string memory path) private view returns (uint64) {
        return uint64(vm.parseJsonUint(digests, path));
    }

    function word(string memory path) private view returns (bytes32) {
        return vm.parseJsonBytes32(digests, path);
    }

    function test_context() external view {
        Digests.Context memory c = Digests.Context({
            chainId: number(".context.chainId"),
            registry: vm.parseJsonAddress(digests, ".context.registry"),
            subject: word(".context.subject"),
            key: word(".context.key"),
            mandate: word(".context.mandate"),
            risk: word(".context.risk"),
            accountSet: word(".context.accountSet"),
            asOf: number(".context.asOf"),
            validUntil: number(".context.validUntil"),
            epoch: number(".context.epoch")
        });
        same(Digests.context(c), word(".context.digest"));
        same(Digests.field(Digests.context(c)), uint256(word(".context.field")));
    }

    function test_rules() external view {
        uint256[] memory positions = vm.parseJsonUintArray(digests, ".rules.positions");
        int256[] memory values = vm.parseJsonIntArray(digests, ".rules.values");
        bytes32 digest = Digests.rulesStart(
            keccak256(bytes(vm.parseJsonString(digests, ".rules.shape"))),
            keccak256(bytes(vm.parseJsonString(digests, ".rules.model")))
        );
        for (uint256 i = 0; i < positions.length; ++i) {
            digest = Digests.rulesStep(digest, uint32(positions[i]), int128(values[i]));
        }
        same(digest, word(".rules.digest"));
    }

    function test_accounts() external view {
        uint256[] memory sets = vm.parseJsonUintArray(digests, ".accounts.nettingSets");
        bytes32[] memory accounts = vm.parseJsonBytes32Array(digests, ".accounts.accounts");
        address[] memory attestors = vm.parseJsonAddressArray(digests, ".accounts.attestors");
        uint256[] memory grades = vm.parseJsonUintArray(digests, ".accounts.grades");
        bytes32 digest = Digests.accountsStart(word(".accounts.subject"), number(".accounts.version"));
        for (uint256 i = 0; i < sets.length; ++i) {
            digest =
                Digests.accountsStep(digest, uint16(sets[i]), accounts[i], attestors[i], uint8(grades[i]));
        }
        same(digest, word(".accounts.digest"));
    }

    function test_attestation() external view {
        bytes32 hash = Digests.attestation(
            Digests.Attestation({
                subject: word(".attestation.subject"),
                account: word(".attestation.account"),
                nettingSet: uint16(number(".attestation.nettingSet")),
                universe: word(".attestation.universe"),
                asOf: number(".attestation.asOf"),
                sequence: number(".attestation.sequence"),
                commitment: uint256(word(".attestation.commitment"))
            })
        );
        same(hash, word(".attestation.signingHash"));
        bytes memory signature = vm.parseJsonBytes(digests, ".attestation.signature");
        bytes32 r;
        bytes32 s;
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
        }
        same(ecrecover(hash, uint8(signature[64]), r, s), vm.parseJsonAddress(digests, ".attestation.signer"));
    }

    function test_key_and_proof() external {
        bytes memory head = vm.parseJsonBytes(groth16, ".head");
        bytes32 id = vm.parseJsonBytes32(groth16, ".keyId");
        VkStore keys = new VkStore();
        address key = keys.write(id, head);
        same(keys.info(id).rules, vm.parseJsonUint(groth16, ".rules"));
        uint256[] memory words = vm.parseJsonUintArray(groth16, ".proof");
        uint256[8] memory proof;
        for (uint256 i = 0; i < 8; ++i) {
            proof[i] = words[i];
        }
        uint256[] memory sheet = vm.parseJsonUintArray(groth16, ".sheet");
        uint256 context = uint256(vm.parseJsonBytes32(groth16, ".context"));
        bytes32[] memory list = vm.parseJsonBytes32Array(groth16, ".commitments");
        uint256[] memory commitments = new uint256[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            commitments[i] = uint256(list[i]);
        }
        Groth16Verifier verifier = new Groth16Verifier();
        verifier.verify(key, proof, sheet[0], sheet[1], context, commitments);
        isTrue(!verifier.tryVerify(key, proof, sheet[0], sheet[1], context ^ 1, commitments));
    }

    function test_tree() external view {
        uint256 position = vm.parseJsonUint(groth16, ".leaf.position");
        uint256[] memory point = vm.parseJsonUintArray(groth16, ".leaf.point");
        bytes32[] memory path = vm.parseJsonBytes32Array(groth16, ".leaf.path");
        bytes32 node = Digests.icLeaf(uint32(position), point[0], point[1]);
        for (uint256 i = 0; i < path.length; ++i) {
            node = position & 1 == 0 ? Digests.icNode(node, path[i]) : Digests.icNode(path[i], node);
            position >>= 1;
        }
        same(node, vm.parseJsonBytes32(groth16, ".leaf.root"));
    }
}
