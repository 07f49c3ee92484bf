//! Venues' instrument names as canonical ones.

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/// Quote currencies that Binance appends without a mark, longest first.
const QUOTES: [&str; 8] = ["FDUSD", "USDT", "USDC", "BUSD", "TUSD", "DAI", "EUR", "USD"];

fn symbol(text: &str) -> Option<&str> {
    let good =
        (1..=24).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    good.then_some(text)
}

/// `220422` as `22APR22`.
fn date(text: &str) -> Option<String> {
    if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (month, day): (usize, u32) = (text[2..4].parse().ok()?, text[4..].parse().ok()?);
    let month = MONTHS.get(month.checked_sub(1)?)?;
    (1..=31).contains(&day).then(|| format!("{day}{month}{}", &text[..2]))
}

/// A strike, its point as `d`.
fn strike(text: &str) -> Option<String> {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = text.split_once('.').map_or((text, None), |(w, p)| (w, Some(p)));
    let good = digits(whole) && part.is_none_or(digits);
    good.then(|| text.replace('.', "d"))
}

fn join(head: String, tail: &[&str]) -> Option<String> {
    Some(match tail {
        [] => format!("{head}-PERPETUAL"),
        [day] => format!("{head}-{}", date(day)?),
        [day, price, right @ ("C" | "P")] => format!("{head}-{}-{}-{right}", date(day)?, strike(price)?),
        _ => return None,
    })
}

/// Whether a canonical name is that of a perpetual or future.
pub(super) fn is_future(name: &str) -> bool {
    name.split('-').count() == 2
}

/// Whether a canonical name is that of an inverse contract.
pub(super) fn is_inverse(name: &str) -> bool {
    !name.contains('_')
}

/// ccxt's unified symbols: `BTC/USD:BTC`, `BTC/USDT:USDT-250328`, `BTC/USD:BTC-220422:38000:P` or
/// `BTC/USD:BTC-220422-38000-P`. A pair alone, `BTC/USDT`, is a loan against a balance, not one position: balances say it.
pub(super) fn unified(text: &str) -> Option<String> {
    let (pair, rest) = text.split_once(':')?;
    let (base, quote) = pair.split_once('/')?;
    let (base, quote) = (symbol(base)?, symbol(quote)?);
    let mut parts = rest.split([':', '-']);
    let settle = parts.next()?;
    let tail: Vec<&str> = parts.collect();
    let head = if settle == base {
        base.to_owned()
    } else if settle == quote {
        format!("{base}_{quote}")
    } else {
        return None;
    };
    join(head, &tail)
}

/// Binance's own: `BTCUSDT`, `BTCUSDT_250328`, `BTCUSD_PERP`, `BTCUSD_250328`.
pub(super) fn binance(text: &str) -> Option<String> {
    let (pair, tail) = match text.split_once('_') {
        Some((pair, tail)) => (pair, Some(tail)),
        None => (text, None),
    };
    let (base, quote) = QUOTES.iter().find_map(|q| Some((symbol(pair.strip_suffix(q)?)?, *q)))?;
    match (quote, tail) {
        ("USD", None) => None,
        ("USD", Some("PERP")) => join(base.to_owned(), &[]),
        ("USD", Some(day)) => join(base.to_owned(), &[day]),
        (_, None) => join(format!("{base}_{quote}"), &[]),
        (_, Some(day)) => join(format!("{base}_{quote}"), &[day]),
    }
}

/// OKX's own: `BTC-USD-SWAP`, `BTC-USDT-SWAP`, `BTC-USD-250328`, `BTC-USD-250328-70000-C`.
pub(super) fn okx(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('-').collect();
    let [base, quote, tail @ ..] = parts.as_slice() else { return None };
    let (base, quote) = (symbol(base)?, symbol(quote)?);
    let head = if quote == "USD" { base.to_owned() } else { format!("{base}_{quote}") };
    match tail {
        [] => None,
        ["SWAP"] => join(head, &[]),
        more => join(head, more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_canonical() {
        for (from, to) in [
            ("BTC/USD:BTC", "BTC-PERPETUAL"),
            ("ETH/USDT:USDT", "ETH_USDT-PERPETUAL"),
            ("BTC/USD:BTC-220422", "BTC-22APR22"),
            ("BTC/USD:BTC-220422:38000:P", "BTC-22APR22-38000-P"),
            ("XRP/USDC:USDC-260307-1.5-C", "XRP_USDC-7MAR26-1d5-C"),
        ] {
            assert_eq!(unified(from).as_deref(), Some(to), "{from}");
        }
        for (from, to) in [
            ("BTCUSDT", "BTC_USDT-PERPETUAL"),
            ("BTCUSD_PERP", "BTC-PERPETUAL"),
            ("BTCUSD_201225", "BTC-25DEC20"),
            ("1000SHIBUSDT", "1000SHIB_USDT-PERPETUAL"),
        ] {
            assert_eq!(binance(from).as_deref(), Some(to), "{from}");
        }
        for (from, to) in [
            ("BTC-USD-SWAP", "BTC-PERPETUAL"),
            ("ETH-USDT-SWAP", "ETH_USDT-PERPETUAL"),
            ("ETH-USD-210430", "ETH-30APR21"),
            ("BTC-USD-250328-70000-C", "BTC-28MAR25-70000-C"),
        ] {
            assert_eq!(okx(from).as_deref(), Some(to), "{from}");
        }
    }

    #[test]
    fn what_is_no_name_is_none() {
        for bad in [
            "",
            "BTC",
            "BTC/USDT",
            "BTC/USD:XRP",
            "BTC/USD:BTC-220422-1.-P",
            "BTC/USD:BTC-221322",
            "btc/USD:BTC",
            "BTC/USD:BTC-220422:x:P",
            "é/é:é-é",
        ] {
            assert_eq!(unified(bad), None, "{bad}");
        }
        for bad in ["", "USDT", "BTCUSD", "BTCUSDT_1", "é"] {
            assert_eq!(binance(bad), None, "{bad}");
        }
        for bad in ["", "BTC", "BTC-USDT", "BTC-USD-x", "BTC-USD-250328-70000", "-", "--"] {
            assert_eq!(okx(bad), None, "{bad}");
        }
    }
}
