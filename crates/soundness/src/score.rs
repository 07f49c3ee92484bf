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
    /// What is worse here than in `before`, or `None`.
    pub fn fall(&self, before: &Self) -> Option<String> {
        if !self.is_whole() {
            let named = self.survivors.join("; ");
            return Some(format!("{}: {} lies were believed: {named}", self.name, self.believed()));
        }
        if self.told < before.told {
            return Some(format!("{}: {} lies were told, {} before", self.name, self.told, before.told));
        }
        for now in &self.excused {
            let was = before.excused.iter().find(|e| e.reason == now.reason).map_or(0, |e| e.count);
            if now.count > was {
                let reason = &now.reason;
                return Some(format!(
                    "{}: {} lies are excused, {was} before: {reason}",
                    self.name, now.count
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
            survivors: self.survivors,
        }
    }
}
