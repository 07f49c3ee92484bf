//! `mandate snapshot example|import|show|models|compare`.

use crate::failure::{Done, Failure, Outcome, fail};
use crate::files;
use crate::place;
use crate::screen::Screen;
use crate::sheet;
use mandate_market::import::{Desk, InputFile, read_any_chain};
use mandate_market::{BackTest, MODELS, RiskModel, Snapshot, compare, examples, risk, time};
use mandate_statement::{Runs, SHAPES, Shape};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What to do with snapshots.
#[derive(clap::Subcommand)]
pub enum Command {
    /// A made-up market: no number in it was ever quoted.
    Example(Example),
    /// Read venue files, run the data-quality gates, cut the universe.
    Import(Box<Import>),
    /// Show a snapshot, or one slot of it with its weights.
    Show(Show),
    /// The risk models that a mandate can name, or one of them with its columns, scenarios and sources.
    Models {
        /// A model, for example `crypto-usd/1`.
        name: Option<String>,
    },
    /// Price an option chain and give the distribution of differences against its own quotes.
    Compare {
        /// A Deribit option chain as CSV.
        #[arg(long, value_name = "CSV")]
        deribit: PathBuf,
    },
}

/// A made-up market.
#[derive(clap::Args)]
pub struct Example {
    /// How large: tiny (shape t32), small (s256), medium (m1024), or strikes (o2048, options in runs).
    #[arg(long, default_value = "small")]
    size: Size,
    /// Its instant; now where nothing is said.
    #[arg(long, value_parser = place::instant)]
    as_of: Option<u64>,
    /// Where to write it; JSON if the name ends in `.json`.
    #[arg(short, long, value_name = "SNAP")]
    out: PathBuf,
}

/// Sizes of the made-up market.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Size {
    /// Shape t32.
    Tiny,
    /// Shape s256.
    Small,
    /// Shape m1024.
    Medium,
    /// Shape o2048.
    Strikes,
    /// Shape s256, with shares of liquidity pools.
    Pools,
}

impl Size {
    /// The market.
    pub fn snapshot(self, as_of: u64) -> Snapshot {
        match self {
            Self::Tiny => examples::tiny(as_of),
            Self::Small => examples::small(as_of),
            Self::Medium => examples::snapshot(as_of),
            Self::Strikes => examples::strikes(as_of),
            Self::Pools => examples::pools(as_of),
        }
    }
}

/// Venue files.
#[derive(clap::Args)]
pub struct Import {
    /// Deribit option chain.
    #[arg(long, value_name = "CSV")]
    deribit: Option<PathBuf>,
    /// Deribit perpetual prices.
    #[arg(long, value_name = "CSV", requires = "deribit")]
    perpetuals: Option<PathBuf>,
    /// Deribit futures marks.
    #[arg(long, value_name = "CSV", requires = "deribit")]
    futures: Option<PathBuf>,
    /// Binance collateral list: prices and haircuts.
    #[arg(long, value_name = "CSV")]
    binance: Option<PathBuf>,
    /// List every asset of the collateral list in custody, not the majors only.
    #[arg(long, requires = "binance")]
    custody_all: bool,
    /// Gate.io perpetuals.
    #[arg(long, value_name = "JSON")]
    gateio: Option<PathBuf>,
    /// Ranges of liquidity pools: account, tokens, decimals, ticks.
    #[arg(long, value_name = "CSV")]
    pools: Option<PathBuf>,
    /// Instant, where there is no chain to take it from.
    #[arg(long, value_parser = place::instant)]
    as_of: Option<u64>,
    /// Coin of the chain to take (may be repeated); all of them where none is named.
    #[arg(long, value_name = "SYMBOL", requires = "deribit")]
    only: Vec<String>,
    /// Underlying with a group of its own (may be repeated); the chain's coins where none is named.
    #[arg(long, value_name = "SYMBOL")]
    named: Vec<String>,
    /// Shape; the smallest that fits where none is named.
    #[arg(long)]
    shape: Option<String>,
    /// Where to write it; JSON if the name ends in `.json`.
    #[arg(short, long, value_name = "SNAP")]
    out: PathBuf,
}

