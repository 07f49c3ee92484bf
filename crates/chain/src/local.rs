//! A chain of one's own, for demonstrations and tests.

use crate::error::ChainError;
use crate::signer::SigningKey;
use alloy::node_bindings::{Anvil, AnvilInstance};
use std::path::{Path, PathBuf};

/// Chain id of a local chain, the only one that takes development keys.
pub const LOCAL_CHAIN_ID: u64 = 31337;

/// Where the contracts' tools put the node program, below the repository's root.
const INSTALLED: &str = "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil";

/// The node program: `MANDATE_ANVIL` where it is set, else what `contracts/tools/setup.sh` installs below `root`.
///
/// Never the wrapper of the same name that npm makes.
///
/// # Errors
/// [`ChainError::NoLocalNode`] with the places looked at.
pub fn find_anvil(root: &Path) -> Result<PathBuf, ChainError> {
    let places = match std::env::var_os("MANDATE_ANVIL") {
        Some(named) => vec![PathBuf::from(named)],
        None => vec![root.join(INSTALLED)],
    };
    places.iter().find(|p| p.is_file()).cloned().ok_or_else(|| ChainError::NoLocalNode {
        looked: places.iter().map(|p| format!("`{}`", p.display())).collect::<Vec<_>>().join(", "),
    })
}

/// Addresses of the keys that every copy of the node program is started with. Anyone can sign for them.
const PUBLIC: [&str; 10] = [
    "f39fd6e51aad88f6f4ce6ab8827279cfffb92266",
    "70997970c51812dc3a010c7d01b50e0d17dc79c8",
    "3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
    "90f79bf6eb2c4f870365e785982e1f101e93b906",
    "15d34aaf54267db7d7c367839aaf71a00a2c6a65",
    "9965507d1a55bcc2695c58ba16fb37d819b0a4dc",
    "976ea74026e726554db657fa54763abd0c3a0aa9",
    "14dc79964da2c08b23698b3d3cc7ca32193d9955",
    "23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f",
    "a0ee7a142d267c1f36714e4a8f75612f20a79720",
];

/// Whether the private key of an address is published with the node program.
pub(crate) fn is_public(address: &[u8; 20]) -> bool {
    PUBLIC.contains(&hex::encode(address).as_str())
}

/// Refuses a key that the whole world has, off a local chain.
pub(crate) fn refuse_public_key(chain_id: u64, address: &[u8; 20]) -> Result<(), ChainError> {
    if chain_id != LOCAL_CHAIN_ID && is_public(address) {
        return Err(ChainError::PublicKey { address: format!("0x{}", hex::encode(address)), chain_id });
    }
    Ok(())
}

/// A local node with ten rich accounts, which stops when this is dropped.
pub struct LocalChain {
    node: AnvilInstance,
    keys: Vec<SigningKey>,
}

impl LocalChain {
    /// Starts `program` on a free port. Its clock starts at `timestamp` (seconds since 1970) where one is given.
    ///
    /// # Errors
    /// [`ChainError::LocalNode`] where it does not start within ten seconds.
    pub fn spawn(program: &Path, timestamp: Option<u64>) -> Result<Self, ChainError> {
        let mut node = Anvil::at(program).chain_id(LOCAL_CHAIN_ID).prague().timeout(10_000);
        if let Some(seconds) = timestamp {
            node = node.args(["--timestamp".to_owned(), seconds.to_string()]);
        }
        let failed = |why: String| ChainError::LocalNode { program: program.display().to_string(), why };
        let node = node.try_spawn().map_err(|e| failed(e.to_string()))?;
        let keys = node
            .keys()
            .iter()
            .map(|key| SigningKey::from_bytes(&key.to_bytes().into()))
            .collect::<Result<_, _>>()?;
        Ok(Self { node, keys })
    }
    /// Where it listens.
    pub fn url(&self) -> String {
        self.node.endpoint()
    }
    /// Keys of its ten accounts. They are published with the node program: no secret.
    pub fn keys(&self) -> &[SigningKey] {
        &self.keys
    }
}
