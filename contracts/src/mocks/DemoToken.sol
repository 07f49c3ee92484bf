// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Money for tests and the demonstration: anyone may make it, on a local chain only.
contract DemoToken is ERC20("Demo Dollar", "dUSD") {
    error LocalChainsOnly(uint256 chainId);

    constructor() {
        if (block.chainid != 31337) revert LocalChainsOnly(block.chainid);
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
