//! Errors that point at the text: file, line, column, the words underlined, and what would be right.

use std::fmt;

/// A stretch of a mandate file, in bytes: `start .. end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    pub(crate) const fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }
}

/// Whether a character shows nothing, or moves what stands beside it: control characters (line breaks among them),
/// marks and overrides of the writing direction, separators of lines, and blanks of no width.
pub(crate) fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'
                ..='\u{202e}'
        )
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Most characters of a line that an error shows.
const WINDOW: usize = 110;

/// What is wrong (or, for a verdict, what does not hold), where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong, in one line.
    pub message: String,
    /// Name of the file.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What stands beside the underlining.
    pub label: String,
    /// What would be right.
    pub help: Option<String>,
    excerpt: String,
    offset: usize,
    width: usize,
    /// The rule that a template wrote, underlined.
    quoted: Option<String>,
}

impl Diagnostic {
    /// Points at `span` of `text`. Never panics, whatever the span.
    pub(crate) fn at(file: &str, text: &str, span: Span, message: String, label: String) -> Self {
        let floor = |mut at: usize| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(span.start);
        let end = floor(span.end).max(start);
        let head = &text[..start];
        let line_start = head.rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let before = text[line_start..start].chars().count();
        let width = text[start..end.min(line_end).max(start)].chars().count().max(1);
        let skip = if before + width > WINDOW { before.saturating_sub(WINDOW / 3) } else { 0 };
        let tidy = |c: char| if unseen(c) { ' ' } else { c };
        Self {
            message,
            file: file.to_owned(),
            line: head.matches('\n').count() + 1,
            column: before + 1,
            label,
            help: None,
            excerpt: text[line_start..line_end].chars().skip(skip).take(WINDOW).map(tidy).collect(),
            offset: before - skip,
            width: width.min(WINDOW),
            quoted: None,
        }
    }
    /// Quotes a rule that does not stand in the file, with `span` of it underlined, or said again where the line is long.
    pub(crate) fn quoting(mut self, id: &str, rule: &str, span: Span, label: String) -> Self {
        let inner = Self::at("", rule, span, String::new(), label);
        let mark = if rule.chars().count() <= WINDOW {
            format!("{}{}", " ".repeat(inner.offset), "^".repeat(inner.width))
        } else {
            rule.get(span.start..span.end)
                .filter(|part| *part != rule)
                .map_or_else(|| "^".into(), |p| format!("`{p}`"))
        };
        self.quoted = Some(format!("rule `{id}` reads\n  | {rule}\n  | {mark} {}", inner.label));
        self
    }
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let gap = " ".repeat(number.len());
        writeln!(f, "{}", self.message)?;
        writeln!(f, "{gap}--> {}:{}:{}", self.file, self.line, self.column)?;
        writeln!(f, "{number} | {}", self.excerpt.trim_end())?;
        write!(f, "{gap} | {}{} {}", " ".repeat(self.offset), "^".repeat(self.width), self.label)?;
        if let Some(quoted) = &self.quoted {
            write!(f, "\n{quoted}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

/// Why a file is not a mandate, or a mandate does not compile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MandateError {
    /// Larger than any mandate letter.
    #[error("the mandate is {got} bytes; at most {limit} are read")]
    TooLarge {
        /// Bytes found.
        got: usize,
        /// Bytes accepted.
        limit: usize,
    },
    /// Something in the text is wrong; the diagnostic points at it.
    #[error("{0}")]
    Text(Box<Diagnostic>),
    /// The mandate needs more of something than the shape has.
    #[error("{0}")]
    TooSmall(Box<TooSmall>),
    /// The risk model's columns are not the shape's.
    #[error("risk model `{model}` does not fit shape `{shape}`: its columns are of other modes")]
    ModelShape {
        /// The model.
        model: String,
        /// The shape.
        shape: String,
    },
    /// The mandate is written for another model than the one it is compiled for.
    #[error("the mandate is written for risk model `{wanted}`, not `{got}`")]
    OtherModel {
        /// The model that the mandate names.
        wanted: String,
        /// The model given.
        got: String,
    },
    /// No shape takes the mandate.
    #[error("no shape takes this mandate; tried {tried}: {last}")]
    NoShape {
        /// Names of the shapes tried.
        tried: String,
        /// What was wrong with the largest.
        last: String,
    },
}

impl MandateError {
    /// The diagnostic, where the error points at text.
    pub fn diagnostic(&self) -> Option<&Diagnostic> {
        match self {
            Self::Text(d) => Some(d),
            Self::TooSmall(t) => Some(&t.diagnostic),
            _ => None,
        }
    }
}

impl From<Diagnostic> for MandateError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Text(Box::new(diagnostic))
    }
}

/// The mandate needs more rows or witnesses than a shape has.
#[derive(Debug)]
pub struct TooSmall {
    /// Where the rule that no longer fits stands.
    pub diagnostic: Diagnostic,
    /// Name of the shape.
    pub shape: String,
}

impl fmt::Display for TooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostic.fmt(f)
    }
}
