//! Every choice of the prover overridden, and everything after it computed honestly from the lie.
//!
//! A choice is a hint, or one of the digits of a number that a row fixes. The public inputs stay: the commitments are
//! those of the true book. Two kinds of lies are told of digits. Digits that are no bits: each row of a bit is evaluated for
//! them and must refuse. Other bits than the honest ones ([`patterns`]): there no row of a bit can help, and what follows
//! from the lie is computed and every row that reads it asked.

use super::liar::{Liar, Lie};
use super::setup::Bench;
use super::trace::{Hint, Node};
use crate::{Ledger, Score};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, PrimeField};
use mandate_circuits::r1cs::Id;
use mandate_rows as rows;
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef, Shape};
use mandate_testing::{Book, Case, r64, t32};
use rayon::prelude::*;
use std::collections::BTreeSet;

const TRIED: &str = "each choice of the prover and each digit of a number overridden, all after it computed from the lie: \
                     digits by 1 and -1 (one of the two is no bit) and in pairs of no bits that keep their number; other \
                     bits: the number more and less by each power of two and by the field's order, two unequal bits \
                     exchanged, runs of bits turned over, negated, the ends of the range; field elements by 1, -1, 2^60, \
                     negated";
const WITHIN_BITS: &str = "of them leave every bit a bit";
const BOUND: &str =
    "an upper-bound witness that is still at least its least value, and every row still holds";
const UNREAD: &str = "an upper-bound witness that no row in force reads";
const SELECTOR: &str = "a selector bit that no rule of the mandate reads, changed to the other bit";
const BLINDING: &str =
    "the blinding of an account that is not declared: its commitment is zero whatever it is";

/// The attack: two lawful books with every account declared, and one with an account that is not; a book with runs of strikes.
pub fn run() -> Score {
    let mut cases = vec![Case::lawful(), Case::lawful_of(t32(), 1)];
    cases.push(without_last_account(&cases[0]));
    cases.push(Case::lawful_of(r64(), 0));
    let told = cases.into_iter().map(|case| tell(&Bench::of(case)));
    told.reduce(Told::merge).unwrap_or_default().score("hints", TRIED)
}

/// The attack on an unlawful book: net asset value one unit below the limit. Nothing is excused: whatever the prover
/// chooses, some row objects.
pub fn run_unlawful() -> Score {
    tell_unlawful(&Bench::of(one_unit_short()))
        .score("unlawful", "the same lies about a book whose net asset value is one unit below the limit")
}

/// Lies, and how many of them a row other than a bit's has to refuse.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// All of them.
    pub ledger: Ledger,
    /// Those that leave every bit a bit.
    pub within_bits: u64,
}

impl Told {
    fn merge(self, other: Self) -> Self {
        Self { ledger: self.ledger.merge(other.ledger), within_bits: self.within_bits + other.within_bits }
    }
    /// The finished score.
    pub fn score(self, name: &str, what: &str) -> Score {
        self.ledger.score(name, what).with_part(WITHIN_BITS, self.within_bits)
    }
}

/// A lawful book under a minimum that is one unit more than it has.
pub fn one_unit_short() -> Case {
    let lawful = Case::lawful();
    let totals = rows::totals(&lawful.risk, lawful.shape, &lawful.book.quantities).expect("in range");
    let nav = totals.book[mandate_testing::columns::VALUE] - totals.book[lawful.shape.lots_column()];
    let rules = mandate_testing::RulesBuilder::new(lawful.shape).min_nav(nav + 1).build();
    Case::of(rules, lawful.risk.clone(), lawful.book.clone())
}

/// Tells every lie about a book that breaks a row.
///
/// # Panics
/// If the honest assignment holds.
pub fn tell_unlawful(bench: &Bench) -> Told {
    let broken: Vec<usize> = (0..bench.relation().constraints())
        .filter(|r| !bench.relation().row_holds(*r, &bench.honest))
        .collect();
    assert!(!broken.is_empty(), "the book is unlawful");
    every_lie(bench)
        .par_chunks(512)
        .map(|lies| {
            let Told { mut ledger, mut within_bits } = Told::default();
            let mut liar = Liar::new(bench.relation(), bench.trace, bench.honest.clone());
            for (_, lie) in lies {
                if refused_by_a_bit(bench, &mut liar.z, lie) {
                    ledger.refused();
                    continue;
                }
                within_bits += 1;
                liar.tell(lie);
                if broken.iter().any(|r| !bench.relation().row_holds(*r, &liar.z))
                    || liar.objection().is_some()
                {
                    ledger.refused();
                } else {
                    ledger.believed(|| format!("cell {}", lie[0].0 - bench.relation().inputs));
                }
                liar.recant();
            }
            Told { ledger, within_bits }
        })
        .reduce(Told::default, Told::merge)
}

