// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Bn254} from "../../src/lib/Bn254.sol";
import {Digests} from "../../src/lib/Digests.sol";

/// @notice A key whose secrets are known, so any statement has a proof: tests of contracts need no prover.
/// @dev Three accounts, 40 rules points and 60 risk points: three chunks of 32, the first begun by rules, the last ended by padding. Every point of G1 is a known multiple of (1, 2).
library Trapdoor {
    uint256 internal constant R = Bn254.R;
    uint16 internal constant ACCOUNTS = 3;
    uint32 internal constant RULES = 40;
    uint32 internal constant SHEET = 100;
    /// @dev Levels of the tree over them.
    uint256 internal constant DEPTH = 7;
    string internal constant SHAPE = "t32";

    uint256 private constant ALPHA = 0x1c0ffee0000000000000000000000000000000000000000000000000000a1fa;
    uint256 private constant BETA = 0x2a8664eb95c620222fc78e80e534284f81ddb4b4eb38ebb81b285549dfd8911;
    uint256 private constant GAMMA = 0x2c53415ba62b7002d3b33f36c322aeda04e801a54bf2fc42713e5bf03d022424;
    uint256 private constant DELTA = 0x2932bda32fd7b8a3671f379a21eff284232cd095707f5ae0122ac20e58b58932;
    uint256 private constant B = 0x2b6c6ece00749a988130391ef844e50fb1ce3f6a78829a2d75b4df3cf9f7fb5a;

    /// @dev Those multiples of the generator of G2, as (x.c1, x.c0, y.c1, y.c0).
    function g2(uint256 scalar) internal pure returns (bytes memory) {
        if (scalar == BETA) {
            return abi.encode(
                0x1127b079b626f1fc8206b448a9a2e84c1414c3c4f4fb6a6dfa25df54813a404b,
                0x889fecf14e5b42a3d52e94a70ecc0b4234213c1571aae3f28b0cbe5e90ad830,
                0x29c30288ff50825c58521484e651f5c6a31485a1087a91a9f1808e68d44c07b4,
                0x17c090dc2ccf5a2026ed68118ef3ad706d098b95cce3d26b0001b541263c4be5
            );
        }
        if (scalar == GAMMA) {
            return abi.encode(
                0x10c234b9bbb05f40be910d00f8fbfb10eef4dfd1bc5068e73497719bd575e571,
                0xf776281ff74570ef25ce992fdaa7aa4b304974a2da23a5f2806b3112379b219,
                0xc7a093864e9aad4c6b0f96c00b26a59e533be0aee597963db6d1d98c14864cc,
                0x1398713f3597af0876e0ff38ba2937176f5612d749f1f3a2653e5a14672d408c
            );
        }
        if (scalar == DELTA) {
            return abi.encode(
                0x18d14bbcd4cd10f650694d24a80b4df8654e80ed58e7265ba32ba14e44cfd3f1,
                0x2825c033004c468ba088dd3fff2fdcf60096601bae2182487f3493366d372ed9,
                0x9987e2eb5d3e969acd7b867201f3e587d2660f5822b0e5b094a2ef24dbe6ba0,
                0x288cbe343ffaf3ed8e37fff799944958b0027b7da2033a28bcde4dea70e26470
            );
        }
        return abi.encode(
            0xf961f5947f1a9f34f0cf84e53fe1d55320c3e0c25e1cc5c1e41168d6dd6d4b6,
            0x17d0dc4baa7c36c1e1cd9797817874cb2fdc73c60833079db1ddb68722320fcd,
            0x149d8a31020c3147b71692def930accc93c30e5998deaaf3971da1c9c9d007d1,
            0x2d97876ef7345f3a5a295cdeff5bc6b6106b5d9af587da26f6ab1dc215fbd180
        );
    }

    /// @dev On the twist, outside the subgroup.
    function outsideSubgroup() internal pure returns (uint256[4] memory) {
        return [
            uint256(0),
            1,
            0x0d1271953ed9ea0836846e70a1934187998c7f790cb4d7511b7f8da82de048a4,
            0x2869111d5381f072f8e2728fdb825a51aadd70e52c9830e9ab4b871c0531f1bb
        ];
    }

    function g1(uint256 scalar) internal view returns (uint256 x, uint256 y) {
        return Bn254.mul(1, 2, scalar);
    }

    /// @notice Scalar of the point that input `i` multiplies: 0 the constant, 1 the context, then the commitments.
    function input(uint256 i) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("input", i))) % R;
    }

    /// @notice Scalar of the sheet's point at a position.
    function sheet(uint256 position) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("sheet", position))) % R;
    }

    /// @notice The key's head, as `VkStore` takes it.
    function head(uint8 origin) internal view returns (bytes memory out) {
        return headFor(origin, ACCOUNTS);
    }

    /// @notice The same for another number of accounts.
    function headFor(uint8 origin, uint16 accounts) internal view returns (bytes memory out) {
        (uint256 x, uint256 y) = g1(ALPHA);
        out = abi.encodePacked(x, y, g2(BETA), g2(GAMMA), g2(DELTA));
        for (uint256 i = 0; i < uint256(accounts) + 2; ++i) {
            (x, y) = g1(input(i));
            out = abi.encodePacked(out, x, y);
        }
        bytes32[] memory leaves = level0();
        bytes32 root = path(leaves, 0)[DEPTH];
        return abi.encodePacked(out, RULES, root, uint16(1), keccak256(bytes(SHAPE)), origin);
    }

    /// @notice Leaves of the sheet's tree, padded to 128.
    function level0() internal view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](1 << DEPTH);
        for (uint32 i = 0; i < SHEET; ++i) {
            (uint256 x, uint256 y) = g1(sheet(i));
            leaves[i] = Digests.icLeaf(i, x, y);
        }
    }

    /// @notice The siblings of a leaf, and the root as one word more.
    function path(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory out) {
        out = new bytes32[](DEPTH + 1);
        bytes32[] memory level = leaves;
        for (uint256 d = 0; d < DEPTH; ++d) {
            out[d] = level[index ^ 1];
            bytes32[] memory above = new bytes32[](level.length / 2);
            for (uint256 i = 0; i < above.length; ++i) {
                above[i] = Digests.icNode(level[2 * i], level[2 * i + 1]);
            }
            level = above;
            index >>= 1;
        }
        out[DEPTH] = level[0];
    }

    /// @notice A proof of any statement. `salt` chooses among the many proofs of one statement.
    /// @param sheetScalar The sheet point as a multiple of the generator.
    function prove(uint256 sheetScalar, uint256 context, uint256[] memory commitments, uint256 salt)
        internal
        view
        returns (uint256[8] memory proof)
    {
        return proveWith(uint256(keccak256(abi.encode("a", salt))) % R, sheetScalar, context, commitments);
    }

    /// @notice The same with the scalar of A; zero makes A infinity, and the equation holds all the same.
    function proveWith(uint256 a, uint256 sheetScalar, uint256 context, uint256[] memory commitments)
        internal
        view
        returns (uint256[8] memory proof)
    {
        uint256 x = addmod(addmod(input(0), mulmod(context, input(1), R), R), sheetScalar, R);
        for (uint256 i = 0; i < commitments.length; ++i) {
            x = addmod(x, mulmod(commitments[i], input(2 + i), R), R);
        }
        uint256 c = addmod(mulmod(a, B, R), R - mulmod(ALPHA, BETA, R), R);
        c = mulmod(addmod(c, R - mulmod(GAMMA, x, R), R), inverse(DELTA), R);
        (proof[0], proof[1]) = g1(a);
        (proof[2], proof[3], proof[4], proof[5]) = abi.decode(g2(B), (uint256, uint256, uint256, uint256));
        (proof[6], proof[7]) = g1(c);
    }

    function inverse(uint256 value) internal view returns (uint256 out) {
        (bool ok, bytes memory data) = address(5).staticcall(abi.encode(32, 32, 32, value, R - 2, R));
        require(ok);
        return abi.decode(data, (uint256));
    }
}
