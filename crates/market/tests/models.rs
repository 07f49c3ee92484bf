//! Risk models: what the reader refuses, and that every file is what its source says.
#![allow(clippy::print_stderr, missing_docs)]

use mandate_market::{
    BackTest, MODEL_SIZE_LIMIT, MODELS, Price, RiskError, RiskModel, Scenario, VolShift, examples, risk,
};
use mandate_statement::Shape;
use serde_json::Value;
use std::path::PathBuf;

const AS_OF: u64 = 1_800_000_000;

/// A lawful file, small enough to change one key at a time.
const SMALL: &str = r#"name = "made-up/1"
currency = "USD"
money_places = 10
as_of = "2026-01-01"
valid_until = "2026-12-31"
owner = "nobody"
source = "made up"
covers = "little"
leaves_out = "much"
columns = ["value", "staked", "notional", "illiquid", "lots", "forbidden", "assets", "long", "liabilities", "short", "written_margin"]
filled_to = 4
scenarios = [
  { label = "a fall", price = "-15%", moves = { ETH = "-20%", BTC = "-10.25%" }, vol = "up", weight = "33%" },
  { price = "0%", vol = "same" },
]

[vol.up]
rule = "power"
shift = "50%"
short_power = "0.3"
long_power = "0.13"
min_vol = "40%"

[vol.same]
rule = "constant"
shift = "0%"

[parameters]
liquid = ["BTC", "ETH"]
staked = ["STETH"]
debts_at_par = true
written_margin = { rate = "20%", floor = "10%", put_floor = "strike" }

[back_test]
how = "by hand"
figures = [{ coin = "BTC", side = "short", worst = "3.3825%", days = 10, exceeded = 4 }]
"#;

fn p(text: &str) -> Price {
    text.parse().unwrap()
}

#[test]
fn a_file_is_read_as_it_stands() {
    let m = RiskModel::read("made-up.toml", SMALL).unwrap();
    assert_eq!(
        (m.name, m.columns.len(), m.scenarios.len(), m.distinct_scenarios().len()),
        ("made-up/1", 11, 4, 2)
    );
    assert_eq!(m.scenarios[3], m.scenarios[0]);
    assert_eq!(m.scenarios[0].move_of("BTC"), p("-0.1025"));
    assert_eq!(m.scenarios[0].move_of("SOL"), p("-0.15"));
    assert_eq!(m.scenarios[0].named_move("SOL"), None);
    assert_eq!(m.scenarios[0].weight, p("0.33"));
    let words = "a fall: BTC -10.25%, ETH -20%, others -15%/+50% x (30d)^0.3|0.13, at least 40% x33%";
    assert_eq!(m.scenarios[0].words(), words);
    let d = m.details;
    assert_eq!((d.parameters.liquid, d.parameters.staked), (&["BTC", "ETH"][..], &["STETH"][..]));
    assert!(d.parameters.debts_at_par && d.parameters.written_margin.unwrap().put_floor_on_strike);
    assert!(
        matches!(d.back_test, BackTest::Counted { figures: [f], .. } if f.short && f.worst == p("0.033825"))
    );
    // Its last day is whole.
    assert!(m.is_valid_at(1_798_761_599) && !m.is_valid_at(1_798_761_600));
    for part in [
        "until 2026-12-31",
        "leaves out: much",
        "2 more repeat the first",
        "4 of 10 days",
        "`staked` counts STETH",
    ] {
        assert!(m.text().contains(part), "{part}: {}", m.text());
    }
}

