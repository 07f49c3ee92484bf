//! The public rule by which a universe is cut: which slots, in which order, in which lots, on which shape.

use crate::arrange::arrange;
use crate::instrument::{Instrument, Settle};
use crate::lp::per_unit;
use crate::price::Price;
use crate::slot::Slot;
use crate::universe::{Account, Currency, Group, Universe, UniverseError};
use mandate_statement::{SHAPES, Shape};
use std::collections::BTreeMap;

/// The face value of one lot, in money units of `10^-10` USD, is at least this when a universe is cut: twice the floor
/// at which compiling refuses it, so that a price may halve before the universe must be cut again.
pub const CUT_FLOOR: i128 = 2 << 20;

/// What is listed in one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Exchange, custodian or administrator.
    pub venue: String,
    /// Margin pool.
    pub pool: String,
    /// Legal entity, by its role.
    pub entity: String,
    /// Its instruments, in any order.
    pub instruments: Vec<Instrument>,
}

/// The parameters of the rule. They are public, and fixed before any book is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutRule {
    /// Underlyings with a group and an asset of their own, in order. All other coins share `other`.
    pub named: Vec<String>,
    /// Share of each group's slots that should stay free, in percent.
    pub free_percent: usize,
    /// The least free share accepted where the shape has no room for more.
    pub min_free_percent: usize,
    /// Name of the shape; `None` for the smallest that fits. Shapes for tests and shapes with strips, which stand under
    /// other risk models, are taken only by name.
    pub shape: Option<String>,
}

impl CutRule {
    /// Half of every group free if any shape has the room, an eighth otherwise, on the smallest shape that fits.
    pub fn named<S: Into<String>>(underlyings: impl IntoIterator<Item = S>) -> Self {
        Self {
            named: underlyings.into_iter().map(Into::into).collect(),
            free_percent: 50,
            min_free_percent: 12,
            shape: None,
        }
    }
    /// The same rule on one shape.
    pub fn on(mut self, shape: &str) -> Self {
        self.shape = Some(shape.to_owned());
        self
    }
    /// The rule in words, as the universe records it.
    pub fn text(&self) -> String {
        format!(
            "groups: {}, other coins, cash; slots in order of kind, symbol, settlement, expiry, strike, right; lot: the \
             smallest power of ten whose face value is at least {CUT_FLOOR} x 10^-10 USD; free slots per group: {}% \
             where the shape has room, at least {}%",
            self.named.join(", "),
            self.free_percent,
            self.min_free_percent
        )
    }
}

/// Why a universe cannot be cut.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CutError {
    /// A symbol has no price to choose a lot by.
    #[error("`{instrument}` in `{account}`: no price above zero for `{symbol}`, so no lot can be chosen")]
    NoPrice {
        /// The instrument.
        instrument: String,
        /// Its account.
        account: String,
        /// The symbol without a price.
        symbol: String,
    },
    /// A symbol's price is so small or large that no lot from `10^-18` to `10^12` will do.
    #[error("`{symbol}` at {price}: no lot between 10^-18 and 10^12 units has a usable face value")]
    NoLot {
        /// The symbol.
        symbol: String,
        /// Its price.
        price: Price,
    },
    /// No shape has the room.
    #[error(
        "{listed} instruments in {groups} groups, {accounts} accounts and {assets} assets do not fit {shape} with {free}% free"
    )]
    NoShape {
        /// Instruments.
        listed: usize,
        /// Groups.
        groups: usize,
        /// Accounts.
        accounts: usize,
        /// Assets.
        assets: usize,
        /// The shape, or all of them.
        shape: String,
        /// The least free share.
        free: usize,
    },
    /// What was cut is no universe.
    #[error(transparent)]
    Universe(#[from] UniverseError),
}

/// The lot for a face value of `price` USD per unit: the smallest power of ten, as places, with at least [`CUT_FLOOR`]
/// money units per lot.
pub fn lot_places(price: Price) -> Option<i8> {
    if !price.is_positive() {
        return None;
    }
    let mantissa = i128::from(price.mantissa());
    (-12..=18i8).rev().find(|lot| {
        // face = mantissa * 10^(10 - places - lot)
        let exponent = 10 - i32::from(price.places()) - i32::from(*lot);
        match (u32::try_from(exponent), 10i128.checked_pow(exponent.unsigned_abs())) {
            (Ok(_), Some(factor)) => mantissa.checked_mul(factor).is_none_or(|face| face >= CUT_FLOOR),
            (Err(_), Some(divisor)) => mantissa / divisor >= CUT_FLOOR,
            (Ok(_), None) => true,
            (Err(_), None) => false,
        }
    })
}

/// What options have in common that stand in one run.
fn series(instrument: &Instrument) -> Option<(String, Settle, u64)> {
    match instrument {
        Instrument::Option { underlying, settle, expiry, .. } => {
            Some((underlying.clone(), settle.clone(), *expiry))
        }
        _ => None,
    }
}