/// What to show.
#[derive(clap::Args)]
pub struct Show {
    /// The snapshot.
    snapshot: PathBuf,
    /// One slot with its weights.
    #[arg(long)]
    slot: Option<usize>,
    /// Risk model of the weights; the first one that fits the snapshot's shape where none is named.
    #[arg(long)]
    model: Option<String>,
    /// The runs: options of each expiry by strike, on a shape with strips.
    #[arg(long, conflicts_with = "slot")]
    runs: bool,
    /// Every listed slot.
    #[arg(long)]
    slots: bool,
}

/// Runs one.
pub fn run(command: &Command, screen: &Screen) -> Done {
    match command {
        Command::Example(args) => {
            if !(978_307_200..4_039_372_800).contains(&args.as_of.unwrap_or_else(place::now)) {
                return fail("the made-up market is of the years 2001 to 2097");
            }
            let snapshot = args.size.snapshot(args.as_of.unwrap_or_else(place::now));
            write(&args.out, &snapshot)?;
            screen.data(|| summary(&snapshot), || summary_json(&snapshot));
        }
        Command::Import(args) => import(args, screen)?,
        Command::Show(args) => show(args, screen)?,
        Command::Models { name } => models(name.as_deref(), screen)?,
        Command::Compare { deribit } => {
            let rows = read_any_chain(&InputFile::read(deribit)?)?;
            let found = compare::compare(&rows);
            screen.data(
                || format!("{} rows\n{found}", found.rows),
                || {
                    let list = found.differences.iter().map(|d| {
                        json!({"what": d.what, "unit": d.unit, "options": d.count, "p50": d.p50, "p90": d.p90,
                               "p99": d.p99, "max": d.max, "worst": d.worst})
                    });
                    json!({ "rows": found.rows, "differences": list.collect::<Vec<_>>() })
                },
            );
        }
    }
    Ok(Outcome::Holds)
}

/// Writes a snapshot, in JSON where its name says so.
pub fn write(path: &Path, snapshot: &Snapshot) -> Result<(), Failure> {
    if path.extension().is_some_and(|e| e == "json") {
        return files::write(path, snapshot.to_json().as_bytes());
    }
    files::write(path, &snapshot.to_bytes())
}

fn import(args: &Import, screen: &Screen) -> Result<(), Failure> {
    let read = |path: &Option<PathBuf>| path.as_deref().map(InputFile::read).transpose();
    let desk = Desk {
        chain: read(&args.deribit)?,
        perpetuals: read(&args.perpetuals)?,
        futures: read(&args.futures)?,
        collateral: read(&args.binance)?,
        custody_all: args.custody_all,
        gateio: read(&args.gateio)?,
        pools: read(&args.pools)?,
        as_of: args.as_of,
        only: args.only.clone(),
        named: args.named.clone(),
        shape: args.shape.clone(),
        ..Desk::default()
    };
    if desk.chain.is_none() && desk.collateral.is_none() && desk.gateio.is_none() {
        return fail("nothing to import: name at least one of --deribit, --binance, --gateio");
    }
    let (imported, _) = screen.timed("importing", || desk.import());
    let imported = imported?;
    write(&args.out, &imported.snapshot)?;
    screen.data(
        || format!("{}\n{}", imported.report, summary(&imported.snapshot)),
        || json!({ "quality": imported.report, "snapshot": summary_json(&imported.snapshot) }),
    );
    Ok(())
}

