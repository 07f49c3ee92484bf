// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Public randomness that belongs to an instant and that nobody knew at that instant.
/// @dev Two permissionless steps: `arm`, at the instant or later, names a block that is still to come; `settle` keeps that
/// block's hash. Whoever arms cannot know the hash; whoever builds the block can throw it away, which costs the block and
/// buys one more draw. Where nobody settles within 256 blocks it is armed again, so a settling party has to be awake: the
/// subject, its investors, or anyone.
interface IEpochBeacon {
    event Armed(uint64 indexed instant, uint64 block);
    event Settled(uint64 indexed instant, bytes32 seed);

    /// @notice The instant is not over.
    error TooEarly(uint64 instant);
    /// @notice Armed, and its block can still be read.
    error AlreadyArmed(uint64 instant, uint64 block);
    /// @notice Not armed, or its block is not there yet, or no longer.
    error CannotSettle(uint64 instant, uint64 block);
    error AlreadySettled(uint64 instant);
    error NotSettled(uint64 instant);

    /// @notice Names the block whose hash the instant's seed will be made of.
    function arm(uint64 instant) external;

    /// @notice Keeps the seed.
    function settle(uint64 instant) external;

    /// @notice The seed of an instant; reverts with `NotSettled`.
    function seedOf(uint64 instant) external view returns (bytes32);
}
