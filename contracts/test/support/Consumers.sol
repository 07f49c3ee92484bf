// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {ComplianceGate} from "../../src/ComplianceGate.sol";
import {Erc4626Guard} from "../../src/adapters/Erc4626Guard.sol";
import {IAllowlistChecker} from "../../src/adapters/interfaces/IAllowlistChecker.sol";
import {IReceiveSharesGate, ISendAssetsGate} from "../../src/adapters/interfaces/IMorphoGates.sol";
import {ICompliance} from "../../src/interfaces/IComplianceRegistry.sol";

/// @notice A vault with the guard mixed in.
contract GuardedVault is Erc4626Guard {
    constructor(
        IERC20 asset_,
        ICompliance c,
        bytes32 mandateId,
        uint256 maxAge,
        bool byReceiver,
        bool bySender
    )
        ERC20("Guarded", "G")
        ERC4626(asset_)
        ComplianceGate(c, mandateId, maxAge)
        Erc4626Guard(byReceiver, bySender)
    {}
}

/// @notice Takes deposits while a named subject is attested; not gated otherwise.
contract SubjectVault is ERC4626, ComplianceGate {
    bytes32 private immutable SUBJECT;

    constructor(IERC20 asset_, ICompliance c, bytes32 mandateId, uint256 maxAge, bytes32 subject)
        ERC20("Plain", "P")
        ERC4626(asset_)
        ComplianceGate(c, mandateId, maxAge)
    {
        SUBJECT = subject;
    }

    function deposit(uint256 assets, address receiver)
        public
        override
        onlyWhileSubjectCompliant(SUBJECT)
        returns (uint256)
    {
        return super.deposit(assets, receiver);
    }
}

/// @notice Asks its gates in the places and with the arguments where a Morpho Vault V2 does.
contract MorphoLikeVault {
    address public sendAssetsGate;
    address public receiveSharesGate;
    mapping(address => uint256) public shares;

    error CannotReceiveShares();
    error CannotSendAssets();

    constructor(address send, address receive_) {
        (sendAssetsGate, receiveSharesGate) = (send, receive_);
    }

    function deposit(uint256 assets, address onBehalf) external {
        if (!_mayReceive(onBehalf)) revert CannotReceiveShares();
        if (sendAssetsGate != address(0) && !ISendAssetsGate(sendAssetsGate).canSendAssets(msg.sender)) {
            revert CannotSendAssets();
        }
        shares[onBehalf] += assets;
    }

    function withdraw(uint256 assets) external {
        shares[msg.sender] -= assets;
    }

    function _mayReceive(address account) private view returns (bool) {
        return
            receiveSharesGate == address(0) || IReceiveSharesGate(receiveSharesGate).canReceiveShares(account);
    }
}

/// @notice Admits a checker and asks it as a permissioned pool's adapter of Uniswap v4 does: the interface by ERC-165, then
/// every bit of the permission.
contract PoolLikeAdapter {
    IAllowlistChecker public immutable CHECKER;
    address public immutable TOKEN;

    error InvalidChecker();

    constructor(IAllowlistChecker checker, address token) {
        if (!ERC165Checker.supportsInterface(address(checker), type(IAllowlistChecker).interfaceId)) {
            revert InvalidChecker();
        }
        (CHECKER, TOKEN) = (checker, token);
    }

    function isAllowed(address account, bytes2 permission) external view returns (bool) {
        return CHECKER.checkAllowlist(account, TOKEN) & permission == permission;
    }
}

/// @notice What is called of T-REX's `ModularCompliance`.
interface IModularCompliance {
    function init() external;
    function bindToken(address token) external;
    function addModule(address module) external;
    function removeModule(address module) external;
    function isModuleBound(address module) external view returns (bool);
    function canTransfer(address from, address to, uint256 value) external view returns (bool);
    function transferred(address from, address to, uint256 value) external;
    function created(address to, uint256 value) external;
    function destroyed(address from, uint256 value) external;
}

/// @notice Answers to whether somebody is compliant, that no registry gives.
contract BrokenCompliance {
    enum How {
        Reverts,
        Burns,
        Short,
        Two,
        Huge
    }

    How private immutable HOW;

    constructor(How how) {
        HOW = how;
    }

    fallback() external {
        How how = HOW;
        assembly ("memory-safe") {
            switch how
            case 0 { revert(0, 0) }
            case 1 { invalid() }
            case 2 {
                mstore(0, not(0))
                return(0, 31)
            }
            case 3 {
                mstore(0, 2)
                return(0, 32)
            }
            default { return(0, 500000) }
        }
    }
}
