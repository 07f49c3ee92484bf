//! What every reader of untrusted bytes must do, one target for each, and seeds that reach past their first checks.
//!
//! A target takes any bytes. It panics where a promise is broken, and else says whether the bytes were accepted, so that a
//! test can tell a seed that is read from one that is refused at its first byte. `docs/fuzzing.md` lists the promises.
//! `run.sh` puts libFuzzer behind them; `tests/corpus.rs` replays the committed inputs without it.

pub mod envelope;
pub mod fixtures;
pub mod seeds;
mod targets;
pub mod transparent;

pub use targets::{TARGETS, Target, target};

// The command line has no library, and the file of an account set is read there: its modules are taken as they stand.
#[allow(dead_code, missing_docs)]
#[path = "../../crates/cli/src/accounts.rs"]
pub(crate) mod accounts;
#[allow(dead_code)]
#[path = "../../crates/cli/src/failure.rs"]
mod failure;
#[allow(dead_code)]
#[path = "../../crates/cli/src/files.rs"]
mod files;
#[allow(dead_code)]
#[path = "../../crates/cli/src/place.rs"]
mod place;
