// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IRiskRegistry} from "./interfaces/IRiskRegistry.sol";
import {IVkStore} from "./interfaces/IVkStore.sol";
import {Bn254} from "./lib/Bn254.sol";
import {DataCode} from "./lib/DataCode.sol";
import {Digests} from "./lib/Digests.sol";
import {RiskTrace} from "./lib/RiskTrace.sol";

/// @title See {IRiskRegistry}.
contract RiskRegistry is IRiskRegistry, Ownable2Step {
    bytes32 private constant PUBLICATION_TYPE = keccak256(
        "Publication(bytes32 risk,bytes32 universe,bytes32 snapshot,bytes32 model,bytes32 keyId,uint256 x,uint256 y,bytes32 trace,uint32 chunks,uint32 semantics,bytes32 spots,uint64 asOf,uint64 usableFrom,uint64 usableTo,uint64 quorum)"
    );
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME_HASH = keccak256("mandate risk");
    bytes32 private constant VERSION_HASH = keccak256("2");
    uint256 private constant LOCAL_CHAIN = 31337;
    uint256 private constant MOST_SPOTS = 64;
    uint256 private constant MOST_CHUNKS = 1 << 16;
    /// @dev Words of what an attestation needs; `abi.encode(Publication)` follows.
    uint256 private constant HOT = 160;
    uint256 private constant PUBLICATION = 480;
    /// @dev `State.Live`, for assembly.
    uint256 private constant LIVE = 1;

    /// @dev One slot: what every attestation reads.
    struct Slot {
        address pointer;
        uint40 usableFrom;
        uint40 usableTo;
        State state;
        uint8 demands;
    }

    struct Stake {
        address proposer;
        uint96 bond;
    }

    struct More {
        address spots;
        uint24 serial;
        bool fallbackPath;
    }

    struct Demand {
        address by;
        uint40 due;
    }

    /// @dev One slot.
    struct Office {
        uint64 quorum;
        uint32 threshold;
        uint40 spokeAt;
        uint24 serial;
    }

    IVkStore public immutable KEYS;
    uint40 public immutable DELAY;
    uint40 public immutable FALLBACK_DELAY;
    uint40 public immutable SILENCE;
    uint32 public immutable FALLBACK_THRESHOLD;
    uint40 public immutable RESPONSE;
    uint40 public immutable HISTORY;
    uint96 public immutable BOND;
    uint96 public immutable DEMAND_BOND;
    Office private _office;
    mapping(uint256 version => mapping(address signer => bool)) private _members;
    mapping(bytes32 riskId => Slot) private _slots;
    mapping(bytes32 riskId => Stake) private _stakes;
    mapping(bytes32 riskId => More) private _more;
    mapping(bytes32 riskId => mapping(uint32 chunk => Demand)) private _demands;
    /// @inheritdoc IRiskRegistry
    mapping(uint24 serial => bytes32 riskId) public riskOf;
    /// @inheritdoc IRiskRegistry
    mapping(address who => uint256) public owed;

    constructor(
        address owner_,
        IVkStore keys,
        address[] memory signers,
        uint256 threshold_,
        Rules memory rules
    ) Ownable(owner_) {
        if ((rules.delay == 0 || rules.response == 0) && block.chainid != LOCAL_CHAIN) {
            revert NoDelay(block.chainid);
        }
        if (rules.fallbackDelay < rules.delay || rules.fallbackThreshold == 0 || rules.history == 0) {
            revert BadRules();
        }
        KEYS = keys;
        DELAY = rules.delay;
        FALLBACK_DELAY = rules.fallbackDelay;
        SILENCE = rules.silence;
        FALLBACK_THRESHOLD = rules.fallbackThreshold;
        RESPONSE = rules.response;
        HISTORY = rules.history;
        BOND = rules.bond;
        DEMAND_BOND = rules.demandBond;
        _office.spokeAt = uint40(block.timestamp);
        _setQuorum(signers, threshold_);
    }

    /// @inheritdoc IRiskRegistry
    function publish(
        Publication calldata p,
        Spot[] calldata list,
        address[] calldata signers,
        bytes[] calldata signatures
    ) external payable returns (bytes32 riskId) {
        bool fallbackPath = _checkQuorum(p, signers, signatures);
        riskId = idOf(p.risk, p.keyId, p.model);
        if (_slots[riskId].state != State.Unknown) revert AlreadyPublished(riskId);
        if (msg.value != BOND) revert WrongBond(msg.value, BOND);
        uint64 usableFrom = _checkPublication(p, fallbackPath ? FALLBACK_DELAY : DELAY);
        if (!fallbackPath) _office.spokeAt = uint40(block.timestamp);
        _more[riskId] = More(_storeSpots(list, p.spots), ++_office.serial, fallbackPath);
        _store(riskId, p, usableFrom);
        _announce(riskId, p, usableFrom);
    }

    /// @inheritdoc IRiskRegistry
    function challenge(bytes32 riskId, Challenge calldata c) external {
        Slot storage slot = _live(riskId);
        if (block.timestamp > slot.usableTo) revert NoLongerUsable(slot.usableTo);
        if (!_isWrong(_read(slot.pointer), c)) revert StepHolds(c.step.chunk);
        emit RiskDisproved(riskId, msg.sender, c.step.chunk);
        _kill(riskId, msg.sender);
    }

    /// @inheritdoc IRiskRegistry
    function demand(bytes32 riskId, uint32 chunk) external payable {
        Slot storage slot = _live(riskId);
        if (msg.value != DEMAND_BOND) revert WrongBond(msg.value, DEMAND_BOND);
        if (block.timestamp >= slot.usableFrom) revert TooLateToDemand(slot.usableFrom);
        if (chunk >= _read(slot.pointer).chunks) revert NoSuchChunk(chunk);
        Demand storage d = _demands[riskId][chunk];
        if (d.by != address(0)) revert AlreadyDemanded(chunk);
        if (slot.demands == type(uint8).max) revert TooManyDemands();
        slot.demands += 1;
        uint40 due = uint40(block.timestamp) + RESPONSE;
        (d.by, d.due) = (msg.sender, due);
        emit DataDemanded(riskId, chunk, msg.sender, due);
    }

    /// @inheritdoc IRiskRegistry
    function give(bytes32 riskId, Step calldata step, uint256[32] calldata values) external {
        Slot storage slot = _live(riskId);
        Demand storage d = _demands[riskId][step.chunk];
        if (d.due == 0) revert NotDemanded(step.chunk);
        if (block.timestamp > d.due) revert DemandOverdue(d.due);
        if (!RiskTrace.isStep(step, _read(slot.pointer).trace)) revert NotInTree();
        if (keccak256(abi.encode(values)) != step.values) revert OtherValues();
        // `by` stays: a chunk that was given is not asked for again.
        d.due = 0;
        slot.demands -= 1;
        owed[_stakes[riskId].proposer] += DEMAND_BOND;
        emit DataGiven(riskId, step.chunk);
    }

    /// @inheritdoc IRiskRegistry
    function expire(bytes32 riskId, uint32 chunk) external {
        _live(riskId);
        Demand storage d = _demands[riskId][chunk];
        if (d.due == 0) revert NotDemanded(chunk);
        if (block.timestamp <= d.due) revert DemandNotDue(d.due);
        address by = d.by;
        emit RiskDisproved(riskId, by, chunk);
        _kill(riskId, by);
    }

    /// @inheritdoc IRiskRegistry
    function reclaim(bytes32 riskId, uint32 chunk) external {
        Slot storage slot = _slots[riskId];
        Demand storage d = _demands[riskId][chunk];
        if (d.due == 0) revert NotDemanded(chunk);
        if (slot.state == State.Live) revert BondHeld(riskId);
        d.due = 0;
        slot.demands -= 1;
        owed[d.by] += DEMAND_BOND;
    }

    /// @inheritdoc IRiskRegistry
    function release(bytes32 riskId) external {
        Slot storage slot = _slots[riskId];
        Stake storage stake = _stakes[riskId];
        uint96 bond = stake.bond;
        if (block.timestamp <= slot.usableTo || slot.demands != 0 || bond == 0) revert BondHeld(riskId);
        stake.bond = 0;
        owed[stake.proposer] += bond;
        emit BondReturned(riskId, stake.proposer, bond);
    }

    /// @inheritdoc IRiskRegistry
    function withdraw() external {
        uint256 amount = owed[msg.sender];
        if (amount == 0) revert NothingToWithdraw();
        owed[msg.sender] = 0;
        emit Withdrawn(msg.sender, amount);
        (bool ok,) = msg.sender.call{value: amount}("");
        if (!ok) revert NotPaid(msg.sender);
    }

    /// @inheritdoc IRiskRegistry
    function revoke(bytes32 riskId) external {
        Slot storage slot = _live(riskId);
        bool veto = _more[riskId].fallbackPath && block.timestamp < slot.usableFrom
            && _members[_office.quorum][msg.sender];
        if (!veto && msg.sender != owner()) revert MayNotVeto(msg.sender);
        slot.state = State.Revoked;
        emit RiskRevoked(riskId, msg.sender);
    }

    /// @inheritdoc IRiskRegistry
    function setQuorum(address[] calldata signers, uint256 threshold_) external onlyOwner {
        _setQuorum(signers, threshold_);
    }

    /// @inheritdoc IRiskRegistry
    function usable(bytes32 risk, bytes32 keyId, bytes32 model)
        external
        view
        returns (uint256, uint256, bytes32, uint64, uint24)
    {
        uint256 word;
        assembly ("memory-safe") {
            // Of `_slots[idOf(risk, keyId, model)]`.
            let m := mload(0x40)
            calldatacopy(m, 0x04, 0x60)
            mstore(0x00, keccak256(m, 0x60))
            mstore(0x20, _slots.slot)
            word := sload(keccak256(0x00, 0x40))
            // The slot as a word: code (160 bits), from (40), to (40), state (8), demands (8).
            let from := and(shr(160, word), 0xffffffffff)
            let to := and(shr(200, word), 0xffffffffff)
            // What `DataCode.give` does.
            if gt(eq(shr(240, word), LIVE), or(lt(timestamp(), from), gt(timestamp(), to))) {
                extcodecopy(word, m, 1, HOT)
                return(m, HOT)
            }
        }
        Slot memory slot = _slots[idOf(risk, keyId, model)];
        if (slot.state != State.Live) _refuse(idOf(risk, keyId, model), slot.state);
        if (slot.demands != 0) revert DataMissing(idOf(risk, keyId, model), slot.demands);
        if (block.timestamp < slot.usableFrom) revert NotYetUsable(slot.usableFrom);
        revert NoLongerUsable(slot.usableTo);
    }

    /// @inheritdoc IRiskRegistry
    function publication(bytes32 riskId) external view returns (Publication memory) {
        address pointer = _slots[riskId].pointer;
        if (pointer == address(0)) revert UnknownRisk(riskId);
        DataCode.give(pointer, HOT, PUBLICATION);
    }

    /// @notice Spots of a published risk part, in their order; empty where none were named.
    function spots(bytes32 riskId) external view returns (Spot[] memory) {
        if (_slots[riskId].pointer == address(0)) revert UnknownRisk(riskId);
        DataCode.give(_more[riskId].spots, 0, _more[riskId].spots.code.length - 1);
    }

    /// @inheritdoc IRiskRegistry
    function status(bytes32 riskId) external view returns (Status memory) {
        Slot memory slot = _slots[riskId];
        Stake memory stake = _stakes[riskId];
        More memory more = _more[riskId];
        return Status(
            slot.state,
            more.fallbackPath,
            slot.demands,
            slot.usableFrom,
            slot.usableTo,
            more.serial,
            stake.proposer,
            stake.bond
        );
    }

    /// @inheritdoc IRiskRegistry
    function isStruck(uint24 serial) external view returns (bool) {
        State state = _slots[riskOf[serial]].state;
        return state == State.Revoked || state == State.Dead;
    }

    /// @inheritdoc IRiskRegistry
    function quorum() external view returns (uint64 version, uint32 threshold) {
        return (_office.quorum, _office.threshold);
    }

    /// @inheritdoc IRiskRegistry
    function isMember(address who) external view returns (bool) {
        return _members[_office.quorum][who];
    }

    /// @inheritdoc IRiskRegistry
    function signingHash(Publication calldata p) public view returns (bytes32) {
        // The chain is asked for each time: after a fork, one half's signatures are not the other's.
        bytes32 domain =
            keccak256(abi.encode(DOMAIN_TYPE, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(PUBLICATION_TYPE, p))));
    }

    /// @inheritdoc IRiskRegistry
    function idOf(bytes32 risk, bytes32 keyId, bytes32 model) public pure returns (bytes32) {
        return Digests.three(risk, keyId, model);
    }

    function _storeSpots(Spot[] calldata list, bytes32 digest) private returns (address) {
        bytes memory encoded = abi.encode(list);
        if (list.length > MOST_SPOTS || keccak256(encoded) != digest) {
            revert BadSpots(digest, keccak256(encoded));
        }
        return DataCode.write(encoded);
    }

    function _store(bytes32 riskId, Publication calldata p, uint64 usableFrom) private {
        uint24 serial = _office.serial;
        riskOf[serial] = riskId;
        bytes memory hot = abi.encode(p.x, p.y, p.universe, p.asOf, serial);
        address pointer = DataCode.write(bytes.concat(hot, abi.encode(p)));
        // forge-lint: disable-next-line(unsafe-typecast) bounded: times below 2^40, or a field of the slot
        _slots[riskId] = Slot(pointer, uint40(usableFrom), uint40(p.usableTo), State.Live, 0);
        _stakes[riskId] = Stake(msg.sender, BOND);
    }

    function _announce(bytes32 riskId, Publication calldata p, uint64 usableFrom) private {
        bool fallbackPath = _more[riskId].fallbackPath;
        emit RiskPublished(riskId, p.risk, p.keyId, msg.sender, usableFrom, fallbackPath, p);
    }

    /// @dev Everything about the publication but its signatures and spots; returns the first instant of use.
    function _checkPublication(Publication calldata p, uint40 delay) private view returns (uint64 from) {
        if (!Bn254.isPoint(p.x, p.y)) revert BadPoint();
        if (p.asOf > block.timestamp) revert FromTheFuture(p.asOf);
        if (p.chunks == 0 || p.chunks > MOST_CHUNKS || p.trace == bytes32(0)) revert BadTrace(p.chunks);
        uint256 latest = uint256(p.asOf) + HISTORY;
        if (p.usableTo > latest) revert UsableTooLong(p.usableTo, latest);
        // Where the key is unknown nothing could be challenged.
        KEYS.info(p.keyId);
        from = uint64(block.timestamp) + delay;
        if (p.usableFrom > from) from = p.usableFrom;
        if (from > p.usableTo) revert NeverUsable(from, p.usableTo);
    }

    /// @dev The step, and what it starts from, stand in the trace; the values are its own; the points are the key's. Then it
    /// is wrong unless everything about it is right.
    function _isWrong(Publication memory p, Challenge calldata c) private view returns (bool) {
        uint32 chunk = c.step.chunk;
        if (chunk >= p.chunks) revert NoSuchChunk(chunk);
        if (!RiskTrace.isStep(c.step, p.trace)) revert NotInTree();
        if (chunk + 1 == p.chunks && (c.step.x != p.x || c.step.y != p.y)) return true;
        uint256 x;
        uint256 y;
        if (chunk != 0) {
            if (c.before.chunk != chunk - 1) revert NotConsecutive(c.before.chunk, chunk);
            if (!RiskTrace.isStep(c.before, p.trace)) revert NotInTree();
            (x, y) = (c.before.x, c.before.y);
        }
        if (keccak256(abi.encode(c.values)) != c.step.values) revert OtherValues();
        IVkStore.Info memory key = KEYS.info(p.keyId);
        RiskTrace.Place memory place = RiskTrace.Place({
            first: RiskTrace.CHUNK * (uint256(key.rules) / RiskTrace.CHUNK + chunk),
            rules: key.rules,
            sheetRoot: key.sheetRoot,
            universe: p.universe
        });
        if (!RiskTrace.isSubtree(place, c.points, c.path)) revert NotInTree();
        if (!RiskTrace.isLawful(place, c.values, c.points)) return true;
        if ((x | y) != 0 && !Bn254.isPoint(x, y)) return true;
        (bool ok, uint256 sx, uint256 sy) = RiskTrace.sum(c.values, c.points, x, y);
        // Too little gas is no proof of anything.
        if (!ok) revert CannotDecide();
        return sx != c.step.x || sy != c.step.y;
    }

    /// @dev Half to the winner: a proposer who challenges itself in time loses the other half.
    function _kill(bytes32 riskId, address winner) private {
        _slots[riskId].state = State.Dead;
        Stake storage stake = _stakes[riskId];
        uint256 bond = stake.bond;
        stake.bond = 0;
        owed[winner] += bond / 2;
        owed[owner()] += bond - bond / 2;
    }

    function _live(bytes32 riskId) private view returns (Slot storage slot) {
        slot = _slots[riskId];
        if (slot.state != State.Live) _refuse(riskId, slot.state);
    }

    function _refuse(bytes32 riskId, State state) private pure {
        if (state == State.Revoked) revert Revoked(riskId);
        if (state == State.Dead) revert Disproved(riskId);
        revert UnknownRisk(riskId);
    }

    /// @dev Trusts the encoding: it was written here.
    function _read(address pointer) private view returns (Publication memory p) {
        assembly ("memory-safe") {
            extcodecopy(pointer, p, add(HOT, 1), PUBLICATION)
        }
    }

    /// @dev Returns whether the publication takes the fallback path.
    function _checkQuorum(Publication calldata p, address[] calldata signers, bytes[] calldata signatures)
        private
        view
        returns (bool fallbackPath)
    {
        Office memory office = _office;
        if (p.quorum != office.quorum) revert OtherQuorum(p.quorum, office.quorum);
        fallbackPath = signers.length < office.threshold;
        bool silent = block.timestamp >= uint256(office.spokeAt) + SILENCE;
        if (
            signers.length != signatures.length
                || (fallbackPath && !(silent && signers.length >= FALLBACK_THRESHOLD))
        ) revert BelowQuorum(signatures.length, office.threshold);
        bytes32 hash = signingHash(p);
        address last;
        for (uint256 i = 0; i < signers.length; ++i) {
            address signer = signers[i];
            if (signer <= last) revert SignersUnsorted(signer);
            last = signer;
            if (!_members[office.quorum][signer]) revert NotASigner(signer);
            if (!SignatureChecker.isValidSignatureNowCalldata(signer, hash, signatures[i])) {
                revert BadSignature(signer);
            }
        }
    }

    function _setQuorum(address[] memory signers, uint256 threshold_) private {
        if (threshold_ == 0 || threshold_ > signers.length || threshold_ < FALLBACK_THRESHOLD) {
            revert BadQuorum();
        }
        uint64 version = ++_office.quorum;
        for (uint256 i = 0; i < signers.length; ++i) {
            if (signers[i] == address(0) || _members[version][signers[i]]) revert BadQuorum();
            _members[version][signers[i]] = true;
        }
        _office.threshold = SafeCast.toUint32(threshold_);
        emit QuorumSet(version, signers, threshold_);
    }
}
