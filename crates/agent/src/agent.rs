//! The state machine.

use crate::backoff::Backoff;
use crate::choice::{is_newest_first, nothing_fits, order};
use crate::event::{Event, Halt, Step};
use crate::flight::{Flight, restore};
use crate::journal::{Entry, Identity, Intent, JournalError, Outcome};
use crate::metrics::{Failed, Metrics};
use crate::policy::{Need, Policy, Why};
use crate::world::{Book, Call, Chain, Clock, Fault, Fees, Journal, Proven, Prover, Ready, View};
use std::collections::BTreeSet;
use std::time::Duration;

/// Looks, some time apart, that must agree before a taken nonce without a receipt counts as somebody else's: nodes behind
/// one address are not always of one mind.
const LOOKS_BEFORE_DISPLACED: u32 = 3;

/// A proof that was made and not sent yet, so that a node that is away costs no second proof.
#[derive(Clone)]
struct Made {
    book: Book,
    epoch: u64,
    valid_until: u64,
    call: Call,
}

/// The newest head, and when it was first seen.
#[derive(Clone, Copy)]
struct Seen {
    head: u64,
    time: u64,
    at: Duration,
}

/// The agent. See the crate's own words for what it promises.
pub struct Agent<C, K, P, J> {
    chain: C,
    clock: K,
    prover: P,
    journal: J,
    policy: Policy,
    flight: Option<Flight>,
    made: Option<Made>,
    refused: BTreeSet<String>,
    breach: Option<(u64, String, Vec<String>)>,
    seen: Option<Seen>,
    deadline: Option<u64>,
    backoff: Backoff,
    metrics: Metrics,
}

/// What stops a step short: something to try again, or the journal.
enum Stop {
    Fault(Failed, &'static str, Fault),
    Halt(Halt),
}

impl From<JournalError> for Stop {
    fn from(error: JournalError) -> Self {
        Self::Halt(error.into())
    }
}

/// Marks where a fault came from.
fn during<T>(what: Failed, doing: &'static str, result: Result<T, Fault>) -> Result<T, Stop> {
    result.map_err(|fault| {
        let what = if matches!(fault, Fault::Refused { .. }) { Failed::Refused } else { what };
        Stop::Fault(what, doing, fault)
    })
}

impl<C: Chain, K: Clock, P: Prover, J: Journal> Agent<C, K, P, J> {
    /// Takes up where the journal ends. Asks the chain nothing yet: the first step does, before all else.
    ///
    /// # Errors
    /// [`Halt::Policy`]; [`Halt::Journal`] also where the journal is another agent's.
    pub fn new(
        chain: C,
        clock: K,
        prover: P,
        mut journal: J,
        identity: &Identity,
        policy: Policy,
    ) -> Result<Self, Halt> {
        policy.check()?;
        let entries = journal.replay()?;
        let flight = restore(&entries, identity)?;
        if entries.is_empty() {
            journal.append(&Entry::Opened(identity.clone()))?;
        }
        let (first, most) = policy.backoff;
        let metrics = Metrics { in_flight: flight.as_ref().map(|f| f.nonce), ..Metrics::default() };
        Ok(Self {
            chain,
            clock,
            prover,
            journal,
            backoff: Backoff::new(first, most, policy.seed),
            policy,
            flight,
            made: None,
            refused: BTreeSet::new(),
            breach: None,
            seen: None,
            deadline: None,
            metrics,
        })
    }
    /// Counters and gauges.
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }
    /// Looks at the chain, does at most one thing, and says how long to wait.
    ///
    /// # Errors
    /// [`Halt::Journal`] where the journal cannot be written; the agent must then be made anew.
    pub fn step(&mut self) -> Result<Step, Halt> {
        let step = match self.look_and_act() {
            Ok(step) => {
                if !matches!(step.event, Event::Settled(Outcome::Reverted { .. } | Outcome::Displaced)) {
                    self.backoff.reset();
                }
                step
            }
            Err(Stop::Halt(halt)) => return Err(halt),
            Err(Stop::Fault(what, doing, fault)) => {
                self.metrics.failed(what);
                Step { wait: self.wait_after_failure(), event: Event::Failed { doing, fault } }
            }
        };
        self.metrics.failures_in_a_row = self.backoff.failures();
        self.metrics.in_flight = self.flight.as_ref().map(|f| f.nonce);
        self.metrics.breach = self.breach.is_some();
        Ok(step)
    }

