// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IRiskRegistry} from "./interfaces/IRiskRegistry.sol";
import {Bn254} from "./lib/Bn254.sol";
import {DataCode} from "./lib/DataCode.sol";

/// @title See {IRiskRegistry}.
contract RiskRegistry is IRiskRegistry, Ownable2Step, EIP712 {
    bytes32 private constant PUBLICATION_TYPE = keccak256(
        "Publication(bytes32 risk,bytes32 universe,bytes32 snapshot,bytes32 model,bytes32 keyId,uint256 x,uint256 y,uint64 asOf,uint64 usableFrom,uint64 usableTo)"
    );
    uint256 private constant LOCAL_CHAIN = 31337;

    struct Slot {
        address pointer;
        bool revoked;
    }

    /// @notice Seconds from publication to first use.
    uint64 public immutable DELAY;
    /// @notice Signatures that a publication needs.
    uint256 public threshold;
    /// @notice Number of the quorum; members of an earlier one count no more.
    uint256 public quorumVersion;
    mapping(uint256 version => mapping(address signer => bool)) private _members;
    mapping(bytes32 riskId => Slot) private _slots;

    constructor(address owner_, address[] memory signers, uint256 threshold_, uint64 delay)
        Ownable(owner_)
        EIP712("mandate risk", "1")
    {
        if (delay == 0 && block.chainid != LOCAL_CHAIN) revert NoDelay(block.chainid);
        DELAY = delay;
        _setQuorum(signers, threshold_);
    }

    /// @inheritdoc IRiskRegistry
    function publish(Publication calldata p, address[] calldata signers, bytes[] calldata signatures)
        external
        returns (bytes32 riskId)
    {
        riskId = idOf(p.risk, p.keyId, p.model);
        if (_slots[riskId].pointer != address(0)) revert AlreadyPublished(riskId);
        if (!Bn254.isPoint(p.x, p.y)) revert BadPoint();
        if (p.asOf > block.timestamp) revert FromTheFuture(p.asOf);
        _checkQuorum(signingHash(p), signers, signatures);

        Publication memory stored = p;
        uint256 earliest = block.timestamp + DELAY;
        if (stored.usableFrom < earliest) stored.usableFrom = SafeCast.toUint64(earliest);
        if (stored.usableFrom > stored.usableTo) revert NeverUsable(stored.usableFrom, stored.usableTo);
        _slots[riskId].pointer = DataCode.write(abi.encode(stored));
        emit RiskPublished(
            riskId,
            p.risk,
            p.keyId,
            p.universe,
            p.snapshot,
            p.model,
            p.asOf,
            stored.usableFrom,
            stored.usableTo
        );
    }

    /// @inheritdoc IRiskRegistry
    function revoke(bytes32 riskId) external onlyOwner {
        Slot storage slot = _slots[riskId];
        if (slot.pointer == address(0)) revert UnknownRisk(riskId);
        slot.revoked = true;
        emit RiskRevoked(riskId);
    }

    /// @inheritdoc IRiskRegistry
    function setQuorum(address[] calldata signers, uint256 threshold_) external onlyOwner {
        _setQuorum(signers, threshold_);
    }

    /// @inheritdoc IRiskRegistry
    function usable(bytes32 risk, bytes32 keyId, bytes32 model) external view returns (Publication memory) {
        bytes32 riskId = idOf(risk, keyId, model);
        Slot storage slot = _slots[riskId];
        if (slot.revoked) revert Revoked(riskId);
        address pointer = slot.pointer;
        if (pointer == address(0)) revert UnknownRisk(riskId);
        (uint64 from, uint64 to) = abi.decode(DataCode.tail(pointer, 64), (uint64, uint64));
        if (block.timestamp < from) revert NotYetUsable(from);
        if (block.timestamp > to) revert NoLongerUsable(to);
        DataCode.give(pointer);
    }

    /// @inheritdoc IRiskRegistry
    function publication(bytes32 riskId) external view returns (Publication memory, bool revoked) {
        Slot storage slot = _slots[riskId];
        return (_read(riskId, slot.pointer), slot.revoked);
    }

    /// @inheritdoc IRiskRegistry
    function signingHash(Publication calldata p) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(PUBLICATION_TYPE, p)));
    }

    /// @inheritdoc IRiskRegistry
    function idOf(bytes32 risk, bytes32 keyId, bytes32 model) public pure returns (bytes32) {
        return keccak256(abi.encode(risk, keyId, model));
    }

    function _read(bytes32 riskId, address pointer) private view returns (Publication memory) {
        if (pointer == address(0)) revert UnknownRisk(riskId);
        return abi.decode(DataCode.read(pointer), (Publication));
    }

    function _checkQuorum(bytes32 hash, address[] calldata signers, bytes[] calldata signatures)
        private
        view
    {
        if (signers.length < threshold || signers.length != signatures.length) {
            revert BelowQuorum(signatures.length, threshold);
        }
        address last;
        for (uint256 i = 0; i < signers.length; ++i) {
            address signer = signers[i];
            if (signer <= last) revert SignersUnsorted(signer);
            last = signer;
            if (!_members[quorumVersion][signer]) revert NotASigner(signer);
            if (!SignatureChecker.isValidSignatureNowCalldata(signer, hash, signatures[i])) {
                revert BadSignature(signer);
            }
        }
    }

    function _setQuorum(address[] memory signers, uint256 threshold_) private {
        if (threshold_ == 0 || threshold_ > signers.length) revert BadQuorum();
        uint256 version = ++quorumVersion;
        for (uint256 i = 0; i < signers.length; ++i) {
            if (signers[i] == address(0) || _members[version][signers[i]]) revert BadQuorum();
            _members[version][signers[i]] = true;
        }
        threshold = threshold_;
        emit QuorumSet(version, signers, threshold_);
    }
}
