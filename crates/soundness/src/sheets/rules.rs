//! Lies about the rules part: rows and coefficients dropped or altered.

use crate::sheets::corpus::{Written, corpus, market};
use crate::sheets::reader::{Caught, Reader};
use crate::{BY_CHECKER, Ledger, Score};
use mandate_checker::check_rules;
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef, RulesPart, Shape};
use rayon::prelude::*;

/// Why a list of rows may differ where the rows do not.
const LIST: &str = "the rows are all there and proven; only the list of which rule has which says otherwise, and a verifier \
                    reads no list but the one that it compiled itself";

/// One family of lies about a sheet: each is handed to the judge with a name of its own.
type Liar = fn(&Written, &mut dyn FnMut(String, RulesPart));

/// How many lies the checker refuses by itself, and how many only who compiles the text again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Refused by the checker alone.
    pub checker: u64,
    /// Refused by the digest alone.
    pub digest: u64,
}

fn judge(sheet: &Written, liar: Liar) -> (Ledger, Split) {
    let reader = Reader::of(sheet.shape).against(&sheet.part, market(sheet.shape));
    let risk = market(sheet.shape).digest();
    let (mut ledger, mut split) = (Ledger::default(), Split::default());
    liar(sheet, &mut |name, lie| {
        if lie == sheet.part {
            return;
        }
        let caught = reader(lie.digest(), risk);
        match (check_rules(&lie).is_err(), caught) {
            (true, _) => {
                split.checker += 1;
                ledger.refused();
            }
            (false, Caught::ByName) => {
                split.digest += 1;
                ledger.refused();
            }
            (false, Caught::Nowhere) if lie.coefficients == sheet.part.coefficients => ledger.excused(LIST),
            (false, Caught::Nowhere) => ledger.believed(|| format!("{}: {name}", sheet.name)),
        }
    });
    (ledger, split)
}

/// Tells one family of lies about these sheets.
pub fn tell(name: &str, what: &str, liar: Liar, sheets: &[Written]) -> (Score, Split) {
    let (ledger, split) =
        sheets.par_iter().map(|sheet| judge(sheet, liar)).reduce(Default::default, |a, b| {
            let split = Split { checker: a.1.checker + b.1.checker, digest: a.1.digest + b.1.digest };
            (a.0.merge(b.0), split)
        });
    let sheets = u64::try_from(sheets.len()).expect("few sheets");
    let score =
        ledger.score(name, what).with_part(BY_CHECKER, split.checker).with_part("sheets attacked", sheets);
    (score, split)
}

/// Every family: its name in the table, what is tried, and who tells it.
pub const FAMILIES: [(&str, &str, Liar); 9] = [
    ("row-dropped", "every row of a compiled sheet, set to zero", dropped),
    (
        "row-unlisted",
        "every row, taken off the list of each rule that has it, or moved to the next rule's",
        unlisted,
    ),
    ("coefficient", "every coefficient, one more, one less, negated, doubled, zero", altered),
    ("new-term", "a seventh of the zeros in rows, set to 1 and to -1", added),
    (
        "rows-swapped",
        "every row exchanged with every other of its family, and with the first empty one",
        swapped,
    ),
    ("rule-removed", "every rule with the rows that it alone has, leaving a gap or closing it", removed),
    ("definition-cut", "every row that defines a witness, leaving a gap or closing it", cut),
    (
        "limit-loosened",
        "in every requirement the constant raised, what is allowed doubled and what counts against it halved, allowances kept",
        loosened,
    ),
    ("min-nav", "the least net asset value lowered, to one unit, to zero and below", floor),
];

macro_rules! attack {
    ($($function:ident $index:literal),+) => {
        $(
            /// See [`FAMILIES`].
            pub fn $function() -> Score {
                let (name, what, liar) = FAMILIES[$index];
                tell(name, what, liar, corpus()).0
            }
        )+
    };
}
attack!(
    row_dropped 0, row_unlisted 1, coefficient 2, new_term 3, rows_swapped 4, rule_removed 5, definition_cut 6,
    limit_loosened 7, min_nav 8
);

