//! Equations: statements that are false in one place, and every value that an equation fixes changed. Whatever one equation alone
//! refuses shows that it is needed, by the id of its rule.

use super::liar::{Liar, Said};
use super::{Scene, shapes};
use crate::circuit::unlawful;
use crate::{Ledger, Score};
use ff::Field;
use mandate_circuits_halo2::field::from_i128;
use mandate_circuits_halo2::plan::{Hint, Source, Var};
use mandate_circuits_halo2::{Inputs, Layout};
use mandate_statement::{
    Family, GLOBAL_WITNESS_BITS, GlobalVar, LOCAL_WITNESS_BITS, LocalVar, PEAK_BITS, RowRef, Runs, Shape,
    WORST_BITS,
};
use mandate_testing::{Case, columns};
use pasta_curves::Fp;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Lies, and how many of them one equation alone refused, by the id of its rule.
#[derive(Clone, Default)]
pub struct Told {
    /// The lies.
    pub ledger: Ledger,
    /// By id.
    pub alone: BTreeMap<&'static str, u64>,
}

impl Told {
    fn merge(mut self, other: Self) -> Self {
        for (id, count) in other.alone {
            *self.alone.entry(id).or_default() += count;
        }
        Self { ledger: self.ledger.merge(other.ledger), alone: self.alone }
    }
}

/// The attack.
pub fn run() -> Score {
    let told = shapes().into_iter().map(tell).reduce(Told::merge).unwrap_or_default();
    let score = told.ledger.score(
        "t-laws",
        "transparent: every row at every block broken by one lot, books in forbidden, unowned and undeclared places, bits that are \
         two, commitments of other books; a worst loss and a number of a run one less than they must be; every value that an \
         equation fixes one more and one less",
    );
    told.alone.into_iter().fold(score, |score, (id, count)| {
        score.with_part(&format!("that an equation of `{id}` alone refuses"), count)
    })
}

/// Every lie about one tiny shape.
pub fn tell(shape: &'static Shape) -> Told {
    let falsehoods = unlawful::mandates(shape)
        .into_par_iter()
        .chain(unlawful::places(shape).into_par_iter().filter(|p| p.2.is_empty()).map(|p| (p.0, p.1)))
        .map(|(name, case)| of_case(&name, &case));
    let scenarios = (0..shape.scenarios)
        .into_par_iter()
        .map(|s| one_less(&format!("scenario {s}"), unlawful::scenario(shape, s), |_| true));
    let shorts = unlawful::shorts(shape)
        .into_par_iter()
        .map(|short| one_less(&short.name, short.case.clone(), |hint| is_of(&short, hint)));
    let numbers = (0..2usize).into_par_iter().map(|skip| numbers(&Scene::lawful(shape, skip)));
    let all = falsehoods.chain(scenarios).chain(shorts).chain(numbers);
    let told = all.reduce(Told::default, Told::merge);
    told.merge(with_room(shape)).merge(declared_twice(shape))
}

/// A lawful statement whose rows have room for any witness, selector and number: only their own ranges say no. One group of
/// every segment.
fn with_room(shape: &'static Shape) -> Told {
    let mut case = unlawful::open(shape);
    case.risk.layout.carry = vec![false, true, true, true];
    read_all_bounds(&mut case);
    let (local, global) = case.rules.row_mut(shape, RowRef { family: Family::Group, index: 0 });
    for var in [LocalVar::Total(columns::LOTS), LocalVar::Witness(0), LocalVar::Bit(0)] {
        local[var.index(shape, Family::Group).expect("groups have it")] = -1;
    }
    global[GlobalVar::One.index(shape).expect("every shape has it")] = 1 << 105;
    let scene = Scene::of_case(&case);
    let layout = scene.layout();
    let (witness, broken) = scene.witness(&layout);
    assert_eq!(broken, None, "{}: there is room", shape.name);
    let mut liar = Liar::new(&layout, scene.instance(&layout), witness.columns.clone());
    let mut told = Told::default();
    for (var, hint) in liar.hints() {
        let signed = |bits: u32| [1i128 << (bits - 1), -(1i128 << (bits - 1)) - 1].to_vec();
        let past = match hint {
            Hint::Worst(..) | Hint::WorstBook => signed(WORST_BITS),
            Hint::Witness(..) => signed(LOCAL_WITNESS_BITS),
            Hint::BookWitness(_) => signed(GLOBAL_WITNESS_BITS),
            Hint::Bit(..) | Hint::BookBit(_) => vec![2, -1],
            Hint::Peak(..) => vec![1 << PEAK_BITS],
        };
        for value in past {
            let said = liar.tell(var, from_i128(value));
            note(&mut told, &layout, &said, || format!("{}: {hint:?} is {value}", shape.name));
        }
    }
    for var in liar.fixed() {
        let said = liar.tell(var, liar.value(var) + Fp::ONE);
        let source = &layout.plan.sources[var.0 as usize];
        note(&mut told, &layout, &said, || format!("{}: {source:?} is one more", shape.name));
    }
    told
}

/// An account that holds nothing is twice as declared as it can be, and its commitments are doubled with it.
fn declared_twice(shape: &'static Shape) -> Told {
    let cases = unlawful::places(shape).into_iter().filter(|(name, ..)| name.starts_with("act-1"));
    let mut told = Told::default();
    for (account, (name, case, _)) in cases.enumerate() {
        let scene = Scene::of_case(&case);
        let layout = scene.layout();
        let honest = scene.instance(&layout);
        let (witness, _) = scene.witness(&layout);
        let mut instance = honest.clone();
        let owner = u16::try_from(account).ok();
        let inputs: Vec<usize> = std::iter::once(Inputs::active(account))
            .chain(
                (0..shape.segments)
                    .filter(|g| case.risk.layout.account[*g] == owner)
                    .map(|g| Inputs::commitment(shape, g)),
            )
            .collect();
        inputs.iter().for_each(|i| instance[*i] = honest[*i].double());
        let place = |i: usize| layout.plan.sources.iter().position(|s| *s == Source::Instance(i));
        let lies = inputs
            .iter()
            .map(|i| (Var(u32::try_from(place(*i).expect("it is read")).expect("few values")), instance[*i]));
        let lies: BTreeMap<Var, Fp> = lies.collect();
        let mut liar = Liar::lied_to(&layout, instance, witness.columns.clone());
        let said = liar.tell_all(&lies);
        note(&mut told, &layout, &said, || format!("{}: {name}", shape.name));
    }
    told
}

