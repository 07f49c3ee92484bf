//! The statement in words that a machine can check: sizes, table, limits, books, and the verdict of plain integers.
//!
//! `README.md` says it in words; every peer's circuit is held to [`Case::verdict`].

/// Columns before the scenarios: value, delta, vega (all three of `q`) and gross (of the magnitude of `q`).
pub const METRICS: usize = 4;
/// Bits of a quantity in offset binary: `-2^47 <= q < 2^47`.
pub const QUANTITY_BITS: u32 = 48;
/// The magnitudes of a column's weights sum to less than `2^41`, so that sums over the book stay below `2^88`.
pub const WEIGHT_SUM_BITS: u32 = 41;
/// Bits of sums over the book in magnitude.
pub const SUM_BITS: u32 = 88;
/// Bits of the slack of a rule.
pub const SLACK_BITS: u32 = 128;
/// Limits in percent are below this, so that a slack stays far below `2^SLACK_BITS`.
pub const PERCENT_END: u64 = 1 << 20;

/// Slots, scenarios and groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Slots: 64, 256, 1,024 or 4,096, each with one private quantity.
    pub slots: usize,
    /// Scenarios: 4 to 16.
    pub scenarios: usize,
}

impl Size {
    /// A size that every peer knows.
    ///
    /// # Errors
    /// Other numbers of slots or scenarios.
    pub fn new(slots: usize, scenarios: usize) -> Result<Self, String> {
        if ![64, 256, 1024, 4096].contains(&slots) {
            return Err(format!("{slots} slots: known are 64, 256, 1024 and 4096"));
        }
        if !(4..=16).contains(&scenarios) {
            return Err(format!("{scenarios} scenarios: 4 to 16 are known"));
        }
        Ok(Self { slots, scenarios })
    }
    /// Groups of consecutive slots: 2, 4, 8 or 16.
    pub const fn groups(&self) -> usize {
        self.slots.isqrt() / 4
    }
    /// Slots of a group.
    pub const fn group_len(&self) -> usize {
        self.slots / self.groups()
    }
    /// Numbers per slot in the table.
    pub const fn width(&self) -> usize {
        METRICS + self.scenarios
    }
}

/// What a book must keep: a least net asset value in money, and limits in percent of net asset value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Least net asset value, in money; at least one.
    pub min_nav: u64,
    /// Gross exposure of the book.
    pub leverage: u64,
    /// Gross exposure of a group.
    pub concentration: u64,
    /// Net delta of the book, either way.
    pub delta: u64,
    /// Net vega of the book, either way.
    pub vega: u64,
    /// Sum over groups of the worst loss in any scenario.
    pub margin: u64,
}

impl Limits {
    /// In the order in which every circuit takes them.
    pub const fn list(&self) -> [u64; 6] {
        [self.min_nav, self.leverage, self.concentration, self.delta, self.vega, self.margin]
    }
}

/// Totals of a book, exact integers.
#[derive(Clone, Debug)]
pub struct Totals {
    /// Net asset value less one unit for every lot held.
    pub nav: i128,
    /// Lots held, long and short.
    pub lots: i128,
    /// Gross exposure per group.
    pub gross: Vec<i128>,
    /// Net delta.
    pub delta: i128,
    /// Net vega.
    pub vega: i128,
    /// Worst loss per group: the largest over the scenarios, negative where every scenario gains.
    pub worst: Vec<i128>,
}

/// A public table and limits with a private book.
#[derive(Clone, Debug)]
pub struct Case {
    /// The size.
    pub size: Size,
    /// Weights, slot by slot, `width` to a slot: value, delta, vega, gross, scenarios.
    pub table: Vec<i64>,
    /// The limits.
    pub limits: Limits,
    /// One quantity per slot, in lots. May be out of range: such a book is unlawful.
    pub quantities: Vec<i64>,
    /// What a prover claims of each group's worst loss beyond its true one: below zero, a lie. Circuits take the claim as a witness.
    pub claimed: i128,
}

/// What is wrong with a book: the first rule that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// A quantity out of range.
    Range,
    /// Net asset value below its minimum.
    MinNav,
    /// Gross exposure of the book.
    Leverage,
    /// Gross exposure of a group.
    Concentration,
    /// Net delta.
    Delta,
    /// Net vega.
    Vega,
    /// Worst losses.
    Margin,
}

/// SplitMix64: the same numbers on every machine from one seed.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// Uniform in `[0, end)` but for a bias below `2^-20` for the ends used here.
    fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.next() % u64::try_from(end).expect("positive")).expect("below an i64")
    }
    fn within(&mut self, bound: i64) -> i64 {
        self.below(2 * bound + 1) - bound
    }
}

/// Whether net delta is long at this size.
const fn delta_long(size: Size) -> bool {
    size.scenarios.is_multiple_of(8)
}