/// The case with its last account not declared, and empty.
fn without_last_account(case: &Case) -> Case {
    let shape = case.shape;
    let last = case.risk.layout.account.iter().flatten().max().copied().expect("accounts");
    let mut book: Book = case.book.clone();
    book.active[usize::from(last)] = false;
    for (slot, q) in book.quantities.iter_mut().enumerate() {
        if case.risk.layout.account[slot / shape.segment_len()] == Some(last) {
            *q = 0;
        }
    }
    Case::modest(case.risk.clone(), book)
}

/// Tells every lie about one case.
///
/// # Panics
/// If the case is not lawful.
pub fn tell(bench: &Bench) -> Told {
    assert!(bench.relation().holds(&bench.honest), "the honest assignment holds");
    let reasons = Reasons::of(bench);
    every_lie(bench)
        .par_chunks(512)
        .map(|lies| {
            let Told { mut ledger, mut within_bits } = Told::default();
            let mut liar = Liar::new(bench.relation(), bench.trace, bench.honest.clone());
            for (hint, lie) in lies {
                if refused_by_a_bit(bench, &mut liar.z, lie) {
                    ledger.refused();
                    continue;
                }
                within_bits += 1;
                liar.tell(lie);
                if liar.objection().is_some() {
                    ledger.refused();
                } else if let Some(reason) = hint.and_then(|n| reasons.excuse(bench, n, &liar.z)) {
                    ledger.excused(reason);
                } else {
                    ledger.believed(|| {
                        let (v, add) = lie[0];
                        let cells = lie.len();
                        format!("cell {} by {add} and {} more", v - bench.relation().inputs, cells - 1)
                    });
                }
                liar.recant();
            }
            Told { ledger, within_bits }
        })
        .reduce(Told::default, Told::merge)
}

/// Each lie, with the hint that it is about; a lie about a digit that follows from others is about none.
fn every_lie(bench: &Bench) -> Vec<(Option<usize>, Vec<Lie>)> {
    let mut lies: Vec<(Option<usize>, Vec<Lie>)> = Vec::new();
    for (n, hint) in bench.trace.hints.iter().enumerate() {
        lies.extend(about(bench, hint).into_iter().map(|lie| (Some(n), lie)));
    }
    for node in &bench.trace.nodes {
        if let Node::Bits { first, width, .. } = node {
            let other = patterns(bench, *first, *width, &[]);
            lies.extend(about_bits(*first, *width).into_iter().chain(other).map(|lie| (None, lie)));
        }
    }
    lies
}

/// Whether the row of some bit refuses a lie about it: that row is evaluated. It reads nothing else (that is how it was
/// found), so whatever follows from the lie it says the same.
fn refused_by_a_bit(bench: &Bench, z: &mut [Fr], lie: &[Lie]) -> bool {
    lie.iter().any(|(v, add)| {
        bench.trace.boolean[*v].is_some_and(|row| {
            let honest = std::mem::replace(&mut z[*v], bench.honest[*v] + add);
            let holds = bench.relation().row_holds(row as usize, z);
            z[*v] = honest;
            !holds
        })
    })
}

