//! A chain, a pool, a clock, books and a disk, all made up and all from one seed. The registry of this chain takes the same
//! epoch as often as it is sent: that none is attested twice has to be the agent's doing.
#![allow(dead_code)] // every test file uses some of it

use mandate_agent::{
    Book, Call, Chain, Clock, Draw, Entry, Epochs, Fault, Fees, Gate, Identity, Journal, JournalError, Mined,
    Policy, Proven, Prover, Ready, Record, Signed, Terms, View,
};
use mandate_statement::{Digest, keccak};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// Start of every story, seconds since 1970.
pub const START: u64 = 1_800_000_000;
/// Seconds between blocks.
pub const BLOCK: u64 = 12;
/// Blocks after which one stays; reorganisations are no deeper.
pub const CONFIRMATIONS: usize = 3;
/// Seconds between two books.
pub const BOOKS_EVERY: u64 = 1800;
/// Ages of the mandate and of the gate.
pub const MAX_DELAY: u64 = 7200;
pub const MAX_AGE: u64 = 14_400;
pub const GATE_AGE: u64 = 10_800;
/// Move of the price that closes the gate, in parts of a million.
pub const BAND_PPM: u64 = 50_000;

/// What can go wrong, per thousand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trouble {
    /// A call to the node fails; half of what is sent arrives all the same.
    pub node: u32,
    /// Blocks are undone.
    pub reorganise: u32,
    /// The pool loses a transaction, per block.
    pub drop: u32,
    /// Fees jump above what is offered, per block.
    pub fees: u32,
    /// A receipt is not found although it is there.
    pub receipt: u32,
    /// A look shows the block before the newest.
    pub stale: u32,
    /// The node is away for minutes, per block.
    pub outage: u32,
    /// A call of the agent is its last: before or after its effect.
    pub crash: u32,
    /// A book breaks the mandate.
    pub broken: u32,
}

/// Epochs whose instants are drawn when they are over. Epoch `e` begins at `start + e * period`.
#[derive(Clone, Copy, Debug)]
pub struct Lottery {
    pub start: u64,
    pub period: u64,
    pub window: u64,
    /// Longest time from an epoch's end to its draw.
    pub slow: u64,
}

impl Lottery {
    /// The instant of an epoch, and when it is drawn.
    pub fn draw(&self, epoch: u64) -> (u64, u64) {
        let word = keccak(&[&b"draw"[..], &epoch.to_be_bytes()].concat()).0;
        let [a, b] = [0, 8].map(|at| u64::from_be_bytes(word[at..at + 8].try_into().unwrap()));
        let begins = self.start + epoch * self.period;
        (begins + a % self.period, begins + self.period + b % (self.slow + 1))
    }
    /// Whether a book is of an epoch, as a registry would check it at an instant.
    pub fn fits(&self, epoch: u64, as_of: u64, now: u64) -> bool {
        let (instant, drawn) = self.draw(epoch);
        drawn <= now && as_of >= instant && as_of - instant <= self.window
    }
}

