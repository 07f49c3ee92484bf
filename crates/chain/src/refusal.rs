//! The contracts' errors in words.

use crate::error::ChainError;
use alloy::contract::Error;
use alloy::sol_types::{Panic, Revert, SolError};

/// One entry per error of the contracts: its Solidity signature, and what it means in words.
macro_rules! refusals {
    ($( $name:ident ( $( $ty:ty : $field:ident ),* ) => $text:literal ; )*) => {
        #[allow(missing_docs)]
        mod errors {
            alloy::sol! { $( #[derive(Debug)] error $name( $( $ty $field ),* ); )* }
        }
        /// Name and words of the error that `data` encodes.
        pub(crate) fn words(data: &[u8]) -> Option<(&'static str, String)> {
            let selector: [u8; 4] = data.get(..4)?.try_into().ok()?;
            $(
                if selector == errors::$name::SELECTOR {
                    #[allow(unused_variables)]
                    let errors::$name { $( $field ),* } = errors::$name::abi_decode(data).ok()?;
                    return Some((stringify!($name), format!($text)));
                }
            )*
            None
        }
        /// Selectors of all errors known here.
        #[cfg(test)]
        pub(crate) fn known() -> Vec<(&'static str, [u8; 4])> {
            vec![$( (stringify!($name), errors::$name::SELECTOR) ),*]
        }
    };
}

refusals! {
    AccountBusy(bytes32: account, uint48: asOf) => "account {account} already backs another subject at instant {asOf}, or was used for a later one";
    AccountMissing(uint16: nettingSet) => "declared account {nettingSet} has no commitment";
    AccountNotDeclared(uint256: nettingSet) => "a commitment stands at account {nettingSet}, which is not declared";
    AccountOutOfRange(uint16: nettingSet, uint256: accounts) => "account {nettingSet} is declared, and the shape has only {accounts}";
    AccountsUnsorted(uint16: nettingSet) => "account {nettingSet} is out of order or listed twice";
    AccountTwice(uint16: nettingSet) => "account {nettingSet} is another account declared again: the same attestor vouches for it under an earlier netting set";
    AlreadyPublished(bytes32: riskId) => "risk part {riskId} is published already";
    AlreadyRegistered(bytes32: mandateId) => "mandate {mandateId} is registered already";
    AlreadyStored(bytes32: keyId) => "key {keyId} is stored already";
    AsOfMismatch(uint64: named, uint64: riskAsOf) => "the proof is of instant {named}, the risk part of {riskAsOf}";
    AsOfNotNewer(uint64: asOf, uint48: recorded) => "the book of {asOf} is no later than the one on record, of {recorded}";
    AttestorIsRevoked(address: attestor) => "attestor {attestor} is revoked";
    AttestorOutsideWindow(address: attestor, uint48: validFrom, uint48: validTo) => "attestor {attestor} may vouch from {validFrom} to {validTo} only";
    BadG1(uint256: index) => "point {index} of the key is infinity or off the curve";
    BadG2() => "a second-group point of the key is infinity, off the curve or outside the subgroup, or gamma equals delta";
    BadPoint() => "the risk part's point is infinity or off the curve";
    BadQuorum() => "a quorum needs a threshold of at least one and distinct members, no fewer than the threshold";
    BadSignature(address: signer) => "the signature in the name of {signer} is not that signer's over this publication";
    BadTerms() => "a mandate needs an owner, and ages above zero";
    BadValidity(uint64: validUntil, uint256: earliest, uint256: latest) => "valid-until {validUntil} is not between now ({earliest}) and the latest that the mandate allows ({latest})";
    BadWindow(uint48: validFrom, uint48: validTo) => "a window from {validFrom} to {validTo} is empty";
    BelowQuorum(uint256: signatures, uint256: threshold) => "{signatures} signatures, the quorum is {threshold}";
    DevelopmentKey(uint256: chainId) => "a development key is refused on chain {chainId}: only a local chain takes one";
    DigestMismatch(bytes32: announced, bytes32: found) => "the integers hash to {found}, not to {announced}";
    ERC20InsufficientAllowance(address: spender, uint256: allowance, uint256: needed) => "{spender} is allowed {allowance}, {needed} are needed";
    ERC20InsufficientBalance(address: sender, uint256: balance, uint256: needed) => "{sender} has {balance}, {needed} are needed";
    ERC20InvalidApprover(address: approver) => "{approver} cannot approve";
    ERC20InvalidReceiver(address: receiver) => "{receiver} cannot receive";
    ERC20InvalidSender(address: sender) => "{sender} cannot send";
    ERC20InvalidSpender(address: spender) => "{spender} cannot spend";
    ERC4626ExceededMaxDeposit(address: receiver, uint256: assets, uint256: max) => "{assets} are more than the {max} that may be deposited for {receiver}";
    ERC4626ExceededMaxMint(address: receiver, uint256: shares, uint256: max) => "{shares} shares are more than the {max} that may be minted for {receiver}";
    ERC4626ExceededMaxRedeem(address: owner, uint256: shares, uint256: max) => "{shares} shares are more than the {max} that {owner} may redeem";
    ERC4626ExceededMaxWithdraw(address: owner, uint256: assets, uint256: max) => "{assets} are more than the {max} that {owner} may withdraw";
    EpochTooFar(uint64: epoch, uint64: asOf) => "epoch {epoch} is above its book's instant {asOf}: epochs are numbered no faster than seconds";
    EpochNotNewer(uint64: epoch, uint48: recorded) => "epoch {epoch} was attested already: the record is of epoch {recorded}";
    FromTheFuture(uint64: asOf) => "instant {asOf} is later than the chain's clock";
    GradeMismatch(address: attestor, uint8: declared, uint8: listed) => "attestor {attestor} is listed with grade {listed}, the account declares grade {declared}";
    HeadLength(uint256: length) => "no shape has a key head of {length} bytes";
    InputNotCanonical(uint256: index) => "public input {index} is not below the field order";
    InvalidShortString() => "a string is malformed";
    KeyHasOtherInputs(address: key, uint256: commitments) => "{commitments} commitments do not fit the key at {key}";
    KeyIdMismatch(bytes32: announced, bytes32: found) => "the key hashes to {found}, not to {announced}";
    KeyMismatch(bytes32: named, bytes32: registered) => "the proof is for key {named}, the mandate is registered for {registered}";
    LocalChainsOnly(uint256: chainId) => "the demonstration's token is for local chains, not for chain {chainId}";
    MandateNotActive(bytes32: mandateId) => "mandate {mandateId} is paused or not registered";
    MayNotRevoke(address: caller) => "{caller} is neither the owner, nor the mandate's owner, nor the subject's administrator";
    NeverUsable(uint64: usableFrom, uint64: usableTo) => "nothing is left between {usableFrom} and {usableTo}";
    NoAccounts() => "an account set lists at least one account";
    NoDelay(uint256: chainId) => "chain {chainId} is no local chain: a published risk part must wait before use";
    NoLongerUsable(uint64: usableTo) => "the risk part was usable until {usableTo} only";
    NoRecord(bytes32: subject, bytes32: mandateId) => "subject {subject} has no attestation under mandate {mandateId}";
    NoSheet() => "the key names no rules points, or no tree over them";
    NoSubject(address: account) => "{account} acts for no subject";
    NotASigner(address: signer) => "{signer} is no member of the quorum";
    NotAdministrator(address: caller) => "{caller} is not the subject's administrator";
    NotApproved(bytes32: subject, address: account) => "the administrator of {subject} has not approved {account}";
    NotConsumer(address: caller) => "registry {caller} is not admitted to use accounts";
    NotMandateOwner(address: caller) => "{caller} owns neither the mandate nor the registry";
    NotOnCurve() => "a point is off the curve";
    NotStored() => "not enough gas to store the data, or too much data";
    NotYetUsable(uint64: usableFrom) => "the risk part is usable from {usableFrom} on";
    OwnableInvalidOwner(address: owner) => "{owner} cannot own anything";
    OwnableUnauthorizedAccount(address: account) => "{account} does not govern this contract";
    Paused(bytes32: mandateId) => "mandate {mandateId} is paused";
    PointAtInfinity() => "a point is infinity";
    PositionOutOfOrder(uint32: position, uint64: lowestAccepted) => "coefficient {position} comes after one at {lowestAccepted} or later was due";
    PositionOutOfRange(uint32: position, uint32: rules) => "coefficient {position} does not exist: the shape has {rules}";
    ProofRejected() => "the proof does not hold for this statement";
    RecordExpired(uint48: validUntil) => "the attestation was valid until {validUntil}";
    RecordRevoked(bytes32: subject, bytes32: mandateId) => "the attestation of subject {subject} under mandate {mandateId} was withdrawn";
    RecordTooOld(uint48: asOf, uint256: oldestAccepted) => "the attested book is of {asOf}; the oldest accepted is {oldestAccepted}";
    Revoked(bytes32: riskId) => "risk part {riskId} is revoked";
    SafeCastOverflowedUintDowncast(uint8: bits, uint256: value) => "{value} does not fit {bits} bits";
    SafeERC20FailedOperation(address: token) => "token {token} refused";
    SelfAttestation() => "the subject would vouch for itself, which is not allowed here";
    SequenceUsed(bytes32: account, uint64: sequence, uint64: last) => "sequence number {sequence} of account {account} is used: the last was {last}";
    ShapeMismatch(bytes32: keyShape, bytes32: namedShape) => "the mandate's shape ({namedShape}) is not the key's ({keyShape})";
    SignersUnsorted(address: signer) => "signer {signer} is out of order or named twice";
    StringTooLong(string: str) => "`{str}` is too long";
    TooLate(uint64: asOf, uint256: latest) => "the book of {asOf} could be attested until {latest} only";
    TooManyAccounts(uint256: accounts) => "{accounts} accounts are more than any shape has";
    UnknownAttestor(address: attestor) => "attestor {attestor} is not listed";
    UnknownDraft(uint256: draft) => "there is no draft {draft}";
    UnknownKey(bytes32: keyId) => "key {keyId} is not stored";
    UnknownMandate(bytes32: mandateId) => "mandate {mandateId} is not registered";
    UnknownOrigin(uint8: origin) => "key origin {origin} is neither 0 (development) nor 1 (ceremony)";
    UnknownRisk(bytes32: riskId) => "no such risk part is published for this key and model ({riskId})";
    UnknownSubject(bytes32: subject) => "subject {subject} is unknown or has declared no accounts";
    VersionTooFar(uint64: version, uint64: current) => "version {version} is too far above {current}: at most 1,000 at once";
    VersionNotNewer(uint64: version, uint64: stored) => "version {version} of the account set is not above the stored {stored}";
    WrongAccountCount(uint256: got, uint256: declared) => "{got} attestations for {declared} declared accounts";
    WrongPoint(uint32: position) => "the point for coefficient {position} is not the key's";
    WrongSigner(uint16: nettingSet, address: recovered, address: declared) => "account {nettingSet} must be signed for by {declared}; the signature is by {recovered} or over something else";
    ZeroValue(uint32: position) => "coefficient {position} is zero; only others are listed";
}

/// A contract call's error, in this crate's words.
pub(crate) fn explain(doing: &'static str, error: &Error) -> ChainError {
    match error.as_revert_data() {
        Some(data) => refused(doing, &data),
        None => ChainError::Node { doing, why: error.to_string() },
    }
}

fn refused(doing: &'static str, data: &[u8]) -> ChainError {
    let (name, reason) = words(data).unwrap_or_else(|| {
        if let Ok(Revert { reason }) = Revert::abi_decode(data) {
            ("Error", reason)
        } else if let Ok(panic) = Panic::abi_decode(data) {
            ("Panic", format!("the contract panicked: {panic}"))
        } else if data.is_empty() {
            ("", "no reason given; is there a contract at that address?".to_owned())
        } else {
            ("", format!("unknown error 0x{}", hex::encode(&data[..data.len().min(36)])))
        }
    });
    ChainError::Refused { doing, reason, name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::json_abi::JsonAbi;
    use std::collections::{BTreeMap, BTreeSet};

    /// Every error that a contract can end with has words, and no other has.
    #[test]
    fn every_error_of_the_contracts_has_words() {
        let mut of_contracts = BTreeMap::new();
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/abi")).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let file: serde_json::Value = serde_json::from_str(&text).unwrap();
            let abi: JsonAbi = serde_json::from_value(file["abi"].clone()).unwrap();
            for error in abi.errors() {
                of_contracts.insert(error.selector().0, error.signature());
            }
        }
        let here: BTreeSet<[u8; 4]> = known().into_iter().map(|(_, s)| s).collect();
        for (selector, signature) in &of_contracts {
            assert!(here.contains(selector), "{signature} has no words");
        }
        for (name, selector) in known() {
            assert!(of_contracts.contains_key(&selector), "no contract ends with {name}");
        }
    }

    #[test]
    fn words_carry_the_values() {
        let data =
            errors::EpochNotNewer { epoch: 3, recorded: alloy::primitives::Uint::from(4) }.abi_encode();
        let error = refused("attest", &data);
        assert_eq!(error.refusal(), Some("EpochNotNewer"));
        let text = "attest: refused on chain: epoch 3 was attested already: the record is of epoch 4";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn garbage_is_named_as_such() {
        for data in [&[][..], &[1], &[1, 2, 3, 4], &[0xff; 100]] {
            assert!(matches!(refused("attest", data), ChainError::Refused { name: "", .. }));
        }
        // The right selector, and too few bytes after it.
        assert!(words(&errors::EpochNotNewer::SELECTOR).is_none());
    }
}