    fn look_and_act(&mut self) -> Result<Step, Stop> {
        let view = during(Failed::Node, "look at the chain", self.chain.look())?;
        let now = self.reckon(&view);
        self.metrics.looks += 1;
        self.metrics.now = now;
        let need = self.policy.need(&view, now);
        self.metrics.need = need;
        self.metrics.end = view.record.map_or(0, |r| self.policy.end(r.as_of, r.valid_until));
        self.metrics.view = Some(view.clone());
        self.deadline = need.map(|n| n.by);
        match self.flight.take() {
            Some(flight) => self.follow(flight, &view, now, need),
            None => self.consider(&view, now, need),
        }
    }
    /// The chain's clock now: its newest block's time and what has passed here since that block was first seen. This
    /// machine's own date plays no part, so setting it moves nothing.
    fn reckon(&mut self, view: &View) -> u64 {
        let at = self.clock.elapsed();
        let seen = match self.seen {
            Some(seen) if seen.head == view.head && seen.time == view.time => seen,
            _ => *self.seen.insert(Seen { head: view.head, time: view.time, at }),
        };
        seen.time.saturating_add(at.saturating_sub(seen.at).as_secs())
    }
    /// Exponential, but never so long that a quarter of what is left is slept away.
    fn wait_after_failure(&mut self) -> Duration {
        let wait = self.backoff.fail();
        let Some((by, seen)) = self.deadline.zip(self.seen) else { return wait };
        let now = seen.time.saturating_add(self.clock.elapsed().saturating_sub(seen.at).as_secs());
        match by.saturating_sub(now) {
            // It is too late already: every minute counts.
            0 => wait.min(self.policy.poll),
            left => wait.min(Duration::from_secs(left / 4)).max(self.policy.backoff.0.min(wait)),
        }
    }

    /// With nothing under way.
    fn consider(&mut self, view: &View, now: u64, need: Option<Need>) -> Result<Step, Stop> {
        self.metrics.stranger_pending = view.nonce_pending > view.nonce;
        let Some(need) = need else {
            self.metrics.wants_book = false;
            return Ok(self.resting(view, now));
        };
        if !view.terms.active {
            return Ok(Step { event: Event::Inactive, wait: self.policy.poll });
        }
        if self.metrics.stranger_pending {
            return Ok(Step { event: Event::StrangerPending, wait: self.policy.poll_in_flight });
        }
        match self.pick(view, now, need)? {
            Ok(book) => self.launch(book, view, None),
            Err(step) => Ok(step),
        }
    }
    fn resting(&self, view: &View, now: u64) -> Step {
        let end = view.record.map_or(0, |r| self.policy.end(r.as_of, r.valid_until));
        Step { event: Event::Resting { end }, wait: self.policy.rest(view, now) }
    }

