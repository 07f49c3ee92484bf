//! The least filling: which rows define which variable, in which order, and what each of them must be.

use crate::{Reading, RowsError, Witnesses, number};
use mandate_statement::{
    Family, GLOBAL_WITNESS_BITS, GlobalVar, LOCAL_WITNESS_BITS, LocalVar, RiskPart, RowRef, RulesPart, Shape,
    WORST_BITS,
};

/// A variable that the prover fills: `x[i]` of every block of a family or (with [`Family::Global`]) `y[i]`, or a bit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Node {
    Witness(Family, usize),
    Bit(Family, usize),
}

/// A place in a row: `(false, i)` among the block's own variables, `(true, i)` among the book's.
type Place = (bool, usize);

/// What one row says of the variables that the prover fills.
struct Role {
    row: RowRef,
    /// What it reads from above, with place and coefficient: at most a witness, and one more variable beside it.
    above: Vec<(Node, Place, i128)>,
    /// What it counts against the book.
    needs: Vec<Node>,
}

/// A definition, as far as its rows say.
struct Definition {
    node: Node,
    /// Rows with the node's coefficient.
    rows: Vec<(RowRef, Place, i128)>,
    /// The bit that lets go of one alternative or the other.
    choice: Option<Node>,
    /// Where the node is a free witness: what it is chosen for.
    charge: Option<Charge>,
    needs: Vec<Node>,
}

/// `least over y of n * y + sum of c * x(y)`, where each `x(y)` is the largest of `g - a * y` and what does not read `y`.
#[derive(Clone)]
struct Charge {
    /// `n`.
    own: i128,
    /// Each `x` with its `c`.
    parts: Vec<(Node, i128)>,
}

impl Node {
    const fn family(self) -> Family {
        match self {
            Self::Witness(family, _) | Self::Bit(family, _) => family,
        }
    }
}

fn refuse<T>(row: RowRef, why: &'static str) -> Result<T, RowsError> {
    Err(RowsError::NotOneSided { row, why })
}

/// Reads the signs of one row.
fn role(rules: &RulesPart, shape: &Shape, row: RowRef) -> Result<Role, RowsError> {
    let (local, global) = rules.row(shape, row);
    let mut role = Role { row, above: Vec::new(), needs: Vec::new() };
    let mut meet = |node: Node, place: Place, coefficient: i128| match coefficient {
        0 => {}
        c if c < 0 => role.needs.push(node),
        c => role.above.push((node, place, c)),
    };
    for i in 0..shape.local_witnesses {
        if let Some(at) = LocalVar::Witness(i).index(shape, row.family) {
            meet(Node::Witness(row.family, i), (false, at), local[at]);
        }
    }
    for i in 0..shape.local_bits {
        if let Some(at) = LocalVar::Bit(i).index(shape, row.family) {
            meet(Node::Bit(row.family, i), (false, at), local[at]);
        }
    }
    // From the last to the first: of two witnesses of the book, the one of the higher index is the one that is defined.
    for i in (0..shape.global_witnesses).rev() {
        let at = GlobalVar::Witness(i).index(shape).expect("in range");
        meet(Node::Witness(Family::Global, i), (true, at), global[at]);
    }
    for i in 0..shape.global_bits {
        let at = GlobalVar::Bit(i).index(shape).expect("in range");
        meet(Node::Bit(Family::Global, i), (true, at), global[at]);
    }
    for family in [Family::Group, Family::Account, Family::Asset] {
        let sums =
            (0..shape.local_witnesses).map(|i| (GlobalVar::WitnessSum(family, i), Node::Witness(family, i)));
        let counts = (0..shape.local_bits).map(|i| (GlobalVar::BitSum(family, i), Node::Bit(family, i)));
        for (sum, node) in sums.chain(counts) {
            let at = sum.index(shape).expect("in range");
            if global[at] > 0 {
                return refuse(row, "a sum of witnesses or bits is used from above");
            }
            if global[at] < 0 {
                role.needs.push(node);
            }
        }
    }
    if LocalVar::Worst.index(shape, row.family).is_some_and(|at| local[at] > 0) {
        return refuse(row, "a worst loss is used from above");
    }
    let positive = |var: GlobalVar| var.index(shape).is_some_and(|at| global[at] > 0);
    if [GlobalVar::WorstSum(Family::Group), GlobalVar::WorstSum(Family::Account), GlobalVar::WorstBook]
        .into_iter()
        .any(positive)
    {
        return refuse(row, "a worst loss is used from above");
    }
    let local_peak = |i| LocalVar::Peak(i).index(shape, row.family).is_some_and(|at| local[at] > 0);
    if (0..shape.peaks()).any(|i| local_peak(i) || positive(GlobalVar::PeakSum(i))) {
        return refuse(row, "a peak of runs is used from above");
    }
    role.above.sort_by_key(|(node, (global, _), _)| (matches!(node, Node::Bit(..)), *global));
    let lawful = match role.above[..] {
        [] => true,
        [(node, ..)] => node.family() == row.family,
        // A witness, and the bit or the free witness that lets go of it.
        [(Node::Witness(family, _), ..), (second, ..)] => {
            let bit = matches!(second, Node::Bit(f, _) if f == row.family);
            family == row.family && (bit || matches!(second, Node::Witness(Family::Global, _)))
        }
        _ => false,
    };
    if !lawful {
        return refuse(
            row,
            "it reads from above what it cannot define: a variable of the whole book, or several",
        );
    }
    Ok(role)
}

