// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {ComplianceGate} from "./ComplianceGate.sol";
import {ICompliance} from "./interfaces/IComplianceRegistry.sol";

/// @title An ERC-4626 vault that takes deposits only while its manager is attested. Exits are never gated.
contract GatedVault is ERC4626, ComplianceGate {
    /// @notice The address whose subject must keep the mandate.
    address public immutable MANAGER;

    constructor(
        IERC20 asset_,
        string memory name_,
        string memory symbol_,
        address manager,
        ICompliance compliance,
        bytes32 mandateId,
        uint256 maxAge
    ) ERC20(name_, symbol_) ERC4626(asset_) ComplianceGate(compliance, mandateId, maxAge) {
        MANAGER = manager;
    }

    /// @inheritdoc ERC4626
    /// @dev As in {ERC4626}, but that the manager is asked about once, not once more by `maxDeposit`. Nothing else limits deposits.
    function deposit(uint256 assets, address receiver)
        public
        override
        onlyWhileCompliant(MANAGER)
        returns (uint256 shares)
    {
        shares = previewDeposit(assets);
        _deposit(_msgSender(), receiver, assets, shares);
    }

    /// @inheritdoc ERC4626
    /// @dev As `deposit`.
    function mint(uint256 shares, address receiver)
        public
        override
        onlyWhileCompliant(MANAGER)
        returns (uint256 assets)
    {
        assets = previewMint(shares);
        _deposit(_msgSender(), receiver, assets, shares);
    }

    /// @inheritdoc ERC4626
    function maxDeposit(address receiver) public view override returns (uint256) {
        return _isCompliant(MANAGER) ? super.maxDeposit(receiver) : 0;
    }

    /// @inheritdoc ERC4626
    function maxMint(address receiver) public view override returns (uint256) {
        return _isCompliant(MANAGER) ? super.maxMint(receiver) : 0;
    }
}
