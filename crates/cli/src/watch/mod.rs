//! The agent of continuous compliance, with this program's chain, books and files under it.

pub mod books;
pub mod node;
