//! Templates: every one is used by a mandate in `examples/templates`, on a made-up book, at the tightest value of one
//! knob: the book keeps it there and breaks it one notch further. The evaluator and the compiled rows say so alike, and the
//! page of the template in `docs/templates` is written from the same run.

mod meaning;
mod refused;

use mandate_book::{MarketSlots, Options, read, resolve};
use mandate_market::{MODELS, Snapshot, examples, risk};
use mandate_policy::{DataFile, Kind, Mandate, Template, compile, data_files, evaluate, template, templates};
use mandate_rows::{least_witnesses, slacks};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The instant of the made-up market: its options expire on 9 February and 9 March 2026.
const INSTANT: u64 = 1_770_000_000;

/// One worked example.
struct Example {
    template: &'static str,
    /// Size of the made-up market, and the book on it.
    size: &'static str,
    book: &'static str,
    /// The knob that is turned, by how much, and the rule that breaks.
    knob: &'static str,
    notch: &'static str,
    breaks: &'static str,
}

const fn example(
    template: &'static str,
    size: &'static str,
    book: &'static str,
    knob: &'static str,
    notch: &'static str,
    breaks: &'static str,
) -> Example {
    Example { template, size, book, knob, notch, breaks }
}

const EXAMPLES: [Example; 25] = [
    example("aifmd", "small", "desk", "commitment", "-0.01", "aifmd-commitment"),
    example("basis-book", "small", "carry", "band", "-0.1", "basis-band"),
    example("cash-secured-put", "strikes", "vault", "secured", "-0.1", "csp-secured"),
    example("concentration", "small", "desk", "venue", "-0.1", "conc-venue"),
    example("covered-call", "strikes", "vault", "cover", "-0.1", "cc-covered"),
    example("defined-risk", "strikes", "condor", "loss", "-0.1", "dr-loss"),
    example("delta-neutral", "small", "desk", "underlying", "-0.1", "dn-underlying"),
    example("greeks", "small", "desk", "vega", "-0.001", "greeks-vega"),
    example("ica-75-5-10", "small", "funds", "share", "+0.1", "ica-diversified"),
    example("issuers", "small", "reserve", "issuer", "-0.1", "issuers-each"),
    example("lending-health", "small", "borrower", "health", "+0.01", "health-now-strict"),
    example("leverage", "small", "desk", "gross", "-0.01", "lev-gross"),
    example("liquidity", "small", "desk", "cash", "+0.1", "liq-cash"),
    example("option-buckets", "strikes", "vault", "bucket", "-0.1", "buckets-expiry"),
    example("perp-open-interest", "small", "desk", "initial", "+0.1", "oi-initial"),
    example("perp-tier", "small", "desk", "usage", "-0.1", "perp-maintenance"),
    example("perp-tiers", "strikes", "basis", "usage", "-0.1", "perps-maintenance"),
    example("pool-shares", "pools", "pools", "pools", "-0.1", "lp-share"),
    example("portfolio-margin", "small", "desk", "usage", "-0.1", "pm-class"),
    example("reg-t", "strikes", "condor", "usage", "-0.1", "regt-spread"),
    example("reserve", "small", "reserve", "single", "-0.1", "res-single"),
    example("solvency", "small", "borrower", "ratio", "+0.01", "solv-after-shock"),
    example("stress", "small", "desk", "loss", "-0.1", "stress-loss"),
    example("ucits-5-10-40", "small", "funds", "sum", "-0.1", "ucits-sum"),
    example("var", "strikes", "vault", "var", "-0.1", "var-absolute"),
];

