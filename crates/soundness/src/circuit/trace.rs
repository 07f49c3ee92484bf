//! How each witness cell follows from the ones before it, read off the matrices alone.
//!
//! Nothing here knows the circuit's code. Rows are walked in order. A row `b * (b - 1) = 0` declares a bit. A row whose
//! right side has one new cell defines it. A row that says "these new bits, weighted by powers of two, are that known
//! number" defines the bits. What no row defines is a *hint*: the prover's choice. As every definition is unique over
//! the field, the whole assignment is a function of inputs and hints; `uniqueness` counts both.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, PrimeField};
use mandate_circuits::r1cs::{Id, Relation};

/// How some cells follow.
pub enum Node {
    /// The one cell on the right side that is new: `cell = (A * B - rest of C) * scale`.
    Row {
        /// The row.
        row: usize,
        /// The variable it defines.
        cell: usize,
        /// The inverse of the cell's coefficient.
        scale: Fr,
    },
    /// `width` bits from variable `first`, lowest first, are the binary digits of the row's right side.
    Bits {
        /// The row that ties the two together.
        row: usize,
        /// The lowest bit.
        first: usize,
        /// How many.
        width: usize,
    },
    /// A hint that honest provers compute: the bits of the largest loss, plus an offset of `2^(width - 1)`.
    Worst {
        /// The lowest bit.
        first: usize,
        /// How many.
        width: usize,
        /// The cell that is their sum less the offset.
        cell: usize,
        /// For each scenario the row whose right side is the cell plus the scenario's total.
        rows: Vec<usize>,
    },
    /// A hint that honest provers compute: the bits of the most that a run is short of, never below zero.
    Peak {
        /// The lowest bit.
        first: usize,
        /// How many.
        width: usize,
        /// The strip itself.
        own: Strip,
        /// The strips before it, nearest first: each counts as long as all inputs up to it carry.
        before: Vec<Strip>,
        /// The strips after it, in the same way.
        after: Vec<Strip>,
    },
}

/// One number of one strip.
#[derive(Clone)]
pub struct Strip {
    /// The input that joins it to the next strip on the way to the node it is listed for.
    pub carry: usize,
    /// The cell that is the number.
    pub cell: usize,
    /// The rows whose right side is the cell plus something that must not be short of it.
    pub rows: Vec<usize>,
}

/// A choice of the prover: a number in bits, a single bit, or a field element.
pub struct Hint {
    /// The rule that the choice belongs to.
    pub id: Id,
    /// Its first variable.
    pub first: usize,
    /// Its bits; one that is not a bit is a field element.
    pub width: usize,
    /// Whether its cells are held to zero and one.
    pub boolean: bool,
}

/// Lists of numbers, one per variable, in one allocation.
pub struct Lists {
    offsets: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    fn of(lists: usize, pairs: impl Fn(&mut dyn FnMut(usize, u32))) -> Self {
        let mut last = vec![u32::MAX; lists];
        let mut offsets = vec![0u32; lists + 1];
        pairs(&mut |list, item| {
            if last[list] != item {
                last[list] = item;
                offsets[list + 1] += 1;
            }
        });
        for i in 0..lists {
            offsets[i + 1] += offsets[i];
        }
        let mut items = vec![0u32; offsets[lists] as usize];
        let mut at = offsets.clone();
        last.fill(u32::MAX);
        pairs(&mut |list, item| {
            if last[list] != item {
                last[list] = item;
                items[at[list] as usize] = item;
                at[list] += 1;
            }
        });
        Self { offsets, items }
    }
    /// List number `i`.
    pub fn get(&self, i: usize) -> &[u32] {
        &self.items[self.offsets[i] as usize..self.offsets[i + 1] as usize]
    }
}

/// See the module's documentation.
pub struct Trace {
    /// In the order in which an honest prover computes them.
    pub nodes: Vec<Node>,
    /// The prover's choices, in order of their cells.
    pub hints: Vec<Hint>,
    /// For every variable the row that holds it to zero and one.
    pub boolean: Vec<Option<u32>>,
    /// For every row whether it defines a cell, or bits.
    pub defining: Vec<bool>,
    /// For every variable the rows that read it.
    pub readers: Lists,
    /// For every variable the nodes that are computed from it.
    pub followers: Lists,
    /// What could not be read: rows that define two cells at once, cells that no row reads.
    pub unread: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// Held to zero and one, and no other row has read it yet.
    Bit,
    Hint,
    Known,
}

fn index(i: usize) -> u32 {
    u32::try_from(i).expect("fewer than 2^32 rows and variables")
}

