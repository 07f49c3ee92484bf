//! The whole relation, in the order of `docs/statement.md`.

use super::field::from_i128;
use super::poseidon::Poseidon;
use super::quantity::{self, Slot};
use super::range;
use super::runs;
use super::system::{Id, Num, System};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use mandate_statement::{
    Family, GLOBAL_SLACK_BITS, GLOBAL_WITNESS_BITS, GlobalVar, InputLayout, LOCAL_SLACK_BITS,
    LOCAL_WITNESS_BITS, Mode, QUANTITY_BITS, RiskPart, RulesPart, Shape, WORST_BITS, keccak,
};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Upper-bound witnesses and selectors, as the prover chose them. Any choice that satisfies the rows proves the rules.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Hints {
    /// `x[block][i]` and bits per block, for groups, accounts and assets.
    pub blocks: [Blocks; 3],
    /// `y[i]`.
    pub witnesses: Vec<i128>,
    /// Bits of the whole book.
    pub bits: Vec<bool>,
}

/// Witnesses of one family.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Blocks {
    /// `x[block][i]`.
    pub witnesses: Vec<Vec<i128>>,
    /// `z[block][i]`.
    pub bits: Vec<Vec<bool>>,
}

impl Hints {
    /// All zero.
    pub fn zero(shape: &Shape) -> Self {
        let family = |f: Family| Blocks {
            witnesses: vec![vec![0; shape.local_witnesses]; f.blocks(shape)],
            bits: vec![vec![false; shape.local_bits]; f.blocks(shape)],
        };
        Self {
            blocks: [family(Family::Group), family(Family::Account), family(Family::Asset)],
            witnesses: vec![0; shape.global_witnesses],
            bits: vec![false; shape.global_bits],
        }
    }
}

/// What the prover knows and nobody else does. No `Debug`.
pub struct Secrets<'a> {
    /// Quantity per slot, in lots, `[-2^47, 2^47)`.
    pub quantities: &'a [i64],
    /// Blinding per account.
    pub blindings: &'a [Fr],
    /// Which accounts are active, that is declared.
    pub active: &'a [bool],
    /// Upper-bound witnesses.
    pub hints: Hints,
}

impl Secrets<'_> {
    /// Nothing held, nothing active: what a shape is recorded with.
    pub fn blank(shape: &Shape) -> Self {
        Secrets { quantities: &[], blindings: &[], active: &[], hints: Hints::zero(shape) }
    }
}

/// Totals and witnesses of one block.
struct Block {
    /// Totals of every column that a row or a worst loss reads.
    totals: Vec<Num>,
    worst: Option<Num>,
    witnesses: Vec<Num>,
    bits: Vec<Num>,
    /// Sums of peaks over its runs.
    peaks: Vec<Num>,
    /// One where the block is in use.
    mask: Num,
}

/// Segment by segment: totals of every column, peaks of the runs in use.
struct Parts<'a> {
    totals: &'a [Vec<Num>],
    peaks: &'a [Vec<Num>],
}

/// What the book has of its own: totals, its worst loss, the peaks of all runs added up.
struct OfBook {
    totals: Vec<Num>,
    worst: Num,
    peaks: Vec<Num>,
}

/// Allocates the witness and enforces the whole relation of `shape`.
///
/// | part | rows, roughly |
/// |---|---|
/// | quantities | `slots * (48 + 1)` |
/// | columns | `slots * columns` |
/// | commitments | `accounts * 300 + segments * 405 * ceil(elements / 7)` |
/// | worst losses | `(segments + accounts + 1) * (90 + 91 * scenarios)` |
/// | runs | `pairs * 185 + strips * 370`, in a shape with strips |
/// | rows | per block and template `locals + 114`, per global row `globals + 129` |
pub fn synthesize(system: &mut System, shape: &Shape, secrets: &Secrets<'_>) {
    let circuit = Circuit { shape, at: InputLayout::of(shape) };
    circuit.enforce(system, secrets);
}

struct Circuit<'a> {
    shape: &'a Shape,
    at: InputLayout,
}

