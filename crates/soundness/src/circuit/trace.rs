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

    /// What an honest prover puts into the hints of `worst-1`.
    fn add_worst_losses(&mut self, relation: &Relation) {
        for hint in self.hints.iter().filter(|h| h.id == Id::WorstRange) {
            let sums = self.readers.get(hint.first).iter().map(|r| *r as usize);
            let cell =
                sums.filter(|r| self.defining[*r]).find_map(|r| relation.matrices[2][r].first().map(|t| t.1));
            let Some(cell) = cell else {
                self.unread.push(format!("no row sums up the bits of cell {}", hint.first - relation.inputs));
                continue;
            };
            let rows: Vec<usize> = self
                .readers
                .get(cell)
                .iter()
                .map(|r| *r as usize)
                .filter(|r| relation.ids[*r] == Id::Worst && self.defining[*r])
                .collect();
            self.nodes.push(Node::Worst { first: hint.first, width: hint.width, cell, rows });
        }
    }
}

impl Node {
    /// The first variable that it computes.
    pub const fn first(&self) -> usize {
        match self {
            Self::Row { cell, .. } => *cell,
            Self::Bits { first, .. } | Self::Worst { first, .. } => *first,
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
        }
    }
}
