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

    /// @dev Gas that a question may take: a price breaker takes about 25,000 for each spot.
    uint256 private constant GATE_GAS = 2_000_000;

    /// @notice Nothing answers at this address.
    error NoCompliance(address compliance);
    /// @notice One question was answered with no, the other did not say why.
    error NotCompliant();

    constructor(ICompliance compliance, bytes32 mandateId, uint256 maxAge) {
        if (address(compliance).code.length == 0) revert NoCompliance(address(compliance));
        COMPLIANCE = compliance;
        MANDATE_ID = mandateId;
        MAX_AGE = maxAge;
    }

    /// @notice Reverts, saying why, unless the subject that `account` acts for has a fresh attestation.
    modifier onlyWhileCompliant(address account) {
        _requireCompliant(account);
        _;
    }

    /// @notice The same for a subject by its name: 6,900 gas less, since nobody's link is looked up.
    modifier onlyWhileSubjectCompliant(bytes32 subject) {
        // The question that answers with a word is the cheaper one; the other is asked for its reason.
        if (!COMPLIANCE.isCompliant(subject, MANDATE_ID, MAX_AGE)) {
            COMPLIANCE.requireCompliant(subject, MANDATE_ID, MAX_AGE);
            revert NotCompliant();
        }
        _;
    }

    function _requireCompliant(address account) internal view {
        if (!COMPLIANCE.isAccountCompliant(account, MANDATE_ID, MAX_AGE)) {
            COMPLIANCE.requireAccountCompliant(account, MANDATE_ID, MAX_AGE);
            revert NotCompliant();
        }
    }

    /// @dev Never reverts and takes at most `GATE_GAS`, whatever `COMPLIANCE` is: anything but a clean yes is a no.
    function _isCompliant(address account) internal view returns (bool open) {
        bytes memory question = abi.encodeCall(ICompliance.isAccountCompliant, (account, MANDATE_ID, MAX_AGE));
        address compliance = address(COMPLIANCE);
        assembly ("memory-safe") {
            open := staticcall(GATE_GAS, compliance, add(question, 0x20), mload(question), 0x00, 0x20)
            open := and(open, and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1)))
        }
    }
}
