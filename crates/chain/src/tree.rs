//! Binary trees of digests, as the contracts climb them.

use mandate_statement::{Digest, keccak};

/// Leaves padded with zero words to a power of two; nodes are `keccak(0x01 || left || right)`.
#[derive(Clone, Debug)]
pub struct Tree {
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// Builds the tree over leaves; of none, it is a single zero word.
    pub fn new(mut level: Vec<Digest>) -> Self {
        level.resize(level.len().next_power_of_two(), Digest::default());
        let mut levels = Vec::new();
        while level.len() > 1 {
            let above = level.chunks(2).map(|pair| node(&pair[0], &pair[1])).collect();
            levels.push(std::mem::replace(&mut level, above));
        }
        levels.push(level);
        Self { levels }
    }
    /// The root.
    pub fn root(&self) -> Digest {
        self.levels[self.levels.len() - 1][0]
    }
    /// Levels below the root.
    pub fn depth(&self) -> usize {
        self.levels.len() - 1
    }
    /// Siblings of the node at place `index` of level `from` (leaves are level 0), from there to below the root; `None`
    /// where there is no such node.
    pub fn path(&self, from: usize, mut index: usize) -> Option<Vec<Digest>> {
        if index >= self.levels.get(from)?.len() {
            return None;
        }
        let (_, below) = self.levels.split_last()?;
        let mut out = Vec::with_capacity(below.len());
        for level in below.get(from..).unwrap_or_default() {
            out.push(level[index ^ 1]);
            index /= 2;
        }
        Some(out)
    }
}

fn node(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1u8; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    keccak(&bytes)
}
