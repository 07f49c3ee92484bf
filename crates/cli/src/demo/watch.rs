//! Continuous compliance on a local chain: `mandate chain watch` opens a deposit, a price move closes it, `watch` opens it
//! again, and is killed in the middle of that twice.

use super::books::Scene;
use super::offchain::{Options, VALID_FOR};
use super::parties::{Attestors, Subject};
use super::refusals::Refusals;
use crate::accounts::{AccountFile, Declared, NettingSet};
use crate::cmd::chain::deployment_text;
use crate::evm;
use crate::failure::{At, Done, Failure, Outcome, fail};
use crate::files;
use crate::place::address_text;
use crate::screen::Screen;
use crate::sheet::Sheet;
use mandate_chain::{
    Breaker, Chain, DeployOptions, EvmKey, LocalChain, MandateTerms, Payer, PlayFeed, Publication,
    Registries, Schedule, Use, Vault, find_anvil,
};
use mandate_market::{Price, Snapshot, State};
use mandate_policy::Mandate;
use mandate_statement::{Digest, keccak};
use mandate_verifier::{Verifier, VerifyingKey};
use serde_json::json;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// One unit of play money with its decimals.
const DOLLAR: u128 = 1_000_000;
/// The coin whose price moves, and its feed's decimals.
const COIN: &str = "BTC";
const DECIMALS: u8 = 8;
/// How far prices may move before the gate closes, in basis points, and how far they do.
const BAND_BPS: u16 = 500;
const MOVE_BPS: u64 = 800;
/// Private key of the local node's second account, who pays for the agent. It is published with the node's program: no secret.
const SENDER: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
/// Longest wait for anything that the agent is to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// Everything in place before the agent starts.
struct Stage<'a> {
    node: &'a LocalChain,
    governed: Registries,
    evm_key: EvmKey,
    subject: Digest,
    mandate_id: Digest,
    vault: Vault,
    breaker: Breaker,
    feed: PlayFeed,
    folder: &'a Path,
    options: &'a Options,
}

/// Tells it. `scene` gives the market and the lawful book.
pub fn tell(scene: &Scene, options: &Options, screen: &Screen) -> Done {
    let program = find_anvil(&options.root)?;
    let node = LocalChain::spawn(&program, None)?;
    let folder = tempfile::tempdir()?;
    let runtime = mandate_chain::runtime()?;
    runtime.block_on(story(scene, options, &node, folder.path(), screen))
}