    /// With something under way.
    fn follow(
        &mut self,
        mut flight: Flight,
        view: &View,
        now: u64,
        need: Option<Need>,
    ) -> Result<Step, Stop> {
        if view.nonce_final > flight.nonce {
            return self.settle(flight, view);
        }
        if view.nonce > flight.nonce {
            let event = Event::UnderWay { nonce: flight.nonce, mined: true };
            self.flight = Some(flight);
            return Ok(Step { event, wait: self.policy.poll_in_flight });
        }
        let Some(need) = need else {
            // The record is as it should be without this transaction, whose epoch was used by the same proof sent by
            // somebody else. It can only be refused; its nonce is taken by the next that is needed.
            self.flight = Some(flight);
            return Ok(self.resting(view, now));
        };
        if flight.dead || self.is_over(flight.last(), view, now) {
            return match self.pick(view, now, need) {
                Ok(Ok(book)) => self.launch(book, view, Some(flight)),
                Ok(Err(step)) => {
                    self.flight = Some(flight);
                    Ok(step)
                }
                Err(stop) => {
                    self.flight = Some(flight);
                    Err(stop)
                }
            };
        }
        let at = self.clock.elapsed();
        if flight.since.is_some_and(|since| at.saturating_sub(since) >= self.policy.stuck_after) {
            return self.raise(flight, at);
        }
        let again = flight.sent.is_none_or(|sent| at.saturating_sub(sent) >= self.policy.stuck_after / 4);
        let event = if again {
            let sent = self.chain.send(&flight.last().raw);
            self.metrics.sends += 1;
            if let Err(fault) = sent {
                self.flight = Some(flight);
                return Err(Stop::Fault(Failed::Node, "send again what the journal holds", fault));
            }
            flight.sent = Some(at);
            flight.since.get_or_insert(at);
            Event::SentAgain { nonce: flight.nonce }
        } else {
            Event::UnderWay { nonce: flight.nonce, mined: false }
        };
        self.flight = Some(flight);
        Ok(Step { event, wait: self.policy.poll_in_flight })
    }
    /// Whether the registry would refuse an intent whatever happens.
    fn is_over(&self, intent: &Intent, view: &View, now: u64) -> bool {
        let late = intent.as_of.saturating_add(view.terms.max_delay_s) < now || intent.valid_until < now;
        late || view.record.is_some_and(|r| r.epoch >= intent.epoch || r.as_of >= intent.as_of)
    }
    /// A nonce is taken for good: by what?
    fn settle(&mut self, mut flight: Flight, view: &View) -> Result<Step, Stop> {
        let mut outcome = None;
        for intent in flight.intents.iter().rev() {
            match self.chain.mined(&intent.hash) {
                Ok(Some(mined)) => {
                    let epoch = intent.epoch;
                    let attested = mined.succeeded;
                    outcome = Some(if attested {
                        Outcome::Attested { epoch }
                    } else {
                        Outcome::Reverted { epoch }
                    });
                    break;
                }
                Ok(None) => {}
                Err(fault) => {
                    self.flight = Some(flight);
                    return Err(Stop::Fault(Failed::Node, "ask what became of a transaction", fault));
                }
            }
        }
        // Nodes forget receipts; the record does not lie about who is on it.
        let on_record = |i: &&Intent| view.record.is_some_and(|r| r.epoch == i.epoch && r.as_of == i.as_of);
        let known = flight.intents.iter().find(on_record).map(|i| Outcome::Attested { epoch: i.epoch });
        let Some(outcome) = outcome.or(known) else {
            flight.missing += 1;
            if flight.missing < LOOKS_BEFORE_DISPLACED {
                let event = Event::UnderWay { nonce: flight.nonce, mined: true };
                self.flight = Some(flight);
                return Ok(Step { event, wait: self.policy.poll_in_flight });
            }
            return self.settled(flight.nonce, Outcome::Displaced);
        };
        self.settled(flight.nonce, outcome)
    }
    fn settled(&mut self, nonce: u64, outcome: Outcome) -> Result<Step, Stop> {
        self.journal.append(&Entry::Settled { nonce, outcome })?;
        self.metrics.settle(&outcome);
        self.metrics.fee_capped = false;
        self.made = None;
        let wait = match outcome {
            Outcome::Attested { .. } => Duration::ZERO,
            _ => self.wait_after_failure(),
        };
        Ok(Step { event: Event::Settled(outcome), wait })
    }
    /// Offers more for the same call.
    fn raise(&mut self, mut flight: Flight, at: Duration) -> Result<Step, Stop> {
        let nonce = flight.nonce;
        let last = flight.last().clone();
        let raised = self.fees(Some(last.fees));
        let signed = match raised {
            Ok(Some(fees)) => match self.chain.sign(&Call(last.call.clone()), nonce, fees) {
                Ok(signed) => Ok((fees, signed)),
                Err(fault) => Err(fault),
            },
            Ok(None) => {
                // At the cap: what is offered stays on offer.
                self.metrics.fee_capped = true;
                flight.since = Some(at);
                flight.sent = None;
                self.flight = Some(flight);
                return Ok(Step {
                    event: Event::UnderWay { nonce, mined: false },
                    wait: self.policy.poll_in_flight,
                });
            }
            Err(fault) => Err(fault),
        };
        let (fees, signed) = match signed {
            Ok(both) => both,
            Err(fault) => {
                if matches!(fault, Fault::Refused { .. }) {
                    flight.dead = true;
                    self.refuse(&last.book, &fault);
                } else {
                    // The node is away: the next try is after the wait, not after another turn of being stuck.
                    flight.since = Some(at.saturating_sub(self.policy.stuck_after));
                }
                self.flight = Some(flight);
                return Err(during::<()>(Failed::Node, "offer higher fees", Err(fault)).expect_err("a fault"));
            }
        };
        let intent = Intent { fees, hash: signed.hash, raw: signed.raw, ..last };
        self.commit(intent, Some(flight))
    }
    /// Remembers a book that the chain will never take.
    fn refuse(&mut self, book: &str, fault: &Fault) {
        if matches!(fault, Fault::Refused { lasting: true, .. }) {
            self.refused.insert(book.to_owned());
        }
    }

