//! `peers COMMAND ...`: one step of `make bench-peers` in a process of its own, so that its memory can be told. The result is one
//! line of JSON on stdout. `run.py` calls it; `README.md` says what for.

use mandate_peers::circuit::Binding;
use mandate_peers::statement::{Case, Size};
use mandate_peers::{groth16, known_tau, ours, rates, same, transparent};
use serde_json::{Value, json};
use std::path::Path;

const USAGE: &str = "peers cases SLOTS SCENARIOS
peers groth16-setup SLOTS SCENARIOS root|public KEY
peers ark|taceo SLOTS SCENARIOS root|public KEY RUNS
peers ours-setup SLOTS KEY
peers ours SLOTS KEY RUNS
peers transparent SLOTS RUNS
peers same SLOTS RUNS
peers zkey R1CS ZKEY
peers crs POWER FOLDER
peers rates
peers count SLOTS";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(value) => println!("{value}"),
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(2);
        }
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is no number that fits here"))
}

fn case(slots: &str, scenarios: &str) -> Result<Case, String> {
    Ok(Case::lawful(Size::new(number(slots)?, number(scenarios)?)?))
}

fn binding(text: &str) -> Result<Binding, String> {
    match text {
        "root" => Ok(Binding::Root),
        "public" => Ok(Binding::Public),
        other => Err(format!("`{other}`: a table is bound by its `root` or as `public` inputs")),
    }
}

/// Scenarios that every shape has: our relation takes them all, whatever a case uses.
const OURS: &str = "16";

fn run(args: &[&str]) -> Result<Value, String> {
    match args {
        ["cases", slots, scenarios] => cases(Size::new(number(slots)?, number(scenarios)?)?),
        ["groth16-setup", slots, scenarios, how, key] => {
            groth16::setup(&case(slots, scenarios)?, binding(how)?, Path::new(key))
        }
        ["ark", slots, scenarios, how, key, runs] => groth16::prove(
            &case(slots, scenarios)?,
            binding(how)?,
            groth16::With::Ark,
            Path::new(key),
            number(runs)?,
        ),
        ["taceo", slots, scenarios, how, key, runs] => groth16::prove(
            &case(slots, scenarios)?,
            binding(how)?,
            groth16::With::Taceo,
            Path::new(key),
            number(runs)?,
        ),
        ["ours-setup", slots, key] => ours::setup(&case(slots, OURS)?, Path::new(key)),
        ["ours", slots, key, runs] => ours::prove(&case(slots, OURS)?, Path::new(key), number(runs)?),
        ["transparent", slots, runs] => transparent::prove(&case(slots, OURS)?, number(runs)?),
        ["same", slots, runs] => same::prove(&case(slots, OURS)?, number(runs)?),
        ["zkey", r1cs, zkey] => known_tau::zkey(Path::new(r1cs), Path::new(zkey)),
        ["crs", power, folder] => known_tau::crs(number(power)?, Path::new(folder)).map(|()| json!({})),
        ["rates"] => Ok(rates::measure()),
        ["count", slots] => rates::count(&case(slots, OURS)?),
        _ => Err(format!("usage:\n{USAGE}")),
    }
}

/// The examples of a size with the reference's verdicts, for peers that are not Rust. Integers as decimal strings.
fn cases(size: Size) -> Result<Value, String> {
    let text = |list: &[i64]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let examples = Case::examples(size);
    let list: Vec<Value> = examples
        .iter()
        .map(|(name, case)| {
            json!({
                "name": name,
                "lawful": case.verdict().is_ok(),
                "quantities": text(&case.quantities),
                "limits": case.limits.list().map(|l| l.to_string()),
                "worst": case.claimed_worst().iter().map(ToString::to_string).collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(json!({
        "slots": size.slots,
        "scenarios": size.scenarios,
        "groups": size.groups(),
        "width": size.width(),
        "table": text(&examples[0].1.table),
        "blinding": "7777777",
        "cases": list,
    }))
}
