//! What the columns of each risk model are: this crate's own table, on purpose not the market crate's.

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

/// One column that is not a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    pub name: &'static str,
    pub mode: Mode,
    pub grid: Grid,
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
    /// Face value again, of what is owned and of what is owed.
    pub face: [Column; 2],
    /// Columns that hold the whole value of some kinds of slots and nothing of the others.
    pub kinds: [Column; 3],
}

const fn role(name: &'static str, mode: Mode, grid: Grid) -> Role {
    Role { name, mode, grid }
}

static MODELS: [Model; 1] = [Model {
    name: "crypto-usd/1",
    metrics: &[
        role("value", Mode::Signed, Grid::Near),
        role("delta", Mode::Signed, Grid::Near),
        role("gamma", Mode::Signed, Grid::Near),
        role("vega", Mode::Signed, Grid::Near),
        role("theta", Mode::Signed, Grid::Near),
        role("cash", Mode::Signed, Grid::Near),
        role("unsettled", Mode::Signed, Grid::Near),
        role("premium", Mode::Signed, Grid::Near),
        role("gross", Mode::Absolute, Grid::Up),
        role("notional", Mode::Absolute, Grid::Up),
        role("lots", Mode::Absolute, Grid::Exact),
        role("forbidden", Mode::Absolute, Grid::Exact),
        role("assets", Mode::Long, Grid::Down),
        role("long", Mode::Long, Grid::Up),
        role("liabilities", Mode::Short, Grid::Up),
        role("short", Mode::Short, Grid::Up),
    ],
    scenarios: 16,
    value: 0,
    notional: 9,
    assets: 12,
    liabilities: 14,
    face: [13, 15],
    kinds: [5, 6, 7],
}];

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

    #[test]
    fn the_table_fits_every_default_shape() {
        for shape in &SHAPES {
            assert!(MODELS[0].fits(shape), "{}", shape.name);
        }
        let names = [
            (MODELS[0].value, "value"),
            (MODELS[0].notional, "notional"),
            (MODELS[0].assets, "assets"),
            (MODELS[0].liabilities, "liabilities"),
            (MODELS[0].face[0], "long"),
            (MODELS[0].face[1], "short"),
            (MODELS[0].kinds[0], "cash"),
            (MODELS[0].kinds[1], "unsettled"),
            (MODELS[0].kinds[2], "premium"),
        ];
        for (column, name) in names {
            assert_eq!(MODELS[0].metrics[column].name, name);
        }
        assert_eq!(MODELS[0].column_name(17), "scenario 1");
        assert_eq!(MODELS[0].grid(17), Grid::Near);
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