/// Every variable that a row defines, in an order in which each needs only those before it.
fn definitions(rules: &RulesPart, shape: &Shape) -> Result<Vec<Definition>, RowsError> {
    let mut roles = Vec::new();
    for family in Family::ALL {
        for index in 0..family.rows(shape) {
            let row = RowRef { family, index: u16::try_from(index).expect("shapes have few rows") };
            roles.push(role(rules, shape, row)?);
        }
    }
    let mut found: Vec<Definition> = Vec::new();
    for role in &roles {
        let Some(&(node, place, coefficient)) = role.above.first() else { continue };
        let definition = match found.iter_mut().find(|d| d.node == node) {
            Some(definition) => definition,
            None => {
                found.push(Definition {
                    node,
                    rows: Vec::new(),
                    choice: None,
                    charge: None,
                    needs: Vec::new(),
                });
                found.last_mut().expect("just pushed")
            }
        };
        definition.rows.push((role.row, place, coefficient));
        definition.needs.extend(&role.needs);
        if let Some((bit @ Node::Bit(..), ..)) = role.above.get(1).copied() {
            if definition.choice.is_some_and(|other| other != bit) {
                return refuse(role.row, "two bits let go of the alternatives of one witness");
            }
            definition.choice = Some(bit);
        }
    }
    for definition in &mut found {
        let Some(bit) = definition.choice else { continue };
        definition.needs.retain(|n| *n != bit);
        let mine = |row: RowRef| definition.rows.iter().any(|(r, ..)| *r == row);
        let reads = |r: &&Role| r.needs.contains(&bit) || r.above.iter().any(|(n, ..)| *n == bit);
        if let Some(other) = roles.iter().find(|r| reads(r) && !mine(r.row)) {
            return refuse(other.row, "it reads a bit that chooses between the alternatives of a witness");
        }
    }
    free(&roles, &mut found)?;
    let known: Vec<Node> = found.iter().map(|d| d.node).collect();
    let mut ordered: Vec<Definition> = Vec::new();
    while !found.is_empty() {
        let ready = found
            .iter()
            .position(|d| d.needs.iter().all(|n| !known.contains(n) || ordered.iter().any(|o| o.node == *n)));
        ordered.push(found.remove(ready.ok_or(RowsError::Circular)?));
    }
    Ok(ordered)
}

