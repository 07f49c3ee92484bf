//! Input files and tables with a header, read by column name; every error names file, line, column and value.

use super::ImportError;
use crate::price::Price;
use crate::snapshot::Source;
use crate::time::parse_instant;
use mandate_numeric::Decimal;
use mandate_statement::keccak;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Read as _;
use std::path::Path;
use std::str::FromStr;

/// Largest input file, in bytes.
pub const MAX_INPUT: u64 = 64 << 20;

/// Significant digits that prices, marks and volatilities are rounded to when read. Venues quote fewer; tables carry the
/// noise of binary floats; and products of two of them with two factors in basis points stay below `2^127`.
pub(super) const DIGITS: u32 = 12;

/// A file's bytes with the name that errors call it by.
#[derive(Clone)]
pub struct InputFile {
    /// Name, for errors.
    pub name: String,
    /// Content.
    pub bytes: Vec<u8>,
}

impl InputFile {
    /// Reads a file of at most [`MAX_INPUT`] bytes.
    ///
    /// # Errors
    /// [`ImportError::Read`] or [`ImportError::TooLarge`].
    pub fn read(path: &Path) -> Result<Self, ImportError> {
        let name = path.display().to_string();
        let failed = |e: std::io::Error| ImportError::Read { file: name.clone(), why: e.to_string() };
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .map_err(failed)?
            .take(MAX_INPUT + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        Self { name, bytes }.checked()
    }
    /// A file that is already in memory.
    ///
    /// # Errors
    /// [`ImportError::TooLarge`].
    pub fn of_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, ImportError> {
        Self { name: name.to_owned(), bytes }.checked()
    }
    fn checked(self) -> Result<Self, ImportError> {
        let got = self.bytes.len() as u64;
        if got > MAX_INPUT {
            return Err(ImportError::TooLarge { file: self.name, got, limit: MAX_INPUT });
        }
        Ok(self)
    }
    /// As a snapshot's source, under a name of the importer's.
    pub(super) fn source(&self, name: &str) -> Source {
        Source { name: name.to_owned(), digest: Some(keccak(&self.bytes)) }
    }
    /// Rows of a CSV table with all of `columns`, each handed to `each`. There must be one at least.
    pub(super) fn rows_of<T>(
        &self,
        columns: &[&str],
        each: impl FnMut(&Row<'_>) -> Result<T, ImportError>,
    ) -> Result<Vec<T>, ImportError> {
        self.rows_with(columns, each).and_then(|rows| {
            if rows.is_empty() {
                return Err(ImportError::Missing(format!(
                    "{}: the table has no row below its header",
                    self.name
                )));
            }
            Ok(rows)
        })
    }
    /// Rows of a CSV table, each handed to `each`.
    pub(super) fn rows<T>(
        &self,
        each: impl FnMut(&Row<'_>) -> Result<T, ImportError>,
    ) -> Result<Vec<T>, ImportError> {
        self.rows_with(&[], each)
    }
    fn rows_with<T>(
        &self,
        wanted: &[&str],
        mut each: impl FnMut(&Row<'_>) -> Result<T, ImportError>,
    ) -> Result<Vec<T>, ImportError> {
        let syntax = |e: csv::Error| {
            let line = e.position().map_or(1, csv::Position::line);
            ImportError::Syntax { file: self.name.clone(), line, why: e.to_string() }
        };
        let mut reader = csv::ReaderBuilder::new().from_reader(self.bytes.as_slice());
        let header = reader.headers().map_err(syntax)?.clone();
        let columns: BTreeMap<&str, usize> = header.iter().enumerate().map(|(i, c)| (c.trim(), i)).collect();
        if let Some(missing) = wanted.iter().find(|c| !columns.contains_key(**c)) {
            return Err(no_column(&self.name, missing, &columns));
        }
        let mut out = Vec::new();
        for record in reader.records() {
            let record = record.map_err(syntax)?;
            let line = record.position().map_or(0, csv::Position::line);
            out.push(each(&Row { file: &self.name, line, columns: &columns, record: &record })?);
        }
        Ok(out)
    }
}

fn no_column(file: &str, column: &str, columns: &BTreeMap<&str, usize>) -> ImportError {
    ImportError::Column {
        file: file.to_owned(),
        column: column.to_owned(),
        header: columns.keys().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", "),
    }
}

/// One row of a table.
pub(super) struct Row<'a> {
    file: &'a str,
    /// Line in the file, from 1.
    pub line: u64,
    columns: &'a BTreeMap<&'a str, usize>,
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    /// The error for a value of this row.
    pub fn wrong(&self, column: &str, wanted: impl Display) -> ImportError {
        let value: String = self.text(column).unwrap_or_default().chars().take(80).collect();
        ImportError::Value {
            file: self.file.to_owned(),
            line: self.line,
            column: column.to_owned(),
            value,
            wanted: wanted.to_string(),
        }
    }
    /// A value as text, trimmed.
    pub fn text(&self, column: &str) -> Result<&str, ImportError> {
        let at = self.columns.get(column).ok_or_else(|| no_column(self.file, column, self.columns))?;
        Ok(self.record.get(*at).unwrap_or("").trim())
    }
    /// A decimal rounded to [`DIGITS`] significant digits; `None` where the field is empty.
    pub fn price(&self, column: &str) -> Result<Option<Price>, ImportError> {
        match self.text(column)? {
            "" => Ok(None),
            text => text
                .parse::<Decimal>()
                .and_then(|d| Price::significant(d, DIGITS))
                .map(Some)
                .map_err(|_| self.wrong(column, "a decimal number")),
        }
    }
    /// The same, which must be there and above zero.
    pub fn positive(&self, column: &str) -> Result<Price, ImportError> {
        self.price(column)?
            .filter(|p| p.is_positive())
            .ok_or_else(|| self.wrong(column, "a decimal number above zero"))
    }
    /// A float, only ever compared with; `None` where the field is empty.
    pub fn float(&self, column: &str) -> Result<Option<f64>, ImportError> {
        match self.text(column)? {
            "" => Ok(None),
            text => match f64::from_str(text) {
                Ok(x) if x.is_finite() => Ok(Some(x)),
                _ => Err(self.wrong(column, "a finite number")),
            },
        }
    }
    /// An instant in ISO form, UTC, as seconds.
    pub fn instant(&self, column: &str) -> Result<u64, ImportError> {
        parse_instant(self.text(column)?)
            .ok_or_else(|| self.wrong(column, "an instant such as 2026-02-05T21:29:37+00:00"))
    }
    /// An instant in milliseconds since 1970, as seconds, rounded down.
    pub fn milliseconds(&self, column: &str) -> Result<u64, ImportError> {
        self.text(column)?
            .parse::<u64>()
            .map(|ms| ms / 1000)
            .map_err(|_| self.wrong(column, "milliseconds since 1970"))
    }
}
