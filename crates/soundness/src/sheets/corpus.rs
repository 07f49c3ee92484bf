//! The sheets that are attacked: the examples, and mandates made at random.

use mandate_market::{RiskModel, Snapshot, examples, risk};
use mandate_policy::{Mandate, MandateError, compile};
use mandate_statement::{RiskPart, RulesPart, Shape};
use rand::Rng;
use rand::seq::SliceRandom;
use std::path::Path;
use std::sync::OnceLock;

/// The instant of the made-up markets.
pub const AS_OF: u64 = 1_767_268_800;
/// Random mandates, all on `t32`.
const RANDOM: u64 = 250;

/// A mandate as its text says it.
pub struct Written {
    /// Where it is from: a file of the examples, or `random <seed>`.
    pub name: String,
    /// Its rules part, compiled from the text.
    pub part: RulesPart,
    /// Its shape.
    pub shape: &'static Shape,
}

/// The snapshots of the made-up market, smallest first: `t32`, `s256`, `m1024`.
pub fn snapshots() -> [Snapshot; 3] {
    [examples::tiny(AS_OF), examples::small(AS_OF), examples::snapshot(AS_OF)]
}

/// The made-up market's risk part on one of those shapes.
pub fn market(shape: &Shape) -> &'static RiskPart {
    static PARTS: OnceLock<Vec<RiskPart>> = OnceLock::new();
    let parts = PARTS.get_or_init(|| {
        let compiled = |s: &Snapshot| {
            let shape = s.universe.shape().expect("a default shape");
            risk::compile(s, shape).expect("the made-up market compiles")
        };
        snapshots().iter().map(compiled).collect()
    });
    parts.iter().find(|p| p.shape == shape.name).expect("a made-up market on that shape")
}

/// The texts of the examples, by file, in order.
///
/// # Panics
/// If they cannot be read.
pub fn example_texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let folder = std::fs::read_dir(root.join("mandates")).expect("the examples are there");
    let mut paths: Vec<_> = folder.map(|f| f.expect("a file").path()).collect();
    paths.push(root.join("demo/fund.toml"));
    paths.push(root.join("real/desk.toml"));
    let mut out: Vec<(String, String)> = paths
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .map(|p| {
            let name = p.file_name().expect("a file").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(p).expect("a text"))
        })
        .collect();
    out.sort();
    out
}

/// A mandate compiled for a shape, or nothing where the shape is too small for it, has other columns, or it says nothing there.
///
/// # Panics
/// If it does not compile for any other reason.
pub fn written(name: &str, text: &str, shape: &'static Shape) -> Option<Written> {
    let mandate = Mandate::parse(name, text).unwrap_or_else(|e| panic!("{e}"));
    let model = RiskModel::by_name(mandate.model.name).expect("the mandate's model");
    if !model.fits(shape) {
        return None;
    }
    let part = match compile(&mandate, model, shape) {
        Ok(compiled) => compiled.part,
        Err(MandateError::TooSmall(_)) => return None,
        Err(e) if e.to_string().contains("says nothing: it holds for every book") => return None,
        Err(e) => panic!("{e}\n{text}"),
    };
    Some(Written { name: format!("{name} on {}", shape.name), part, shape })
}

/// Rule forms: `{}` is a limit, a percentage from 1 to 2000.
const FORMS: [&str; 24] = [
    "gross(all) <= {}% * nav",
    "gross(all) / nav <= {}%",
    "abs(net(all)) <= {}% * nav",
    "for g in groups: gross(g) <= {}% * nav",
    "for v in venues: worst(scenarios, v) <= {}% * nav",
    "for v in venues: worst(scenarios, v) <= nav(v) + {}% * nav",
    "sum(g in groups: worst(scenarios, g)) <= {}% * nav",
    "sum(g in groups: pos(worst(scenarios, g))) <= {}% * nav",
    "worst(scenarios, all) <= {}% * nav",
    "for u in underlyings: max(long(u), short(u)) <= {}% * nav",
    "sum(u in underlyings: max(long(u), short(u))) <= {}% * nav",
    "sum(u in underlyings: net(u)) <= {}% * nav",
    "sum(g in groups: abs(vega(g))) <= {}% * nav",
    "liabilities(all) <= {}% * assets(all)",
    "assets(all) > {}% * liabilities(all)",
    "for v in venues: short(v) <= long(v) + min({}% * cash(v), 2 * nav)",
    "gamma(all) >= -{}% * nav and theta(all) >= -{}% * nav",
    "sum(g in groups: tiers(notional(g); 0 USD: 1%, 1_000 USD: 2%, 50_000 USD: 5%)) <= {}% * nav",
    "for v in venues: tiers(gross(v); 0 USD: 1%, 5_000_000 USD: 2.5%) <= {}% * nav",
    "for i in instruments: gross(i) <= {}% * nav",
    "for i in instruments: notional(i) <= min({} USD, 2 * nav)",
    "sum(v in venues: max(abs(net(v)), gross(v) - {}% * nav, 5 USD)) <= 3 * nav",
    "max(abs(net(all)), gross(all) - {}% * nav) + worst(scenarios, all) <= nav",
    "cash(all) >= {}% * nav and premium(all) <= {}% * nav",
];

/// A mandate of one to five rules, a function of its seed.
pub fn random_text(seed: u64) -> String {
    use rand::SeedableRng;
    use std::fmt::Write;
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut out =
        format!("risk_model = \"crypto-usd/1\"\nmin_nav = \"{} USD\"\n", rng.gen_range(1..1_000_000));
    let count = rng.gen_range(1..=5);
    let forms: Vec<&&str> = FORMS.choose_multiple(&mut rng, count).collect();
    for (i, form) in forms.iter().enumerate() {
        let holds = form.replace("{}", &rng.gen_range(1..=2000).to_string());
        let _ = writeln!(out, "[[rule]]\nid = \"r-{i}\"\ntext = \"a rule\"\nholds = \"{holds}\"");
    }
    out
}

/// Every sheet under attack: each example on each shape of a made-up market that takes it, then the random ones.
pub fn corpus() -> &'static [Written] {
    static CORPUS: OnceLock<Vec<Written>> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let mut out = Vec::new();
        for (name, text) in example_texts() {
            for shape in ["t32", "s256", "m1024"] {
                out.extend(written(&name, &text, Shape::by_name(shape).expect("a default shape")));
            }
        }
        let t32 = Shape::by_name("t32").expect("a default shape");
        out.extend((0..RANDOM).filter_map(|s| written(&format!("random {s}"), &random_text(s), t32)));
        out
    })
}