/// Finds the free witnesses and what each is chosen for, and refuses those that serve no single charge.
fn free(roles: &[Role], found: &mut Vec<Definition>) -> Result<(), RowsError> {
    let mut list: Vec<Node> = Vec::new();
    for (node, ..) in roles.iter().filter_map(|r| r.above.get(1)) {
        if matches!(node, Node::Witness(..)) && !list.contains(node) {
            list.push(*node);
        }
    }
    for y in list {
        let mut excess: Vec<Node> = Vec::new();
        for role in roles {
            let lets_go = role.above.get(1).is_some_and(|(n, ..)| *n == y);
            if lets_go && !excess.contains(&role.above[0].0) {
                excess.push(role.above[0].0);
            }
        }
        let reads = |r: &&Role| r.needs.contains(&y);
        let mut uses = roles.iter().filter(reads);
        let (Some(charge), None) = (uses.next(), uses.next()) else {
            let row = roles.iter().find(reads).map_or(roles[0].row, |r| r.row);
            return refuse(row, "a free witness serves no charge, or more than one");
        };
        let defines_one =
            |d: &&Definition| charge.above.first().is_some_and(|(n, ..)| *n == d.node) && d.rows.len() == 1;
        if charge.row.family != Family::Global || !found.iter().any(|d| defines_one(&d)) {
            return refuse(
                charge.row,
                "it reads a free witness, but is not the one row that defines a charge",
            );
        }
        let mut needs: Vec<Node> = Vec::new();
        for x in &excess {
            if let Some(other) = roles.iter().find(|r| r.needs.contains(x) && r.row != charge.row) {
                return refuse(
                    other.row,
                    "it reads an excess over a free witness, which only its charge may",
                );
            }
            let definition = found.iter().find(|d| d.node == *x).expect("a row defines it");
            let over = |row: RowRef| {
                roles.iter().any(|r| r.row == row && r.above.get(1).is_some_and(|(n, ..)| *n == y))
            };
            if definition.rows.iter().all(|(row, ..)| over(*row)) {
                return refuse(definition.rows[0].0, "an excess over a free witness has no floor");
            }
            if let Some((row, ..)) = definition.rows.iter().find(|(_, _, d)| *d != 1) {
                return refuse(*row, "an excess over a free witness is rounded");
            }
            needs.extend(definition.needs.iter().filter(|n| **n != y));
        }
        for d in found.iter_mut().filter(|d| excess.contains(&d.node)) {
            d.needs.push(y);
        }
        // Where nothing else defines it, it is defined by nothing but its charge.
        let at = match found.iter().position(|d| d.node == y) {
            Some(at) => at,
            None => {
                found.push(Definition {
                    node: y,
                    rows: Vec::new(),
                    choice: None,
                    charge: None,
                    needs: Vec::new(),
                });
                found.len() - 1
            }
        };
        found[at].needs.extend(needs);
        found[at].charge = Some(Charge { own: 0, parts: excess.into_iter().map(|x| (x, 0)).collect() });
    }
    Ok(())
}

/// The least filling: if any filling satisfies all rows of `rules` for this book, this one does.
///
/// `quantities` has one entry per slot, in lots; `active` one per account index of the shape. Works from the rows
/// alone, so it serves any rules part that obeys the discipline, whoever compiled it. Witnesses that no row defines are
/// zero.
///
/// # Errors
/// [`RowsError`], for parts that do not fit each other, rows outside the discipline, or values outside the ranges of
/// the circuit. No error tells a value of the book.
pub fn least_witnesses(
    rules: &RulesPart,
    risk: &RiskPart,
    shape: &'static Shape,
    quantities: &[i64],
    active: &[bool],
) -> Result<Witnesses, RowsError> {
    let mut reading = Reading::new(rules, risk, shape, quantities, active, None)?;
    let limit = 1i128 << (WORST_BITS - 1);
    let w = &reading.witnesses;
    if w.group_worst
        .iter()
        .chain(&w.account_worst)
        .chain([&w.book_worst])
        .any(|w| !(-limit..limit).contains(w))
    {
        return Err(RowsError::Range("a worst loss"));
    }
    let definitions = definitions(rules, shape)?;
    for definition in &definitions {
        let family = definition.node.family();
        if let Some(charge) = &definition.charge {
            let value = reading.cheapest(definition, charge, &definitions)?;
            reading.fill(definition.node, 0, value)?;
        } else {
            for block in 0..family.blocks(shape) {
                if reading.used[number(family)][block] {
                    reading.settle(definition, block)?;
                }
            }
        }
        reading.fill_globals()?;
    }
    Ok(reading.witnesses.clone())
}