impl Circuit<'_> {
    fn enforce(&self, system: &mut System, secrets: &Secrets<'_>) {
        let shape = self.shape;
        // ctx: the context binds nothing inside; the row keeps the input from being optimised away by any tool.
        let context = system.input(InputLayout::CONTEXT);
        system.product(Id::Context, &context, &context);

        // act-1
        let active: Vec<Num> = (0..shape.accounts)
            .map(|a| {
                let bit = system.alloc(flag(secrets.active.get(a).copied().unwrap_or(false)));
                enforce_bit(system, Id::ActiveBit, &bit);
                bit
            })
            .collect();

        let slots: Vec<Slot> = (0..shape.slots)
            .map(|j| quantity::enforce(system, secrets.quantities.get(j).copied().unwrap_or(0)))
            .collect();
        let contributions = self.contributions(system, &slots);
        let segments = self.segment_totals(system, &contributions);
        self.ownership(system, &slots, &active);
        self.commitments(system, &slots, &active, secrets);

        // tot
        let totals: Vec<Num> = (0..shape.columns())
            .map(|k| {
                let sum = sum_of(segments.iter().map(|s| &s[k]));
                system.settle(Id::Total, &sum)
            })
            .collect();
        // forbid: weights are 0 or 1 and |q| is not negative, so a zero sum means that every such slot is empty.
        system.enforce_equal(Id::Forbidden, &totals[shape.forbidden_column()], &System::zero());

        let first_of_runs = self.at.risk + 1 + RiskPart::runs_at(shape);
        let peaks = runs::enforce(system, shape, first_of_runs, &slots);
        let parts = Parts { totals: &segments, peaks: &peaks };
        let groups = self.groups(system, &parts, &secrets.hints.blocks[0]);
        let accounts = self.accounts(system, &parts, &active, &secrets.hints.blocks[1]);
        let assets = self.assets(system, &parts, &secrets.hints.blocks[2]);
        let book = worst(system, &totals[shape.metrics()..]);
        // tot, of peaks
        let peaks: Vec<Num> = (0..shape.peaks())
            .map(|i| {
                let sum = sum_of(peaks.iter().map(|segment| &segment[i]));
                system.settle(Id::Total, &sum)
            })
            .collect();
        let of_book = OfBook { totals, worst: book, peaks };
        let globals = self.globals(system, of_book, [&groups, &accounts, &assets], &secrets.hints);

        for (family, blocks, id) in [
            (Family::Group, &groups, Id::GroupRow),
            (Family::Account, &accounts, Id::AccountRow),
            (Family::Asset, &assets, Id::AssetRow),
        ] {
            for index in 0..family.rows(shape) {
                let (coefficients, shared) = self.row(system, family, index, &globals, id);
                for block in blocks {
                    let locals: Vec<&Num> = block.totals[..shape.metrics()]
                        .iter()
                        .chain(&block.worst)
                        .chain(&block.witnesses)
                        .chain(&block.bits)
                        .chain(&block.peaks)
                        .collect();
                    masked_row(system, id, &coefficients, &locals, &shared, &block.mask);
                }
            }
        }
        for index in 0..shape.slot_rows {
            let (coefficients, shared) = self.row(system, Family::Slot, index, &globals, Id::SlotRow);
            for (j, contribution) in contributions.iter().enumerate() {
                let locals: Vec<&Num> = contribution[..shape.metrics()].iter().collect();
                let forbidden = self.weight(system, j, shape.forbidden_column());
                let mask = system.constant(Fr::ONE).minus(&forbidden);
                masked_row(system, Id::SlotRow, &coefficients, &locals, &shared, &mask);
            }
        }
        for index in 0..shape.global_rows {
            let (_, value) = self.row(system, Family::Global, index, &globals, Id::GlobalRow);
            range::enforce(system, Id::GlobalRow, &value, GLOBAL_SLACK_BITS);
        }
    }

    /// Input number `i` after the universe digest, in the order of `RiskPart::integers`.
    fn risk(&self, system: &System, i: usize) -> Num {
        system.input(self.at.risk + 1 + i)
    }
    fn carry(&self, system: &System, segment: usize) -> Num {
        if segment == 0 { System::zero() } else { self.risk(system, segment - 1) }
    }
    fn group_used(&self, system: &System, segment: usize) -> Num {
        self.risk(system, self.shape.segments - 1 + segment)
    }
    fn account_of(&self, system: &System, account: usize, segment: usize) -> Num {
        let n = self.shape.segments;
        self.risk(system, 2 * n - 1 + account * n + segment)
    }
    fn asset_of(&self, system: &System, asset: usize, segment: usize) -> Num {
        let n = self.shape.segments;
        self.risk(system, 2 * n - 1 + (self.shape.accounts + asset) * n + segment)
    }
    fn asset_used(&self, system: &System, asset: usize) -> Num {
        let n = self.shape.segments;
        self.risk(system, 2 * n - 1 + (self.shape.accounts + self.shape.assets) * n + asset)
    }
    fn weight(&self, system: &System, slot: usize, column: usize) -> Num {
        let shape = self.shape;
        let before = 2 * shape.segments - 1 + (shape.accounts + shape.assets) * shape.segments + shape.assets;
        self.risk(system, before + slot * shape.columns() + column)
    }

    /// `col`: `weight * mode(q)` for every slot and column.
    fn contributions(&self, system: &mut System, slots: &[Slot]) -> Vec<Vec<Num>> {
        slots
            .iter()
            .enumerate()
            .map(|(j, slot)| {
                (0..self.shape.columns())
                    .map(|k| {
                        let part = match self.shape.mode(k) {
                            Mode::Signed | Mode::Scenario => &slot.signed,
                            Mode::Absolute => &slot.absolute,
                            Mode::Long => &slot.long,
                            Mode::Short => &slot.short,
                        };
                        let weight = self.weight(system, j, k);
                        system.product(Id::Column, &weight, part)
                    })
                    .collect()
            })
            .collect()
    }

    /// `sum`: totals of every segment.
    fn segment_totals(&self, system: &mut System, contributions: &[Vec<Num>]) -> Vec<Vec<Num>> {
        contributions
            .chunks(self.shape.segment_len())
            .map(|slots| {
                (0..self.shape.columns())
                    .map(|k| {
                        let sum = sum_of(slots.iter().map(|s| &s[k]));
                        system.settle(Id::SegmentSum, &sum)
                    })
                    .collect()
            })
            .collect()
    }

    /// `own`, `act-3`: what no active account owns is empty.
    fn ownership(&self, system: &mut System, slots: &[Slot], active: &[Num]) {
        let shape = self.shape;
        let held: Vec<Num> = slots
            .chunks(shape.segment_len())
            .map(|s| {
                let sum = sum_of(s.iter().map(|slot| &slot.absolute));
                system.settle(Id::Owned, &sum)
            })
            .collect();
        for (g, held) in held.iter().enumerate() {
            let mut unowned = system.constant(Fr::ONE);
            for a in 0..shape.accounts {
                let member = self.account_of(system, a, g);
                unowned.add_scaled(&member, -Fr::ONE);
            }
            system.enforce(Id::Owned, &unowned, held, &System::zero());
        }
        for (a, active) in active.iter().enumerate() {
            let mut sum = System::zero();
            for (g, held) in held.iter().enumerate() {
                let member = self.account_of(system, a, g);
                let part = system.product(Id::ActiveHolds, &member, held);
                sum.add_assign(&part);
            }
            let inactive = system.constant(Fr::ONE).minus(active);
            system.enforce(Id::ActiveHolds, &inactive, &sum, &System::zero());
        }
    }

    /// `span`, `com-1..3`, `act-2`: every active account's commitment opens to its quantities.
    fn commitments(&self, system: &mut System, slots: &[Slot], active: &[Num], secrets: &Secrets<'_>) {
        let shape = self.shape;
        let (accounts, segments) = (shape.accounts, shape.segments);
        // joined[a][g]: segments g - 1 and g both belong to account a.
        let joined: Vec<Vec<Num>> = (0..accounts)
            .map(|a| {
                (0..=segments)
                    .map(|g| {
                        if g == 0 || g == segments {
                            return System::zero();
                        }
                        let (before, here) =
                            (self.account_of(system, a, g - 1), self.account_of(system, a, g));
                        system.product(Id::Span, &before, &here)
                    })
                    .collect()
            })
            .collect();
        let member = |system: &System, a: usize, g: usize| self.account_of(system, a, g);

        let four = Poseidon::of_four();
        let eight = Poseidon::of_eight();
        let tag = Fr::from_be_bytes_mod_order(&keccak(b"mandate/commitment/1").field_bytes());
        let initial: Vec<Num> = (0..accounts)
            .map(|a| {
                let mut header = system.constant(Fr::from(a as u64));
                let mut owns = System::zero();
                for (g, joined) in joined[a].iter().enumerate().take(segments) {
                    let here = member(system, a, g);
                    let first = here.minus(joined);
                    header.add_scaled(&first, Fr::from((g as u64) << 16));
                    header.add_scaled(&here, Fr::from(1u64 << 32));
                    owns.add_assign(&first);
                }
                let orphan = system.constant(Fr::ONE).minus(&owns);
                system.enforce(Id::ActiveOwns, &active[a], &orphan, &System::zero());
                let blinding = system.alloc(secrets.blindings.get(a).copied().unwrap_or(Fr::ZERO));
                let inputs = [system.constant(tag), system.input(self.at.risk), header, blinding];
                four.hash(system, &inputs)
            })
            .collect();

        let mut ends: Vec<Num> = Vec::with_capacity(segments);
        for (g, slots) in slots.chunks(shape.segment_len()).enumerate() {
            let mut state = System::zero();
            let mut goes_on = System::zero();
            for a in 0..accounts {
                let first = member(system, a, g).minus(&joined[a][g]);
                let part = system.product(Id::Chain, &first, &initial[a]);
                state.add_assign(&part);
                goes_on.add_assign(&joined[a][g]);
            }
            if let Some(previous) = ends.last() {
                let part = system.product(Id::Chain, &goes_on, previous);
                state.add_assign(&part);
            }
            let elements: Vec<Num> = slots
                .chunks(InputLayout::SLOTS_PER_ELEMENT)
                .map(|chunk| {
                    let mut packed = System::zero();
                    let mut weight = Fr::ONE;
                    for slot in chunk {
                        packed.add_scaled(&slot.offset, weight);
                        weight *= Fr::from(1u64 << QUANTITY_BITS);
                    }
                    packed
                })
                .collect();
            for chunk in elements.chunks(7) {
                let mut inputs = vec![state];
                inputs.extend_from_slice(chunk);
                inputs.resize(8, System::zero());
                state = eight.hash(system, &inputs);
            }
            ends.push(state);
        }

        for a in 0..accounts {
            let mut end = System::zero();
            for (g, state) in ends.iter().enumerate() {
                let last = member(system, a, g).minus(&joined[a][g + 1]);
                let part = system.product(Id::Commitment, &last, state);
                end.add_assign(&part);
            }
            let commitment = system.input(self.at.commitments + a);
            system.enforce(Id::Commitment, &active[a], &end, &commitment);
        }
    }

    /// `grp`: totals and peaks of groups, carried over the segments of one group.
    fn groups(&self, system: &mut System, parts: &Parts<'_>, hints: &Blocks) -> Vec<Block> {
        let mut out: Vec<Block> = Vec::with_capacity(parts.totals.len());
        for (g, (totals, peaks)) in parts.totals.iter().zip(parts.peaks).enumerate() {
            let carry = self.carry(system, g);
            let mut onto = |own: &[Num], before: Option<&[Num]>| -> Vec<Num> {
                let Some(before) = before else { return own.to_vec() };
                own.iter()
                    .zip(before)
                    .map(|(own, before)| {
                        // total - own = carry * before
                        let total = system.alloc(own.value() + carry.value() * before.value());
                        system.enforce(Id::GroupSum, &carry, before, &total.minus(own));
                        total
                    })
                    .collect()
            };
            let totals = onto(totals, out.last().map(|b| b.totals.as_slice()));
            let peaks = onto(peaks, out.last().map(|b| b.peaks.as_slice()));
            let mask = self.group_used(system, g);
            out.push(self.block(system, (totals, peaks), true, mask, hints, g));
        }
        out
    }

    /// `set`: totals of accounts, masked by activity.
    fn accounts(&self, system: &mut System, parts: &Parts<'_>, active: &[Num], hints: &Blocks) -> Vec<Block> {
        (0..self.shape.accounts)
            .map(|a| {
                let members: Vec<Num> =
                    (0..parts.totals.len()).map(|g| self.account_of(system, a, g)).collect();
                let totals = set_totals(system, parts.totals, &members, self.shape.columns());
                let peaks = set_totals(system, parts.peaks, &members, self.shape.peaks());
                self.block(system, (totals, peaks), true, active[a].clone(), hints, a)
            })
            .collect()
    }

    /// `set`: totals of assets; no worst loss, whose scenarios would net across accounts.
    fn assets(&self, system: &mut System, parts: &Parts<'_>, hints: &Blocks) -> Vec<Block> {
        (0..self.shape.assets)
            .map(|u| {
                let members: Vec<Num> =
                    (0..parts.totals.len()).map(|g| self.asset_of(system, u, g)).collect();
                let totals = set_totals(system, parts.totals, &members, self.shape.metrics());
                let peaks = set_totals(system, parts.peaks, &members, self.shape.peaks());
                let mask = self.asset_used(system, u);
                self.block(system, (totals, peaks), false, mask, hints, u)
            })
            .collect()
    }

    /// `worst-1`, `worst-2`, `wit`, `bit`: the witnesses of one block.
    fn block(
        &self,
        system: &mut System,
        (totals, peaks): (Vec<Num>, Vec<Num>),
        has_worst: bool,
        mask: Num,
        hints: &Blocks,
        index: usize,
    ) -> Block {
        let worst = has_worst.then(|| worst(system, &totals[self.shape.metrics()..]));
        let witnesses = hints.witnesses[index]
            .iter()
            .map(|&x| signed(system, Id::WitnessRange, from_i128(x), LOCAL_WITNESS_BITS))
            .collect();
        let bits = hints.bits[index]
            .iter()
            .map(|&z| {
                let bit = system.alloc(flag(z));
                enforce_bit(system, Id::Selector, &bit);
                bit
            })
            .collect();
        Block { totals, worst, witnesses, bits, peaks, mask }
    }

    /// `mask`: the variables of the whole book, in the order of [`GlobalVar`].
    fn globals(
        &self,
        system: &mut System,
        of_book: OfBook,
        families: [&Vec<Block>; 3],
        hints: &Hints,
    ) -> Vec<Num> {
        let shape = self.shape;
        let mut out = of_book.totals;
        let masked_sum = |system: &mut System, blocks: &Vec<Block>, pick: &dyn Fn(&Block) -> Num| {
            let mut sum = System::zero();
            for block in blocks {
                let part = system.product(Id::Mask, &block.mask, &pick(block));
                sum.add_assign(&part);
            }
            sum
        };
        for blocks in &families[..2] {
            let sum = masked_sum(system, blocks, &|b| b.worst.clone().unwrap_or_else(System::zero));
            out.push(sum);
        }
        out.push(of_book.worst);
        for blocks in families {
            for i in 0..shape.local_witnesses {
                let sum = masked_sum(system, blocks, &|b| b.witnesses[i].clone());
                out.push(sum);
            }
        }
        for blocks in families {
            for i in 0..shape.local_bits {
                let sum = masked_sum(system, blocks, &|b| b.bits[i].clone());
                out.push(sum);
            }
        }
        for &y in &hints.witnesses {
            out.push(signed(system, Id::WitnessRange, from_i128(y), GLOBAL_WITNESS_BITS));
        }
        for &z in &hints.bits {
            let bit = system.alloc(flag(z));
            enforce_bit(system, Id::Selector, &bit);
            out.push(bit);
        }
        out.extend(of_book.peaks);
        out.push(system.constant(Fr::ONE));
        assert_eq!(out.len(), GlobalVar::count(shape), "global variables of shape {}", shape.name);
        out
    }

    /// A row's local coefficients, and the value of its global part.
    fn row(
        &self,
        system: &mut System,
        family: Family,
        index: usize,
        globals: &[Num],
        id: Id,
    ) -> (Vec<Num>, Num) {
        let row = mandate_statement::RowRef { family, index: u16::try_from(index).expect("few rows") };
        let (local, global) = RulesPart::span(self.shape, row);
        let coefficients: Vec<Num> = local.map(|i| system.input(self.at.rules + i)).collect();
        let mut sum = System::zero();
        let last = globals.len() - 1;
        for (n, (i, variable)) in global.zip(globals).enumerate() {
            let coefficient = system.input(self.at.rules + i);
            if n == last {
                // The constant one: the coefficient is the product.
                sum.add_assign(&coefficient);
            } else {
                let part = system.product(id, &coefficient, variable);
                sum.add_assign(&part);
            }
        }
        let shared = system.settle(id, &sum);
        (coefficients, shared)
    }
}

