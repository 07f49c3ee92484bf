//! `mandate chain confirm|publish|check|challenge`: risk parts, recomputed by whoever handles them.

use crate::cmd::chain::{On, What, answer, signing_key, told};
use crate::evm;
use crate::failure::{At, Done, Failure, Outcome, fail};
use crate::files;
use crate::place;
use crate::screen::Screen;
use crate::sheet::Sheet;
use mandate_chain::{
    Chain, ChainError, Difference, EvmKey, EvmPoint, Publication, QuorumSignature, Registries, RiskState,
    Trace, Use, mandate_id,
};
use mandate_statement::Digest;
use mandate_verifier::{Verifier, VerifyingKey};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// How long a risk part may be used, and by which quorum.
#[derive(clap::Args)]
pub struct Window {
    /// How long after the snapshot it may be used.
    #[arg(long, value_name = "SPAN", default_value = "2d", value_parser = place::span)]
    usable_for: u64,
}

/// A member of the quorum.
#[derive(clap::Args)]
pub struct Confirm {
    /// The node.
    #[arg(long, default_value = "http://127.0.0.1:8545")]
    rpc: String,
    /// The addresses, as `mandate chain deploy` writes them.
    #[arg(long, default_value = "deployment.json")]
    deployment: PathBuf,
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    window: Window,
    /// The member's key file.
    #[arg(long, value_name = "K", required_unless_present = "typed_data")]
    quorum_key: Option<PathBuf>,
    /// Write what a hardware wallet signs instead: EIP-712 in JSON.
    #[arg(long, value_name = "JSON", conflicts_with = "quorum_key")]
    typed_data: Option<PathBuf>,
    /// Where to write the signature: one line, address and signature.
    #[arg(short, long, value_name = "FILE", required_unless_present = "typed_data")]
    out: Option<PathBuf>,
}

/// Whoever submits.
#[derive(clap::Args)]
pub struct Publish {
    #[command(flatten)]
    pub on: On,
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    window: Window,
    /// Key file of a member who recomputed it (may be repeated).
    #[arg(long, value_name = "K")]
    quorum_key: Vec<PathBuf>,
    /// A member's signature, as `mandate chain confirm` or a wallet made it: address and signature in hex (may be repeated).
    #[arg(long, value_name = "FILE")]
    signature: Vec<PathBuf>,
    /// Where to write the partial sums, for anyone who wants to check them.
    #[arg(long, value_name = "JSON")]
    trace: Option<PathBuf>,
}

/// A watcher.
#[derive(clap::Args)]
pub struct Check {
    /// The node.
    #[arg(long, default_value = "http://127.0.0.1:8545")]
    rpc: String,
    /// The addresses, as `mandate chain deploy` writes them.
    #[arg(long, default_value = "deployment.json")]
    deployment: PathBuf,
    #[command(flatten)]
    what: What,
}

/// Whoever found a wrong step.
#[derive(clap::Args)]
pub struct Challenge {
    #[command(flatten)]
    pub on: On,
    #[command(flatten)]
    what: What,
    /// The partial sums that the proposer published.
    #[arg(long, value_name = "JSON")]
    trace: PathBuf,
}

/// Everything recomputed from public files.
struct Recomputed {
    sheet: Sheet,
    key: VerifyingKey,
    evm: EvmKey,
}

impl Recomputed {
    fn of(what: &What, screen: &Screen) -> Result<Self, Failure> {
        let (sheet, key) = what.read(screen)?;
        let evm = evm::key(&key)?;
        Ok(Self { sheet, key, evm })
    }
    async fn publication(&self, registries: &Registries, usable_for: u64) -> Result<Publication, Failure> {
        let (_, point) =
            Verifier::new(self.key.clone()).sheet(&self.sheet.compiled.part, &self.sheet.risk)?.evm();
        let (quorum, _) = registries.quorum().await?;
        let from = self.sheet.risk.as_of;
        let usable = Use { from, to: from.saturating_add(usable_for), quorum };
        let spots = evm::spots(&self.sheet.snapshot);
        let publication = Publication::of(&self.sheet.risk, &self.evm, spots, usable)?;
        // Two readings of one point: the verifier's sum, and the last of the partial sums.
        if publication.point != point {
            return fail("the point of the trace is not the verifier's");
        }
        Ok(publication)
    }
}