/// `-(rest) / d`, rounded up.
fn quotient(rest: i128, d: i128) -> Result<i128, RowsError> {
    let value = rest.checked_neg().ok_or(RowsError::Range("a witness"))?;
    Ok(value.div_euclid(d) + i128::from(value.rem_euclid(d) != 0))
}

impl Reading<'_> {
    /// The least value that the rows of a definition leave at a block.
    fn least(&self, definition: &Definition, block: usize) -> Result<i128, RowsError> {
        let mut least = i128::MIN;
        for (row, place, d) in &definition.rows {
            least = least.max(quotient(self.value(*row, block, &[*place])?, *d)?);
        }
        Ok(least)
    }

    /// Fills one variable at one block, and the bit that chooses its alternative: the one that leaves it smaller, the
    /// first where both do.
    fn settle(&mut self, definition: &Definition, block: usize) -> Result<(), RowsError> {
        let mut least = self.least(definition, block)?;
        if let Some(bit) = definition.choice {
            self.fill(bit, block, 1)?;
            let other = self.least(definition, block)?;
            if other < least {
                least = other;
            } else {
                self.fill(bit, block, 0)?;
            }
        }
        self.fill(definition.node, block, least)
    }

    fn fill(&mut self, node: Node, block: usize, value: i128) -> Result<(), RowsError> {
        let w = &mut self.witnesses;
        match node {
            Node::Witness(family, i) => {
                let bits = match family {
                    Family::Global => GLOBAL_WITNESS_BITS,
                    _ => LOCAL_WITNESS_BITS,
                };
                let limit = 1i128 << (bits - 1);
                if !(-limit..limit).contains(&value) {
                    return Err(RowsError::Range("a witness"));
                }
                match family {
                    Family::Group => w.group_x[block][i] = value,
                    Family::Account => w.account_x[block][i] = value,
                    Family::Asset => w.asset_x[block][i] = value,
                    Family::Global => w.global_y[i] = value,
                    Family::Slot => unreachable!("slots have no witnesses, so no row defines one"),
                }
            }
            Node::Bit(family, i) => {
                // A bit that would have to be more than one is one, and the row that asks for more does not hold.
                let value = value > 0;
                match family {
                    Family::Group => w.group_bits[block][i] = value,
                    Family::Account => w.account_bits[block][i] = value,
                    Family::Asset => w.asset_bits[block][i] = value,
                    // Read among the global variables, which are brought up to date at once for the bit's own witness.
                    Family::Global => {
                        w.global_bits[i] = value;
                        self.set(GlobalVar::Bit(i), i128::from(value));
                    }
                    Family::Slot => unreachable!("slots have no bits, so no row defines one"),
                }
            }
        }
        Ok(())
    }

    /// The value of a free witness at which its charge is least, the smallest where several are.
    fn cheapest(&self, y: &Definition, charge: &Charge, all: &[Definition]) -> Result<i128, RowsError> {
        let Node::Witness(_, index) = y.node else { unreachable!("bits are not free") };
        let at = GlobalVar::Witness(index).index(self.shape).expect("in range");
        let charge = self.priced(charge, at)?;
        let lowest = if y.rows.is_empty() { None } else { Some(self.least(y, 0)?) };
        let mut parts: Vec<Part> = Vec::new();
        for (x, price) in &charge.parts {
            let family = x.family();
            let definition = all.iter().find(|d| d.node == *x).expect("a row defines it");
            for block in (0..family.blocks(self.shape)).filter(|b| self.used[number(family)][*b]) {
                let mut part = Part { price: *price, floor: i128::MIN, over: Vec::new() };
                for (row, place, _) in &definition.rows {
                    let a = self.rules.row(self.shape, *row).1[at];
                    let g = quotient(self.value(*row, block, &[*place, (true, at)])?, 1)?;
                    if a > 0 {
                        part.over.push((g, a));
                    } else {
                        part.floor = part.floor.max(g);
                    }
                }
                parts.push(part);
            }
        }
        let range = RowsError::Range("a free witness");
        let at_zero = lowest.unwrap_or(0);
        let found = search(charge.own, &parts, lowest, at_zero).ok_or(range)?;
        found.ok_or(RowsError::Unbounded)
    }

    /// The charge with its coefficients: those of the one row that counts the free witness at `at` against the book.
    fn priced(&self, charge: &Charge, at: usize) -> Result<Charge, RowsError> {
        let shape = self.shape;
        let rows = (0..Family::Global.rows(shape)).map(|index| RowRef {
            family: Family::Global,
            index: u16::try_from(index).expect("shapes have few rows"),
        });
        let mut rows = rows.map(|row| self.rules.row(shape, row).1).filter(|global| global[at] < 0);
        let global = rows.next().expect("a free witness has a charge");
        let price = |x: &Node| match *x {
            Node::Witness(Family::Global, i) => global[GlobalVar::Witness(i).index(shape).expect("in range")],
            Node::Witness(family, i) => {
                global[GlobalVar::WitnessSum(family, i).index(shape).expect("in range")]
            }
            Node::Bit(..) => 0,
        };
        let negated = |c: i128| c.checked_neg().ok_or(RowsError::Range("a row"));
        let parts = charge.parts.iter().map(|(x, _)| Ok((*x, negated(price(x))?)));
        Ok(Charge { own: negated(global[at])?, parts: parts.collect::<Result<_, RowsError>>()? })
    }
}

