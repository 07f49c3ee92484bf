// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IRiskRegistry} from "../../src/interfaces/IRiskRegistry.sol";
import {Digests} from "../../src/lib/Digests.sol";
import {Trapdoor} from "./Trapdoor.sol";
import {World} from "./World.sol";

/// @notice A world whose risk parts have a trace, a delay and bonds. Three chunks: positions 32 to 127 of a sheet of 100
/// points of which 40 are rules.
abstract contract Traced is World {
    uint96 internal constant BOND = 1 ether;
    uint96 internal constant DEMAND_BOND = 0.05 ether;
    uint40 internal constant DELAY = 1 hours;
    uint40 internal constant RESPONSE = 15 minutes;
    bytes32 internal constant NEXT = keccak256("risk two");

    uint256[32][3] internal weights;
    /// @dev The sums after each chunk, as multiples of the generator.
    uint256[3] internal sums;

    function riskRules() internal pure virtual override returns (IRiskRegistry.Rules memory r) {
        r = super.riskRules();
        (r.delay, r.fallbackDelay, r.response) = (DELAY, 4 * DELAY, RESPONSE);
        (r.bond, r.demandBond) = (BOND, DEMAND_BOND);
    }

    function bond() internal view override returns (uint256) {
        return BOND;
    }

    /// @dev The universe at 40, then numbers of both signs, some zero.
    function fill() internal {
        for (uint256 p = 40; p < 100; ++p) {
            uint256 hash = uint256(keccak256(abi.encode("weight", p)));
            uint256 value = hash % 5 == 0 ? 0 : hash >> 200;
            if (hash % 2 == 1 && value != 0) value = Trapdoor.R - value;
            weights[(p - 32) / 32][p % 32] = p == 40 ? Digests.field(UNIVERSE) : value;
        }
        resum();
    }

    function resum() internal {
        uint256 sum;
        for (uint256 c = 0; c < 3; ++c) {
            for (uint256 i = 0; i < 32; ++i) {
                sum = addmod(
                    sum, mulmod(weights[c][i], Trapdoor.sheet(32 + 32 * c + i), Trapdoor.R), Trapdoor.R
                );
            }
            sums[c] = sum;
        }
    }

    function leaf(uint256 c) internal view returns (bytes32) {
        (uint256 x, uint256 y) = Trapdoor.g1(sums[c]);
        return Digests.traceLeaf(uint32(c), x, y, keccak256(abi.encode(weights[c])));
    }

    /// @dev Four places, the last empty.
    function trace() internal view returns (bytes32) {
        return Digests.icNode(Digests.icNode(leaf(0), leaf(1)), Digests.icNode(leaf(2), 0));
    }

    function step(uint256 c) internal view returns (IRiskRegistry.Step memory s) {
        (s.x, s.y) = Trapdoor.g1(sums[c]);
        (s.chunk, s.values) = (uint32(c), keccak256(abi.encode(weights[c])));
        s.path = new bytes32[](2);
        s.path[0] = c == 2 ? bytes32(0) : leaf(c ^ 1);
        s.path[1] = c == 2 ? Digests.icNode(leaf(0), leaf(1)) : Digests.icNode(leaf(2), 0);
    }

    function against(uint256 c) internal view returns (IRiskRegistry.Challenge memory out) {
        out.before = step(c == 0 ? 0 : c - 1);
        out.step = step(c);
        out.values = weights[c];
        for (uint256 i = 0; i < 32; ++i) {
            uint256 position = 32 + 32 * c + i;
            if (position >= Trapdoor.SHEET) break;
            (out.points[2 * i], out.points[2 * i + 1]) = Trapdoor.g1(Trapdoor.sheet(position));
        }
        // Siblings above the subtrees of 32 leaves: levels 5 and 6.
        bytes32[] memory full = Trapdoor.path(leaves, 32 + 32 * c);
        out.path = new bytes32[](2);
        (out.path[0], out.path[1]) = (full[5], full[6]);
    }

    function tracedPublication() internal view returns (IRiskRegistry.Publication memory p) {
        p = publication(NEXT, AS_OF);
        (p.trace, p.chunks) = (trace(), 3);
        (p.x, p.y) = Trapdoor.g1(sums[2]);
    }

    function publishTraced() internal returns (bytes32 id) {
        IRiskRegistry.Publication memory p = tracedPublication();
        (address[] memory signers, bytes[] memory signatures) = signed(risks.signingHash(p));
        return risks.publish{value: BOND}(p, noSpots(), signers, signatures);
    }

    receive() external payable {}
}
