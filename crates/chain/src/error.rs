//! Why something did not happen on a chain.

/// Why something did not happen on a chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A contract said no.
    #[error("{doing}: refused on chain: {reason}")]
    Refused {
        /// What was being done.
        doing: &'static str,
        /// The contract's error, in words.
        reason: String,
        /// Name of the contract's error, for programs; empty where it is none that this program knows.
        name: &'static str,
    },
    /// A transaction was mined and failed all the same, which only happens when the chain moved under it.
    #[error(
        "{doing}: transaction {transaction} was mined and failed; the chain changed since it was estimated"
    )]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// The transaction's hash.
        transaction: String,
    },
    /// The node did not answer as a node should.
    #[error("{doing}: the node at the other end said: {why}")]
    Node {
        /// What was being done.
        doing: &'static str,
        /// Its words.
        why: String,
    },
    /// A development key off a local chain.
    #[error(
        "key {key} is a development key: whoever made it can prove anything. Chain {chain_id} is not a local chain \
         (31337); use a key from a ceremony"
    )]
    DevelopmentKey {
        /// The key's id.
        key: String,
        /// The chain.
        chain_id: u64,
    },
    /// A private key that is published with the local node's program, off a local chain.
    #[error(
        "the key of {address} is published with the local node's program: anyone can sign with it. Chain {chain_id} is not a \
         local chain (31337); use a key of your own"
    )]
    PublicKey {
        /// Its address.
        address: String,
        /// The chain.
        chain_id: u64,
    },
    /// What is to be sent does not fit together.
    #[error("{what} is {got}; {wanted}")]
    Mismatch {
        /// What is wrong.
        what: &'static str,
        /// What it is.
        got: String,
        /// What would be right.
        wanted: String,
    },
    /// Nothing was sent: this connection only rehearses.
    #[error("{doing}: rehearsed, not sent")]
    Rehearsed {
        /// What was being done.
        doing: &'static str,
    },
    /// A deployment's manifest could not be kept: nothing further was sent.
    #[error("the deployment's manifest could not be written: {why}")]
    Manifest {
        /// The file system's words.
        why: String,
    },
    /// A private key does not read.
    #[error("{0}")]
    BadKey(&'static str),
    /// A node's address does not read.
    #[error("`{url}` is no node's address; it should look like `http://127.0.0.1:8545`")]
    BadUrl {
        /// What was given.
        url: String,
    },
    /// No local node program was found.
    #[error(
        "found no `anvil`; run contracts/tools/setup.sh, or name the program in MANDATE_ANVIL (looked at: {looked})"
    )]
    NoLocalNode {
        /// Where it was looked for.
        looked: String,
    },
    /// The local node did not start.
    #[error("`{program}` did not start: {why}")]
    LocalNode {
        /// The program.
        program: String,
        /// Its words.
        why: String,
    },
    /// No thread could be had to talk to the node from.
    #[error("no runtime to talk to the node from: {0}")]
    Runtime(#[from] std::io::Error),
}

impl ChainError {
    /// Name of the contract's error where a contract said no, for example `EpochNotNewer`.
    pub const fn refusal(&self) -> Option<&'static str> {
        match self {
            Self::Refused { name, .. } => Some(name),
            _ => None,
        }
    }
    pub(crate) fn mismatch(what: &'static str, got: impl ToString, wanted: impl Into<String>) -> Self {
        Self::Mismatch { what, got: got.to_string(), wanted: wanted.into() }
    }
}
