//! `mandate chain`: the contracts, from the command line. Development keys are refused off a local chain.

use crate::accounts;
use crate::cmd::verify::read_bundle;
use crate::cmd::{chain_deploy, chain_dispute, chain_mandate, chain_risk, chain_watch};
use crate::evm;
use crate::failure::{At, Done, Failure, Outcome, fail};
use crate::files;
use crate::keys::KeyArgs;
use crate::place::{self, address, address_text};
use crate::screen::{Screen, grouped};
use crate::sheet::Sheet;
use mandate_chain::{
    AttestRequest, Chain, ChainError, Deployment, Record, Registries, Rehearsals, SigningKey, Status, Vault,
    mandate_id,
};
use mandate_statement::{Context, Digest};
use mandate_verifier::VerifyingKey;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;
use zeroize::Zeroizing;

/// What to do on a chain.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Deploy the contracts. The sender governs them. Broken off, it goes on where it stopped.
    Deploy(chain_deploy::Args),
    /// Store the shape's key and register a mandate from its integers. Broken off, it goes on where it stopped.
    Register(Box<chain_mandate::Register>),
    /// Register a new version of a mandate and schedule it: it is in force after the timelock, and records of the version before
    /// stop counting then.
    Propose(Box<chain_mandate::Propose>),
    /// Take back a version that is not in force yet. It can never be scheduled again.
    Cancel(chain_mandate::Named),
    /// Stop attesting and reading under a mandate: as its owner, or as whoever governs.
    Pause(chain_mandate::Named),
    /// Undo one's own pause.
    Resume(chain_mandate::Named),
    /// Which version of a mandate is in force, which one waits, and whether something stops it.
    Versions(chain_mandate::Versions),
    /// Draw the instant of an epoch that is over, for mandates with drawn epochs: one transaction a run, until it is drawn.
    Draw(chain_mandate::Draw),
    /// Sign a snapshot's risk part as a member of the quorum, after recomputing it; or write what a wallet signs.
    Confirm(Box<chain_risk::Confirm>),
    /// Publish a snapshot's risk part with the quorum's signatures.
    Publish(Box<chain_risk::Publish>),
    /// Show that a published risk part is wrong: one step of its partial sums.
    Challenge(Box<chain_risk::Challenge>),
    /// Ask for a chunk of a risk part's partial sums, for a bond: until it is given, the part cannot be used.
    Demand(chain_dispute::Chunk),
    /// Give a chunk that somebody asked for.
    Give(chain_dispute::Give),
    /// End a risk part whose data did not come in time: half its bond is owed to whoever asked.
    Expire(chain_dispute::Chunk),
    /// Take back the bond of a demand that the risk part's end left open.
    Reclaim(chain_dispute::Chunk),
    /// Free a proposer's bond once the risk part's time is over and nothing is open.
    Release(chain_dispute::Part),
    /// Pay out what the sender is owed of bonds.
    Withdraw(chain_dispute::Withdraw),
    /// Whether a risk part may be used now, and what stands against it.
    Part(chain_dispute::Look),
    /// Recompute mandate and risk part from public files and compare them with what is on chain: yes or no.
    Check(chain_risk::Check),
    /// List the attestors, name the subject's administrator (the sender), declare its accounts.
    Declare {
        #[command(flatten)]
        on: On,
        /// The account set.
        accounts: PathBuf,
        /// The snapshot whose universe names the accounts.
        #[arg(short, long, value_name = "SNAP")]
        snapshot: PathBuf,
    },
    /// Attest: send a bundle's proof.
    Attest {
        #[command(flatten)]
        on: On,
        /// The bundle.
        bundle: PathBuf,
    },
    /// Whether a subject keeps a mandate, and if not, why.
    Status {
        #[command(flatten)]
        ask: Ask,
        /// Look again and again, this often, with a line for every change.
        #[arg(long, value_name = "SPAN", value_parser = place::span)]
        every: Option<u64>,
        /// Stop after so many looks; never where nothing is said.
        #[arg(long, requires = "every")]
        looks: Option<u64>,
    },
    /// Keep an attestation alive: prove and attest again before it ends, or when prices have moved.
    Watch(Box<chain_watch::Args>),
    /// Deposit into a gated vault (the sender's tokens must be approved).
    Deposit {
        #[command(flatten)]
        on: On,
        /// The vault.
        #[arg(long, value_parser = address)]
        vault: [u8; 20],
        /// Its token.
        #[arg(long, value_parser = address)]
        token: [u8; 20],
        /// Amount, in the token's smallest unit.
        amount: u128,
    },
}

