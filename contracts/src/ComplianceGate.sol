// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ICompliance} from "./interfaces/IComplianceRegistry.sol";

/// @title Mixin: lets something happen only while somebody is attested. Never gate an exit with it.
/// @dev One line: `function lend(...) external onlyWhileCompliant(borrower) { ... }`.
abstract contract ComplianceGate {
    ICompliance public immutable COMPLIANCE;
    bytes32 public immutable MANDATE_ID;
    /// @notice Oldest book accepted, in seconds. The mandate's own limits hold as well.
    uint256 public immutable MAX_AGE;

    constructor(ICompliance compliance, bytes32 mandateId, uint256 maxAge) {
        COMPLIANCE = compliance;
        MANDATE_ID = mandateId;
        MAX_AGE = maxAge;
    }

    /// @notice Reverts, saying why, unless the subject that `account` acts for has a fresh attestation.
    modifier onlyWhileCompliant(address account) {
        _requireCompliant(account);
        _;
    }

    function _requireCompliant(address account) internal view {
        COMPLIANCE.requireAccountCompliant(account, MANDATE_ID, MAX_AGE);
    }

    function _isCompliant(address account) internal view returns (bool) {
        return COMPLIANCE.isAccountCompliant(account, MANDATE_ID, MAX_AGE);
    }
}
