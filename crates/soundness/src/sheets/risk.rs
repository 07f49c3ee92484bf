//! Lies about the risk part: weights, layout, names.

use crate::sheets::corpus::{AS_OF, Written, market, written};
use crate::sheets::reader::{Caught, Reader};
use crate::sheets::rules::Split;
use crate::{BY_CHECKER, Ledger, Score};
use mandate_checker::check_risk;
use mandate_statement::{Digest, RiskPart, Shape};
use rayon::prelude::*;

/// The weights of a made-up market with the slots whose lies are told: all of `t32` and `s256`, every sixteenth of `m1024`.
const MARKETS: [(&str, usize); 3] = [("t32", 1), ("s256", 1), ("m1024", 16)];
/// A mandate that every shape takes.
const MANDATE: &str = "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[rule]]\nid = \"lev\"\ntext = \"Leverage\"\n\
                       holds = \"gross(all) <= 3 * nav\"\n";

fn mandate(shape: &'static Shape) -> Written {
    written("the mandate", MANDATE, shape).expect("every shape takes it")
}

/// Refused by the checker, or by the digest, or believed.
fn judge(
    ledger: &mut Ledger,
    split: &mut Split,
    reader: &impl Fn(Digest) -> Caught,
    lie: &RiskPart,
    name: impl FnOnce() -> String,
) {
    match (check_risk(lie).is_err(), reader(lie.digest())) {
        (true, _) => split.checker += 1,
        (false, Caught::ByName) => split.digest += 1,
        (false, Caught::Nowhere) => return ledger.believed(name),
    }
    ledger.refused();
}

fn finish(name: &str, what: &str, parts: Vec<(Ledger, Split)>) -> Score {
    let (mut ledger, mut split) = (Ledger::default(), Split::default());
    for (l, s) in parts {
        ledger = ledger.merge(l);
        split = Split { checker: split.checker + s.checker, digest: split.digest + s.digest };
    }
    ledger.score(name, what).with_part(BY_CHECKER, split.checker)
}

/// Lies about every weight of some markets: their names, and each how many slots apart.
pub fn weights_of(markets: &[(&str, usize)]) -> Score {
    let mut parts = Vec::new();
    for (name, apart) in markets {
        let shape = Shape::by_name(name).expect("a default shape");
        let (risk, rules) = (market(shape), mandate(shape));
        let lies = (0..shape.slots).step_by(*apart).collect::<Vec<_>>();
        parts.par_extend(lies.par_chunks(16).map(|slots| {
            let reader = Reader::of(shape).against(&rules.part, risk);
            let named = |digest| reader(rules.part.digest(), digest);
            let (mut ledger, mut split) = (Ledger::default(), Split::default());
            let mut lie = risk.clone();
            for at in slots.iter().flat_map(|j| j * shape.columns()..(j + 1) * shape.columns()) {
                let w = risk.weights[at];
                let mut values = vec![w + 1, w - 1, 0, -w];
                values.sort_unstable();
                values.dedup();
                for value in values.into_iter().filter(|v| *v != w) {
                    lie.weights[at] = value;
                    let name = || format!("{} weight {at} is {value}, not {w}", shape.name);
                    judge(&mut ledger, &mut split, &named, &lie, name);
                }
                lie.weights[at] = w;
            }
            (ledger, split)
        }));
    }
    finish("risk-weight", "every weight of made-up markets, one more, one less, zero, negated", parts)
}

/// Every weight.
pub fn risk_weight() -> Score {
    weights_of(&MARKETS)
}

/// Every mark, membership and name.
pub fn risk_layout() -> Score {
    let mut parts = Vec::new();
    for (name, _) in MARKETS {
        let shape = Shape::by_name(name).expect("a default shape");
        let (risk, rules) = (market(shape), mandate(shape));
        let reader = Reader::of(shape).against(&rules.part, risk);
        let named = |digest| reader(rules.part.digest(), digest);
        let (mut ledger, mut split) = (Ledger::default(), Split::default());
        let mut tell = |name: String, change: &dyn Fn(&mut RiskPart)| {
            let mut lie = risk.clone();
            change(&mut lie);
            if lie != *risk {
                judge(&mut ledger, &mut split, &named, &lie, || format!("{}: {name}", shape.name));
            }
        };
        for g in 0..shape.segments {
            tell(format!("carry {g}"), &|p| p.layout.carry[g] ^= true);
            tell(format!("group mark {g}"), &|p| p.layout.group_used[g] ^= true);
            let every = |n: usize| std::iter::once(None).chain((0..n).map(|i| u16::try_from(i).ok()));
            for to in every(shape.accounts) {
                tell(format!("segment {g} to account {to:?}"), &|p| p.layout.account[g] = to);
            }
            for to in every(shape.assets) {
                tell(format!("segment {g} to asset {to:?}"), &|p| p.layout.asset[g] = to);
            }
            for other in g + 1..shape.segments {
                tell(format!("segments {g} and {other} exchanged"), &|p| {
                    let layout = &mut p.layout;
                    layout.carry.swap(g, other);
                    layout.group_used.swap(g, other);
                    layout.account.swap(g, other);
                    layout.asset.swap(g, other);
                });
            }
        }
        for bit in 0..256 {
            tell(format!("bit {bit} of the universe"), &|p| p.universe.0[bit / 8] ^= 1 << (bit % 8));
            tell(format!("bit {bit} of the snapshot"), &|p| p.snapshot.0[bit / 8] ^= 1 << (bit % 8));
        }
        tell("no universe".into(), &|p| p.universe = Digest::default());
        tell("no snapshot".into(), &|p| p.snapshot = Digest::default());
        for instant in [0, AS_OF - 1, AS_OF + 1, u64::MAX] {
            tell(format!("instant {instant}"), &|p| p.as_of = instant);
        }
        tell("all weights zero".into(), &|p| p.weights.fill(0));
        for slot in 0..shape.slots {
            let row = slot * shape.columns()..(slot + 1) * shape.columns();
            tell(format!("slot {slot} weighs nothing"), &|p| p.weights[row.clone()].fill(0));
            if slot + 1 < shape.slots {
                tell(format!("slot {slot} and the next exchanged"), &|p| {
                    for at in row.clone() {
                        p.weights.swap(at, at + shape.columns());
                    }
                });
            }
        }
        parts.push((ledger, split));
    }
    finish(
        "risk-layout",
        "every carry, mark, account and asset of a segment, two segments exchanged, two slots, every bit of the names",
        parts,
    )
}