/// Where the node is, and who pays.
#[derive(clap::Args)]
pub struct Node {
    /// The node.
    #[arg(long, default_value = "http://127.0.0.1:8545")]
    rpc: String,
    /// Key file of the sender: 64 hex digits.
    #[arg(long, value_name = "K")]
    sender: PathBuf,
}

impl Node {
    /// Connects as the sender.
    pub async fn connect(&self) -> Result<Chain, Failure> {
        Ok(Chain::connect(&self.rpc, &signing_key(&self.sender)?).await?)
    }
}

/// The same, with contracts that are there.
#[derive(clap::Args)]
pub struct On {
    #[command(flatten)]
    node: Node,
    /// The addresses, as `mandate chain deploy` writes them.
    #[arg(long, default_value = "deployment.json")]
    pub deployment: PathBuf,
    /// Send nothing: say what the first transaction would cost, with everything that is needed to sign it elsewhere.
    #[arg(long)]
    pub dry_run: bool,
    #[arg(skip)]
    rehearsed: Rehearsals,
}

/// A mandate and a snapshot.
#[derive(clap::Args)]
pub struct What {
    /// The mandate, a TOML file.
    mandate: PathBuf,
    /// The snapshot.
    #[arg(short, long, value_name = "SNAP")]
    snapshot: PathBuf,
    /// Verifying key; that of the shape in the folder of keys where none is named.
    #[arg(long, value_name = "VK")]
    vk: Option<PathBuf>,
    #[command(flatten)]
    keys: KeyArgs,
}

/// Who is asked about.
#[derive(clap::Args)]
pub struct Ask {
    /// The node.
    #[arg(long, default_value = "http://127.0.0.1:8545")]
    rpc: String,
    /// The addresses, as `mandate chain deploy` writes them.
    #[arg(long, default_value = "deployment.json")]
    deployment: PathBuf,
    /// A bundle that names subject, mandate and key.
    #[arg(long, value_name = "BUNDLE")]
    of: PathBuf,
    /// Oldest book accepted.
    #[arg(long, value_name = "SPAN", default_value = "1d", value_parser = place::span)]
    max_age: u64,
}

/// Reads a key file that its owner alone can read, as `mandate attest` does.
pub fn signing_key(path: &Path) -> Result<SigningKey, Failure> {
    files::owner_only(path)?;
    let bytes = Zeroizing::new(files::read(path, 1024)?);
    let text = std::str::from_utf8(&bytes).or_else(|_| fail(format!("{}: not text", path.display())))?;
    SigningKey::from_hex(text).at(path.display())
}

/// The addresses that a file names.
pub fn deployment(path: &Path) -> Result<Deployment, Failure> {
    let mut value: Value = serde_json::from_str(&files::read_text(path, 1 << 16)?).at(path.display())?;
    for (name, entry) in value.as_object_mut().into_iter().flatten() {
        if let Some(text) = entry.as_str() {
            let bytes = address(text).or_else(|why| fail(format!("{}: `{name}`: {why}", path.display())))?;
            *entry = json!(bytes);
        }
    }
    serde_json::from_value(value).at(path.display())
}

/// Addresses as people write them.
pub fn deployment_text(at: &Deployment) -> Result<String, Failure> {
    let mut value = serde_json::to_value(at)?;
    for (_, entry) in value.as_object_mut().into_iter().flatten() {
        if entry.is_array() {
            *entry = json!(address_text(&serde_json::from_value(entry.clone())?));
        }
    }
    Ok(format!("{value:#}\n"))
}

impl On {
    /// Connects as the sender, to the contracts of the deployment.
    pub async fn open(&self) -> Result<Registries, Failure> {
        let at = deployment(&self.deployment)?;
        let chain = self.node.connect().await?;
        let chain = if self.dry_run { chain.rehearsing(&self.rehearsed) } else { chain };
        Ok(Registries::new(chain, at)?)
    }
    /// What a rehearsal found, where that is one: then nothing else counts but what kept it from finding anything.
    fn outcome(&self, done: Done, screen: &Screen) -> Done {
        let list = self.rehearsed.lock().unwrap_or_else(PoisonError::into_inner);
        let [first, ..] = list.as_slice() else { return done };
        screen.data(
            || {
                format!(
                    "{}: {} gas\nfrom {} to {}, {} wei, {} bytes of calldata\nnothing was sent; what comes after it is not known \
                     before it is mined",
                    first.doing,
                    grouped(first.gas),
                    first.from,
                    first.to.as_deref().unwrap_or("a new contract"),
                    first.value,
                    first.data.len() / 2 - 1
                )
            },
            || json!({ "sent": false, "transaction": first }),
        );
        Ok(Outcome::Holds)
    }
}