/// One change each: the key that is named, and what would be right.
#[test]
fn the_reader_refuses_by_key() {
    for (from, to, key, says) in [
        ("owner = \"nobody\"\n", "", "owner", "it is missing"),
        ("owner", "owners", "owner", "it is missing"),
        ("filled_to", "filed_to", "filed_to", "unknown key; known here are `name`"),
        ("\"made-up/1\"", "\"made-up\"", "name", "`a-z`"),
        ("\"made-up/1\"", "\"Made-up/1\"", "name", "`a-z`"),
        ("\"made-up/1\"", "\"made-up/01\"", "name", "`a-z`"),
        ("\"USD\"", "\"EUR\"", "currency", "\"USD\" must stand here"),
        ("money_places = 10", "money_places = 9", "money_places", "10 must stand here"),
        ("money_places = 10", "money_places = \"10\"", "money_places", "a whole number"),
        ("2026-01-01", "2026-02-30", "as_of", "is no day"),
        ("2026-12-31", "2025-12-31", "valid_until", "before `as_of`"),
        ("\"much\"", "\" \"", "leaves_out", "visible text"),
        ("\"much\"", "\"a\\nb\"", "leaves_out", "visible text"),
        ("\"much\"", "7", "leaves_out", "not a text"),
        (
            "\"value\", \"staked\"",
            "\"value\", \"owed\"",
            "columns",
            "is too late: columns stand in the order",
        ),
        ("\"value\", \"staked\"", "\"value\", \"rho\"", "columns", "is not a column; columns are `value`"),
        ("\"value\", \"staked\"", "\"value\", \"value\"", "columns", "twice"),
        ("\"long\", ", "", "columns", "`long` is missing"),
        ("\"lots\", \"forbidden\"", "\"forbidden\", \"lots\"", "columns", "`lots` and then `forbidden`"),
        ("filled_to = 4", "filled_to = 2", "filled_to", "a number from 3"),
        ("filled_to = 4", "filled_to = 257", "filled_to", "to 256"),
        ("price = \"-15%\"", "price = \"-15\"", "scenarios[0].price", "is not one; a share"),
        ("price = \"-15%\"", "price = -15", "scenarios[0].price", "a share"),
        ("price = \"-15%\"", "price = \"-100%\"", "scenarios[0].price", "is out of range"),
        ("price = \"-15%\"", "price = \"1001%\"", "scenarios[0].price", "is out of range"),
        ("price = \"-15%\"", "price = \"1e1%\"", "scenarios[0].price", "is not one"),
        ("vol = \"same\"", "vol = \"down\"", "scenarios[1].vol", "there are `same`, `up`"),
        ("vol = \"same\" }", "vol = \"same\", volume = 1 }", "scenarios[1].volume", "unknown key"),
        ("weight = \"33%\"", "weight = \"0%\"", "scenarios[0].weight", "above 0%"),
        ("weight = \"33%\"", "weight = \"101%\"", "scenarios[0].weight", "out of range"),
        ("ETH = \"-20%\"", "USD = \"-20%\"", "scenarios[0].moves.USD", "not the model's currency"),
        ("ETH = \"-20%\"", "eth = \"-20%\"", "scenarios[0].moves.eth", "a symbol"),
        ("  { price = \"0%\", vol = \"same\" },\n", "", "vol.same", "no scenario uses it"),
        (
            "  { price = \"0%\"",
            "{ price = \"0%\", vol = \"same\" }, { label = \"b\", price = \"0%\"",
            "scenarios[2]",
            "scenario 1 again",
        ),
        ("rule = \"power\"", "rule = \"powers\"", "vol.up.rule", "\"constant\" or \"power\""),
        ("rule = \"power\"", "rule = \"constant\"", "vol.up.long_power", "unknown key"),
        ("\"0.3\"", "\"1.3\"", "vol.up.short_power", "a number from 0 to 1"),
        ("\"0.3\"", "0.3", "vol.up.short_power", "in quotes"),
        ("min_vol = \"40%\"", "min_vol = \"0%\"", "vol.up.min_vol", "out of range"),
        ("[vol.same]", "[vol.Same]", "vol.Same", "1 to 20 of `a-z`"),
        ("[\"BTC\", \"ETH\"]", "[\"ETH\", \"BTC\"]", "parameters.liquid", "in growing order"),
        ("liquid = [\"BTC\", \"ETH\"]\n", "", "parameters.liquid", "which column `illiquid` leaves out"),
        ("\"illiquid\", ", "", "parameters.liquid", "unknown key"),
        ("debts_at_par = true", "debts_at_par = 1", "parameters.debts_at_par", "true or false"),
        (
            "put_floor = \"strike\"",
            "put_floor = \"spot\"",
            "parameters.written_margin.put_floor",
            "\"strike\" or \"index\"",
        ),
        ("side = \"short\"", "side = \"sold\"", "back_test.figures[0].side", "\"long\" or \"short\""),
        ("exceeded = 4", "exceeded = 11", "back_test.figures[0].exceeded", "more than `days`"),
        ("how = \"by hand\"", "none = \"x\"", "back_test.figures", "unknown key"),
        ("[vol.up]", "[vol.up", "the file", "line 17 is not TOML"),
    ] {
        let text = SMALL.replacen(from, to, 1);
        assert_ne!(text, SMALL, "{from}");
        let error = RiskModel::read("made-up.toml", &text).map(|m| m.name).unwrap_err();
        assert_eq!(error.key, key, "{from} -> {to}: {error}");
        assert!(error.why.contains(says), "{from} -> {to}: {error}");
        assert!(error.to_string().starts_with("made-up.toml: `"), "{error}");
    }
    let large = format!("{SMALL}#{}", " ".repeat(MODEL_SIZE_LIMIT));
    assert!(RiskModel::read("x", &large).unwrap_err().why.contains("at most 65536 are read"));
    let many = "{ price = \"0%\", vol = \"same\" },".repeat(257);
    let error =
        RiskModel::read("x", &SMALL.replace("  { price = \"0%\", vol = \"same\" },", &many)).unwrap_err();
    assert!(error.why.contains("1 to 256"), "{error}");
}

