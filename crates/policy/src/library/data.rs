//! Dated data files: tables of venues and protocols, which change; a mandate that uses one names the venue's table, and
//! whoever checks it is told when the table is older than its stated validity.

use crate::error::unseen;
use mandate_market::time::{DAY, days_of};
use mandate_statement::{Digest, keccak};
use std::sync::LazyLock;

/// One data file.
#[derive(Clone, Debug, serde::Serialize)]
pub struct DataFile {
    /// Its name.
    pub name: String,
    /// Day that the figures are of, `YYYY-MM-DD`; where their source has no date, the day they were recorded.
    pub as_of: String,
    /// Last day that the project vouches for them.
    pub valid_until: String,
    /// Where they were read.
    pub source: String,
    /// Tables, in order of the file.
    pub tables: Vec<Table>,
    /// Keccak-256 of the file.
    pub digest: Digest,
}

/// One table of a data file.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// How a mandate names it.
    pub name: String,
    /// What it is.
    pub text: String,
    /// What stands in the rules.
    pub is: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    as_of: String,
    valid_until: String,
    source: String,
    table: Vec<Table>,
}

macro_rules! data {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../../templates/data/", $name, ".toml")))),*]
    };
}

const FILES: [(&str, &str); 4] =
    data!["binance-usdm-2024-10", "binance-usdm-coins-2024-10", "dydx-v4-2026-11", "hyperliquid-2026-11"];

static DATA: LazyLock<Vec<DataFile>> = LazyLock::new(|| {
    FILES.iter().map(|(file, text)| read(file, text).unwrap_or_else(|e| panic!("data {file}: {e}"))).collect()
});

fn read(name: &str, text: &str) -> Result<DataFile, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    if file.name != name {
        return Err(format!("it calls itself `{}`", file.name));
    }
    if text.chars().any(|c| c != '\n' && unseen(c)) {
        return Err("it has characters that cannot be seen".into());
    }
    let (from, to) = (day(&file.as_of), day(&file.valid_until));
    if from.is_none() || to.is_none() || from > to {
        return Err("its dates are days, YYYY-MM-DD, in order".into());
    }
    Ok(DataFile {
        name: file.name,
        as_of: file.as_of,
        valid_until: file.valid_until,
        source: file.source,
        tables: file.table,
        digest: keccak(text.as_bytes()),
    })
}

/// All data files.
pub fn data_files() -> &'static [DataFile] {
    &DATA
}

pub(super) fn data_file(name: &str) -> Option<&'static DataFile> {
    data_files().iter().find(|d| d.name == name)
}

/// Days since 1970-01-01 of `YYYY-MM-DD`.
fn day(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split('-').collect();
    let [y, m, d] = parts[..] else { return None };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit()).then(|| s.parse::<u32>().ok()).flatten();
    if [y.len(), m.len(), d.len()] != [4, 2, 2] {
        return None;
    }
    days_of(digits(y)?, digits(m)?, digits(d)?)
}

impl DataFile {
    /// Whether a second since 1970 lies past the last day of validity.
    pub fn stale(&self, now: u64) -> bool {
        day(&self.valid_until).is_none_or(|last| now / DAY > last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted() {
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("2000-02-29"), Some(11_016));
        assert_eq!(day("2026-02-05"), Some(20_489));
        for wrong in ["2025-02-29", "2025-13-01", "2025-1-01", "25-01-01", "2025-01-00", "2025-01-01-", "x"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_last_day_is_valid_and_the_next_is_not() {
        for file in data_files() {
            let last = day(&file.valid_until).unwrap();
            assert!(!file.stale(last * 86_400 + 86_399), "{}", file.name);
            assert!(file.stale((last + 1) * 86_400), "{}", file.name);
        }
    }
}