/// Other bits than the honest ones, two or more of them different (one alone is in [`about_bits`]), for a number of at
/// most 128 bits: those of `also`, and see the attack's description.
///
/// # Panics
/// If the number is longer or a digit of it no bit.
fn patterns(bench: &Bench, first: usize, width: usize, also: &[u128]) -> Vec<Vec<Lie>> {
    assert!(width <= 128, "a number of {width} bits");
    let cells = &bench.honest[first..first + width];
    assert!(cells.iter().all(|b| *b == Fr::ZERO || *b == Fr::ONE), "honest digits are bits");
    let honest = cells.iter().rev().fold(0u128, |sum, b| sum << 1 | u128::from(*b == Fr::ONE));
    let mask = u128::MAX >> (128 - width);
    let bit = |i: usize| honest >> i & 1;
    let limbs = Fr::MODULUS.0;
    let order = u128::from(limbs[0]) | u128::from(limbs[1]) << 64;
    let mut found: BTreeSet<u128> = also.iter().map(|v| v & mask).collect();
    found.extend([honest.wrapping_add(order) & mask, honest.wrapping_sub(order) & mask]);
    for i in 0..width {
        let power = 1u128 << i;
        found.extend(honest.checked_add(power).filter(|v| v & mask == *v));
        found.extend(honest.checked_sub(power));
        if let Some(j) = (i + 1..width).find(|j| bit(*j) != bit(i)) {
            found.insert(honest ^ power ^ 1 << j);
        }
        let above = mask >> i << i;
        found.insert(honest ^ above);
        found.insert(honest ^ (above & (mask >> (width - (i + 8).min(width)))));
    }
    let two_or_more = found.into_iter().filter(|v| (v ^ honest).count_ones() > 1);
    let lie = |v: u128| {
        let differ = (0..width).filter(|i| (v ^ honest) >> i & 1 == 1);
        differ.map(|i| (first + i, if bit(i) == 1 { -Fr::ONE } else { Fr::ONE })).collect()
    };
    two_or_more.map(lie).collect()
}

/// The lies about a number's bits that are told one by one, and those that leave the number as it is.
fn about_bits(first: usize, width: usize) -> Vec<Vec<Lie>> {
    let two = Fr::from(2u64);
    let mut out = Vec::with_capacity(4 * width);
    for v in first..first + width {
        out.extend([Fr::ONE, -Fr::ONE].map(|add| vec![(v, add)]));
        if v + 1 < first + width {
            out.push(vec![(v, two), (v + 1, -Fr::ONE)]);
            out.push(vec![(v, -two), (v + 1, Fr::ONE)]);
        }
    }
    out
}

fn about(bench: &Bench, hint: &Hint) -> Vec<Vec<Lie>> {
    if !hint.boolean {
        let honest = bench.honest[hint.first];
        let changes = [Fr::ONE, -Fr::ONE, Fr::from(1u64 << 60), -honest - honest];
        return changes.into_iter().filter(|c| *c != Fr::ZERO).map(|add| vec![(hint.first, add)]).collect();
    }
    let mut out = about_bits(hint.first, hint.width);
    if hint.width > 1 {
        let offset = offset(hint);
        let honest = number(hint, &bench.honest);
        let low = |v: Fr| {
            let limbs = v.into_bigint().0;
            u128::from(limbs[0]) | u128::from(limbs[1]) << 64
        };
        let top = Fr::from(2u64).pow([hint.width as u64]);
        let ends = [top - offset - Fr::ONE, -offset, Fr::ZERO];
        let values = [honest + Fr::ONE, honest - Fr::ONE, -honest].into_iter().chain(ends);
        let also: Vec<u128> = values.map(|value| low(value + offset)).collect();
        out.extend(patterns(bench, hint.first, hint.width, &also));
    }
    out
}

/// The number that a hint's bits stand for, in offset binary, as an assignment has them.
fn number(hint: &Hint, z: &[Fr]) -> Fr {
    let two = Fr::from(2u64);
    let sum = z[hint.first..hint.first + hint.width].iter().rev().fold(Fr::ZERO, |sum, b| sum * two + b);
    sum - offset(hint)
}

/// What is added to a number before its bits are taken: half its range where it has a sign; peaks have none.
fn offset(hint: &Hint) -> Fr {
    if hint.id == Id::PeakRange { Fr::ZERO } else { Fr::from(2u64).pow([hint.width as u64 - 1]) }
}

fn signed(v: Fr) -> i128 {
    let magnitude = |v: Fr| {
        let limbs = v.into_bigint().0;
        i128::try_from(u128::from(limbs[0]) | u128::from(limbs[1]) << 64).expect("bounds are below 2^112")
    };
    if v.into_bigint() > Fr::MODULUS_MINUS_ONE_DIV_TWO { -magnitude(-v) } else { magnitude(v) }
}

/// What each hint may be: worked out from the sheet and the book by the plain integer reading.
struct Reasons {
    /// One per hint.
    free: Vec<Free>,
}