/// The made-up market of a size.
fn snapshot(size: &str) -> Snapshot {
    match size {
        "small" => examples::small(INSTANT),
        "strikes" => examples::strikes(INSTANT),
        "pools" => examples::pools(INSTANT),
        other => panic!("no market of size `{other}`"),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A decimal with four places, as an integer, and what follows it.
fn number(text: &str) -> (i64, String) {
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-._".contains(c))).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let digits = digits.replace(['_', '+'], "");
    let negative = digits.starts_with('-');
    let (whole, part) =
        digits.trim_start_matches('-').split_once('.').unwrap_or((digits.trim_start_matches('-'), ""));
    let value = whole.parse::<i64>().unwrap() * 10_000 + format!("{part:0<4}").parse::<i64>().unwrap();
    (if negative { -value } else { value }, unit.to_owned())
}

fn written(value: i64, unit: &str) -> String {
    let part = format!("{:04}", value % 10_000);
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("{}{point}{part}{unit}", value / 10_000)
}

/// The mandate with one knob of its use turned by one notch, and the value it then has.
fn turned(mandate: &str, knob: &str, notch: &str, times: i64) -> (String, String) {
    let line = mandate
        .lines()
        .find(|l| l.split('=').next().is_some_and(|k| k.trim() == knob))
        .unwrap_or_else(|| panic!("no `{knob}` in\n{mandate}"));
    let old = line.split('"').nth(1).expect("a text");
    let (value, unit) = number(old);
    let new = written(value + times * number(notch).0, &unit);
    (mandate.replace(line, &line.replace(&format!("\"{old}\""), &format!("\"{new}\""))), new)
}

struct Judged {
    lines: Vec<String>,
    broken: BTreeSet<String>,
    rows: usize,
    shape: &'static str,
}

/// Both readings of a mandate over a book; they must agree rule by rule.
fn judge(name: &str, mandate: &str, size: &str, book: &str) -> Judged {
    let path = format!("examples/templates/books/{book}.csv");
    judge_on(name, mandate, &snapshot(size), &path, &text(&path))
}

/// [`judge`] on a given market and a book in CSV.
fn judge_on(name: &str, mandate: &str, snapshot: &Snapshot, path: &str, csv: &str) -> Judged {
    let mandate = Mandate::parse(name, mandate).unwrap_or_else(|e| panic!("{e}"));
    let shape = snapshot.universe.shape().unwrap();
    let compiled = compile(&mandate, mandate.model, shape).unwrap_or_else(|e| panic!("{name}: {e}"));
    let risk = risk::compile_as(mandate.model.name, snapshot, shape).unwrap();
    mandate_checker::check(&compiled.part, &risk).unwrap_or_else(|f| panic!("{name}: {}", f[0]));
    let slots = MarketSlots::new(snapshot).unwrap();
    let records = read::csv(path, csv.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    let (book, _) = resolve(&records, &slots, &Options::default()).unwrap_or_else(|e| panic!("{path}: {e}"));
    let quantities = book.quantities(shape.slots);
    let mut active = vec![false; shape.accounts];
    book.accounts().for_each(|a| active[usize::from(a.netting_set())] = true);
    let verdicts = evaluate(&mandate, mandate.model, &risk, &quantities, &active).unwrap();
    let witnesses = least_witnesses(&compiled.part, &risk, shape, &quantities, &active).unwrap();
    let rows = slacks(&compiled.part, &risk, shape, &quantities, &active, &witnesses).unwrap();
    let mut out =
        Judged { lines: Vec::new(), broken: BTreeSet::new(), rows: compiled.rows.len(), shape: shape.name };
    for verdict in verdicts.iter().filter(|v| v.id != mandate_policy::BUILT_IN) {
        let list = compiled.part.rules.iter().find(|r| r.id == verdict.id).unwrap();
        let hold = rows.iter().filter(|r| list.rows.contains(&r.row)).all(|r| r.slack >= 0);
        assert_eq!(hold, verdict.holds, "{name}: rows and evaluator on `{}`", verdict.id);
        if !verdict.holds {
            out.broken.insert(verdict.id.clone());
        }
        out.lines.push(verdict.render(&mandate));
    }
    out
}

/// Writes or compares a file that this test makes.
fn pinned(path: &Path, found: &str) {
    if std::env::var_os("MANDATE_PIN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, found).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, kept, "{}: run with MANDATE_PIN=1 to keep the new text", path.display());
}

/// A paragraph in lines of at most 125 characters.
fn para(text: &str) -> String {
    let (mut out, mut width) = (String::new(), 0);
    for word in text.split_whitespace() {
        let long = word.chars().count();
        if width > 0 && width + 1 + long > 125 {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += long;
    }
    out
}

fn page(t: &Template, e: &Example, mandate: &str, at: &Judged, past: &Judged, tighter: &str) -> String {
    let stop = |text: &str| format!("{}.", text.trim().trim_end_matches('.'));
    let mut out = format!("# {}\n\n{}.\n\n{}\n", t.id(), t.title, para(&t.text));
    let _ = write!(out, "\n```text\n{}\n```\n", t.formula.trim());
    let models: Vec<String> = t.models.iter().map(|m| format!("`{m}`")).collect();
    let models = if models.is_empty() {
        "Every one with the columns that the rules read".into()
    } else {
        models.join(", ")
    };
    for (what, text) in [
        ("Covers", &t.covers),
        ("Leaves out", &t.leaves_out),
        ("Source", &t.source),
        ("Risk models", &models),
    ] {
        let _ = write!(out, "\n{}\n", para(&format!("**{what}.** {}", stop(text))));
    }
    out.push_str("\n## Knobs\n\n| knob | takes | what it does |\n|---|---|---|\n");
    for knob in &t.knobs {
        let mut does = knob.text.clone();
        for option in &knob.options {
            let _ = write!(does, "<br>`{}`: {}", option.name, option.text);
        }
        let _ = writeln!(out, "| `{}` | {} | {does} |", knob.name, mandate_policy::takes(knob));
    }
    out.push_str("\n## Rules\n");
    for rule in &t.rules {
        let when = mandate_policy::stands(&rule.when);
        let when = if when.is_empty() { String::new() } else { format!(", where {when}") };
        let _ =
            write!(out, "\n`ID-{}`{when}:\n{}.\n\n```text\n{}\n```\n", rule.id, para(&rule.text), rule.holds);
    }
    let from =
        |d: &&DataFile| t.knobs.iter().flat_map(|k| &k.options).any(|o| o.file.as_ref() == Some(&d.name));
    for d in data_files().iter().filter(from) {
        let (of, until, source) = (&d.as_of, &d.valid_until, &d.source);
        let line = format!("Data `{}`, dated {of} in its file and refused after {until}: {source}", d.name);
        let _ = write!(out, "\n{}\n", para(&line));
    }
    let _ = write!(
        out,
        "\n## Worked example\n\nThe mandate is [`examples/templates/{0}.toml`](../../examples/templates/{0}.toml), the book\n\
         [`examples/templates/books/{1}.csv`](../../examples/templates/books/{1}.csv), the market\n\
         `mandate snapshot example --size {2} --as-of {INSTANT}`. A test runs it, and wrote what stands below.\n\n\
         ```toml\n{3}\n```\n\nIt compiles to {4} rows of shape `{5}`. What the evaluator says, and the rows with it:\n\n```text\n",
        e.template,
        e.book,
        e.size,
        mandate.trim(),
        at.rows,
        at.shape
    );
    at.lines.iter().for_each(|l| out.push_str(&format!("{l}\n")));
    let _ = write!(out, "```\n\nOne notch tighter, `{} = \"{tighter}\"`:\n\n```text\n", e.knob);
    past.lines.iter().filter(|l| l.starts_with("error")).for_each(|l| out.push_str(&format!("{l}\n")));
    let _ = write!(out, "```\n\nDigest of the template: `{}`.\n", t.digest);
    out
}

/// For whoever writes an example: the tightest value at which its book holds.
fn tightest(e: &Example, mandate: &str) -> String {
    let (mut n, mut found) = (2000i64, None);
    while n > -2000 && found.is_none() {
        let (text, value) = turned(mandate, e.knob, e.notch, n);
        let lawful = Mandate::parse("m.toml", &text).is_ok();
        found = (lawful && judge("m.toml", &text, e.size, e.book).broken.is_empty()).then_some(value);
        n -= 1;
    }
    format!("the tightest `{}` is {}", e.knob, found.as_deref().unwrap_or("far off"))
}

#[test]
fn every_template_has_an_example_that_holds_at_its_knob_and_breaks_past_it() {
    let mut index = String::from(
        "# Templates\n\nReady-made rules with knobs. A mandate uses one with a `[[use]]` table; `docs/policy-language.md` says how.\n\n\
         | template | |\n|---|---|\n",
    );
    let names: Vec<String> = templates().iter().map(|t| t.name.clone()).collect();
    assert_eq!(names, EXAMPLES.map(|e| e.template.to_owned()), "one example per template");
    for e in &EXAMPLES {
        let file = format!("{}.toml", e.template);
        let mandate = text(&format!("examples/templates/{file}"));
        let t = template(e.template).unwrap();
        let at = judge(&file, &mandate, e.size, e.book);
        assert!(at.broken.is_empty(), "{file}: {}\n{}", tightest(e, &mandate), at.lines.join("\n"));
        let (tighter, value) = turned(&mandate, e.knob, e.notch, 1);
        let past = judge(&file, &tighter, e.size, e.book);
        let breaks = BTreeSet::from([e.breaks.to_owned()]);
        assert_eq!(past.broken, breaks, "{file}: {value}, {}", tightest(e, &mandate));
        let path = root().join(format!("docs/templates/{}.md", e.template));
        pinned(&path, &page(t, e, &mandate, &at, &past, &value));
        let _ = writeln!(index, "| [`{}`]({}.md) | {} |", t.id(), t.name, t.title);
    }
    pinned(&root().join("docs/templates/README.md"), &index);
}

/// Five templates stand in one mandate on the shape with runs of strikes, a book keeps them, and both readings agree.
#[test]
fn five_templates_stand_together() {
    let mandate = text("examples/templates/five.toml");
    let judged = judge("five.toml", &mandate, "strikes", "vault");
    assert!(judged.broken.is_empty(), "{}", judged.lines.join("\n"));
    assert_eq!(judged.shape, "o2048");
    let uses = Mandate::parse("five.toml", &mandate).unwrap().uses;
    assert_eq!(uses.len(), 5);
}

/// A template's text is what its version promises: another text is another version.
#[test]
fn the_digests_are_pinned() {
    let mut found = String::new();
    templates().iter().for_each(|t| found.push_str(&format!("{} {}\n", t.id(), t.digest)));
    data_files().iter().for_each(|d| found.push_str(&format!("{} {}\n", d.name, d.digest)));
    pinned(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pinned/templates.txt"), &found);
}

/// Under every combination of choices, with every optional knob by itself, the rules compile for a default shape, and the
/// sheet checker takes them.
#[test]
fn every_choice_of_every_template_compiles() {
    for t in templates() {
        let choices: Vec<_> = t.knobs.iter().filter(|k| k.kind == Kind::Choice).collect();
        let count: usize = choices.iter().map(|k| k.options.len()).product();
        let mut alone: Vec<Option<&str>> =
            t.knobs.iter().filter(|k| k.optional).map(|k| Some(k.name.as_str())).collect();
        alone.push(None);
        let mut seen = BTreeSet::new();
        for (at, only) in (0..count).flat_map(|at| alone.iter().map(move |only| (at, only))) {
            let (mut at, mut lines) = (at, String::new());
            for knob in &t.knobs {
                let value = if knob.kind == Kind::Choice {
                    let option = &knob.options[at % knob.options.len()];
                    at /= knob.options.len();
                    option.name.clone()
                } else if knob.default.is_some() || (knob.optional && *only != Some(&knob.name)) {
                    continue;
                } else {
                    match knob.kind {
                        Kind::Percent => "20%".to_owned(),
                        Kind::Money => format!("{}_000_000 USD", 20 + lines.len()),
                        Kind::Count => "3".to_owned(),
                        _ => "1.5".to_owned(),
                    }
                };
                let _ = writeln!(lines, "{} = \"{value}\"", knob.name);
            }
            // The first risk model that the template can stand on and that has the columns.
            let mut found = None;
            for model in MODELS.iter() {
                let text = format!(
                    "risk_model = \"{}\"\nmin_nav = \"1 USD\"\n[[use]]\ntemplate = \"{}\"\n{lines}",
                    model.name,
                    t.id()
                );
                let mandate = match Mandate::parse("m.toml", &text).map_err(|e| e.to_string()) {
                    Ok(mandate) => mandate,
                    Err(e) if e.contains("which risk model") || e.contains("does not stand on") => continue,
                    // A knob that nothing reads under these choices, and a use of which no rule stands, are refused.
                    Err(e) if e.contains("no rule that stands") || e.contains("says nothing") => break,
                    Err(e) => panic!("{text}\n{e}"),
                };
                let compiled = mandate_policy::compile_smallest(&mandate, mandate.model);
                let done = compiled.is_ok();
                found = Some((mandate, compiled));
                if done {
                    break;
                }
            }
            let Some((mandate, compiled)) = found else { continue };
            let text = &mandate.source;
            let compiled = compiled.unwrap_or_else(|e| panic!("{text}\n{e}"));
            seen.extend(mandate.uses[0].rules.iter().map(|r| r.id.clone()));
            mandate_checker::check_rules(&compiled.part).unwrap_or_else(|f| panic!("{text}\n{}", f[0]));
            let words = mandate_policy::explain(&mandate, None).unwrap();
            assert!(words.contains("leaves out: "), "{words}");
        }
        let all: BTreeSet<String> = t.rules.iter().map(|r| format!("{}-{}", t.name, r.id)).collect();
        assert_eq!(seen, all, "every rule stands under some choice");
    }
}

/// Uses and rules stand in the order of the file, and a template's rules are as if they had been written out.
#[test]
fn a_use_is_its_rules_written_out() {
    let head = "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n";
    let rule =
        |id: &str, holds: &str| format!("[[rule]]\nid = \"{id}\"\ntext = \"t\"\nholds = \"{holds}\"\n");
    let used = format!(
        "{head}{}[[use]]\ntemplate = \"leverage/1\"\nid = \"lev\"\ngross = 3\nnetted = \"1.50\"\n{}",
        rule("first", "net(all) <= nav"),
        rule("last", "cash(all) >= 0 USD")
    );
    let out = format!(
        "{head}{}{}{}{}",
        rule("first", "net(all) <= nav"),
        rule("lev-gross", "gross(all) / nav <= 3"),
        rule("lev-netted", "sum(g in groups: abs(net(g))) <= 1.5 * nav"),
        rule("last", "cash(all) >= 0 USD")
    );
    let [a, b] = [used, out].map(|text| {
        let m = Mandate::parse("m.toml", &text).unwrap_or_else(|e| panic!("{e}"));
        mandate_policy::compile_smallest(&m, m.model).unwrap_or_else(|e| panic!("{e}"))
    });
    let ids = |c: &mandate_policy::Compiled| c.part.rules.iter().map(|r| r.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&a), ["min-nav", "first", "lev-gross", "lev-gross/denominator", "lev-netted", "last"]);
    assert_eq!(ids(&a), ids(&b));
    assert_eq!(a.rows, b.rows);
}

/// Numbers keep the digits that the mandate has: no float comes between.
#[test]
fn numbers_are_exact() {
    let text = |knob: &str| {
        format!(
            "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[use]]\ntemplate = \"leverage/1\"\nnet = {knob}\n"
        )
    };
    for knob in ["0.100000000000000000000001", "\"0.100000000000000000000001\""] {
        let m = Mandate::parse("m.toml", &text(knob)).unwrap();
        assert_eq!(m.rules[1].holds, "abs(net(all)) <= 0.100000000000000000000001 * nav");
    }
    for wrong in ["1e-1", "0x10", "inf", "\"1e1\"", "1979-05-27", "[1]"] {
        assert!(Mandate::parse("m.toml", &text(wrong)).is_err(), "{wrong}");
    }
}

/// Past the last day of its data a mandate is refused at the line that names them.
#[test]
fn stale_data_are_refused() {
    let text = text("examples/templates/perp-tier.toml");
    let mandate = Mandate::parse("m.toml", &text).unwrap();
    let last = 1_814_313_600 + 86_399; // the last second of 2027-06-30
    assert!(mandate.check_dates(last).is_ok());
    let found = mandate.check_dates(last + 1).expect_err("a day too old").to_string();
    assert!(found.contains("`binance-usdm-2024-10` is older than its stated validity"), "{found}");
    assert!(found.contains("| table  = \"binance-majors\"") && found.contains("until 2027-06-30"), "{found}");
}

/// Whatever stands in a use, the reader answers.
#[test]
fn no_use_makes_the_reader_panic() {
    let key = prop_oneof![
        Just("template".to_owned()),
        Just("id".to_owned()),
        Just("gross".to_owned()),
        Just("netting".to_owned()),
        Just("table".to_owned()),
        "[a-z{}\"]{0,6}"
    ];
    let value = prop_oneof![
        proptest::sample::select(templates()).prop_map(|t| format!("\"{}\"", t.id())),
        "\"[ -~]{0,12}\"",
        "\"-?[0-9_.]{0,9}(%| USD| bps)?\"",
        "-?[0-9_.e]{0,9}",
        Just("\"\u{202e}1\"".to_owned()),
        Just("[1, {a = 2}]".to_owned()),
    ];
    let lines = proptest::collection::vec((key, value), 0..6);
    let mut runner = TestRunner::default();
    runner
        .run(&proptest::collection::vec(lines, 1..3), |uses| {
            let mut text = "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n".to_owned();
            for lines in uses {
                text.push_str("[[use]]\n");
                lines.iter().for_each(|(k, v)| text.push_str(&format!("{k} = {v}\n")));
            }
            if let Ok(m) = Mandate::parse("m.toml", &text) {
                let _ = mandate_policy::explain(&m, None).map_err(|e| e.to_string());
            }
            Ok(())
        })
        .unwrap();
}
