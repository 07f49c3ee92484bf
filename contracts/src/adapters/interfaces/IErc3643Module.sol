// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @notice A compliance module of ERC-3643 (T-REX 4.1, `contracts/compliance/modular/modules/IModule.sol`).
interface IErc3643Module {
    event ComplianceBound(address indexed _compliance);
    event ComplianceUnbound(address indexed _compliance);

    function bindCompliance(address _compliance) external;
    function unbindCompliance(address _compliance) external;
    function moduleTransferAction(address _from, address _to, uint256 _value) external;
    function moduleMintAction(address _to, uint256 _value) external;
    function moduleBurnAction(address _from, uint256 _value) external;
    function moduleCheck(address _from, address _to, uint256 _value, address _compliance)
        external
        view
        returns (bool);
    function isComplianceBound(address _compliance) external view returns (bool);
    function canComplianceBind(address _compliance) external view returns (bool);
    function isPlugAndPlay() external pure returns (bool);
    function name() external pure returns (string memory _name);
}
