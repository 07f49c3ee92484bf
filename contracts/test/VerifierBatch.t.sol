// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Groth16Verifier} from "../src/Groth16Verifier.sol";
import {VkStore} from "../src/VkStore.sol";
import {IGroth16Errors} from "../src/interfaces/IGroth16Verifier.sol";
import {Bn254} from "../src/lib/Bn254.sol";
import {Trapdoor} from "./support/Trapdoor.sol";
import {Check} from "./support/Vm.sol";

/// @notice A batch says what the single verifications say.
contract VerifierBatchTest is Check {
    uint256 private constant SHEET = 0xfeed;
    uint256 private constant N = 4;

    Groth16Verifier private verifier;
    address private key;
    uint256 private sheetX;
    uint256 private sheetY;

    function setUp() public {
        verifier = new Groth16Verifier();
        bytes memory head = Trapdoor.head(0);
        key = new VkStore().write(keccak256(head), head);
        (sheetX, sheetY) = Trapdoor.g1(SHEET);
    }

    function honest(uint256 k) private view returns (uint256[8][] memory proofs, uint256[] memory inputs) {
        proofs = new uint256[8][](k);
        inputs = new uint256[](N * k);
        for (uint256 i = 0; i < k; ++i) {
            uint256[] memory list = new uint256[](3);
            inputs[N * i] = uint256(keccak256(abi.encode("context", i))) >> 8;
            for (uint256 a = 0; a < 3; ++a) {
                list[a] = (i + a) % 3 == 0 ? 0 : uint256(keccak256(abi.encode(i, a))) >> 8;
                inputs[N * i + 1 + a] = list[a];
            }
            proofs[i] = Trapdoor.prove(SHEET, inputs[N * i], list, i);
        }
    }

    function check(uint256[8][] memory proofs, uint256[] memory inputs) public view {
        verifier.verifyBatch(key, sheetX, sheetY, proofs, inputs);
    }

    function refused(uint256[8][] memory proofs, uint256[] memory inputs, bytes memory why) private {
        vm.expectRevert(why);
        this.check(proofs, inputs);
    }

    function rejected(uint256[8][] memory proofs, uint256[] memory inputs) private {
        refused(proofs, inputs, abi.encodeWithSelector(IGroth16Errors.ProofRejected.selector));
    }

    function test_batches_of_valid_proofs_are_accepted() external view {
        for (uint256 k = 1; k < 6; ++k) {
            (uint256[8][] memory proofs, uint256[] memory inputs) = honest(k);
            check(proofs, inputs);
        }
    }

    function test_a_batch_over_a_sheet_off_the_curve_is_refused() external {
        (uint256[8][] memory proofs, uint256[] memory inputs) = honest(2);
        sheetY += 1;
        rejected(proofs, inputs);
    }

    function test_one_bad_proof_fails_a_batch_wherever_it_stands() external {
        for (uint256 bad = 0; bad < 3; ++bad) {
            (uint256[8][] memory proofs, uint256[] memory inputs) = honest(3);
            proofs[bad] = Trapdoor.prove(SHEET + 1, inputs[N * bad], new uint256[](3), 0);
            rejected(proofs, inputs);
        }
    }

    function test_the_order_of_a_batch_does_not_matter_but_belongs_to_its_inputs() external {
        (uint256[8][] memory proofs, uint256[] memory inputs) = honest(2);
        (proofs[0], proofs[1]) = (proofs[1], proofs[0]);
        rejected(proofs, inputs);
        for (uint256 j = 0; j < N; ++j) {
            (inputs[j], inputs[N + j]) = (inputs[N + j], inputs[j]);
        }
        check(proofs, inputs);
    }

    /// @notice Errors that cancel in a plain sum do not cancel under weights: first and later, and two later ones.
    function test_errors_do_not_cancel() external {
        (uint256 x, uint256 y) = Trapdoor.g1(5);
        for (uint256 first = 0; first < 2; ++first) {
            (uint256[8][] memory proofs, uint256[] memory inputs) = honest(3);
            (proofs[first][6], proofs[first][7]) = Bn254.add(proofs[first][6], proofs[first][7], x, y);
            (proofs[2][6], proofs[2][7]) = Bn254.add(proofs[2][6], proofs[2][7], x, Bn254.Q - y);
            rejected(proofs, inputs);
            // Nor do errors of inputs.
            (proofs, inputs) = honest(3);
            inputs[N * first] += 1;
            inputs[N * 2] -= 1;
            rejected(proofs, inputs);
        }
    }

    function test_the_same_proof_twice_is_accepted_as_two() external view {
        (uint256[8][] memory proofs, uint256[] memory inputs) = honest(2);
        proofs[1] = proofs[0];
        for (uint256 j = 0; j < N; ++j) {
            inputs[N + j] = inputs[j];
        }
        check(proofs, inputs);
    }

    function test_lengths_of_a_batch_must_agree() external {
        (uint256[8][] memory proofs, uint256[] memory inputs) = honest(2);
        bytes4 bad = IGroth16Errors.BadBatch.selector;
        refused(new uint256[8][](0), inputs, abi.encodeWithSelector(bad, 0, 8));
        refused(proofs, new uint256[](0), abi.encodeWithSelector(bad, 2, 0));
        refused(proofs, new uint256[](7), abi.encodeWithSelector(bad, 2, 7));
        refused(new uint256[8][](257), new uint256[](257 * 4), abi.encodeWithSelector(bad, 257, 1028));
        bytes4 other = IGroth16Errors.KeyHasOtherInputs.selector;
        refused(proofs, new uint256[](6), abi.encodeWithSelector(other, key, 2));
        refused(proofs, new uint256[](10), abi.encodeWithSelector(other, key, 4));
    }

    function test_inputs_of_a_batch_must_be_canonical() external {
        for (uint256 at = 0; at < 3 * N; ++at) {
            (uint256[8][] memory proofs, uint256[] memory inputs) = honest(3);
            inputs[at] += Bn254.R;
            refused(proofs, inputs, abi.encodeWithSelector(IGroth16Errors.InputNotCanonical.selector, at % N));
        }
    }

    function test_infinity_is_refused_in_a_batch() external {
        bytes memory why = abi.encodeWithSelector(IGroth16Errors.PointAtInfinity.selector);
        uint256[2][3] memory spans = [[uint256(0), 2], [uint256(2), 6], [uint256(6), 8]];
        for (uint256 s = 0; s < 3; ++s) {
            (uint256[8][] memory proofs, uint256[] memory inputs) = honest(2);
            for (uint256 w = spans[s][0]; w < spans[s][1]; ++w) {
                proofs[1][w] = 0;
            }
            refused(proofs, inputs, why);
        }
        (uint256[8][] memory good, uint256[] memory list) = honest(2);
        (sheetX, sheetY) = (0, 0);
        refused(good, list, why);
    }

    /// @notice No coordinate has another name. The ordinate of A is the one that the contract negates before a precompile sees
    /// it: each number of 256 bits that would be negated into the right point is shown, for a proof of weight one and a later one.
    function test_an_alias_of_a_coordinate_is_refused_in_a_batch() external {
        for (uint256 at = 0; at < 2; ++at) {
            for (uint256 w = 0; w < 8; ++w) {
                (uint256[8][] memory proofs, uint256[] memory inputs) = honest(2);
                proofs[at][w] += Bn254.Q;
                rejected(proofs, inputs);
            }
            for (uint256 t = 1; t < 6; ++t) {
                (uint256[8][] memory proofs, uint256[] memory inputs) = honest(2);
                unchecked {
                    // Q - (y - t Q) is Q - y, t orders above.
                    proofs[at][1] -= t * Bn254.Q;
                }
                rejected(proofs, inputs);
            }
        }
    }

    /// @notice Every word of every proof and every input counts; and what one proof says, a batch of it says.
    function test_any_change_of_a_batch_is_refused(uint256 at, uint8 bit) external view {
        (uint256[8][] memory proofs, uint256[] memory inputs) = honest(3);
        at %= 3 * (8 + N);
        if (at < 24) proofs[at / 8][at % 8] ^= 1 << bit;
        else inputs[at - 24] ^= 1 << bit;
        (bool ok,) = address(this).staticcall(abi.encodeCall(this.check, (proofs, inputs)));
        isTrue(!ok);
    }

    function test_a_malformed_batch_costs_a_bounded_amount() external view {
        (uint256[8][] memory proofs, uint256[] memory inputs) = honest(8);
        for (uint256 w = 0; w < 8; ++w) {
            proofs[7][w] ^= 1;
            uint256 before = gasleft();
            (bool ok,) = address(this).staticcall(abi.encodeCall(this.check, (proofs, inputs)));
            isTrue(!ok);
            atMost(before - gasleft(), 1_400_000);
            proofs[7][w] ^= 1;
        }
    }

    function test_too_little_gas_never_accepts_a_bad_batch() external view {
        (uint256[8][] memory proofs, uint256[] memory inputs) = honest(2);
        proofs[1][6] ^= 1;
        for (uint256 gas_ = 20_000; gas_ < 700_000; gas_ += 31_000) {
            (bool ok,) = address(verifier).staticcall{gas: gas_}(
                abi.encodeCall(verifier.verifyBatch, (key, sheetX, sheetY, proofs, inputs))
            );
            isTrue(!ok);
        }
    }
}
