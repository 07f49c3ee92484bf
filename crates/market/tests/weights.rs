//! Weights of every model against prices taken anew: scenarios by what a position would be worth, columns by hand.
#![allow(clippy::print_stderr, missing_docs)]

use mandate_market::black76::{black76, years_between};
use mandate_market::{
    Instrument, MODELS, Price, Right, RiskModel, Scenario, Settle, Snapshot, VOCABULARY, VolShift, examples,
    risk,
};
use mandate_statement::{Mode, RiskPart, Shape};
use serde_json::Value;
use std::path::PathBuf;

const AS_OF: u64 = 1_800_000_000;

fn shape_for(model: &RiskModel, name: &str) -> Shape {
    let shape = *Shape::by_name(name).unwrap();
    if model.fits(&shape) {
        shape
    } else {
        Shape { signed: 10, absolute: 6, long: 3, short: 3, scenarios: 40, ..shape }
    }
}

/// A volatility after a shift, written out once more: days by the clock, never under one.
fn shifted(vol: f64, shift: &VolShift, seconds: u64) -> f64 {
    match shift {
        VolShift::Constant { shift } => vol + vol * shift.to_f64(),
        VolShift::Power { shift, short_power, long_power, min_vol } => {
            let days = (seconds as f64 / 86_400.0).max(1.0);
            let power = if days < 30.0 { short_power } else { long_power }.to_f64();
            let change = shift.to_f64() * (power * (30.0f64.ln() - days.ln())).exp();
            (vol * (1.0 + change).max(0.0)).max(min_vol.map_or(0.0, Price::to_f64))
        }
    }
}

/// What one unit is worth in USD with the market moved, and with it unmoved.
fn worth(snapshot: &Snapshot, venue: &str, instrument: &Instrument, s: Option<&Scenario>) -> f64 {
    let symbol = instrument.exposure();
    let by = s.map_or(0.0, |s| s.move_of(symbol).to_f64());
    let index = snapshot.price_of(symbol).unwrap().to_f64();
    if let Instrument::LiquidityRange { currency, lower, upper, .. } = instrument {
        // From the whitepaper, roots subtracted as they stand there: coins below, both inside, the currency above.
        let paired = s.and_then(|s| s.named_move(currency)).map_or(0.0, Price::to_f64);
        let (coin, money) =
            (index * (1.0 + by), snapshot.price_of(currency).unwrap().to_f64() * (1.0 + paired));
        let [a, b, p] = [lower.to_f64(), upper.to_f64(), coin / money].map(f64::sqrt);
        return if p <= a {
            (1.0 / a - 1.0 / b) * coin
        } else if p >= b {
            (b - a) * money
        } else {
            (1.0 / p - 1.0 / b) * coin + (p - a) * money
        };
    }
    let Some(settle) = instrument.settle() else {
        let cash = snapshot.universe.class_of(symbol).unwrap().is_cash();
        let by = if cash { s.and_then(|s| s.named_move(symbol)).map_or(0.0, Price::to_f64) } else { by };
        return index * (1.0 + by);
    };
    let quote = snapshot.quote(venue, instrument).unwrap();
    let mark = quote.mark.to_f64();
    let money = snapshot.price_of(instrument.settlement_currency().unwrap()).unwrap().to_f64();
    match (instrument, settle) {
        (Instrument::Option { expiry, strike, right, .. }, settle) => {
            let (forward, vol) = (quote.forward.unwrap().to_f64(), quote.vol.unwrap().to_f64());
            let moved = forward * (1.0 + by);
            let vol = s.map_or(vol, |s| shifted(vol, &s.vol, expiry - snapshot.as_of));
            let black = black76(moved, strike.to_f64(), years_between(snapshot.as_of, *expiry), vol, *right);
            match settle {
                // So much coin, and the coin is worth the moved index.
                Settle::Inverse => black.price / moved * index * (1.0 + by),
                Settle::Linear { .. } => black.price * money,
            }
        }
        // A dollar of face, entered at the mark: gains in coin, worth the moved index.
        (_, Settle::Inverse) => (1.0 / mark - 1.0 / (mark * (1.0 + by))) * index * (1.0 + by),
        (_, Settle::Linear { .. }) => mark * (1.0 + by) * money,
    }
}

