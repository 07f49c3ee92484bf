//! What had to be refused, and with which reason it was.

use crate::screen::Screen;
use std::fmt::Display;

/// One thing that was tried.
pub struct Tried {
    /// What was tried.
    pub what: String,
    /// Who refused it.
    pub by: &'static str,
    /// The printed reason, or why this is no refusal.
    pub reason: String,
    /// Whether it was refused for the right reason.
    pub refused: bool,
}

/// Everything that was tried.
#[derive(Default)]
pub struct Refusals {
    /// In order.
    pub list: Vec<Tried>,
}

impl Refusals {
    /// Holds that something was refused, and that the reason says `expected`.
    pub fn expect<T, E: Display>(
        &mut self,
        what: impl Into<String>,
        by: &'static str,
        expected: &str,
        result: Result<T, E>,
        screen: &Screen,
    ) {
        let what = what.into();
        let (reason, refused) = match result {
            Ok(_) => ("it was ACCEPTED".to_owned(), false),
            Err(why) => {
                let why = why.to_string();
                let right = why.contains(expected);
                (if right { why } else { format!("refused, but not because of `{expected}`: {why}") }, right)
            }
        };
        screen.say(format!(
            "  {} {what}\n      {by}: {reason}",
            if refused { "refused:" } else { "NOT AS IT MUST BE:" }
        ));
        self.list.push(Tried { what, by, reason, refused });
    }
    /// Whether everything was refused for the right reason.
    pub fn all(&self) -> bool {
        !self.list.is_empty() && self.list.iter().all(|t| t.refused)
    }
}