fn show(args: &Show, screen: &Screen) -> Result<(), Failure> {
    let snapshot = sheet::snapshot(&args.snapshot)?;
    if let Some(slot) = args.slot {
        let shape = snapshot.universe.shape()?;
        if slot >= shape.slots {
            return fail(format!("slot {slot} does not exist; shape {} has {}", shape.name, shape.slots));
        }
        let part = risk::compile_as(model_for(args.model.as_deref(), shape)?.name, &snapshot, shape)?;
        let text = risk::explain_slot(&part, &snapshot, slot)?;
        let label = snapshot.universe.slot_label(slot);
        screen.data(
            || text.clone(),
            || json!({ "slot": slot, "label": label, "model": part.model, "weights": part.weights_of(shape, slot), "text": text }),
        );
        return Ok(());
    }
    if args.runs {
        let shape = snapshot.universe.shape()?;
        let part = risk::compile_as(model_for(args.model.as_deref(), shape)?.name, &snapshot, shape)?;
        let text = risk::explain_runs(&part, &snapshot)?;
        if text.is_empty() {
            return fail(format!(
                "there is no run: shape {} has no strips, or no option is listed",
                shape.name
            ));
        }
        screen.data(
            || text.clone(),
            || json!({ "model": part.model, "runs": runs_json(&snapshot), "text": text }),
        );
        return Ok(());
    }
    screen.data(
        || {
            let mut out = summary(&snapshot);
            if args.slots {
                out.push_str("\n slot  what\n");
                for slot in snapshot.universe.slots().into_iter().flatten() {
                    let _ = writeln!(
                        out,
                        "{:>5}  {}  (lot {} {})",
                        slot.index,
                        snapshot.universe.slot_label(slot.index).unwrap_or_default(),
                        slot.slot.lot(),
                        slot.slot.instrument.quantity_unit()
                    );
                }
            }
            out
        },
        || summary_json(&snapshot),
    );
    Ok(())
}

/// The model of that name, or the first one whose columns are the shape's.
fn model_for(name: Option<&str>, shape: &Shape) -> Result<&'static RiskModel, Failure> {
    let Some(name) = name else {
        let first = MODELS.iter().find(|m| m.fits(shape));
        return first
            .map_or_else(|| fail(format!("no risk model has the columns of shape {}", shape.name)), Ok);
    };
    let known = || MODELS.iter().map(|m| format!("`{}`", m.name)).collect::<Vec<_>>().join(", ");
    RiskModel::by_name(name)
        .map_or_else(|| fail(format!("there is no risk model `{name}`; models are {}", known())), Ok)
}

fn models(name: Option<&str>, screen: &Screen) -> Result<(), Failure> {
    if let Some(name) = name {
        let model = model_for(Some(name), &SHAPES[0])?;
        screen.data(|| model.text(), || model_json(model));
        return Ok(());
    }
    let shapes =
        |m: &RiskModel| -> Vec<&str> { SHAPES.iter().filter(|s| m.fits(s)).map(|s| s.name).collect() };
    screen.data(
        || {
            let line = |m: &RiskModel| {
                let scenarios = m.distinct_scenarios().len();
                format!("{:<18} {scenarios:>2} scenarios  shapes {}\n", m.name, shapes(m).join(", "))
            };
            MODELS.iter().map(line).collect()
        },
        || MODELS.iter().map(model_json).collect(),
    );
    Ok(())
}

fn model_json(model: &RiskModel) -> Value {
    let d = model.details;
    let day = |days: u64| time::instant_text(days * time::DAY)[..10].to_owned();
    let back_test = match d.back_test {
        BackTest::None(why) => json!({ "none": why }),
        BackTest::Counted { how, figures } => json!({
            "how": how,
            "figures": figures.iter().map(|f| json!({
                "coin": f.coin, "side": if f.short { "short" } else { "long" }, "worst": f.worst, "days": f.days,
                "exceeded": f.exceeded,
            })).collect::<Vec<_>>(),
        }),
    };
    json!({
        "name": model.name,
        "as_of": day(d.as_of),
        "valid_until": day(d.valid_until),
        "owner": d.owner,
        "source": d.source,
        "covers": d.covers,
        "leaves_out": d.leaves_out,
        "columns": model.columns.iter().map(|c| c.name).collect::<Vec<_>>(),
        "scenarios": model.distinct_scenarios().iter().map(mandate_market::Scenario::words).collect::<Vec<_>>(),
        "filled_to": model.scenarios.len(),
        "shapes": SHAPES.iter().filter(|s| model.fits(s)).map(|s| s.name).collect::<Vec<_>>(),
        "back_test": back_test,
    })
}