/// Every scenario of every model, slot by slot, is the share of the change in worth.
#[test]
fn scenarios_are_repricings() {
    let mut checked = 0;
    for (made, name, model) in [(examples::snapshot(AS_OF), "m1024"), (examples::pools(AS_OF), "s256")]
        .iter()
        .flat_map(|(made, name)| MODELS.iter().map(move |model| (made, *name, model)))
    {
        let shape = shape_for(model, name);
        let part = risk::compile_by(model, made, &shape).unwrap();
        for slot in made.universe.slots().unwrap() {
            let venue = &made.universe.accounts[slot.account].venue;
            let instrument = &slot.slot.instrument;
            let units = 10f64.powi(10 - i32::from(slot.slot.lot_places));
            let now = worth(made, venue, instrument, None);
            for (s, scenario) in model.scenarios.iter().enumerate() {
                let then = worth(made, venue, instrument, Some(scenario));
                let wanted = (then - now) * scenario.weight.to_f64() * units;
                let got = part.weights_of(&shape, slot.index)[shape.metrics() + s] as f64;
                let scale = then.abs().max(now.abs()).max(1.0) * units;
                assert!(
                    (got - wanted).abs() <= 0.501 + 1e-9 * scale,
                    "{} {instrument} {}: {got}, repriced {wanted}",
                    model.name,
                    scenario.words()
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 50_000, "{checked}");
}

/// Every column has its weight per slot and name, as the model that has it says.
struct Weights<'a> {
    made: &'a Snapshot,
    model: &'static RiskModel,
    shape: Shape,
    part: RiskPart,
}

impl<'a> Weights<'a> {
    fn of(made: &'a Snapshot, name: &str) -> Self {
        let model = RiskModel::by_name(name).unwrap();
        let shape = shape_for(model, "m1024");
        Self { made, model, shape, part: risk::compile_by(model, made, &shape).unwrap() }
    }
    fn at(&self, account: &str, instrument: &str, column: &str) -> i64 {
        let account = self.made.universe.account_index(account).unwrap();
        let slot = self.made.universe.find(account, instrument).unwrap_or_else(|| panic!("{instrument}"));
        self.part.weights_of(&self.shape, slot)[self.model.column(column).unwrap().0]
    }
}

const HARBOUR: &str = "harbour/cross/main";

/// Options of the made-up market at `harbour`: names by days to expiry.
fn option(made: &Snapshot, days: u64, strike: &str, right: &str) -> String {
    let names = made.universe.slots().unwrap().map(|s| &s.slot.instrument);
    let expiry = AS_OF / 86_400 * 86_400 + 8 * 3600 + days * 86_400;
    let fits = |i: &&Instrument| {
        i.expiry() == Some(expiry)
            && i.exposure() == "BTC"
            && i.to_string().ends_with(&format!("-{strike}-{right}"))
    };
    names.into_iter().find(fits).unwrap().to_string()
}

#[test]
fn columns_are_what_their_words_say() {
    let made = examples::snapshot(AS_OF);
    let wide = Weights::of(&made, "deribit-pm/1");
    let greeks = Weights::of(&made, "option-greeks/1");
    let reserve = Weights::of(&made, "reserve/1");
    let basis = Weights::of(&made, "perps-basis/1");
    let lending = Weights::of(&made, "lending/1");
    let vault = Weights::of(&made, "option-vault/1");
    let reg_t = Weights::of(&made, "reg-t/1");
    // One lot of 10^-8 BTC at 60,000 USD is 6,000,000 units; haircut 5%.
    for name in ["BTC", "DEPOSIT:BTC", "BORROW:BTC"] {
        for (w, column, wanted) in [
            (&wide, "owned", 6_000_000),
            (&wide, "held", 6_000_000),
            (&wide, "illiquid", 0),
            (&wide, "perp_notional", 0),
            (&wide, "short_options", 0),
            (&wide, "liabilities", 6_300_000),
            (&lending, "liabilities", 6_000_000),
            (&lending, "assets", 5_700_000),
            (&reserve, "stable", 0),
            (&reserve, "staked", 0),
            (&vault, "put_cash", 0),
            (&reg_t, "written_margin", 0),
        ] {
            assert_eq!(w.at(HARBOUR, name, column), wanted, "{name} {column}");
        }
    }
    assert_eq!(wide.at(HARBOUR, "PNL:BTC", "owned"), 0);
    assert_eq!(wide.at(HARBOUR, "PNL:BTC", "held"), 0);
    // A stablecoin is stable and cash; a dollar is cash alone. One lot of USDC is 10^-3 at 0.9998.
    for (name, cash, stable) in [("USDC", 9_998_000, 9_998_000), ("USD", 10_000_000, 0)] {
        assert_eq!(reserve.at(HARBOUR, name, "cash"), cash);
        assert_eq!(reserve.at(HARBOUR, name, "stable"), stable);
        assert_eq!(wide.at(HARBOUR, name, "held"), cash);
        assert_eq!(wide.at(HARBOUR, name, "owned"), 0);
    }
    // The depeg of 12% moves USDC and no dollar.
    let depeg = reserve.model.scenarios.iter().position(|s| s.label == Some("stablecoins -12%")).unwrap();
    let move_of = |name: &str| {
        let slot = made.universe.find(made.universe.account_index(HARBOUR).unwrap(), name).unwrap();
        reserve.part.weights_of(&reserve.shape, slot)[reserve.shape.metrics() + depeg]
    };
    assert_eq!((move_of("USDC"), move_of("USD"), move_of("BTC")), (-1_199_760, 0, 0));
    // Contracts.
    for (account, name, face) in
        [("quay/cross/main", "BTC_USDT-PERPETUAL", 6_003_601), (HARBOUR, "BTC-PERPETUAL", 10_000_000)]
    {
        assert_eq!(wide.at(account, name, "perp_notional"), face);
        assert_eq!(basis.at(account, name, "perp_notional"), face);
        assert_eq!(wide.at(account, name, "owned"), 0);
        assert_eq!(wide.at(account, name, "illiquid"), 0);
    }
    // Options at the index; strikes secured in dollars.
    let (call, put) = (option(&made, 35, "66000", "C"), option(&made, 35, "66000", "P"));
    for (w, name, column, wanted) in [
        (&wide, &call, "short_options", 6_000_000),
        (&wide, &put, "short_options", 6_000_000),
        (&wide, &put, "owned", 0),
        (&wide, &put, "perp_notional", 0),
        (&vault, &call, "put_cash", 0),
        (&vault, &put, "put_cash", 6_600_000),
    ] {
        assert_eq!(w.at(HARBOUR, name, column), wanted, "{name} {column}");
    }
    // 20% of 60,000 less 6,000 out of the money is 6,000, as much as the least 10% of the index: the call's margin is its
    // mark and 6,000. The put is in the money: its mark and 12,000. Far out of the money the least share is of the strike.
    let far = option(&made, 35, "42000", "P");
    for (name, charge) in [(&call, 600_000), (&put, 1_200_000), (&far, 420_000)] {
        let (mark, margin) = (reg_t.at(HARBOUR, name, "premium"), reg_t.at(HARBOUR, name, "written_margin"));
        assert!((mark + charge..=mark + charge + 1).contains(&margin), "{name}: {mark} {margin}");
    }
    // Vega stands in one bucket.
    for (days, near, middle) in [(7, true, false), (35, false, true), (126, false, false)] {
        let name = option(&made, days, "60000", "C");
        let vega = greeks.at(HARBOUR, &name, "vega");
        assert!(vega > 0);
        assert_eq!(greeks.at(HARBOUR, &name, "vega_30d"), if near { vega } else { 0 }, "{name}");
        assert_eq!(greeks.at(HARBOUR, &name, "vega_90d"), if middle { vega } else { 0 }, "{name}");
        assert_eq!(wide.at(HARBOUR, &name, "vega_30d"), if near { vega } else { 0 }, "{name}");
    }
}

/// Words that no model of the program has chosen so far: a model of all words, on a shape made for it.
#[test]
fn every_word_of_the_vocabulary_has_its_weight() {
    let words = |mode: Mode| VOCABULARY.iter().filter(move |c| c.mode == mode).map(|c| c.name);
    let all: Vec<&str> =
        [Mode::Signed, Mode::Absolute, Mode::Long, Mode::Short].into_iter().flat_map(words).collect();
    assert_eq!(all.len(), VOCABULARY.len());
    let text = format!(
        "name = \"all/1\"\ncurrency = \"USD\"\nmoney_places = 10\nas_of = \"2026-01-01\"\nvalid_until = \"2099-01-01\"\n\
         owner = \"x\"\nsource = \"x\"\ncovers = \"x\"\nleaves_out = \"x\"\ncolumns = {all:?}\n\
         scenarios = [{{ price = \"1%\", vol = \"same\" }}]\nvol.same = {{ rule = \"constant\", shift = \"0%\" }}\n\
         back_test.none = \"x\"\n[parameters]\nliquid = []\nstaked = []\n\
         written_margin = {{ rate = \"15%\", floor = \"10%\", put_floor = \"index\" }}\n"
    );
    let model: &RiskModel = Box::leak(Box::new(RiskModel::read("all.toml", &text).unwrap()));
    let made = examples::snapshot(AS_OF);
    let shape = Shape {
        signed: words(Mode::Signed).count(),
        absolute: words(Mode::Absolute).count(),
        long: words(Mode::Long).count(),
        short: words(Mode::Short).count(),
        scenarios: 1,
        ..*Shape::by_name("m1024").unwrap()
    };
    let part = risk::compile_by(model, &made, &shape).unwrap();
    let w = Weights { made: &made, model, shape, part };
    let (call, put) = (option(&made, 35, "66000", "C"), option(&made, 35, "66000", "P"));
    let (near, far) = (option(&made, 7, "60000", "C"), option(&made, 126, "60000", "P"));
    let perp = "BTC-PERPETUAL";
    for (column, lots) in [
        ("option_notional", [(&call, 6_000_000), (&put, 6_000_000), (&near, 6_000_000), (&far, 6_000_000)]),
        ("option_7d", [(&call, 0), (&put, 0), (&near, 6_000_000), (&far, 0)]),
        ("long_options", [(&call, 6_000_000), (&put, 6_000_000), (&near, 6_000_000), (&far, 6_000_000)]),
        ("short_calls", [(&call, 6_000_000), (&put, 0), (&near, 6_000_000), (&far, 0)]),
        ("short_puts", [(&call, 0), (&put, 6_000_000), (&near, 0), (&far, 6_000_000)]),
        ("vega_long", [(&call, 0), (&put, 0), (&near, 0), (&far, w.at(HARBOUR, &far, "vega"))]),
        ("long_perps", [(&call, 0), (&put, 0), (&near, 0), (&far, 0)]),
        ("owed", [(&call, 0), (&put, 0), (&near, 0), (&far, 0)]),
    ] {
        for (name, wanted) in lots {
            assert_eq!(w.at(HARBOUR, name, column), wanted, "{name} {column}");
        }
    }
    for (name, column, wanted) in [
        (perp, "long_perps", 10_000_000),
        (perp, "short_perps", 10_000_000),
        (perp, "option_notional", 0),
        (perp, "written_premium", 0),
        ("BORROW:BTC", "owed", 6_000_000),
        ("PNL:BTC", "owed", 0),
        ("BTC", "short_perps", 0),
        // Nothing is listed as liquid: all but the dollar counts.
        ("BTC", "illiquid", 6_000_000),
        ("USDC", "illiquid", 9_998_000),
        ("USD", "illiquid", 0),
    ] {
        assert_eq!(w.at(HARBOUR, name, column), wanted, "{name} {column}");
    }
    for name in [&call, &put, &near, &far] {
        let premium = w.at(HARBOUR, name, "premium");
        assert!(premium > 0 && w.at(HARBOUR, name, "liabilities") > premium);
        for column in ["written_premium", "illiquid"] {
            assert!((premium..=premium + 1).contains(&w.at(HARBOUR, name, column)), "{name} {column}");
        }
    }
    // 15% of 60,000 less 6,000 out of the money is less than a tenth of the index; in the money it is 9,000.
    for (name, charge) in [(&call, 600_000), (&put, 900_000)] {
        let (mark, margin) = (w.at(HARBOUR, name, "premium"), w.at(HARBOUR, name, "written_margin"));
        assert!((mark + charge..=mark + charge + 1).contains(&margin), "{name}: {mark} {margin}");
    }
}

/// Coins that a model does not list as liquid, and staked ones, are told by their symbol.
#[test]
fn listed_symbols_count() {
    let mut made = examples::snapshot(AS_OF);
    // The made-up market has no such coin: SOL takes the name of one.
    let json = made.to_json().replace("\"SOL\"", "\"STETH\"").replace("SOL_USDT", "STETH_USDT");
    made = Snapshot::from_bytes(json.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    let (wide, reserve) = (Weights::of(&made, "stress-40/1"), Weights::of(&made, "reserve/1"));
    let value = wide.at("vault/segregated/main", "STETH", "value");
    assert!(value > 0);
    assert_eq!(wide.at("vault/segregated/main", "STETH", "illiquid"), value);
    assert_eq!(reserve.at("vault/segregated/main", "STETH", "staked"), value);
    assert_eq!(reserve.at("vault/segregated/main", "STETH", "owned"), value);
    assert_eq!(reserve.at("vault/segregated/main", "BTC", "staked"), 0);
}

/// The power rule by hand.
#[test]
fn volatilities_shift_by_days_to_expiry() {
    let n = |text: &str| text.parse::<Price>().unwrap();
    let rule = |shift: &str, least: Option<&str>| VolShift::Power {
        shift: n(shift),
        short_power: n("0.3"),
        long_power: n("0.13"),
        min_vol: least.map(n),
    };
    let day = 86_400;
    for (rule, vol, seconds, wanted) in [
        (rule("0.5", None), 0.8, 30 * day, 1.2),
        // (30/1)^0.3 = 2.774191, and nothing under a day moves more.
        (rule("0.5", None), 0.8, day, 0.8 * (1.0 + 0.5 * 2.774_191)),
        (rule("0.5", None), 0.8, 60, 0.8 * (1.0 + 0.5 * 2.774_191)),
        // (30/120)^0.13 = 0.835088
        (rule("0.5", None), 0.8, 120 * day, 0.8 * (1.0 + 0.5 * 0.835_088)),
        (rule("-0.25", None), 0.8, 120 * day, 0.8 * (1.0 - 0.25 * 0.835_088)),
        (rule("-0.5", None), 0.8, day, 0.0),
        (rule("0.5", Some("0.5")), 0.3, 30 * day, 0.5),
        (rule("0.5", Some("0.5")), 0.4, 30 * day, 0.6),
        (VolShift::Constant { shift: n("-0.25") }, 0.8, day, 0.6),
    ] {
        assert!(
            (rule.shifted(vol, seconds) - wanted).abs() < 1e-6,
            "{rule:?}: {}",
            rule.shifted(vol, seconds)
        );
    }
}

/// Options of the venue's own test cases in every scenario: value by spot move and volatility rule, discounted.
#[test]
fn option_values_are_those_of_the_venues_cases() {
    let root = std::env::var_os("MANDATE_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors")),
        PathBuf::from,
    );
    let path = root.join("derive_portfolio_margin_v2.json");
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return;
    };
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    let decimal = |v: &Value| v.to_string().parse::<Price>().unwrap();
    let mut checked = 0;
    for case in file["vectors"].as_array().unwrap() {
        let Some(table) = case["derived_risk_table"].as_array() else { continue };
        let rule = &file["parameter_sets"][case["parameter_set"].as_str().unwrap()]["VolShock"];
        if rule["DTE_FLOOR"].as_f64() != Some(1.0) {
            continue; // the floor of the rule here is one day
        }
        let power = |shift: Price, min_vol| VolShift::Power {
            shift,
            short_power: decimal(&rule["SHORTTERMPOWER"]),
            long_power: decimal(&rule["LONGTERMPOWER"]),
            min_vol,
        };
        let down =
            Price::new(-decimal(&rule["VOLRANGEDOWN"]).mantissa(), decimal(&rule["VOLRANGEDOWN"]).places());
        let up = power(decimal(&rule["VOLRANGEUP"]), Some(decimal(&rule["MIN_VOL_EVAL_SHOCKED"])));
        let down = power(down.unwrap(), None);
        let scenarios = file["scenario_sets"][case["scenario_set"].as_str().unwrap()].as_array().unwrap();
        let inputs = &case["inputs"];
        for (option, row) in inputs["options"].as_array().unwrap().iter().zip(table) {
            let seconds = option["seconds_to_expiry"].as_u64().unwrap();
            let expiries = inputs["expiries"].as_array().unwrap();
            let expiry = expiries.iter().find(|e| e["seconds_to_expiry"] == seconds).unwrap();
            if seconds == 0 {
                continue; // settled: the venue moves it no more, and here an expired option has no price
            }
            let number = |v: &Value| v.as_f64().unwrap();
            let right = if option["type"] == "call" { Right::Call } else { Right::Put };
            let (forward, vol) = (number(&expiry["forward"]), number(&option["mark_vol"]));
            let values = row["unit_value_by_scenario"].as_array().unwrap();
            for (scenario, wanted) in scenarios.iter().zip(values) {
                let vol = match scenario["vol"].as_str().unwrap() {
                    "Up" => up.shifted(vol, seconds),
                    "Down" => down.shifted(vol, seconds),
                    "None" => vol,
                    _ => continue,
                };
                let moved = forward * number(&scenario["spot_multiplier"]);
                let years = years_between(0, seconds);
                let value = black76(moved, number(&option["strike"]), years, vol, right).price;
                let got = value * number(&expiry["discount"]);
                let wanted = number(wanted);
                assert!((got - wanted).abs() < 1e-6 * forward, "{}: {got}, published {wanted}", case["id"]);
                checked += 1;
            }
        }
    }
    eprintln!("{checked} values agree");
    assert!(checked > 1000);
}
