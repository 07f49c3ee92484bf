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
