//! Positions in pools of concentrated liquidity: the ranges that a universe lists.

use super::ImportError;
use super::collateral::class_of_symbol;
use super::table::InputFile;
use crate::cut::Listing;
use crate::instrument::{Instrument, is_symbol};
use crate::lp::ends_of_ticks;
use std::collections::{BTreeMap, BTreeSet};

/// One range at one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolRange {
    /// Venue, pool and entity of the account.
    pub account: [String; 3],
    /// The range.
    pub instrument: Instrument,
}

/// The symbol under which a token's price is known: a wrapped ETH is one ETH, which its contract gives back for it. No other
/// token is taken for another: a bridged or wrapped coin can part from its coin.
pub fn unwrapped(symbol: &str) -> &str {
    if symbol == "WETH" { "ETH" } else { symbol }
}

/// The range that a pool reports as two tokens, their decimals and two ticks, under its canonical name.
///
/// # Errors
/// In words, what is wrong: a pool that does not pair a coin with a currency, or ticks that are no range.
pub fn range_of(tokens: (&str, &str), decimals: (u8, u8), ticks: (i32, i32)) -> Result<Instrument, String> {
    let tokens = (unwrapped(tokens.0), unwrapped(tokens.1));
    for symbol in [tokens.0, tokens.1] {
        if !is_symbol(symbol) {
            return Err("a token's symbol is 1 to 24 of `A-Z`, `0-9`".into());
        }
    }
    let (asset, currency, coin_is_token0) = match (
        class_of_symbol(tokens.0).is_cash(),
        class_of_symbol(tokens.1).is_cash(),
    ) {
        (false, true) => (tokens.0, tokens.1, true),
        (true, false) => (tokens.1, tokens.0, false),
        _ => {
            return Err(format!(
                "`{}` and `{}` are not a coin and a currency: only pools that pair one with the other are modelled",
                tokens.0, tokens.1
            ));
        }
    };
    let (lower, upper) = ends_of_ticks(ticks, decimals, coin_is_token0).ok_or_else(|| {
        format!(
            "ticks {} to {} with {} and {} decimals are no range of prices",
            ticks.0, ticks.1, decimals.0, decimals.1
        )
    })?;
    Ok(Instrument::LiquidityRange { asset: asset.to_owned(), currency: currency.to_owned(), lower, upper })
}

/// Reads the ranges that a universe is to list: columns `account` (`venue/pool/entity`), `token0`, `token1`, `decimals0`,
/// `decimals1`, `tick_lower`, `tick_upper`, as the pool's contract has them. One row for each range of an account.
///
/// # Errors
/// [`ImportError`], naming file, line, column and value.
pub fn read_pools(file: &InputFile) -> Result<Vec<PoolRange>, ImportError> {
    let columns = ["account", "token0", "token1", "decimals0", "decimals1", "tick_lower", "tick_upper"];
    let mut seen = BTreeSet::new();
    file.rows_of(&columns, |row| {
        let parts: Vec<&str> = row.text("account")?.split('/').collect();
        let [venue, pool, entity] = parts[..] else {
            return Err(row.wrong("account", "an account such as `uniswap-v3/positions/main`"));
        };
        let decimals = |column: &str| {
            let wrong = |_| row.wrong(column, "a token's decimals, such as 18");
            row.text(column)?.parse::<u8>().map_err(wrong)
        };
        let tick = |column: &str| {
            let wrong = |_| row.wrong(column, "a tick, such as -201240");
            row.text(column)?.parse::<i32>().map_err(wrong)
        };
        let (decimals, ticks) =
            ((decimals("decimals0")?, decimals("decimals1")?), (tick("tick_lower")?, tick("tick_upper")?));
        let instrument = range_of((row.text("token0")?, row.text("token1")?), decimals, ticks)
            .map_err(|why| row.wrong("token0", format!("a pool and a range that are modelled: {why}")))?;
        let account = [venue, pool, entity].map(str::to_owned);
        if !seen.insert((account.clone(), instrument.to_string())) {
            return Err(
                row.wrong("account", "each range of an account once: positions on one range are added up")
            );
        }
        Ok(PoolRange { account, instrument })
    })
}

/// The accounts of the ranges, in the order in which they come first, each with its ranges and with balances of their tokens, where
/// fees go that wait to be collected.
pub(super) fn listings(ranges: Vec<PoolRange>) -> Vec<Listing> {
    let mut order: Vec<[String; 3]> = Vec::new();
    let mut held: BTreeMap<[String; 3], BTreeSet<Instrument>> = BTreeMap::new();
    for PoolRange { account, instrument } in ranges {
        if !order.contains(&account) {
            order.push(account.clone());
        }
        let list = held.entry(account).or_default();
        let symbols = std::iter::once(instrument.exposure()).chain(instrument.settlement_currency());
        list.extend(symbols.map(super::desk::balance));
        list.insert(instrument);
    }
    let listing = |account: [String; 3]| {
        let instruments = held.remove(&account).into_iter().flatten().collect();
        let [venue, pool, entity] = account;
        Listing { venue, pool, entity, instruments }
    };
    order.into_iter().map(listing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(rows: &str) -> InputFile {
        let header = "account,token0,token1,decimals0,decimals1,tick_lower,tick_upper\n";
        InputFile::of_bytes("pools.csv", format!("{header}{rows}").into_bytes()).unwrap()
    }

    #[test]
    fn ranges_are_read_from_either_side() {
        let rows = "uniswap-v3/positions/main,USDC,WETH,6,18,196250,201360\nother/positions/main,WETH,USDC,18,6,-201360,-196250\n";
        let read = read_pools(&file(rows)).unwrap();
        assert_eq!(read[0].instrument, read[1].instrument, "one range, whichever token is first");
        let name = read[0].instrument.to_string();
        assert!(name.starts_with("LP:ETH_USDC-1"), "{name}");
        assert_eq!(Instrument::parse_range(&name).as_ref(), Some(&read[0].instrument));
    }

    #[test]
    fn what_is_no_range_is_refused_by_line() {
        for (row, what) in [
            ("a/b,WETH,USDC,18,6,-201360,-196250", "an account such as"),
            ("a/b/c,WETH,WBTC,18,8,-201360,-196250", "not a coin and a currency"),
            ("a/b/c,USDT,USDC,6,6,-10,10", "not a coin and a currency"),
            ("a/b/c,weth,USDC,18,6,-201360,-196250", "a token's symbol"),
            ("a/b/c,WETH,USDC,18,6,-196250,-201360", "no range of prices"),
            ("a/b/c,WETH,USDC,18,6,-900000,-196250", "no range of prices"),
            ("a/b/c,WETH,USDC,18,300,-201360,-196250", "a token's decimals"),
            ("a/b/c,WETH,USDC,18,6,x,-196250", "a tick"),
        ] {
            let error = read_pools(&file(row)).unwrap_err().to_string();
            assert!(error.contains(what) && error.contains("pools.csv, line 2"), "{row}: {error}");
        }
        let twice = "a/b/c,WETH,USDC,18,6,-201360,-196250\na/b/c,USDC,WETH,6,18,196250,201360";
        assert!(read_pools(&file(twice)).unwrap_err().to_string().contains("line 3"));
    }
}
