// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Groth16Verifier} from "../src/Groth16Verifier.sol";
import {KeyVerifier, KeyVerifierCode} from "../src/KeyVerifier.sol";
import {VkStore} from "../src/VkStore.sol";
import {IVkStore} from "../src/interfaces/IVkStore.sol";
import {IGroth16Errors} from "../src/interfaces/IGroth16Verifier.sol";
import {IKeyVerifier} from "../src/interfaces/IKeyVerifier.sol";
import {Bn254} from "../src/lib/Bn254.sol";
import {Trapdoor} from "./support/Trapdoor.sol";
import {Check} from "./support/Vm.sol";

/// @dev Names the same address and number of accounts for every key.
contract OddStore {
    address private immutable POINTER;
    uint16 private immutable ACCOUNTS;

    constructor(address pointer, uint16 accounts) {
        (POINTER, ACCOUNTS) = (pointer, accounts);
    }

    function info(bytes32) external view returns (IVkStore.Info memory key) {
        (key.pointer, key.accounts) = (POINTER, ACCOUNTS);
    }
}

contract Groth16VerifierTest is Check {
    uint256 private constant SHEET = 0xfeed;
    uint256 private constant CONTEXT = uint256(keccak256("context")) >> 8;
    /// @dev Two capped multiplications at most precede a failing one; then the pairing's cap.
    uint256 private constant BOUND = 410_000;

    Groth16Verifier private verifier;
    IKeyVerifier private own;
    address private key;
    uint256 private sheetX;
    uint256 private sheetY;
    uint256[] private commitments;
    uint256[8] private proof;

    function setUp() public {
        verifier = new Groth16Verifier();
        bytes memory head = Trapdoor.head(0);
        VkStore keys = new VkStore();
        key = keys.write(keccak256(head), head);
        own = IKeyVerifier(address(new KeyVerifier(keys, keccak256(head))));
        (sheetX, sheetY) = Trapdoor.g1(SHEET);
        commitments = [uint256(keccak256("c0")) >> 8, 0, uint256(keccak256("c2")) >> 8];
        proof = Trapdoor.prove(SHEET, CONTEXT, commitments, 0);
    }

    /// @dev The verifier that carries the key says the same as the one that reads it.
    function agreed(bool answer) private view {
        isTrue(own.tryVerify(proof, sheetX, sheetY, CONTEXT, commitments) == answer);
    }

    function verify() public view {
        verifier.verify(key, proof, sheetX, sheetY, CONTEXT, commitments);
    }

    function holds() private view returns (bool) {
        return verifier.tryVerify(key, proof, sheetX, sheetY, CONTEXT, commitments);
    }

    /// @dev Refused by both functions, at bounded cost, and with this error.
    function refused(bytes memory why) private {
        uint256 before = gasleft();
        isTrue(!holds());
        atMost(before - gasleft(), BOUND);
        vm.expectRevert(why);
        this.verify();
        agreed(false);
        before = gasleft();
        (bool ok, bytes memory own_) = address(own).staticcall(call());
        atMost(before - gasleft(), BOUND);
        // Each names its own address.
        if (bytes4(why) == IGroth16Errors.KeyHasOtherInputs.selector) {
            why = abi.encodeWithSelector(bytes4(why), own, commitments.length);
        }
        isTrue(!ok && keccak256(own_) == keccak256(why));
    }

    /// @dev What the verifier that carries the key is asked.
    function call() private view returns (bytes memory) {
        return abi.encodeCall(own.verify, (proof, sheetX, sheetY, CONTEXT, commitments));
    }

    function rejected() private {
        refused(abi.encodeWithSelector(IGroth16Errors.ProofRejected.selector));
    }

    function test_a_valid_proof_is_accepted() external {
        this.verify();
        uint256[] memory list = commitments;
        uint256[8] memory p = proof;
        uint256 before = gasleft();
        verifier.verify(key, p, sheetX, sheetY, CONTEXT, list);
        uint256 used = before - gasleft();
        emit log_named_uint("verify, context and 2 commitments (call gas)", used);
        atMost(used, 215_000);
        isTrue(holds());
    }

    function test_every_proof_of_the_statement_is_accepted() external {
        for (uint256 salt = 1; salt < 4; ++salt) {
            proof = Trapdoor.prove(SHEET, CONTEXT, commitments, salt);
            isTrue(holds());
            agreed(true);
        }
    }

    function test_zero_commitments_are_skipped_soundly() external {
        commitments[0] = 0;
        rejected();
        proof = Trapdoor.prove(SHEET, CONTEXT, commitments, 0);
        isTrue(holds());
        agreed(true);
        commitments[1] = 1;
        rejected();
    }

    function test_every_altered_input_is_refused() external {
        isTrue(!verifier.tryVerify(key, proof, sheetX, sheetY, CONTEXT + 1, commitments));
        for (uint256 i = 0; i < 3; ++i) {
            ++commitments[i];
            rejected();
            --commitments[i];
        }
        (sheetX, sheetY) = Trapdoor.g1(SHEET + 1);
        rejected();
    }

    function test_an_input_plus_the_order_is_refused() external {
        // The same number to the precompile, another one to whoever reads the statement.
        bytes4 why = IGroth16Errors.InputNotCanonical.selector;
        for (uint256 i = 0; i < 3; ++i) {
            commitments[i] += Bn254.R;
            refused(abi.encodeWithSelector(why, i + 1));
            commitments[i] = type(uint256).max;
            refused(abi.encodeWithSelector(why, i + 1));
            commitments[i] = i == 1 ? 0 : uint256(keccak256(bytes.concat("c", bytes1(uint8(48 + i))))) >> 8;
        }
        isTrue(holds());
        isTrue(!verifier.tryVerify(key, proof, sheetX, sheetY, CONTEXT + Bn254.R, commitments));
        vm.expectRevert(abi.encodeWithSelector(why, 0));
        verifier.verify(key, proof, sheetX, sheetY, CONTEXT + Bn254.R, commitments);
        isTrue(!own.tryVerify(proof, sheetX, sheetY, CONTEXT + Bn254.R, commitments));
    }

    /// @notice What is refused is not left out instead: these equations hold without it.
    function test_what_is_refused_is_not_left_out() external {
        bytes4 why = IGroth16Errors.InputNotCanonical.selector;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 good = commitments[i];
            commitments[i] = 0;
            proof = Trapdoor.prove(SHEET, CONTEXT, commitments, 0);
            isTrue(holds());
            commitments[i] = Bn254.R;
            refused(abi.encodeWithSelector(why, i + 1));
            commitments[i] = good;
        }
        proof = Trapdoor.prove(SHEET, 0, commitments, 0);
        isTrue(verifier.tryVerify(key, proof, sheetX, sheetY, 0, commitments));
        isTrue(own.tryVerify(proof, sheetX, sheetY, 0, commitments));
        isTrue(!verifier.tryVerify(key, proof, sheetX, sheetY, Bn254.R, commitments));
        isTrue(!own.tryVerify(proof, sheetX, sheetY, Bn254.R, commitments));
        proof = Trapdoor.prove(0, CONTEXT, commitments, 0);
        (sheetX, sheetY) = (1, 1);
        rejected();
    }

    function test_every_altered_coordinate_is_refused_at_bounded_cost() external {
        for (uint256 i = 0; i < 8; ++i) {
            uint256 good = proof[i];
            proof[i] = good + 1;
            rejected();
            proof[i] = good ^ (1 << 200);
            rejected();
            // The same residue, not canonical.
            if (good < type(uint256).max - Bn254.Q) {
                proof[i] = good + Bn254.Q;
                rejected();
            }
            proof[i] = type(uint256).max;
            rejected();
            proof[i] = good;
        }
        isTrue(holds());
    }

    function test_negated_and_swapped_points_are_refused() external {
        proof[1] = Bn254.Q - proof[1];
        rejected();
        proof[1] = Bn254.Q - proof[1];
        proof[7] = Bn254.Q - proof[7];
        rejected();
        proof[7] = Bn254.Q - proof[7];
        (proof[2], proof[3]) = (proof[3], proof[2]);
        (proof[4], proof[5]) = (proof[5], proof[4]);
        rejected();
    }

    function test_a_point_outside_the_subgroup_is_refused() external {
        uint256[4] memory point = Trapdoor.outsideSubgroup();
        (proof[2], proof[3], proof[4], proof[5]) = (point[0], point[1], point[2], point[3]);
        rejected();
    }

    function test_infinity_is_refused_wherever_it_stands() external {
        bytes memory why = abi.encodeWithSelector(IGroth16Errors.PointAtInfinity.selector);
        uint256[8] memory good = proof;
        (proof[0], proof[1]) = (0, 0);
        refused(why);
        proof = good;
        (proof[2], proof[3], proof[4], proof[5]) = (0, 0, 0, 0);
        refused(why);
        proof = good;
        (proof[6], proof[7]) = (0, 0);
        refused(why);
        // Even where the equation would hold: a sheet of nothing but zeros accepts every book.
        proof = Trapdoor.prove(0, CONTEXT, commitments, 0);
        (sheetX, sheetY) = (0, 0);
        refused(why);
    }

    /// @notice (0, Q) is no zero, and would be negated into infinity, with which this equation holds.
    function test_infinity_under_another_name_is_refused() external {
        proof = Trapdoor.proveWith(0, SHEET, CONTEXT, commitments);
        refused(abi.encodeWithSelector(IGroth16Errors.PointAtInfinity.selector));
        proof[1] = Bn254.Q;
        rejected();
    }

    function test_a_sheet_point_off_the_curve_is_refused() external {
        sheetX += 1;
        rejected();
        sheetX = Bn254.Q;
        rejected();
    }

    function test_only_code_of_the_right_length_is_a_key() external {
        commitments.push(0);
        refused(abi.encodeWithSelector(IGroth16Errors.KeyHasOtherInputs.selector, key, 4));
        commitments.pop();
        commitments.pop();
        refused(abi.encodeWithSelector(IGroth16Errors.KeyHasOtherInputs.selector, key, 2));
        key = address(0xdead);
        commitments.push(0);
        isTrue(!holds());
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.KeyHasOtherInputs.selector, key, 3));
        this.verify();
    }

    function test_too_little_gas_never_accepts_and_never_lies_to_verify() external {
        proof[6] ^= 1;
        for (uint256 gas_ = 20_000; gas_ < 480_000; gas_ += 23_000) {
            try verifier.verify{gas: gas_}(key, proof, sheetX, sheetY, CONTEXT, commitments) {
                revert NotSo();
            } catch {}
        }
    }

    function test_random_words_are_refused(uint256[8] calldata words) external view {
        isTrue(!verifier.tryVerify(key, words, sheetX, sheetY, CONTEXT, commitments));
        isTrue(!own.tryVerify(words, sheetX, sheetY, CONTEXT, commitments));
    }

    // --- a verifier with its key in its code

    function test_a_verifier_of_one_key_says_why_and_which() external {
        same(own.keyId(), keccak256(Trapdoor.head(0)));
        own.verify(proof, sheetX, sheetY, CONTEXT, commitments);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.InputNotCanonical.selector, 0));
        own.verify(proof, sheetX, sheetY, CONTEXT + Bn254.R, commitments);
        proof[6] ^= 1;
        vm.expectRevert(IGroth16Errors.ProofRejected.selector);
        own.verify(proof, sheetX, sheetY, CONTEXT, commitments);
        commitments.pop();
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.KeyHasOtherInputs.selector, own, 2));
        own.verify(proof, sheetX, sheetY, CONTEXT, commitments);
    }

    function test_a_verifier_of_one_key_is_of_that_key() external {
        // Another key accepts its own proofs and not this one's.
        bytes memory head = Trapdoor.headFor(0, 2);
        VkStore keys = new VkStore();
        keys.write(keccak256(head), head);
        IKeyVerifier other = IKeyVerifier(address(new KeyVerifier(keys, keccak256(head))));
        isTrue(!other.tryVerify(proof, sheetX, sheetY, CONTEXT, commitments));
        commitments.pop();
        proof = Trapdoor.prove(SHEET, CONTEXT, commitments, 0);
        isTrue(other.tryVerify(proof, sheetX, sheetY, CONTEXT, commitments));
        // A key that nobody stored has no verifier, and code without a key refuses whatever it is shown.
        vm.expectRevert(abi.encodeWithSelector(IVkStore.UnknownKey.selector, keccak256("none")));
        new KeyVerifier(keys, keccak256("none"));
        IKeyVerifier bare = IKeyVerifier(address(new KeyVerifierCode()));
        isTrue(own.keyId() != keccak256(head) && other.keyId() == keccak256(head));
        isTrue(bare.keyId() != keccak256(head));
        for (uint256 n = 0; n < 3; ++n) {
            isTrue(!bare.tryVerify(proof, sheetX, sheetY, CONTEXT, new uint256[](n)));
            vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.KeyHasOtherInputs.selector, bare, n));
            bare.verify(proof, sheetX, sheetY, CONTEXT, new uint256[](n));
        }
    }

    /// @notice It reads calldata where it stands, so no other encoding than the usual may pass.
    function test_a_verifier_of_one_key_takes_one_encoding_only() external {
        bytes memory good = call();
        answers(good, true);
        for (uint256 i = 0; i < 4; ++i) {
            // Another function, or none.
            bytes memory other = bytes.concat(good);
            other[i] ^= 0x01;
            answers(other, false);
        }
        answers("", false);
        for (uint256 length = 0; length < good.length; ++length) {
            bytes memory cut = new bytes(length);
            for (uint256 i = 0; i < length; ++i) {
                cut[i] = good[i];
            }
            answers(cut, false);
        }
        answers(bytes.concat(good, hex"00"), false);
        answers(bytes.concat(good, bytes32(0)), false);
        // The commitments elsewhere: pushed back by a word, or the offset alone.
        bytes memory head = new bytes(0x164);
        bytes memory tail = new bytes(good.length - 0x184);
        for (uint256 i = 0; i < good.length; ++i) {
            if (i < 0x164) head[i] = good[i];
            else if (i >= 0x184) tail[i - 0x184] = good[i];
        }
        answers(bytes.concat(head, bytes32(uint256(0x180)), tail), true);
        answers(bytes.concat(head, bytes32(uint256(0x1a0)), tail), false);
        answers(bytes.concat(head, bytes32(uint256(0x1a0)), bytes32(0), tail), false);
        answers(bytes.concat(head, bytes32(uint256(1 << 255 | 0x180)), tail), false);
        // A number of commitments that wraps to the right size is still another number.
        assembly ("memory-safe") {
            mstore(add(tail, 0x20), or(shl(251, 1), 3))
        }
        (bool ok, bytes memory why) =
            address(own).staticcall(bytes.concat(head, bytes32(uint256(0x180)), tail));
        isTrue(!ok && bytes4(why) == IGroth16Errors.KeyHasOtherInputs.selector);
        // The boolean is for proofs, not for calls.
        vm.expectRevert(IKeyVerifier.BadCall.selector);
        this.ask(
            bytes.concat(
                abi.encodeCall(own.tryVerify, (proof, sheetX, sheetY, CONTEXT, commitments)), hex"00"
            )
        );
    }

    function answers(bytes memory data, bool holds_) private view {
        (bool ok, bytes memory why) = address(own).staticcall(data);
        isTrue(ok == holds_ && (ok || bytes4(why) == IKeyVerifier.BadCall.selector));
        isTrue(!ok || why.length == 0);
    }

    function ask(bytes calldata data) external view {
        (bool ok, bytes memory why) = address(own).staticcall(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(why, 0x20), mload(why))
            }
        }
    }

    /// @notice A store that is none: what it says of a key and what stands at the address that it names are two things.
    function test_no_verifier_is_made_of_what_is_no_key() external {
        OddStore odd = new OddStore(key, 2);
        vm.expectRevert(abi.encodeWithSelector(KeyVerifier.NoKey.selector, keccak256("odd")));
        new KeyVerifier(IVkStore(address(odd)), keccak256("odd"));
        odd = new OddStore(address(verifier), 3);
        vm.expectRevert(abi.encodeWithSelector(KeyVerifier.NoKey.selector, keccak256("odd")));
        new KeyVerifier(IVkStore(address(odd)), keccak256("odd"));
        odd = new OddStore(key, 3);
        isTrue(address(new KeyVerifier(IVkStore(address(odd)), keccak256("odd"))) != address(0));
    }

    function test_too_little_gas_never_accepts_in_a_verifier_of_one_key() external {
        proof[6] ^= 1;
        for (uint256 gas_ = 20_000; gas_ < 480_000; gas_ += 23_000) {
            try own.verify{gas: gas_}(proof, sheetX, sheetY, CONTEXT, commitments) {
                revert NotSo();
            } catch {}
        }
    }

    // --- batches

    function batch(uint256 k) private view returns (uint256[8][] memory proofs, uint256[] memory inputs) {
        (proofs, inputs) = (new uint256[8][](k), new uint256[](4 * k));
        for (uint256 i = 0; i < k; ++i) {
            uint256[] memory list = new uint256[](3);
            (list[0], list[2]) = (uint256(keccak256(abi.encode("c0", i))) >> 8, i);
            inputs[4 * i] = uint256(keccak256(abi.encode("context", i))) >> 8;
            (inputs[4 * i + 1], inputs[4 * i + 3]) = (list[0], list[2]);
            proofs[i] = Trapdoor.prove(SHEET, inputs[4 * i], list, i);
        }
    }

    function verifyBatch(uint256[8][] memory proofs, uint256[] memory inputs) public view {
        verifier.verifyBatch(key, sheetX, sheetY, proofs, inputs);
    }

    function test_a_batch_costs_less_a_proof() external {
        uint256[3] memory sizes = [uint256(1), 8, 16];
        uint256[3] memory limits = [uint256(250_000), 72_000, 60_000];
        for (uint256 i = 0; i < 3; ++i) {
            (uint256[8][] memory proofs, uint256[] memory inputs) = batch(sizes[i]);
            bytes memory data = abi.encodeCall(verifier.verifyBatch, (key, sheetX, sheetY, proofs, inputs));
            uint256 before = gasleft();
            (bool ok,) = address(verifier).staticcall(data);
            uint256 each = (before - gasleft()) / sizes[i];
            isTrue(ok);
            emit log_named_uint("verify in a batch, context and 3 commitments: gas each", each);
            atMost(each, limits[i]);
        }
    }

    function test_a_batch_with_one_false_proof_is_refused(uint256 which, uint256 word, uint256 bit) external {
        (uint256[8][] memory proofs, uint256[] memory inputs) = batch(4);
        proofs[which % 4][word % 8] ^= 1 << (bit % 254);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.ProofRejected.selector));
        this.verifyBatch(proofs, inputs);
    }

    function test_a_batch_with_one_false_input_is_refused(uint256 which) external {
        (uint256[8][] memory proofs, uint256[] memory inputs) = batch(4);
        inputs[which % 16] ^= 1;
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.ProofRejected.selector));
        this.verifyBatch(proofs, inputs);
    }

    /// @dev Errors that cancel out in a plain product: what weights are for.
    function test_false_proofs_do_not_make_up_for_each_other() external {
        (uint256[8][] memory proofs, uint256[] memory inputs) = batch(2);
        // Their last points exchanged: the sum of both is what it was.
        (proofs[0][6], proofs[1][6]) = (proofs[1][6], proofs[0][6]);
        (proofs[0][7], proofs[1][7]) = (proofs[1][7], proofs[0][7]);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.ProofRejected.selector));
        this.verifyBatch(proofs, inputs);
        // So it is with inputs.
        (proofs, inputs) = batch(2);
        (inputs[0], inputs[4]) = (inputs[4], inputs[0]);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.ProofRejected.selector));
        this.verifyBatch(proofs, inputs);
    }

    function test_batches_have_a_form() external {
        (uint256[8][] memory proofs, uint256[] memory inputs) = batch(2);
        bytes4 why = IGroth16Errors.BadBatch.selector;
        vm.expectRevert(abi.encodeWithSelector(why, 0, 8));
        this.verifyBatch(new uint256[8][](0), inputs);
        vm.expectRevert(abi.encodeWithSelector(why, 2, 0));
        this.verifyBatch(proofs, new uint256[](0));
        vm.expectRevert(abi.encodeWithSelector(why, 2, 7));
        this.verifyBatch(proofs, new uint256[](7));
        vm.expectRevert(abi.encodeWithSelector(why, 257, 257));
        this.verifyBatch(new uint256[8][](257), new uint256[](257));
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.KeyHasOtherInputs.selector, key, 0));
        this.verifyBatch(proofs, new uint256[](2));
        inputs[5] = Bn254.R;
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.InputNotCanonical.selector, 1));
        this.verifyBatch(proofs, inputs);
        (proofs, inputs) = batch(2);
        (proofs[1][6], proofs[1][7]) = (0, 0);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Errors.PointAtInfinity.selector));
        this.verifyBatch(proofs, inputs);
    }
}