/// Parts: each key that is wrong is named, and a file without parts is as it was.
#[test]
fn a_part_is_refused_by_key() {
    let columns = "\"illiquid\", \"lots\"";
    let with = |keys: &str| {
        let text = SMALL.replacen(columns, "\"illiquid\", \"week\", \"lots\"", 1);
        format!("{text}\n[parts.week]\n{keys}")
    };
    let lawful = "of = \"notional\"\nmeaning = \"m\"\nkinds = [\"call\", \"put\"]\nwithin_days = 7\n";
    let model = RiskModel::read("x", &with(lawful)).unwrap();
    let part = model.part("week").expect("it is there");
    assert_eq!((part.of, part.within_days, part.kinds.len()), ("notional", Some(7), 2));
    let column = model.column("week").expect("a column").1;
    assert_eq!(column.rounding, model.column("notional").unwrap().1.rounding);
    assert!(model.text().contains("`week` is of `notional`: m"), "{}", model.text());
    for (from, to, key, says) in [
        ("\"notional\"\n", "\"lots\"\n", "parts.week.of", "not a column of money"),
        ("\"notional\"\n", "\"other\"\n", "parts.week.of", "not a column of money"),
        ("meaning = \"m\"\n", "", "parts.week.meaning", "it is missing"),
        ("\"put\"", "\"swap\"", "parts.week.kinds", "each once"),
        ("\"put\"", "\"call\"", "parts.week.kinds", "each once"),
        ("within_days = 7", "within_days = 0", "parts.week.within_days", "from 1 to 3650"),
        ("within_days = 7", "within_days = 7\nafter_days = 7", "parts.week.within_days", "not after"),
        (
            "within_days = 7",
            "strike_above = \"110%\"\nstrike_up_to = \"90%\"",
            "parts.week.strike_up_to",
            "not above",
        ),
        ("within_days = 7", "symbols = [\"ETH\", \"BTC\"]", "parts.week.symbols", "in growing order"),
        ("within_days = 7", "days = 7", "parts.week.days", "unknown key"),
        ("kinds = [\"call\", \"put\"]\nwithin_days = 7\n", "", "parts.week.of", "it is the whole"),
    ] {
        assert!(lawful.contains(from), "{from}");
        let error = RiskModel::read("x", &with(&lawful.replacen(from, to, 1))).map(|m| m.name).unwrap_err();
        assert_eq!(error.key, key, "{from} -> {to}: {error}");
        assert!(error.why.contains(says), "{from} -> {to}: {error}");
    }
    // Named by no column, or by a word that means something already.
    let unused = format!("{SMALL}\n[parts.week]\n{lawful}");
    assert_eq!(RiskModel::read("x", &unused).map(|m| m.name).unwrap_err().key, "parts.week");
    for name in ["nav", "worst", "gross", "Week", "1w", "a-b", "abcdefghijklmnopqrstuvwxy"] {
        let text = with(lawful).replace("[parts.week]", &format!("[parts.{name}]"));
        let error = RiskModel::read("x", &text).map(|m| m.name).unwrap_err();
        assert_eq!(error.key, format!("parts.{name}"), "{error}");
    }
}