impl Case {
    /// The lawful case of a size: the first slot of every group is cash, the others are held long and short, and every
    /// limit leaves some room.
    pub fn lawful(size: Size) -> Self {
        let mut rng = Stream(2026 + (size.slots * 100 + size.scenarios) as u64);
        let top = (1i64 << (WEIGHT_SUM_BITS - 3)) / i64::try_from(size.slots).expect("few slots");
        let mut table = Vec::with_capacity(size.slots * size.width());
        let mut quantities = Vec::with_capacity(size.slots);
        for slot in 0..size.slots {
            let cash = slot % size.group_len() == 0;
            let face = if cash { top } else { 1 + top / 2 + rng.below(top / 2 - 1) };
            let mut row = vec![0; size.width()];
            row[0] = if cash { face } else { 1 + rng.below(face) };
            if !cash {
                row[1] = rng.within(face);
                row[2] = rng.within(face / 8);
                row[3] = row[1].abs().max(1);
                for weight in &mut row[METRICS..] {
                    *weight = rng.within(face / 2);
                }
            }
            table.extend(row);
            quantities.push(if cash { 0 } else { rng.within(1 << 20) });
        }
        let mut case = Self { size, table, limits: Limits::wide(), quantities, claimed: 0 };
        // Net delta long and net vega short, or the other way round: between two sizes, both sides of both limits bind.
        let totals = case.totals();
        for (column, total, long) in
            [(1, totals.delta, delta_long(size)), (2, totals.vega, !delta_long(size))]
        {
            if (total > 0) != long {
                for slot in 0..size.slots {
                    case.table[slot * size.width() + column] *= -1;
                }
            }
        }
        // Cash so that net asset value is about half of gross exposure.
        let totals = case.totals();
        let wanted = totals.gross.iter().sum::<i128>() / 2 - totals.nav;
        case.quantities[0] = i64::try_from(wanted / i128::from(top - 1)).expect("a quantity");
        case.limits = case.tightest();
        let l = &mut case.limits;
        l.min_nav /= 2;
        for limit in [&mut l.leverage, &mut l.concentration, &mut l.delta, &mut l.vega, &mut l.margin] {
            *limit += 10;
        }
        case
    }
    /// The weight of `slot` in `column`.
    pub fn weight(&self, slot: usize, column: usize) -> i64 {
        self.table[slot * self.size.width() + column]
    }
    /// The totals of the book.
    pub fn totals(&self) -> Totals {
        let size = self.size;
        let of = |slots: std::ops::Range<usize>, column: usize, magnitude: bool| -> i128 {
            slots
                .map(|j| {
                    let q = i128::from(self.quantities[j]);
                    i128::from(self.weight(j, column)) * if magnitude { q.abs() } else { q }
                })
                .sum()
        };
        let group = |g: usize| g * size.group_len()..(g + 1) * size.group_len();
        let lots = self.quantities.iter().map(|q| i128::from(*q).abs()).sum();
        Totals {
            nav: of(0..size.slots, 0, false) - lots,
            lots,
            gross: (0..size.groups()).map(|g| of(group(g), 3, true)).collect(),
            delta: of(0..size.slots, 1, false),
            vega: of(0..size.slots, 2, false),
            worst: (0..size.groups())
                .map(|g| (METRICS..size.width()).map(|k| -of(group(g), k, false)).max().expect("a scenario"))
                .collect(),
        }
    }
    /// The worst loss of each group as the prover claims it.
    pub fn claimed_worst(&self) -> Vec<i128> {
        self.totals().worst.iter().map(|w| w + self.claimed).collect()
    }
    /// What every limit in percent is compared with, times a hundred: leverage, concentration, delta, vega, margin.
    fn uses(&self) -> [i128; 5] {
        let t = self.totals();
        [
            t.gross.iter().sum(),
            t.gross.iter().copied().max().expect("a group"),
            t.delta.abs() + t.lots,
            t.vega.abs() + t.lots,
            t.worst.iter().sum::<i128>() + t.lots,
        ]
        .map(|used| used * 100)
    }
    /// The verdict of plain integers.
    ///
    /// # Errors
    /// The first rule that the book breaks.
    pub fn verdict(&self) -> Result<(), Broken> {
        let bound = 1i64 << (QUANTITY_BITS - 1);
        if !self.quantities.iter().all(|q| (-bound..bound).contains(q)) {
            return Err(Broken::Range);
        }
        let nav = self.totals().nav;
        if nav < i128::from(self.limits.min_nav) {
            return Err(Broken::MinNav);
        }
        let rules = [Broken::Leverage, Broken::Concentration, Broken::Delta, Broken::Vega, Broken::Margin];
        for ((rule, used), limit) in rules.into_iter().zip(self.uses()).zip(&self.limits.list()[1..]) {
            if i128::from(*limit) * nav < used {
                return Err(rule);
            }
        }
        Ok(())
    }
    /// The tightest limits that the book keeps, each for itself.
    pub fn tightest(&self) -> Limits {
        let nav = self.totals().nav;
        let [leverage, concentration, delta, vega, margin] = self.uses().map(|used| {
            let limit = u64::try_from((used + nav - 1).div_euclid(nav).max(0)).expect("a limit");
            assert!(limit < PERCENT_END, "no limit is that wide");
            limit
        });
        let min_nav = u64::try_from(nav).unwrap_or(u64::MAX);
        Limits { min_nav, leverage, concentration, delta, vega, margin }
    }
    /// Books that the reference judges, with names: some lawful, the others each breaking one rule by the least possible
    /// or one step of a limit.
    pub fn examples(size: Size) -> Vec<(&'static str, Self)> {
        let lawful = Self::lawful(size);
        let tight = Self { limits: lawful.tightest(), ..lawful.clone() };
        let mut out = vec![("lawful", lawful.clone()), ("tight", tight.clone())];
        let mut limits = |name, change: fn(&mut Limits)| {
            let mut case = lawful.clone();
            case.limits = Limits { min_nav: lawful.limits.min_nav, ..lawful.limits };
            let mut tightest = tight.limits;
            change(&mut tightest);
            // Only the rule in question is tightened; the others keep their room.
            let (had, got) = (tight.limits.list(), tightest.list());
            let at = (0..6).find(|i| had[*i] != got[*i]).expect("one limit is changed");
            let mut list = case.limits.list();
            list[at] = got[at];
            case.limits = Limits::of(list);
            out.push((name, case));
        };
        limits("min-nav", |l| l.min_nav += 1);
        limits("leverage", |l| l.leverage -= 1);
        limits("concentration", |l| l.concentration -= 1);
        limits("delta", |l| l.delta -= 1);
        limits("vega", |l| l.vega -= 1);
        limits("margin", |l| l.margin -= 1);
        // Losses understated by as much as net asset value: the rule's own row would hold.
        let mut understated = out.last().expect("the case of margin").1.clone();
        understated.claimed = -tight.totals().nav;
        out.push(("understated-losses", understated));
        // An upper bound may be too high where there is room.
        let mut overstated = lawful.clone();
        overstated.claimed = 1;
        out.push(("overstated-losses", overstated));
        let mut poorer = tight;
        let tenth = poorer.quantities[0] / 10;
        poorer.quantities[0] -= tenth;
        out.push(("poorer", poorer));
        let mut full = lawful;
        full.limits = Limits { min_nav: full.limits.min_nav, ..Limits::wide() };
        full.quantities[0] = (1 << (QUANTITY_BITS - 1)) - 1;
        let last = size.slots - 1;
        full.quantities[last] = -(1 << (QUANTITY_BITS - 1));
        out.push(("lowest-quantity", full.clone()));
        full.quantities[last] -= 1;
        out.push(("below-range", full.clone()));
        full.quantities[last] = 1 << (QUANTITY_BITS - 1);
        out.push(("above-range", full));
        out
    }
}

