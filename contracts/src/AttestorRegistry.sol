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

    /// @dev Half the order of secp256k1: an `s` above it is the other form of a signature below it.
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

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
        (digest, list, count) = _declared(subject, false);
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
    /// @param submitting Whether the sender must be one who may submit.
    function _declared(bytes32 subject, bool submitting)
        internal
        view
        returns (bytes32 digest, uint256 list, uint256 count)
    {
        Subject storage s = _subjects[subject];
        uint256 word;
        assembly ("memory-safe") {
            word := sload(s.slot)
        }
        // forge-lint: disable-next-line(unsafe-typecast) the slot's first field
        address pointer = address(uint160(word));
        if (pointer == address(0)) {
            if (s.committed != bytes32(0)) revert ListNotDeclared(subject);
            revert UnknownSubject(subject);
        }
        if (submitting && word >> 240 != 0) _checkSubmitter(subject);
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
    function _checkSubmitter(bytes32 subject) private view {
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
        _checkSubmitter(subject);
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

    function _gradeOf(uint256 packed) private pure returns (Grade) {
        return Grade(uint8(packed >> 160));
    }

    function _nettingSetOf(uint256 packed) internal pure returns (uint16) {
        return uint16(packed >> 168);
    }

    /// @dev The account at place `i` of a packed list.
    function _account(uint256 list, uint256 i) internal pure returns (Account memory) {
        (uint256 word, bytes32 name) = _packed(list, i);
        return Account(_nettingSetOf(word), name, _attestorOf(word), _gradeOf(word));
    }

    // forge-lint: disable-end(unsafe-typecast)

    /// @dev Takes a subject's accounts for a book, each once the attestor may vouch, the account is free, one sequence number once and
    /// one statement per instant, and what is signed is what is given. Puts the commitments in their places.
    /// @param book Memory address of what `_book` made.
    /// @param list The packed accounts, up to `end`, one at least; `signed` what is given, in the calldata. As many.
    /// @param places Memory address of a word for each account of the shape, up to the last in the list.
    function _take(uint256 book, uint256 list, uint256 end, uint256 signed, uint256 places) internal {
        bool ok;
        assembly ("memory-safe") {
            let asOf := mload(add(book, 0xa0))
            for {} lt(list, end) {} {
                let packed := mload(list)
                mstore(0x00, shr(96, shl(96, packed)))
                // An attestor who may vouch for one account may for the next, under the same grade.
                if xor(mload(add(book, 0x1a0)), shl(88, packed)) {
                    mstore(add(book, 0x1a0), shl(88, packed))
                    mstore(0x20, _attestors.slot)
                    // The layout of `Attestor`.
                    let word := sload(keccak256(0x00, 0x40))
                    let grade := and(shr(160, packed), 0xff)
                    // Listed, not revoked, of the declared grade; inside the window.
                    ok := eq(and(word, 0xffffff), or(1, shl(16, grade)))
                    ok := gt(ok, gt(and(shr(24, word), 0xffffffffffff), asOf))
                    ok := gt(ok, gt(timestamp(), and(shr(72, word), 0xffffffffffff)))
                    // The subject itself, only where that is allowed.
                    if iszero(grade) {
                        ok := and(ok, shr(mul(8, selfAllowed.offset), sload(selfAllowed.slot)))
                    }
                }
                let sequence := calldataload(add(signed, 0x20))
                {
                    let commitment := calldataload(signed)
                    let place := shr(168, packed)
                    mstore(add(places, shl(5, place)), commitment)
                    // As `Digests.attestationOf`.
                    mstore(add(book, 0x40), mload(add(list, 0x20)))
                    mstore(add(book, 0x60), place)
                    mstore(add(book, 0xc0), sequence)
                    mstore(add(book, 0xe0), commitment)
                    ok := gt(ok, or(iszero(commitment), shr(64, sequence)))
                    mstore(add(book, 0x122), keccak256(book, 0x100))
                    // As `_signerOf`. Nothing comes back where nobody signed, and zero is nobody's address.
                    let scratch := add(book, 0x1c0)
                    mstore(scratch, keccak256(add(book, 0x100), 0x42))
                    calldatacopy(add(scratch, 0x40), add(signed, 0x40), 0x20)
                    let s := calldataload(add(signed, 0x60))
                    mstore(add(scratch, 0x20), add(shr(255, s), 27))
                    s := shr(1, shl(1, s))
                    mstore(add(scratch, 0x60), s)
                    ok := gt(ok, gt(s, HALF_ORDER))
                    mstore(0x20, 0)
                    pop(staticcall(gas(), 1, scratch, 0x80, 0x20, 0x20))
                    ok := and(ok, eq(mload(0x20), mload(0x00)))
                }
                // Of `_uses[_useId(attestor, account)]`; the attestor stands there still.
                mstore(0x20, mload(add(list, 0x20)))
                mstore(0x00, keccak256(0x00, 0x40))
                mstore(0x20, _uses.slot)
                let slot := keccak256(0x00, 0x40)
                let tag := mload(add(book, 0x160))
                let until := mload(add(book, 0x180))
                {
                    // The layout of `Use`.
                    let word := sload(slot)
                    let lastUntil := and(shr(104, word), 0xffffffffff)
                    switch eq(tag, shr(152, word))
                    case 0 {
                        // Until then a record may say of another subject that this account is among its own.
                        ok := and(ok, and(gt(sequence, and(word, 0xffffffffffffffff)), gt(asOf, lastUntil)))
                    }
                    default {
                        // A later book under a later number; or the same, shown to another mandate: the very same statement of it.
                        let lastAsOf := and(shr(64, word), 0xffffffffff)
                        word := and(word, 0xffffffffffffffff)
                        let later := and(gt(sequence, word), gt(asOf, lastAsOf))
                        ok := and(ok, or(later, and(eq(sequence, word), eq(asOf, lastAsOf))))
                        if gt(lastUntil, until) { until := lastUntil }
                    }
                }
                if iszero(ok) { break }
                until := or(shl(104, until), or(shl(64, asOf), sequence))
                sstore(slot, or(or(shl(152, tag), shl(144, 1)), until))
                list := add(list, 0x40)
                signed := add(signed, 0x80)
            }
        }
        if (!ok) _refuse(book, list, signed);
    }

    /// @dev What all accounts of a subject's book need, in memory: `Digests.attestationFor` and, behind it, the subject's tag, the
    /// last instant that the record will speak of, who may vouch (nobody yet: no attestor's word ends in one) and four words of
    /// scratch. Instants are below 2^40.
    function _book(bytes32 subject, bytes32 universe, uint256 asOf, uint256 until)
        internal
        pure
        returns (uint256 book)
    {
        book = Digests.attestationFor(subject, universe, asOf);
        uint256 tag = _tag(subject);
        assembly ("memory-safe") {
            mstore(add(book, 0x160), tag)
            mstore(add(book, 0x180), until)
            mstore(add(book, 0x1a0), 1)
            mstore(0x40, add(book, 0x240))
        }
    }

    /// @dev Why an account was not taken.
    function _refuse(uint256 book, uint256 list, uint256 from) private view {
        (uint256 packed, bytes32 name) = _packed(list, 0);
        SignedAccount calldata signed;
        uint256 tag;
        uint256 asOf;
        assembly ("memory-safe") {
            signed := from
            asOf := mload(add(book, 0xa0))
            tag := mload(add(book, 0x160))
        }
        uint16 place = _nettingSetOf(packed);
        if (signed.commitment == 0) revert AccountMissing(place);
        _checkAttestor(packed, asOf);
        Use memory last = _uses[_useId(_attestorOf(packed), name)];
        bool same = last.subject == tag && last.asOf == asOf && last.sequence == signed.sequence;
        // Until then a record may say of another subject that this account is among its own.
        if (last.subject != tag && asOf <= last.until) revert AccountBusy(name, last.until);
        if (last.subject == tag && asOf < last.asOf) revert AccountBusy(name, last.asOf);
        if (!same && (signed.sequence <= last.sequence || (last.subject == tag && asOf == last.asOf))) {
            revert SequenceUsed(name, signed.sequence, last.sequence);
        }
        bytes32 hash = Digests.attestationOf(book, name, place, signed.sequence, signed.commitment);
        revert WrongSigner(place, _signerOf(hash, signed.r, signed.vs), _attestorOf(packed));
    }

    /// @dev Who signed a digest; zero for nobody. A high `s` is refused: the short form leaves no other `v` than 27 and 28.
    function _signerOf(bytes32 hash, bytes32 r, bytes32 vs) private view returns (address signer) {
        assembly ("memory-safe") {
            let s := and(vs, 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
            if lt(s, add(HALF_ORDER, 1)) {
                let m := mload(0x40)
                mstore(m, hash)
                mstore(add(m, 0x20), add(shr(255, vs), 27))
                mstore(add(m, 0x40), r)
                mstore(add(m, 0x60), s)
                // Nothing comes back where nobody signed.
                if staticcall(gas(), 1, m, 0x80, 0x00, 0x20) {
                    if eq(returndatasize(), 0x20) { signer := mload(0x00) }
                }
            }
        }
    }

    /// @dev 104 bits of a hash of the subject.
    function _tag(bytes32 subject) private pure returns (uint256 tag) {
        assembly ("memory-safe") {
            mstore(0x00, subject)
            tag := shr(152, keccak256(0x00, 0x20))
        }
    }

    /// @dev Reverts unless the attestor may vouch.
    /// @param packed The first word of a packed account: attestor and declared grade.
    function _checkAttestor(uint256 packed, uint256 asOf) private view {
        (address who, Grade declared) = (_attestorOf(packed), _gradeOf(packed));
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
