//! The universe: which (account, instrument) pairs a sheet has slots for, in which order, in lots of which size.

use crate::arrange::arrange;
use crate::instrument::{Instrument, Settle, is_symbol};
use crate::slot::Slot;
use mandate_statement::{Digest, Shape, keccak};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What kind of money or asset a symbol is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CurrencyClass {
    /// Moves with price scenarios.
    Coin,
    /// Meant to keep its peg: moves with no price scenario. A mandate limits it by the `cash` and `gross` columns.
    Stable,
    /// State money: moves with no price scenario.
    Fiat,
}

impl CurrencyClass {
    /// Whether balances are cash.
    pub const fn is_cash(self) -> bool {
        matches!(self, Self::Stable | Self::Fiat)
    }
}

/// One symbol that instruments of the universe name.
#[derive(
    Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize, serde::Deserialize,
)]
pub struct Currency {
    /// `A-Z0-9`, at most 24.
    pub symbol: String,
    /// What it is.
    pub class: CurrencyClass,
}

/// A group: one underlying in one account (or the shared cash or other group), over whole segments.
#[derive(
    Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize, serde::Deserialize,
)]
pub struct Group {
    /// Index into [`Universe::assets`].
    pub asset: u16,
    /// Segments it takes; what its slots leave free is head-room.
    pub segments: u16,
    /// Listed slots, in slot order.
    pub slots: Vec<Slot>,
}

/// An account: a netting set whose equity may meet its own losses.
#[derive(
    Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize, serde::Deserialize,
)]
pub struct Account {
    /// Exchange, custodian or administrator, for example `deribit`.
    pub venue: String,
    /// Margin pool at the venue, for example `cross`.
    pub pool: String,
    /// Legal entity that holds it, by its role, for example `main`.
    pub entity: String,
    /// Its groups, in slot order.
    pub groups: Vec<Group>,
}

impl Account {
    /// `venue/pool/entity`.
    pub fn label(&self) -> String {
        format!("{}/{}/{}", self.venue, self.pool, self.entity)
    }
    /// Segments of all its groups.
    pub fn segments(&self) -> usize {
        self.groups.iter().map(|g| usize::from(g.segments)).sum()
    }
}

/// The universe. Everything in it is public and fixed before any book is known.
#[derive(
    Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize, serde::Deserialize,
)]
pub struct Universe {
    /// Name, for people.
    pub name: String,
    /// Name of the shape whose segments it is laid out on.
    pub shape: String,
    /// The public rule it was cut by, in words.
    pub rule: String,
    /// Instant of the prices it was cut at, seconds since 1970 in UTC.
    pub cut_at: u64,
    /// Symbols, in growing order.
    pub currencies: Vec<Currency>,
    /// Assets: underlyings across accounts, then perhaps `other` and `cash`.
    pub assets: Vec<String>,
    /// Accounts, in slot order.
    pub accounts: Vec<Account>,
}

/// A listed slot with where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotRef<'a> {
    /// Index of the slot in the sheet.
    pub index: usize,
    /// Index of its account.
    pub account: usize,
    /// Index of its group in the account.
    pub group: usize,
    /// The slot.
    pub slot: &'a Slot,
}

/// Why a universe is not one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum UniverseError {
    /// No shape of that name.
    #[error("universe `{universe}` names shape `{shape}`, which does not exist")]
    Shape {
        /// The universe.
        universe: String,
        /// The shape it names.
        shape: String,
    },
    /// Too many of something for the shape.
    #[error("{what}: {got}, shape `{shape}` has room for {limit}")]
    TooMany {
        /// What.
        what: String,
        /// How many.
        got: usize,
        /// The shape.
        shape: String,
        /// How many fit.
        limit: usize,
    },
    /// A name that is not one.
    #[error("{what} `{name}` must be {wanted}")]
    Name {
        /// What it names.
        what: &'static str,
        /// The name.
        name: String,
        /// What a name is.
        wanted: &'static str,
    },
    /// Something is listed twice.
    #[error("{what} `{name}` is listed twice{place}")]
    Twice {
        /// What.
        what: &'static str,
        /// Its name.
        name: String,
        /// Where.
        place: String,
    },
    /// A symbol is not among the currencies, or not of the class its instrument needs.
    #[error("`{instrument}` in `{account}`: {why}")]
    Instrument {
        /// The instrument.
        instrument: String,
        /// The account.
        account: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// An account without groups.
    #[error("account `{0}` has no group; leave it out, or list what can be held there")]
    NoGroups(String),
    /// A group without slots, without segments, or with an unknown asset.
    #[error("group {group} of `{account}`: {why}")]
    Group {
        /// The account.
        account: String,
        /// Its position.
        group: usize,
        /// What is wrong.
        why: String,
    },
}

