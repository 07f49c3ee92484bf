//! A local node with a desk beside it.

use super::{AS_OF, Desk};
use mandate_chain::{LocalChain, find_anvil};
use std::path::Path;

/// Private keys of the local node's first two accounts. They are published with the node's program: no secret.
pub const FIRST: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const SECOND: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";

/// A node ten minutes past the snapshots' instant, a desk with its first account's key as `k` and the second's as `q`, and the second's
/// address. `None`, and a line that says so, where there is no node to be had.
pub fn node() -> Option<(LocalChain, Desk, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let Ok(program) = find_anvil(&root) else {
        eprintln!("skipped: no local node; run contracts/tools/setup.sh");
        return None;
    };
    let node = LocalChain::spawn(&program, Some(AS_OF + 600)).expect("a node");
    let desk = Desk::new();
    desk.write_private("k", FIRST);
    desk.write_private("q", SECOND);
    let quorum = format!("0x{}", hex::encode(node.keys()[1].address()));
    Some((node, desk, quorum))
}
