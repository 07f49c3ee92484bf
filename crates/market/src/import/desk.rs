//! One snapshot out of several files: the accounts of a trading desk.

use super::ImportError;
use super::collateral::{CollateralAsset, class_of_symbol, read_collateral};
use super::deribit::{ChainRow, ContractMark, read_any_chain, read_futures, read_perpetuals};
use super::gateio::{GatePerpetual, read_gateio};
use super::pools::{listings, read_pools};
use super::table::InputFile;
use crate::cut::{CutRule, Listing};
use crate::instrument::{Instrument, Settle};
use crate::price::Price;
use crate::quality::{Finding, Gate, Gates, IndexRange, QualityReport, bps_between};
use crate::snapshot::{CurrencyQuote, Quote, Snapshot, Source, State, quote_key};
use crate::universe::{Currency, CurrencyClass, Universe};
use std::collections::{BTreeMap, BTreeSet};

/// Haircut of a coin that no collateral list names, in basis points.
const COIN_HAIRCUT_BPS: u16 = 1000;
/// Haircut of a stablecoin or foreign currency that no collateral list names, in basis points.
const CASH_HAIRCUT_BPS: u16 = 100;
/// What the custody account lists of a collateral list unless told to list all of it.
const MAJORS: [&str; 20] = [
    "BTC", "ETH", "SOL", "BNB", "XRP", "ADA", "DOGE", "TRX", "AVAX", "LINK", "DOT", "LTC", "BCH", "UNI",
    "AAVE", "USDC", "USDT", "FDUSD", "DAI", "EUR",
];

/// Which files to make a snapshot of. Every one is optional; at least one must price something.
///
/// Accounts, in this order: `deribit/cross/main` from a chain (options, futures, perpetuals, spot and unsettled profit of
/// each coin; USD, USDC, USDT), `custody/segregated/main` from a collateral list, `gateio/cross/main` from a list of
/// perpetuals (with their settlement currency), those that a list of pool ranges names, and `administrator/fund/main` (USD, USDC and loans in both) for liabilities
/// of the fund itself.
#[derive(Clone, Default)]
pub struct Desk {
    /// Deribit option chain.
    pub chain: Option<InputFile>,
    /// Deribit perpetual prices, of the chain's instant among others.
    pub perpetuals: Option<InputFile>,
    /// Deribit term futures marks, of the chain's instant among others.
    pub futures: Option<InputFile>,
    /// Binance collateral list: prices in USDT and haircuts.
    pub collateral: Option<InputFile>,
    /// Whether the custody account lists every asset of the collateral list, not the majors only.
    pub custody_all: bool,
    /// Gate.io perpetuals.
    pub gateio: Option<InputFile>,
    /// Ranges of liquidity pools, each at its account; their tokens must be priced by another file.
    pub pools: Option<InputFile>,
    /// Instant, seconds since 1970; needed only where there is no chain to take it from, and refused beside a chain of
    /// another instant.
    pub as_of: Option<u64>,
    /// Coins of the chain to take; all of them where empty.
    pub only: Vec<String>,
    /// Underlyings with a group of their own; the chain's coins where empty.
    pub named: Vec<String>,
    /// Shape; the smallest that fits where `None`.
    pub shape: Option<String>,
    /// Data-quality gates.
    pub gates: Gates,
}

/// What importing gives.
pub struct Imported {
    /// The snapshot, checked.
    pub snapshot: Snapshot,
    /// What the gates found.
    pub report: QualityReport,
}

/// What has been read so far.
struct Builder {
    gates: Gates,
    as_of: u64,
    sources: Vec<Source>,
    /// Price in USD, time and source, by symbol.
    prices: BTreeMap<String, (Price, u64, u16)>,
    haircuts: BTreeMap<String, u16>,
    quotes: BTreeMap<String, State<Quote>>,
    listings: Vec<Listing>,
    report: QualityReport,
}