/// `worst-1`, `worst-2`: a witness at least as large as the loss in every scenario.
fn worst(system: &mut System, scenarios: &[Num]) -> Num {
    let loss = |s: &Num| -s.value();
    let value = scenarios.iter().map(loss).max_by_key(|v| signed_order(*v)).unwrap_or(Fr::ZERO);
    let w = signed(system, Id::WorstRange, value, WORST_BITS);
    for s in scenarios {
        // |w| <= 2^88 and |total| < 2^88: the sum is below 2^89, and 2^90 leaves room.
        range::enforce(system, Id::Worst, &w.plus(s), WORST_BITS + 1);
    }
    w
}

/// Orders small signed integers held as field elements.
pub(super) fn signed_order(v: Fr) -> (bool, ark_ff::BigInteger256) {
    let repr = v.into_bigint();
    let negative = repr.num_bits() > 200;
    if negative { (false, (v + Fr::from(2u64).pow([200])).into_bigint()) } else { (true, repr) }
}

/// A witness in `[-2^(bits-1), 2^(bits-1))`: bits of the value plus its offset; the witness is their sum less the offset.
fn signed(system: &mut System, id: Id, value: Fr, bits: u32) -> Num {
    let offset = Fr::from(2u64).pow([u64::from(bits - 1)]);
    let (_, sum) = range::bits(system, id, value + offset, bits);
    let mut out = sum;
    out.add_scaled(&system.constant(Fr::ONE), -offset);
    // One cell, so that the products that read it stay short.
    system.settle(id, &out)
}