    /// The newest book that the chain would take and that helps; else what to say and how long to wait.
    fn pick(&mut self, view: &View, now: u64, need: Need) -> Result<Result<Book, Step>, Stop> {
        let mut books = during(Failed::Books, "look for books", self.prover.books())?;
        let last = view.record.map(|r| r.epoch);
        order(&mut books, view, last);
        let newer = |b: &Book| view.record.is_none_or(|r| b.as_of > r.as_of) && b.as_of <= now;
        let mut hint = nothing_fits(view, last);
        if let Some((as_of, name, rules)) = &self.breach {
            if !books.iter().any(|b| b.as_of > *as_of && newer(b)) {
                self.metrics.wants_book = true;
                let event = Event::Breach { book: name.clone(), rules: rules.clone() };
                return Ok(Err(Step { event, wait: self.policy.poll }));
            }
            let as_of = *as_of;
            books.retain(|b| b.as_of > as_of);
        }
        let mut wait = self.policy.poll;
        for book in books.iter().filter(|b| newer(b)) {
            if self.refused.contains(&book.name) {
                continue;
            }
            let latest = book.as_of.saturating_add(view.terms.max_delay_s);
            if now.saturating_add(self.policy.margin_s) > latest {
                hint = format!("book `{}` could be attested until {latest} only", book.name);
                if is_newest_first(view) {
                    break; // the others are older
                }
                continue;
            }
            if view.epochs.of(book.as_of, last).is_none() {
                hint = format!("book `{}` is of no epoch after the record's", book.name);
                continue;
            }
            match during(Failed::Node, "ask whether a book would be taken", self.chain.ready(book))? {
                Ready::Now { strain_bps } => {
                    let most = if view.gate.strain_bps.is_some_and(|s| s >= 10_000) {
                        10_000
                    } else {
                        self.policy.strain_bps
                    };
                    if need.why == Why::Strain && strain_bps.is_some_and(|s| s >= most) {
                        hint = format!("prices moved too far since book `{}` as well", book.name);
                        continue;
                    }
                    self.metrics.wants_book = false;
                    return Ok(Ok(book.clone()));
                }
                Ready::From(instant) => {
                    hint = format!("the risk part of book `{}` may be used from {instant} on", book.name);
                    wait = wait.min(Duration::from_secs(instant.saturating_sub(now).max(1)));
                }
                Ready::NotYet(why) => hint = format!("book `{}`: {why}", book.name),
                Ready::Never(why) => {
                    hint = format!("book `{}`: {why}", book.name);
                    self.refused.insert(book.name.clone());
                }
            }
        }
        self.metrics.wants_book = true;
        Ok(Err(Step { event: Event::WantsBook { why: need.why, by: need.by, hint }, wait }))
    }
    /// Proves a book, writes the intent, sends it: under a new nonce, or under that of `over`, whose intents it replaces.
    fn launch(&mut self, book: Book, view: &View, over: Option<Flight>) -> Result<Step, Stop> {
        // Whatever fails before the intent is on disk leaves what is under way as it is.
        let (nonce, floor) = match &over {
            Some(flight) => (flight.nonce, Some(flight.last().fees)),
            None => (view.nonce, None),
        };
        let Made { book, epoch, valid_until, call } = match self.make(book, view) {
            Ok(Ok(made)) => made,
            Ok(Err(step)) => {
                self.flight = over;
                return Ok(step);
            }
            Err(stop) => {
                self.flight = over;
                return Err(stop);
            }
        };
        let offered = self.fees(floor).and_then(|fees| match fees {
            Some(fees) => Ok(Some((fees, self.chain.sign(&call, nonce, fees)?))),
            None => Ok(None),
        });
        let (fees, signed) = match offered {
            Ok(Some(both)) => both,
            Ok(None) => {
                self.metrics.fee_capped = true;
                self.flight = over;
                return Ok(Step {
                    event: Event::UnderWay { nonce, mined: false },
                    wait: self.policy.poll_in_flight,
                });
            }
            Err(fault) => {
                self.flight = over;
                if matches!(fault, Fault::Refused { .. }) {
                    self.made = None;
                    self.refuse(&book.name, &fault);
                }
                return Err(
                    during::<()>(Failed::Node, "sign the attestation", Err(fault)).expect_err("a fault")
                );
            }
        };
        let intent = Intent {
            nonce,
            epoch,
            as_of: book.as_of,
            valid_until,
            book: book.name,
            fees,
            hash: signed.hash,
            call: call.0,
            raw: signed.raw,
        };
        self.commit(intent, over)
    }
    /// A proof of `book` for the next epoch, the last one made where it fits; a step where none exists.
    fn make(&mut self, book: Book, view: &View) -> Result<Result<Made, Step>, Stop> {
        let last = view.record.map(|r| r.epoch);
        let Some(epoch) = view.epochs.of(book.as_of, last) else {
            let why = format!("book `{}` is of no epoch after the record's", book.name);
            return Err(Stop::Fault(Failed::Books, "number the epoch", Fault::Unreachable(why)));
        };
        let valid_until = self.policy.valid_until(book.as_of, view.terms.max_age_s);
        let fits = |m: &Made| m.book == book && m.epoch == epoch && m.valid_until == valid_until;
        if let Some(made) = self.made.as_ref().filter(|m| fits(m)) {
            return Ok(Ok(made.clone()));
        }
        let proven = self.prover.prove(&book, epoch, valid_until);
        if let Err(fault) = &proven {
            self.refuse(&book.name, fault);
        }
        match during(Failed::Proving, "prove", proven)? {
            Proven::Call(call) => {
                self.metrics.proofs += 1;
                self.breach = None;
                let made = Made { book, epoch, valid_until, call };
                self.made = Some(made.clone());
                Ok(Ok(made))
            }
            Proven::Broken(rules) => {
                self.metrics.wants_book = true;
                self.breach = Some((book.as_of, book.name.clone(), rules.clone()));
                Ok(Err(Step { event: Event::Breach { book: book.name, rules }, wait: self.policy.poll }))
            }
        }
    }
    /// On disk first, then to the node.
    fn commit(&mut self, intent: Intent, over: Option<Flight>) -> Result<Step, Stop> {
        self.journal.append(&Entry::Intent(intent.clone()))?;
        self.metrics.intents += 1;
        self.made = None;
        let replaces = over.is_some();
        self.metrics.replacements += u64::from(replaces);
        let (nonce, epoch, book) = (intent.nonce, intent.epoch, intent.book.clone());
        let mut flight = match over {
            None => Flight::of(intent),
            Some(mut flight) => {
                flight.intents.push(intent);
                Flight { sent: None, since: None, dead: false, ..flight }
            }
        };
        let sent = self.chain.send(&flight.last().raw);
        self.metrics.sends += 1;
        if sent.is_ok() {
            let at = self.clock.elapsed();
            (flight.sent, flight.since) = (Some(at), Some(at));
        }
        self.flight = Some(flight);
        during(Failed::Node, "send the attestation", sent)?;
        self.metrics.fee_capped = false;
        Ok(Step { event: Event::Sent { epoch, book, nonce, replaces }, wait: self.policy.poll_in_flight })
    }
    /// What to offer, within the cap; above `floor` by the eighth that nodes ask of a replacement, or `None` where the cap
    /// does not allow that.
    fn fees(&mut self, floor: Option<Fees>) -> Result<Option<Fees>, Fault> {
        let asked = self.chain.fees()?;
        let cap = self.policy.fee_cap;
        let Some(floor) = floor else {
            let most = asked.most.min(cap.most);
            return Ok(Some(Fees { most, tip: asked.tip.min(cap.tip).min(most) }));
        };
        let above = |fee: u128| fee.saturating_add(fee / 8).saturating_add(1);
        let least = Fees { most: above(floor.most), tip: above(floor.tip) };
        if least.most > cap.most || least.tip > cap.tip {
            return Ok(None);
        }
        let most = asked.most.min(cap.most).max(least.most);
        Ok(Some(Fees { most, tip: asked.tip.min(cap.tip).min(most).max(least.tip) }))
    }
}
