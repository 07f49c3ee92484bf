//! Shapes: the sizes a circuit is built for. One key per shape and circuit version, never per mandate.

/// How a column reads a quantity `q`: as it is, or as `|q|`, `max(q, 0)`, `max(-q, 0)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Sum of `weight * q`.
    Signed,
    /// Sum of `weight * |q|`.
    Absolute,
    /// Sum of `weight * max(q, 0)`.
    Long,
    /// Sum of `weight * max(-q, 0)`.
    Short,
    /// Sum of `weight * q`, read as the profit (positive) or loss (negative) in one scenario.
    Scenario,
}

/// A column of the sheet by position, `0 .. shape.columns()`: signed, absolute, long, short, then scenarios.
pub type Column = usize;

/// The sizes of one circuit. All counts; nothing here depends on a mandate, a snapshot or a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Name under which keys and sheets refer to it.
    pub name: &'static str,
    /// Slots: (account, instrument) pairs, each with one private quantity.
    pub slots: usize,
    /// Segments of `slots / segments` consecutive slots; every group, account and asset is a union of segments.
    pub segments: usize,
    /// Columns that read `q`.
    pub signed: usize,
    /// Columns that read `|q|`. The last two are fixed: [`Shape::LOTS_FROM_END`] and [`Shape::FORBIDDEN_FROM_END`].
    pub absolute: usize,
    /// Columns that read `max(q, 0)`.
    pub long: usize,
    /// Columns that read `max(-q, 0)`.
    pub short: usize,
    /// Scenario columns.
    pub scenarios: usize,
    /// Most accounts (netting sets) a sheet of this shape can hold, each with one commitment input.
    pub accounts: usize,
    /// Most assets (underlyings across accounts) a sheet can tell apart.
    pub assets: usize,
    /// Row templates evaluated for every group.
    pub group_rows: usize,
    /// Row templates evaluated for every active account.
    pub account_rows: usize,
    /// Row templates evaluated for every asset.
    pub asset_rows: usize,
    /// Row templates evaluated for every slot.
    pub slot_rows: usize,
    /// Rows over the whole book.
    pub global_rows: usize,
    /// Upper-bound witnesses `x` per block.
    pub local_witnesses: usize,
    /// Bits `z` per block.
    pub local_bits: usize,
    /// Upper-bound witnesses `y` of the whole book.
    pub global_witnesses: usize,
    /// Bits of the whole book.
    pub global_bits: usize,
    /// Strips of 16 consecutive slots, as many as fill all slots, or none: whether the shape has [`crate::Runs`].
    pub strips: usize,
}

impl Shape {
    /// The absolute column of weight 1 on every usable slot is the last but one: the rounding allowance is read from it.
    pub const LOTS_FROM_END: usize = 2;
    /// The absolute column of weight 1 on every slot that must stay empty is the last one.
    pub const FORBIDDEN_FROM_END: usize = 1;

    /// A shape by name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        SHAPES.iter().find(|s| s.name == name)
    }
    /// Whether the shape is for tests alone: nobody's market or mandate is put into it unasked.
    pub fn for_tests(&self) -> bool {
        matches!(self.name, "t32" | "r64")
    }
    /// Pairs of a call and a put, eight in every strip.
    pub const fn pairs(&self) -> usize {
        self.strips * crate::Runs::STRIP_PAIRS
    }
    /// How many peaks of runs a block has: none in a shape without strips.
    pub const fn peaks(&self) -> usize {
        if self.strips == 0 { 0 } else { crate::Runs::PEAKS }
    }
    /// Slots per segment.
    pub const fn segment_len(&self) -> usize {
        self.slots / self.segments
    }
    /// Columns that are not scenarios.
    pub const fn metrics(&self) -> usize {
        self.signed + self.absolute + self.long + self.short
    }
    /// All columns.
    pub const fn columns(&self) -> usize {
        self.metrics() + self.scenarios
    }
    /// The column of weight 1 on every usable slot.
    pub const fn lots_column(&self) -> Column {
        self.signed + self.absolute - Self::LOTS_FROM_END
    }
    /// The column of weight 1 on every slot that must stay empty.
    pub const fn forbidden_column(&self) -> Column {
        self.signed + self.absolute - Self::FORBIDDEN_FROM_END
    }
    /// How column `k` reads a quantity.
    ///
    /// # Panics
    /// If `k` is not below [`Shape::columns`].
    pub const fn mode(&self, k: Column) -> Mode {
        assert!(k < self.columns(), "column out of range");
        if k < self.signed {
            Mode::Signed
        } else if k < self.signed + self.absolute {
            Mode::Absolute
        } else if k < self.signed + self.absolute + self.long {
            Mode::Long
        } else if k < self.metrics() {
            Mode::Short
        } else {
            Mode::Scenario
        }
    }
    /// Field elements that one segment's quantities pack into: five of 48 bits each, 240 bits.
    pub const fn packed_per_segment(&self) -> usize {
        self.segment_len().div_ceil(crate::InputLayout::SLOTS_PER_ELEMENT)
    }
}

