//! The commitment to one account's quantities: Poseidon over BN254, circom's parameters.
//!
//! With `TAG = keccak("mandate/commitment/1")` and `U` the universe digest, both without their top byte, as big-endian
//! integers:
//!
//! ```text
//! header = nettingSet + 2^16 firstSegment + 2^32 segmentCount
//! state  = Poseidon4(TAG, U, header, blinding)
//! for each segment, in order, with E = ceil(segmentLength / 5):
//!     e_i   = sum over j < 5 of (q[5 i + j] + 2^47) 2^(48 j)        i < E, the last one with the slots that are left
//!     for each seven of e_0 .. e_(E-1), the last seven filled up with zero:
//!         state = Poseidon8(state, c_0, .., c_6)
//! commitment = state
//! ```
//!
//! One book, one encoding: offset binary gives zero one spelling, the header fixes the number of segments and the shape
//! fixes their length, so the number of absorptions is known before the first of them.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField, UniformRand, Zero};
use light_poseidon::{Poseidon, PoseidonHasher};
use mandate_statement::{Digest, InputLayout, QUANTITY_BITS, QUANTITY_LIMIT, Shape, keccak};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What the tag is the digest of.
pub const DOMAIN: &[u8] = b"mandate/commitment/1";
/// Elements absorbed at once beside the state.
pub const RATE: usize = 7;

/// Why no commitment can be made of some quantities. Never names a quantity.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitmentError {
    /// Not a whole number of segments, or none.
    #[error("{got} quantities are not one or more whole segments of {wanted} slots")]
    Length {
        /// Quantities given.
        got: usize,
        /// Slots of a segment.
        wanted: usize,
    },
    /// The segments are not all inside the shape.
    #[error("segments {first}..{end} are not inside shape `{shape}`, which has {wanted}")]
    Segments {
        /// First segment.
        first: usize,
        /// One past the last segment.
        end: usize,
        /// Name of the shape.
        shape: &'static str,
        /// Segments it has.
        wanted: usize,
    },
    /// No account of that index in the shape.
    #[error("account {got} is not inside shape `{shape}`, which has {wanted}")]
    Account {
        /// Index of the account.
        got: u16,
        /// Name of the shape.
        shape: &'static str,
        /// Accounts it has.
        wanted: usize,
    },
    /// A quantity that has no encoding.
    #[error("the quantity in slot {slot} of the account is out of range: it must lie in [-2^47, 2^47) lots")]
    Range {
        /// Slot, counted from the account's first.
        slot: usize,
    },
    /// The commitment came out as zero, which stands for "no account". Draw another blinding.
    #[error("the commitment is zero, which stands for no account: draw another blinding")]
    Zero,
}

/// The blinding of one commitment: uniform in the field, drawn once, never used again. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Blinding(Fr);

impl Blinding {
    /// A fresh one from the operating system.
    pub fn random() -> Self {
        Self(Fr::rand(&mut rand::rngs::OsRng))
    }
    /// From a field element.
    pub const fn from_element(element: Fr) -> Self {
        Self(element)
    }
    /// From 32 big-endian bytes; `None` where they are not below the field order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        element_of(bytes).map(Self)
    }
    /// The field element.
    pub const fn element(&self) -> Fr {
        self.0
    }
    /// 32 big-endian bytes.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(digest_of(self.0).0)
    }
}

impl bincode::Encode for Blinding {
    fn encode<E: bincode::enc::Encoder>(&self, encoder: &mut E) -> Result<(), bincode::error::EncodeError> {
        bincode::Encode::encode(&*self.to_bytes(), encoder)
    }
}
impl<C> bincode::Decode<C> for Blinding {
    fn decode<D: bincode::de::Decoder<Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, bincode::error::DecodeError> {
        let bytes = Zeroizing::new(<[u8; 32] as bincode::Decode<C>>::decode(decoder)?);
        Self::from_bytes(&bytes)
            .ok_or(bincode::error::DecodeError::Other("the blinding is not below the field order"))
    }
}

bincode::impl_borrow_decode!(Blinding);

/// The first element of every commitment.
pub fn tag() -> Fr {
    field_element(&keccak(DOMAIN))
}

/// A digest as a field element: the top byte dropped, 248 bits.
pub fn field_element(digest: &Digest) -> Fr {
    Fr::from_be_bytes_mod_order(&digest.field_bytes())
}

/// `nettingSet + 2^16 firstSegment + 2^32 segmentCount`.
pub fn header(netting_set: u16, first_segment: usize, segment_count: usize) -> Fr {
    Fr::from(u128::from(netting_set) + ((first_segment as u128) << 16) + ((segment_count as u128) << 32))
}

