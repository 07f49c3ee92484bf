//! `mandate chain demand|give|expire|reclaim|release|withdraw|part`: holding a published risk part to its data, and the bonds.

use crate::cmd::chain::{On, answer, told};
use crate::cmd::chain_risk::{read_only, signed_trace};
use crate::failure::{Done, Outcome};
use crate::place;
use crate::screen::{Screen, grouped};
use mandate_chain::{ChainError, RiskState, Sent};
use mandate_statement::Digest;
use serde_json::json;
use std::path::PathBuf;

/// A chunk of a risk part.
#[derive(clap::Args)]
pub struct Chunk {
    #[command(flatten)]
    pub on: On,
    /// The risk part's id in the registry, as `mandate chain check --json` and the registry's events have it.
    #[arg(value_name = "RISK", value_parser = place::digest)]
    risk: Digest,
    /// Number of the chunk of 32 integers, from 0.
    chunk: u32,
}

/// A chunk that is given.
#[derive(clap::Args)]
pub struct Give {
    #[command(flatten)]
    pub on: On,
    /// The risk part's id in the registry.
    #[arg(value_name = "RISK", value_parser = place::digest)]
    risk: Digest,
    /// Number of the chunk of 32 integers, from 0.
    chunk: u32,
    /// The partial sums, as `mandate chain publish --trace` wrote them.
    #[arg(long, value_name = "JSON")]
    trace: PathBuf,
}

/// A risk part.
#[derive(clap::Args)]
pub struct Part {
    #[command(flatten)]
    pub on: On,
    /// The risk part's id in the registry.
    #[arg(value_name = "RISK", value_parser = place::digest)]
    risk: Digest,
}

/// Whoever is owed something.
#[derive(clap::Args)]
pub struct Withdraw {
    #[command(flatten)]
    pub on: On,
}

/// A risk part that is asked about.
#[derive(clap::Args)]
pub struct Look {
    /// The node.
    #[arg(long, default_value = "http://127.0.0.1:8545")]
    rpc: String,
    /// The addresses, as `mandate chain deploy` writes them.
    #[arg(long, default_value = "deployment.json")]
    deployment: PathBuf,
    /// The risk part's id in the registry.
    #[arg(value_name = "RISK", value_parser = place::digest)]
    risk: Digest,
}

fn ended(what: &str, sent: Result<Sent, ChainError>, screen: &Screen) -> Done {
    let Some(sent) = answer(sent, screen)? else { return Ok(Outcome::DoesNotHold) };
    told(what, sent.gas, &sent.transaction, screen);
    Ok(Outcome::Holds)
}

/// Asks for data.
pub async fn demand(args: &Chunk, screen: &Screen) -> Done {
    let sent = args.on.open().await?.demand(&args.risk, args.chunk).await;
    ended(&format!("chunk {} asked for", args.chunk), sent, screen)
}

/// Gives data, after holding it to what the quorum signed.
pub async fn give(args: &Give, screen: &Screen) -> Done {
    let registries = args.on.open().await?;
    let Some((trace, _)) = signed_trace(&registries, &args.risk, &args.trace, screen).await? else {
        return Ok(Outcome::DoesNotHold);
    };
    let sent = registries.give(&args.risk, &trace, args.chunk).await;
    ended(&format!("chunk {} given", args.chunk), sent, screen)
}

/// Ends a part whose data is overdue.
pub async fn expire(args: &Chunk, screen: &Screen) -> Done {
    let sent = args.on.open().await?.expire(&args.risk, args.chunk).await;
    ended("risk part ended: its data was withheld", sent, screen)
}

/// Takes a demand's bond back.
pub async fn reclaim(args: &Chunk, screen: &Screen) -> Done {
    let sent = args.on.open().await?.reclaim(&args.risk, args.chunk).await;
    ended("the demand's bond is owed to whoever asked", sent, screen)
}

/// Frees a proposer's bond.
pub async fn release(args: &Part, screen: &Screen) -> Done {
    let sent = args.on.open().await?.release(&args.risk).await;
    ended("the bond is owed to the proposer", sent, screen)
}

/// Pays out.
pub async fn withdraw(args: &Withdraw, screen: &Screen) -> Done {
    let registries = args.on.open().await?;
    let owed = registries.owed().await?;
    ended(&format!("{} wei paid out", grouped(owed)), registries.withdraw().await, screen)
}

/// Says what is known of a part: yes where it may be used now.
pub async fn look(args: &Look, screen: &Screen) -> Done {
    let registries = read_only(&args.rpc, &args.deployment).await?;
    let status = registries.risk_status(&args.risk).await?;
    let now = registries.chain().now().await?;
    let in_time = (status.usable_from..=status.usable_to).contains(&now);
    let usable = status.state == RiskState::Live && status.demands == 0 && in_time;
    let state = format!("{:?}", status.state).to_lowercase();
    let proposer = place::address_text(&status.proposer);
    screen.data(
        || {
            if status.state == RiskState::Unknown {
                return format!("risk part {} is not published", args.risk);
            }
            let path = if status.fallback { ", by fewer than the quorum" } else { "" };
            format!(
                "risk part {} ({state}{path}): {} now\nusable from {} to {}, {} demands for data open\nbond of {} wei by {proposer}",
                args.risk,
                if usable { "usable" } else { "not usable" },
                status.usable_from,
                status.usable_to,
                status.demands,
                grouped(status.bond_wei)
            )
        },
        || {
            json!({
                "holds": usable, "risk": args.risk, "state": state, "fallback": status.fallback,
                "demands": status.demands, "usable_from": status.usable_from, "usable_to": status.usable_to,
                "serial": status.serial, "proposer": proposer, "bond_wei": status.bond_wei.to_string(), "now": now,
            })
        },
    );
    Ok(if usable { Outcome::Holds } else { Outcome::DoesNotHold })
}