impl Desk {
    /// Reads the files, runs the gates, cuts the universe at the snapshot's own prices.
    ///
    /// # Errors
    /// [`ImportError`], naming file, line, column and value; a quote that a gate refuses is no error but an unpriced
    /// slot, named in the report.
    pub fn import(&self) -> Result<Imported, ImportError> {
        let mut chain = self.chain.as_ref().map(read_any_chain).transpose()?;
        if let Some(rows) = chain.as_mut().filter(|_| !self.only.is_empty()) {
            for coin in &self.only {
                if rows.iter().all(|r| r.instrument.exposure() != coin) {
                    return Err(ImportError::Missing(format!("the chain has no options on `{coin}`")));
                }
            }
            rows.retain(|r| self.only.iter().any(|coin| coin == r.instrument.exposure()));
        }
        let as_of = match (self.as_of, &chain) {
            (asked, Some(rows)) => {
                let own = rows.iter().map(|r| r.time).max().unwrap_or(0);
                // Another instant would make old prices look new, or new ones old.
                if let Some(asked) = asked.filter(|asked| *asked != own) {
                    return Err(ImportError::Missing(format!(
                        "the chain is of {} ({own}), asked was {} ({asked}): leave out `--as-of` beside a chain",
                        crate::time::instant_text(own),
                        crate::time::instant_text(asked)
                    )));
                }
                own
            }
            (Some(as_of), None) => as_of,
            (None, None) => {
                return Err(ImportError::Missing(
                    "without a chain, the snapshot's instant must be given with `--as-of`".into(),
                ));
            }
        };
        let mut builder = Builder {
            gates: self.gates,
            as_of,
            sources: vec![Source { name: "definition".into(), digest: None }],
            prices: BTreeMap::from([("USD".to_owned(), (Price::ONE, as_of, 0))]),
            haircuts: BTreeMap::from([("USD".to_owned(), 0)]),
            quotes: BTreeMap::new(),
            listings: Vec::new(),
            report: QualityReport::default(),
        };
        let mut named = self.named.clone();
        if let (Some(file), Some(rows)) = (&self.chain, &chain) {
            let coins = builder.chain(file, rows);
            if named.is_empty() {
                named.clone_from(&coins);
            }
            let mut contracts = Vec::new();
            for (file, name, read) in [
                (&self.perpetuals, "deribit perpetuals", read_perpetuals as fn(&_) -> _),
                (&self.futures, "deribit futures", read_futures as fn(&_) -> _),
            ] {
                if let Some(file) = file {
                    contracts.extend(builder.contracts(file, name, read(file)?, &coins)?);
                }
            }
            builder.list_deribit(&coins, rows, contracts);
        }
        if let Some(file) = &self.collateral {
            builder.collateral(file, &read_collateral(file)?, self.custody_all);
        }
        if let Some(file) = &self.gateio {
            builder.gateio(file, &read_gateio(file)?);
        }
        if let Some(file) = &self.pools {
            let ranges = read_pools(file)?;
            builder.source(file, "pool ranges", ranges.len());
            builder.listings.extend(listings(ranges));
        }
        builder.finish(self, named)
    }
}

impl Builder {
    fn source(&mut self, file: &InputFile, name: &str, rows: usize) -> u16 {
        self.sources.push(file.source(name));
        self.report.rows.insert(name.to_owned(), rows);
        u16::try_from(self.sources.len() - 1).expect("a handful of sources")
    }
    fn found(&mut self, gate: Gate, source: u16, what: &str, detail: String, refused: bool) {
        let source = self.sources[usize::from(source)].name.clone();
        self.report.findings.push(Finding { gate, source, what: what.to_owned(), detail, refused });
    }
    fn age(&self, time: u64) -> Option<String> {
        let age = self.as_of.saturating_sub(time);
        (age > self.gates.max_age).then(|| format!("{age} seconds old, at most {}", self.gates.max_age))
    }

    /// Index and quotes of a chain; the coins it is on, sorted.
    fn chain(&mut self, file: &InputFile, rows: &[ChainRow]) -> Vec<String> {
        let source = self.source(file, "deribit chain", rows.len());
        let coins: BTreeSet<&str> = rows.iter().map(|r| r.instrument.exposure()).collect();
        for coin in &coins {
            let own: Vec<&ChainRow> = rows.iter().filter(|r| r.instrument.exposure() == *coin).collect();
            let (Some(first), Some(low), Some(high)) =
                (own.first(), own.iter().map(|r| r.index).min(), own.iter().map(|r| r.index).max())
            else {
                continue;
            };
            let range =
                IndexRange { symbol: (*coin).to_owned(), rows: own.len(), used: first.index, low, high };
            if range.spread_bps() > self.gates.max_index_spread_bps {
                let detail = format!("{} basis points from {low} to {high}", range.spread_bps());
                self.found(Gate::IndexNotAtomic, source, coin, detail, false);
            }
            self.prices.insert((*coin).to_owned(), (range.used, first.time, source));
            self.report.indices.push(range);
        }
        for row in rows {
            let state = self.option(row, source);
            self.quotes.insert(quote_key("deribit", &row.instrument), state);
        }
        coins.into_iter().map(str::to_owned).collect()
    }

