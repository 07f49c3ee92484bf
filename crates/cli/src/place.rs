//! What people write: instants, spans of time, addresses, and names for blocks.

use mandate_market::{Snapshot, time};
use mandate_policy::Verdict;
use mandate_statement::{Digest, Family};
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// Seconds since 1970, or an instant such as `2026-02-05T21:29:37Z`.
pub fn instant(text: &str) -> Result<u64, String> {
    text.parse()
        .ok()
        .or_else(|| time::parse_instant(text))
        .ok_or_else(|| "wanted seconds since 1970, or an instant such as 2026-02-05T21:29:37Z".to_owned())
}

/// A span of time: `90`, `90s`, `15m`, `12h`, `1d`.
pub fn span(text: &str) -> Result<u64, String> {
    let wanted = || "wanted a span of time such as 90s, 15m, 12h or 1d".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..split].parse().map_err(|_| wanted())?;
    let unit = match &text[split..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wanted()),
    };
    number.checked_mul(unit).ok_or_else(wanted)
}

/// Twenty bytes in hex.
pub fn address(text: &str) -> Result<[u8; 20], String> {
    let mut out = [0; 20];
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut out)
        .map_err(|_| "wanted an address of 40 hex digits".to_owned())?;
    Ok(out)
}

/// A digest in hex.
pub fn digest(text: &str) -> Result<Digest, String> {
    Digest::from_hex(text).ok_or_else(|| "wanted 64 hex digits".to_owned())
}

/// An address as text.
pub fn address_text(address: &[u8; 20]) -> String {
    format!("0x{}", hex::encode(address))
}

/// Whereof a verdict's tightest block speaks, in the universe's own names.
pub fn of(snapshot: &Snapshot, verdict: &Verdict) -> Option<String> {
    let block = verdict.block?;
    let universe = &snapshot.universe;
    match verdict.family {
        Family::Group => universe.group_label(block),
        Family::Account => universe.account_label(block),
        Family::Asset => universe.asset_label(block).map(str::to_owned),
        Family::Slot => universe.slot_label(block),
        Family::Global => None,
    }
}

/// The name of an account's files: `harbour/cross/main` is `harbour_cross_main`.
pub fn file_stem(account: &str) -> String {
    account
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_instants() {
        assert_eq!(span("90"), Ok(90));
        assert_eq!(span("15m"), Ok(900));
        assert_eq!(span("1d"), Ok(86_400));
        for bad in ["", "d", "1w", "-1s", "1.5h", "99999999999999999999d", "18446744073709551615d"] {
            assert!(span(bad).is_err(), "{bad}");
        }
        assert_eq!(instant("2026-02-05T21:29:37Z"), Ok(1_770_326_977));
        assert_eq!(instant("12"), Ok(12));
        assert!(instant("yesterday").is_err());
        assert!(address("0x12").is_err());
    }
}
