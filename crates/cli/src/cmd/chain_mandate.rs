//! `mandate chain register|propose|cancel|pause|resume|versions|draw`: mandates, their versions and their epochs.

use crate::cmd::chain::{On, What, answer, mandate_text, told};
use crate::cmd::chain_deploy::manifest;
use crate::cmd::chain_risk::read_only;
use crate::evm;
use crate::failure::{Done, Failure, Outcome, fail};
use crate::files;
use crate::place;
use crate::screen::{Screen, grouped};
use mandate_chain::{
    ChainError, Deployer, Drawn, EvmKey, Line, MandateTerms, Manifest, Payer, Registries, Schedule,
    mandate_id,
};
use mandate_statement::{Digest, RulesPart};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What governance decides about a mandate beside its integers.
#[derive(clap::Args)]
pub struct Terms {
    /// Longest time from the book's instant to its attestation.
    #[arg(long, value_name = "SPAN", default_value = "6h", value_parser = place::span)]
    max_delay: u64,
    /// Longest time from the book's instant to an attestation's end.
    #[arg(long, value_name = "SPAN", default_value = "1d", value_parser = place::span)]
    max_age: u64,
    /// Longest time between two books that counts as unbroken; any where nothing is said.
    #[arg(long, value_name = "SPAN", default_value = "0s", value_parser = place::span)]
    max_gap: u64,
    /// How far a spot price may move before gates close, in basis points; no band where nothing is said.
    #[arg(long, value_name = "BPS", default_value_t = 0)]
    band: u16,
    /// Length of an epoch; epochs are numbered freely where nothing is said.
    #[arg(long, value_name = "SPAN", default_value = "0s", value_parser = place::span)]
    period: u64,
    /// Start of epoch zero.
    #[arg(long, value_name = "INSTANT", default_value = "0", value_parser = place::instant)]
    start: u64,
    /// How long after its epoch's instant a book may be.
    #[arg(long, value_name = "SPAN", default_value = "0s", value_parser = place::span)]
    window: u64,
    /// Epochs' instants are drawn from public randomness when they are over: `mandate chain draw`.
    #[arg(long, requires = "period")]
    drawn: bool,
}

/// A first version.
#[derive(clap::Args)]
pub struct Register {
    #[command(flatten)]
    pub on: On,
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    terms: Terms,
}

/// A later one.
#[derive(clap::Args)]
pub struct Propose {
    #[command(flatten)]
    pub on: On,
    /// The mandate that this is a new version of, by the id of its first version.
    #[arg(long, value_name = "ID", value_parser = place::digest)]
    of: Digest,
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    terms: Terms,
}

/// A mandate that is there.
#[derive(clap::Args)]
pub struct Named {
    #[command(flatten)]
    pub on: On,
    /// The mandate, by the id of its first version.
    #[arg(value_name = "ID", value_parser = place::digest)]
    mandate: Digest,
}

/// A mandate that is asked about.
#[derive(clap::Args)]
pub struct Versions {
    /// The node.
    #[arg(long, default_value = "http://127.0.0.1:8545")]
    rpc: String,
    /// The addresses, as `mandate chain deploy` writes them.
    #[arg(long, default_value = "deployment.json")]
    deployment: PathBuf,
    /// The mandate, by the id of its first version.
    #[arg(value_name = "ID", value_parser = place::digest)]
    mandate: Digest,
}

/// An epoch.
#[derive(clap::Args)]
pub struct Draw {
    #[command(flatten)]
    pub on: On,
    /// The mandate, by the id of its first version.
    #[arg(value_name = "ID", value_parser = place::digest)]
    mandate: Digest,
    /// The epoch; the newest that is over where none is named.
    #[arg(long)]
    epoch: Option<u64>,
}

impl Terms {
    fn words(&self, line: Digest, owner: [u8; 20]) -> Result<MandateTerms, Failure> {
        let seconds = |v: u64| u32::try_from(v).or_else(|_| fail(format!("{v} seconds are too long a time")));
        Ok(MandateTerms {
            max_delay_s: seconds(self.max_delay)?,
            max_age_s: seconds(self.max_age)?,
            max_gap_s: seconds(self.max_gap)?,
            line,
            schedule: Schedule {
                start: self.start,
                period_s: seconds(self.period)?,
                window_s: seconds(self.window)?,
                drawn: self.drawn,
            },
            band_bps: self.band,
            owner,
        })
    }
}

