// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ERC165, IERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {ComplianceGate} from "../ComplianceGate.sol";
import {ICompliance} from "../interfaces/IComplianceRegistry.sol";
import {IAllowlistChecker} from "./interfaces/IAllowlistChecker.sol";

/// @title Allow-list of a Uniswap v4 permissioned pool: attested accounts may swap and add liquidity.
/// @dev Answers and never reverts, in bounded gas. The pool's router and position manager resolve who the account is; this asks
/// neither `msg.sender` nor `tx.origin`. Removing liquidity is not among the permissions, so nothing here gates it.
contract UniswapAllowlist is ComplianceGate, ERC165, IAllowlistChecker {
    bytes2 private constant SWAP = 0x0001;
    bytes2 private constant LIQUIDITY = 0x0002;

    constructor(ICompliance compliance, bytes32 mandateId, uint256 maxAge)
        ComplianceGate(compliance, mandateId, maxAge)
    {}

    /// @inheritdoc IAllowlistChecker
    function checkAllowlist(address account, address) external view returns (bytes2) {
        return _isCompliant(account) ? SWAP | LIQUIDITY : bytes2(0);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 id) public view override(ERC165, IERC165) returns (bool) {
        return id == type(IAllowlistChecker).interfaceId || super.supportsInterface(id);
    }
}