/// A connection that sends nothing.
pub async fn read_only(rpc: &str, deployment: &Path) -> Result<Registries, Failure> {
    Ok(Registries::new(Chain::read_only(rpc).await?, crate::cmd::chain::deployment(deployment)?)?)
}

/// Recomputes and signs, or writes what is to be signed.
pub async fn confirm(args: &Confirm, screen: &Screen) -> Done {
    let ours = Recomputed::of(&args.what, screen)?;
    let registries = read_only(&args.rpc, &args.deployment).await?;
    let publication = ours.publication(&registries, args.window.usable_for).await?;
    let hash = publication.signing_hash(registries.at());
    if let Some(path) = &args.typed_data {
        let text = format!("{:#}\n", publication.typed_data(registries.at()));
        files::write(path, text.as_bytes())?;
        screen.data(
            || format!("{}: risk part {}\nto be signed as {hash}", path.display(), publication.risk),
            || json!({ "file": path, "risk": publication.risk, "signing_hash": hash }),
        );
        return Ok(Outcome::Holds);
    }
    let (Some(key), Some(out)) = (&args.quorum_key, &args.out) else {
        return fail("wanted --quorum-key with --out, or --typed-data");
    };
    let signed = publication.sign(registries.at(), &signing_key(key)?)?;
    let line = format!("{} 0x{}\n", place::address_text(&signed.signer), hex::encode(&signed.signature));
    files::write(out, line.as_bytes())?;
    screen.data(
        || format!("{}: {} for risk part {}", out.display(), place::address_text(&signed.signer), publication.risk),
        || json!({ "file": out, "signer": place::address_text(&signed.signer), "risk": publication.risk, "signing_hash": hash }),
    );
    Ok(Outcome::Holds)
}

/// `ADDRESS SIGNATURE`, both in hex.
fn signature(path: &Path) -> Result<QuorumSignature, Failure> {
    let text = files::read_text(path, 1 << 16)?;
    let wanted =
        || Failure(format!("{}: wanted one line, an address and a signature in hex", path.display()));
    let (signer, bytes) = text.trim().split_once(char::is_whitespace).ok_or_else(wanted)?;
    let signature = hex::decode(bytes.trim().trim_start_matches("0x")).map_err(|_| wanted())?;
    Ok(QuorumSignature { signer: place::address(signer).map_err(|_| wanted())?, signature })
}

/// Publishes with the quorum's signatures.
pub async fn publish(args: &Publish, screen: &Screen) -> Done {
    if args.quorum_key.is_empty() && args.signature.is_empty() {
        return fail("no member of the quorum signs: name --quorum-key or --signature");
    }
    let ours = Recomputed::of(&args.what, screen)?;
    let registries = args.on.open().await?;
    let publication = ours.publication(&registries, args.window.usable_for).await?;
    let mut signatures = Vec::new();
    for path in &args.quorum_key {
        signatures.push(publication.sign(registries.at(), &signing_key(path)?)?);
    }
    for path in &args.signature {
        signatures.push(signature(path)?);
    }
    if let Some(path) = &args.trace {
        files::write(path, Trace::new(&ours.evm, &ours.sheet.risk)?.to_json().as_bytes())?;
    }
    let sent = registries.publish_risk(&publication, &signatures).await;
    let Some(sent) = answer(sent, screen)? else { return Ok(Outcome::DoesNotHold) };
    told("risk part published", sent.gas, &sent.transaction, screen);
    Ok(Outcome::Holds)
}

