//! One slot and its lots: quantities as people write them, as whole numbers of lots.

use crate::instrument::Instrument;
use mandate_numeric::{Decimal, DecimalError};
use mandate_statement::QUANTITY_LIMIT;

/// One slot: an instrument in an account, counted in lots of `10^-lot_places` units of quantity.
#[derive(
    Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize, serde::Deserialize,
)]
pub struct Slot {
    /// The instrument.
    pub instrument: Instrument,
    /// One lot is `10^-lot_places` units; negative for lots of 10, 100, ... units. From -12 to 18.
    pub lot_places: i8,
}

/// Why a quantity does not stand in a slot.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LotError {
    /// Not a whole number of lots, or too many digits.
    #[error("{0}")]
    Decimal(#[from] DecimalError),
    /// A whole number, but not of these lots.
    #[error("`{value}` is not a multiple of the lot {lot}")]
    NotWhole {
        /// The quantity.
        value: Decimal,
        /// One lot.
        lot: Decimal,
    },
    /// Outside `(-2^47, 2^47)` lots.
    #[error("`{value}` is out of range: at most {limit} either way")]
    Range {
        /// The quantity.
        value: Decimal,
        /// Largest magnitude.
        limit: Decimal,
    },
}

impl Slot {
    /// One lot, in units of quantity.
    pub fn lot(&self) -> Decimal {
        self.quantity(1)
    }
    /// A count of lots as a quantity.
    pub fn quantity(&self, lots: i64) -> Decimal {
        match u8::try_from(self.lot_places) {
            Ok(places) => Decimal::new(i128::from(lots), places),
            Err(_) => {
                Decimal::new(i128::from(lots) * 10i128.pow(u32::from(self.lot_places.unsigned_abs())), 0)
            }
        }
    }
    /// A quantity as a count of lots, exactly; magnitudes are below `2^47`.
    ///
    /// # Errors
    /// [`LotError`] where it is not a whole number of lots or out of range.
    pub fn lots(&self, quantity: Decimal) -> Result<i64, LotError> {
        let lots = match u8::try_from(self.lot_places) {
            Ok(places) => quantity.to_scaled(places)?,
            Err(_) => {
                let step = 10i128.pow(u32::from(self.lot_places.unsigned_abs()));
                let units = quantity.to_scaled(0)?;
                if units % step != 0 {
                    return Err(LotError::NotWhole { value: quantity, lot: self.lot() });
                }
                units / step
            }
        };
        self.in_range(lots, quantity)
    }
    /// A quantity as a count of lots, rounded towards minus infinity: an asset down, a debt (negative) up.
    ///
    /// # Errors
    /// [`LotError::Range`] where it is out of range.
    pub fn lots_floor(&self, quantity: Decimal) -> Result<i64, LotError> {
        let lots = match u8::try_from(self.lot_places) {
            Ok(places) => quantity.to_scaled_floor(places)?,
            Err(_) => {
                let step = 10i128.pow(u32::from(self.lot_places.unsigned_abs()));
                mandate_numeric::div_floor(quantity.to_scaled_floor(0)?, step)
            }
        };
        self.in_range(lots, quantity)
    }
    fn in_range(&self, lots: i128, value: Decimal) -> Result<i64, LotError> {
        let limit = QUANTITY_LIMIT - 1;
        match i64::try_from(lots) {
            Ok(lots) if lots.unsigned_abs() <= limit.unsigned_abs() => Ok(lots),
            _ => Err(LotError::Range { value, limit: self.quantity(limit) }),
        }
    }
}
