//! The template files, embedded, and their strict reader.

use super::knob::{FileKnob, Kind, Knob};
use super::{Template, TemplateRule, expand};
use crate::error::unseen;
use std::collections::BTreeMap;

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../../templates/", $name, ".toml")))),*]
    };
}

/// File names without ending, in order, with what the files hold.
pub(super) const TEMPLATES: [(&str, &str); COUNT] = templates![
    "aifmd-1",
    "basis-book-1",
    "cash-secured-put-1",
    "concentration-1",
    "covered-call-1",
    "defined-risk-1",
    "delta-neutral-1",
    "greeks-1",
    "ica-75-5-10-1",
    "issuers-1",
    "lending-health-1",
    "leverage-1",
    "liquidity-1",
    "option-buckets-1",
    "perp-open-interest-1",
    "perp-tier-1",
    "perp-tiers-1",
    "pool-shares-1",
    "portfolio-margin-1",
    "reg-t-1",
    "reserve-1",
    "solvency-1",
    "stress-1",
    "ucits-5-10-40-1",
    "var-1",
];
const COUNT: usize = 25;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    version: u32,
    title: String,
    text: String,
    formula: String,
    source: String,
    covers: String,
    leaves_out: String,
    #[serde(default)]
    ascending: Vec<(String, String)>,
    #[serde(default)]
    models: Vec<String>,
    #[serde(default)]
    knob: Vec<FileKnob>,
    rule: Vec<FileRule>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRule {
    id: String,
    text: String,
    holds: String,
    #[serde(default)]
    when: BTreeMap<String, Vec<String>>,
}

fn name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Reads one template file. What is wrong with it is said; nothing is passed over.
pub(super) fn read(file: &str, text: &str) -> Result<Template, String> {
    let parsed: File = toml::from_str(text).map_err(|e| e.to_string())?;
    if text.chars().any(|c| c != '\n' && unseen(c)) {
        return Err("it has characters that cannot be seen".into());
    }
    if format!("{}-{}", parsed.name, parsed.version) != file || !name(&parsed.name) || parsed.version == 0 {
        return Err(format!("it calls itself `{}/{}`", parsed.name, parsed.version));
    }
    let mut knobs: Vec<Knob> = Vec::new();
    for knob in parsed.knob {
        let knob = knob.checked()?;
        if knobs.iter().any(|k| k.name == knob.name) {
            return Err(format!("knob `{}` is there twice", knob.name));
        }
        knobs.push(knob);
    }
    let mut rules: Vec<TemplateRule> = Vec::new();
    for rule in parsed.rule {
        if !name(&rule.id) {
            return Err(format!("`{}` is not a rule id", rule.id));
        }
        for part in [&rule.text, &rule.holds] {
            for hole in expand::holes(part)? {
                if hole != "currency" && !knobs.iter().any(|k| k.name == hole) {
                    return Err(format!("rule `{}` names `{{{hole}}}`, which is no knob", rule.id));
                }
            }
        }
        for (choice, wanted) in &rule.when {
            let knob = knobs.iter().find(|k| k.name == *choice && k.kind == Kind::Choice);
            let knob = knob.ok_or_else(|| format!("rule `{}`: `{choice}` is no choice", rule.id))?;
            if wanted.is_empty() || wanted.iter().any(|w| !knob.options.iter().any(|o| o.name == *w)) {
                return Err(format!("rule `{}`: not options of `{choice}`", rule.id));
            }
        }
        rules.push(TemplateRule {
            id: rule.id,
            text: rule.text,
            holds: rule.holds,
            when: rule.when.into_iter().collect(),
        });
    }
    for knob in &knobs {
        let read = rules.iter().any(|r| {
            let named = |t: &str| expand::holes(t).is_ok_and(|h| h.contains(&knob.name.as_str()));
            named(&r.holds) || r.when.iter().any(|(k, _)| *k == knob.name)
        });
        if !read {
            return Err(format!("no rule reads knob `{}`", knob.name));
        }
    }
    for (low, high) in &parsed.ascending {
        let kind = |name: &String| knobs.iter().find(|k| k.name == *name).map(|k| k.kind);
        if kind(low).is_none_or(|k| k == Kind::Choice) || kind(low) != kind(high) {
            return Err(format!("`{low}` and `{high}` are not two knobs of one kind that can ascend"));
        }
    }
    Ok(Template {
        name: parsed.name,
        version: parsed.version,
        title: parsed.title,
        text: parsed.text,
        formula: parsed.formula,
        source: parsed.source,
        covers: parsed.covers,
        leaves_out: parsed.leaves_out,
        ascending: parsed.ascending,
        models: parsed.models,
        knobs,
        rules,
        digest: mandate_statement::keccak(text.as_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name = \"x\"\nversion = 1\ntitle = \"t\"\ntext = \"t\"\nformula = \"f\"\nsource = \"s\"\n\
                        covers = \"c\"\nleaves_out = \"l\"\n[[knob]]\nname = \"a\"\nkind = \"percent\"\ntext = \"k\"\n\
                        min = \"0%\"\nmax = \"10%\"\ndefault = \"5%\"\n[[rule]]\nid = \"r\"\ntext = \"t {a}\"\n\
                        holds = \"gross(all) <= {a} * nav\"\n";

    #[test]
    fn a_template_file_is_read_strictly() {
        assert!(read("x-1", GOOD).is_ok());
        assert!(read("x-2", GOOD).unwrap_err().contains("calls itself"));
        for (from, to, why) in [
            ("leaves_out = \"l\"", "", "missing field `leaves_out`"),
            ("title = \"t\"", "title = \"t\"\nextra = 1", "unknown field `extra`"),
            ("default = \"5%\"", "default = \"11%\"", "above its range"),
            ("default = \"5%\"", "default = \"5\"", "takes a percentage"),
            ("min = \"0%\"", "min = \"0\"", "takes a percentage"),
            ("{a} * nav", "{b} * nav", "which is no knob"),
            ("leaves_out = \"l\"", "leaves_out = \"l\"\nascending = [[\"a\", \"b\"]]", "that can ascend"),
            ("{a} * nav", "nav", "no rule reads knob `a`"),
            ("{a} * nav", "{a * nav", "brace"),
            ("default = \"5%\"", "default = \"5%\"\noptional = true", "not optional"),
            ("kind = \"percent\"", "kind = \"choice\"", "choices have options"),
            ("id = \"r\"", "id = \"R\"", "not a rule id"),
            ("id = \"r\"", "id = \"r\"\nwhen = { a = [\"x\"] }", "is no choice"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD, "{from}");
            let found = read("x-1", &text).expect_err(to);
            assert!(found.contains(why), "{to}: {found}");
        }
    }
}
