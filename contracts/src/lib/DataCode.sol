// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Bytes kept as the code of a contract: immutable, and one cold access however long.
/// @dev The first byte is STOP, so the data can never be executed.
library DataCode {
    /// @notice The data did not fit, or there was not enough gas to store it.
    error NotStored();

    /// @notice Stores `data` and returns the address whose code is `0x00 || data`.
    function write(bytes memory data) internal returns (address pointer) {
        // Creation code: return everything after these eleven bytes.
        bytes memory creation = abi.encodePacked(hex"600b5981380380925939f300", data);
        assembly ("memory-safe") {
            pointer := create(0, add(creation, 0x20), mload(creation))
        }
        if (pointer == address(0)) revert NotStored();
    }

    /// @notice All of the data behind `pointer`. An address that `write` did not return gives nothing meaningful.
    function read(address pointer) internal view returns (bytes memory data) {
        uint256 size = pointer.code.length;
        if (size == 0) return "";
        data = new bytes(size - 1);
        assembly ("memory-safe") {
            extcodecopy(pointer, add(data, 0x20), 1, sub(size, 1))
        }
    }

    /// @notice `length` bytes of the data behind `pointer`, from byte `offset` on; zeros beyond its end.
    function part(address pointer, uint256 offset, uint256 length) internal view returns (bytes memory data) {
        data = new bytes(length);
        assembly ("memory-safe") {
            extcodecopy(pointer, add(data, 0x20), add(offset, 1), length)
        }
    }

    /// @notice Ends the call with `size` bytes of the data, from byte `offset` on, as its return value: what
    /// `write(abi.encode(value))` stored is `value`'s own encoding, and needs no decoding on the way.
    function give(address pointer, uint256 offset, uint256 size) internal view {
        assembly ("memory-safe") {
            let m := mload(0x40)
            extcodecopy(pointer, m, add(offset, 1), size)
            return(m, size)
        }
    }
}
