//! From an account's records to a signed attestation and its opening.

use crate::commitment::{Blinding, CommitmentError, commit};
use crate::error::AttestError;
use crate::key::AttestorKey;
use crate::ledger::{Ledger, Use};
use crate::opening::Opening;
use mandate_book::{AccountBook, SlotIndex};
use mandate_statement::{Attestation, Digest, Kind, SignedAttestation, decode, encode, keccak};
use std::path::Path;

/// The chain-free id of a subject, from the name it goes by: `keccak("mandate/subject/1:" name)`.
pub fn subject_id(name: &str) -> Digest {
    keccak(format!("mandate/subject/1:{name}").as_bytes())
}

/// The id of an account in the attestor's own naming: `keccak("mandate/account/1:" attestor ":" name)`, the attestor by its
/// address of 20 bytes, so that two attestors' accounts of one name are two accounts.
pub fn account_id(attestor: &[u8; 20], name: &str) -> Digest {
    let mut bytes = b"mandate/account/1:".to_vec();
    bytes.extend_from_slice(attestor);
    bytes.push(b':');
    bytes.extend_from_slice(name.as_bytes());
    keccak(&bytes)
}

/// What is to be attested, beside the quantities.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Whose book the account belongs to ([`subject_id`]).
    pub subject: Digest,
    /// The account ([`account_id`]).
    pub account: Digest,
    /// The number of this attestation; `None` for the next in the ledger. A contract takes only numbers that grow.
    pub sequence: Option<u64>,
}

/// Commits to an account with a fresh blinding, signs what was derived, and gives the opening for the holder.
///
/// Before anything is signed, the number is written to the ledger, with what it is for: at one instant an account is
/// attested for one subject, as one netting set of one universe, and from one instant to the next it stays with its
/// subject until it is released ([`Ledger::release`]). The book comes from
/// [`mandate_book::resolve`], which refuses a debt or a short that the universe does not list; what stands in a slot that
/// nothing is listed for, or that has no price, is refused here once more.
///
/// # Errors
/// [`AttestError`].
pub fn attest(
    book: &AccountBook,
    slots: &dyn SlotIndex,
    request: &Request,
    key: &AttestorKey,
    ledger: &mut Ledger,
) -> Result<(SignedAttestation, Opening), AttestError> {
    let shape = slots.shape();
    let netting_set = book.netting_set();
    let wanted = slots.slots(netting_set);
    let quantities = book.quantities();
    if wanted.is_empty() || book.first_slot() != wanted.start || quantities.len() != wanted.len() {
        return Err(AttestError::Layout {
            account: netting_set,
            got_first: book.first_slot(),
            got_end: book.first_slot() + quantities.len(),
            first: wanted.start,
            end: wanted.end,
        });
    }
    refuse_unlisted(book, slots)?;
    let first_segment = wanted.start / shape.segment_len();
    let universe = slots.universe();
    let (blinding, commitment) = loop {
        let blinding = Blinding::random();
        match commit(shape, universe, netting_set, first_segment, quantities, &blinding) {
            Err(CommitmentError::Zero) => {}
            other => break (blinding, other?),
        }
    };
    let opening = Opening {
        shape: shape.name.to_owned(),
        universe,
        as_of: slots.as_of(),
        subject: request.subject,
        account: request.account,
        netting_set,
        first_segment: u16::try_from(first_segment).map_err(|_| CommitmentError::Segments {
            first: first_segment,
            end: first_segment,
            shape: shape.name,
            wanted: shape.segments,
        })?,
        quantities: quantities.to_vec(),
        blinding,
        seed: None,
    };
    let sequence = request.sequence.unwrap_or_else(|| ledger.next_sequence(request.account));
    let attestation = Attestation {
        subject: request.subject,
        account: request.account,
        netting_set,
        universe,
        as_of: slots.as_of(),
        sequence,
        commitment,
    };
    let asked = Use { subject: request.subject, netting_set: Some(netting_set), universe: Some(universe) };
    ledger.take(request.account, slots.as_of(), asked, sequence)?;
    let signature = key.sign(attestation.signing_hash())?;
    Ok((SignedAttestation { attestation, signature }, opening))
}

fn refuse_unlisted(book: &AccountBook, slots: &dyn SlotIndex) -> Result<(), AttestError> {
    let mut priced = std::collections::BTreeMap::new();
    for name in slots.names(book.netting_set()) {
        if let Some(info) = slots.slot(book.netting_set(), &name) {
            priced.insert(info.slot, info.priced);
        }
    }
    for (slot, quantity) in (book.first_slot()..).zip(book.quantities()) {
        if *quantity == 0 {
            continue;
        }
        match priced.get(&slot) {
            None => return Err(AttestError::Unlisted { slot, why: "nothing is listed" }),
            Some(false) => return Err(AttestError::Unlisted { slot, why: "the snapshot has no price" }),
            Some(true) => {}
        }
    }
    Ok(())
}

/// The attestation's file.
pub fn attestation_to_bytes(signed: &SignedAttestation) -> Vec<u8> {
    encode(Kind::Attestation, signed)
}

/// Reads an attestation's bytes. The signature is whoever's it is: [`SignedAttestation::signer`] says whose.
///
/// # Errors
/// [`AttestError::Codec`]. Never panics, whatever the bytes.
pub fn attestation_from_bytes(bytes: &[u8]) -> Result<SignedAttestation, AttestError> {
    Ok(decode(Kind::Attestation, bytes)?)
}

/// Writes an attestation's file, whole or not at all.
///
/// # Errors
/// [`AttestError::File`], with the path.
pub fn write_attestation(signed: &SignedAttestation, path: &Path) -> Result<(), AttestError> {
    crate::files::write_private(path, &attestation_to_bytes(signed))
}

/// Reads an attestation's file.
///
/// # Errors
/// [`AttestError`].
pub fn read_attestation(path: &Path) -> Result<SignedAttestation, AttestError> {
    attestation_from_bytes(&crate::files::read_limited(path, Kind::Attestation.limit() + 1024)?)
}