/// A statement that is false as it stands.
fn of_case(name: &str, case: &Case) -> Told {
    let scene = Scene::of_case(case);
    let layout = scene.layout();
    let (witness, _) = scene.witness(&layout);
    let liar = Liar::new(&layout, scene.instance(&layout), witness.columns.clone());
    let mut told = Told::default();
    note(&mut told, &layout, &liar.as_it_stands(), || format!("{}: {name}", case.shape.name));
    told
}

/// One of the prover's numbers said to be one less than the least it can be, for each that `which` names.
fn one_less(name: &str, mut case: Case, which: impl Fn(Hint) -> bool) -> Told {
    read_all_bounds(&mut case);
    let scene = Scene::of_case(&case);
    let layout = scene.layout();
    let (witness, broken) = scene.witness(&layout);
    assert_eq!(broken, None, "{name}: the honest numbers hold");
    let mut liar = Liar::new(&layout, scene.instance(&layout), witness.columns.clone());
    let mut told = Told::default();
    let hints: Vec<(Var, Hint)> = liar.hints().into_iter().filter(|(_, hint)| which(*hint)).collect();
    assert!(!hints.is_empty(), "{name}: there is such a number");
    for (var, hint) in hints {
        let said = liar.tell(var, liar.value(var) - Fp::ONE);
        note(&mut told, &layout, &said, || format!("{}: {name}: {hint:?} one less", case.shape.name));
    }
    told
}

/// Whether a short statement is about this number: that of its strip, or of the run that the strip continues.
fn is_of(short: &unlawful::Short, hint: Hint) -> bool {
    let runs = &short.case.risk.runs;
    let mut first = short.strip;
    while short.peak != Runs::UPSIDE && first > 0 && runs.carry[first] {
        first -= 1;
    }
    matches!(hint, Hint::Peak(strip, peak) if (strip, peak) == (first, short.peak))
}

/// Rows over the book that read every worst loss and every number of a run, with room for any value.
fn read_all_bounds(case: &mut Case) {
    let shape = case.shape;
    let mut read =
        vec![GlobalVar::WorstSum(Family::Group), GlobalVar::WorstSum(Family::Account), GlobalVar::WorstBook];
    read.extend((0..shape.peaks()).map(GlobalVar::PeakSum));
    let (_, row) = case.rules.row_mut(shape, RowRef { family: Family::Global, index: 0 });
    for var in read {
        row[var.index(shape).expect("the shape has it")] = -1;
    }
    row[GlobalVar::One.index(shape).expect("every shape has it")] = 1 << 100;
}

/// Every value of a lawful statement that an equation fixes, one more and one less; every choice of the prover past its range;
/// public inputs that are not the statement's.
fn numbers(scene: &Scene) -> Told {
    let layout = scene.layout();
    let (witness, broken) = scene.witness(&layout);
    assert_eq!(broken, None, "the honest witness");
    let honest = scene.instance(&layout);
    let mut liar = Liar::new(&layout, honest.clone(), witness.columns.clone());
    let mut told = Told::default();
    let shape = layout.shape();
    for var in liar.fixed() {
        for by in [Fp::ONE, -Fp::ONE] {
            let said = liar.tell(var, liar.value(var) + by);
            let name =
                || format!("{}: {:?} is not what it is", shape.name, layout.plan.sources[var.0 as usize]);
            note(&mut told, &layout, &said, name);
        }
    }
    for (var, hint) in liar.hints() {
        let bit = matches!(hint, Hint::Bit(..) | Hint::BookBit(_));
        let past = if bit { vec![from_i128(2)] } else { [120, -120i128].map(far).to_vec() };
        for value in past {
            let said = liar.tell(var, value);
            note(&mut told, &layout, &said, || format!("{}: {hint:?} past its range", shape.name));
        }
    }
    // Inputs of another statement: an account twice as declared as it can be, another commitment.
    let inputs = (0..shape.accounts)
        .map(Inputs::active)
        .chain((0..shape.segments).map(|g| Inputs::commitment(shape, g)));
    for input in inputs {
        let mut instance = honest.clone();
        instance[input] += Fp::ONE;
        let var = layout.plan.sources.iter().position(|s| *s == Source::Instance(input));
        let var = Var(u32::try_from(var.expect("every input is read")).expect("few values"));
        let mut liar = Liar::lied_to(&layout, instance, witness.columns.clone());
        let said = liar.tell(var, liar.value(var) + Fp::ONE);
        note(&mut told, &layout, &said, || format!("{}: public input {input} is another", shape.name));
    }
    told
}

/// `2^n`, or its opposite where `n` is negative.
fn far(n: i128) -> Fp {
    from_i128(n.signum() << n.unsigned_abs())
}

fn note(told: &mut Told, layout: &Layout, said: &Said, name: impl FnOnce() -> String) {
    if said.faults.is_empty() {
        told.ledger.believed(name);
        return;
    }
    told.ledger.refused();
    if let Some(law) = said.alone() {
        *told.alone.entry(layout.plan.laws[law].0).or_default() += 1;
    }
}