impl Limits {
    /// Limits that bind nothing much: ten thousand percent.
    const fn wide() -> Self {
        Self {
            min_nav: 1,
            leverage: 10_000,
            concentration: 10_000,
            delta: 10_000,
            vega: 10_000,
            margin: 10_000,
        }
    }
    const fn of(list: [u64; 6]) -> Self {
        let [min_nav, leverage, concentration, delta, vega, margin] = list;
        Self { min_nav, leverage, concentration, delta, vega, margin }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_are_lawful_or_break_the_rule_they_are_named_after() {
        for slots in [64, 256, 1024, 4096] {
            for scenarios in [4, 16] {
                let size = Size::new(slots, scenarios).unwrap();
                for (name, case) in Case::examples(size) {
                    for k in 0..size.width() {
                        let sum: i64 = (0..slots).map(|j| case.weight(j, k).abs()).sum();
                        assert!(sum < 1 << WEIGHT_SUM_BITS, "column {k}");
                    }
                    let wanted = match name {
                        "lawful" | "tight" | "lowest-quantity" | "overstated-losses" => Ok(()),
                        "min-nav" | "poorer" => Err(Broken::MinNav),
                        "leverage" => Err(Broken::Leverage),
                        "concentration" => Err(Broken::Concentration),
                        "delta" => Err(Broken::Delta),
                        "vega" => Err(Broken::Vega),
                        "margin" | "understated-losses" => Err(Broken::Margin),
                        _ => Err(Broken::Range),
                    };
                    assert_eq!(case.verdict(), wanted, "{slots} x {scenarios}: {name}");
                }
            }
        }
    }
}
