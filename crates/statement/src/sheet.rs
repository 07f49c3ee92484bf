//! The risk part of a sheet: public weights and how slots fall into groups, accounts and assets.

use crate::codec;
use crate::digest::{Digest, keccak};
use crate::runs::Runs;
use crate::shape::Shape;
use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

/// Which segment belongs to which group, account and asset.
///
/// Accounts are runs of consecutive segments; groups are runs inside one account (a segment that `carries` goes on with
/// the group of the segment before it); assets are any sets of segments.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Layout {
    /// Per segment: whether it continues the group of the segment before it. The first never does.
    pub carry: Vec<bool>,
    /// Per segment: whether it is the last of a group that is in use; rows of [`crate::Family::Group`] hold there.
    pub group_used: Vec<bool>,
    /// Per segment: its account, if any. A segment without one must stay empty, and the circuit says so.
    pub account: Vec<Option<u16>>,
    /// Per segment: its asset, if any.
    pub asset: Vec<Option<u16>>,
}

/// The risk part of a sheet: everything that follows from market data, as integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskPart {
    /// The risk model that says what the columns mean, for example `crypto-usd/1`.
    pub model: String,
    /// Name of the shape.
    pub shape: String,
    /// Digest of the universe: slot order, instruments, lots, currencies, layout.
    pub universe: Digest,
    /// Digest of the market snapshot.
    pub snapshot: Digest,
    /// Instant of the snapshot, seconds since 1970 in UTC.
    pub as_of: u64,
    /// How slots fall into blocks.
    pub layout: Layout,
    /// Weights, slot by slot, each row in column order: `weights[slot * shape.columns() + column]`.
    pub weights: Vec<i64>,
    /// The strikes of every expiry in order; empty in a shape without strips.
    pub runs: Runs,
}

/// Fields in order; runs only where there are any, so that a part without them is written as it was before there were runs.
impl Encode for RiskPart {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.model.encode(encoder)?;
        self.shape.encode(encoder)?;
        self.universe.encode(encoder)?;
        self.snapshot.encode(encoder)?;
        self.as_of.encode(encoder)?;
        self.layout.encode(encoder)?;
        self.weights.encode(encoder)?;
        if self.runs.is_empty() { Ok(()) } else { self.runs.encode(encoder) }
    }
}

/// The shape's name says whether runs follow.
impl<Context> Decode<Context> for RiskPart {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let mut part = Self {
            model: Decode::decode(decoder)?,
            shape: Decode::decode(decoder)?,
            universe: Decode::decode(decoder)?,
            snapshot: Decode::decode(decoder)?,
            as_of: Decode::decode(decoder)?,
            layout: Decode::decode(decoder)?,
            weights: Decode::decode(decoder)?,
            runs: Runs::default(),
        };
        if Shape::by_name(&part.shape).is_some_and(|shape| shape.strips > 0) {
            part.runs = Decode::decode(decoder)?;
        }
        Ok(part)
    }
}
bincode::impl_borrow_decode!(RiskPart);

/// Why a sheet does not have the lengths its shape asks for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SheetError {
    /// No shape of that name.
    #[error("there is no shape `{0}`; shapes are {known}", known = known_shapes())]
    UnknownShape(String),
    /// The part is of another shape.
    #[error("the risk part is of shape `{got}`, wanted `{wanted}`")]
    OtherShape {
        /// Its shape.
        got: String,
        /// The shape asked for.
        wanted: &'static str,
    },
    /// A vector has the wrong length.
    #[error("{what}: {got} entries, shape `{shape}` takes {wanted}")]
    Length {
        /// Which vector.
        what: &'static str,
        /// The shape.
        shape: String,
        /// Entries found.
        got: usize,
        /// Entries wanted.
        wanted: usize,
    },
    /// An account or asset index is out of range.
    #[error("{what} {got} of segment {segment} is out of range: shape `{shape}` has {wanted}")]
    Index {
        /// Account or asset.
        what: &'static str,
        /// The segment.
        segment: usize,
        /// The shape.
        shape: String,
        /// Index found.
        got: u16,
        /// How many there are.
        wanted: usize,
    },
}

fn known_shapes() -> String {
    crate::SHAPES.iter().map(|s| format!("`{}`", s.name)).collect::<Vec<_>>().join(", ")
}

