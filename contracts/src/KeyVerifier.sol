// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IKeyVerifier} from "./interfaces/IKeyVerifier.sol";
import {IVkStore} from "./interfaces/IVkStore.sol";
import {Groth16} from "./lib/Groth16.sol";

/// @title A verifier of one key, which it carries in its own code: 4,100 gas a proof less than `Groth16Verifier`, which
/// reads the key from another address.
/// @dev The code is that of `KeyVerifierCode` and, behind it, the image of the key that `Groth16` describes, then two words:
/// the number of accounts and the key's id. Anyone may deploy one; `keyId` says whose it is, and whoever relies on it compares
/// the code, or deploys it.
contract KeyVerifier {
    /// @notice The store's code at the key's address is not the head of a key.
    error NoKey(bytes32 keyId);

    constructor(IVkStore keys, bytes32 keyId) {
        IVkStore.Info memory key = keys.info(keyId);
        (bool ok, uint256 image) = Groth16.image(key.pointer, key.accounts);
        if (!ok) revert NoKey(keyId);
        bytes memory code = type(KeyVerifierCode).runtimeCode;
        uint256 size = Groth16.INPUTS + 64 * (uint256(key.accounts) + 1);
        uint256 accounts = key.accounts;
        assembly ("memory-safe") {
            let out := mload(0x40)
            let at := add(out, mload(code))
            mcopy(out, add(code, 0x20), mload(code))
            mcopy(at, image, size)
            mstore(add(at, size), accounts)
            mstore(add(add(at, size), 0x20), keyId)
            return(out, add(add(mload(code), size), 0x40))
        }
    }
}

/// @title What a `KeyVerifier` does: {IKeyVerifier}. By itself, without a key behind its code, it refuses everything.
/// @dev `Groth16.equation` once more, with its image at address zero and scalars that stay in the calldata: decoding, copying and
/// addresses to compute would take 600 gas more. The tests ask both verifiers about every proof. Calldata, from byte 4: proof (8 words), sheet point (2), context, offset of the commitments; their number, and they.
contract KeyVerifierCode {
    /// @dev Selectors: assembly takes numbers only.
    uint256 private constant VERIFY = 0xb6c8b528;
    uint256 private constant TRY_VERIFY = 0xe07ba277;
    uint256 private constant KEY_ID = 0xaf7c2a36;

    /// @dev As in `Groth16`.
    uint256 private constant Q = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    uint256 private constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;
    uint256 private constant ADD_GAS = 2_000;
    uint256 private constant MUL_GAS = 12_000;
    uint256 private constant PAIRING_GAS = 340_000;
    uint256 private constant KEY_MISMATCH = 1;
    uint256 private constant AT_INFINITY = 2;
    uint256 private constant REJECTED = 3;
    uint256 private constant NOT_CANONICAL = 4;
    /// @dev No call of this interface.
    uint256 private constant BAD_CALL = 1000;

    fallback() external {
        uint256 outcome;
        uint256 n;
        // Not memory-safe: the image lies over the compiler's words. Either this ends the call, or what follows only reverts, with
        // the free memory's address put back.
        assembly {
            let selector := shr(224, calldataload(0))
            n := calldataload(0x184)
            let end := add(0x1a4, shl(5, n))
            // As compilers encode it, and in no other way.
            outcome := BAD_CALL
            if iszero(or(xor(calldataload(0x164), 0x180), xor(calldatasize(), end))) {
                outcome := KEY_MISMATCH
            }
            if iszero(or(eq(selector, VERIFY), eq(selector, TRY_VERIFY))) {
                if eq(selector, KEY_ID) {
                    codecopy(0x00, sub(codesize(), 0x20), 0x20)
                    return(0x00, 0x20)
                }
                outcome := BAD_CALL
            }
            // One round, left where a refusal is certain.
            for { let ok := eq(outcome, KEY_MISMATCH) } ok {} {
                // The image without its first six words, and the number of accounts behind it. Without a key that word is of the
                // code, and more than any call has commitments.
                {
                    let size := shl(6, n)
                    codecopy(0xc0, sub(codesize(), add(0x360, size)), add(0x340, size))
                    if xor(mload(add(0x3e0, size)), n) { break }
                }
                // The sheet point.
                calldatacopy(0x340, 0x104, 0x40)
                outcome := AT_INFINITY
                if iszero(or(mload(0x340), mload(0x360))) { break }
                outcome := REJECTED
                ok := staticcall(ADD_GAS, 6, 0x300, 0x80, 0x300, 0x40)
                if iszero(ok) { break }
                // The context, then the commitments.
                let scalar := calldataload(0x144)
                let point := 0x3a0
                for { let from := 0x184 } 1 {} {
                    // Zero times a point is infinity: an undeclared account costs nothing.
                    if scalar {
                        if iszero(lt(scalar, R)) {
                            outcome := add(NOT_CANONICAL, shr(6, sub(point, 0x3a0)))
                            ok := 0
                            break
                        }
                        mcopy(0x340, point, 0x40)
                        mstore(0x380, scalar)
                        ok := staticcall(MUL_GAS, 7, 0x340, 0x60, 0x340, 0x40)
                        ok := and(staticcall(ADD_GAS, 6, 0x300, 0x80, 0x300, 0x40), ok)
                        if iszero(ok) { break }
                    }
                    from := add(from, 0x20)
                    if eq(from, end) { break }
                    point := add(point, 0x40)
                    scalar := calldataload(from)
                }
                if iszero(ok) { break }
                mcopy(0x180, 0x300, 0x40)
                calldatacopy(0x00, 0x04, 0xc0)
                calldatacopy(0x240, 0xc4, 0x40)
                let ay := mload(0x20)
                // None of A, B and C may be infinity.
                {
                    let b := or(or(mload(0x40), mload(0x60)), or(mload(0x80), mload(0xa0)))
                    let c := or(mload(0x240), mload(0x260))
                    if or(or(iszero(b), iszero(c)), iszero(or(ay, mload(0x00)))) {
                        outcome := AT_INFINITY
                        break
                    }
                }
                // A coordinate that is not below the order would be negated into another point.
                if iszero(lt(ay, Q)) { break }
                // No point has the ordinate zero: the group's order is odd.
                mstore(0x20, sub(Q, ay))
                ok := staticcall(PAIRING_GAS, 8, 0x00, 0x300, 0x00, 0x20)
                if and(and(ok, eq(returndatasize(), 0x20)), eq(mload(0x00), 1)) {
                    if eq(selector, VERIFY) { stop() }
                    return(0x00, 0x20)
                }
                break
            }
            // A refusal. Of one that is to be told, the answer to `tryVerify` is no.
            if and(eq(selector, TRY_VERIFY), lt(outcome, BAD_CALL)) {
                mstore(0x00, 0)
                return(0x00, 0x20)
            }
            mstore(0x40, 0x80)
        }
        if (outcome == BAD_CALL) revert IKeyVerifier.BadCall();
        Groth16.demand(outcome, address(this), n);
    }
}
