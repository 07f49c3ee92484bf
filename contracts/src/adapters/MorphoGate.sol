// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ComplianceGate} from "../ComplianceGate.sol";
import {ICompliance} from "../interfaces/IComplianceRegistry.sol";
import {IReceiveSharesGate, ISendAssetsGate} from "./interfaces/IMorphoGates.sol";

/// @title Gate of a Morpho Vault V2: attested accounts may deposit.
/// @dev Answers and never reverts, in bounded gas. Set it as `sendAssetsGate`, which no exit asks. As `receiveSharesGate` it also
/// stops transfers of shares, and shares of fees, to accounts that are not attested. It has no answer to
/// `canSendShares` and `canReceiveAssets` on purpose: those are exits, and a vault that names it there by mistake reverts.
contract MorphoGate is ComplianceGate, ISendAssetsGate, IReceiveSharesGate {
    constructor(ICompliance compliance, bytes32 mandateId, uint256 maxAge)
        ComplianceGate(compliance, mandateId, maxAge)
    {}

    /// @inheritdoc ISendAssetsGate
    function canSendAssets(address account) external view returns (bool) {
        return _isCompliant(account);
    }

    /// @inheritdoc IReceiveSharesGate
    function canReceiveShares(address account) external view returns (bool) {
        return _isCompliant(account);
    }
}
