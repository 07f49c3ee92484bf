//! `mandate chain watch`: keeps an attestation alive.

use crate::accounts;
use crate::cmd::chain::On;
use crate::failure::{Done, Failure, Outcome};
use crate::keys::KeyArgs;
use crate::place;
use crate::screen::Screen;
use crate::sheet;
use crate::watch::books::{Inbox, shape_of_any};
use crate::watch::node::{Monotonic, Node};
use mandate_agent::{Agent, Fees, FileJournal, Identity, Listener, Policy, write_text_file};
use mandate_chain::{Ask, Payer, mandate_id};
use mandate_policy::compile;
use mandate_statement::{Digest, Shape, keccak};
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Wei in one gwei.
const GWEI: u128 = 1_000_000_000;

/// What to keep alive, and how.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    on: On,
    /// The mandate, a TOML file.
    mandate: PathBuf,
    /// Folder of books: a folder for each, with `market.snap`, openings and attestations. Put there by renaming, whole.
    #[arg(long, value_name = "DIR")]
    books: PathBuf,
    /// The subject's declared accounts; a book's own `accounts.toml` comes first.
    #[arg(long, value_name = "TOML")]
    accounts: PathBuf,
    /// The shape; the mandate's own, or that of the first book, where none is named.
    #[arg(long)]
    shape: Option<String>,
    /// Id of the mandate's first version, where its file is of a later one.
    #[arg(long, value_name = "ID", value_parser = place::digest)]
    mandate_id: Option<Digest>,
    /// The price breaker that gates ask, where they ask one.
    #[arg(long, value_parser = place::address)]
    breaker: Option<[u8; 20]>,
    #[command(flatten)]
    keys: KeyArgs,
    /// Where intents are kept. One agent, one journal.
    #[arg(long, value_name = "FILE", default_value = "watch.journal")]
    journal: PathBuf,
    /// Where to write metrics for a collector of text files.
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// Where to serve metrics, on this machine alone, for example 127.0.0.1:9464.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// How long before its end a record gets its successor.
    #[arg(long, value_name = "SPAN", default_value = "3h", value_parser = place::span)]
    lead: u64,
    /// Oldest book that gates accept.
    #[arg(long, value_name = "SPAN", default_value = "1d", value_parser = place::span)]
    max_age: u64,
    /// How long after its instant an attestation says something; the mandate's own maximum holds as well.
    #[arg(long, value_name = "SPAN", default_value = "1d", value_parser = place::span)]
    valid_for: u64,
    /// Share of the breaker's band, in basis points, from which on a fresher book is wanted.
    #[arg(long, value_name = "BPS", default_value_t = 7000)]
    strain: u32,
    /// How often to look when nothing is to be done.
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = place::span)]
    poll: u64,
    /// After how long a transaction that is not mined is offered more for.
    #[arg(long, value_name = "SPAN", default_value = "2m", value_parser = place::span)]
    stuck_after: u64,
    /// Blocks after which one stays; 3 where nothing is said, none on a local chain.
    #[arg(long)]
    confirmations: Option<u64>,
    /// The most that is offered per gas, in gwei.
    #[arg(long, value_name = "GWEI", default_value_t = 200)]
    max_fee: u32,
    /// Of it for whoever makes the block, in gwei.
    #[arg(long, value_name = "GWEI", default_value_t = 10)]
    max_tip: u32,
    /// Longest wait after failures.
    #[arg(long, value_name = "SPAN", default_value = "5m", value_parser = place::span)]
    longest_wait: u64,
    /// Seed of the waits' jitter; one of the sender and the subject where none is named.
    #[arg(long)]
    jitter_seed: Option<u64>,
    /// Stop after so many steps; never where nothing is said.
    #[arg(long)]
    steps: Option<u64>,
}

