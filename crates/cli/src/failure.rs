//! What a command ends with.

use std::fmt::Display;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Holds,
    /// Exit code 1.
    DoesNotHold,
}

/// Nothing could be decided: exit code 2, and why. Never holds a secret.
pub struct Failure(pub String);

/// What every command gives.
pub type Done = Result<Outcome, Failure>;

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// A failure in one's own words.
pub fn fail<T>(words: impl Into<String>) -> Result<T, Failure> {
    Err(Failure(words.into()))
}

/// Says where an error happened.
pub trait At<T> {
    /// Puts `place` before the error's words.
    fn at(self, place: impl Display) -> Result<T, Failure>;
}

impl<T, E: Into<Failure>> At<T> for Result<T, E> {
    fn at(self, place: impl Display) -> Result<T, Failure> {
        self.map_err(|e| Failure(format!("{place}: {}", e.into().0)))
    }
}