/// The most places that a lot may have so that what an option pays from strike to strike is whole in units of 10^-10 USD: ten less
/// the digits of its run's strikes and of its settlement currency's price.
fn exact_lots(
    instruments: &[Instrument],
    prices: &BTreeMap<String, Price>,
) -> BTreeMap<Option<(String, Settle, u64)>, i8> {
    let mut most = BTreeMap::new();
    for instrument in instruments {
        let Instrument::Option { settle, strike, .. } = instrument else { continue };
        let money = match settle {
            Settle::Inverse => 0,
            Settle::Linear { currency } => prices.get(currency).map_or(0, |p| p.places()),
        };
        let left = 10 - i16::from(strike.places()) - i16::from(money);
        let left = i8::try_from(left.max(-12)).expect("between -12 and 10");
        let entry = most.entry(series(instrument)).or_insert(left);
        *entry = left.min(*entry);
    }
    most
}

struct Draft {
    label: usize,
    asset: usize,
    slots: Vec<Slot>,
}

impl Universe {
    /// Cuts a universe by `rule` out of what is listed: `prices` are USD per unit of each currency at `cut_at`.
    ///
    /// Accounts keep the order given; instruments are sorted and grouped by the rule. Lots follow from the price of the
    /// underlying alone (inverse perpetuals and futures: from the dollar), so all contracts on one coin share a lot.
    ///
    /// # Errors
    /// [`CutError`]: a symbol without a price, no shape with the room, or an unlawful universe (see
    /// [`Universe::validate`]).
    pub fn cut(
        name: &str,
        cut_at: u64,
        currencies: &[Currency],
        prices: &BTreeMap<String, Price>,
        listings: Vec<Listing>,
        rule: &CutRule,
    ) -> Result<Self, CutError> {
        let mut currencies = currencies.to_vec();
        currencies.sort_by(|a, b| a.symbol.cmp(&b.symbol));
        let mut assets = rule.named.clone();
        assets.extend(["other".to_owned(), "cash".to_owned()]);
        let (other, cash) = (rule.named.len(), rule.named.len() + 1);
        let mut universe = Self {
            name: name.to_owned(),
            shape: String::new(),
            rule: rule.text(),
            cut_at,
            currencies,
            assets: Vec::new(),
            accounts: Vec::new(),
        };
        let in_runs = rule.shape.as_deref().and_then(Shape::by_name).is_some_and(|shape| shape.strips > 0);
        let mut drafts = Vec::new();
        for (label, mut listing) in listings.into_iter().enumerate() {
            let account = format!("{}/{}/{}", listing.venue, listing.pool, listing.entity);
            listing.instruments.sort();
            let most = if in_runs { exact_lots(&listing.instruments, prices) } else { BTreeMap::new() };
            let mut groups: BTreeMap<usize, Vec<Slot>> = BTreeMap::new();
            for instrument in listing.instruments {
                let symbol = instrument.exposure();
                let price = |symbol: &str| {
                    prices.get(symbol).copied().filter(|p| p.is_positive()).ok_or_else(|| CutError::NoPrice {
                        instrument: instrument.to_string(),
                        account: account.clone(),
                        symbol: symbol.to_owned(),
                    })
                };
                let face = match &instrument {
                    Instrument::Perpetual { settle: Settle::Inverse, .. }
                    | Instrument::Future { settle: Settle::Inverse, .. } => Price::ONE,
                    Instrument::LiquidityRange { currency, lower, upper, .. } => {
                        let (coin, money) = (price(symbol)?.to_f64(), price(currency)?.to_f64());
                        let held = per_unit(coin / money, *lower, *upper);
                        let worth = held.token0 * coin + held.token1 * money;
                        Price::nearest(worth, if worth < 1.0 { 18 } else { 8 }).unwrap_or(Price::ZERO)
                    }
                    _ => price(symbol)?,
                };
                let lot_places = lot_places(face)
                    .map(|places| most.get(&series(&instrument)).map_or(places, |most| places.min(*most)))
                    .ok_or_else(|| CutError::NoLot { symbol: symbol.to_owned(), price: face })?;
                let asset = match rule.named.iter().position(|n| n == symbol) {
                    Some(i) => i,
                    None if universe.class_of(symbol).is_some_and(|c| c.is_cash()) => cash,
                    None => other,
                };
                groups.entry(asset).or_default().push(Slot { instrument, lot_places });
            }
            universe.accounts.push(Account {
                venue: listing.venue,
                pool: listing.pool,
                entity: listing.entity,
                groups: Vec::new(),
            });
            drafts.extend(groups.into_iter().map(|(asset, slots)| Draft { label, asset, slots }));
        }
        // Assets that nothing stands under are not named.
        let used: Vec<usize> = (0..assets.len()).filter(|a| drafts.iter().any(|d| d.asset == *a)).collect();
        universe.assets = used.iter().map(|&a| assets[a].clone()).collect();

        let sizes: Vec<usize> = drafts.iter().map(|d| d.slots.len()).collect();
        // What the listed instruments need at least: more than their number where options stand in runs.
        let allot = |shape: &Shape, wanted: usize, least: usize| {
            let needed = |d: &Draft| arrange(shape, &d.slots).needed.div_ceil(shape.segment_len());
            allocate(shape, &sizes, &drafts.iter().map(needed).collect::<Vec<_>>(), wanted, least)
        };
        let fits = |shape: &&Shape| universe.accounts.len() <= shape.accounts && used.len() <= shape.assets;
        let candidates: Vec<&Shape> = match &rule.shape {
            Some(name) => vec![Shape::by_name(name).ok_or_else(|| UniverseError::Shape {
                universe: universe.name.clone(),
                shape: name.clone(),
            })?],
            None => SHAPES.iter().filter(|s| !s.for_tests() && s.strips == 0).collect(),
        };
        let chosen = candidates
            .iter()
            .copied()
            .filter(fits)
            .find_map(|s| allot(s, rule.free_percent, rule.free_percent).map(|a| (s, a)))
            .or_else(|| {
                candidates
                    .iter()
                    .copied()
                    .filter(fits)
                    .find_map(|s| allot(s, rule.free_percent, rule.min_free_percent).map(|a| (s, a)))
            });
        let Some((shape, segments)) = chosen else {
            return Err(CutError::NoShape {
                listed: sizes.iter().sum(),
                groups: sizes.len(),
                accounts: universe.accounts.len(),
                assets: used.len(),
                shape: rule.shape.clone().map_or_else(|| "any shape".into(), |s| format!("shape `{s}`")),
                free: rule.min_free_percent,
            });
        };
        shape.name.clone_into(&mut universe.shape);
        if shape.strips > 0 {
            universe.rule.push_str(
                "; options of an expiry on strips of their own, strikes in pairs, in lots that pay whole units of 10^-10 USD \
                 from strike to strike",
            );
        }
        for (draft, segments) in drafts.into_iter().zip(segments) {
            let asset = used.iter().position(|u| *u == draft.asset).and_then(|a| u16::try_from(a).ok());
            universe.accounts[draft.label].groups.push(Group {
                asset: asset.expect("every draft's asset is used, and assets fit the shape"),
                segments: u16::try_from(segments).expect("segments fit the shape"),
                slots: draft.slots,
            });
        }
        universe.validate()?;
        Ok(universe)
    }
}