fn runs_json(snapshot: &Snapshot) -> Value {
    let Ok(arrangements) = snapshot.universe.arrangements() else { return Value::Null };
    let list = arrangements.flat_map(|(first, _, a)| {
        let one = |run: &mandate_market::Run<'_>| {
            json!({
                "underlying": run.underlying,
                "expiry": run.expiry,
                "first_slot": first + run.strips.start * Runs::STRIP_SLOTS,
                "strips": run.strips.len(),
                "strikes": run.pairs.iter().map(|p| p.strike).collect::<Vec<_>>(),
            })
        };
        a.runs.iter().map(one).collect::<Vec<_>>()
    });
    list.collect()
}

/// A snapshot in a few lines.
pub fn summary(snapshot: &Snapshot) -> String {
    let universe = &snapshot.universe;
    let mut out = String::new();
    let _ = writeln!(out, "snapshot {}", snapshot.digest());
    let _ = writeln!(out, "universe {} ({})", universe.digest(), universe.name);
    let _ = writeln!(out, "as of {} ({})", time::instant_text(snapshot.as_of), snapshot.as_of);
    let _ = writeln!(
        out,
        "shape {}: {} slots listed, {} accounts, underlyings {}",
        universe.shape,
        universe.listed(),
        universe.accounts.len(),
        universe.assets.join(", ")
    );
    if let Some(shape) = universe.shape().ok().filter(|shape| shape.strips > 0) {
        let (mut runs, mut strips, mut strikes) = (0, 0, 0);
        for (_, _, arrangement) in universe.arrangements().into_iter().flatten() {
            runs += arrangement.runs.len();
            strips += arrangement.runs.iter().map(|r| r.strips.len()).sum::<usize>();
            strikes += arrangement.runs.iter().map(|r| r.pairs.len()).sum::<usize>();
        }
        let spare = strips * Runs::STRIP_PAIRS - runs - strikes;
        let _ = writeln!(
            out,
            "runs: {runs} expiries with {strikes} strikes on {strips} of {} strips, {spare} spare pairs among them; {} of {} slots free",
            shape.strips,
            shape.slots - universe.listed(),
            shape.slots
        );
    }
    for (index, account) in universe.accounts.iter().enumerate() {
        let slots: usize = account.groups.iter().map(|g| g.slots.len()).sum();
        let _ = writeln!(out, "  account {index}  {:<32} {slots:>5} slots", account.label());
    }
    let _ = writeln!(
        out,
        "{} of {} currencies and {} of {} quotes priced",
        snapshot.currencies.values().filter(|s| s.priced().is_some()).count(),
        snapshot.currencies.len(),
        snapshot.quotes.values().filter(|s| s.priced().is_some()).count(),
        snapshot.quotes.len()
    );
    for source in &snapshot.sources {
        let digest = source.digest.map_or_else(String::new, |d| format!("  {d}"));
        let _ = writeln!(out, "  source  {}{digest}", source.name);
    }
    out
}

fn summary_json(snapshot: &Snapshot) -> Value {
    let universe = &snapshot.universe;
    json!({
        "digest": snapshot.digest(),
        "universe": universe.digest(),
        "name": universe.name,
        "as_of": snapshot.as_of,
        "shape": universe.shape,
        "listed": universe.listed(),
        "accounts": universe.accounts.iter().map(mandate_market::Account::label).collect::<Vec<_>>(),
        "assets": universe.assets,
        "sources": snapshot.sources,
    })
}
