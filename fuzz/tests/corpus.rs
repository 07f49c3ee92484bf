//! Every committed input through its target: no promise is broken, and every seed reaches past the checks at the door.

use mandate_fuzz::{TARGETS, seeds};
use std::path::Path;

#[test]
fn committed_inputs_keep_every_promise() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut bytes = 0;
    for target in TARGETS {
        let mut accepted = 0;
        let folder = root.join(target.name);
        let mut files: Vec<_> = std::fs::read_dir(&folder)
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
            .map(|entry| entry.expect("a folder that can be read").path())
            .collect();
        files.sort();
        for path in files {
            let input = std::fs::read(&path).expect("it reads");
            bytes += input.len();
            accepted += usize::from((target.run)(&input));
        }
        assert!(
            accepted > 0,
            "{}: no committed input is accepted: nothing behind the door is tried",
            target.name
        );
    }
    assert!(bytes < 600 << 10, "the corpora are {bytes} bytes: minimise them");
}

/// Seeds are made by the project's own writers; where a format changes, so must they, and they must still be accepted.
#[test]
fn every_seed_is_accepted() {
    for target in TARGETS {
        for (name, bytes) in seeds::of(target.name) {
            let accepted = (target.run)(&bytes);
            assert!(accepted || !name.starts_with("seed"), "{}: `{name}` is refused", target.name);
            assert!(bytes.len() <= target.longest, "{}: `{name}` is longer than is tried", target.name);
        }
    }
}

/// Any few bytes are refused by all targets without a word: the readers' first checks, without a fuzzer.
#[test]
fn short_inputs_are_refused() {
    // An altered key or proof is all good but for the alterations, a digit is a number, and a table of one word has a header.
    let lenient = ["verifying-key", "names", "import", "transparent-bundle"];
    for target in TARGETS.iter().filter(|t| !lenient.contains(&t.name)) {
        for byte in 0..=255u8 {
            assert!(!(target.run)(&[byte]), "{}: {byte}", target.name);
        }
        assert!(!(target.run)(&[]), "{}: nothing", target.name);
    }
}
