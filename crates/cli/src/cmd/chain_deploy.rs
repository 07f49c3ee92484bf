//! `mandate chain deploy`: step by step, from where it stopped.

use crate::cmd::chain::{Node, answer, deployment_text};
use crate::failure::{At, Done, Failure, Outcome};
use crate::files;
use crate::place::{self, address, address_text};
use crate::screen::{Screen, grouped};
use mandate_chain::{DeployOptions, Deployer, Manifest, Payer, Registries};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Largest manifest that is read, in bytes.
const LIMIT: u64 = 4 << 20;

/// What is decided at deployment. The sender governs.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    node: Node,
    /// Member of the quorum that signs risk parts (may be repeated).
    #[arg(long, required = true, value_parser = address)]
    quorum: Vec<[u8; 20]>,
    /// How many of them must sign.
    #[arg(long, default_value_t = 1)]
    threshold: u64,
    /// Time from a risk part's publication to its first use; zero on a local chain only.
    #[arg(long, value_name = "SPAN", default_value = "1h", value_parser = place::span)]
    delay: u64,
    /// Time before a new version of a mandate is in force; zero on a local chain only.
    #[arg(long, value_name = "SPAN", default_value = "2d", value_parser = place::span)]
    timelock: u64,
    /// What whoever publishes a risk part puts up, in wei.
    #[arg(long, value_name = "WEI", default_value_t = 100_000_000_000_000_000)]
    bond: u128,
    /// Where to write the addresses; the steps are kept beside it, in a file with `.steps` added.
    #[arg(short, long, default_value = "deployment.json")]
    out: PathBuf,
    /// Send nothing: say what each step would cost.
    #[arg(long)]
    dry_run: bool,
}

/// The manifest in a file, where there is one.
pub fn manifest(path: &Path) -> Result<Option<Manifest>, Failure> {
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&files::read_text(path, LIMIT)?).at(path.display())?))
}

/// Runs it.
pub async fn run(args: &Args, screen: &Screen) -> Done {
    let payer = Payer::new(args.node.connect().await?)?;
    let options = DeployOptions {
        quorum: args.quorum.clone(),
        threshold: args.threshold,
        delay_s: args.delay,
        timelock_s: args.timelock,
        bond_wei: args.bond,
        ..DeployOptions::local()
    };
    if args.dry_run {
        return rehearse(payer, &options, screen).await;
    }
    let path = args.out.with_added_extension("steps");
    let begun = manifest(&path)?;
    if let Some(begun) = &begun {
        screen.say(format!("{}: {} steps are done; going on from there", path.display(), begun.done.len()));
    }
    let mut save = |m: &Manifest| -> Result<(), String> {
        let text = serde_json::to_string_pretty(m).map_err(|e| e.to_string())?;
        files::write(&path, format!("{text}\n").as_bytes()).map_err(|f| f.0)
    };
    let mut steps = Deployer::new(payer, begun, &mut save).await?;
    let Some(at) = answer(Registries::deploy_steps(&mut steps, &options).await, screen)? else {
        return Ok(Outcome::DoesNotHold);
    };
    let gas: u64 = steps.manifest().done.iter().map(|d| d.gas).sum();
    files::write(&args.out, deployment_text(&at)?.as_bytes())?;
    screen.data(
        || format!("registry {} on chain {}: {} gas", address_text(&at.compliance), at.chain_id, grouped(gas)),
        || json!({ "registry": address_text(&at.compliance), "chain_id": at.chain_id, "gas": gas, "file": args.out }),
    );
    Ok(Outcome::Holds)
}

async fn rehearse(payer: Payer, options: &DeployOptions, screen: &Screen) -> Done {
    let mut steps = Deployer::dry(payer).await?;
    let Some(at) = answer(Registries::deploy_steps(&mut steps, options).await, screen)? else {
        return Ok(Outcome::DoesNotHold);
    };
    let costs = steps.costs();
    let known: u64 = costs.iter().filter_map(|c| c.gas).sum();
    screen.data(
        || {
            let gas = |g: Option<u64>| g.map_or("not known before the steps before it are done".into(), grouped);
            let mut lines: Vec<String> = costs.iter().map(|c| format!("{:<20} {}", c.name, gas(c.gas))).collect();
            lines.push(format!("{:<20} {}", "known so far", grouped(known)));
            lines.push("nothing was sent".into());
            lines.join("\n")
        },
        || json!({ "sent": false, "steps": costs, "gas_known": known, "registry": address_text(&at.compliance) }),
    );
    Ok(Outcome::Holds)
}