enum Free {
    /// Not at all.
    No,
    /// Any value of at least this one.
    Least(i128),
    /// Any value: no row in force reads it.
    Unread,
    /// Either bit.
    Selector,
    /// Any element.
    Blinding,
}

impl Reasons {
    fn of(bench: &Bench) -> Self {
        let Case { shape, rules, risk, book, .. } = &bench.case;
        let least =
            rows::least_witnesses(rules, risk, shape, &book.quantities, &book.active).expect("rows read");
        let totals = rows::totals(risk, shape, &book.quantities).expect("in range");
        let worst = |t: &Vec<i128>| t[shape.metrics()..].iter().map(|s| -s).max().unwrap_or(0);
        let mut worsts = totals.group.iter().chain(&totals.account).chain([&totals.book]).map(worst);
        let mut bounds = [
            (Family::Group, &least.group_x),
            (Family::Account, &least.account_x),
            (Family::Asset, &least.asset_x),
        ]
        .into_iter()
        .flat_map(|(family, x)| {
            let used = rows::used_blocks(risk, shape, &book.active, family);
            let read: Vec<bool> = (0..shape.local_witnesses)
                .map(|i| reads(bench, Some((family, LocalVar::Witness(i))), GlobalVar::WitnessSum(family, i)))
                .collect();
            x.iter().zip(used).flat_map(move |(x, used)| {
                let read = read.clone();
                x.iter()
                    .enumerate()
                    .map(move |(i, x)| if used && read[i] { Free::Least(*x) } else { Free::Unread })
                    .collect::<Vec<_>>()
            })
        })
        .chain(least.global_y.iter().enumerate().map(|(i, y)| {
            if reads(bench, None, GlobalVar::Witness(i)) { Free::Least(*y) } else { Free::Unread }
        }));
        let families = [Family::Group, Family::Account, Family::Asset];
        let mut selectors = families
            .into_iter()
            .flat_map(|f| (0..f.blocks(shape)).map(move |_| f))
            .flat_map(|f| {
                (0..shape.local_bits).map(move |i| (Some((f, LocalVar::Bit(i))), GlobalVar::BitSum(f, i)))
            })
            .chain((0..shape.global_bits).map(|i| (None, GlobalVar::Bit(i))))
            .map(|(local, global)| reads(bench, local, global));
        let mut peaks = least.strip_peaks.iter().flatten();
        let mut active = book.active.iter();
        let free = bench
            .trace
            .hints
            .iter()
            .map(|hint| match hint.id {
                Id::WorstRange => Free::Least(worsts.next().expect("a worst loss per block")),
                Id::PeakRange => Free::Least(*peaks.next().expect("three numbers a strip")),
                Id::WitnessRange => bounds.next().expect("as many witnesses as the shape has"),
                Id::Selector if !selectors.next().expect("a selector per block") => Free::Selector,
                Id::Poseidon if !active.next().expect("a blinding per account") => Free::Blinding,
                _ => Free::No,
            })
            .collect();
        Self { free }
    }
    /// Why the lie about hint `n`, which no row objects to, proves nothing false.
    fn excuse(&self, bench: &Bench, n: usize, z: &[Fr]) -> Option<&'static str> {
        match self.free[n] {
            Free::No => None,
            Free::Least(least) => (signed(number(&bench.trace.hints[n], z)) >= least).then_some(BOUND),
            Free::Unread => Some(UNREAD),
            Free::Selector => Some(SELECTOR),
            Free::Blinding => Some(BLINDING),
        }
    }
}

/// Whether some row has a coefficient other than zero at one of these variables.
fn reads(bench: &Bench, local: Option<(Family, LocalVar)>, global: GlobalVar) -> bool {
    let shape: &Shape = bench.case.shape;
    let at = global.index(shape).expect("the shape has it");
    Family::ALL.iter().any(|&family| {
        (0..family.rows(shape)).any(|index| {
            let row = RowRef { family, index: u16::try_from(index).expect("few rows") };
            let (l, g) = bench.case.rules.row(shape, row);
            let own = local.filter(|(f, _)| *f == family).and_then(|(f, var)| var.index(shape, f));
            g[at] != 0 || own.is_some_and(|i| l[i] != 0)
        })
    })
}