impl RiskPart {
    /// The shape, after checking that every vector has its length and every index its range.
    ///
    /// # Errors
    /// [`SheetError`], for a part that no circuit could take.
    pub fn shape(&self) -> Result<&'static Shape, SheetError> {
        let shape =
            Shape::by_name(&self.shape).ok_or_else(|| SheetError::UnknownShape(self.shape.clone()))?;
        self.fits(shape)?;
        Ok(shape)
    }
    /// Checks that the part is of `shape`: its name, the length of every vector, the range of every index.
    ///
    /// # Errors
    /// [`SheetError`], for a part that the circuit of `shape` could not take.
    pub fn fits(&self, shape: &Shape) -> Result<(), SheetError> {
        if self.shape != shape.name {
            return Err(SheetError::OtherShape { got: self.shape.clone(), wanted: shape.name });
        }
        let length = |what, got, wanted| {
            if got == wanted {
                Ok(())
            } else {
                Err(SheetError::Length { what, shape: self.shape.clone(), got, wanted })
            }
        };
        let layout = &self.layout;
        length("carry bits", layout.carry.len(), shape.segments)?;
        length("group marks", layout.group_used.len(), shape.segments)?;
        length("segment accounts", layout.account.len(), shape.segments)?;
        length("segment assets", layout.asset.len(), shape.segments)?;
        length("weights", self.weights.len(), shape.slots * shape.columns())?;
        length("run carry bits", self.runs.carry.len(), shape.strips)?;
        length("run marks", self.runs.used.len(), shape.strips)?;
        length("strike gaps", self.runs.gap.len(), shape.pairs())?;
        length("coins", self.runs.coins.len(), 2 * shape.pairs())?;
        length("cover weights", self.runs.cover.len(), shape.pairs())?;
        for (what, list, wanted) in
            [("account", &layout.account, shape.accounts), ("asset", &layout.asset, shape.assets)]
        {
            for (segment, index) in list.iter().enumerate() {
                if let Some(got) = *index
                    && usize::from(got) >= wanted
                {
                    return Err(SheetError::Index { what, segment, shape: self.shape.clone(), got, wanted });
                }
            }
        }
        Ok(())
    }
    /// Weights of one slot, in column order.
    pub fn weights_of(&self, shape: &Shape, slot: usize) -> &[i64] {
        &self.weights[slot * shape.columns()..(slot + 1) * shape.columns()]
    }
    /// Everything after the universe digest, as integers in the order of the public inputs: carry bits of segments
    /// `1..`, group marks, account membership (account by account), asset membership, asset marks, weights; in a shape with
    /// strips then carry bits of strips `1..`, run marks, gaps of pairs `1..`, coins, cover weights.
    pub fn integers(&self, shape: &Shape) -> Vec<i64> {
        let layout = &self.layout;
        let mut out = Vec::with_capacity(Self::integer_count(shape));
        out.extend(layout.carry[1..].iter().map(|&b| i64::from(b)));
        out.extend(layout.group_used.iter().map(|&b| i64::from(b)));
        for account in 0..shape.accounts {
            out.extend(layout.account.iter().map(|a| i64::from(*a == u16::try_from(account).ok())));
        }
        for asset in 0..shape.assets {
            out.extend(layout.asset.iter().map(|a| i64::from(*a == u16::try_from(asset).ok())));
        }
        for asset in 0..shape.assets {
            out.push(i64::from(layout.asset.iter().any(|a| *a == u16::try_from(asset).ok())));
        }
        out.extend_from_slice(&self.weights);
        if shape.strips > 0 {
            out.extend(self.runs.carry[1..].iter().map(|&b| i64::from(b)));
            out.extend(self.runs.used.iter().map(|&b| i64::from(b)));
            out.extend_from_slice(&self.runs.gap[1..]);
            out.extend_from_slice(&self.runs.coins);
            out.extend_from_slice(&self.runs.cover);
        }
        out
    }
    /// How many integers [`RiskPart::integers`] gives.
    pub const fn integer_count(shape: &Shape) -> usize {
        let runs = if shape.strips == 0 { 0 } else { 2 * shape.strips - 1 + 4 * shape.pairs() - 1 };
        Self::runs_at(shape) + runs
    }
    /// Position among [`RiskPart::integers`] of the first that belongs to the runs.
    pub const fn runs_at(shape: &Shape) -> usize {
        (shape.segments - 1)
            + shape.segments
            + (shape.accounts + shape.assets) * shape.segments
            + shape.assets
            + shape.slots * shape.columns()
    }
    /// Digest of everything in it.
    pub fn digest(&self) -> Digest {
        let mut bytes = keccak(b"mandate/risk/1").0.to_vec();
        bytes.extend_from_slice(&codec::payload(self));
        keccak(&bytes)
    }
}
