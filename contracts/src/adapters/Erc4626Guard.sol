// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {ComplianceGate} from "../ComplianceGate.sol";

/// @title Mixin for an ERC-4626 vault: who puts money in, and who gets the shares, must be attested. Exits are never gated.
/// @dev `withdraw`, `redeem` and transfers of shares are left alone: shares may reach somebody unattested by a transfer.
/// `maxDeposit` and `maxMint` are about the receiver, as the standard says, and know nothing of the sender: where senders are
/// gated too, a deposit within `maxDeposit` reverts for a sender who is not attested.
abstract contract Erc4626Guard is ERC4626, ComplianceGate {
    /// @notice Whether the receiver of shares must be attested.
    bool public immutable BY_RECEIVER;
    /// @notice Whether the sender of assets must be attested.
    bool public immutable BY_SENDER;

    /// @notice A guard of nobody.
    error GuardsNobody();

    constructor(bool byReceiver, bool bySender) {
        if (!byReceiver && !bySender) revert GuardsNobody();
        (BY_RECEIVER, BY_SENDER) = (byReceiver, bySender);
    }

    modifier onlyAttested(address receiver) {
        if (BY_SENDER) _requireCompliant(msg.sender);
        if (BY_RECEIVER && !(BY_SENDER && receiver == msg.sender)) _requireCompliant(receiver);
        _;
    }

    /// @inheritdoc ERC4626
    function deposit(uint256 assets, address receiver)
        public
        virtual
        override
        onlyAttested(receiver)
        returns (uint256)
    {
        return super.deposit(assets, receiver);
    }

    /// @inheritdoc ERC4626
    function mint(uint256 shares, address receiver)
        public
        virtual
        override
        onlyAttested(receiver)
        returns (uint256)
    {
        return super.mint(shares, receiver);
    }

    /// @inheritdoc ERC4626
    /// @dev Zero while the receiver is not attested; never reverts.
    function maxDeposit(address receiver) public view virtual override returns (uint256) {
        return BY_RECEIVER && !_isCompliant(receiver) ? 0 : super.maxDeposit(receiver);
    }

    /// @inheritdoc ERC4626
    function maxMint(address receiver) public view virtual override returns (uint256) {
        return BY_RECEIVER && !_isCompliant(receiver) ? 0 : super.maxMint(receiver);
    }
}
