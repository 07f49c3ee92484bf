//! Scenarios: moves of prices and of implied volatilities, and the share of the profit or loss that counts.

use crate::price::Price;
use crate::time::DAY;

/// What a scenario does to an implied volatility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolShift {
    /// `vol * (1 + shift)`.
    Constant {
        /// Relative shift.
        shift: Price,
    },
    /// `vol * max(0, 1 + shift * (30 / max(1, days))^power)`, and at least `min_vol`: near expiries move more than far ones.
    Power {
        /// Relative shift at thirty days.
        shift: Price,
        /// Power below thirty days.
        short_power: Price,
        /// Power from thirty days on.
        long_power: Price,
        /// Least volatility after the shift, where the model has one.
        min_vol: Option<Price>,
    },
}

impl VolShift {
    /// The shifted volatility of an option that expires `seconds` after the snapshot.
    #[allow(clippy::cast_precision_loss)]
    pub fn shifted(&self, vol: f64, seconds: u64) -> f64 {
        match *self {
            Self::Constant { shift } => vol * (1.0 + shift.to_f64()),
            Self::Power { shift, short_power, long_power, min_vol } => {
                let days = seconds.max(DAY) as f64 / DAY as f64;
                let power = if days < 30.0 { short_power } else { long_power };
                let factor = 1.0 + shift.to_f64() * libm::pow(30.0 / days, power.to_f64());
                let moved = if factor > 0.0 { vol * factor } else { 0.0 };
                match min_vol.map(Price::to_f64) {
                    Some(least) if moved < least => least,
                    _ => moved,
                }
            }
        }
    }
    /// In words: `+25%`, `+50%(30d)`.
    fn words(&self) -> String {
        match *self {
            Self::Constant { shift } => signed_percent(shift),
            Self::Power { shift, short_power, long_power, min_vol } => {
                let least = min_vol.map_or_else(String::new, |m| format!(", at least {}", percent(m)));
                format!("{} x (30d)^{short_power}|{long_power}{least}", signed_percent(shift))
            }
        }
    }
}

/// One scenario. All numbers are exact fractions: `-0.15` is 15% down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What it stands for, where the file says so: a day, a window.
    pub label: Option<&'static str>,
    /// Relative move of the price of every coin without a move of its own.
    pub price: Price,
    /// Relative moves of single symbols, in growing order of symbols. A currency that is meant to keep its peg moves only
    /// where it is named here.
    pub moves: &'static [(&'static str, Price)],
    /// What happens to every implied volatility.
    pub vol: VolShift,
    /// Share of the profit or loss that counts (SPAN's extreme moves count about a third).
    pub weight: Price,
}

impl Scenario {
    /// The move of a coin.
    pub fn move_of(&self, coin: &str) -> Price {
        self.named_move(coin).unwrap_or(self.price)
    }
    /// The move of a symbol that the scenario names.
    pub fn named_move(&self, symbol: &str) -> Option<Price> {
        self.moves.binary_search_by(|(s, _)| (*s).cmp(symbol)).ok().map(|i| self.moves[i].1)
    }
    /// In words: move of prices, shift of volatilities, share that counts: `-15%/+25%`, `+45%/+0% x33%`.
    pub fn words(&self) -> String {
        let own: Vec<String> =
            self.moves.iter().map(|(s, m)| format!("{s} {}", signed_percent(*m))).collect();
        let own = if own.is_empty() { String::new() } else { format!("{}, others ", own.join(", ")) };
        let label = self.label.map_or_else(String::new, |l| format!("{l}: "));
        let share =
            if self.weight == Price::ONE { String::new() } else { format!(" x{}", percent(self.weight)) };
        format!("{label}{own}{}/{}{share}", signed_percent(self.price), self.vol.words())
    }
}

/// `33%`, `-37.1695%`.
pub fn percent(share: Price) -> String {
    let places = share.places();
    let digits = i128::from(share.mantissa()) * 100;
    format!("{}%", mandate_numeric::Decimal::new(digits, places))
}

fn signed_percent(share: Price) -> String {
    if share < Price::ZERO { percent(share) } else { format!("+{}", percent(share)) }
}
