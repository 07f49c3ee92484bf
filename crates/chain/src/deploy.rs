//! Deployments and registrations that can be broken off at any point and taken up again.
//!
//! Before a transaction is sent, the manifest holds its signed bytes; when it is mined, the address and the code that stands
//! there. Whoever takes it up finds every step in one of three states: done, under way (the same bytes are sent again, so
//! nothing is deployed twice), or not begun.

use crate::chain::node;
use crate::error::ChainError;
use crate::payer::{Offer, Payer, with_room};
use alloy::primitives::{Address, keccak256};
use alloy::providers::Provider;
use mandate_statement::{Digest, keccak};
use std::time::{Duration, Instant};

/// The manifest's format.
const FORMAT: &str = "mandate deployment 1";
const DEPLOY: &str = "deploy the contracts";
/// How long a step is waited for.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long a node may be of two minds about the sender's count.
const SETTLING: Duration = Duration::from_secs(10);

/// Everything known of a deployment. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `mandate deployment 1`.
    pub format: String,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Hash of the chain's first block: two local chains share an id.
    pub genesis: Digest,
    /// Who deploys, and governs.
    pub sender: String,
    /// Steps that are done, in order.
    pub done: Vec<Done>,
    /// The step under way.
    pub pending: Option<Pending>,
}

/// A step that is done.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// Its name.
    pub name: String,
    /// Digest of what it was to do: creation code with arguments, or target and call.
    pub what: Digest,
    /// The contract it made, if it made one.
    pub address: Option<String>,
    /// Keccak-256 of that contract's code.
    pub code: Option<Digest>,
    /// Its transaction.
    pub transaction: Digest,
    /// Gas it used.
    pub gas: u64,
}

/// A step whose bytes are about to be sent, or are.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// Its name.
    pub name: String,
    /// As in [`Done::what`].
    pub what: Digest,
    /// The nonce that it takes.
    pub nonce: u64,
    /// Its transaction.
    pub transaction: Digest,
    /// The signed bytes, in hex.
    pub raw: String,
}

/// What a step would cost.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Cost {
    /// The step.
    pub name: &'static str,
    /// Gas; `None` where it cannot be known before the steps before it are done.
    pub gas: Option<u64>,
}

/// How manifests are kept: called before each transaction is sent and after it is mined; must not return before the manifest
/// is on disk, whole.
pub type Save<'a> = &'a mut (dyn FnMut(&Manifest) -> Result<(), String> + Send);

enum Mode<'a> {
    Real(Save<'a>),
    Dry(Vec<Cost>),
}

/// Deploys step by step.
pub struct Deployer<'a> {
    /// What all steps together do, for errors.
    doing: &'static str,
    payer: Payer,
    manifest: Manifest,
    at: usize,
    /// The sender's next nonce, of a dry run.
    nonce: u64,
    mode: Mode<'a>,
}