/// Segments per group, or `None` where fewer than `least` percent of some group would stay free. Every group gets the
/// fewest segments that leave `least` percent free, and at least those that it needs to be laid out; then the fullest group gets
/// one more while it is short of `wanted`.
fn allocate(
    shape: &Shape,
    sizes: &[usize],
    needed: &[usize],
    wanted: usize,
    least: usize,
) -> Option<Vec<usize>> {
    let len = shape.segment_len();
    let need = |size: usize, free: usize| (size * 100).div_ceil(len * (100 - free.min(99))).max(1);
    let mut segments: Vec<usize> =
        sizes.iter().zip(needed).map(|(&s, &laid_out)| need(s, least).max(laid_out)).collect();
    let mut left = shape.segments.checked_sub(segments.iter().sum())?;
    while left > 0 {
        let fullest = (0..sizes.len())
            .filter(|&i| segments[i] < need(sizes[i], wanted))
            .max_by(|&a, &b| (sizes[a] * segments[b]).cmp(&(sizes[b] * segments[a])).then(b.cmp(&a)));
        let Some(i) = fullest else { break };
        segments[i] += 1;
        left -= 1;
    }
    Some(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lots_are_the_smallest_above_the_floor() {
        let p = |t: &str| t.parse::<Price>().unwrap();
        assert_eq!(lot_places(p("63718.97")), Some(8)); // 6,371,897 units
        assert_eq!(lot_places(p("1")), Some(3)); // 10,000,000 units
        assert_eq!(lot_places(p("0.00000001")), Some(-5)); // 10,000,000 units
        assert_eq!(lot_places(p("0.00020971")), Some(0).map(|z: i8| z - 1));
        assert_eq!(lot_places(p("0.00020972")), Some(0)); // 2,097,200 units, just above
        assert_eq!(lot_places(Price::ZERO), None);
        assert_eq!(lot_places(p("-1")), None);
    }

    #[test]
    fn segments_go_to_the_fullest_group() {
        let m = Shape::by_name("m1024").unwrap();
        assert_eq!(allocate(m, &[32, 33, 1], &[1; 3], 50, 50), Some(vec![1, 2, 1]));
        assert_eq!(allocate(m, &[600, 300], &[1; 2], 50, 50), None);
        let squeezed = allocate(m, &[600, 240], &[1; 2], 50, 10).unwrap();
        assert_eq!(squeezed.iter().sum::<usize>(), 16);
        assert_eq!(allocate(m, &[1025], &[1], 50, 0), None);
        assert_eq!(allocate(m, &[100], &[5], 50, 50), Some(vec![5]));
    }
}