/// A refusal that costs no gas to find out.
fn refused(words: String, error: &str, mandate: &Digest, screen: &Screen) -> Done {
    screen.say(&words);
    if screen.is_json() {
        screen.data(
            String::new,
            || json!({ "holds": false, "refused": words, "error": error, "mandate_id": mandate }),
        );
    }
    Ok(Outcome::DoesNotHold)
}

/// Registers a mandate's first version.
pub async fn register(args: &Register, screen: &Screen) -> Done {
    let (sheet, key) = args.what.read(screen)?;
    let registries = args.on.open().await?;
    let terms = args.terms.words(Digest::default(), registries.chain().sender())?;
    enter(&args.on, &registries, &sheet.compiled.part, &evm::key(&key)?, &terms, screen).await
}

/// Registers a later version, after looking whether the timelock would take it.
pub async fn propose(args: &Propose, screen: &Screen) -> Done {
    let (sheet, key) = args.what.read(screen)?;
    let registries = args.on.open().await?;
    let line = registries.line(&args.of).await?;
    if line.in_force.is_none() {
        let words = format!("no version of mandate {} is in force", args.of);
        return refused(words, "NotInForce", &args.of, screen);
    }
    let key = evm::key(&key)?;
    let version = mandate_id(&sheet.compiled.part.digest(), &key.id());
    if let (Some(next), Some(from)) = (line.next, line.next_from)
        && next != version
    {
        let words = format!("version {next} waits until {from}; one version at a time");
        return refused(words, "CannotSchedule", &args.of, screen);
    }
    let terms = args.terms.words(args.of, registries.chain().sender())?;
    let done = enter(&args.on, &registries, &sheet.compiled.part, &key, &terms, screen).await?;
    if done == Outcome::Holds && !args.on.dry_run {
        say_line(&args.of, &registries.line(&args.of).await?, screen);
    }
    Ok(done)
}

/// Where the steps of a registration are kept until it is done.
fn steps_of(deployment: &Path, version: &Digest) -> PathBuf {
    deployment.with_added_extension(format!("{}.steps", hex::encode(&version.0[..8])))
}

/// Registers a version, or goes on where an earlier run stopped.
async fn enter(
    on: &On,
    registries: &Registries,
    rules: &RulesPart,
    key: &EvmKey,
    terms: &MandateTerms,
    screen: &Screen,
) -> Done {
    let digest = rules.digest();
    let id = mandate_id(&digest, &key.id());
    let path = steps_of(&on.deployment, &id);
    let begun = manifest(&path)?;
    if let Some(begun) = &begun {
        screen.say(format!("{}: {} steps are done; going on from there", path.display(), begun.done.len()));
    } else {
        // First, as the integers of a mandate cost gas before the contract looks whether it has them.
        match registries.rules_point(&id).await {
            Ok(_) => {
                let words = format!("{} is registered already", mandate_text(&id, &digest, &key.id()));
                return refused(words, "AlreadyRegistered", &id, screen);
            }
            Err(ChainError::Refused { name: "UnknownMandate", .. }) => {}
            Err(why) => return Err(why.into()),
        }
    }
    if answer(registries.store_key(key).await, screen)?.is_none() {
        return Ok(Outcome::DoesNotHold);
    }
    let progress = |done, of| screen.say(format!("  {done} of {of} integers sent"));
    let made = if on.dry_run {
        registries.register_mandate(key, rules, terms, progress).await
    } else {
        let mut save = |m: &Manifest| -> Result<(), String> {
            let text = serde_json::to_string_pretty(m).map_err(|e| e.to_string())?;
            files::write(&path, format!("{text}\n").as_bytes()).map_err(|f| f.0)
        };
        let payer = Payer::new(registries.chain().clone())?;
        let mut steps = Deployer::of("register the mandate", payer, begun, &mut save).await?;
        registries.register_steps(&mut steps, key, rules, terms, progress).await
    };
    let Some(made) = answer(made, screen)? else { return Ok(Outcome::DoesNotHold) };
    // The chain itself says from here on that it is done.
    std::fs::remove_file(&path).or_else(|e| fail(format!("{}: {e}", path.display())))?;
    screen.data(
        || {
            format!(
                "{} registered: {} gas in {} transactions",
                mandate_text(&made.mandate_id, &digest, &key.id()),
                grouped(made.gas),
                made.transactions
            )
        },
        || json!(made),
    );
    Ok(Outcome::Holds)
}

/// Takes a waiting version back.
pub async fn cancel(args: &Named, screen: &Screen) -> Done {
    let registries = args.on.open().await?;
    let sent = registries.cancel_version(&args.mandate).await;
    let Some(sent) = answer(sent, screen)? else { return Ok(Outcome::DoesNotHold) };
    told("waiting version taken back", sent.gas, &sent.transaction, screen);
    Ok(Outcome::Holds)
}