/// Recomputes mandate and risk part and compares them with what is on chain. Differences are the answer no; so is a part that
/// is not there, or not live.
pub async fn check(args: &Check, screen: &Screen) -> Done {
    let ours = Recomputed::of(&args.what, screen)?;
    let registries = read_only(&args.rpc, &args.deployment).await?;
    let mut wrong: Vec<Difference> = Vec::new();
    let mut differ = |what, recomputed: String, on_chain: String| {
        if recomputed != on_chain {
            wrong.push(Difference { what, recomputed, on_chain });
        }
    };
    let key = ours.evm.id();
    let there = |b: bool| if b { "stored" } else { "not stored" }.to_owned();
    differ("key", there(true), there(registries.has_key(&key).await?));
    let id = mandate_id(&ours.sheet.compiled.part.digest(), &key);
    let (rules, _) =
        Verifier::new(ours.key.clone()).sheet(&ours.sheet.compiled.part, &ours.sheet.risk)?.evm();
    let text = |[x, y]: [_; 2]| format!("({x}, {y})");
    match registries.rules_point(&id).await {
        Ok(point) => differ("point P_rules", text(rules), text(point)),
        Err(ChainError::Refused { reason, .. }) => differ("mandate", id.to_string(), reason),
        Err(why) => return Err(why.into()),
    }
    let publication = ours.publication(&registries, 0).await?;
    match registries.compare_risk(&publication).await {
        Ok(found) => {
            let status = registries.risk_status(&publication.id()).await?;
            let state = |s: RiskState| format!("{s:?}").to_lowercase();
            differ("state of the risk part", state(RiskState::Live), state(status.state));
            wrong.extend(found);
        }
        Err(ChainError::Refused { reason, .. }) => differ("risk part", publication.id().to_string(), reason),
        Err(why) => return Err(why.into()),
    }
    let holds = wrong.is_empty();
    screen.data(
        || {
            if holds {
                return format!(
                    "yes: mandate id {id} and risk part {} are on chain as public files give them, {} partial sums included",
                    publication.id(),
                    publication.chunks
                );
            }
            let line = |d: &Difference| format!("no: {}\n  recomputed {}\n  on chain   {}", d.what, d.recomputed, d.on_chain);
            wrong.iter().map(line).collect::<Vec<_>>().join("\n")
        },
        || -> Value {
            json!({
                "holds": holds, "mandate_id": id, "risk_id": publication.id(), "partial_sums": publication.chunks,
                "differences": wrong,
            })
        },
    );
    Ok(if holds { Outcome::Holds } else { Outcome::DoesNotHold })
}

/// Reads partial sums and holds them to what the quorum signed; gives the signed point too. `None` where there is no such part.
pub async fn signed_trace(
    registries: &Registries,
    risk: &Digest,
    path: &Path,
    screen: &Screen,
) -> Result<Option<(Trace, EvmPoint)>, Failure> {
    let trace = Trace::from_json(&files::read_text(path, Trace::FILE_LIMIT)?).at(path.display())?;
    let Some((root, chunks, point)) = answer(registries.published_trace(risk).await, screen)? else {
        return Ok(None);
    };
    if (trace.tree().root(), trace.chunks()) != (root, chunks) {
        return fail(format!(
            "{}: these are not the partial sums that the quorum signed: root {}, signed was {root} over {chunks}",
            path.display(),
            trace.tree().root()
        ));
    }
    Ok(Some((trace, point)))
}

/// Finds the first wrong step of published partial sums and shows it on chain.
pub async fn challenge(args: &Challenge, screen: &Screen) -> Done {
    let ours = Recomputed::of(&args.what, screen)?;
    let registries = args.on.open().await?;
    let publication = ours.publication(&registries, 0).await?;
    let id = publication.id();
    let Some((trace, point)) = signed_trace(&registries, &id, &args.trace, screen).await? else {
        return Ok(Outcome::DoesNotHold);
    };
    let chunks = trace.chunks();
    let Some(step) = trace.first_wrong(&ours.evm, &publication.universe, &point)? else {
        screen.data(
            || format!("every one of {chunks} steps holds: there is nothing to challenge"),
            || json!({ "holds": false, "wrong_step": null, "partial_sums": chunks }),
        );
        return Ok(Outcome::DoesNotHold);
    };
    screen.say(format!("step {step} of {chunks} is wrong"));
    let Some(wrong) = trace.challenge(&ours.evm, step) else { return fail("the wrong step cannot be shown") };
    let sent = registries.challenge(&id, &wrong).await;
    let Some(sent) = answer(sent, screen)? else { return Ok(Outcome::DoesNotHold) };
    told("risk part shown to be wrong", sent.gas, &sent.transaction, screen);
    Ok(Outcome::Holds)
}