impl Trace {
    /// Reads the matrices of `relation`.
    pub fn of(relation: &Relation) -> Self {
        let variables = relation.inputs + relation.witnesses;
        let mut state = vec![State::New; variables];
        state[..relation.inputs].fill(State::Known);
        let mut trace = Self {
            nodes: Vec::new(),
            hints: Vec::new(),
            boolean: vec![None; variables],
            defining: vec![false; relation.constraints()],
            readers: Lists::of(variables, |add| {
                for row in 0..relation.constraints() {
                    for matrix in &relation.matrices {
                        matrix[row].iter().for_each(|(_, v)| add(*v, index(row)));
                    }
                }
            }),
            followers: Lists { offsets: Vec::new(), items: Vec::new() },
            unread: Vec::new(),
        };
        for row in 0..relation.constraints() {
            trace.read(relation, row, &mut state);
        }
        trace.gather_hints(relation, &state);
        trace.add_worst_losses(relation);
        trace.add_peaks(relation);
        trace.nodes.sort_by_key(Node::first);
        trace.followers = Lists::of(variables, |add| {
            for (n, node) in trace.nodes.iter().enumerate() {
                node.sources(relation).for_each(|v| add(v, index(n)));
            }
        });
        trace
    }

    fn read(&mut self, relation: &Relation, row: usize, state: &mut [State]) {
        let [a, b, c] = [0, 1, 2].map(|m| relation.matrices[m][row].as_slice());
        if let ([(one, x)], [(minus, 0), (other, y)], []) = (a, b, c)
            && x == y
            && *x >= relation.inputs
            && *one == Fr::ONE
            && *other == Fr::ONE
            && *minus == -Fr::ONE
            && state[*x] == State::New
        {
            state[*x] = State::Bit;
            self.boolean[*x] = Some(index(row));
            return;
        }
        // A cell that is first read on the left is a choice: nothing before says what it is.
        for (_, v) in a.iter().chain(b) {
            if state[*v] == State::New {
                state[*v] = State::Hint;
            }
        }
        let new: Vec<&(Fr, usize)> = c.iter().filter(|(_, v)| state[*v] == State::New).collect();
        match new.as_slice() {
            [(coefficient, cell)] => {
                for (_, v) in a.iter().chain(b).chain(c) {
                    if state[*v] == State::Bit {
                        state[*v] = State::Hint;
                    }
                }
                let scale = coefficient.inverse().expect("matrices have no zeros");
                state[*cell] = State::Known;
                self.defining[row] = true;
                self.nodes.push(Node::Row { row, cell: *cell, scale });
            }
            [] => {
                let (first, width) = a.first().map_or((0, 0), |t| (t.1, a.len()));
                let mut weight = Fr::ONE;
                let digits = a.iter().enumerate().all(|(i, (w, v))| {
                    let fits = *w == weight && *v == first + i && state[*v] == State::Bit;
                    weight.double_in_place();
                    fits
                });
                let tied = matches!(b, [(one, 0)] if *one == Fr::ONE)
                    && c.iter().all(|(_, v)| state[*v] != State::Bit);
                // A width of 253 bits could hold two integers of one residue.
                if width > 0 && digits && tied && width + 1 < Fr::MODULUS_BIT_SIZE as usize {
                    state[first..first + width].fill(State::Known);
                    self.defining[row] = true;
                    self.nodes.push(Node::Bits { row, first, width });
                } else {
                    // A check: whatever it reads for the first time is a choice.
                    for (_, v) in a.iter().chain(b).chain(c) {
                        if state[*v] == State::Bit {
                            state[*v] = State::Hint;
                        }
                    }
                }
            }
            _ => self.unread.push(format!("row {row} ({}) has two new cells", relation.ids[row].name())),
        }
    }

    /// Groups the cells that nothing defines: neighbouring bits that one row sums up, with their powers of two, are one
    /// number.
    fn gather_hints(&mut self, relation: &Relation, state: &[State]) {
        let mut v = relation.inputs;
        while v < state.len() {
            if state[v] == State::Known {
                v += 1;
                continue;
            }
            if self.readers.get(v).is_empty() {
                self.unread.push(format!("witness cell {} is in no row", v - relation.inputs));
                v += 1;
                continue;
            }
            let Some(boolean) = self.boolean[v] else {
                let id = relation.ids[self.readers.get(v)[0] as usize];
                self.hints.push(Hint { id, first: v, width: 1, boolean: false });
                v += 1;
                continue;
            };
            let id = relation.ids[boolean as usize];
            let width = self.number_at(relation, v, state);
            self.hints.push(Hint { id, first: v, width, boolean: true });
            v += width;
        }
    }

    /// How many cells from `v` on are the digits of one number: in some row's `A` or `B`, with powers of two.
    fn number_at(&self, relation: &Relation, v: usize, state: &[State]) -> usize {
        let run = |terms: &[(Fr, usize)]| {
            let Ok(at) = terms.binary_search_by_key(&v, |t| t.1) else { return 1 };
            let mut weight = Fr::ONE;
            let mut width = 0;
            for (i, (w, u)) in terms[at..].iter().enumerate() {
                if *w != weight || *u != v + i || state[*u] == State::Known || self.boolean[*u].is_none() {
                    break;
                }
                weight.double_in_place();
                width += 1;
            }
            width.max(1)
        };
        let rows = self.readers.get(v).iter();
        rows.flat_map(|r| [0, 1].map(|m| run(&relation.matrices[m][*r as usize]))).max().unwrap_or(1)
    }