impl What {
    /// Sheet and verifying key.
    pub fn read(&self, screen: &Screen) -> Result<(Sheet, VerifyingKey), Failure> {
        let sheet = Sheet::read(&self.mandate, &self.snapshot)?;
        let key = self.keys.verifying(sheet.shape(), self.vk.as_deref(), screen)?;
        Ok((sheet, key))
    }
}

/// A contract's refusal is an answer: it does not hold. All else could not be decided.
pub fn answer<T>(result: Result<T, ChainError>, screen: &Screen) -> Result<Option<T>, Failure> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(why @ ChainError::Refused { .. }) => {
            screen.say(why.to_string());
            if screen.is_json() {
                screen.data(
                    String::new,
                    || json!({ "holds": false, "refused": why.to_string(), "error": why.refusal() }),
                );
            }
            Ok(None)
        }
        Err(why) => Err(why.into()),
    }
}

/// Runs one.
pub fn run(command: &Command, screen: &Screen) -> Done {
    if let Command::Watch(args) = command {
        return chain_watch::run(args, screen);
    }
    let done = mandate_chain::runtime()?.block_on(run_async(command, screen));
    let on = match command {
        Command::Declare { on, .. } | Command::Attest { on, .. } | Command::Deposit { on, .. } => on,
        Command::Register(args) => &args.on,
        Command::Propose(args) => &args.on,
        Command::Cancel(args) | Command::Pause(args) | Command::Resume(args) => &args.on,
        Command::Draw(args) => &args.on,
        Command::Publish(args) => &args.on,
        Command::Challenge(args) => &args.on,
        Command::Demand(args) | Command::Expire(args) | Command::Reclaim(args) => &args.on,
        Command::Give(args) => &args.on,
        Command::Release(args) => &args.on,
        Command::Withdraw(args) => &args.on,
        _ => return done,
    };
    on.outcome(done, screen)
}

async fn run_async(command: &Command, screen: &Screen) -> Done {
    match command {
        Command::Deploy(args) => return chain_deploy::run(args, screen).await,
        Command::Confirm(args) => return chain_risk::confirm(args, screen).await,
        Command::Publish(args) => return chain_risk::publish(args, screen).await,
        Command::Challenge(args) => return chain_risk::challenge(args, screen).await,
        Command::Check(args) => return chain_risk::check(args, screen).await,
        Command::Watch(_) => return fail("the agent has a runtime of its own"),
        Command::Register(args) => return chain_mandate::register(args, screen).await,
        Command::Propose(args) => return chain_mandate::propose(args, screen).await,
        Command::Cancel(args) => return chain_mandate::cancel(args, screen).await,
        Command::Pause(args) => return chain_mandate::pause(args, true, screen).await,
        Command::Resume(args) => return chain_mandate::pause(args, false, screen).await,
        Command::Versions(args) => return chain_mandate::versions(args, screen).await,
        Command::Draw(args) => return chain_mandate::draw(args, screen).await,
        Command::Demand(args) => return chain_dispute::demand(args, screen).await,
        Command::Give(args) => return chain_dispute::give(args, screen).await,
        Command::Expire(args) => return chain_dispute::expire(args, screen).await,
        Command::Reclaim(args) => return chain_dispute::reclaim(args, screen).await,
        Command::Release(args) => return chain_dispute::release(args, screen).await,
        Command::Withdraw(args) => return chain_dispute::withdraw(args, screen).await,
        Command::Part(args) => return chain_dispute::look(args, screen).await,
        Command::Declare { on, accounts: file, snapshot } => {
            let snapshot = crate::sheet::snapshot(snapshot)?;
            let set = accounts::read(file, &snapshot.universe)?;
            let registries = on.open().await?;
            let me = registries.chain().sender();
            for entry in &set.entries {
                let listed = registries.set_attestor(entry.attestor, entry.grade, 0, u64::MAX).await;
                if answer(listed, screen)?.is_none() {
                    return Ok(Outcome::DoesNotHold);
                }
            }
            if answer(registries.set_subject(&set.subject, me).await, screen)?.is_none() {
                return Ok(Outcome::DoesNotHold);
            }
            let sent = registries.declare_accounts(&set).await;
            let Some(sent) = answer(sent, screen)? else { return Ok(Outcome::DoesNotHold) };
            told("accounts declared", sent.gas, &sent.transaction, screen);
        }
        Command::Attest { on, bundle } => return send(&on.open().await?, bundle, screen).await,
        Command::Status { ask, every: Some(every), looks } => {
            return watch(ask, *every, *looks, screen).await;
        }
        Command::Status { ask, .. } => {
            let (registries, context) = ask.open().await?;
            return ask.look(&registries, &context, &mut None, screen).await;
        }
        Command::Deposit { on, vault, token, amount } => {
            let registries = on.open().await?;
            let vault = Vault { vault: *vault, token: *token };
            let sent = vault.deposit(registries.chain(), *amount).await;
            let Some(sent) = answer(sent, screen)? else { return Ok(Outcome::DoesNotHold) };
            told("deposited", sent.gas, &sent.transaction, screen);
        }
    }
    Ok(Outcome::Holds)
}