const NAME: &str = "1 to 40 of `a-z`, `0-9`, `.`, `-`";

fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
}

impl Universe {
    /// Digest of everything in it: what every commitment absorbs first.
    pub fn digest(&self) -> Digest {
        let mut bytes = keccak(b"mandate/universe/1").0.to_vec();
        bincode::encode_into_std_write(self, &mut bytes, bincode::config::standard())
            .expect("writing to memory does not fail");
        keccak(&bytes)
    }
    /// The shape it is laid out on.
    ///
    /// # Errors
    /// [`UniverseError::Shape`] where there is none of that name.
    pub fn shape(&self) -> Result<&'static Shape, UniverseError> {
        Shape::by_name(&self.shape)
            .ok_or_else(|| UniverseError::Shape { universe: self.name.clone(), shape: self.shape.clone() })
    }
    /// The class of a symbol.
    pub fn class_of(&self, symbol: &str) -> Option<CurrencyClass> {
        self.currencies
            .binary_search_by(|c| c.symbol.as_str().cmp(symbol))
            .ok()
            .map(|i| self.currencies[i].class)
    }
    /// Index of the account with this `venue/pool/entity` label.
    pub fn account_index(&self, label: &str) -> Option<usize> {
        self.accounts.iter().position(|a| a.label() == label)
    }
    /// Segments of an account, empty where there is no such account.
    pub fn account_segments(&self, account: usize) -> Range<usize> {
        let count = |a: &[Account]| a.iter().map(Account::segments).sum::<usize>();
        match self.accounts.get(account) {
            None => 0..0,
            Some(own) => {
                let start = count(&self.accounts[..account]);
                start..start + own.segments()
            }
        }
    }
    /// Slots of an account, head-room included.
    ///
    /// # Errors
    /// As [`Universe::shape`].
    pub fn account_slots(&self, account: usize) -> Result<Range<usize>, UniverseError> {
        let len = self.shape()?.segment_len();
        let segments = self.account_segments(account);
        Ok(segments.start * len..segments.end * len)
    }
    /// Every group with its account, its position there and its segments, in slot order.
    pub fn groups(&self) -> impl Iterator<Item = (usize, usize, Range<usize>, &Group)> {
        let mut next = 0;
        self.accounts
            .iter()
            .enumerate()
            .flat_map(|(a, account)| account.groups.iter().enumerate().map(move |(g, group)| (a, g, group)))
            .map(move |(a, g, group)| {
                let start = next;
                next += usize::from(group.segments);
                (a, g, start..next, group)
            })
    }
    /// Every listed slot, in slot order.
    ///
    /// # Errors
    /// As [`Universe::shape`].
    pub fn slots(&self) -> Result<impl Iterator<Item = SlotRef<'_>>, UniverseError> {
        let shape = self.shape()?;
        let len = shape.segment_len();
        Ok(self.groups().flat_map(move |(account, group, segments, g)| {
            let offsets = arrange(shape, &g.slots).offsets;
            let place =
                |(slot, offset)| SlotRef { index: segments.start * len + offset, account, group, slot };
            let mut out: Vec<SlotRef<'_>> = g.slots.iter().zip(offsets).map(place).collect();
            out.sort_by_key(|found| found.index);
            out
        }))
    }
    /// The listed slot at an index, or `None` for head-room and padding.
    pub fn slot(&self, index: usize) -> Option<SlotRef<'_>> {
        let shape = self.shape().ok()?;
        let len = shape.segment_len();
        let (account, group, segments, g) = self.groups().find(|(_, _, s, _)| s.contains(&(index / len)))?;
        let wanted = index - segments.start * len;
        let listed = arrange(shape, &g.slots).offsets.iter().position(|offset| *offset == wanted)?;
        let slot = &g.slots[listed];
        Some(SlotRef { index, account, group, slot })
    }
    /// The slot of an instrument, by its canonical name, in an account.
    pub fn find(&self, account: usize, instrument: &str) -> Option<usize> {
        self.slots()
            .ok()?
            .find(|s| s.account == account && s.slot.instrument.to_string() == instrument)
            .map(|s| s.index)
    }
    /// All slots by account index and canonical instrument name, for many lookups.
    ///
    /// # Errors
    /// As [`Universe::shape`].
    pub fn index(&self) -> Result<BTreeMap<(usize, String), usize>, UniverseError> {
        Ok(self.slots()?.map(|s| ((s.account, s.slot.instrument.to_string()), s.index)).collect())
    }
    /// `venue/pool/entity` of an account index, for people.
    pub fn account_label(&self, account: usize) -> Option<String> {
        self.accounts.get(account).map(Account::label)
    }
    /// `venue/pool/entity ASSET` of the group that a segment belongs to, for people.
    pub fn group_label(&self, segment: usize) -> Option<String> {
        let (account, _, _, group) = self.groups().find(|(_, _, s, _)| s.contains(&segment))?;
        Some(format!("{} {}", self.account_label(account)?, self.asset_label(usize::from(group.asset))?))
    }
    /// Name of an asset index, for people.
    pub fn asset_label(&self, asset: usize) -> Option<&str> {
        self.assets.get(asset).map(String::as_str)
    }
    /// `venue/pool/entity INSTRUMENT` of a listed slot, for people.
    pub fn slot_label(&self, slot: usize) -> Option<String> {
        let found = self.slot(slot)?;
        Some(format!("{} {}", self.account_label(found.account)?, found.slot.instrument))
    }
    /// Number of listed slots.
    pub fn listed(&self) -> usize {
        self.accounts.iter().flat_map(|a| &a.groups).map(|g| g.slots.len()).sum()
    }

    /// Checks everything that the types do not say: names, sizes against the shape, uniqueness of every
    /// (account, instrument) pair, symbols and their classes, and that an underlying stands in one group of an account
    /// and in one asset across all accounts (a second group would let a limit per underlying be split).
    ///
    /// # Errors
    /// [`UniverseError`], naming the first thing that is wrong.
    pub fn validate(&self) -> Result<&'static Shape, UniverseError> {
        let shape = self.shape()?;
        let many = |what: String, got: usize, limit: usize| {
            if got > limit {
                Err(UniverseError::TooMany { what, got, shape: shape.name.to_owned(), limit })
            } else {
                Ok(())
            }
        };
        many("accounts".into(), self.accounts.len(), shape.accounts)?;
        many("assets".into(), self.assets.len(), shape.assets)?;
        many("segments".into(), self.groups().map(|(.., g)| usize::from(g.segments)).sum(), shape.segments)?;
        for text in [&self.name, &self.rule] {
            if text.len() > 2000 {
                return Err(UniverseError::Name {
                    what: "universe text",
                    name: text.chars().take(40).collect(),
                    wanted: "at most 2,000 bytes",
                });
            }
        }
        for (before, currency) in
            std::iter::once(None).chain(self.currencies.iter().map(Some)).zip(&self.currencies)
        {
            if !is_symbol(&currency.symbol) {
                return Err(UniverseError::Name {
                    what: "currency",
                    name: currency.symbol.clone(),
                    wanted: "1 to 24 of `A-Z`, `0-9`",
                });
            }
            if before.is_some_and(|b: &Currency| b.symbol >= currency.symbol) {
                return Err(UniverseError::Name {
                    what: "currency",
                    name: currency.symbol.clone(),
                    wanted: "after the one before it, in growing order",
                });
            }
        }
        let mut names = BTreeSet::new();
        for asset in &self.assets {
            if !(1..=40).contains(&asset.len()) || !asset.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(UniverseError::Name {
                    what: "asset",
                    name: asset.clone(),
                    wanted: "1 to 40 letters or digits",
                });
            }
            if !names.insert(asset) {
                return Err(UniverseError::Twice {
                    what: "asset",
                    name: asset.clone(),
                    place: String::new(),
                });
            }
        }
        let mut labels = BTreeSet::new();
        let mut asset_of = BTreeMap::new();
        for account in &self.accounts {
            for (what, name) in
                [("venue", &account.venue), ("pool", &account.pool), ("entity", &account.entity)]
            {
                if !is_name(name) {
                    return Err(UniverseError::Name { what, name: name.clone(), wanted: NAME });
                }
            }
            let label = account.label();
            if !labels.insert(label.clone()) {
                return Err(UniverseError::Twice { what: "account", name: label, place: String::new() });
            }
            self.validate_account(shape, account, &mut asset_of)?;
        }
        Ok(shape)
    }

    fn validate_account<'a>(
        &'a self,
        shape: &Shape,
        account: &'a Account,
        asset_of: &mut BTreeMap<&'a str, u16>,
    ) -> Result<(), UniverseError> {
        let label = account.label();
        if account.groups.is_empty() {
            return Err(UniverseError::NoGroups(label));
        }
        let (mut seen, mut group_of, mut assets) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        for (g, group) in account.groups.iter().enumerate() {
            let wrong = |why: String| Err(UniverseError::Group { account: label.clone(), group: g, why });
            if group.slots.is_empty() {
                return wrong("it has no slot; leave it out".into());
            }
            if usize::from(group.asset) >= self.assets.len() {
                return wrong(format!("asset {} is not one of the {} named", group.asset, self.assets.len()));
            }
            if !assets.insert(group.asset) {
                return wrong(format!(
                    "`{}` already has a group in this account",
                    self.assets[usize::from(group.asset)]
                ));
            }
            let room = usize::from(group.segments) * shape.segment_len();
            if group.slots.len() > room {
                return Err(UniverseError::TooMany {
                    what: format!("slots of group {g} of `{label}` in {} segments", group.segments),
                    got: group.slots.len(),
                    shape: shape.name.to_owned(),
                    limit: room,
                });
            }
            let needed = arrange(shape, &group.slots).needed;
            if needed > room {
                return Err(UniverseError::TooMany {
                    what: format!(
                        "slots of group {g} of `{label}` in {} segments, strikes of each expiry on strips of their own",
                        group.segments
                    ),
                    got: needed,
                    shape: shape.name.to_owned(),
                    limit: room,
                });
            }
            for slot in &group.slots {
                let instrument = &slot.instrument;
                let wrong = |why: String| {
                    Err(UniverseError::Instrument {
                        instrument: instrument.to_string(),
                        account: label.clone(),
                        why,
                    })
                };
                if !seen.insert(instrument) {
                    return Err(UniverseError::Twice {
                        what: "instrument",
                        name: instrument.to_string(),
                        place: format!(" in `{label}`"),
                    });
                }
                if let Err(why) = self.check_instrument(slot) {
                    return wrong(why);
                }
                let underlying = instrument.exposure();
                if *group_of.entry(underlying).or_insert(g) != g {
                    return wrong(format!("`{underlying}` already stands in another group of this account"));
                }
                let asset = *asset_of.entry(underlying).or_insert(group.asset);
                if asset != group.asset {
                    return wrong(format!(
                        "`{underlying}` stands under asset `{}` here and under `{}` in another account",
                        self.assets[usize::from(group.asset)],
                        self.assets[usize::from(asset)]
                    ));
                }
            }
        }
        Ok(())
    }

    fn check_instrument(&self, slot: &Slot) -> Result<(), String> {
        if !(-12..=18).contains(&slot.lot_places) {
            return Err(format!("lot places {} are not between -12 and 18", slot.lot_places));
        }
        let class = |symbol: &str| {
            self.class_of(symbol).ok_or_else(|| format!("`{symbol}` is not one of the universe's currencies"))
        };
        let exposure = class(slot.instrument.exposure())?;
        match &slot.instrument {
            Instrument::Spot { asset } if exposure.is_cash() => {
                return Err(format!("`{asset}` is a currency; its balance is cash"));
            }
            Instrument::Cash { currency } if !exposure.is_cash() => {
                return Err(format!("`{currency}` is a coin; its balance is spot"));
            }
            _ => {}
        }
        if let Instrument::LiquidityRange { asset, currency, lower, upper } = &slot.instrument {
            if exposure.is_cash() || !class(currency)?.is_cash() {
                return Err(format!(
                    "a share of a pool pairs a coin with a fiat currency or stablecoin, in this order; `{asset}` and `{currency}` \
                     are not: of two coins it would move with two underlyings"
                ));
            }
            if !lower.is_positive() || lower >= upper {
                return Err(format!(
                    "the range {lower} to {upper} is not one of two prices above zero, in order"
                ));
            }
        }
        match slot.instrument.settle() {
            Some(_) if exposure.is_cash() => Err("derivatives on currencies are not modelled".into()),
            Some(Settle::Linear { currency }) if !class(currency)?.is_cash() => Err(format!(
                "`{currency}` is a coin; a linear contract settles in a fiat currency or stablecoin"
            )),
            _ => Ok(()),
        }?;
        match (&slot.instrument, slot.instrument.expiry()) {
            (Instrument::Option { strike, .. }, _) if !strike.is_positive() => {
                Err(format!("strike {strike} is not above zero"))
            }
            // Names hold two digits of the year, and minutes.
            (_, Some(expiry)) if expiry % 60 != 0 || !(946_684_800..4_102_444_800).contains(&expiry) => {
                Err(format!("expiry {expiry} is not a whole minute of the years 2000 to 2099"))
            }
            _ => Ok(()),
        }
    }
}
