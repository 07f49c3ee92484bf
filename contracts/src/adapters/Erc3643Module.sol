// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ComplianceGate} from "../ComplianceGate.sol";
import {ICompliance} from "../interfaces/IComplianceRegistry.sol";
import {IErc3643Module} from "./interfaces/IErc3643Module.sol";

/// @title Compliance module for ERC-3643 tokens: only attested accounts receive them.
/// @dev Asks about the receiver alone. Whoever holds tokens can always send them to somebody attested, back to the desk that
/// redeems them, or have them burnt. Stateless but for who is bound, so one module serves many tokens.
contract Erc3643Module is ComplianceGate, IErc3643Module {
    /// @notice Receives without an attestation, so that a holder always finds an exit; zero for none.
    address public immutable DESK;
    mapping(address compliance => bool) public isComplianceBound;

    error OnlyCompliance(address caller);
    error AlreadyBound(address compliance);
    error NotBound(address compliance);

    constructor(ICompliance compliance, bytes32 mandateId, uint256 maxAge, address desk)
        ComplianceGate(compliance, mandateId, maxAge)
    {
        DESK = desk;
    }

    modifier onlyBound() {
        if (!isComplianceBound[msg.sender]) revert NotBound(msg.sender);
        _;
    }

    /// @inheritdoc IErc3643Module
    function bindCompliance(address _compliance) external {
        if (msg.sender != _compliance) revert OnlyCompliance(msg.sender);
        if (isComplianceBound[_compliance]) revert AlreadyBound(_compliance);
        isComplianceBound[_compliance] = true;
        emit ComplianceBound(_compliance);
    }

    /// @inheritdoc IErc3643Module
    function unbindCompliance(address _compliance) external onlyBound {
        if (msg.sender != _compliance) revert OnlyCompliance(msg.sender);
        isComplianceBound[_compliance] = false;
        emit ComplianceUnbound(_compliance);
    }

    /// @inheritdoc IErc3643Module
    function moduleCheck(address, address _to, uint256, address) external view returns (bool) {
        return _to == address(0) || _to == DESK || _isCompliant(_to);
    }

    /// @inheritdoc IErc3643Module
    function moduleTransferAction(address, address, uint256) external view onlyBound {}

    /// @inheritdoc IErc3643Module
    function moduleMintAction(address, uint256) external view onlyBound {}

    /// @inheritdoc IErc3643Module
    function moduleBurnAction(address, uint256) external view onlyBound {}

    /// @inheritdoc IErc3643Module
    function canComplianceBind(address) external pure returns (bool) {
        return true;
    }

    /// @inheritdoc IErc3643Module
    function isPlugAndPlay() external pure returns (bool) {
        return true;
    }

    /// @inheritdoc IErc3643Module
    function name() external pure returns (string memory) {
        return "MandateModule";
    }
}