/// Says what was done, and what it took.
pub fn told(what: &str, gas: u64, transaction: &str, screen: &Screen) {
    screen.data(
        || format!("{what}: {} gas, transaction {transaction}", grouped(gas)),
        || json!({ "done": what, "gas": gas, "transaction": transaction }),
    );
}

/// A mandate as the contracts know it, and what that is made of.
pub fn mandate_text(id: &Digest, rules: &Digest, key: &Digest) -> String {
    format!("mandate id {id} (mandate {rules} under key {key})")
}

async fn send(registries: &Registries, bundle: &Path, screen: &Screen) -> Done {
    let bundle = read_bundle(bundle)?;
    let request = AttestRequest {
        context: &bundle.context,
        commitments: &bundle.commitments,
        attestations: &bundle.attestations,
        proof: evm::proof(&bundle)?,
    };
    let Some(sent) = answer(registries.attest(&request).await, screen)? else {
        return Ok(Outcome::DoesNotHold);
    };
    told("attested", sent.gas, &sent.transaction, screen);
    Ok(Outcome::Holds)
}

impl Ask {
    async fn open(&self) -> Result<(Registries, Context), Failure> {
        let at = deployment(&self.deployment)?;
        let bundle = read_bundle(&self.of)?;
        let registries = Registries::new(Chain::read_only(&self.rpc).await?, at)?;
        Ok((registries, bundle.context))
    }
    /// Asks, and says what is new since `last`.
    async fn look(
        &self,
        registries: &Registries,
        context: &Context,
        last: &mut Option<(Option<Record>, bool)>,
        screen: &Screen,
    ) -> Result<Outcome, Failure> {
        let id = mandate_id(&context.mandate, &context.key);
        let status = registries.status(&context.subject, &id, self.max_age).await?;
        if last.replace((status.record, status.compliant)) != Some((status.record, status.compliant)) {
            show(&status, context, screen)?;
        }
        Ok(if status.compliant { Outcome::Holds } else { Outcome::DoesNotHold })
    }
}

fn show(status: &Status, context: &Context, screen: &Screen) -> Result<(), Failure> {
    let id = mandate_id(&context.mandate, &context.key);
    let mut value = serde_json::to_value(status)?;
    value["mandate_id"] = json!(id);
    value["mandate"] = json!(context.mandate);
    value["key"] = json!(context.key);
    screen.data(
        || {
            let said = match (&status.record, &status.reason) {
                (Some(r), None) => {
                    format!(
                        "compliant: epoch {}, book of {}, valid until {}",
                        r.epoch, r.as_of, r.valid_until
                    )
                }
                (_, reason) => format!("not compliant: {}", reason.as_deref().unwrap_or("no reason given")),
            };
            format!("{said}\n{}", mandate_text(&id, &context.mandate, &context.key))
        },
        || value,
    );
    Ok(())
}

async fn watch(ask: &Ask, every: u64, looks: Option<u64>, screen: &Screen) -> Done {
    let (registries, context) = ask.open().await?;
    let (mut last, mut count) = (None, 0u64);
    loop {
        let outcome = ask.look(&registries, &context, &mut last, screen).await?;
        count += 1;
        if screen.lost().is_some() || looks.is_some_and(|most| count >= most) {
            return Ok(outcome);
        }
        std::thread::sleep(Duration::from_secs(every.max(1)));
    }
}