/// The elements of one segment: five quantities each, offset binary, lowest first. Every quantity must lie in
/// `[-2^47, 2^47)`, which [`commit`] sees to.
///
/// # Panics
/// If a quantity is out of range.
pub fn pack_segment(quantities: &[i64]) -> Vec<Fr> {
    let step = Fr::from(1u64 << QUANTITY_BITS);
    let pack = |group: &[i64]| {
        group.iter().rev().fold(Fr::zero(), |sum, &q| {
            let offset = q.checked_add(QUANTITY_LIMIT).and_then(|v| u64::try_from(v).ok());
            let offset = offset.filter(|v| v >> QUANTITY_BITS == 0).expect("quantities are in range");
            sum * step + Fr::from(offset)
        })
    };
    quantities.chunks(InputLayout::SLOTS_PER_ELEMENT).map(pack).collect()
}

/// That quantities are whole segments inside the shape, each in range.
pub(crate) fn check(
    shape: &Shape,
    netting_set: u16,
    first_segment: usize,
    quantities: &[i64],
) -> Result<(), CommitmentError> {
    let length = shape.segment_len();
    if quantities.is_empty() || !quantities.len().is_multiple_of(length) {
        return Err(CommitmentError::Length { got: quantities.len(), wanted: length });
    }
    let count = quantities.len() / length;
    let end = first_segment.saturating_add(count);
    if end > shape.segments {
        return Err(CommitmentError::Segments {
            first: first_segment,
            end,
            shape: shape.name,
            wanted: shape.segments,
        });
    }
    if usize::from(netting_set) >= shape.accounts {
        return Err(CommitmentError::Account { got: netting_set, shape: shape.name, wanted: shape.accounts });
    }
    if let Some(slot) = quantities.iter().position(|q| !(-QUANTITY_LIMIT..QUANTITY_LIMIT).contains(q)) {
        return Err(CommitmentError::Range { slot });
    }
    Ok(())
}

/// The commitment to the quantities of one account, slot by slot from its first segment on, in lots.
///
/// # Errors
/// [`CommitmentError`], where the quantities are not whole segments inside the shape, or one is out of range.
pub fn commit(
    shape: &Shape,
    universe: Digest,
    netting_set: u16,
    first_segment: usize,
    quantities: &[i64],
    blinding: &Blinding,
) -> Result<Digest, CommitmentError> {
    check(shape, netting_set, first_segment, quantities)?;
    let length = shape.segment_len();
    let count = quantities.len() / length;
    let mut start = Poseidon::<Fr>::new_circom(4).expect("circom has parameters for four inputs");
    let mut step = Poseidon::<Fr>::new_circom(RATE + 1).expect("circom has parameters for eight inputs");
    let head = [tag(), field_element(&universe), header(netting_set, first_segment, count), blinding.0];
    let mut state = start.hash(&head).expect("four inputs");
    let mut block = Zeroizing::new([Fr::zero(); RATE + 1]);
    for segment in quantities.chunks(length) {
        let packed = Zeroizing::new(pack_segment(segment));
        for chunk in packed.chunks(RATE) {
            block[0] = state;
            for (i, place) in block[1..].iter_mut().enumerate() {
                *place = chunk.get(i).copied().unwrap_or_default();
            }
            state = step.hash(block.as_slice()).expect("eight inputs");
        }
    }
    if state.is_zero() {
        return Err(CommitmentError::Zero);
    }
    Ok(digest_of(state))
}

/// 32 big-endian bytes of a field element.
pub fn digest_of(element: Fr) -> Digest {
    let mut out = [0; 32];
    out.copy_from_slice(&element.into_bigint().to_bytes_be());
    Digest(out)
}

