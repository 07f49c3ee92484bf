//! What `mandate verify` says of a bundle, in words and for machines, the same for both proof systems.

use crate::accounts::grade_name;
use crate::screen::Screen;
use crate::sheet::{Sheet, rule_line};
use mandate_market::time;
use mandate_statement::{AttestorGrade, Context, RuleRows};
use mandate_transparent::TransparentlyVerified;
use mandate_verifier::{Attestor, Verified};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// What was verified, under either proof system.
pub struct Verdict<'a> {
    context: &'a Context,
    rules: &'a [RuleRows],
    attestors: &'a [Attestor],
    account_set_version: u64,
    attestors_known: bool,
    account_set_known: bool,
    transparent: bool,
}

impl<'a> From<&'a Verified> for Verdict<'a> {
    fn from(v: &'a Verified) -> Self {
        Self {
            context: &v.context,
            rules: &v.rules,
            attestors: &v.attestors,
            account_set_version: v.account_set_version,
            attestors_known: v.attestors_known,
            account_set_known: v.account_set_known,
            transparent: false,
        }
    }
}
impl<'a> From<&'a TransparentlyVerified> for Verdict<'a> {
    fn from(v: &'a TransparentlyVerified) -> Self {
        Self {
            context: &v.context,
            rules: &v.rules,
            attestors: &v.attestors,
            account_set_version: v.account_set_version,
            attestors_known: v.attestors_known,
            account_set_known: v.account_set_known,
            transparent: true,
        }
    }
}

impl Verdict<'_> {
    /// Rules of the mandate without rows in what was verified: every one must have some.
    pub fn without_rows(&self, sheet: &Sheet) -> Vec<String> {
        let has_rows = |id: &str| self.rules.iter().any(|r| r.id == id && !r.rows.is_empty());
        sheet.mandate.rules.iter().filter(|r| !has_rows(&r.id)).map(|r| r.id.clone()).collect()
    }

    fn text(&self, path: &Path) -> String {
        let c = self.context;
        let (how, key, times) = if self.transparent {
            (", without a ceremony", "sheet's key", " twice")
        } else {
            ("", "key", "")
        };
        let mut out = format!("{}: holds{how}\n", path.display());
        let mut line = |name: &str, value: String| {
            let _ = writeln!(out, "  {name:<11} {value}");
        };
        line("subject", c.subject.to_string());
        line(
            "as of",
            format!("{}, valid until {}", time::instant_text(c.as_of), time::instant_text(c.valid_until)),
        );
        line("epoch", c.epoch.to_string());
        line("mandate", c.mandate.to_string());
        line("risk part", c.risk.to_string());
        line(key, c.key.to_string());
        let said =
            if self.account_set_known { "as you named it" } else { "as handed in; --account-set pins it" };
        line("account set", format!("{}, version {}, {said}", c.account_set, self.account_set_version));
        let said = if self.attestors_known { "by your list" } else { "as declared; --attestors pins it" };
        for a in self.attestors {
            let (address, grade) = (hex::encode(a.address), grade_name(a.grade));
            let account = format!("account {}", a.netting_set);
            line(&account, format!("attested{times} by 0x{address}, {grade} {said}"));
        }
        out.push_str("  proven, rule by rule:\n");
        for rule in self.rules {
            let _ = writeln!(out, "    {}", rule_line(rule));
        }
        out
    }

    fn as_json(&self) -> Value {
        let weakest = self.attestors.iter().map(|a| a.grade).min().unwrap_or(AttestorGrade::SelfAttested);
        json!({
            "holds": true, "context": self.context, "weakest_grade": weakest,
            "attestors_known": self.attestors_known, "account_set_version": self.account_set_version,
            "account_set_known": self.account_set_known,
            "attestors": self.attestors.iter().map(|a| json!({
                "netting_set": a.netting_set, "address": format!("0x{}", hex::encode(a.address)), "grade": a.grade,
            })).collect::<Vec<_>>(),
            "rules": self.rules.iter().map(|r| json!({
                "id": r.id,
                "rows": r.rows.iter().map(|w| format!("{:?} {}", w.family, w.index)).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        })
    }
}

/// Says of every bundle whether it holds, refusals in words too, and returns whether all do. `backend`, where named, stands beside
/// each for machines.
pub fn say<P, V, E>(
    paths: impl Iterator<Item = P>,
    results: &[Result<V, E>],
    sheet: &Sheet,
    backend: Option<u8>,
    screen: &Screen,
) -> bool
where
    P: AsRef<Path>,
    E: std::fmt::Display,
    for<'a> Verdict<'a>: From<&'a V>,
{
    let mut holds = true;
    let list: Vec<(P, Result<Verdict<'_>, &E>)> =
        paths.zip(results).map(|(path, result)| (path, result.as_ref().map(Verdict::from))).collect();
    for (path, result) in &list {
        let path = path.as_ref().display();
        match result {
            Err(why) => {
                holds = false;
                screen.say(format!("{path}: refused: {why}"));
            }
            Ok(verdict) => {
                let bare = verdict.without_rows(sheet);
                if !bare.is_empty() {
                    holds = false;
                    screen.say(format!("{path}: refused: no rows prove rule(s) {}", bare.join(", ")));
                }
            }
        }
    }
    let text = |(path, result): &(P, Result<Verdict<'_>, &E>)| match result {
        Ok(verdict) => verdict.text(path.as_ref()),
        Err(_) => format!("{}: not accepted\n", path.as_ref().display()),
    };
    let as_json = |(path, result): &(P, Result<Verdict<'_>, &E>)| {
        let mut out = match result {
            Ok(verdict) => verdict.as_json(),
            Err(why) => json!({ "holds": false, "refused": why.to_string() }),
        };
        out["bundle"] = json!(path.as_ref());
        if let Some(backend) = backend {
            out["backend"] = json!(backend);
        }
        out
    };
    screen.data(
        || list.iter().map(text).collect(),
        || json!({ "holds": holds, "bundles": list.iter().map(as_json).collect::<Vec<_>>() }),
    );
    holds
}