    fn option(&mut self, row: &ChainRow, source: u16) -> State<Quote> {
        let found = self.option_findings(row);
        let why = found
            .iter()
            .find(|(.., refused)| *refused)
            .map(|(gate, detail, _)| format!("{}: {detail}", gate.label()));
        for (gate, detail, refused) in found {
            self.found(gate, source, &row.instrument.to_string(), detail, refused);
        }
        match (why, row.mark) {
            (None, Some(mark)) => State::Priced(Quote {
                mark,
                forward: Some(row.forward),
                vol: row.vol,
                bid: row.bid,
                ask: row.ask,
                time: row.time,
                source,
            }),
            (why, _) => State::Unpriced { why: why.unwrap_or_else(|| Gate::MissingMark.label().into()) },
        }
    }

    /// What the gates say of one option: gate, offending values, whether it is refused for it.
    fn option_findings(&self, row: &ChainRow) -> Vec<(Gate, String, bool)> {
        let mut out = Vec::new();
        if row.instrument.expiry().is_some_and(|e| e <= self.as_of) {
            out.push((Gate::Expired, "its expiry is past".into(), true));
        }
        if let Some(detail) = self.age(row.time) {
            out.push((Gate::Stale, detail, true));
        }
        match (row.bid, row.ask) {
            (Some(bid), Some(ask)) if bid > ask => {
                out.push((Gate::Crossed, format!("bid {bid}, ask {ask}"), true));
            }
            (Some(bid), Some(ask)) => {
                if let Some(mark) = row.mark.filter(|m| *m < bid || *m > ask) {
                    let detail = format!("mark {mark}, bid {bid}, ask {ask}");
                    out.push((Gate::MarkOutsideQuote, detail, self.gates.mark_inside));
                }
            }
            (bid, ask) => {
                let side = |p: Option<Price>| p.map_or_else(|| "none".into(), |p| p.to_string());
                let detail = format!("bid {}, ask {}", side(bid), side(ask));
                out.push((Gate::OneSided, detail, self.gates.two_sided));
            }
        }
        if row.vol.is_none() {
            out.push((Gate::MissingVolatility, "its table has none".into(), true));
        }
        if row.mark.is_none() {
            out.push((Gate::MissingMark, "its table has none".into(), true));
        }
        out
    }

    /// Perpetuals and futures that were collected for this snapshot, as instruments.
    fn contracts(
        &mut self,
        file: &InputFile,
        name: &str,
        rows: Vec<ContractMark>,
        coins: &[String],
    ) -> Result<Vec<Instrument>, ImportError> {
        let rows: Vec<ContractMark> = rows
            .into_iter()
            .filter(|r| r.collected_for == self.as_of && coins.iter().any(|c| c == r.instrument.exposure()))
            .collect();
        if rows.is_empty() {
            return Err(ImportError::Missing(format!(
                "{}: no row was collected at {}",
                file.name,
                crate::time::instant_text(self.as_of)
            )));
        }
        let source = self.source(file, name, rows.len());
        let mut out = Vec::new();
        for row in rows {
            let quote = Quote {
                mark: row.mark,
                forward: None,
                vol: None,
                bid: None,
                ask: None,
                time: row.time,
                source,
            };
            let index = self.prices.get(row.instrument.exposure()).map(|p| p.0);
            let state = self.contract(&row.instrument, quote, index, false);
            let key = quote_key("deribit", &row.instrument);
            if self.quotes.insert(key.clone(), state).is_some() {
                return Err(ImportError::Missing(format!("{}: `{key}` is quoted twice", file.name)));
            }
            out.push(row.instrument);
        }
        Ok(out)
    }

