//! What an attack found.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why some lies may be believed, and how many there are of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excuse {
    /// In one sentence: why believing them proves nothing false.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// A number that belongs to a score and must not fall: lies that one part refuses by itself, material that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What is counted.
    pub what: String,
    /// How many.
    pub count: u64,
}

/// What is counted of a lie about a sheet: that it is refused without anybody compiling again.
pub const BY_CHECKER: &str = "refused by the sheet checker alone";

/// The outcome of one attack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// The attack's name.
    pub name: String,
    /// What was tried, in one sentence.
    pub what: String,
    /// Lies told.
    pub told: u64,
    /// Lies refused.
    pub refused: u64,
    /// Lies that may be believed, by reason.
    pub excused: Vec<Excuse>,
    /// What is counted beside the lies, or of them.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// Lies that were believed and should not be: the first twenty, each named so that it can be repeated.
    #[serde(default)]
    pub survivors: Vec<String>,
}

impl Score {
    /// Whether every lie is refused or excused.
    pub fn is_whole(&self) -> bool {
        self.survivors.is_empty() && self.refused + self.excuses() == self.told
    }
    /// Lies excused.
    pub fn excuses(&self) -> u64 {
        self.excused.iter().map(|e| e.count).sum()
    }
    /// The score with one number more that must not fall.
    #[must_use]
    pub fn with_part(mut self, what: &str, count: u64) -> Self {
        self.parts.push(Part { what: what.to_owned(), count });
        self
    }
    /// One of those numbers.
    pub fn part(&self, what: &str) -> Option<u64> {
        self.parts.iter().find(|p| p.what == what).map(|p| p.count)
    }
    /// What is worse here than in `before`, or `None`.
    pub fn fall(&self, before: &Self) -> Option<String> {
        if !self.is_whole() {
            let named = self.survivors.join("; ");
            return Some(format!("{}: {} lies were believed: {named}", self.name, self.believed()));
        }
        if self.told < before.told {
            return Some(format!("{}: {} lies were told, {} before", self.name, self.told, before.told));
        }
        for was in &before.parts {
            let now = self.part(&was.what).unwrap_or(0);
            if now < was.count {
                return Some(format!("{}: {now} {}, {} before", self.name, was.what, was.count));
            }
        }
        for excuse in &self.excused {
            let was = before.excused.iter().find(|e| e.reason == excuse.reason).map_or(0, |e| e.count);
            if excuse.count > was {
                let reason = &excuse.reason;
                return Some(format!(
                    "{}: {} lies are excused, {was} before: {reason}",
                    self.name, excuse.count
                ));
            }
        }
        None
    }
    /// Lies that were neither refused nor excused.
    pub fn believed(&self) -> u64 {
        self.told.saturating_sub(self.refused + self.excuses())
    }
}

/// What is worse in `scores` than in the `record`. A `whole` run has every attack, so one that is on record and not in it
/// is gone.
pub fn falls(record: &[Score], scores: &[Score], whole: bool) -> Vec<String> {
    let mut out = Vec::new();
    for score in scores {
        match record.iter().find(|before| before.name == score.name) {
            Some(before) => out.extend(score.fall(before)),
            None => {
                out.extend(score.fall(&Score { told: 0, parts: Vec::new(), ..score.clone() }));
                out.push(format!("{}: no score is on record; `--accept` takes this one", score.name));
            }
        }
    }
    let gone = record.iter().filter(|before| scores.iter().all(|score| score.name != before.name));
    out.extend(
        gone.filter(|_| whole).map(|s| format!("{}: on record, and no attack is called that", s.name)),
    );
    out
}

/// Counts lies while an attack runs.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    told: u64,
    refused: u64,
    excused: BTreeMap<&'static str, u64>,
    survivors: Vec<String>,
}

impl Ledger {
    /// A lie that was refused.
    pub fn refused(&mut self) {
        self.told += 1;
        self.refused += 1;
    }
    /// A lie that may be believed.
    pub fn excused(&mut self, reason: &'static str) {
        self.told += 1;
        *self.excused.entry(reason).or_default() += 1;
    }
    /// A lie that was believed and should not be.
    pub fn believed(&mut self, name: impl FnOnce() -> String) {
        self.told += 1;
        if self.survivors.len() < 20 {
            self.survivors.push(name());
        }
    }
    /// Adds another ledger's lies.
    pub fn merge(mut self, other: Self) -> Self {
        self.told += other.told;
        self.refused += other.refused;
        for (reason, count) in other.excused {
            *self.excused.entry(reason).or_default() += count;
        }
        self.survivors.extend(other.survivors);
        self.survivors.truncate(20);
        self
    }
    /// The finished score.
    pub fn score(self, name: &str, what: &str) -> Score {
        let excused = self
            .excused
            .into_iter()
            .map(|(reason, count)| Excuse { reason: reason.to_owned(), count })
            .collect();
        Score {
            name: name.to_owned(),
            what: what.to_owned(),
            told: self.told,
            refused: self.refused,
            excused,
            parts: Vec::new(),
            survivors: self.survivors,
        }
    }
}