/// The default shapes, smallest first, and two tiny ones for tests. `docs/shapes.md` has their measured sizes.
pub static SHAPES: [Shape; 6] = [
    Shape {
        name: "t32",
        slots: 32,
        segments: 4,
        signed: 8,
        absolute: 4,
        long: 2,
        short: 2,
        scenarios: 16,
        accounts: 3,
        assets: 3,
        group_rows: 8,
        account_rows: 4,
        asset_rows: 4,
        slot_rows: 1,
        global_rows: 16,
        local_witnesses: 4,
        local_bits: 1,
        global_witnesses: 8,
        global_bits: 4,
        strips: 0,
    },
    Shape {
        name: "r64",
        slots: 64,
        segments: 4,
        signed: 8,
        absolute: 4,
        long: 2,
        short: 2,
        scenarios: 16,
        accounts: 3,
        assets: 3,
        group_rows: 8,
        account_rows: 4,
        asset_rows: 4,
        slot_rows: 0,
        global_rows: 12,
        local_witnesses: 4,
        local_bits: 1,
        global_witnesses: 8,
        global_bits: 4,
        strips: 4,
    },
    Shape {
        name: "s256",
        slots: 256,
        segments: 8,
        signed: 8,
        absolute: 4,
        long: 2,
        short: 2,
        scenarios: 16,
        accounts: 4,
        assets: 6,
        group_rows: 8,
        account_rows: 4,
        asset_rows: 4,
        slot_rows: 1,
        global_rows: 48,
        local_witnesses: 4,
        local_bits: 1,
        global_witnesses: 12,
        global_bits: 8,
        strips: 0,
    },
    Shape {
        name: "m1024",
        slots: 1024,
        segments: 16,
        signed: 8,
        absolute: 4,
        long: 2,
        short: 2,
        scenarios: 16,
        accounts: 8,
        assets: 8,
        group_rows: 8,
        account_rows: 4,
        asset_rows: 4,
        slot_rows: 0,
        global_rows: 48,
        local_witnesses: 4,
        local_bits: 1,
        global_witnesses: 12,
        global_bits: 8,
        strips: 0,
    },
    Shape {
        name: "l4096",
        slots: 4096,
        segments: 64,
        signed: 8,
        absolute: 4,
        long: 2,
        short: 2,
        scenarios: 16,
        accounts: 16,
        assets: 16,
        group_rows: 8,
        account_rows: 4,
        asset_rows: 4,
        slot_rows: 0,
        global_rows: 48,
        local_witnesses: 4,
        local_bits: 1,
        global_witnesses: 12,
        global_bits: 8,
        strips: 0,
    },
    Shape {
        name: "o2048",
        slots: 2048,
        segments: 32,
        signed: 10,
        absolute: 6,
        long: 3,
        short: 3,
        scenarios: 40,
        accounts: 8,
        assets: 8,
        group_rows: 12,
        account_rows: 8,
        asset_rows: 8,
        slot_rows: 0,
        global_rows: 100,
        local_witnesses: 8,
        local_bits: 4,
        global_witnesses: 24,
        global_bits: 80,
        strips: 128,
    },
];