/// The wide columns on the slots of another shape, so that a small market can be weighed by every model.
fn shape_for(model: &RiskModel, name: &str) -> Shape {
    let shape = *Shape::by_name(name).unwrap();
    if model.fits(&shape) {
        return shape;
    }
    let wide = Shape { signed: 10, absolute: 6, long: 3, short: 3, scenarios: 40, ..shape };
    assert!(model.fits(&wide), "{} fits no shape", model.name);
    wide
}

/// Whoever changes a number of a model, its columns or a formula changes these; a changed file needs another version.
#[test]
fn the_risk_part_of_every_model_is_pinned() {
    let made = examples::snapshot(AS_OF);
    let mut found = String::new();
    for model in MODELS.iter() {
        let part = risk::compile_by(model, &made, &shape_for(model, "m1024")).unwrap();
        found.push_str(&format!("{} {}\n", model.name, part.digest().short()));
    }
    assert_eq!(found, PINNED, "{found}");
}
const PINNED: &str = "\
crypto-usd/1 ef30a7bace61
span-16/1 e771e125e316
aevo-15/1 46c9ea10427a
tims-10/1 a3cbebf9a145
okx-spot/1 53710df78a5f
stress-16/1 aae48b7a1ba6
option-greeks/1 619b88c4eeaf
reserve/1 d8b2fc3abd92
perps-basis/1 cebe6156d026
lending/1 670b7142c3b0
deribit-pm/1 eec87da69c3b
derive-pmrm2/1 768685ae0aaa
paradex-pm/1 ecf7c93579a7
stress-40/1 c40bfd18d83b
option-vault/1 850238a08c8a
reg-t/1 78b87991b2d0
issuers/1 713e7167cb83
pool-shares/1 537973e6e6f3
option-buckets/1 1bfb470fb209
perp-tiers/1 55a0c4bc102c
";

#[test]
fn names_are_those_of_the_files_and_once() {
    assert_eq!(MODELS[0].name, "crypto-usd/1");
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models"));
    let mut files: Vec<String> =
        std::fs::read_dir(root).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    let mut named: Vec<String> =
        MODELS.iter().map(|m| format!("{}.toml", m.name.replace('/', "-"))).collect();
    files.sort();
    named.sort();
    assert_eq!(files, named);
    assert_eq!(MODELS.len(), 20);
    for model in MODELS.iter() {
        let own = model.distinct_scenarios();
        assert!(model.scenarios[own.len()..].iter().all(|s| *s == own[0]));
        assert!(own.iter().skip(1).all(|s| *s != own[0]));
        assert!(matches!(model.scenarios.len(), 16 | 40), "{}", model.name);
    }
}

#[test]
fn a_model_past_its_day_weighs_nothing() {
    let after = examples::small(1_826_841_600);
    let shape = after.universe.shape().unwrap();
    let error = risk::compile_as("aevo-15/1", &after, shape).unwrap_err();
    assert!(matches!(error, RiskError::Expired { model: "aevo-15/1", .. }));
    assert!(
        error.to_string().contains("until 2027-11-21") && error.to_string().contains("2027-11-22"),
        "{error}"
    );
    let last = examples::small(1_826_841_599);
    risk::compile_as("aevo-15/1", &last, shape).unwrap();
    assert!(matches!(risk::compile_as("aevo-15/2", &last, shape), Err(RiskError::UnknownModel(_))));
    assert!(matches!(risk::compile_as("reg-t/1", &last, shape), Err(RiskError::Columns { .. })));
}