    fn contract(
        &mut self,
        instrument: &Instrument,
        quote: Quote,
        index: Option<Price>,
        delisting: bool,
    ) -> State<Quote> {
        let basis = bps_between(index.unwrap_or(Price::ZERO), quote.mark);
        let refused = if delisting {
            Some((Gate::Delisting, "the venue says so".to_owned()))
        } else if instrument.expiry().is_some_and(|e| e <= self.as_of) {
            Some((Gate::Expired, "its expiry is past".to_owned()))
        } else if let Some(detail) = self.age(quote.time) {
            Some((Gate::Stale, detail))
        } else if !quote.mark.is_positive() {
            Some((Gate::MissingMark, format!("mark {}", quote.mark)))
        } else if basis > self.gates.max_basis_bps {
            let index = index.map_or_else(|| "none".into(), |p| p.to_string());
            Some((Gate::MarkFarFromIndex, format!("mark {}, index {index}", quote.mark)))
        } else {
            None
        };
        match refused {
            None => State::Priced(quote),
            Some((gate, detail)) => {
                let why = format!("{}: {detail}", gate.label());
                self.found(gate, quote.source, &instrument.to_string(), detail, true);
                State::Unpriced { why }
            }
        }
    }

    fn list(&mut self, venue: &str, pool: &str, instruments: Vec<Instrument>) {
        self.listings.push(Listing {
            venue: venue.to_owned(),
            pool: pool.to_owned(),
            entity: "main".to_owned(),
            instruments,
        });
    }

    fn list_deribit(&mut self, coins: &[String], rows: &[ChainRow], contracts: Vec<Instrument>) {
        let mut all: Vec<Instrument> = rows.iter().map(|r| r.instrument.clone()).collect();
        all.extend(contracts);
        for coin in coins {
            all.push(Instrument::Spot { asset: coin.clone() });
            all.push(Instrument::UnsettledPnl { currency: coin.clone() });
        }
        all.extend(["USD", "USDC", "USDT"].map(balance));
        self.list("deribit", "cross", all);
    }

    /// Prices, haircuts and a custody account from a collateral list. Prices in USDT; USDT itself is taken at par.
    fn collateral(&mut self, file: &InputFile, assets: &[CollateralAsset], all: bool) {
        let source = self.source(file, "binance collateral", assets.len());
        self.found(Gate::Undated, source, "all", "taken to be of the snapshot's instant".into(), false);
        self.found(Gate::AssumedAtPar, source, "USDT", "the list counts in it".into(), false);
        let mut listed = Vec::new();
        for asset in assets {
            if asset.symbol == "USD" {
                continue;
            }
            self.haircuts.insert(asset.symbol.clone(), asset.haircut_bps);
            if all || MAJORS.contains(&asset.symbol.as_str()) {
                listed.push(balance(&asset.symbol));
            }
            let as_of = self.as_of;
            self.prices.entry(asset.symbol.clone()).or_insert((asset.price, as_of, source));
        }
        listed.push(balance("USD"));
        self.list("custody", "segregated", listed);
    }

    fn gateio(&mut self, file: &InputFile, rows: &[GatePerpetual]) {
        let source = self.source(file, "gateio perpetuals", rows.len());
        self.found(Gate::Undated, source, "all", "taken to be of the snapshot's instant".into(), false);
        let as_of = self.as_of;
        let mut listed = Vec::new();
        let mut currencies = BTreeSet::new();
        for row in rows {
            let instrument = Instrument::Perpetual {
                underlying: row.underlying.clone(),
                settle: Settle::Linear { currency: row.currency.clone() },
            };
            if class_of_symbol(&row.underlying).is_cash() || !class_of_symbol(&row.currency).is_cash() {
                let detail = "on a currency, or not settled in one".into();
                self.found(Gate::NotModelled, source, &instrument.to_string(), detail, true);
                continue;
            }
            if row.index.is_positive() {
                self.prices.entry(row.underlying.clone()).or_insert((row.index, as_of, source));
            } else if !self.prices.contains_key(&row.underlying) {
                self.found(
                    Gate::MissingMark,
                    source,
                    &instrument.to_string(),
                    "no index either; not listed".into(),
                    true,
                );
                continue;
            }
            let quote =
                Quote { mark: row.mark, forward: None, vol: None, bid: None, ask: None, time: as_of, source };
            let index = self.prices.get(&row.underlying).map(|p| p.0);
            let state = self.contract(&instrument, quote, index, row.delisting);
            self.quotes.insert(quote_key("gateio", &instrument), state);
            currencies.insert(row.currency.clone());
            listed.push(instrument);
        }
        for currency in currencies {
            listed.push(balance(&currency));
            listed.push(Instrument::UnsettledPnl { currency });
        }
        self.list("gateio", "cross", listed);
    }

