// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IAttestorRegistry} from "./interfaces/IAttestorRegistry.sol";
import {DataCode} from "./lib/DataCode.sol";
import {Digests} from "./lib/Digests.sol";

/// @title See {IAttestorRegistry}. The part of a compliance registry that knows who may vouch and for what.
/// @dev Account lists are kept packed, two words an account: see `_pack`.
abstract contract AttestorRegistry is IAttestorRegistry, Ownable2Step {
    /// @dev No shape has more accounts.
    uint256 private constant MOST_ACCOUNTS = 64;
    /// @dev How far a new version of an account set may be from the last.
    uint64 private constant MOST_VERSIONS_AT_ONCE = 1000;

    /// @dev The first slot is all that an attestation reads, unless only a commitment was declared.
    struct Subject {
        /// Code with the set's digest and its packed accounts; zero where there is none.
        address accounts;
        uint48 version;
        /// Grows with every administrator: approvals name it.
        uint32 term;
        bool restricted;
        address administrator;
        /// Digest of the set where only that was declared.
        bytes32 committed;
    }

    /// @dev The last use of an account, in one slot that its declaration opens. The subject's hash is cut to 104 bits.
    struct Use {
        uint64 sequence;
        uint40 asOf;
        /// Furthest `validUntil` of an attestation that shows this account for the subject.
        uint40 until;
        bool opened;
        uint104 subject;
    }

    struct Link {
        bytes32 subject;
        uint32 term;
    }

    bool public selfAllowed;
    mapping(bytes32 attestorAndAccount => Use) private _uses;
    mapping(address attestor => Attestor) private _attestors;
    mapping(bytes32 subject => Subject) private _subjects;
    mapping(bytes32 subject => mapping(uint32 term => mapping(address account => bool))) private _approved;
    mapping(address account => Link) private _links;

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
    function setSubject(bytes32 subject, address administrator) external onlyOwner {
        if (subject == bytes32(0)) revert UnknownSubject(subject);
        Subject storage s = _subjects[subject];
        // What the last administrator approved was the last administrator's to say.
        if (administrator != s.administrator) s.term += 1;
        s.administrator = administrator;
        // Removed: nothing is attested for it until a new administrator declares accounts again.
        if (administrator == address(0)) (s.accounts, s.committed) = (address(0), bytes32(0));
        emit SubjectSet(subject, administrator);
    }

    /// @inheritdoc IAttestorRegistry
    function declareAccounts(bytes32 subject, uint64 version, Account[] calldata accounts)
        external
        onlyAdministrator(subject)
        returns (bytes32 digest)
    {
        Subject storage s = _subjects[subject];
        _newVersion(s, version);
        bytes memory packed;
        (digest, packed) = _pack(subject, version, accounts);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _uses[_useId(accounts[i].attestor, accounts[i].account)].opened = true;
        }
        s.accounts = DataCode.write(bytes.concat(digest, packed));
        s.committed = bytes32(0);
        emit AccountsDeclared(subject, version, digest, accounts);
    }

    /// @inheritdoc IAttestorRegistry
    function commitAccounts(bytes32 subject, uint64 version, bytes32 digest)
        external
        onlyAdministrator(subject)
    {
        if (digest == bytes32(0)) revert NoAccounts();
        Subject storage s = _subjects[subject];
        _newVersion(s, version);
        (s.accounts, s.committed) = (address(0), digest);
        emit AccountsCommitted(subject, version, digest);
    }

    /// @inheritdoc IAttestorRegistry
    function restrictSubmitters(bytes32 subject, bool restricted) external onlyAdministrator(subject) {
        _subjects[subject].restricted = restricted;
        emit SubmittersRestricted(subject, restricted);
    }

    /// @inheritdoc IAttestorRegistry
    function approveAddress(bytes32 subject, address account, bool approved)
        external
        onlyAdministrator(subject)
    {
        _approved[subject][_subjects[subject].term][account] = approved;
        if (!approved && _links[account].subject == subject) {
            delete _links[account];
            emit AddressLinked(bytes32(0), account);
        }
        emit AddressApproved(subject, account, approved);
    }

    /// @inheritdoc IAttestorRegistry
    function linkAddress(bytes32 subject) external {
        uint32 term = _subjects[subject].term;
        if (subject != bytes32(0) && !_approved[subject][term][msg.sender]) {
            revert NotApproved(subject, msg.sender);
        }
        _links[msg.sender] = Link(subject, term);
        emit AddressLinked(subject, msg.sender);
    }

    /// @inheritdoc IAttestorRegistry
    function usableAccounts(bytes32 subject, uint64 asOf)
        external
        view
        returns (bytes32 digest, Account[] memory accounts)
    {
        uint256 list;
        uint256 count;
        (digest, list, count) = _declared(subject);
        accounts = new Account[](count);
        for (uint256 i = 0; i < count; ++i) {
            accounts[i] = _account(list, i);
            (uint256 word,) = _packed(list, i);
            _checkAttestor(word, asOf);
        }
    }

    /// @inheritdoc IAttestorRegistry
    function accountUse(address who, bytes32 account)
        external
        view
        returns (uint64 sequence, uint40 asOf, uint40 until)
    {
        Use memory use = _uses[_useId(who, account)];
        return (use.sequence, use.asOf, use.until);
    }

    /// @inheritdoc IAttestorRegistry
    function accountSet(bytes32 subject) external view returns (bytes32 digest, uint64 version) {
        Subject storage s = _subjects[subject];
        digest = s.committed;
        if (s.accounts != address(0)) digest = bytes32(DataCode.part(s.accounts, 0, 32));
        if (digest != bytes32(0)) version = s.version;
    }

    /// @inheritdoc IAttestorRegistry
    function subjectOf(address account) public view returns (bytes32) {
        Link storage link = _links[account];
        bytes32 subject = link.subject;
        if (subject == bytes32(0)) return 0;
        // A term without an administrator has no links: they need an approval, which nobody could give.
        return _subjects[subject].term == link.term ? subject : bytes32(0);
    }

    /// @inheritdoc IAttestorRegistry
    function administratorOf(bytes32 subject) public view returns (address) {
        return _subjects[subject].administrator;
    }

    /// @inheritdoc IAttestorRegistry
    function attestor(address who) external view returns (Attestor memory) {
        return _attestors[who];
    }

    /// @dev A subject's declared accounts in memory: address and number of the packed words.
    function _declared(bytes32 subject) internal view returns (bytes32 digest, uint256 list, uint256 count) {
        Subject storage s = _subjects[subject];
        address pointer = s.accounts;
        if (pointer == address(0)) {
            if (s.committed != bytes32(0)) revert ListNotDeclared(subject);
            revert UnknownSubject(subject);
        }
        assembly ("memory-safe") {
            let m := mload(0x40)
            let size := sub(extcodesize(pointer), 1)
            extcodecopy(pointer, m, 1, size)
            mstore(0x40, add(m, size))
            digest := mload(m)
            list := add(m, 0x20)
            count := shr(6, sub(size, 0x20))
        }
    }

    /// @dev Anyone may submit a subject's attestation, unless its administrator said otherwise.
    function _checkSubmitter(bytes32 subject) internal view {
        Subject storage s = _subjects[subject];
        if (s.restricted && !_approved[subject][s.term][msg.sender]) revert NotASubmitter(msg.sender);
    }

    /// @dev The same from a list that is given, where only its digest was declared.
    function _given(bytes32 subject, Account[] calldata accounts)
        internal
        view
        returns (bytes32 digest, uint256 list)
    {
        Subject storage s = _subjects[subject];
        bytes32 committed = s.committed;
        if (committed == bytes32(0)) {
            if (s.accounts != address(0)) revert ListDeclared(subject);
            revert UnknownSubject(subject);
        }
        bytes memory packed;
        (digest, packed) = _pack(subject, s.version, accounts);
        if (digest != committed) revert OtherAccounts(committed, digest);
        assembly ("memory-safe") {
            list := add(packed, 0x20)
        }
    }

    /// @dev The account at place `i` of a packed list, as `_pack` put it there: netting set, grade and attestor in a word; name.
    function _packed(uint256 list, uint256 i) internal pure returns (uint256 word, bytes32 name) {
        assembly ("memory-safe") {
            let p := add(list, shl(6, i))
            word := mload(p)
            name := mload(add(p, 0x20))
        }
    }

    // forge-lint: disable-start(unsafe-typecast) fields of the word
    function _attestorOf(uint256 packed) internal pure returns (address) {
        return address(uint160(packed));
    }

    function _nettingSetOf(uint256 packed) internal pure returns (uint16) {
        return uint16(packed >> 168);
    }

    /// @dev The account at place `i` of a packed list.
    function _account(uint256 list, uint256 i) internal pure returns (Account memory) {
        (uint256 word, bytes32 name) = _packed(list, i);
        return Account(_nettingSetOf(word), name, _attestorOf(word), Grade(uint8(word >> 160)));
    }

    // forge-lint: disable-end(unsafe-typecast)

    /// @dev Uses an account for a book: one subject at a time, one sequence number once, one statement per instant.
    /// Reads and writes the slot as a word: field by field it would cost a thousand gas more.
    /// @param who The attestor, `account` its name of the account.
    /// @param tag Of the subject: `_tag`.
    /// @param asOf Below 2^40, as is `until`; `sequence` is below 2^64.
    function _use(address who, bytes32 account, uint256 sequence, uint256 tag, uint256 asOf, uint256 until)
        internal
    {
        Use storage use = _uses[_useId(who, account)];
        uint256 word;
        assembly ("memory-safe") {
            word := sload(use.slot)
        }
        uint256 lastSequence = word & type(uint64).max;
        uint256 lastUntil = (word >> 104) & type(uint40).max;
        // forge-lint: disable-start(unsafe-typecast) fields of the word, and what the caller answers for
        if (tag != word >> 152) {
            // Until then a record may say of another subject that this account is among its own.
            if (asOf <= lastUntil) revert AccountBusy(account, uint40(lastUntil));
        } else {
            uint256 lastAsOf = (word >> 64) & type(uint40).max;
            if (asOf < lastAsOf) revert AccountBusy(account, uint40(lastAsOf));
            bool same = asOf == lastAsOf;
            // The same book, shown to another mandate: the very same statement of it, or none.
            if (same && sequence != lastSequence) {
                revert SequenceUsed(account, uint64(sequence), uint64(lastSequence));
            }
            if (until < lastUntil) until = lastUntil;
            if (same) lastSequence = 0;
        }
        if (sequence <= lastSequence) revert SequenceUsed(account, uint64(sequence), uint64(lastSequence));
        // forge-lint: disable-end(unsafe-typecast)
        word = sequence | asOf << 64 | until << 104 | 1 << 144 | tag << 152;
        assembly ("memory-safe") {
            sstore(use.slot, word)
        }
    }

    /// @dev 104 bits of a hash of the subject.
    function _tag(bytes32 subject) internal pure returns (uint256 tag) {
        assembly ("memory-safe") {
            mstore(0x00, subject)
            tag := shr(152, keccak256(0x00, 0x20))
        }
    }

    /// @dev One word read; what is wrong with it is worked out only then.
    /// @param packed The first word of a packed account: attestor and declared grade.
    function _checkAttestor(uint256 packed, uint256 asOf) internal view {
        Attestor storage a = _attestors[_attestorOf(packed)];
        uint256 word;
        assembly ("memory-safe") {
            word := sload(a.slot)
        }
        uint256 grade = (packed >> 160) & type(uint8).max;
        // Listed, not revoked, of the declared grade, which is not the subject itself.
        bool plain = (word & 0xffffff) == (1 | grade << 16) && grade != uint256(Grade.Self);
        bool inside =
            asOf >= ((word >> 24) & type(uint48).max) && block.timestamp <= ((word >> 72) & type(uint48).max);
        // forge-lint: disable-next-line(unsafe-typecast) as `_pack` put it there
        if (!plain || !inside) _refuseAttestor(_attestorOf(packed), Grade(uint8(grade)), asOf);
    }

    function _refuseAttestor(address who, Grade declared, uint256 asOf) private view {
        Attestor memory a = _attestors[who];
        if (!a.listed) revert UnknownAttestor(who);
        if (a.revoked) revert AttestorIsRevoked(who);
        if (a.grade != declared) revert GradeMismatch(who, declared, a.grade);
        if (a.grade == Grade.Self && !selfAllowed) revert SelfAttestation();
        if (asOf < a.validFrom || block.timestamp > a.validTo) {
            revert AttestorOutsideWindow(who, a.validFrom, a.validTo);
        }
    }

    /// @dev Whether an attestor of the subject's declared accounts was revoked.
    function _anyRevoked(bytes32 subject) internal view returns (bool) {
        address pointer = _subjects[subject].accounts;
        if (pointer == address(0)) return false;
        bytes memory data = DataCode.read(pointer);
        uint256 list;
        assembly ("memory-safe") {
            list := add(data, 0x40)
        }
        for (uint256 i = 0; i < data.length / 64; ++i) {
            (uint256 word,) = _packed(list, i);
            if (_attestors[_attestorOf(word)].revoked) return true;
        }
        return false;
    }

    function _newVersion(Subject storage s, uint64 version) private {
        if (version <= s.version) revert VersionNotNewer(version, s.version);
        // A departing administrator, or a slip, must not use up all versions there are.
        if (version - s.version > MOST_VERSIONS_AT_ONCE) revert VersionTooFar(version, s.version);
        // forge-lint: disable-next-line(unsafe-typecast) a thousand at a time do not reach 2^48
        s.version = uint48(version);
    }

    /// @dev Checks a set and packs it: netting set (16 bits), grade (8) and attestor (160) at the low end of a word, and
    /// the account's name.
    function _pack(bytes32 subject, uint64 version, Account[] calldata accounts)
        private
        pure
        returns (bytes32 digest, bytes memory packed)
    {
        if (accounts.length == 0) revert NoAccounts();
        if (accounts.length > MOST_ACCOUNTS) revert TooManyAccounts(accounts.length);
        digest = Digests.accountsStart(subject, version);
        packed = new bytes(64 * accounts.length);
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
            digest = Digests.accountsStep(digest, a.nettingSet, a.account, a.attestor, uint8(a.grade));
            uint256 word = uint256(a.nettingSet) << 168 | uint256(uint8(a.grade)) << 160 | uint160(a.attestor);
            bytes32 name = a.account;
            assembly ("memory-safe") {
                let p := add(add(packed, 0x20), shl(6, i))
                mstore(p, word)
                mstore(add(p, 0x20), name)
            }
        }
    }

    function _useId(address who, bytes32 account) private pure returns (bytes32 id) {
        assembly ("memory-safe") {
            // An address cut out of a word still has the word's upper bits.
            mstore(0x00, shr(96, shl(96, who)))
            mstore(0x20, account)
            id := keccak256(0x00, 0x40)
        }
    }
}
