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
    AccountBusy(bytes32: account, uint40: until) => "account {account} was used for a later instant, or backs another subject until {until}";
    AccountMissing(uint16: nettingSet) => "declared account {nettingSet} has no commitment";
    AccountOutOfRange(uint16: nettingSet, uint256: accounts) => "account {nettingSet} is declared, and the shape has only {accounts}";
    AccountsUnsorted(uint16: nettingSet) => "account {nettingSet} is out of order or listed twice";
    AccountTwice(uint16: nettingSet) => "account {nettingSet} is another account declared again: the same attestor vouches for it under an earlier netting set";
    AlreadyArmed(uint64: instant, uint64: block) => "instant {instant} waits for block {block} already";
    AlreadyDemanded(uint32: chunk) => "chunk {chunk} was asked for already";
    AlreadyPublished(bytes32: riskId) => "risk part {riskId} is published already";
    AlreadyRegistered(bytes32: mandateId) => "mandate {mandateId} is registered already";
    AlreadyScheduled(bytes32: versionId) => "version {versionId} was scheduled before";
    AlreadySettled(uint64: instant) => "instant {instant} has its seed";
    AlreadyStored(bytes32: keyId) => "key {keyId} is stored already";
    AsOfNotNewer(uint64: asOf, uint64: recorded) => "the book of {asOf} is no later than the one on record, of {recorded}";
    AttestorIsRevoked(address: attestor) => "attestor {attestor} is revoked";
    AttestorOutsideWindow(address: attestor, uint48: validFrom, uint48: validTo) => "attestor {attestor} may vouch from {validFrom} to {validTo} only";
    BadBatch(uint256: proofs, uint256: inputs) => "{inputs} inputs do not divide among {proofs} proofs; a batch has 1 to 256";
    BadFeed(address: source) => "{source} is no price feed that can be used";
    BadG1(uint256: index) => "point {index} of the key is infinity or off the curve";
    BadG2() => "a second-group point of the key is infinity, off the curve or outside the subgroup, or gamma equals delta";
    BadPoint() => "the risk part's point is infinity or off the curve";
    BadQuorum() => "a quorum needs a threshold of at least one and distinct members, no fewer than the threshold";
    BadReserved(uint32: position) => "coefficient {position} is not where the reserved statement has it";
    BadRules() => "a history of zero, a fallback that needs no signature or waits less than the quorum";
    BadSignature(address: signer) => "the signature in the name of {signer} is not that signer's over this publication";
    BadSpots(bytes32: announced, bytes32: found) => "the spot prices hash to {found}, not to {announced}, or are more than 64";
    BadStop(address: stop) => "{stop} is not the stop of this circuit, or is stopped already";
    BadTerms() => "a mandate needs an owner, and ages above zero";
    BadTrace(uint32: chunks) => "a trace has a root and 1 to 65,536 chunks, not {chunks}";
    BadValidity(uint64: validUntil, uint256: earliest, uint256: latest) => "valid-until {validUntil} is not between now ({earliest}) and the latest that the mandate allows ({latest})";
    BadWindow(uint48: validFrom, uint48: validTo) => "a window from {validFrom} to {validTo} is empty";
    BelowQuorum(uint256: signatures, uint256: threshold) => "{signatures} signatures, the quorum is {threshold}";
    BondHeld(bytes32: riskId) => "the bond for risk part {riskId} stays until its time is over and nothing is open, or there is none";
    CannotDecide() => "too little gas to compute the step, or a key point that is no point";
    CannotSchedule(bytes32: versionId) => "version {versionId} waits behind another, or continues a mandate that is not here";
    CannotSettle(uint64: instant, uint64: block) => "instant {instant} is not armed, or block {block} is not there yet or no longer known";
    CircuitStopped() => "the circuit is stopped for ever";
    DataMissing(bytes32: riskId, uint256: demands) => "{demands} demands for data of risk part {riskId} are not answered";
    DemandNotDue(uint40: due) => "the data may still be given until {due}";
    DemandOverdue(uint40: due) => "the data was due at {due}";
    DevelopmentKey(uint256: chainId) => "a development key is refused on chain {chainId}: only a local chain takes one";
    DigestMismatch(bytes32: announced, bytes32: found) => "the integers hash to {found}, not to {announced}";
    Disproved(bytes32: riskId) => "risk part {riskId} was shown to be wrong, or its data was withheld";
    EmptyBatch() => "a batch of no statement";
    EpochNotNewer(uint64: epoch, uint64: recorded) => "epoch {epoch} was attested already: the record is of epoch {recorded}";
    EpochTooFar(uint64: epoch, uint64: asOf) => "epoch {epoch} is above its book's instant {asOf}: epochs are numbered no faster than seconds";
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
    FromTheFuture(uint64: asOf) => "instant {asOf} is later than the chain's clock";
    GradeMismatch(address: attestor, uint8: declared, uint8: listed) => "attestor {attestor} is listed with grade {listed}, the account declares grade {declared}";
    HeadLength(uint256: length) => "no shape has a key head of {length} bytes";
    InputNotCanonical(uint256: index) => "public input {index} is not below the field order";
    KeyHasOtherInputs(address: key, uint256: commitments) => "{commitments} commitments do not fit the key at {key}";
    KeyIdMismatch(bytes32: announced, bytes32: found) => "the key hashes to {found}, not to {announced}";
    ListDeclared(bytes32: subject) => "the accounts of subject {subject} are declared in the open: give no list";
    ListNotDeclared(bytes32: subject) => "subject {subject} declared only a commitment to its accounts: give the list";
    LocalChainsOnly(uint256: chainId) => "the demonstration's token is for local chains, not for chain {chainId}";
    MandateNotActive(bytes32: mandateId) => "mandate {mandateId} is paused or not registered";
    MarketClosed(uint8: reason, bytes32: asset) => "the market closes the gate for asset {asset} (reason {reason})";
    MayNotFreeze(address: caller) => "{caller} may not freeze";
    MayNotRevoke(address: caller) => "{caller} is neither the owner, nor the mandate's owner, nor the subject's administrator";
    MayNotVeto(address: caller) => "{caller} does not govern, and no member of the quorum may veto this risk part now";
    NeverUsable(uint64: usableFrom, uint64: usableTo) => "nothing is left between {usableFrom} and {usableTo}";
    NoAccounts() => "an account set lists at least one account";
    NoCompliance(address: compliance) => "{compliance} is no compliance registry";
    NoDelay(uint256: chainId) => "chain {chainId} is no local chain: a published risk part must wait before use";
    NoLongerUsable(uint64: usableTo) => "the risk part was usable until {usableTo} only";
    NoRecord(bytes32: subject, bytes32: mandateId) => "subject {subject} has no attestation under mandate {mandateId}";
    NoSheet() => "the key names no rules points, or no tree over them";
    NoSubject(address: account) => "{account} acts for no subject";
    NoSuchChunk(uint32: chunk) => "the trace has no chunk {chunk}";
    NotAdministrator(address: caller) => "{caller} is not the subject's administrator";
    NotApproved(bytes32: subject, address: account) => "the administrator of {subject} has not approved {account}";
    NotASigner(address: signer) => "{signer} is no member of the quorum";
    NotASubmitter(address: caller) => "{caller} is not among those whom the subject's administrator lets submit";
    NotCompliant() => "the subject is not compliant";
    NotConsecutive(uint32: before, uint32: chunk) => "step {before} is not the one right before {chunk}";
    NotDemanded(uint32: chunk) => "nobody waits for chunk {chunk}";
    NotGuardian(address: caller) => "{caller} is not the guardian";
    NothingScheduled(bytes32: mandateId) => "no version of mandate {mandateId} waits";
    NothingStruck(bytes32: subject, bytes32: mandateId) => "nothing that the record of subject {subject} under mandate {mandateId} rests on was struck";
    NothingToWithdraw() => "nothing is owed to the sender";
    NoTimelock(uint256: chainId) => "chain {chainId} is no local chain: a new version must wait before it is in force";
    NotInForce(bytes32: mandateId) => "no version of mandate {mandateId} is in force";
    NotInTree() => "a path does not lead to the root";
    NotMandateOwner(address: caller) => "{caller} owns neither the mandate nor the registry";
    NotMoved(uint8: reason) => "the market has not moved beyond the band (reason {reason})";
    NotOnCurve() => "a point is off the curve";
    NotPaid(address: who) => "{who} takes no ether";
    NotSettled(uint64: instant) => "instant {instant} has no seed yet";
    NotStopped(bytes32: keyId) => "the circuit of key {keyId} is not stopped";
    NotStored() => "not enough gas to store the data, or too much data";
    NotYetUsable(uint64: usableFrom) => "the risk part is usable from {usableFrom} on";
    NoVerifier(address: verifier) => "{verifier} is no verifier";
    OffSchedule(uint64: asOf, uint256: earliest, uint256: latest) => "the book of {asOf} is not of the epoch's instant: that is from {earliest} to {latest}";
    OtherAccounts(bytes32: declared, bytes32: given) => "the accounts hash to {given}, not to the declared {declared}";
    OtherQuorum(uint64: named, uint64: current) => "signed for quorum {named}; in office is {current}";
    OtherValues() => "the values are not the step's";
    OwnableInvalidOwner(address: owner) => "{owner} cannot own anything";
    OwnableUnauthorizedAccount(address: account) => "{account} does not govern this contract";
    Paused(bytes32: mandateId) => "mandate {mandateId} is paused";
    PointAtInfinity() => "a point is infinity";
    PositionOutOfOrder(uint32: position, uint64: lowestAccepted) => "coefficient {position} comes after one at {lowestAccepted} or later was due";
    PositionOutOfRange(uint32: position, uint32: rules) => "coefficient {position} does not exist: the shape has {rules}";
    ProofRejected() => "the proof does not hold for this statement";
    RecordExpired(uint48: validUntil) => "the attestation was valid until {validUntil}";
    RecordOfOldVersion(uint16: version, uint16: inForce) => "the attestation was made under version {version}; in force is {inForce}";
    RecordRevoked(bytes32: subject, bytes32: mandateId) => "the attestation of subject {subject} under mandate {mandateId} was withdrawn";
    RecordTooOld(uint48: asOf, uint256: oldestAccepted) => "the attested book is of {asOf}; the oldest accepted is {oldestAccepted}";
    Revoked(bytes32: riskId) => "risk part {riskId} is revoked";
    RouteNotLive(bytes32: circuit, uint8: state) => "circuit {circuit} has no live route (state {state})";
    RouteNotWaiting(bytes32: circuit, uint8: state) => "the route of circuit {circuit} does not wait (state {state})";
    RouteTaken(bytes32: circuit) => "circuit {circuit} has a route, or had one";
    SafeCastOverflowedUintDowncast(uint8: bits, uint256: value) => "{value} does not fit {bits} bits";
    SafeERC20FailedOperation(address: token) => "token {token} refused";
    SelfAttestation() => "the subject would vouch for itself, which is not allowed here";
    SequenceUsed(bytes32: account, uint64: sequence, uint64: last) => "sequence number {sequence} of account {account} is used: the last was {last}";
    ShapeMismatch(bytes32: keyShape, bytes32: namedShape) => "the mandate's shape ({namedShape}) is not the key's ({keyShape})";
    SignersUnsorted(address: signer) => "signer {signer} is out of order or named twice";
    StepHolds(uint32: chunk) => "step {chunk} is right";
    StopsAlreadyNamed(address: stops) => "{stops} is named already, for ever, or the new one is no contract";
    StreakTooShort(uint256: streak, uint256: wanted) => "{streak} epochs in a row; {wanted} are wanted";
    TooEarly(uint64: instant) => "instant {instant} is not over";
    TooLate(uint64: asOf, uint256: latest) => "the book of {asOf} could be attested until {latest} only";
    TooLateToDemand(uint256: usableFrom) => "data was to be asked for before {usableFrom}";
    TooManyAccounts(uint256: accounts) => "{accounts} accounts are more than any shape has";
    TooManyDemands() => "255 demands are open";
    UnknownAttestor(address: attestor) => "attestor {attestor} is not listed";
    UnknownDraft(uint256: draft) => "there is no draft {draft}";
    UnknownKey(bytes32: keyId) => "key {keyId} is not stored";
    UnknownMandate(bytes32: mandateId) => "mandate {mandateId} is not registered";
    UnknownOrigin(uint8: origin) => "key origin {origin} is neither 0 (development) nor 1 (ceremony)";
    UnknownRisk(bytes32: riskId) => "no such risk part is published for this key and model ({riskId})";
    UnknownSubject(bytes32: subject) => "subject {subject} is unknown or has declared no accounts";
    UsableTooLong(uint64: usableTo, uint256: latest) => "usable until {usableTo}; the registry allows {latest} at most";
    VersionNotNewer(uint64: version, uint64: stored) => "version {version} of the account set is not above the stored {stored}";
    VersionTooFar(uint64: version, uint64: current) => "version {version} is too far above {current}: at most 1,000 at once";
    WrongAccountCount(uint256: got, uint256: declared) => "{got} attestations for {declared} declared accounts";
    WrongBond(uint256: sent, uint256: wanted) => "{sent} wei were sent, the bond is {wanted}";
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
        let data = errors::EpochNotNewer { epoch: 3, recorded: 4 }.abi_encode();
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