/// The agent is gone in the middle of a call.
pub struct Crash;

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Tx {
    pub nonce: u64,
    pub most: u64,
    pub tip: u64,
    pub epoch: u64,
    pub as_of: u64,
    pub valid_until: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Block {
    pub time: u64,
    pub txs: Vec<(Digest, bool)>,
    pub record: Option<Record>,
    pub nonce: u64,
}

pub struct World {
    pub now: u64,
    pub elapsed: Duration,
    pub blocks: Vec<Block>,
    pub pool: Vec<Digest>,
    pub txs: BTreeMap<Digest, Tx>,
    pub base_fee: u64,
    spike_until: u64,
    outage_until: u64,
    pub disk: Vec<Entry>,
    pub trouble: Trouble,
    /// Nothing goes wrong from this instant on.
    pub calm_from: u64,
    /// The agent is gone at this call, counted down.
    pub crash_at: Option<u64>,
    pub calls: u64,
    pub crashes: u64,
    random: u64,
    /// Price by instant, in growing order.
    pub prices: Vec<(u64, u64)>,
    pub epochs: Epochs,
    /// Drawn epochs in place of those.
    pub lottery: Option<Lottery>,
    /// Longest time from a book to its attestation.
    pub max_delay: u64,
    /// Books stop being made from here on, and are made again from there on.
    pub drought: (u64, u64),
    /// Instant of the newest book found to break the mandate.
    pub breach: u64,
    /// Blocks at whose time the newest record had ended.
    pub expired: u64,
    /// Blocks at whose time the gate was closed by prices.
    pub closed: u64,
    /// Whether anything was on record once.
    pub begun: bool,
    /// Undone blocks.
    pub undone: u64,
    /// Until this instant blocks pass the pool by.
    pub passed_by_until: u64,
}

pub type Shared = Rc<RefCell<World>>;

impl World {
    pub fn new(seed: u64, trouble: Trouble) -> Shared {
        Rc::new(RefCell::new(Self {
            now: START,
            elapsed: Duration::ZERO,
            blocks: vec![Block { time: START, ..Block::default() }],
            pool: vec![],
            txs: BTreeMap::new(),
            base_fee: 10,
            spike_until: 0,
            outage_until: 0,
            disk: vec![],
            trouble,
            calm_from: u64::MAX,
            crash_at: None,
            calls: 0,
            crashes: 0,
            random: seed,
            prices: vec![(0, 1_000_000)],
            epochs: Epochs::Free,
            lottery: None,
            max_delay: MAX_DELAY,
            drought: (u64::MAX, u64::MAX),
            breach: 0,
            expired: 0,
            closed: 0,
            begun: false,
            undone: 0,
            passed_by_until: 0,
        }))
    }
    /// SplitMix64.
    pub fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn happens(&mut self, per_thousand: u32) -> bool {
        let drawn = self.draw() % 1000;
        self.now < self.calm_from && drawn < u64::from(per_thousand)
    }
    pub fn price(&self, at: u64) -> u64 {
        self.prices.iter().rev().find(|(from, _)| *from <= at).unwrap().1
    }
    pub fn strain(&self, as_of: u64) -> u32 {
        let (then, now) = (self.price(as_of), self.price(self.now));
        u32::try_from(then.abs_diff(now) * 1_000_000 / then * 10_000 / BAND_PPM).unwrap()
    }
    pub fn head(&self) -> &Block {
        self.blocks.last().unwrap()
    }
    pub fn books(&self) -> Vec<Book> {
        let last = self.now.saturating_sub(300) / BOOKS_EVERY;
        let first = (self.now - 2 * self.max_delay) / BOOKS_EVERY;
        let book = |k: u64| Book {
            name: format!("book-{k}"),
            as_of: k * BOOKS_EVERY,
            risk: keccak(&k.to_be_bytes()),
        };
        let there = |b: &Book| !(self.drought.0..self.drought.1).contains(&b.as_of);
        (first..=last).map(book).filter(there).collect()
    }
    pub fn broken(&self, as_of: u64) -> bool {
        let word = keccak(&as_of.to_be_bytes()).0;
        let drawn = u32::from(word[0]) << 8 | u32::from(word[1]);
        drawn % 1000 < self.trouble.broken
    }
    /// Fees stand at `fee` for `span` seconds.
    pub fn spike(&mut self, fee: u64, span: u64) {
        (self.base_fee, self.spike_until) = (fee, self.now + span);
    }
    /// Lets time pass, block by block.
    pub fn advance(&mut self, span: Duration) {
        self.elapsed += span;
        let until = self.now + span.as_secs();
        while self.head().time + BLOCK <= until {
            self.now = self.head().time + BLOCK;
            self.tick();
        }
        self.now = until;
    }
    fn tick(&mut self) {
        let t = self.trouble;
        if self.happens(t.outage) {
            self.outage_until = self.now + 60 + self.draw() % 540;
        }
        if self.happens(t.fees) {
            self.spike_until = self.now + 60 + self.draw() % 540;
            self.base_fee = 20 + self.draw() % 80;
        }
        if self.now > self.spike_until {
            self.base_fee = 10;
        }
        if self.happens(t.reorganise) && self.blocks.len() > 5 {
            let depth = 1 + usize::try_from(self.draw()).unwrap_or(0) % CONFIRMATIONS;
            for _ in 0..depth {
                let block = self.blocks.pop().unwrap();
                self.undone += 1;
                self.pool.extend(block.txs.iter().map(|(hash, _)| *hash));
            }
            for _ in 0..depth {
                let time = self.head().time + BLOCK;
                self.mine(time);
            }
        }
        if self.happens(t.drop) && !self.pool.is_empty() {
            self.pool.remove(0);
        }
        self.mine(self.now);
        let head = self.head().clone();
        if let Some(record) = head.record {
            self.begun = true;
            let end = record.valid_until.min(record.as_of + GATE_AGE);
            self.expired += u64::from(end < head.time);
            self.closed += u64::from(self.strain(record.as_of) >= 10_000);
        }
    }
    fn mine(&mut self, time: u64) {
        let parent = self.head();
        let mut block = Block { time, txs: vec![], record: parent.record, nonce: parent.nonce };
        let mut waiting = std::mem::take(&mut self.pool);
        // The highest bid for a nonce is the one that is in the pool.
        waiting.sort_by_key(|h| (self.txs[h].nonce, u64::MAX - self.txs[h].most));
        for hash in waiting {
            let tx = self.txs[&hash].clone();
            if tx.nonce < block.nonce {
                continue;
            }
            let taken = tx.nonce == block.nonce && time >= self.passed_by_until;
            let mined = taken && tx.most >= self.base_fee && self.draw() % 10 < 8;
            if !mined {
                self.pool.push(hash);
                continue;
            }
            block.nonce += 1;
            let fits = self.lottery.is_none_or(|l| l.fits(tx.epoch, tx.as_of, time));
            let succeeded = fits && time <= tx.as_of + self.max_delay && time <= tx.valid_until;
            block.txs.push((hash, succeeded));
            if succeeded {
                block.record = Some(Record { epoch: tx.epoch, as_of: tx.as_of, valid_until: tx.valid_until });
            }
        }
        self.blocks.push(block);
    }
    /// How a block has epochs numbered.
    fn epochs_at(&self, block: &Block) -> Epochs {
        let Some(l) = self.lottery else { return self.epochs.clone() };
        let over = block.time.saturating_sub(l.start) / l.period;
        let first = block.record.map_or(1, |r| r.epoch + 1).max(over.saturating_sub(8)).max(1);
        let draws = (first..over).map(|e| (e, l.draw(e)));
        let open = |&(_, (instant, drawn)): &(u64, (u64, u64))| {
            drawn <= block.time && block.time <= instant + l.window + self.max_delay
        };
        let draws = draws.filter(open).map(|(epoch, (instant, _))| Draw { epoch, instant }).collect();
        Epochs::Drawn { window: l.window, draws }
    }
    /// Before and after each effect.
    fn point(&mut self) {
        self.calls += 1;
        let due = self.crash_at.is_some_and(|at| self.calls >= at);
        if due || self.happens(self.trouble.crash) {
            self.crash_at = None;
            self.crashes += 1;
            std::panic::resume_unwind(Box::new(Crash));
        }
    }
    fn node(&mut self) -> Result<(), Fault> {
        if self.now < self.outage_until.min(self.calm_from) || self.happens(self.trouble.node) {
            return Err(Fault::Unreachable("no answer".into()));
        }
        Ok(())
    }
    /// Attestations that succeeded on the chain as it stands, in order.
    pub fn attested(&self) -> Vec<Tx> {
        let txs = self.blocks.iter().flat_map(|b| &b.txs);
        txs.filter(|(_, ok)| *ok).map(|(hash, _)| self.txs[hash].clone()).collect()
    }
}

pub struct SimChain(pub Shared);
pub struct SimClock(pub Shared);
pub struct SimProver(pub Shared);
pub struct SimJournal(pub Shared);

impl Chain for SimChain {
    fn look(&mut self) -> Result<View, Fault> {
        let mut w = self.0.borrow_mut();
        w.point();
        w.node()?;
        let often = w.trouble.stale;
        let stale = usize::from(w.happens(often) && w.blocks.len() > 8);
        let at = w.blocks.len() - 1 - stale;
        let block = &w.blocks[at];
        let deep = &w.blocks[at.saturating_sub(CONFIRMATIONS)];
        let mut pending = block.nonce;
        while w.pool.iter().any(|h| w.txs[h].nonce == pending) {
            pending += 1;
        }
        let strain = block.record.map(|r| w.strain(r.as_of));
        let fresh = |r: Record| r.valid_until.min(r.as_of + GATE_AGE) >= block.time;
        let view = View {
            head: at as u64,
            time: block.time,
            record: block.record,
            terms: Terms { max_delay_s: w.max_delay, max_age_s: MAX_AGE, active: true },
            epochs: w.epochs_at(block),
            gate: Gate {
                open: block.record.is_some_and(fresh) && strain.is_none_or(|s| s < 10_000),
                strain_bps: strain,
            },
            nonce: block.nonce,
            nonce_final: deep.nonce,
            nonce_pending: pending,
        };
        w.point();
        Ok(view)
    }
    fn ready(&mut self, book: &Book) -> Result<Ready, Fault> {
        let mut w = self.0.borrow_mut();
        w.point();
        w.node()?;
        let usable = book.as_of + 600;
        Ok(if w.now < usable {
            Ready::From(usable)
        } else {
            Ready::Now { strain_bps: Some(w.strain(book.as_of)) }
        })
    }
    fn fees(&mut self) -> Result<Fees, Fault> {
        let mut w = self.0.borrow_mut();
        w.point();
        w.node()?;
        Ok(Fees { most: u128::from(w.base_fee * 2), tip: 1 })
    }
    fn sign(&mut self, call: &Call, nonce: u64, fees: Fees) -> Result<Signed, Fault> {
        let mut w = self.0.borrow_mut();
        w.point();
        w.node()?;
        let (epoch, as_of, valid_until): (u64, u64, u64) = serde_json::from_slice(&call.0).unwrap();
        let (most, tip) = (u64::try_from(fees.most).unwrap(), u64::try_from(fees.tip).unwrap());
        let raw = serde_json::to_vec(&Tx { nonce, most, tip, epoch, as_of, valid_until }).unwrap();
        w.point();
        Ok(Signed { hash: keccak(&raw), raw })
    }
    fn send(&mut self, raw: &[u8]) -> Result<(), Fault> {
        let mut w = self.0.borrow_mut();
        w.point();
        let tx: Tx = serde_json::from_slice(raw).unwrap();
        let hash = keccak(raw);
        let on_disk = w.disk.iter().any(|e| matches!(e, Entry::Intent(i) if i.hash == hash));
        assert!(on_disk, "sent what is not in the journal");
        let answer = w.node();
        if answer.is_ok() || w.draw().is_multiple_of(2) {
            w.txs.insert(hash, tx.clone());
            let mined = w.blocks.iter().any(|b| b.txs.iter().any(|(h, _)| *h == hash));
            let better = |h: &Digest| w.txs[h].nonce == tx.nonce && w.txs[h].most * 110 > tx.most * 100;
            if !mined && !w.pool.contains(&hash) && !w.pool.iter().any(better) {
                let nonce = tx.nonce;
                let w = &mut *w;
                w.pool.retain(|h| w.txs[h].nonce != nonce);
                w.pool.push(hash);
            }
        }
        w.point();
        answer
    }
    fn mined(&mut self, hash: &Digest) -> Result<Option<Mined>, Fault> {
        let mut w = self.0.borrow_mut();
        w.point();
        w.node()?;
        let often = w.trouble.receipt;
        if w.happens(often) {
            return Ok(None);
        }
        let of = |(at, b): (usize, &Block)| {
            let found = b.txs.iter().find(|(h, _)| h == hash)?;
            Some(Mined { block: at as u64, succeeded: found.1 })
        };
        let found = w.blocks.iter().enumerate().find_map(of);
        w.point();
        Ok(found)
    }
}

impl Clock for SimClock {
    fn elapsed(&self) -> Duration {
        self.0.borrow().elapsed
    }
}

impl Prover for SimProver {
    fn books(&mut self) -> Result<Vec<Book>, Fault> {
        let mut w = self.0.borrow_mut();
        w.point();
        Ok(w.books())
    }
    fn prove(&mut self, book: &Book, epoch: u64, valid_until: u64) -> Result<Proven, Fault> {
        let mut w = self.0.borrow_mut();
        w.point();
        w.advance(Duration::from_secs(5));
        if w.broken(book.as_of) {
            w.breach = w.breach.max(book.as_of);
            return Ok(Proven::Broken(vec!["lev".into()]));
        }
        assert!(book.as_of > w.breach, "an older book is passed over one that breaks the mandate");
        w.point();
        Ok(Proven::Call(Call(serde_json::to_vec(&(epoch, book.as_of, valid_until)).unwrap())))
    }
}

impl Journal for SimJournal {
    fn replay(&mut self) -> Result<Vec<Entry>, JournalError> {
        let mut w = self.0.borrow_mut();
        w.point();
        Ok(w.disk.clone())
    }
    fn append(&mut self, entry: &Entry) -> Result<(), JournalError> {
        let mut w = self.0.borrow_mut();
        w.point();
        w.disk.push(entry.clone());
        w.point();
        Ok(())
    }
}

pub fn identity() -> Identity {
    Identity {
        chain_id: 1,
        registry: vec![1; 20],
        subject: keccak(b"subject"),
        mandate: keccak(b"mandate"),
        sender: vec![2; 20],
    }
}

pub fn policy(seed: u64) -> Policy {
    Policy {
        lead_s: 5400,
        gate_max_age_s: GATE_AGE,
        valid_for_s: MAX_AGE,
        strain_bps: 8000,
        margin_s: 120,
        poll: Duration::from_secs(60),
        poll_in_flight: Duration::from_secs(12),
        stuck_after: Duration::from_secs(90),
        fee_cap: Fees { most: 2000, tip: 2000 },
        backoff: (Duration::from_secs(2), Duration::from_secs(300)),
        seed,
    }
}