fn vectors(file: &str) -> Option<Value> {
    let root = std::env::var_os("MANDATE_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors")),
        PathBuf::from,
    );
    let path = root.join(file);
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}

fn model(name: &str) -> &'static RiskModel {
    RiskModel::by_name(name).unwrap()
}

/// Move, shift of volatilities at thirty days, share: each scenario once, in growing order of text.
fn triples(scenarios: impl IntoIterator<Item = (f64, f64, f64)>) -> Vec<String> {
    let mut out: Vec<String> =
        scenarios.into_iter().map(|(a, b, c)| format!("{:.6} {:.6} {:.6}", a + 0.0, b + 0.0, c)).collect();
    out.sort();
    out
}
fn own(name: &str) -> Vec<String> {
    triples(model(name).distinct_scenarios().iter().map(|s: &Scenario| {
        let (VolShift::Constant { shift } | VolShift::Power { shift, .. }) = s.vol;
        (s.price.to_f64(), shift.to_f64(), s.weight.to_f64())
    }))
}

/// Every grid against the published numbers.
#[test]
fn scenario_sets_are_the_published_ones() {
    let Some(sets) = vectors("scenario_sets.json") else { return };
    let sets = &sets["scenario_sets"];
    let list =
        |v: &Value| -> Vec<f64> { v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect() };
    let rows = |v: &Value| -> Vec<Vec<f64>> { v.as_array().unwrap().iter().map(list).collect() };
    // SPAN: fractions of a price range of 15% and a volatility range of 25%, thirds rounded to six digits in the list.
    let span = rows(&sets["span_16"]["scenarios"]);
    let price = |f: f64| (f * 3.0).round() / 3.0 * 0.15;
    assert_eq!(own("span-16/1"), triples(span.iter().map(|s| (price(s[0]), s[1] * 0.25, s[2]))));
    assert_eq!(own("option-vault/1"), own("span-16/1"));
    let paradex = &sets["paradex_scan"];
    assert_eq!(own("paradex-pm/1"), triples(rows(&paradex["scenarios"]).iter().map(|s| (s[0], s[1], s[2]))));
    let aevo = &sets["aevo_pm_eth"];
    let grid = list(&aevo["spot"])
        .into_iter()
        .flat_map(|m| [(m * 0.2, 0.5, 1.0), (m * 0.2, 0.0, 1.0), (m * 0.2, -0.25, 1.0)]);
    assert_eq!(own("aevo-15/1"), triples(grid));
    let deribit = &sets["deribit_spm_btc"];
    let grid = list(&deribit["price_moves"])
        .into_iter()
        .flat_map(|m| [(m, 0.5, 1.0), (m, 0.0, 1.0), (m, -0.25, 1.0)]);
    let share = |m: f64| rows(&paradex["scenarios"]).iter().find(|s| s[0] == m && s[2] < 1.0).unwrap()[2];
    let extended = list(&deribit["extended_price_moves"]).into_iter().map(|m| (m, 0.5, share(m)));
    assert_eq!(own("deribit-pm/1"), triples(grid.chain(extended)));
    let derive = &sets["derive_pmrm_v2_mainnet"];
    let main = list(&derive["spot_multipliers"]).into_iter().flat_map(|m| {
        let end = m == 1.18 || m == 0.82;
        [(m - 1.0, 0.5, 1.0), (m - 1.0, 0.0, 1.0), (m - 1.0, -0.3, 1.0)].into_iter().take(if end {
            1
        } else {
            3
        })
    });
    let tails = rows(&derive["tails"]).into_iter().map(|t| (t[0] - 1.0, 0.5, t[1]));
    assert_eq!(own("derive-pmrm2/1"), triples(main.chain(tails)));
    for (name, up, down, least) in [
        ("deribit-pm/1", 0.5, -0.25, Some(deribit["vol_shift"]["min_vol_for_up_shock"].as_f64().unwrap())),
        ("derive-pmrm2/1", 0.5, -0.3, Some(derive["min_vol_up"].as_f64().unwrap())),
        ("paradex-pm/1", 0.4, -0.22, None),
    ] {
        for s in model(name).scenarios {
            let VolShift::Power { shift, short_power, long_power, min_vol } = s.vol else { continue };
            assert_eq!((short_power, long_power), (p("0.3"), p("0.13")), "{name}");
            let wanted = if shift.to_f64() == up { least } else { None };
            assert!(shift.to_f64() == up || shift.to_f64() == down, "{name}");
            assert_eq!(min_vol.map(Price::to_f64), wanted, "{name}");
        }
    }
    let tims = &sets["tims_cpm"];
    let ends = list(&tims["ranges"]["equity_and_narrow_index"]);
    let step = ends[1] / 5.0;
    let points = (1..=5).flat_map(|i| [f64::from(i) * step, f64::from(-i) * step]);
    assert_eq!(own("tims-10/1"), triples(points.map(|m| (m, 0.0, 1.0))));
    assert_eq!(own("tims-10/1").len() as u64, tims["points"].as_u64().unwrap());
    assert_eq!(own("reg-t/1"), own("tims-10/1"));
    let okx = &sets["okx_pm"];
    for (coin, class) in [("BTC", "BTC_ETH"), ("ETH", "BTC_ETH"), ("DOGE", "others")] {
        let mut wanted = list(&okx["mr1_spot_shock"][class]);
        wanted.push(okx["mr6_extreme"][class].as_f64().unwrap());
        let moves =
            model("okx-spot/1").distinct_scenarios().iter().map(|s| (s.move_of(coin).to_f64(), 0.0, 1.0));
        let both = wanted.into_iter().flat_map(|m| if m == 0.0 { vec![0.0] } else { vec![m, -m] });
        assert_eq!(triples(moves), triples(both.map(|m| (m, 0.0, 1.0))), "{coin}");
    }
}

