//! Calendar dates and instants, UTC, proleptic Gregorian; no clock is read here.

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/// Seconds in a day.
pub const DAY: u64 = 86_400;

/// Days since 1970-01-01 of a date of the years 1970 to 9999, or `None` where there is no such date.
pub fn days_of(year: u32, month: u32, day: u32) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let leap = |y: u32| y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if day == 0 || day > lengths[month as usize - 1] {
        return None;
    }
    let before = (1970..year).map(|y| if leap(y) { 366u64 } else { 365 }).sum::<u64>();
    let months = lengths[..month as usize - 1].iter().map(|&n| u64::from(n)).sum::<u64>();
    Some(before + months + u64::from(day) - 1)
}

/// Year, month and day of a count of days since 1970-01-01 (H. Hinnant's algorithm).
pub fn date_of(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let of_era = z % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// `7FEB26`, as venues write an expiry date.
pub fn expiry_text(seconds: u64) -> String {
    let (year, month, day) = date_of(seconds / DAY);
    let month = MONTHS[usize::try_from(month - 1).unwrap_or(0)];
    format!("{day}{month}{:02}", year % 100)
}

/// Days since 1970 of `7FEB26` (years 2000 to 2099). `07FEB26` is refused: one spelling per date.
pub fn parse_expiry(text: &str) -> Option<u64> {
    if !text.is_ascii() || !(6..=7).contains(&text.len()) || text.starts_with('0') {
        return None;
    }
    let (day, rest) = text.split_at(text.len() - 5);
    let month = MONTHS.iter().position(|m| *m == &rest[..3])?;
    let digits = |s: &str| if s.bytes().all(|b| b.is_ascii_digit()) { s.parse::<u32>().ok() } else { None };
    days_of(2000 + digits(&rest[3..])?, u32::try_from(month).ok()? + 1, digits(day)?)
}

/// Seconds since 1970 of `2026-02-05T21:29:37.885165+00:00`, the fraction dropped. Only UTC (`Z` or `+00:00`) is read.
pub fn parse_instant(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| -> Option<u32> {
        let part = text.get(from..to)?;
        if part.bytes().all(|b| b.is_ascii_digit()) { part.parse().ok() } else { None }
    };
    let at = |i: usize| text.as_bytes().get(i).copied();
    if at(4)? != b'-'
        || at(7)? != b'-'
        || !matches!(at(10)?, b'T' | b' ')
        || at(13)? != b':'
        || at(16)? != b':'
    {
        return None;
    }
    let days = days_of(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = text.get(19..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        rest = fraction.get(digits..)?;
    }
    if rest != "Z" && rest != "+00:00" {
        return None;
    }
    Some(days * DAY + u64::from(hour * 3600 + minute * 60 + second))
}

/// `2026-02-05T21:29:37Z`.
pub fn instant_text(seconds: u64) -> String {
    let (year, month, day) = date_of(seconds / DAY);
    let of_day = seconds % DAY;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_instants_round_trip() {
        assert_eq!(parse_instant("2026-02-05T21:29:37.885165+00:00"), Some(1_770_326_977));
        assert_eq!(instant_text(1_770_326_977), "2026-02-05T21:29:37Z");
        for days in (0..80_000).step_by(13) {
            let (y, m, d) = date_of(days);
            assert_eq!(
                days_of(u32::try_from(y).unwrap(), u32::try_from(m).unwrap(), u32::try_from(d).unwrap()),
                Some(days)
            );
        }
        let feb = parse_expiry("7FEB26").unwrap();
        assert_eq!(expiry_text(feb * DAY + 8 * 3600), "7FEB26");
        for bad in ["07FEB26", "30FEB26", "FEB26", "7FEX26", "7FEB2", "é7FEB", "7FEB-1"] {
            assert_eq!(parse_expiry(bad), None, "{bad}");
        }
        for bad in ["2026-02-05", "2026-02-30T00:00:00Z", "2026-02-05T24:00:00Z", "2026-02-05T10:00:00+01:00"]
        {
            assert_eq!(parse_instant(bad), None, "{bad}");
        }
    }
}
