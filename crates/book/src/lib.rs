//! Books: positions and balances per account, read from statements of many forms onto the slots of a universe.
//!
//! Reading has two steps. A reader in [`read`] turns bytes into [`Records`], rows of named accounts; [`resolve`] gives
//! every row its slot, counts it in lots and works out the unsettled profit and loss of perpetuals and futures. Nothing
//! here opens a file, and nothing here writes an amount into a message.
//!
//! A book is the *concatenation* of its accounts, never their sum: long at one venue and short at another are two
//! positions.

mod book;
mod error;
pub mod examples;
mod json;
mod market;
mod open;
pub mod read;
mod records;
mod resolve;
mod secret;
mod slots;

pub use book::{AccountBook, Book};
pub use error::{BookError, Like, Place};
pub use market::MarketSlots;
pub use records::{Entry, Records, Row, Side};
pub use resolve::{Options, Report, Rounding, resolve};
pub use secret::{Amount, AmountError, Lot};
pub use slots::{SlotIndex, SlotInfo, SlotKind};
