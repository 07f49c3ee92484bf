// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @notice Fails on purpose: `tools/self-check.sh` demands that forge says so with its exit status.
contract FailsTest {
    error OnPurpose();

    function test_fails() external pure {
        revert OnPurpose();
    }
}
