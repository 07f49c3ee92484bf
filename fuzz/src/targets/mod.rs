//! The targets.

mod arith;
mod books;
mod files;
mod keys;
mod markets;
mod sheets;
mod text;
mod transparent;

use crate::envelope::HEADER;

pub(crate) use transparent::seeds as transparent_seeds;

/// One reader under attack.
pub struct Target {
    /// Its name, and that of its corpus.
    pub name: &'static str,
    /// What is promised beside not panicking, in one line.
    pub promise: &'static str,
    /// Longest input that is tried, in bytes.
    pub longest: usize,
    /// Bytes at the front that are made right before reading, so that it is idle to mutate them.
    pub header: usize,
    /// Takes any bytes; says whether they were accepted. Panics where a promise is broken.
    pub run: fn(&[u8]) -> bool,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "mandate",
        promise: "what parses is explained; what compiles passes the sheet checker, in one way, and never wraps",
        longest: 4096,
        header: 0,
        run: text::mandate,
    },
    Target {
        name: "names",
        promise: "decimals, prices, instants and instrument names have one spelling that reads back",
        longest: 96,
        header: 0,
        run: text::names,
    },
    Target {
        name: "accounts",
        promise: "an account set is in growing order without an account twice, and reads back from its own text",
        longest: 4096,
        header: 0,
        run: text::accounts,
    },
    Target {
        name: "snapshot",
        promise: "one file per snapshot, in both forms; what compiles passes the sheet checker",
        longest: 16_384,
        header: HEADER,
        run: markets::snapshot,
    },
    Target {
        name: "import",
        promise: "what is imported is a lawful snapshot that reads back and compiles or says why not",
        longest: 8192,
        header: 0,
        run: markets::import,
    },
    Target {
        name: "book-table",
        promise: "no row counts twice; quantities are in range and in their own account; rounding only rounds down",
        longest: 4096,
        header: 0,
        run: books::table,
    },
    Target { name: "book-json", promise: "as book-table", longest: 4096, header: 0, run: books::json },
    Target {
        name: "book-venue",
        promise: "as book-table, for every venue's own form and ccxt's",
        longest: 8192,
        header: 0,
        run: books::venue,
    },
    Target {
        name: "rules",
        promise: "one file per rules part; a part that the checker accepts has no row that can wrap, counted again",
        longest: 16_384,
        header: HEADER,
        run: sheets::rules,
    },
    Target {
        name: "risk",
        promise: "one file per risk part; an accepted part has columns below 2^41, forbidden slots and own accounts",
        longest: 16_384,
        header: HEADER,
        run: sheets::risk,
    },
    Target {
        name: "bundle",
        promise: "one file per bundle; only the statement that was proven verifies",
        longest: 4096,
        header: HEADER,
        run: files::bundle,
    },
    Target {
        name: "transparent-bundle",
        promise: "one file per bundle, one spelling per proof, commitment and second signature; only the stored one verifies; no \
                  parameters but those that the hash gives",
        longest: 12_288,
        header: 0,
        run: transparent::bundle,
    },
    Target {
        name: "attestation",
        promise: "one file per attestation; a good signature has one spelling and covers every field",
        longest: 1024,
        header: HEADER,
        run: files::attestation,
    },
    Target {
        name: "opening",
        promise: "one file per opening; it opens one commitment, and that of no other account",
        longest: 4096,
        header: HEADER,
        run: files::opening,
    },
    Target {
        name: "verifying-key",
        promise: "one file per key; all points on the curve, in the subgroup, none at infinity",
        longest: 2048,
        header: 0,
        run: keys::verifying,
    },
    Target {
        name: "proving-key",
        promise: "header and points of an altered key are refused without reading past them",
        longest: 4096,
        header: 0,
        run: keys::proving,
    },
    Target {
        name: "msm",
        promise: "a sum of multiples of a generator is the multiple by the sum, on every path and in both groups",
        longest: 1024,
        header: 0,
        run: arith::msm,
    },
];

/// A target by name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|t| t.name == name)
}
