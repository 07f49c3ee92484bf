// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAttestorRegistry} from "./interfaces/IAttestorRegistry.sol";
import {DataCode} from "./lib/DataCode.sol";
import {Digests} from "./lib/Digests.sol";

/// @title See {IAttestorRegistry}.
contract AttestorRegistry is IAttestorRegistry, Ownable2Step {
    /// @dev No shape has more accounts.
    uint256 private constant MOST_ACCOUNTS = 64;
    /// @dev How far a new version of an account set may be from the last.
    uint64 private constant MOST_VERSIONS_AT_ONCE = 1000;

    struct Subject {
        /// Code with `abi.encode(digest, accounts)`.
        address accounts;
        uint64 version;
        address administrator;
    }

    /// @dev The last use of an account, in one slot that its declaration opens. The subject's hash is cut to 136 bits.
    struct Use {
        uint64 sequence;
        uint48 asOf;
        bool opened;
        uint136 subject;
    }

    bool public selfAllowed;
    mapping(address consumer => bool) public isConsumer;
    mapping(bytes32 attestorAndAccount => Use) private _uses;
    mapping(address attestor => Attestor) private _attestors;
    mapping(bytes32 subject => Subject) private _subjects;
    mapping(bytes32 subject => mapping(address account => bool)) private _approved;
    mapping(address account => bytes32 subject) private _subjectOf;

    constructor(address owner_) Ownable(owner_) {}

    modifier onlyAdministrator(bytes32 subject) {
        address administrator = _subjects[subject].administrator;
        if (administrator == address(0)) revert UnknownSubject(subject);
        if (msg.sender != administrator) revert NotAdministrator(msg.sender);
        _;
    }

    /// @inheritdoc IAttestorRegistry
    function setAttestor(address who, Grade grade, uint48 validFrom, uint48 validTo) external onlyOwner {
        if (validFrom > validTo) revert BadWindow(validFrom, validTo);
        Attestor storage a = _attestors[who];
        if (who == address(0)) revert UnknownAttestor(who);
        if (a.revoked) revert AttestorIsRevoked(who);
        if (grade == Grade.Self && !selfAllowed) revert SelfAttestation();
        (a.listed, a.grade, a.validFrom, a.validTo) = (true, grade, validFrom, validTo);
        emit AttestorSet(who, grade, validFrom, validTo);
    }

    /// @inheritdoc IAttestorRegistry
    function revokeAttestor(address who) external onlyOwner {
        _attestors[who].revoked = true;
        emit AttestorRevoked(who);
    }

    /// @inheritdoc IAttestorRegistry
    function allowSelf(bool allowed) external onlyOwner {
        selfAllowed = allowed;
        emit SelfAllowed(allowed);
    }

    /// @inheritdoc IAttestorRegistry
    function setConsumer(address consumer, bool admitted) external onlyOwner {
        isConsumer[consumer] = admitted;
        emit ConsumerSet(consumer, admitted);
    }

    /// @inheritdoc IAttestorRegistry
    function setSubject(bytes32 subject, address administrator) external onlyOwner {
        if (subject == bytes32(0)) revert UnknownSubject(subject);
        _subjects[subject].administrator = administrator;
        // Removed: nothing is attested for it until a new administrator declares accounts again.
        if (administrator == address(0)) _subjects[subject].accounts = address(0);
        emit SubjectSet(subject, administrator);
    }

    /// @inheritdoc IAttestorRegistry
    function declareAccounts(bytes32 subject, uint64 version, Account[] calldata accounts)
        external
        onlyAdministrator(subject)
        returns (bytes32 digest)
    {
        Subject storage s = _subjects[subject];
        if (version <= s.version) revert VersionNotNewer(version, s.version);
        // A departing administrator, or a slip, must not use up all versions there are.
        if (version - s.version > MOST_VERSIONS_AT_ONCE) revert VersionTooFar(version, s.version);
        if (accounts.length == 0) revert NoAccounts();
        if (accounts.length > MOST_ACCOUNTS) revert TooManyAccounts(accounts.length);
        digest = Digests.accountsStart(subject, version);
        uint256 next;
        for (uint256 i = 0; i < accounts.length; ++i) {
            Account calldata a = accounts[i];
            if (a.nettingSet < next) revert AccountsUnsorted(a.nettingSet);
            next = uint256(a.nettingSet) + 1;
            // One real account under two netting sets would count its assets twice.
            for (uint256 j = 0; j < i; ++j) {
                if (accounts[j].account == a.account && accounts[j].attestor == a.attestor) {
                    revert AccountTwice(a.nettingSet);
                }
            }
            _uses[_useId(a.attestor, a.account)].opened = true;
            digest = Digests.accountsStep(digest, a.nettingSet, a.account, a.attestor, uint8(a.grade));
        }
        s.version = version;
        s.accounts = DataCode.write(abi.encode(digest, accounts));
        emit AccountsDeclared(subject, version, digest, accounts);
    }

    /// @inheritdoc IAttestorRegistry
    function approveAddress(bytes32 subject, address account, bool approved)
        external
        onlyAdministrator(subject)
    {
        _approved[subject][account] = approved;
        if (!approved && _subjectOf[account] == subject) {
            _subjectOf[account] = bytes32(0);
            emit AddressLinked(bytes32(0), account);
        }
        emit AddressApproved(subject, account, approved);
    }

    /// @inheritdoc IAttestorRegistry
    function linkAddress(bytes32 subject) external {
        if (subject != bytes32(0) && !_approved[subject][msg.sender]) {
            revert NotApproved(subject, msg.sender);
        }
        _subjectOf[msg.sender] = subject;
        emit AddressLinked(subject, msg.sender);
    }

    /// @inheritdoc IAttestorRegistry
    function usableAccounts(bytes32 subject, uint64 asOf)
        external
        view
        returns (bytes32, Account[] memory accounts)
    {
        address pointer;
        (pointer, accounts) = _load(subject);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _checkAttestor(accounts[i], asOf);
        }
        DataCode.give(pointer);
    }

    /// @inheritdoc IAttestorRegistry
    function useAccounts(bytes32 subject, uint64 asOf, uint64[] calldata sequences)
        external
        returns (bytes32, Account[] memory accounts)
    {
        if (!isConsumer[msg.sender]) revert NotConsumer(msg.sender);
        address pointer;
        (pointer, accounts) = _load(subject);
        if (sequences.length != accounts.length) revert WrongAccountCount(sequences.length, accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _checkAttestor(accounts[i], asOf);
            _use(accounts[i], sequences[i], subject, asOf);
        }
        DataCode.give(pointer);
    }

    /// @inheritdoc IAttestorRegistry
    function accountUse(address who, bytes32 account) external view returns (uint64 sequence, uint48 asOf) {
        Use memory use = _uses[_useId(who, account)];
        return (use.sequence, use.asOf);
    }

    /// @inheritdoc IAttestorRegistry
    function accountSet(bytes32 subject) external view returns (bytes32 digest, uint64 version) {
        Subject storage s = _subjects[subject];
        if (s.accounts == address(0)) return (bytes32(0), 0);
        (digest,) = abi.decode(DataCode.read(s.accounts), (bytes32, Account[]));
        version = s.version;
    }

    /// @inheritdoc IAttestorRegistry
    function subjectOf(address account) external view returns (bytes32) {
        bytes32 subject = _subjectOf[account];
        return _subjects[subject].administrator == address(0) ? bytes32(0) : subject;
    }

    /// @inheritdoc IAttestorRegistry
    function administratorOf(bytes32 subject) external view returns (address) {
        return _subjects[subject].administrator;
    }

    /// @inheritdoc IAttestorRegistry
    function attestor(address who) external view returns (Attestor memory) {
        return _attestors[who];
    }

    function _load(bytes32 subject) private view returns (address pointer, Account[] memory accounts) {
        pointer = _subjects[subject].accounts;
        if (pointer == address(0)) revert UnknownSubject(subject);
        (, accounts) = abi.decode(DataCode.read(pointer), (bytes32, Account[]));
    }

    function _useId(address who, bytes32 account) private pure returns (bytes32) {
        return keccak256(abi.encode(who, account));
    }

    function _use(Account memory account, uint64 sequence, bytes32 subject, uint64 asOf) private {
        Use storage use = _uses[_useId(account.attestor, account.account)];
        Use memory last = use;
        // forge-lint: disable-next-line(unsafe-typecast) a cut hash is meant
        uint136 tag = uint136(uint256(keccak256(abi.encode(subject))));
        bool sameBook = asOf == last.asOf && tag == last.subject;
        if (sequence < last.sequence || (sequence == last.sequence && !sameBook)) {
            revert SequenceUsed(account.account, sequence, last.sequence);
        }
        if (asOf < last.asOf || (asOf == last.asOf && !sameBook)) {
            revert AccountBusy(account.account, last.asOf);
        }
        if (sequence == last.sequence) return;
        (use.sequence, use.asOf, use.opened, use.subject) = (sequence, SafeCast.toUint48(asOf), true, tag);
    }

    function _checkAttestor(Account memory account, uint64 asOf) private view {
        Attestor memory a = _attestors[account.attestor];
        if (!a.listed) revert UnknownAttestor(account.attestor);
        if (a.revoked) revert AttestorIsRevoked(account.attestor);
        if (asOf < a.validFrom || block.timestamp > a.validTo) {
            revert AttestorOutsideWindow(account.attestor, a.validFrom, a.validTo);
        }
        if (a.grade != account.grade) revert GradeMismatch(account.attestor, account.grade, a.grade);
        if (a.grade == Grade.Self && !selfAllowed) revert SelfAttestation();
    }
}