/// Rows with a coefficient.
pub fn used(shape: &Shape, part: &RulesPart) -> Vec<RowRef> {
    let all = Family::ALL
        .into_iter()
        .flat_map(|family| (0u16..).take(family.rows(shape)).map(move |index| RowRef { family, index }));
    all.filter(|row| {
        let (local, global) = part.row(shape, *row);
        local.iter().chain(global).any(|c| *c != 0)
    })
    .collect()
}

fn span(shape: &Shape, row: RowRef) -> impl Iterator<Item = usize> {
    let (local, global) = RulesPart::span(shape, row);
    local.chain(global)
}

fn clear(part: &mut RulesPart, shape: &Shape, row: RowRef) {
    span(shape, row).for_each(|at| part.coefficients[at] = 0);
}

/// Takes a row off every list and its coefficients away; with `close`, the rows after it move up.
fn take(part: &mut RulesPart, shape: &Shape, row: RowRef, close: bool) {
    clear(part, shape, row);
    part.rules.iter_mut().for_each(|rule| rule.rows.retain(|r| *r != row));
    if !close {
        return;
    }
    for index in usize::from(row.index) + 1..row.family.rows(shape) {
        let from = RowRef { index: u16::try_from(index).expect("few rows"), ..row };
        let to = RowRef { index: from.index - 1, ..row };
        let values: Vec<i128> = span(shape, from).map(|at| part.coefficients[at]).collect();
        span(shape, to).zip(values).for_each(|(at, c)| part.coefficients[at] = c);
        clear(part, shape, from);
        part.rules.iter_mut().flat_map(|rule| &mut rule.rows).filter(|r| **r == from).for_each(|r| *r = to);
    }
}

/// Whether a row defines a witness.
fn defines(shape: &Shape, part: &RulesPart, row: RowRef) -> bool {
    let (local, global) = part.row(shape, row);
    let own = |i| LocalVar::Witness(i).index(shape, row.family).is_some_and(|at| local[at] == 1);
    let book = |i| GlobalVar::Witness(i).index(shape).is_some_and(|at| global[at] == 1);
    (0..shape.local_witnesses).any(own) || (0..shape.global_witnesses).any(book)
}

fn dropped(sheet: &Written, tell: &mut dyn FnMut(String, RulesPart)) {
    for row in used(sheet.shape, &sheet.part) {
        let mut lie = sheet.part.clone();
        clear(&mut lie, sheet.shape, row);
        tell(format!("{row:?} is zero"), lie);
    }
}

fn unlisted(sheet: &Written, tell: &mut dyn FnMut(String, RulesPart)) {
    for (at, rule) in sheet.part.rules.iter().enumerate() {
        for (n, row) in rule.rows.iter().enumerate() {
            let mut lie = sheet.part.clone();
            lie.rules[at].rows.remove(n);
            tell(format!("{row:?} is off the list of {}", rule.id), lie.clone());
            let next = (at + 1) % lie.rules.len();
            if next != at && !lie.rules[next].rows.contains(row) {
                lie.rules[next].rows.push(*row);
                tell(format!("{row:?} is moved from {} to the next rule", rule.id), lie);
            }
        }
    }
}

fn altered(sheet: &Written, tell: &mut dyn FnMut(String, RulesPart)) {
    for at in sheet.part.coefficients.iter().enumerate().filter(|(_, c)| **c != 0).map(|(at, _)| at) {
        let c = sheet.part.coefficients[at];
        let mut values = vec![c + 1, c - 1, -c, 2 * c, 0];
        values.sort_unstable();
        values.dedup();
        for value in values {
            let mut lie = sheet.part.clone();
            lie.coefficients[at] = value;
            tell(format!("coefficient {at} is {value}, not {c}"), lie);
        }
    }
}

fn added(sheet: &Written, tell: &mut dyn FnMut(String, RulesPart)) {
    let zeros = used(sheet.shape, &sheet.part)
        .into_iter()
        .flat_map(|row| span(sheet.shape, row))
        .filter(|at| sheet.part.coefficients[*at] == 0);
    for at in zeros.step_by(7) {
        for value in [1, -1] {
            let mut lie = sheet.part.clone();
            lie.coefficients[at] = value;
            tell(format!("coefficient {at} is {value}, not 0"), lie);
        }
    }
}

