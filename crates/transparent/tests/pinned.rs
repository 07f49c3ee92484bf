//! A stored bundle still verifies, and the key of its sheet is the one it names: layout, constants, parameters and transcript are
//! what they were. `MANDATE_WRITE_PINS=1 cargo test --release -p mandate-transparent --test pinned -- --ignored` makes it anew.

#![allow(
    clippy::print_stderr,
    reason = "a measured figure, or why a test is left out, is worth a line in the log"
)]

mod story;

use mandate_statement::{Kind, TransparentBundle, decode, encode};
use mandate_transparent::prove::{SheetProver, prove};
use mandate_transparent::{Parameters, PublicSheet};
use std::path::PathBuf;
use story::{accounts, expectations, seconds, story};

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pins/t32.hex")
}

#[test]
fn the_stored_proof_holds() {
    let story = story();
    let text = std::fs::read_to_string(file()).expect("the pin is there");
    let bytes = hex::decode(text.split_whitespace().collect::<String>()).expect("hexadecimal");
    let bundle: TransparentBundle = decode(Kind::TransparentBundle, &bytes).expect("it reads");
    let size = PublicSheet::rows(&story.rules, &story.risk).expect("a sound sheet");
    let parameters = Parameters::derive(size);
    let sheet = PublicSheet::new(&story.rules, &story.risk, &parameters).expect("a key");
    assert_eq!(bundle.context.key, sheet.key().id(), "the key of the stored proof");
    sheet.verify(&bundle, &story.accounts, &expectations(&story)).expect("it holds");
}

#[test]
#[ignore = "no check: it writes the proof that the test above reads, when that is meant to change"]
fn make_the_stored_proof() {
    if std::env::var_os("MANDATE_WRITE_PINS").is_none() {
        eprintln!("MANDATE_WRITE_PINS is not set: nothing is written");
        return;
    }
    let mut story = story();
    let seconds = seconds(&mut story);
    let size = PublicSheet::rows(&story.rules, &story.risk).expect("a sound sheet");
    let parameters = Parameters::derive(size);
    let sheet = PublicSheet::new(&story.rules, &story.risk, &parameters).expect("a key");
    let prover = SheetProver::new(sheet.key()).expect("a proving key");
    let context = story.context(sheet.key().id());
    let bundle = prove(&sheet, &prover, context, &accounts(&story, &seconds)).expect("a lawful book");
    let digits = hex::encode(encode(Kind::TransparentBundle, &bundle));
    let lines: Vec<&str> =
        digits.as_bytes().chunks(128).map(|l| std::str::from_utf8(l).expect("digits")).collect();
    std::fs::write(file(), lines.join("\n") + "\n").expect("the pin is written");
}
