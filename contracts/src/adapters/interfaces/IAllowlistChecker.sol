// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @notice Asked by the permissioned pools of Uniswap v4 (`v4-periphery`, `src/hooks/permissionedPools`).
/// @dev There the answer is a user-defined type over `bytes2`, which is encoded alike. An earlier draft had
/// `checkAllowlist(address)` and `checkAllowList(address)`; the interface id tells them apart.
interface IAllowlistChecker is IERC165 {
    /// @return permissions 0x0001 may swap, 0x0002 may add liquidity.
    function checkAllowlist(address account, address token) external view returns (bytes2 permissions);
}
