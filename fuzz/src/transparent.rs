//! The statement of the stored transparent proof, with the key derived from it: what a proof without a ceremony is read against.

use crate::envelope::HEADER;
use mandate_book::examples::Example;
use mandate_statement::{Kind, TransparentBundle, decode};
use mandate_testing::Story;
use mandate_transparent::{Parameters, PublicSheet};
use std::sync::OnceLock;

/// A stored bundle, under the mandate of the stored proofs.
const STORED: &str = include_str!("../../pins/transparent-t32.hex");

/// Everything that a bundle is verified against.
pub struct Second {
    /// Mandate, market, accounts.
    pub story: &'static Story,
    /// The sheet with its key.
    pub sheet: PublicSheet<'static>,
    /// The bytes of the parameters.
    pub parameters: Vec<u8>,
    /// The bundle that is accepted.
    pub bundle: TransparentBundle,
    /// Its file.
    pub file: Vec<u8>,
}

impl Second {
    /// What stands behind the header of the bundle's file.
    pub fn payload(&self) -> &[u8] {
        &self.file[HEADER..]
    }
}

/// Made once; the key takes half a second.
pub fn second() -> &'static Second {
    static SECOND: OnceLock<Second> = OnceLock::new();
    SECOND.get_or_init(|| {
        let file = hex::decode(STORED.split_whitespace().collect::<String>()).expect("hexadecimal");
        let bundle: TransparentBundle =
            decode(Kind::TransparentBundle, &file).expect("the stored bundle reads");
        // A sheet borrows what it is made of, and this one lives as long as the program.
        let mandate = mandate_soundness::pins::mandate("t32");
        let story: &'static Story = Box::leak(Box::new(Story::of("t32", &mandate, Example::Lawful)));
        let rows = PublicSheet::rows(&story.rules, &story.risk).expect("a sound sheet");
        let parameters: &'static Parameters = Box::leak(Box::new(Parameters::derive(rows)));
        let sheet = PublicSheet::new(&story.rules, &story.risk, parameters).expect("a key");
        Second { story, sheet, parameters: parameters.to_bytes(), bundle, file }
    })
}