/// Pauses or resumes.
pub async fn pause(args: &Named, paused: bool, screen: &Screen) -> Done {
    let registries = args.on.open().await?;
    let sent = registries.set_paused(&args.mandate, paused).await;
    let Some(sent) = answer(sent, screen)? else { return Ok(Outcome::DoesNotHold) };
    told(if paused { "mandate paused" } else { "pause undone" }, sent.gas, &sent.transaction, screen);
    Ok(Outcome::Holds)
}

/// Says what a mandate stands at: yes where a version is in force and nothing stops it.
pub async fn versions(args: &Versions, screen: &Screen) -> Done {
    let line = read_only(&args.rpc, &args.deployment).await?.line(&args.mandate).await?;
    say_line(&args.mandate, &line, screen);
    Ok(if line.in_force.is_some() && !line.stopped { Outcome::Holds } else { Outcome::DoesNotHold })
}

fn say_line(mandate: &Digest, line: &Line, screen: &Screen) {
    screen.data(
        || {
            let mut lines = vec![match line.in_force {
                Some(id) => format!("version {} is in force: {id}", line.version),
                None => "no version is in force".to_owned(),
            }];
            if let (Some(next), Some(from)) = (line.next, line.next_from) {
                let wait = from.saturating_sub(line.now);
                lines.push(format!(
                    "version {} waits until {from}, {wait} s from now: {next}",
                    line.version + 1
                ));
            }
            if line.stopped {
                lines.push("it is stopped: paused, or ended for ever".to_owned());
            }
            if let Some(owner) = &line.owner {
                lines.push(format!("owner {owner}, timelock {} s", line.timelock_s));
            }
            lines.join("\n")
        },
        || json!({ "mandate_id": mandate, "versions": line }),
    );
}

/// Does what is next for an epoch's draw: names the block, or keeps its hash. Yes where the instant is drawn.
pub async fn draw(args: &Draw, screen: &Screen) -> Done {
    let registries = args.on.open().await?;
    let mandate = &args.mandate;
    let Some(terms) = registries.terms(mandate).await? else {
        return refused(
            format!("no version of mandate {mandate} is in force"),
            "NotInForce",
            mandate,
            screen,
        );
    };
    if !terms.drawn {
        return fail(format!("the epochs of mandate {mandate} are not drawn"));
    }
    let over = terms.last_over(registries.chain().now().await?);
    let Some(epoch) = args.epoch.or(over) else {
        return refused("no epoch is over yet".to_owned(), "TooEarly", mandate, screen);
    };
    let Some(end) = terms.end_of(epoch) else { return fail(format!("there is no epoch {epoch}")) };
    if let Drawn::Known(found) = registries.draw_of(mandate, &terms, epoch).await? {
        say_draw(&found, &terms.window_s, None, screen);
        return Ok(Outcome::Holds);
    }
    match registries.settle(end).await {
        Ok(sent) => {
            let Drawn::Known(found) = registries.draw_of(mandate, &terms, epoch).await? else {
                return fail("the seed was kept, and the node does not show it yet; run it again");
            };
            say_draw(&found, &terms.window_s, Some(&sent.transaction), screen);
            Ok(Outcome::Holds)
        }
        // Nobody named a block, it is not there yet, or it is forgotten: the contract tells those apart.
        Err(ChainError::Refused { name: "CannotSettle", .. }) => {
            let Some(sent) = answer(registries.arm(end).await, screen)? else {
                return Ok(Outcome::DoesNotHold);
            };
            let what = format!(
                "epoch {epoch}: a block to come is named; run it again in three blocks, and within 256"
            );
            told(&what, sent.gas, &sent.transaction, screen);
            Ok(Outcome::DoesNotHold)
        }
        Err(why) => Ok(match answer::<()>(Err(why), screen)? {
            Some(()) => Outcome::Holds,
            None => Outcome::DoesNotHold,
        }),
    }
}

fn say_draw(found: &mandate_chain::Draw, window: &u64, transaction: Option<&str>, screen: &Screen) {
    let latest = found.instant.saturating_add(*window);
    screen.data(
        || {
            let sent = transaction.map_or(String::new(), |t| format!("\nits seed was kept by transaction {t}"));
            format!("epoch {}: a book of {} to {latest} is asked for{sent}", found.epoch, found.instant)
        },
        || json!({ "epoch": found.epoch, "instant": found.instant, "latest": latest, "transaction": transaction }),
    );
}
