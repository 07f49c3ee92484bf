//! What the columns of each risk model are: this crate's own tables, on purpose not the market crate's.

use mandate_statement::{Column, Mode, Shape};

/// How far the exact total may be from the computed one `t`, with `L` the lots in the same slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    /// In `[t - L, t + L]`.
    Near,
    /// In `[t - L, t]`.
    Up,
    /// In `[t, t + L]`.
    Down,
    /// Is `t`.
    Exact,
}

/// What the weight of a usable slot must be beside the weights of other columns of the same slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bond {
    /// Nothing that the integers show.
    Free,
    /// What another column weighs.
    Same(&'static str),
    /// Nothing, or what another column weighs.
    Part(&'static str),
    /// Nothing, or what another column weighs but for one unit less: the same amount rounded down.
    PartDown(&'static str),
    /// Nothing, or what another column weighs but for one unit more: the same amount rounded up.
    PartUp(&'static str),
    /// At least what another column weighs.
    AtLeast(&'static str),
}

/// One column that is not a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    pub name: &'static str,
    pub mode: Mode,
    pub grid: Grid,
    pub bond: Bond,
}

/// A risk model as far as the checker must know it.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    pub name: &'static str,
    pub metrics: &'static [Role],
    pub scenarios: usize,
    /// Mark value: what net asset value is the total of.
    pub value: Column,
    /// Face value.
    pub notional: Column,
    /// Value of what is owned.
    pub assets: Column,
    /// Value of what is owed.
    pub liabilities: Column,
}

const fn role(name: &'static str, mode: Mode, grid: Grid, bond: Bond) -> Role {
    Role { name, mode, grid, bond }
}
const fn signed(name: &'static str, bond: Bond) -> Role {
    role(name, Mode::Signed, Grid::Near, bond)
}
const fn absolute(name: &'static str, bond: Bond) -> Role {
    role(name, Mode::Absolute, Grid::Up, bond)
}
const fn short(name: &'static str, bond: Bond) -> Role {
    role(name, Mode::Short, Grid::Up, bond)
}

const VALUE: Role = signed("value", Bond::Free);
const DELTA: Role = signed("delta", Bond::Free);
const GAMMA: Role = signed("gamma", Bond::Free);
const VEGA: Role = signed("vega", Bond::Free);
const VEGA_30D: Role = signed("vega_30d", Bond::Part("vega"));
const VEGA_90D: Role = signed("vega_90d", Bond::Part("vega"));
const THETA: Role = signed("theta", Bond::Free);
const CASH: Role = signed("cash", Bond::Part("value"));
const STABLE: Role = signed("stable", Bond::Part("value"));
const OWNED: Role = signed("owned", Bond::Part("value"));
const STAKED: Role = signed("staked", Bond::Part("value"));
const UNSETTLED: Role = signed("unsettled", Bond::Part("value"));
const PREMIUM: Role = signed("premium", Bond::Part("value"));
const GROSS: Role = absolute("gross", Bond::Free);
const NOTIONAL: Role = absolute("notional", Bond::Free);
const PERP_NOTIONAL: Role = absolute("perp_notional", Bond::Part("notional"));
const ILLIQUID: Role = absolute("illiquid", Bond::PartUp("value"));
const LOTS: Role = role("lots", Mode::Absolute, Grid::Exact, Bond::Free);
const FORBIDDEN: Role = role("forbidden", Mode::Absolute, Grid::Exact, Bond::Free);
// Never more than `value`: the checker's own rule, not a bond.
const ASSETS: Role = role("assets", Mode::Long, Grid::Down, Bond::Free);
const LONG: Role = role("long", Mode::Long, Grid::Up, Bond::Same("notional"));
const HELD: Role = role("held", Mode::Long, Grid::Down, Bond::PartDown("value"));
const LIABILITIES: Role = short("liabilities", Bond::Free);
const SHORT: Role = short("short", Bond::Same("notional"));
const SHORT_OPTIONS: Role = short("short_options", Bond::Part("notional"));
const LONG_OPTIONS_NEAR: Role = role("long_near", Mode::Long, Grid::Up, Bond::Part("notional"));
const SHORT_OPTIONS_NEAR: Role = short("short_near", Bond::Part("notional"));
const LONG_PERPS: Role = role("long_perps", Mode::Long, Grid::Up, Bond::Part("notional"));
const SHORT_PERPS: Role = short("short_perps", Bond::Part("notional"));
const VEGA_LONG: Role = signed("vega_long", Bond::Part("vega"));
const PUT_CASH: Role = short("put_cash", Bond::Free);
const WRITTEN_MARGIN: Role = short("written_margin", Bond::AtLeast("premium"));

/// The columns of `crypto-usd/1` and of every model that has only other scenarios.
const USUAL: &[Role] = &[
    VALUE,
    DELTA,
    GAMMA,
    VEGA,
    THETA,
    CASH,
    UNSETTLED,
    PREMIUM,
    GROSS,
    NOTIONAL,
    LOTS,
    FORBIDDEN,
    ASSETS,
    LONG,
    LIABILITIES,
    SHORT,
];
const GREEKS: &[Role] = &[
    VALUE,
    DELTA,
    GAMMA,
    VEGA,
    THETA,
    CASH,
    VEGA_30D,
    VEGA_90D,
    GROSS,
    NOTIONAL,
    LOTS,
    FORBIDDEN,
    ASSETS,
    LONG,
    LIABILITIES,
    SHORT,
];
const RESERVE: &[Role] = &[
    VALUE,
    DELTA,
    CASH,
    UNSETTLED,
    PREMIUM,
    OWNED,
    STABLE,
    STAKED,
    ILLIQUID,
    NOTIONAL,
    LOTS,
    FORBIDDEN,
    ASSETS,
    LONG,
    LIABILITIES,
    SHORT,
];
const BASIS: &[Role] = &[
    VALUE,
    DELTA,
    GAMMA,
    VEGA,
    CASH,
    OWNED,
    STAKED,
    STABLE,
    PERP_NOTIONAL,
    NOTIONAL,
    LOTS,
    FORBIDDEN,
    ASSETS,
    LONG,
    LIABILITIES,
    SHORT,
];

/// Tokens by issuer: each a part of net asset value.
const ISSUERS: &[Role] = &[
    VALUE,
    DELTA,
    signed("circle", Bond::Part("value")),
    signed("coinbase", Bond::Part("value")),
    signed("lido", Bond::Part("value")),
    signed("paxos", Bond::Part("value")),
    signed("sky", Bond::Part("value")),
    signed("tether", Bond::Part("value")),
    GROSS,
    NOTIONAL,
    LOTS,
    FORBIDDEN,
    ASSETS,
    LONG,
    LIABILITIES,
    SHORT,
];
const POOLS: &[Role] = &[
    VALUE,
    DELTA,
    GAMMA,
    CASH,
    STABLE,
    OWNED,
    STAKED,
    signed("pools", Bond::Part("value")),
    GROSS,
    NOTIONAL,
    LOTS,
    FORBIDDEN,
    ASSETS,
    LONG,
    LIABILITIES,
    SHORT,
];
/// Options by expiry and by strike: each a part of face value.
const BUCKETS: &[Role] = &[
    VALUE,
    DELTA,
    GAMMA,
    VEGA,
    THETA,
    CASH,
    PREMIUM,
    VEGA_30D,
    VEGA_90D,
    VEGA_LONG,
    NOTIONAL,
    absolute("expiry_7d", Bond::Part("notional")),
    absolute("expiry_30d", Bond::Part("notional")),
    absolute("expiry_later", Bond::Part("notional")),
    LOTS,
    FORBIDDEN,
    ASSETS,
    LONG,
    LONG_OPTIONS_NEAR,
    LIABILITIES,
    SHORT,
    SHORT_OPTIONS_NEAR,
];
/// Perpetuals and futures by coin.
const PERPS: &[Role] = &[
    VALUE,
    DELTA,
    GAMMA,
    VEGA,
    THETA,
    CASH,
    UNSETTLED,
    PREMIUM,
    OWNED,
    STABLE,
    NOTIONAL,
    absolute("perp_btc", Bond::Part("notional")),
    absolute("perp_eth", Bond::Part("notional")),
    absolute("perp_sol", Bond::Part("notional")),
    LOTS,
    FORBIDDEN,
    ASSETS,
    LONG,
    LONG_PERPS,
    LIABILITIES,
    SHORT,
    SHORT_PERPS,
];

/// The columns of the wide models, with the last one their own.
const fn wide(last: Role) -> [Role; 22] {
    [
        VALUE,
        DELTA,
        GAMMA,
        VEGA,
        THETA,
        CASH,
        UNSETTLED,
        PREMIUM,
        OWNED,
        VEGA_30D,
        GROSS,
        NOTIONAL,
        PERP_NOTIONAL,
        ILLIQUID,
        LOTS,
        FORBIDDEN,
        ASSETS,
        LONG,
        HELD,
        LIABILITIES,
        SHORT,
        last,
    ]
}
const WIDE: &[Role] = &wide(SHORT_OPTIONS);
const VAULT: &[Role] = &wide(PUT_CASH);
const WRITTEN: &[Role] = &wide(WRITTEN_MARGIN);

const fn model(name: &'static str, metrics: &'static [Role], scenarios: usize) -> Model {
    Model {
        name,
        metrics,
        scenarios,
        value: at(metrics, "value"),
        notional: at(metrics, "notional"),
        assets: at(metrics, "assets"),
        liabilities: at(metrics, "liabilities"),
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Position of a column. A table without it does not compile.
const fn at(metrics: &[Role], name: &str) -> Column {
    let mut k = 0;
    while k < metrics.len() {
        if same(metrics[k].name, name) {
            return k;
        }
        k += 1;
    }
    panic!("a model without a column that every model has")
}

static MODELS: [Model; 20] = [
    model("crypto-usd/1", USUAL, 16),
    model("span-16/1", USUAL, 16),
    model("aevo-15/1", USUAL, 16),
    model("tims-10/1", USUAL, 16),
    model("okx-spot/1", USUAL, 16),
    model("stress-16/1", USUAL, 16),
    model("lending/1", USUAL, 16),
    model("option-greeks/1", GREEKS, 16),
    model("reserve/1", RESERVE, 16),
    model("perps-basis/1", BASIS, 16),
    model("deribit-pm/1", WIDE, 40),
    model("derive-pmrm2/1", WIDE, 40),
    model("paradex-pm/1", WIDE, 40),
    model("stress-40/1", WIDE, 40),
    model("option-vault/1", VAULT, 40),
    model("reg-t/1", WRITTEN, 40),
    model("issuers/1", ISSUERS, 16),
    model("pool-shares/1", POOLS, 16),
    model("option-buckets/1", BUCKETS, 40),
    model("perp-tiers/1", PERPS, 40),
];

impl Model {
    /// A model by name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|m| m.name == name)
    }
    /// Whether the model's columns stand in the shape's, mode by mode, with `lots` and `forbidden` in their places.
    pub fn fits(&self, shape: &Shape) -> bool {
        self.metrics.len() == shape.metrics()
            && self.scenarios == shape.scenarios
            && self.metrics.iter().enumerate().all(|(k, role)| role.mode == shape.mode(k))
            && self.metrics[shape.lots_column()].name == "lots"
            && self.metrics[shape.forbidden_column()].name == "forbidden"
    }
    /// Position of a column that the model has.
    pub fn column(&self, name: &str) -> Option<Column> {
        self.metrics.iter().position(|role| role.name == name)
    }
    /// Name of a column, scenarios included.
    pub fn column_name(&self, column: Column) -> String {
        match self.metrics.get(column) {
            Some(role) => role.name.to_owned(),
            None => format!("scenario {}", column - self.metrics.len()),
        }
    }
    /// Rounding of a column; scenarios are to the nearest.
    pub fn grid(&self, column: Column) -> Grid {
        self.metrics.get(column).map_or(Grid::Near, |role| role.grid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mandate_statement::SHAPES;

    /// What every model must have where, and what a bond names must be there.
    #[test]
    fn every_table_is_whole() {
        for model in &MODELS {
            for (column, name) in [
                (model.value, "value"),
                (model.notional, "notional"),
                (model.assets, "assets"),
                (model.liabilities, "liabilities"),
            ] {
                assert_eq!(model.metrics[column].name, name, "{}", model.name);
            }
            for name in ["long", "short", "lots", "forbidden"] {
                assert!(model.column(name).is_some(), "{} has no `{name}`", model.name);
            }
            for role in model.metrics {
                assert_eq!(model.metrics.iter().filter(|r| r.name == role.name).count(), 1, "{}", role.name);
                if let Bond::Same(of)
                | Bond::Part(of)
                | Bond::PartDown(of)
                | Bond::PartUp(of)
                | Bond::AtLeast(of) = role.bond
                {
                    assert!(model.column(of).is_some(), "{}: {} without {of}", model.name, role.name);
                }
            }
            assert_eq!(MODELS.iter().filter(|m| m.name == model.name).count(), 1);
        }
        assert_eq!(MODELS[0].column_name(17), "scenario 1");
        assert_eq!(MODELS[0].grid(17), Grid::Near);
    }

    #[test]
    fn the_usual_table_fits_the_shapes_of_sixteen_scenarios() {
        for shape in SHAPES.iter().filter(|s| s.scenarios == 16) {
            assert!(MODELS[0].fits(shape), "{}", shape.name);
        }
    }

    /// Each thing that must agree, changed alone.
    #[test]
    fn a_model_fits_its_own_shape_only() {
        let shape = SHAPES[0];
        for other in [
            Shape { scenarios: 15, ..shape },
            Shape { scenarios: 17, ..shape },
            Shape { signed: 9, ..shape },
            Shape { short: 1, ..shape },
            Shape { signed: 9, absolute: 3, ..shape },
            Shape { long: 1, short: 3, ..shape },
        ] {
            assert!(!MODELS[0].fits(&other), "{other:?}");
        }
        let mut model = MODELS[0];
        let mut metrics = model.metrics.to_vec();
        for column in [shape.lots_column(), shape.forbidden_column()] {
            metrics.copy_from_slice(MODELS[0].metrics);
            metrics[column].name = "other";
            model.metrics = metrics.clone().leak();
            assert!(!model.fits(&shape), "column {column} has another name");
        }
    }
}