/// `set`: `sum over segments of member * total`.
fn set_totals(system: &mut System, segments: &[Vec<Num>], members: &[Num], columns: usize) -> Vec<Num> {
    (0..columns)
        .map(|k| {
            let mut sum = System::zero();
            for (segment, member) in segments.iter().zip(members) {
                let part = system.product(Id::SetSum, member, &segment[k]);
                sum.add_assign(&part);
            }
            system.settle(Id::SetSum, &sum)
        })
        .collect()
}

/// One row for one block: `mask * (sum of local terms + shared part)` lies in `[0, 2^112)`.
fn masked_row(system: &mut System, id: Id, coefficients: &[Num], locals: &[&Num], shared: &Num, mask: &Num) {
    assert_eq!(coefficients.len(), locals.len(), "a coefficient per local variable");
    let mut sum = shared.clone();
    for (coefficient, local) in coefficients.iter().zip(locals) {
        let part = system.product(id, coefficient, local);
        sum.add_assign(&part);
    }
    let slack = system.product(id, mask, &sum);
    range::enforce(system, id, &slack, LOCAL_SLACK_BITS);
}

fn enforce_bit(system: &mut System, id: Id, bit: &Num) {
    let less_one = bit.minus(&system.constant(Fr::ONE));
    system.enforce(id, bit, &less_one, &System::zero());
}

fn flag(b: bool) -> Fr {
    if b { Fr::ONE } else { Fr::ZERO }
}

fn sum_of<'a>(parts: impl Iterator<Item = &'a Num>) -> Num {
    let mut sum = System::zero();
    for part in parts {
        sum.add_assign(part);
    }
    sum
}
