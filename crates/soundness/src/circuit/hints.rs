//! Every choice of the prover overridden, and everything after it computed honestly from the lie.
//!
//! A choice is a hint, or one of the digits of a number that a row fixes. The public inputs stay: the commitments are
//! those of the true book. Bits are moved by one either way and in pairs that keep their number; whole numbers are moved
//! by one, negated and set to the ends of their range.

use super::liar::{Liar, Lie};
use super::setup::Bench;
use super::trace::{Hint, Node};
use crate::{Ledger, Score};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use mandate_circuits::r1cs::Id;
use mandate_rows as rows;
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef, Shape};
use mandate_testing::{Book, Case, t32};
use rayon::prelude::*;

const BOUND: &str =
    "an upper-bound witness that is still at least its least value, and every row still holds";
const UNREAD: &str = "an upper-bound witness that no row in force reads";
const SELECTOR: &str = "a selector bit that no rule of the mandate reads, changed to the other bit";
const BLINDING: &str =
    "the blinding of an account that is not declared: its commitment is zero whatever it is";

/// The attack: two lawful books with every account declared, and one with an account that is not.
pub fn run() -> Score {
    let mut cases = vec![Case::lawful(), Case::lawful_of(t32(), 1)];
    cases.push(without_last_account(&cases[0]));
    cases.into_iter().map(|case| tell(&Bench::of(case))).reduce(Ledger::merge).unwrap_or_default().score(
        "hints",
        "each choice of the prover overridden, all after it computed from the lie: bits by 1, -1 and in pairs that keep \
         their number; numbers by 1, -1, negated, set to the ends of their range",
    )
}

/// The attack on an unlawful book: net asset value one unit below the limit. Nothing is excused: whatever the prover
/// chooses, some row objects.
pub fn run_unlawful() -> Score {
    tell_unlawful(&Bench::of(one_unit_short()))
        .score("unlawful", "the same lies about a book whose net asset value is one unit below the limit")
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
pub fn tell_unlawful(bench: &Bench) -> Ledger {
    let broken: Vec<usize> = (0..bench.relation().constraints())
        .filter(|r| !bench.relation().row_holds(*r, &bench.honest))
        .collect();
    assert!(!broken.is_empty(), "the book is unlawful");
    every_lie(bench)
        .par_chunks(512)
        .map(|lies| {
            let mut ledger = Ledger::default();
            let mut liar = Liar::new(bench.relation(), bench.trace, bench.honest.clone());
            for (_, lie) in lies {
                if not_bits(bench, lie) {
                    ledger.refused();
                    continue;
                }
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
            ledger
        })
        .reduce(Ledger::default, Ledger::merge)
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
pub fn tell(bench: &Bench) -> Ledger {
    assert!(bench.relation().holds(&bench.honest), "the honest assignment holds");
    let reasons = Reasons::of(bench);
    every_lie(bench)
        .par_chunks(512)
        .map(|lies| {
            let mut ledger = Ledger::default();
            let mut liar = Liar::new(bench.relation(), bench.trace, bench.honest.clone());
            for (hint, lie) in lies {
                if not_bits(bench, lie) {
                    // The row of the bit reads nothing else: whatever follows, it objects.
                    ledger.refused();
                    continue;
                }
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
            ledger
        })
        .reduce(Ledger::default, Ledger::merge)
}

/// Each lie, with the hint that it is about; a lie about a digit that follows from others is about none.
fn every_lie(bench: &Bench) -> Vec<(Option<usize>, Vec<Lie>)> {
    let mut lies: Vec<(Option<usize>, Vec<Lie>)> = Vec::new();
    for (n, hint) in bench.trace.hints.iter().enumerate() {
        lies.extend(about(bench, hint).into_iter().map(|lie| (Some(n), lie)));
    }
    for node in &bench.trace.nodes {
        if let Node::Bits { first, width, .. } = node {
            lies.extend(about_bits(*first, *width).into_iter().map(|lie| (None, lie)));
        }
    }
    lies
}

/// Whether a lie leaves some bit neither zero nor one, so that the bit's own row objects.
fn not_bits(bench: &Bench, lie: &[Lie]) -> bool {
    lie.iter().any(|(v, add)| {
        let value = bench.honest[*v] + add;
        bench.trace.boolean[*v].is_some() && value != Fr::ZERO && value != Fr::ONE
    })
}

/// The lies about a number's bits.
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
        let offset = Fr::from(2u64).pow([hint.width as u64 - 1]);
        let honest = number(hint, &bench.honest);
        let top = offset - Fr::ONE;
        for value in [honest + Fr::ONE, honest - Fr::ONE, -honest, -offset, top, Fr::ZERO] {
            let digits = (value + offset).into_bigint();
            let lie: Vec<Lie> = (0..hint.width)
                .map(|i| {
                    (hint.first + i, Fr::from(u64::from(digits.get_bit(i))) - bench.honest[hint.first + i])
                })
                .filter(|(_, add)| *add != Fr::ZERO)
                .collect();
            if !lie.is_empty() {
                out.push(lie);
            }
        }
    }
    out
}

/// The number that a hint's bits stand for, in offset binary, as an assignment has them.
fn number(hint: &Hint, z: &[Fr]) -> Fr {
    let two = Fr::from(2u64);
    let sum = z[hint.first..hint.first + hint.width].iter().rev().fold(Fr::ZERO, |sum, b| sum * two + b);
    sum - two.pow([hint.width as u64 - 1])
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
        let mut active = book.active.iter();
        let free = bench
            .trace
            .hints
            .iter()
            .map(|hint| match hint.id {
                Id::WorstRange => Free::Least(worsts.next().expect("a worst loss per block")),
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