/// The field element that 32 big-endian bytes spell; `None` where they are not below the field order.
pub fn element_of(bytes: &[u8; 32]) -> Option<Fr> {
    let element = Fr::from_be_bytes_mod_order(bytes);
    (digest_of(element).0 == *bytes).then_some(element)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn shape() -> &'static Shape {
        Shape::by_name("t32").unwrap()
    }
    fn decimal(text: &str) -> Fr {
        text.bytes().fold(Fr::zero(), |sum, c| sum * Fr::from(10u64) + Fr::from(c - b'0'))
    }
    fn fixed() -> Blinding {
        Blinding::from_element(Fr::from(12_345u64))
    }

    /// Values published with circomlib's tests and its documentation.
    #[test]
    fn the_hash_is_circomlibs() {
        for (inputs, output) in [
            (vec![1u64], "18586133768512220936620570745912940619677854269274689475585506675881198879027"),
            (vec![1, 2], "7853200120776062878684798364095072458815029376092732009249414926327459813530"),
            (
                vec![1, 2, 3, 4],
                "18821383157269793795438455681495246036402687001665670618754263018637548127333",
            ),
        ] {
            let inputs: Vec<Fr> = inputs.into_iter().map(Fr::from).collect();
            let hash = Poseidon::<Fr>::new_circom(inputs.len()).unwrap().hash(&inputs).unwrap();
            assert_eq!(hash, decimal(output), "{} inputs", inputs.len());
        }
    }

    /// The definition at the top of this file, spelt out again for one small account.
    #[test]
    fn it_is_what_the_page_says() {
        let mut quantities = [0i64; 16];
        (quantities[0], quantities[7], quantities[8], quantities[12]) =
            (-1, 5, QUANTITY_LIMIT - 1, -QUANTITY_LIMIT);
        let universe = keccak(b"universe");
        let two = Fr::from(2u64);
        let power = |n: u64| (0..n).fold(Fr::from(1u64), |p, _| p * two);
        let number = |q: i64| if q < 0 { -Fr::from(q.unsigned_abs()) } else { Fr::from(q.unsigned_abs()) };
        let element = |slots: &[i64]| -> Fr {
            (0..).zip(slots).map(|(j, &q)| (number(q) + power(47)) * power(48 * j)).sum()
        };
        let hash = |inputs: &[Fr]| Poseidon::<Fr>::new_circom(inputs.len()).unwrap().hash(inputs).unwrap();
        let digest = Fr::from_be_bytes_mod_order(&keccak(b"mandate/commitment/1").0[1..]);
        let head = Fr::from(2u64) + power(16) + power(33);
        let mut state = hash(&[digest, Fr::from_be_bytes_mod_order(&universe.0[1..]), head, fixed().0]);
        for segment in [&quantities[..8], &quantities[8..]] {
            let zero = Fr::zero();
            state =
                hash(&[state, element(&segment[..5]), element(&segment[5..]), zero, zero, zero, zero, zero]);
        }
        assert_eq!(commit(shape(), universe, 2, 1, &quantities, &fixed()).unwrap(), digest_of(state));
    }

    #[test]
    fn every_input_changes_it() {
        let universe = keccak(b"universe");
        let quantities = [0i64; 16];
        let mut seen = BTreeSet::new();
        let mut take = |universe, set, first, quantities: &[i64], blinding: &Blinding| {
            assert!(seen.insert(commit(shape(), universe, set, first, quantities, blinding).unwrap()));
        };
        take(universe, 0, 0, &quantities, &fixed());
        take(keccak(b"another"), 0, 0, &quantities, &fixed());
        take(universe, 1, 0, &quantities, &fixed());
        take(universe, 0, 1, &quantities, &fixed());
        take(universe, 0, 0, &quantities[..8], &fixed());
        take(universe, 0, 0, &quantities, &Blinding::from_element(Fr::from(12_346u64)));
        for slot in 0..16 {
            for q in [1, -1, QUANTITY_LIMIT - 1, -QUANTITY_LIMIT] {
                let mut changed = quantities;
                changed[slot] = q;
                take(universe, 0, 0, &changed, &fixed());
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let universe = keccak(b"universe");
        let go = |set, first, quantities: &[i64]| commit(shape(), universe, set, first, quantities, &fixed());
        assert!(matches!(go(0, 0, &[0; 7]), Err(CommitmentError::Length { got: 7, wanted: 8 })));
        assert!(matches!(go(0, 0, &[]), Err(CommitmentError::Length { .. })));
        assert!(matches!(go(0, 4, &[0; 8]), Err(CommitmentError::Segments { first: 4, end: 5, .. })));
        assert!(matches!(go(0, usize::MAX, &[0; 8]), Err(CommitmentError::Segments { .. })));
        assert!(matches!(go(3, 0, &[0; 8]), Err(CommitmentError::Account { got: 3, .. })));
        for bad in [QUANTITY_LIMIT, -QUANTITY_LIMIT - 1, i64::MAX, i64::MIN] {
            let mut quantities = [0; 8];
            quantities[3] = bad;
            assert!(matches!(go(0, 0, &quantities), Err(CommitmentError::Range { slot: 3 })));
        }
    }

    #[test]
    fn blindings_are_canonical_and_fresh() {
        let (a, b) = (Blinding::random(), Blinding::random());
        assert_ne!(*a.to_bytes(), *b.to_bytes());
        assert!(Blinding::from_bytes(&a.to_bytes()).is_some());
        assert!(Blinding::from_bytes(&[0xff; 32]).is_none());
        let order = Fr::MODULUS.to_bytes_be();
        assert!(Blinding::from_bytes(&order.try_into().unwrap()).is_none());
    }

    proptest! {
        /// Packing is injective: quantities come back from the integers.
        #[test]
        fn packing_comes_back(quantities in prop::collection::vec(-QUANTITY_LIMIT..QUANTITY_LIMIT, 1..20)) {
            let packed = pack_segment(&quantities);
            prop_assert_eq!(packed.len(), quantities.len().div_ceil(5));
            let mut back = Vec::new();
            for (element, group) in packed.iter().zip(quantities.chunks(5)) {
                let bits = element.into_bigint().to_bits_le();
                for j in 0..group.len() {
                    let value = (0..48).filter(|i| bits[48 * j + i]).map(|i| 1i64 << i).sum::<i64>();
                    back.push(value - QUANTITY_LIMIT);
                }
                prop_assert!(bits[48 * group.len()..].iter().all(|b| !b));
            }
            prop_assert_eq!(back, quantities);
        }
    }
}