/// Moves of the named days are the recorded ones, and other coins move by the largest of them.
#[test]
fn stress_days_are_the_recorded_ones() {
    let Some(history) = vectors("historic_stress.json") else { return };
    let events = history["events"].as_array().unwrap();
    let mut seen = 0;
    for s in ["stress-16/1", "stress-40/1"].iter().flat_map(|n| model(n).distinct_scenarios()) {
        let label = s.label.unwrap();
        let (record, field): (&Value, &str) = if let Some((from, to)) = label.split_once(" to ") {
            let windows = history["windows"].as_array().unwrap();
            (&windows.iter().find(|w| w["from_close"] == from && w["to_close"] == to).unwrap()["return"], "")
        } else {
            let day = &events.iter().find(|e| e["date"] == label[..10]).unwrap()["moves_vs_prior_close"];
            (day, if label[10..] == *" low" { "low" } else { "close" })
        };
        let recorded = |symbol: &str, field: &str| {
            let r = &record[symbol];
            if field.is_empty() { r.as_f64() } else { r[field].as_f64() }
        };
        let coins = ["BNB", "BTC", "DOGE", "ETH", "LINK", "SOL", "XRP"];
        let mut largest = 0.0f64;
        for coin in coins {
            let wanted = recorded(coin, field);
            assert_eq!(s.named_move(coin).map(Price::to_f64), wanted, "{label} {coin}");
            largest = wanted.filter(|w| w.abs() > largest.abs()).unwrap_or(largest);
        }
        assert_eq!(s.price.to_f64(), largest, "{label}");
        for stable in ["USDC", "USDT"] {
            let at = if label.contains("at its low") { "low" } else { "close" };
            let wanted = label.starts_with("2023-03-11").then(|| recorded(stable, at).unwrap());
            assert_eq!(s.named_move(stable).map(Price::to_f64), wanted, "{label} {stable}");
        }
        let up = recorded("BTC", field).unwrap() < 0.0;
        assert_eq!(matches!(s.vol, VolShift::Power { .. }), up, "{label}");
        seen += 1;
    }
    assert_eq!(seen, 56);
    // What the files say of stablecoins that they leave out: every move of 0.4% or more, by day and to the digit.
    for event in events {
        let (day, moves) = (event["date"].as_str().unwrap(), &event["moves_vs_prior_close"]);
        let close = |symbol: &str| moves[symbol]["close"].as_f64().unwrap();
        for m in [model("stress-16/1"), model("stress-40/1")] {
            let within = m.distinct_scenarios().iter().any(|s| s.label == Some(day)) && day != "2023-03-11";
            let large = close("USDC").abs().max(close("USDT").abs()) >= 0.004;
            let words =
                format!("{day} (USDC {:+.2}%, USDT {:+.2}%", close("USDC") * 100.0, close("USDT") * 100.0);
            assert_eq!(m.details.leaves_out.contains(&words), within && large, "{} {words}", m.name);
        }
    }
    for event in events {
        let named = |s: &&Scenario| s.label.unwrap() == event["date"].as_str().unwrap();
        assert_eq!(model("stress-40/1").scenarios.iter().filter(named).count(), 1, "{}", event["date"]);
    }
}

