//! Lies about the sheet: rows dropped or altered.

use crate::Attack;

/// See the module's documentation.
pub const ATTACKS: &[Attack] = &[];
