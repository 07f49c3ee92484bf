// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Check} from "./support/Vm.sol";

interface Env {
    function envOr(string calldata name, string calldata otherwise) external view returns (string memory);
}

/// @notice `tools/test.sh` runs these tests twice, on the same bytecode, under Prague and under the fork after it. That the
/// second run is what it says is seen by an opcode that the first does not have.
contract ForkTest is Check {
    address private constant AT = address(0xC12);

    /// @dev Its whole code: PUSH0 CLZ PUSH0 MSTORE PUSH1 0x20 PUSH0 RETURN (EIP-7939).
    bytes private constant CLZ_OF_ZERO = hex"5f1e5f5260205ff3";

    function test_the_fork_is_the_one_asked_for() external {
        string memory fork = Env(address(vm)).envOr("FOUNDRY_HARDFORK", "prague");
        bool osaka = keccak256(bytes(fork)) == keccak256("osaka");
        isTrue(osaka || keccak256(bytes(fork)) == keccak256("prague"));
        vm.etch(AT, CLZ_OF_ZERO);
        (bool ok, bytes memory said) = AT.staticcall{gas: 100_000}("");
        isTrue(ok == osaka);
        if (osaka) same(abi.decode(said, (uint256)), 256);
    }
}