    /// Every symbol that is named has an instrument, and is named once.
    fn check_named(&self, named: &[String]) -> Result<(), ImportError> {
        let listed: BTreeSet<&str> =
            self.listings.iter().flat_map(|l| &l.instruments).map(Instrument::exposure).collect();
        for (i, symbol) in named.iter().enumerate() {
            if named[..i].contains(symbol) {
                return Err(ImportError::Missing(format!("`{symbol}` is named twice: once is enough")));
            }
            if !listed.contains(symbol.as_str()) {
                let known = listed.iter().take(40).map(|s| format!("`{s}`")).collect::<Vec<_>>().join(", ");
                return Err(ImportError::Missing(format!(
                    "`{symbol}` is named, and no file lists an instrument on it; listed are {known}"
                )));
            }
        }
        Ok(())
    }

    fn finish(mut self, desk: &Desk, named: Vec<String>) -> Result<Imported, ImportError> {
        if self.listings.is_empty() {
            return Err(ImportError::Missing("no file was given to take instruments from".into()));
        }
        let mut fund: Vec<Instrument> = ["USD", "USDC"].map(balance).to_vec();
        fund.extend(["USD", "USDC"].map(|s| Instrument::Borrow { asset: s.to_owned() }));
        self.list("administrator", "fund", fund);
        self.check_named(&desk.named)?;
        let symbols: BTreeSet<String> = self
            .listings
            .iter()
            .flat_map(|l| &l.instruments)
            .flat_map(|i| std::iter::once(i.exposure()).chain(i.settlement_currency()))
            .map(str::to_owned)
            .collect();
        let mut currencies = Vec::new();
        let mut states = BTreeMap::new();
        for symbol in &symbols {
            let class = class_of_symbol(symbol);
            currencies.push(Currency { symbol: symbol.clone(), class });
            if class == CurrencyClass::Stable
                && symbol.starts_with("USD")
                && !self.prices.contains_key(symbol)
            {
                let as_of = self.as_of;
                self.prices.insert(symbol.clone(), (Price::ONE, as_of, 0));
                self.found(Gate::AssumedAtPar, 0, symbol, "no file prices it".into(), false);
            }
            let state = match self.prices.get(symbol) {
                Some(&(price, time, source)) => {
                    let usual = if class.is_cash() { CASH_HAIRCUT_BPS } else { COIN_HAIRCUT_BPS };
                    let haircut_bps = self.haircuts.get(symbol).copied().unwrap_or(usual);
                    State::Priced(CurrencyQuote { price, haircut_bps, time, source })
                }
                None => State::Unpriced { why: "no file prices it".into() },
            };
            states.insert(symbol.clone(), state);
        }
        let prices = self.prices.iter().map(|(s, p)| (s.clone(), p.0)).collect();
        let rule = CutRule { shape: desk.shape.clone(), ..CutRule::named(named) };
        let universe = Universe::cut(
            "desk",
            self.as_of,
            &currencies,
            &prices,
            std::mem::take(&mut self.listings),
            &rule,
        )?;
        let unpriced = |n: usize, priced: usize| (priced, n - priced);
        let coins = unpriced(states.len(), states.values().filter(|s| s.priced().is_some()).count());
        let quotes =
            unpriced(self.quotes.len(), self.quotes.values().filter(|s| s.priced().is_some()).count());
        self.report.priced = coins.0 + quotes.0;
        self.report.unpriced = coins.1 + quotes.1;
        let snapshot = Snapshot {
            as_of: self.as_of,
            sources: self.sources,
            currencies: states,
            quotes: self.quotes,
            universe,
        };
        snapshot.validate()?;
        Ok(Imported { snapshot, report: self.report })
    }
}

/// The balance of a symbol: cash for currencies, spot for coins.
pub(super) fn balance(symbol: &str) -> Instrument {
    if class_of_symbol(symbol).is_cash() {
        Instrument::Cash { currency: symbol.to_owned() }
    } else {
        Instrument::Spot { asset: symbol.to_owned() }
    }
}
