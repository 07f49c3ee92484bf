//! What can be wrong with a sheet.

use mandate_statement::{Column, Family, RowRef, SheetError};
use std::fmt;

/// Most findings that are listed; a last one says how many more there were.
pub const MOST_FINDINGS: usize = 200;

/// Most rules that a part may list. Rows are few, and rules may share them, so a longer list says nothing more.
pub const MOST_RULES: usize = 512;

/// Which lots a rounding allowance is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The lots of the row's own block.
    Block,
    /// The lots of the whole book.
    Book,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Block => "the block's lots",
            Self::Book => "the book's lots",
        })
    }
}

/// A row in words: `group row 3`.
pub(crate) fn row_name(row: &RowRef) -> String {
    format!("{} row {}", family_name(row.family), row.index)
}
/// A family in words.
pub(crate) const fn family_name(family: Family) -> &'static str {
    match family {
        Family::Group => "group",
        Family::Account => "account",
        Family::Asset => "asset",
        Family::Slot => "slot",
        Family::Global => "global",
    }
}
/// Untrusted text for people: at most 60 characters, control characters escaped.
pub(crate) fn clip(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}

/// One thing that is wrong with a sheet. Slots, segments and columns are positions, counted from 0.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // the text of each variant names its fields
pub enum Finding {
    // Names and lengths.
    /// No shape of that name.
    #[error("{part}: there is no shape `{shape}`")]
    UnknownShape { part: &'static str, shape: String },
    /// A list is too long or short, or an index out of range.
    #[error("risk part: {0}")]
    Lengths(SheetError),
    /// Too many or too few coefficients.
    #[error("rules part: {got} coefficients, shape `{shape}` takes {wanted}")]
    CoefficientCount { shape: &'static str, got: usize, wanted: usize },
    /// No risk model of that name.
    #[error("{part}: this checker knows no risk model `{model}`")]
    UnknownModel { part: &'static str, model: String },
    /// The model's columns are not the shape's.
    #[error("{part}: the columns of risk model `{model}` are not those of shape `{shape}`")]
    ModelMisfit { part: &'static str, model: &'static str, shape: &'static str },
    /// The two parts are not for each other.
    #[error("the rules part is for {what} `{rules}`, the risk part for `{risk}`")]
    PartsDisagree { what: &'static str, rules: String, risk: String },
    /// A digest of zeros names nothing.
    #[error("the digest of the {what} is zero")]
    ZeroDigest { what: &'static str },
    /// No instant.
    #[error("the instant of the snapshot is zero")]
    ZeroInstant,

    // Layout.
    /// Segment 0 has nothing to carry from.
    #[error("segment 0 carries, but there is no segment before it")]
    FirstCarries,
    /// A group would span two accounts or assets.
    #[error("segment {segment} carries across the border of two {what}s; a group lies in one")]
    CarryAcross { segment: usize, what: &'static str },
    /// An account in two runs.
    #[error("segment {segment} belongs to account {account}, whose run of segments has ended before")]
    AccountSplit { segment: usize, account: u16 },
    /// Account indices not in order of first use.
    #[error("segment {segment} begins account {account}; in order of first use it would be {wanted}")]
    AccountOrder { segment: usize, account: u16, wanted: usize },
    /// A group mark inside a group.
    #[error("segment {segment} is marked as the end of a group, but segment {next} carries it on", next = segment + 1)]
    MarkInsideGroup { segment: usize },
    /// A group that holds something but is not evaluated.
    #[error(
        "the group that ends in segment {segment} has usable slot {slot} but no mark: no group row would hold for it"
    )]
    GroupUnmarked { segment: usize, slot: usize },
    /// A group that nothing can be held in, but is evaluated.
    #[error(
        "the group that ends in segment {segment} is marked as in use, but has no usable slot: its rows would be about nothing"
    )]
    GroupEmpty { segment: usize },
    /// A limit per group would be split in two.
    #[error(
        "the group that begins in segment {segment} is the second of account {account} and asset {asset}: a limit per \
         group would hold for each half on its own"
    )]
    GroupSplit { segment: usize, account: u16, asset: u16 },
    /// Rows over assets would not see it.
    #[error(
        "slot {slot} is usable, but its segment {segment} belongs to no asset: no row over assets would see it"
    )]
    NoAsset { segment: usize, slot: usize },
    /// An asset that nothing can be held of, but is evaluated.
    #[error("asset {asset} has segments, but no usable slot in any of them: its rows would be about nothing")]
    AssetEmpty { asset: u16 },
    /// A segment without account in a group or asset.
    #[error("segment {segment} has no account, but {what}")]
    UnownedInUse { segment: usize, what: &'static str },
    /// A segment without account with a usable slot.
    #[error("slot {slot} is usable, but its segment {segment} has no account")]
    UnownedUsable { segment: usize, slot: usize },

    // Weights.
    /// Not exactly one of the two marks.
    #[error(
        "slot {slot} weighs {lots} in `lots` and {forbidden} in `forbidden`; exactly one of them is 1, the other 0"
    )]
    SlotMarks { slot: usize, lots: i64, forbidden: i64 },
    /// A slot that must stay empty weighs something.
    #[error("slot {slot} must stay empty, but weighs {weight} in column `{column}`")]
    ForbiddenWeight { slot: usize, column: String, weight: i64 },
    /// A negative weight where the quantity's sign is dropped.
    #[error(
        "slot {slot} weighs {weight} in column `{column}`, which drops the quantity's sign: it cannot be negative"
    )]
    NegativeOneSided { slot: usize, column: String, weight: i64 },
    /// Owning it would be a debt that no column counts.
    #[error(
        "slot {slot} weighs {weight} in `value`: owning it would be a debt that `liabilities` does not count"
    )]
    NegativeValue { slot: usize, weight: i64 },
    /// A usable slot of weight zero.
    #[error("slot {slot} is usable but weighs nothing in `value` and `notional`: a free debt")]
    FreeSlot { slot: usize },
    /// Owning it counts for more than it is worth.
    #[error("slot {slot} weighs {assets} in `assets`, more than its `value` of {value}")]
    AssetsAboveValue { slot: usize, assets: i64, value: i64 },
    /// Owing it counts for less than it is worth.
    #[error("slot {slot} weighs {liabilities} in `liabilities`, less than its `value` of {value}")]
    LiabilitiesBelowValue { slot: usize, liabilities: i64, value: i64 },
    /// Face value by another name.
    #[error(
        "slot {slot} weighs {weight} in `{column}` and {notional} in `notional`: all three of notional, long and short are face value"
    )]
    FaceValue { slot: usize, column: String, weight: i64, notional: i64 },
    /// A part of value that is neither none nor all of it.
    #[error("slot {slot} weighs {weight} in `{column}`, which is either 0 or its `value` of {value}")]
    PartOfValue { slot: usize, column: String, weight: i64, value: i64 },
    /// A column that goes with another one, and does not.
    #[error(
        "slot {slot} weighs {weight} in `{column}` and {whole} in `{of}`: `{column}` is a part of `{of}`, or is never less"
    )]
    PartOfColumn { slot: usize, column: String, weight: i64, of: &'static str, whole: i64 },
    /// A total could leave its range.
    #[error(
        "the magnitudes of column `{name}` ({column}) sum to {sum}, {bits} bits; fewer than 2^41 are allowed"
    )]
    ColumnSum { column: Column, name: String, sum: u128, bits: u32 },
    /// Nothing can be held.
    #[error("no slot is usable: the sheet is about nothing")]
    NoUsableSlot,

    // Runs of strikes. A strip is 16 slots, a pair two of them.
    /// Strip 0 has nothing to carry from.
    #[error("strip 0 carries, but there is no strip before it")]
    FirstStripCarries,
    /// A run would span two groups.
    #[error(
        "strip {strip} carries the run of the strip before it across the border of two groups; a run lies in one"
    )]
    RunAcrossGroups { strip: usize },
    /// A mark inside a run.
    #[error("strip {strip} is marked as the end of a run, but strip {next} carries it on", next = strip + 1)]
    MarkInsideRun { strip: usize },
    /// A run that says something but is not read.
    #[error("the run that ends in strip {strip} has no mark, but {what}: no peak would see it")]
    RunUnmarked { strip: usize, what: &'static str },
    /// A run that nothing can be held in, but is read.
    #[error("the run that ends in strip {strip} is marked as in use, but has no usable slot")]
    RunEmpty { strip: usize },
    /// The first pair of a run is no strike.
    #[error("slot {slot} is usable, but stands for the price zero at the beginning of a run")]
    PriceZeroUsable { slot: usize },
    /// A run begins at the price zero.
    #[error("pair {pair} stands for the price zero at the beginning of a run, but has a gap of {gap}")]
    GapAtZero { pair: usize, gap: i64 },
    /// Strikes out of order.
    #[error("pair {pair} has a gap of {gap}: its strike is below the one before it")]
    NegativeGap { pair: usize, gap: i64 },
    /// An option that delivers nothing, or nothing that delivers something.
    #[error(
        "slot {slot} of a run in use delivers {coins} coin units a lot and is {state}: usable ones deliver more than 0, others 0",
        state = if *usable { "usable" } else { "not usable" }
    )]
    Coins { slot: usize, coins: i64, usable: bool },
    /// Something to cover without a call, or less than nothing.
    #[error("pair {pair} is to be covered with {cover} units a lot, which is below 0 or has no call")]
    Cover { pair: usize, cover: i64 },
    /// Calls of one underlying at several prices.
    #[error(
        "no one price of a coin explains what the calls of the run that ends in strip {strip} are to be covered with"
    )]
    CoverPrice { strip: usize },
    /// A sum along a run could leave its range.
    #[error("the run that ends in strip {strip}: {what} sums to 2^41 or more")]
    RunTooWide { strip: usize, what: &'static str },
    /// An option that no run sees.
    #[error(
        "slot {slot} is an option, but stands in no run that is in use: no rule over strikes would see it"
    )]
    OptionOutsideRun { slot: usize },

    // Rules and rows.
    /// More rules than a reader could follow, or a report could list.
    #[error("{got} rules; at most {most} are read")]
    TooManyRules { got: usize, most: usize },
    /// A rule id that people could not read.
    #[error("rule id `{id}` is not 1 to 80 of a-z, 0-9, `-` and `/`")]
    RuleId { id: String },
    /// Two rules of one id.
    #[error("rule `{id}` is listed twice")]
    DuplicateRule { id: String },
    /// A rule without rows.
    #[error("rule `{id}` has no rows: nothing would be proven of it")]
    RuleWithoutRows { id: String },
    /// A row beyond the shape.
    #[error("rule `{id}` claims {row}, which shape `{shape}` does not have", row = row_name(row))]
    NoSuchRow { id: String, row: RowRef, shape: &'static str },
    /// A row twice in one rule.
    #[error("rule `{id}` names {row} twice", row = row_name(row))]
    RowClaimedTwice { id: String, row: RowRef },
    /// A claimed row that says `0 >= 0`.
    #[error("rule `{id}` claims {row}, which has no coefficient: it says nothing", row = row_name(row))]
    EmptyRow { id: String, row: RowRef },
    /// A row that no rule explains.
    #[error("{row} has coefficients but belongs to no rule", row = row_name(row))]
    UnclaimedRow { row: RowRef },
    /// A row about no book.
    #[error("{row} has no coefficient but on the constant: it is the same for every book", row = row_name(row))]
    ConstantRow { row: RowRef },
    /// A rule that only defines witnesses.
    #[error("rule `{id}` has only rows that define witnesses: it requires nothing of the book")]
    RequiresNothing { id: String },
    /// Row 0 is not the net asset value row.
    #[error(
        "global row 0 must be `value - lots - min_nav >= 0`, but `{variable}` has coefficient {got}, not {wanted}"
    )]
    MinNavRow { variable: String, got: i128, wanted: i128 },
    /// Net asset value could be zero.
    #[error("global row 0 asks for a net asset value of {got}; at least 1 unit is needed")]
    MinNavTooSmall { got: String },
    /// A slack could leave its range.
    #[error("{row} can reach {bits} bits over full ranges; its slack has {limit}", row = row_name(row))]
    RowTooWide { row: RowRef, bits: u64, limit: u32 },
    /// The rounding of the weights could favour the prover.
    #[error("{row} must take off at least {needed} times {level} against rounding, but its coefficient there is {got}", row = row_name(row))]
    Allowance { row: RowRef, level: Level, needed: String, got: i128 },

    // Witnesses.
    /// A worst loss helps.
    #[error("{row}: `{variable}` has coefficient {got}; a worst loss may only count against the book", row = row_name(row))]
    PositiveWorst { row: RowRef, variable: String, got: i128 },
    /// A peak of runs helps.
    #[error("{row}: `{variable}` has coefficient {got}; a peak of runs may only count against the book", row = row_name(row))]
    PositivePeak { row: RowRef, variable: String, got: i128 },
    /// Two definitions of a witness divide by different numbers: one of them is a fraction of what it was.
    #[error("{row} defines {got} times `{variable}`, where another row defines {wanted} times it", row = row_name(row))]
    WitnessCoefficient { row: RowRef, variable: String, got: i128, wanted: i128 },
    /// A row over blocks defines a witness of the book: with no block in use, nothing would.
    #[error("{row} defines `{variable}`, which is of the whole book: only rows over the book may", row = row_name(row))]
    BlockDefinesBook { row: RowRef, variable: String },
    /// A sum of witnesses helps.
    #[error("{row}: `{variable}` has coefficient {got}; a sum of witnesses may only count against the book", row = row_name(row))]
    PositiveSum { row: RowRef, variable: String, got: i128 },
    /// A bit that lets alternatives of one witness go, and does something else.
    #[error("{row} reads bit `{variable}`, which chooses between the alternatives of one witness and may do nothing else", row = row_name(row))]
    SharedChoice { row: RowRef, variable: String },
    /// A bit that lets a bound go for nothing.
    #[error("bit `{variable}` lets definitions of `{witness}` go, and no other definition binds instead")]
    OpenChoice { variable: String, witness: String },
    /// A witness that is no bound, outside the one form that is safe.
    #[error("{row} and free witness `{variable}`: {why}", row = row_name(row))]
    FreeWitness { row: RowRef, variable: String, why: &'static str },
    /// A limit on bits that they cannot reach.
    #[error("{row} counts bits and holds whatever they are", row = row_name(row))]
    CountAlwaysHolds { row: RowRef },
    /// One row for two witnesses bounds neither.
    #[error("{row} defines both `{first}` and `{second}`: it bounds neither", row = row_name(row))]
    TwoDefinitions { row: RowRef, first: String, second: String },
    /// A witness that the prover chooses freely.
    #[error("{row} uses `{variable}`, which no row of its own family defines: the prover could choose it", row = row_name(row))]
    UndefinedWitness { row: RowRef, variable: String },
    /// Definitions in a circle bound nothing.
    #[error("the definitions of {variables} go in a circle: together they bound nothing", variables = quoted(variables))]
    Cycle { variables: Vec<String> },
    /// A definition that leads nowhere.
    #[error("{row} defines `{variable}`, but no requirement uses it", row = row_name(row))]
    UnusedWitness { row: RowRef, variable: String },

    // How lawful rows are written; looked for where nothing above is wrong.
    /// The rule that is in every part, and first.
    #[error("the first rule must be `min-nav` with global row 0 alone; it is `{id}`")]
    MinNavRule { id: String },
    /// A row was there.
    #[error("{row} has coefficients, but the one before it has none: rows are written one after another", row = row_name(row))]
    RowGap { row: RowRef },
    /// A rule hides a row that it stands on.
    #[error("rule `{id}` does not list {row}, which defines `{variable}` that it uses", row = row_name(row))]
    DefinitionNotListed { id: String, row: RowRef, variable: String },
    /// A rule lists a row that it does not stand on.
    #[error("rule `{id}` lists {row}, which defines `{variable}` that it does not use", row = row_name(row))]
    DefinitionNotNeeded { id: String, row: RowRef, variable: String },
    /// The maximum of one.
    #[error("{row} is all that defines `{variable}`: the largest of one thing needs no witness, so a piece is missing", row = row_name(row))]
    OnePiece { row: RowRef, variable: String },

    /// The list was cut.
    #[error("{left_out} further findings are not listed")]
    TooMany { left_out: usize },
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

/// A list of findings that does not grow without bound.
#[derive(Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    left_out: usize,
}

impl Findings {
    pub(crate) fn push(&mut self, finding: Finding) {
        match finding {
            Finding::TooMany { left_out } => self.left_out += left_out,
            other if self.list.len() < MOST_FINDINGS => self.list.push(other),
            _ => self.left_out += 1,
        }
    }
    pub(crate) fn extend(&mut self, list: Vec<Finding>) {
        list.into_iter().for_each(|f| self.push(f));
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    pub(crate) fn into_list(mut self) -> Vec<Finding> {
        if self.left_out > 0 {
            self.list.push(Finding::TooMany { left_out: self.left_out });
        }
        self.list
    }
    pub(crate) fn finish<T>(self, report: T) -> Result<T, Vec<Finding>> {
        if self.is_empty() { Ok(report) } else { Err(self.into_list()) }
    }
}