impl Args {
    fn policy(&self, seed: u64) -> Policy {
        let local = Duration::from_secs(1);
        let poll = Duration::from_secs(self.poll);
        Policy {
            lead_s: self.lead,
            gate_max_age_s: self.max_age,
            valid_for_s: self.valid_for,
            strain_bps: self.strain,
            margin_s: 30,
            poll,
            poll_in_flight: poll.min(local * 4),
            stuck_after: Duration::from_secs(self.stuck_after),
            fee_cap: Fees { most: u128::from(self.max_fee) * GWEI, tip: u128::from(self.max_tip) * GWEI },
            backoff: (local, Duration::from_secs(self.longest_wait)),
            seed,
        }
    }
    /// The shape that the mandate is compiled for.
    fn shape(&self, mandate: &mandate_policy::Mandate) -> Result<&'static Shape, Failure> {
        match self.shape.as_deref().or(mandate.shape.as_deref()) {
            Some(name) => Shape::by_name(name).ok_or_else(|| Failure(format!("there is no shape `{name}`"))),
            None => shape_of_any(&self.books),
        }
    }
}

/// Runs it.
pub fn run(args: &Args, screen: &Screen) -> Done {
    let runtime = mandate_chain::runtime()?;
    let mandate = sheet::mandate(&args.mandate)?;
    let shape = args.shape(&mandate)?;
    let rules = compile(&mandate, mandate.model, shape)?.part.digest();
    let key = args.keys.verifying(shape, None, screen)?.id();
    let version = mandate_id(&rules, &key);
    let registries = runtime.block_on(args.on.open())?;
    let payer = Payer::new(registries.chain().clone())?;
    let subject = accounts::subject_of(&args.accounts)?;
    let ask = Ask {
        subject,
        mandate: args.mandate_id.unwrap_or(version),
        breaker: args.breaker,
        max_age_s: args.max_age,
    };
    let identity = Identity {
        chain_id: registries.at().chain_id,
        registry: registries.at().compliance.to_vec(),
        subject,
        mandate: ask.mandate,
        sender: payer.address().to_vec(),
    };
    let journal = FileJournal::open(&args.journal)?;
    let listener = args.listen.map(Listener::open).transpose()?;
    if let Some(listener) = &listener {
        screen.say(format!("metrics at http://{}/metrics", listener.at()));
    }
    let model = mandate.model.name.to_owned();
    let inbox = Inbox::new(
        &args.books,
        mandate,
        &args.accounts,
        shape,
        args.keys.clone(),
        registries.clone(),
        subject,
        screen,
    );
    let local = registries.chain().is_local();
    let node = Node {
        runtime: runtime.handle().clone(),
        payer,
        registries,
        ask,
        version,
        key,
        model,
        confirmations: args.confirmations.unwrap_or(if local { 0 } else { 3 }),
        patience: Duration::from_secs(60),
        terms: None,
        head: None,
    };
    let seed = args.jitter_seed.unwrap_or_else(|| {
        let mut word = [0; 8];
        word.copy_from_slice(&keccak(&[&identity.sender[..], &subject.0].concat()).0[..8]);
        u64::from_be_bytes(word)
    });
    let mut agent =
        Agent::new(node, Monotonic(Instant::now()), inbox, journal, &identity, args.policy(seed))?;
    screen.say(format!("subject {subject}\nmandate id {}\njournal {}", ask.mandate, args.journal.display()));
    let (mut said, mut steps) = (String::new(), 0u64);
    loop {
        let step = agent.step()?;
        let text = step.event.to_string();
        let metrics = agent.metrics();
        if text != said {
            screen.data(
                || format!("{}  {text}", metrics.now),
                || json!({ "time": metrics.now, "event": text }),
            );
            said = text;
        }
        if let Some(listener) = &listener {
            listener.set(metrics.text());
        }
        if let Some(path) = &args.metrics {
            // A collector's file is no reason to let a record run out.
            if let Err(why) = write_text_file(path, metrics) {
                screen.say(format!("{}: {why}", path.display()));
            }
        }
        steps += 1;
        let last = args.steps.is_some_and(|most| steps >= most);
        if last || screen.lost().is_some() {
            let open = metrics.view.as_ref().is_some_and(|v| v.gate.open);
            return Ok(if open { Outcome::Holds } else { Outcome::DoesNotHold });
        }
        std::thread::sleep(step.wait);
    }
}
