// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {VkStore} from "../src/VkStore.sol";
import {IVkStore} from "../src/interfaces/IVkStore.sol";
import {Bn254} from "../src/lib/Bn254.sol";
import {Trapdoor} from "./support/Trapdoor.sol";
import {Check} from "./support/Vm.sol";

contract VkStoreTest is Check {
    VkStore private keys;

    function setUp() public {
        keys = new VkStore();
    }

    function word(bytes memory head, uint256 offset, uint256 value) private pure {
        assembly ("memory-safe") {
            mstore(add(add(head, 0x20), offset), value)
        }
    }

    function refused(bytes memory head, bytes memory why) private {
        vm.expectRevert(why);
        keys.write(keccak256(head), head);
    }

    function test_a_key_is_stored_under_its_digest() external {
        bytes memory head = Trapdoor.head(0);
        bytes32 id = keccak256(head);
        address pointer = keys.write(id, head);
        gasAtMost("store a key of 3 accounts", 700_000);
        same(keccak256(pointer.code), keccak256(bytes.concat(hex"00", head)));
        IVkStore.Info memory key = keys.info(id);
        same(key.accounts, 3);
        same(key.circuitVersion, 1);
        same(key.origin, 0);
        same(key.rules, Trapdoor.RULES);
        same(key.shape, keccak256(bytes(Trapdoor.SHAPE)));
        same(key.sheetRoot, Trapdoor.path(Trapdoor.level0(), 3)[Trapdoor.DEPTH]);
        refused(head, abi.encodeWithSelector(IVkStore.AlreadyStored.selector, id));
    }

    function test_another_id_is_refused() external {
        bytes memory head = Trapdoor.head(0);
        vm.expectRevert(
            abi.encodeWithSelector(IVkStore.KeyIdMismatch.selector, bytes32(uint256(1)), keccak256(head))
        );
        keys.write(bytes32(uint256(1)), head);
        vm.expectRevert(abi.encodeWithSelector(IVkStore.UnknownKey.selector, keccak256(head)));
        keys.info(keccak256(head));
    }

    function test_a_development_key_is_refused_off_the_local_chain() external {
        vm.chainId(1);
        bytes memory head = Trapdoor.head(0);
        refused(head, abi.encodeWithSelector(IVkStore.DevelopmentKey.selector, 1));
        head = Trapdoor.head(1);
        keys.write(keccak256(head), head);
        refused(Trapdoor.head(2), abi.encodeWithSelector(IVkStore.UnknownOrigin.selector, 2));
    }

    function test_every_g1_point_is_checked() external {
        for (uint256 i = 0; i < 6; ++i) {
            uint256 offset = i == 0 ? 0 : 448 + 64 * (i - 1);
            bytes memory why = abi.encodeWithSelector(IVkStore.BadG1.selector, i);
            bytes memory head = Trapdoor.head(0);
            word(head, offset, Bn254.Q);
            refused(head, why);
            head = Trapdoor.head(0);
            word(head, offset, 0);
            word(head, offset + 32, 0);
            refused(head, why);
        }
    }

    function test_every_g2_point_is_checked() external {
        bytes memory why = abi.encodeWithSelector(IVkStore.BadG2.selector);
        uint256[4] memory outside = Trapdoor.outsideSubgroup();
        for (uint256 offset = 64; offset < 448; offset += 128) {
            bytes memory head = Trapdoor.head(0);
            word(head, offset + 32, 5);
            refused(head, why);
            head = Trapdoor.head(0);
            for (uint256 i = 0; i < 4; ++i) {
                word(head, offset + 32 * i, outside[i]);
            }
            refused(head, why);
            for (uint256 i = 0; i < 4; ++i) {
                word(head, offset + 32 * i, 0);
            }
            refused(head, why);
        }
    }

    function test_gamma_equal_to_delta_is_refused() external {
        bytes memory head = Trapdoor.head(0);
        for (uint256 i = 0; i < 128; ++i) {
            head[192 + i] = head[320 + i];
        }
        refused(head, abi.encodeWithSelector(IVkStore.BadG2.selector));
    }

    function test_lengths_and_tails_are_checked() external {
        bytes memory head = Trapdoor.head(0);
        refused(
            bytes.concat(head, hex"00"), abi.encodeWithSelector(IVkStore.HeadLength.selector, head.length + 1)
        );
        refused(new bytes(448 + 71 + 128), abi.encodeWithSelector(IVkStore.HeadLength.selector, 647));
        refused("", abi.encodeWithSelector(IVkStore.HeadLength.selector, 0));
        bytes memory tailless = Trapdoor.head(0);
        for (uint256 i = 0; i < 4; ++i) {
            tailless[tailless.length - 71 + i] = 0;
        }
        refused(tailless, abi.encodeWithSelector(IVkStore.NoSheet.selector));
        word(head, head.length - 67, 0);
        refused(head, abi.encodeWithSelector(IVkStore.NoSheet.selector));
    }
}