async fn story(scene: &Scene, options: &Options, node: &LocalChain, folder: &Path, screen: &Screen) -> Done {
    let begun = Instant::now();
    let mut refusals = Refusals::default();
    screen.say(
        "== 1. A local chain, a mandate with a band of 5% on prices, a vault behind the price breaker ==",
    );
    let sheet = sheet(scene, scene.snapshot.clone())?;
    let key = options.keys.verifying(sheet.shape(), None, screen)?;
    let mut attestors = Attestors::new(&sheet.snapshot, folder)?;
    let books = folder.join("books");
    std::fs::create_dir_all(&books).at(books.display())?;
    let subject = book(&mut attestors, scene, &sheet.snapshot, folder, "1")?;
    files::write(&folder.join("mandate.toml"), scene.mandate.1.as_bytes())?;
    let stage = set(&sheet, &key, &attestors, &subject, node, folder, options, screen).await?;
    let investing = Chain::connect(&node.url(), &node.keys()[6]).await?;
    stage.vault.fund(&investing, 10_000 * DOLLAR).await?;
    let early = stage.vault.deposit(&investing, 1_000 * DOLLAR).await;
    refusals.expect("a deposit before any attestation", "the vault", "has no attestation", early, screen);
    publish(&stage, &sheet, &key).await?;
    // From here on a block every second, as on a chain: transactions wait, and can be seen waiting.
    stage.governed.chain().set_mining(Some(1)).await?;

    screen.say("\n== 2. `mandate chain watch` starts, finds the book, proves, attests ==");
    let agent = Agent::start(&stage, "first")?;
    wait("the gate to open", async || stage.is_open().await).await?;
    stage.vault.deposit(&investing, 1_000 * DOLLAR).await?;
    screen.say("  a deposit of 1,000: accepted");
    attested(&stage, 1).await?;

    screen.say("\n== 3. The price of BTC moves by 8%: the gate closes by itself ==");
    let moved = price(&sheet.snapshot)? * (10_000 + MOVE_BPS) / 10_000;
    stage.feed.set(stage.governed.chain(), moved).await?;
    let barred = stage.vault.deposit(&investing, 1_000 * DOLLAR).await;
    refusals.expect("a deposit after the move", "the vault", "the market", barred, screen);

    screen.say("\n== 4. A fresh book; the agent is killed while it works on it ==");
    let later = self::sheet(scene, shift(&scene.snapshot, crate::place::now())?)?;
    publish(&stage, &later, &key).await?;
    // Blocks stop: what is sent waits, and nothing is settled.
    stage.governed.chain().set_mining(None).await?;
    book(&mut attestors, scene, &later.snapshot, folder, "2")?;
    drop(agent);
    for pause in [100, 300, 700, 1500] {
        let agent = Agent::start(&stage, "second")?;
        std::thread::sleep(Duration::from_millis(pause));
        drop(agent);
        screen.say(format!("  killed after {pause} ms, with {} intents in the journal", stage.intents()?));
    }
    let agent = Agent::start(&stage, "third")?;
    wait("an intent in the journal and its transaction in the pool", async || {
        Ok(stage.intents()? > 1 && stage.sender().await?.nonce(None).await? > 1)
    })
    .await?;
    drop(agent);
    screen.say(
        "\n== 5. Killed once more, with its transaction under way and no block to take it; started again ==",
    );
    let agent = Agent::start(&stage, "fourth")?;
    std::thread::sleep(Duration::from_secs(2));
    // Asked of the newest block: a node may estimate a deposit on top of what waits in its pool.
    if stage.is_open().await? {
        return fail("the gate opened before the attestation was mined");
    }
    screen.say("  the gate stays shut while the attestation waits");
    stage.governed.chain().set_mining(Some(1)).await?;
    wait("the gate to open again", async || stage.is_open().await).await?;
    stage.vault.deposit(&investing, 1_000 * DOLLAR).await?;
    screen.say("  a deposit of 1,000: accepted again");
    // Time for another attestation, if there were one to come.
    std::thread::sleep(Duration::from_secs(4));
    attested(&stage, 2).await?;
    drop(agent);
    screen.say("  two epochs, two transactions: nothing was sent twice");
    stage.vault.withdraw(&investing, 500 * DOLLAR).await?;
    screen.say("  a withdrawal is never gated: accepted");

    let all = refusals.all();
    let took = begun.elapsed().as_secs();
    let tried =
        refusals.list.iter().map(|t| json!({ "what": t.what, "reason": t.reason, "refused": t.refused }));
    screen.data(
        || {
            format!(
                "opened by watch, closed by a price move, opened again by watch, through six kills; {took} s"
            )
        },
        || json!({ "holds": all, "seconds": took, "refusals": tried.collect::<Vec<_>>() }),
    );
    Ok(if all { Outcome::Holds } else { Outcome::DoesNotHold })
}

