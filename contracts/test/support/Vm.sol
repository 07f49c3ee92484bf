// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @notice The cheatcodes that these tests use.
interface Vm {
    struct Gas {
        uint64 gasLimit;
        uint64 gasTotalUsed;
        uint64 gasMemoryUsed;
        int64 gasRefunded;
        uint64 gasRemaining;
    }

    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function warp(uint256 time) external;
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool);
    function chainId(uint256 id) external;
    function roll(uint256 number) external;
    function deal(address who, uint256 amount) external;
    /// @param context 2: a run for coverage.
    function isContext(uint8 context) external view returns (bool);
    function etch(address who, bytes calldata code) external;
    function prank(address sender) external;
    function assume(bool condition) external pure;
    function expectRevert(bytes calldata data) external;
    function expectRevert(bytes4 selector) external;
    function expectPartialRevert(bytes4 selector) external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 key) external pure returns (address);
    function toString(uint256 value) external pure returns (string memory);
    function snapshotValue(string calldata group, string calldata name, uint256 value) external;
    function lastCallGas() external view returns (Gas memory);
    function readFile(string calldata path) external view returns (string memory);
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function parseJsonUintArray(string calldata json, string calldata key)
        external
        pure
        returns (uint256[] memory);
    function parseJsonIntArray(string calldata json, string calldata key)
        external
        pure
        returns (int256[] memory);
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonBytes32Array(string calldata json, string calldata key)
        external
        pure
        returns (bytes32[] memory);
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function parseJsonAddressArray(string calldata json, string calldata key)
        external
        pure
        returns (address[] memory);
    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
}

/// @notice The few assertions that these tests use.
abstract contract Check {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    event log_named_uint(string key, uint256 value);

    error Differ(uint256 left, uint256 right);
    error NotSo();
    error TooMuch(uint256 got, uint256 limit);

    function same(uint256 left, uint256 right) internal pure {
        if (left != right) revert Differ(left, right);
    }

    function same(bytes32 left, bytes32 right) internal pure {
        same(uint256(left), uint256(right));
    }

    function same(address left, address right) internal pure {
        same(uint256(uint160(left)), uint256(uint160(right)));
    }

    function isTrue(bool condition) internal pure {
        if (!condition) revert NotSo();
    }

    /// @dev Instrumented for coverage, everything costs more than it does.
    function atMost(uint256 got, uint256 limit) internal view {
        if (got > limit && !vm.isContext(2)) revert TooMuch(got, limit);
    }

    /// @notice Deploys creation code that another compiler made.
    function create(bytes memory code) internal returns (address made) {
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        isTrue(made != address(0));
    }

    /// @notice Prints the gas of the call just made and holds it to a limit.
    function gasAtMost(string memory what, uint256 limit) internal {
        uint256 got = vm.lastCallGas().gasTotalUsed;
        emit log_named_uint(what, got);
        atMost(got, limit);
    }
}