/// One excess: `price * max(floor, g - a * y for each (g, a) in over)`.
struct Part {
    price: i128,
    floor: i128,
    over: Vec<(i128, i128)>,
}

/// The smallest `y` (not below `lowest`) at which `own * y + sum of the parts`, a convex function, is least. `None` where a
/// value leaves 128 bits, `Some(None)` where the function falls without end.
fn search(own: i128, parts: &[Part], lowest: Option<i128>, nothing: i128) -> Option<Option<i128>> {
    let value = |y: i128| -> Option<i128> {
        let mut sum = own.checked_mul(y)?;
        for part in parts {
            let mut x = part.floor;
            for (g, a) in &part.over {
                x = x.max(g.checked_sub(a.checked_mul(y)?)?);
            }
            sum = sum.checked_add(part.price.checked_mul(x)?)?;
        }
        Some(sum)
    };
    // Every place where an excess meets its floor: above the last of them nothing but `own * y` moves.
    let ends =
        parts.iter().flat_map(|p| p.over.iter().map(|(g, a)| (g.saturating_sub(p.floor)).div_euclid(*a)));
    let (first, last) = (ends.clone().min(), ends.max());
    let (mut low, mut high) = (first.unwrap_or(nothing), last.unwrap_or(nothing).checked_add(1)?);
    if let Some(lowest) = lowest {
        low = lowest;
        high = high.max(lowest);
    }
    // What one step further costs: never less for a larger `y`.
    let step = |y: i128| -> Option<i128> { value(y.checked_add(1)?)?.checked_sub(value(y)?) };
    if lowest.is_none() && step(low.checked_sub(1)?)? > 0 {
        return Some(None);
    }
    while low < high {
        // Rounded down; the difference of the two may be out of range.
        let middle = (low & high) + ((low ^ high) >> 1);
        if step(middle)? >= 0 {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(Some(low))
}
