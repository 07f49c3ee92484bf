// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Who may vouch for accounts, which accounts a subject has, and which addresses act for a subject.
interface IAttestorRegistry {
    /// @notice How close an attestor is to the records it vouches for.
    enum Grade {
        Self,
        Administrator,
        Custodian,
        Venue
    }

    struct Attestor {
        bool listed;
        bool revoked;
        Grade grade;
        /// First and last instant, seconds since 1970: books from the first on, transactions up to the last.
        uint48 validFrom;
        uint48 validTo;
    }

    /// @notice One signed account. The rest of what was signed is known here.
    struct SignedAccount {
        uint256 commitment;
        uint64 sequence;
        /// Signature in the short form of ERC-2098: the top bit of `vs` is the parity.
        bytes32 r;
        bytes32 vs;
    }

    /// @notice One declared account of a subject.
    struct Account {
        /// Index of the account in the universe.
        uint16 nettingSet;
        /// The account, in the attestor's own naming, hashed.
        bytes32 account;
        /// Who must sign for it.
        address attestor;
        Grade grade;
    }

    event AttestorSet(address indexed attestor, Grade grade, uint48 validFrom, uint48 validTo);
    event AttestorRevoked(address indexed attestor);
    event SelfAllowed(bool allowed);
    event SubjectSet(bytes32 indexed subject, address indexed administrator);
    event AccountsDeclared(bytes32 indexed subject, uint64 version, bytes32 digest, Account[] accounts);
    /// @notice Only the commitment to a set was declared.
    event AccountsCommitted(bytes32 indexed subject, uint64 version, bytes32 digest);
    event SubmittersRestricted(bytes32 indexed subject, bool restricted);
    event AddressApproved(bytes32 indexed subject, address indexed account, bool approved);
    event AddressLinked(bytes32 indexed subject, address indexed account);

    /// @notice A validity window that is empty.
    error BadWindow(uint48 validFrom, uint48 validTo);
    /// @notice The subject would vouch for itself, and this registry does not allow that.
    error SelfAttestation();
    error UnknownAttestor(address attestor);
    error AttestorIsRevoked(address attestor);
    /// @notice The attestor's window does not reach from the book's instant to now.
    error AttestorOutsideWindow(address attestor, uint48 validFrom, uint48 validTo);
    /// @notice The account was declared with another grade than its attestor has.
    error GradeMismatch(address attestor, Grade declared, Grade listed);
    error UnknownSubject(bytes32 subject);
    error NotAdministrator(address caller);
    /// @notice Versions of an account set grow strictly.
    error VersionNotNewer(uint64 version, uint64 stored);
    /// @notice The version is too far above the last one: at most 1,000 at once.
    error VersionTooFar(uint64 version, uint64 current);
    /// @notice Accounts are listed in strictly growing order of netting set: none twice, one digest per set.
    error AccountsUnsorted(uint16 nettingSet);
    /// @notice The same account of the same attestor is declared under an earlier netting set too.
    error AccountTwice(uint16 nettingSet);
    error NoAccounts();
    error TooManyAccounts(uint256 accounts);
    /// @notice Not one sequence number per declared account.
    error WrongAccountCount(uint256 got, uint256 declared);
    /// @notice An attestation of this account with this or a later sequence number was used before; or another one for the
    /// same instant.
    error SequenceUsed(bytes32 account, uint64 sequence, uint64 last);
    /// @notice The account was used for a later instant, or backs another subject until `until`.
    error AccountBusy(bytes32 account, uint40 until);
    /// @notice A declared account has no commitment.
    error AccountMissing(uint16 nettingSet);
    /// @notice The attestation of an account was signed by somebody else, or over something else.
    error WrongSigner(uint16 nettingSet, address recovered, address declared);
    /// @notice The set given is not the declared one.
    error OtherAccounts(bytes32 declared, bytes32 given);
    /// @notice The subject declared only a commitment to its set, or the set itself.
    error ListNotDeclared(bytes32 subject);
    error ListDeclared(bytes32 subject);
    /// @notice The subject's administrator lets only approved addresses submit.
    error NotASubmitter(address caller);
    /// @notice The subject's administrator has not approved this address.
    error NotApproved(bytes32 subject, address account);

    /// @notice Lists an attestor, or changes its terms. A revoked one stays revoked. Only the owner.
    function setAttestor(address attestor, Grade grade, uint48 validFrom, uint48 validTo) external;

    /// @notice Strikes an attestor for ever. Only the owner.
    function revokeAttestor(address attestor) external;

    /// @notice Whether subjects may vouch for themselves. Never, until the owner says so. Only the owner.
    function allowSelf(bool allowed) external;

    /// @notice Names the administrator of a subject. Approvals of the one before end. Only the owner.
    function setSubject(bytes32 subject, address administrator) external;

    /// @notice Declares the digest of a subject's account set, and keeps the set itself to those who attest: it is public
    /// from the first attestation on. Only its administrator.
    function commitAccounts(bytes32 subject, uint64 version, bytes32 digest) external;

    /// @notice Declares all accounts of a subject, replacing the set before. Only its administrator.
    /// @return digest `AccountSet::digest`.
    function declareAccounts(bytes32 subject, uint64 version, Account[] calldata accounts)
        external
        returns (bytes32 digest);

    /// @notice Whether only approved addresses may submit a subject's attestations. Only its administrator.
    function restrictSubmitters(bytes32 subject, bool restricted) external;

    /// @notice Lets an address act for a subject, or no longer. Only the subject's administrator.
    function approveAddress(bytes32 subject, address account, bool approved) external;

    /// @notice The caller says whom it acts for; zero for nobody. Needs the administrator's approval.
    function linkAddress(bytes32 subject) external;

    /// @notice All declared accounts of a subject, once every attestor may vouch for a book of `asOf`; reverts otherwise, and
    /// where only a commitment was declared.
    function usableAccounts(bytes32 subject, uint64 asOf)
        external
        view
        returns (bytes32 digest, Account[] memory accounts);

    /// @notice Sequence number and instant last used of an attestor's account, and until when it backs its subject.
    function accountUse(address attestor, bytes32 account)
        external
        view
        returns (uint64 sequence, uint40 asOf, uint40 until);

    /// @notice Digest and version of the declared set; zero where there is none.
    function accountSet(bytes32 subject) external view returns (bytes32 digest, uint64 version);

    /// @notice The subject an address acts for; zero for none. Never reverts.
    function subjectOf(address account) external view returns (bytes32);

    /// @notice The administrator of a subject; zero for an unknown one.
    function administratorOf(bytes32 subject) external view returns (address);

    /// @notice What is known of an attestor.
    function attestor(address who) external view returns (Attestor memory);
}