/// Waits until something is so.
async fn wait(what: &str, mut is_so: impl AsyncFnMut() -> Result<bool, Failure>) -> Result<(), Failure> {
    let begun = Instant::now();
    while !is_so().await? {
        if begun.elapsed() > PATIENCE {
            return fail(format!("waited {} s for {what}", PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Holds that the agent attested epochs 1 to `count`, each in one transaction of its own.
async fn attested(stage: &Stage<'_>, count: u64) -> Result<(), Failure> {
    let status = stage.governed.status(&stage.subject, &stage.mandate_id, VALID_FOR).await?;
    let epoch = status.record.map_or(0, |r| r.epoch);
    let sent = stage.sender().await?.nonce(None).await?;
    if (epoch, sent) != (count, count) {
        return fail(format!(
            "the record is of epoch {epoch}, and the agent sent {sent} transactions; both must be {count}"
        ));
    }
    Ok(())
}

impl Stage<'_> {
    async fn is_open(&self) -> Result<bool, Failure> {
        Ok(!self.vault.max_deposit(self.governed.chain()).await?.is_zero())
    }
    async fn sender(&self) -> Result<Payer, Failure> {
        let key = &self.node.keys()[1];
        Ok(Payer::new(Chain::connect(&self.node.url(), key).await?)?)
    }
    /// Intents in the agent's journal.
    fn intents(&self) -> Result<usize, Failure> {
        let path = self.folder.join("watch.journal");
        let text = files::read_text(&path, 1 << 20)?;
        Ok(text.lines().filter(|l| l.contains(r#"{"intent":"#)).count())
    }
}

/// The agent, a process of its own. Dropped it is killed, as `kill -9` does.
struct Agent(Child);

impl Agent {
    fn start(stage: &Stage<'_>, name: &str) -> Result<Self, Failure> {
        let place = |file: &str| stage.folder.join(file).into_os_string();
        let log = File::create(place(&format!("{name}.log")))?;
        let url = stage.node.url();
        let breaker = address_text(&stage.breaker.0);
        let keys = &stage.options.keys;
        let mut command = Command::new(std::env::current_exe()?);
        command.args([
            "chain",
            "watch",
            "--rpc",
            &url,
            "--breaker",
            &breaker,
            "--poll",
            "1s",
            "--seed",
            &keys.seed,
        ]);
        command.arg("--params").arg(&keys.params);
        for (option, file) in [
            ("--sender", "sender.key"),
            ("--deployment", "deployment.json"),
            ("--books", "books"),
            ("--accounts", "accounts.toml"),
            ("--journal", "watch.journal"),
            ("--metrics", "watch.prom"),
        ] {
            command.arg(option).arg(place(file));
        }
        command.arg(place("mandate.toml"));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(Self(command.spawn()?))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The declared accounts as the file that people keep.
fn accounts_text(subject: &Subject) -> Result<String, Failure> {
    let declared = |e: &mandate_statement::AccountEntry| Declared {
        netting_set: NettingSet::Index(e.netting_set),
        account: e.account.to_string(),
        attestor: address_text(&e.attestor),
        grade: e.grade,
    };
    let file = AccountFile {
        subject: subject.set.subject.to_string(),
        version: subject.set.version,
        accounts: subject.set.entries.iter().map(declared).collect(),
    };
    Ok(toml::to_string(&file)?)
}

fn sheet(scene: &Scene, snapshot: Snapshot) -> Result<Sheet, Failure> {
    let (file, text) = &scene.mandate;
    Sheet::of(Mandate::parse(file, text)?, snapshot)
}

/// The same market later, with the coin dearer.
fn shift(snapshot: &Snapshot, as_of: u64) -> Result<Snapshot, Failure> {
    let mut out = snapshot.clone();
    out.as_of = as_of;
    let by = |price: Price| -> Result<Price, Failure> {
        let moved = price.to_f64() * (10_000 + MOVE_BPS) as f64 / 10_000.0;
        Price::nearest(moved, price.places().max(2))
            .ok_or_else(|| Failure("the moved price is out of range".into()))
    };
    for (symbol, state) in &mut out.currencies {
        let State::Priced(quote) = state else { continue };
        quote.time = as_of;
        if symbol == COIN {
            quote.price = by(quote.price)?;
        }
    }
    for (name, state) in &mut out.quotes {
        let State::Priced(quote) = state else { continue };
        quote.time = as_of;
        if name.contains(COIN) {
            match quote.forward {
                // Inverse options are quoted in the coin itself.
                Some(forward) => quote.forward = Some(by(forward)?),
                None => quote.mark = by(quote.mark)?,
            }
        }
    }
    Ok(out)
}

/// The coin's price in the feed's decimals.
fn price(snapshot: &Snapshot) -> Result<u64, Failure> {
    let quote = snapshot.currencies.get(COIN).and_then(State::priced);
    let price = quote.ok_or_else(|| Failure(format!("the market does not price {COIN}")))?.price;
    let places = u32::from(DECIMALS.saturating_sub(price.places()));
    u64::try_from(price.mantissa())
        .ok()
        .and_then(|p| p.checked_mul(10u64.pow(places)))
        .ok_or_else(|| Failure(format!("{COIN} at {price} does not fit a feed of {DECIMALS} decimals")))
}

/// Custodians attest the lawful book on a market; the folder is put among the books when it is whole.
fn book(
    attestors: &mut Attestors,
    scene: &Scene,
    snapshot: &Snapshot,
    folder: &Path,
    name: &str,
) -> Result<Subject, Failure> {
    let (making, whole) = (folder.join("books").join(format!(".{name}")), folder.join("books").join(name));
    let subject = attestors.attest("Example Fund", &scene.lawful, snapshot, &making)?;
    crate::cmd::snapshot::write(&making.join("market.snap"), snapshot)?;
    std::fs::rename(&making, &whole).at(whole.display())?;
    Ok(subject)
}

#[allow(clippy::too_many_arguments)]
async fn set<'a>(
    sheet: &Sheet,
    key: &VerifyingKey,
    attestors: &Attestors,
    subject: &Subject,
    node: &'a LocalChain,
    folder: &'a Path,
    options: &'a Options,
    screen: &Screen,
) -> Result<Stage<'a>, Failure> {
    let [governor, _, first, second, manager, administrator, ..] = node.keys() else {
        return fail("the local node has too few accounts");
    };
    let connect = async |who| Chain::connect(&node.url(), who).await;
    let deploy = DeployOptions {
        quorum: vec![first.address(), second.address()],
        threshold: 2,
        ..DeployOptions::local()
    };
    let governed = Registries::deploy(connect(governor).await?, &deploy).await?;
    let at = *governed.at();
    let evm_key = evm::key(key)?;
    governed.store_key(&evm_key).await?;
    let terms = MandateTerms {
        max_delay_s: 6 * 3600,
        max_age_s: 86_400,
        max_gap_s: 0,
        line: Digest::default(),
        schedule: Schedule::default(),
        band_bps: BAND_BPS,
        owner: governor.address(),
    };
    let registered = governed.register_mandate(&evm_key, &sheet.compiled.part, &terms, |_, _| {}).await?;
    for (attestor, grade) in attestors.listed() {
        governed.set_attestor(attestor, grade, 0, u64::MAX).await?;
    }
    governed.set_subject(&subject.set.subject, administrator.address()).await?;
    let declaring = Registries::new(connect(administrator).await?, at)?;
    declaring.declare_accounts(&subject.set).await?;
    declaring.approve_address(&subject.set.subject, manager.address(), true).await?;
    Registries::new(connect(manager).await?, at)?.link_address(&subject.set.subject).await?;

    let breaker = Breaker::deploy(&governed).await?;
    let feed = PlayFeed::deploy(governed.chain(), DECIMALS, price(&sheet.snapshot)?).await?;
    for spot in evm::spots(&sheet.snapshot) {
        if spot.asset == keccak(COIN.as_bytes()) {
            breaker.set_feed(governed.chain(), &spot.asset, feed.0, 86_400).await?;
        } else {
            breaker.exempt(governed.chain(), &spot.asset).await?;
        }
    }
    let vault =
        Vault::deploy_behind(&governed, breaker.0, manager.address(), &registered.mandate_id, VALID_FOR)
            .await?;
    screen.say(format!("  registry {}, breaker {}", address_text(&at.compliance), address_text(&breaker.0)));
    files::write(&folder.join("deployment.json"), deployment_text(&at)?.as_bytes())?;
    files::write(&folder.join("accounts.toml"), accounts_text(subject)?.as_bytes())?;
    files::write_private(&folder.join("sender.key"), SENDER.as_bytes())?;
    Ok(Stage {
        node,
        governed,
        evm_key,
        subject: subject.set.subject,
        mandate_id: registered.mandate_id,
        vault,
        breaker,
        feed,
        folder,
        options,
    })
}

async fn publish(stage: &Stage<'_>, sheet: &Sheet, key: &VerifyingKey) -> Result<(), Failure> {
    let (quorum, _) = stage.governed.quorum().await?;
    let from = sheet.risk.as_of;
    let usable = Use { from, to: from + 2 * VALID_FOR, quorum };
    let publication = Publication::of(&sheet.risk, &stage.evm_key, evm::spots(&sheet.snapshot), usable)?;
    let (_, point) = Verifier::new(key.clone()).sheet(&sheet.compiled.part, &sheet.risk)?.evm();
    if publication.point != point {
        return fail("the point of the trace is not the verifier's");
    }
    let at = stage.governed.at();
    let keys = stage.node.keys();
    let signatures = [publication.sign(at, &keys[2])?, publication.sign(at, &keys[3])?];
    stage.governed.publish_risk(&publication, &signatures).await?;
    Ok(())
}