impl<'a> Deployer<'a> {
    /// Begins, or takes up `manifest`.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] where the manifest is of another chain or sender.
    pub async fn new(payer: Payer, manifest: Option<Manifest>, save: Save<'a>) -> Result<Self, ChainError> {
        Self::of(DEPLOY, payer, manifest, save).await
    }
    /// The same for steps that do something else than deploy: `doing` says what, in errors.
    ///
    /// # Errors
    /// As for [`Deployer::new`].
    pub async fn of(
        doing: &'static str,
        payer: Payer,
        manifest: Option<Manifest>,
        save: Save<'a>,
    ) -> Result<Self, ChainError> {
        let fresh = fresh(&payer).await?;
        let manifest = manifest.unwrap_or_else(|| fresh.clone());
        let pairs = [
            ("the manifest's format", &manifest.format, &fresh.format),
            ("the manifest's chain", &manifest.chain_id.to_string(), &fresh.chain_id.to_string()),
            ("the manifest's first block", &manifest.genesis.to_string(), &fresh.genesis.to_string()),
            ("the manifest's sender", &manifest.sender, &fresh.sender),
        ];
        for (what, got, wanted) in pairs {
            if got != wanted {
                return Err(ChainError::mismatch(
                    what,
                    got,
                    format!("here it is {wanted}; name another file"),
                ));
            }
        }
        Ok(Self { doing, payer, manifest, at: 0, nonce: 0, mode: Mode::Real(save) })
    }
    /// Sends nothing, and collects what each step would cost.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn dry(payer: Payer) -> Result<Self, ChainError> {
        let nonce = payer.nonce(None).await?;
        Ok(Self {
            doing: DEPLOY,
            manifest: fresh(&payer).await?,
            payer,
            at: 0,
            nonce,
            mode: Mode::Dry(vec![]),
        })
    }
    /// Who pays.
    pub fn payer(&self) -> &Payer {
        &self.payer
    }
    /// The manifest so far.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
    /// What a dry run found.
    pub fn costs(&self) -> &[Cost] {
        match &self.mode {
            Mode::Dry(costs) => costs,
            Mode::Real(_) => &[],
        }
    }
    /// Creates a contract, unless that is done. `code` is creation code with its arguments.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] where the manifest says that something else stands at this step, or another code stands at the
    /// address it names; [`ChainError::Refused`] by the constructor.
    pub async fn create(&mut self, name: &'static str, code: &[u8]) -> Result<Address, ChainError> {
        let what = keccak(code);
        if let Mode::Dry(costs) = &mut self.mode {
            let gas = self.payer.estimate(self.doing, None, code).await.ok();
            costs.push(Cost { name, gas });
            let address = Address::from(self.payer.address()).create(self.nonce);
            self.nonce += 1;
            return Ok(address);
        }
        if let Some(done) = self.is_done(name, what)? {
            let no_address = || ChainError::mismatch("a step of the manifest", name, "it names no address");
            let text = done.address.clone().ok_or_else(no_address)?;
            let address: Address = text.parse().map_err(|_| no_address())?;
            let (found, wanted) = (self.code(address).await?, done.code);
            if found != wanted {
                let found = found.map_or("nothing".into(), |d| format!("code {d}"));
                let wanted = format!("the manifest says code {}", wanted.unwrap_or_default());
                return Err(ChainError::mismatch("what stands at the address of a step", found, wanted));
            }
            return Ok(address);
        }
        let (nonce, transaction, gas) = self.send(name, what, None, code).await?;
        let address = Address::from(self.payer.address()).create(nonce);
        let code = self.code(address).await?;
        if code.is_none() {
            return Err(ChainError::mismatch("what stands at the new contract's address", "nothing", "code"));
        }
        self.finish(Done {
            name: name.to_owned(),
            what,
            address: Some(address.to_string()),
            code,
            transaction,
            gas,
        })?;
        Ok(address)
    }
    /// Calls a contract, unless that is done. Gives the transaction; a zero word in a dry run.
    ///
    /// # Errors
    /// As for [`Deployer::create`].
    pub async fn call(&mut self, name: &'static str, to: Address, data: &[u8]) -> Result<Digest, ChainError> {
        let what = keccak(&[to.as_slice(), data].concat());
        if let Mode::Dry(costs) = &mut self.mode {
            // Its target is not there yet.
            costs.push(Cost { name, gas: None });
            self.nonce += 1;
            return Ok(Digest::default());
        }
        if let Some(done) = self.is_done(name, what)? {
            return Ok(done.transaction);
        }
        let (_, transaction, gas) = self.send(name, what, Some(to.into_array()), data).await?;
        self.finish(Done { name: name.to_owned(), what, address: None, code: None, transaction, gas })?;
        Ok(transaction)
    }

    /// The next step of the manifest, where it is done.
    fn is_done(&mut self, name: &str, what: Digest) -> Result<Option<Done>, ChainError> {
        let Some(done) = self.manifest.done.get(self.at).cloned() else { return Ok(None) };
        check(name, what, &done.name, done.what)?;
        self.at += 1;
        Ok(Some(done))
    }
    /// Sends, or sends again, and waits. Gives nonce, transaction and gas.
    async fn send(
        &mut self,
        name: &'static str,
        what: Digest,
        to: Option<[u8; 20]>,
        data: &[u8],
    ) -> Result<(u64, Digest, u64), ChainError> {
        if let Some(pending) = self.manifest.pending.clone() {
            check(name, what, &pending.name, pending.what)?;
            if let Some(gas) = self.follow(name, &pending).await? {
                return Ok((pending.nonce, pending.transaction, gas));
            }
            // Something else took its nonce: it was never mined, and never will be.
        }
        let gas = with_room(self.payer.estimate(self.doing, to, data).await?);
        let nonce = self.nonce_without_strangers().await?;
        let Offer { most, tip } = self.payer.offer().await?;
        let signed = self.payer.sign(to, data, nonce, gas, Offer { most, tip }).await?;
        let raw = hex::encode(&signed.bytes);
        let pending = Pending { name: name.to_owned(), what, nonce, transaction: signed.hash, raw };
        self.manifest.pending = Some(pending.clone());
        self.save()?;
        self.follow(name, &pending).await?.map(|gas| (nonce, signed.hash, gas)).ok_or_else(|| {
            ChainError::mismatch(
                "the sender's nonce",
                nonce,
                "something else took it: the sender is used elsewhere too",
            )
        })
    }
    /// The sender's next nonce, where nothing of it waits in the pool. A node tells of a block before it counts that block's
    /// transactions everywhere, so only what waits for a while is a stranger's.
    async fn nonce_without_strangers(&self) -> Result<u64, ChainError> {
        let begun = Instant::now();
        loop {
            let head = self.payer.head().await?.number;
            let (nonce, waiting) = (self.payer.nonce(Some(head)).await?, self.payer.nonce(None).await?);
            if waiting <= nonce {
                return Ok(nonce);
            }
            if begun.elapsed() > SETTLING {
                let wanted = "the sender has a transaction waiting that is not of this manifest; wait until it is mined";
                return Err(ChainError::mismatch("the sender's pending count", waiting, wanted));
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
    /// Sends what is pending and waits until it is mined; `None` where its nonce was taken by something else.
    async fn follow(&self, name: &'static str, pending: &Pending) -> Result<Option<u64>, ChainError> {
        let raw = hex::decode(&pending.raw)
            .map_err(|_| ChainError::mismatch("a step of the manifest", name, "its bytes are no hex"))?;
        if keccak(&raw) != pending.transaction {
            return Err(ChainError::mismatch(
                "a step of the manifest",
                name,
                "its bytes are not its transaction's",
            ));
        }
        let begun = Instant::now();
        let mut counted: Option<Instant> = None;
        let mut sent = false;
        let mut wait = Duration::from_millis(20);
        loop {
            let head = self.payer.head().await?.number;
            let nonce = self.payer.nonce(Some(head)).await?;
            if let Some(receipt) = self.payer.receipt(&pending.transaction).await? {
                let transaction = pending.transaction.to_string();
                return if receipt.succeeded {
                    Ok(Some(receipt.gas))
                } else {
                    Err(ChainError::Failed { doing: self.doing, transaction })
                };
            }
            if nonce > pending.nonce {
                // A node may count a transaction a moment before it has its receipt.
                if counted.get_or_insert_with(Instant::now).elapsed() > SETTLING {
                    return Ok(None);
                }
            } else if !sent {
                self.payer.broadcast(&raw).await?;
                sent = true;
            }
            if begun.elapsed() > PATIENCE {
                let why = format!(
                    "{} was not mined in {} s; run it again",
                    pending.transaction,
                    PATIENCE.as_secs()
                );
                return Err(ChainError::Node { doing: self.doing, why });
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(2));
        }
    }
    fn finish(&mut self, done: Done) -> Result<(), ChainError> {
        self.manifest.done.push(done);
        self.manifest.pending = None;
        self.at += 1;
        self.save()
    }
    fn save(&mut self) -> Result<(), ChainError> {
        match &mut self.mode {
            Mode::Real(save) => save(&self.manifest).map_err(|why| ChainError::Manifest { why }),
            Mode::Dry(_) => Ok(()),
        }
    }
    async fn code(&self, address: Address) -> Result<Option<Digest>, ChainError> {
        let code = self.payer.chain().provider().get_code_at(address).await;
        let code = code.map_err(node("read a contract's code"))?;
        Ok((!code.is_empty()).then(|| Digest(keccak256(&code).0)))
    }
}

fn check(name: &str, what: Digest, found: &str, found_what: Digest) -> Result<(), ChainError> {
    if name != found {
        return Err(ChainError::mismatch(
            "a step of the manifest",
            format!("`{found}`"),
            format!("`{name}` was due"),
        ));
    }
    if what != found_what {
        let wanted = "this program, with these settings, would do something else there; use the settings and the version it \
                      was begun with, or another file";
        return Err(ChainError::mismatch(
            "a step of the manifest",
            format!("`{found}`, {found_what}"),
            wanted,
        ));
    }
    Ok(())
}

async fn fresh(payer: &Payer) -> Result<Manifest, ChainError> {
    let doing = "look at the chain's first block";
    let first = payer.chain().provider().get_block_by_number(0.into()).await.map_err(node(doing))?;
    let first = first.ok_or(ChainError::Node { doing, why: "it has none".into() })?;
    Ok(Manifest {
        format: FORMAT.into(),
        chain_id: payer.chain().id(),
        genesis: Digest(first.header.hash.0),
        sender: Address::from(payer.address()).to_string(),
        done: vec![],
        pending: None,
    })
}
