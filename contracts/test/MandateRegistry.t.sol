// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IMandateRegistry} from "../src/interfaces/IMandateRegistry.sol";
import {IVkStore} from "../src/interfaces/IVkStore.sol";
import {Digests} from "../src/lib/Digests.sol";
import {Trapdoor} from "./support/Trapdoor.sol";
import {World} from "./support/World.sol";

contract MandateRegistryTest is World {
    function one(IMandateRegistry.Entry memory e)
        private
        pure
        returns (IMandateRegistry.Entry[] memory list)
    {
        list = new IMandateRegistry.Entry[](1);
        list[0] = e;
    }

    function start() private pure returns (bytes32) {
        return Digests.rulesStart(keccak256(bytes(Trapdoor.SHAPE)), keccak256(bytes(MODEL)));
    }

    function test_the_point_is_computed_from_the_integers() external view {
        IMandateRegistry.Mandate memory m = mandates.mandate(mandateId);
        (uint256 x, uint256 y) = Trapdoor.g1(rulesScalar);
        same(m.x, x);
        same(m.y, y);
        same(m.digest, mandateDigest);
        same(m.keyId, keyId);
        same(m.key, keys.info(keyId).pointer);
        same(m.line, mandateId);
        same(mandateId, mandates.idOf(mandateDigest, keyId));
    }

    function test_one_transaction_or_many_is_the_same_mandate() external {
        mandates.abandon(mandates.begin(terms()));
        uint256 draft = mandates.begin(terms());
        for (uint32 i = 0; i < 3; ++i) {
            mandates.append(draft, one(entry(7 * i + 2, values()[i])));
            gasAtMost("append one coefficient (whole transaction)", 110_000);
        }
        // The same digest, hence the same mandate: there already.
        vm.expectRevert(abi.encodeWithSelector(IMandateRegistry.AlreadyRegistered.selector, mandateId));
        mandates.finish(draft, mandateDigest);
    }

    function test_a_batch_of_coefficients() external {
        uint256 draft = mandates.begin(terms());
        IMandateRegistry.Entry[] memory batch = new IMandateRegistry.Entry[](Trapdoor.RULES);
        uint256 scalar;
        for (uint32 i = 0; i < Trapdoor.RULES; ++i) {
            int128 value = i % 2 == 0 ? type(int128).min : type(int128).max;
            batch[i] = entry(i, value);
            scalar = addmod(scalar, scaled(i, value), Trapdoor.R);
        }
        mandates.append(draft, batch);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        emit log_named_uint("append 40 coefficients, path of 7: gas each", used / 40);
        atMost(used / 40, 23_000);
        bytes32 digest = start();
        for (uint32 i = 0; i < Trapdoor.RULES; ++i) {
            digest = Digests.rulesStep(digest, i, batch[i].value);
        }
        IMandateRegistry.Mandate memory m = mandates.mandate(mandates.finish(draft, digest));
        (uint256 x, uint256 y) = Trapdoor.g1(scalar);
        same(m.x, x);
        same(m.y, y);
        same(m.owner, address(this));
    }

    function test_every_value_lands_as_it_should(int128 value, uint32 position) external {
        vm.assume(value != 0);
        position %= Trapdoor.RULES;
        uint256 draft = mandates.begin(terms());
        mandates.append(draft, one(entry(position, value)));
        bytes32 id = mandates.finish(draft, Digests.rulesStep(start(), position, value));
        (uint256 x, uint256 y) = Trapdoor.g1(scaled(position, value));
        same(mandates.mandate(id).x, x);
        same(mandates.mandate(id).y, y);
    }

    function test_positions_must_grow() external {
        uint256 draft = mandates.begin(terms());
        mandates.append(draft, one(entry(5, 1)));
        bytes4 why = IMandateRegistry.PositionOutOfOrder.selector;
        refused(draft, entry(5, 1), abi.encodeWithSelector(why, 5, 6));
        refused(draft, entry(4, 1), abi.encodeWithSelector(why, 4, 6));
        mandates.append(draft, one(entry(6, 1)));
    }

    function test_only_the_keys_rules_points_are_taken() external {
        uint256 draft = mandates.begin(terms());
        bytes memory why = abi.encodeWithSelector(IMandateRegistry.WrongPoint.selector, 5);
        IMandateRegistry.Entry memory e = entry(5, 1);
        e.x ^= 1;
        refused(draft, e, why);
        // The right point of another position.
        e = entry(6, 1);
        e.position = 5;
        refused(draft, e, why);
        e = entry(5, 1);
        e.path[2] ^= bytes32(uint256(1));
        refused(draft, e, why);
        e = entry(5, 1);
        e.path = new bytes32[](0);
        refused(draft, e, why);
        // A path that is too long, and one that is cut.
        e = entry(5, 1);
        bytes32[] memory path = e.path;
        e.path = new bytes32[](8);
        refused(draft, e, why);
        e.path = new bytes32[](6);
        for (uint256 i = 0; i < 6; ++i) {
            e.path[i] = path[i];
        }
        refused(draft, e, why);
        // A risk point is no rules point.
        refused(
            draft, entry(40, 1), abi.encodeWithSelector(IMandateRegistry.PositionOutOfRange.selector, 40, 40)
        );
        refused(draft, entry(5, 0), abi.encodeWithSelector(IMandateRegistry.ZeroValue.selector, 5));
    }

    function refused(uint256 draft, IMandateRegistry.Entry memory e, bytes memory why) private {
        vm.expectRevert(why);
        mandates.append(draft, one(e));
    }

    function test_another_digest_or_no_integers_are_refused() external {
        uint256 draft = mandates.begin(terms());
        vm.expectRevert(abi.encodeWithSelector(IMandateRegistry.PointAtInfinity.selector));
        mandates.finish(draft, start());
        vm.expectRevert(
            abi.encodeWithSelector(IMandateRegistry.DigestMismatch.selector, mandateDigest, start())
        );
        mandates.finish(draft, mandateDigest);
        mandates.abandon(draft);
        vm.expectRevert(abi.encodeWithSelector(IMandateRegistry.UnknownDraft.selector, draft));
        mandates.finish(draft, start());
        refused(draft, entry(5, 1), abi.encodeWithSelector(IMandateRegistry.UnknownDraft.selector, draft));
    }

    function test_terms_are_checked() external {
        IMandateRegistry.Terms memory t = terms();
        t.shape = "s256";
        vm.expectRevert(
            abi.encodeWithSelector(
                IMandateRegistry.ShapeMismatch.selector, keccak256("t32"), keccak256("s256")
            )
        );
        mandates.begin(t);
        t = terms();
        t.keyId = bytes32(uint256(9));
        vm.expectRevert(abi.encodeWithSelector(IVkStore.UnknownKey.selector, t.keyId));
        mandates.begin(t);
        t = terms();
        t.maxAge = 0;
        vm.expectRevert(abi.encodeWithSelector(IMandateRegistry.BadTerms.selector));
        mandates.begin(t);
        t = terms();
        t.owner = address(0);
        vm.expectRevert(abi.encodeWithSelector(IMandateRegistry.BadTerms.selector));
        mandates.begin(t);
    }

    function test_only_governance_registers() external {
        bytes memory why = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(7));
        IMandateRegistry.Terms memory t = terms();
        vm.prank(address(7));
        vm.expectRevert(why);
        mandates.begin(t);
        uint256 draft = mandates.begin(t);
        vm.prank(address(7));
        vm.expectRevert(why);
        mandates.append(draft, new IMandateRegistry.Entry[](0));
        vm.prank(address(7));
        vm.expectRevert(why);
        mandates.finish(draft, start());
        vm.prank(address(7));
        vm.expectRevert(why);
        mandates.abandon(draft);
    }
}