fn swapped(sheet: &Written, tell: &mut dyn FnMut(String, RulesPart)) {
    let rows = used(sheet.shape, &sheet.part);
    for (n, a) in rows.iter().enumerate() {
        let empty = (0u16..).take(a.family.rows(sheet.shape)).map(|index| RowRef { index, ..*a });
        let empty = empty.filter(|r| !rows.contains(r)).take(1);
        for b in rows[n + 1..].iter().copied().filter(|b| b.family == a.family).chain(empty) {
            let mut lie = sheet.part.clone();
            span(sheet.shape, *a).zip(span(sheet.shape, b)).for_each(|(i, j)| lie.coefficients.swap(i, j));
            tell(format!("{a:?} and {b:?} exchanged"), lie);
        }
    }
}

fn removed(sheet: &Written, tell: &mut dyn FnMut(String, RulesPart)) {
    for (at, rule) in sheet.part.rules.iter().enumerate() {
        let own = |row: &&RowRef| {
            sheet.part.rules.iter().enumerate().all(|(other, r)| other == at || !r.rows.contains(row))
        };
        let mut own: Vec<RowRef> = rule.rows.iter().filter(own).copied().collect();
        // From the last, so that closing one gap moves none of the others.
        own.sort_unstable_by(|a, b| b.cmp(a));
        for close in [false, true] {
            let mut lie = sheet.part.clone();
            lie.rules.remove(at);
            own.iter().for_each(|row| take(&mut lie, sheet.shape, *row, close));
            tell(format!("without {}, {}", rule.id, if close { "closed" } else { "with a gap" }), lie);
        }
    }
}

fn cut(sheet: &Written, tell: &mut dyn FnMut(String, RulesPart)) {
    for row in used(sheet.shape, &sheet.part).into_iter().filter(|r| defines(sheet.shape, &sheet.part, *r)) {
        for close in [false, true] {
            let mut lie = sheet.part.clone();
            take(&mut lie, sheet.shape, row, close);
            tell(format!("without {row:?}, {}", if close { "closed" } else { "with a gap" }), lie);
        }
    }
}

fn loosened(sheet: &Written, tell: &mut dyn FnMut(String, RulesPart)) {
    let shape = sheet.shape;
    let one = GlobalVar::One.index(shape).expect("every shape has the constant one");
    let book_lots = GlobalVar::Total(shape.lots_column()).index(shape).expect("a column");
    for row in used(shape, &sheet.part).into_iter().filter(|r| !defines(shape, &sheet.part, *r)) {
        let own_lots = LocalVar::Total(shape.lots_column()).index(shape, row.family);
        for more in [1, 1 << 40, 1i128 << 70] {
            let mut lie = sheet.part.clone();
            lie.row_mut(shape, row).1[one] += more;
            tell(format!("{row:?}: the constant raised by {more}"), lie);
        }
        let (local, global) = sheet.part.row(shape, row);
        for (book, at, c) in local
            .iter()
            .enumerate()
            .map(|(at, c)| (false, at, *c))
            .chain(global.iter().enumerate().map(|(at, c)| (true, at, *c)))
        {
            let lots = if book { Some(book_lots) } else { own_lots };
            if c == 0 || Some(at) == lots || (book && at == one) {
                continue;
            }
            // What is allowed doubles, and the allowance for its rounding with it; what counts against it halves.
            let mut lie = sheet.part.clone();
            let (local, global) = lie.row_mut(shape, row);
            let side = if book { global } else { local };
            side[at] = if c > 0 { 2 * c } else { c / 2 };
            if c > 0
                && let Some(lots) = lots
            {
                side[lots] -= c;
            }
            tell(format!("{row:?}: {c} loosened at {} {at}", if book { "book" } else { "block" }), lie);
        }
    }
}

fn floor(sheet: &Written, tell: &mut dyn FnMut(String, RulesPart)) {
    let one = GlobalVar::One.index(sheet.shape).expect("every shape has the constant one");
    let row = RowRef { family: Family::Global, index: 0 };
    let floor = -sheet.part.row(sheet.shape, row).1[one];
    for wanted in [floor - 1, floor / 2, 1, 0, -1, -floor, i128::MIN] {
        let mut lie = sheet.part.clone();
        lie.row_mut(sheet.shape, row).1[one] = wanted.checked_neg().unwrap_or(i128::MAX);
        tell(format!("a least net asset value of {wanted}"), lie);
    }
}