    /// The cell that is the sum of a hint's bits.
    fn sum_of(&self, relation: &Relation, hint: &Hint) -> Option<usize> {
        let sums = self.readers.get(hint.first).iter().map(|r| *r as usize);
        let mut cells =
            sums.filter(|r| self.defining[*r]).filter_map(|r| relation.matrices[2][r].first().map(|t| t.1));
        cells.next()
    }
    /// The rows of a rule that tie a number made of `cell` and other things to its digits.
    fn bounds_of(&self, relation: &Relation, cell: usize, id: Id) -> Vec<usize> {
        let rows = self.readers.get(cell).iter().map(|r| *r as usize);
        rows.filter(|r| relation.ids[*r] == id && self.defining[*r]).collect()
    }

    /// What an honest prover puts into the hints of `worst-1`.
    fn add_worst_losses(&mut self, relation: &Relation) {
        for hint in self.hints.iter().filter(|h| h.id == Id::WorstRange) {
            let Some(cell) = self.sum_of(relation, hint) else {
                self.unread.push(format!("no row sums up the bits of cell {}", hint.first - relation.inputs));
                continue;
            };
            let rows = self.bounds_of(relation, cell, Id::Worst);
            self.nodes.push(Node::Worst { first: hint.first, width: hint.width, cell, rows });
        }
    }

    /// What an honest prover puts into the hints of `peak-1`: strips are joined by the rows of `peak-2`, whose left side is
    /// the input that says so, and whose right side is the one number less the other.
    fn add_peaks(&mut self, relation: &Relation) {
        let mut strips: Vec<(usize, usize, Strip)> = Vec::new();
        for hint in self.hints.iter().filter(|h| h.id == Id::PeakRange) {
            let Some(cell) = self.sum_of(relation, hint) else {
                self.unread.push(format!("no row sums up the bits of cell {}", hint.first - relation.inputs));
                continue;
            };
            let rows = self.bounds_of(relation, cell, Id::Peak);
            strips.push((hint.first, hint.width, Strip { carry: 0, cell, rows }));
        }
        let at = |cell: usize| strips.iter().position(|s| s.2.cell == cell);
        // Per strip the next one, with the input that joins them.
        let mut next: Vec<Option<(usize, usize)>> = vec![None; strips.len()];
        let mut previous = next.clone();
        for row in (0..relation.constraints()).filter(|r| relation.ids[*r] == Id::PeakJoin) {
            let [a, b] = [0, 1].map(|m| relation.matrices[m][row].as_slice());
            if let ([(_, carry)], [(_, one), (_, other)]) = (a, b)
                && let (Some(one), Some(other)) = (at(*one), at(*other))
            {
                next[one] = Some((other, *carry));
                previous[other] = Some((one, *carry));
            } else {
                self.unread.push(format!("row {row} ({}) joins no two numbers", relation.ids[row].name()));
            }
        }
        let chain = |links: &[Option<(usize, usize)>], from: usize| {
            let step = |at: &(usize, usize)| links[at.0];
            let along = std::iter::successors(links[from], step);
            along.map(|(to, carry)| Strip { carry, ..strips[to].2.clone() }).collect::<Vec<_>>()
        };
        for (n, (first, width, own)) in strips.iter().enumerate() {
            self.nodes.push(Node::Peak {
                first: *first,
                width: *width,
                own: own.clone(),
                before: chain(&previous, n),
                after: chain(&next, n),
            });
        }
    }
}

impl Node {
    /// The first variable that it computes.
    pub const fn first(&self) -> usize {
        match self {
            Self::Row { cell, .. } => *cell,
            Self::Bits { first, .. } | Self::Worst { first, .. } | Self::Peak { first, .. } => *first,
        }
    }
    /// What it is computed from.
    fn sources<'a>(&'a self, relation: &'a Relation) -> Box<dyn Iterator<Item = usize> + 'a> {
        let terms = |m: usize, row: usize| relation.matrices[m][row].iter().map(|t| t.1);
        match self {
            Self::Row { row, cell, .. } => Box::new(
                terms(0, *row).chain(terms(1, *row)).chain(terms(2, *row)).filter(move |v| v != cell),
            ),
            Self::Bits { row, .. } => Box::new(terms(2, *row)),
            Self::Worst { cell, rows, .. } => {
                Box::new(rows.iter().flat_map(move |r| terms(2, *r)).filter(move |v| v != cell))
            }
            Self::Peak { own, before, after, .. } => {
                let strips = std::iter::once(own).chain(before).chain(after);
                Box::new(strips.flat_map(move |strip| {
                    let sums = strip.rows.iter().flat_map(move |r| terms(2, *r));
                    sums.filter(move |v| *v != strip.cell)
                }))
            }
        }
    }
}