/// The sets of round shocks name recorded moves that go beyond them, and these do.
#[test]
fn round_shocks_name_what_goes_beyond_them() {
    let Some(history) = vectors("historic_stress.json") else { return };
    let event = |day: &str, symbol: &str, field: &str| {
        let events = history["events"].as_array().unwrap();
        let found = events.iter().find(|e| e["date"] == day).unwrap();
        found["moves_vs_prior_close"][symbol][field].as_f64().unwrap()
    };
    for name in ["reserve/1", "perps-basis/1", "lending/1", "issuers/1", "pool-shares/1"] {
        let BackTest::None(why) = model(name).details.back_test else { panic!("{name} has a back-test") };
        for (symbol, field, day, way) in [
            ("USDT", "low", "2020-03-13", "down at the low"),
            ("USDC", "low", "2023-03-11", "down at the low"),
            ("USDT", "close", "2020-03-12", "up at the close"),
        ] {
            let recorded = event(day, symbol, field);
            let words = format!("{symbol} {:.2}% {way} of {day}", recorded.abs() * 100.0);
            assert!(why.contains(&words), "{name}: {words}");
            let beyond = model(name).scenarios.iter().all(|s| {
                let here = s.named_move(symbol).map_or(0.0, Price::to_f64);
                if recorded < 0.0 { recorded < here } else { recorded > here }
            });
            assert!(beyond, "{name}: {words}");
        }
    }
}

/// Each back-test figure, counted again from the daily closes.
#[test]
fn back_tests_count_again() {
    let root = std::env::var_os("MANDATE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    for model in MODELS.iter() {
        let BackTest::Counted { figures, .. } = model.details.back_test else { continue };
        for f in figures {
            let path = root.join(format!("unlicensed/prices/{}-USD_daily_ohlcv_2020_2025.csv", f.coin));
            let Ok(text) = std::fs::read_to_string(&path) else {
                eprintln!("skipped: there is no {}", path.display());
                return;
            };
            let mut closes: Vec<(&str, f64)> = text
                .lines()
                .skip(1)
                .map(|l| l.split(',').collect::<Vec<_>>())
                .map(|c| (c[1], c[5].parse().unwrap()))
                .collect();
            closes.sort_by(|a, b| a.0.cmp(b.0));
            let sign = if f.short { -1.0 } else { 1.0 };
            let worst = model
                .distinct_scenarios()
                .iter()
                .map(|s| -sign * s.move_of(f.coin).to_f64() * s.weight.to_f64())
                .fold(0.0, f64::max);
            assert!((worst - f.worst.to_f64()).abs() < 1e-9, "{} {f:?}: {worst}", model.name);
            let lost =
                closes.windows(2).filter(|w| -sign * (w[1].1 / w[0].1 - 1.0) > f.worst.to_f64()).count();
            assert_eq!(
                (lost, closes.len() - 1),
                (f.exceeded as usize, f.days as usize),
                "{} {f:?}",
                model.name
            );
        }
    }
}
