//! What a statement is bound to: every public input, every field, every byte of every file, every point and every signature.
//! Changed alone, each is refused, by a panic never.

#[path = "../common/mod.rs"]
mod common;

mod batch;
mod digests;
mod files;
mod inputs;
mod points;
mod signatures;
