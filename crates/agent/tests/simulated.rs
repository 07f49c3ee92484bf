//! The agent against a simulated chain: crashes at every call, reorganisations, lost and stuck transactions, a node that
//! fails, lies and goes away.
#![allow(missing_docs)]

mod sim;

use mandate_agent::{Agent, Entry, Epochs, Event, Outcome, Policy};
use proptest::prelude::*;
use sim::*;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

type Simulated = Agent<SimChain, SimClock, SimProver, SimJournal>;

fn start(world: &Shared, seed: u64) -> Simulated {
    let w = || world.clone();
    Agent::new(SimChain(w()), SimClock(w()), SimProver(w()), SimJournal(w()), &identity(), policy(seed))
        .unwrap()
}

/// Runs an agent, and another one whenever it is gone, until an instant. Gives the events.
fn run(world: &Shared, seed: u64, until: u64) -> Vec<Event> {
    let mut events = vec![];
    while world.borrow().now < until {
        let life = catch_unwind(AssertUnwindSafe(|| {
            let mut agent = start(world, seed);
            while world.borrow().now < until {
                let step = agent.step().unwrap();
                events.push(step.event);
                world.borrow_mut().advance(step.wait.max(Duration::from_secs(1)));
            }
        }));
        if let Err(why) = life {
            if !why.is::<Crash>() {
                std::panic::resume_unwind(why);
            }
            // A supervisor starts it again.
            let pause = 1 + world.borrow_mut().draw() % 30;
            world.borrow_mut().advance(Duration::from_secs(pause));
        }
    }
    events
}

/// `agent-1`: on the chain as it stands no epoch and no book is attested twice, and both only grow.
fn never_twice(world: &Shared) -> usize {
    let attested = world.borrow().attested();
    let epochs: BTreeSet<u64> = attested.iter().map(|t| t.epoch).collect();
    assert_eq!(epochs.len(), attested.len(), "an epoch was attested twice: {attested:?}");
    assert!(attested.is_sorted_by(|a, b| a.epoch < b.epoch && a.as_of < b.as_of), "{attested:?}");
    // What the journal calls settled is so, and stays so.
    for entry in &world.borrow().disk {
        let Entry::Settled { nonce, outcome } = entry else { continue };
        let on_chain = attested.iter().find(|t| t.nonce == *nonce).map(|t| t.epoch);
        match outcome {
            Outcome::Attested { epoch } => assert_eq!(on_chain, Some(*epoch), "nonce {nonce}"),
            Outcome::Reverted { .. } => assert_eq!(on_chain, None, "nonce {nonce}"),
            Outcome::Displaced => panic!("nobody else is here to take nonce {nonce}"),
        }
    }
    attested.len()
}

const HOUR: u64 = 3600;
const MILD: Trouble = Trouble {
    node: 60,
    reorganise: 20,
    drop: 20,
    fees: 10,
    receipt: 100,
    stale: 50,
    outage: 2,
    crash: 0,
    broken: 0,
};

#[test]
fn with_nothing_in_the_way_each_end_gets_one_successor() {
    let world = World::new(1, Trouble::default());
    run(&world, 1, START + 24 * HOUR);
    let count = never_twice(&world);
    let w = world.borrow();
    assert_eq!(w.expired, 0);
    // A successor is made 5,400 s after a book's instant; the newest book that may be used then is 3,600 s younger.
    assert!((23..=25).contains(&count), "{count} attestations in a day");
    assert_eq!(w.head().nonce, count as u64, "nothing was sent in vain");
}

/// `agent-2`: gone at each single call of a run once, before and after its effect.
#[test]
fn gone_at_any_call_nothing_is_attested_twice_and_nothing_is_missed() {
    let calm = World::new(3, Trouble { reorganise: 100, drop: 60, ..Trouble::default() });
    run(&calm, 3, START + 5 * HOUR);
    let calls = calm.borrow().calls;
    assert!(calls > 200, "{calls} calls");
    for at in 1..=calls {
        let world = World::new(3, Trouble { reorganise: 100, drop: 60, ..Trouble::default() });
        world.borrow_mut().crash_at = Some(at);
        run(&world, at, START + 5 * HOUR);
        assert!(never_twice(&world) >= 2, "gone at call {at}");
        let w = world.borrow();
        assert_eq!((w.crashes, w.expired), (1, 0), "gone at call {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// `agent-1` to `agent-3` under everything at once, crashes included, as long as nothing lasts.
    #[test]
    fn nothing_runs_out_while_trouble_passes(seed: u64, crash in 0u32..20) {
        let world = World::new(seed, Trouble { crash, ..MILD });
        run(&world, seed, START + 24 * HOUR);
        never_twice(&world);
        let w = world.borrow();
        prop_assert!(w.begun);
        prop_assert_eq!(w.expired, 0, "the record ran out");
    }

    /// Trouble that leaves no room: records may run out, nothing is attested twice, and when it passes all is well again.
    #[test]
    fn after_a_storm_all_is_well_again(seed: u64) {
        let storm = Trouble {
            node: 500, reorganise: 200, drop: 200, fees: 100, receipt: 400, stale: 300, outage: 30, crash: 60,
            ..Trouble::default()
        };
        let world = World::new(seed, storm);
        world.borrow_mut().calm_from = START + 12 * HOUR;
        run(&world, seed, START + 13 * HOUR);
        never_twice(&world);
        world.borrow_mut().expired = 0;
        run(&world, seed, START + 20 * HOUR);
        never_twice(&world);
        prop_assert_eq!(world.borrow().expired, 0);
        prop_assert!(world.borrow().undone > 0 && world.borrow().crashes > 0);
    }

    /// `agent-4`, with a quarter of the books unlawful: held where books are proven, in `SimProver`.
    #[test]
    fn no_older_book_is_passed_over_a_breach(seed: u64) {
        let world = World::new(seed, Trouble { broken: 250, crash: 2, node: 30, ..Trouble::default() });
        let events = run(&world, seed, START + 24 * HOUR);
        never_twice(&world);
        let breaches = events.iter().filter(|e| matches!(e, Event::Breach { .. })).count();
        prop_assert!(breaches > 0);
        prop_assert!(world.borrow().attested().len() >= 4);
    }

    /// Prices that leave the band close the gate for no longer than a fresh book takes.
    #[test]
    fn a_price_move_is_followed_by_a_fresh_book(seed: u64, at in 6 * HOUR..18 * HOUR, up in 60_000u64..200_000) {
        let world = World::new(seed, Trouble { crash: 5, ..MILD });
        world.borrow_mut().prices.push((START + at, 1_000_000 + up));
        run(&world, seed, START + 24 * HOUR);
        never_twice(&world);
        let w = world.borrow();
        prop_assert!(w.closed > 0, "the move closes the gate");
        // A book of after the move is at hand within 30 + 10 minutes, and trouble leaves within as much again.
        prop_assert!(w.closed * BLOCK <= 80 * 60, "closed for {} s", w.closed * BLOCK);
        prop_assert_eq!(w.expired, 0);
    }

    /// Scheduled periods: each has its attestation, numbered as the schedule says.
    #[test]
    fn every_period_is_kept(seed: u64, window in 1800..2 * HOUR) {
        let world = World::new(seed, Trouble { crash: 3, ..MILD });
        let (start, period) = (START - 5 * HOUR, 2 * HOUR);
        world.borrow_mut().epochs = Epochs::Scheduled { start, period, window };
        run(&world, seed, START + 24 * HOUR);
        never_twice(&world);
        let attested = world.borrow().attested();
        let epochs: Vec<u64> = attested.iter().map(|t| t.epoch).collect();
        for pair in epochs.windows(2) {
            prop_assert_eq!(pair[1], pair[0] + 1, "a period was missed: {:?}", epochs);
        }
        for tx in &attested {
            prop_assert_eq!(tx.epoch, (tx.as_of - start) / period);
            prop_assert!((tx.as_of - start) % period <= window);
        }
    }
}

/// Drawn epochs, with everything in the way: each is attested, with the book of its instant.
fn lottery(world: &Shared, seed: u64, window: u64) -> Vec<Tx> {
    let drawn = Lottery { start: START - 10 * HOUR, period: 2 * HOUR, window, slow: 900 };
    (world.borrow_mut().lottery, world.borrow_mut().max_delay) = (Some(drawn), 14_000);
    let events = run(world, seed, START + 24 * HOUR);
    never_twice(world);
    assert!(events.iter().any(|e| matches!(e, Event::WantsBook { hint, .. } if hint.contains("drawn"))));
    let attested = world.borrow().attested();
    for tx in &attested {
        let (instant, _) = drawn.draw(tx.epoch);
        assert!(
            drawn.fits(tx.epoch, tx.as_of, u64::MAX),
            "epoch {} of {instant}: book of {}",
            tx.epoch,
            tx.as_of
        );
    }
    attested
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// `agent-5`: no drawn epoch is missed, whatever passes.
    #[test]
    fn every_drawn_epoch_is_kept(seed: u64, window in HOUR..2 * HOUR) {
        let world = World::new(seed, Trouble { crash: 3, ..MILD });
        let attested = lottery(&world, seed, window);
        let epochs: Vec<u64> = attested.iter().map(|t| t.epoch).collect();
        prop_assert!(epochs.len() >= 11, "{:?}", epochs);
        for pair in epochs.windows(2) {
            prop_assert_eq!(pair[1], pair[0] + 1, "a drawn epoch was missed: {:?}", epochs);
        }
    }
}

/// With nothing in the way, the book is the first after the instant, nothing is sent in vain, and none before the draw.
#[test]
fn the_book_of_a_drawn_epoch_is_the_one_nearest_after_its_instant() {
    let world = World::new(29, Trouble::default());
    for tx in lottery(&world, 29, HOUR) {
        let (instant, drawn) = world.borrow().lottery.unwrap().draw(tx.epoch);
        if drawn < START {
            continue; // of an epoch from before the agent: its nearest book may be too old
        }
        let nearest = instant.div_ceil(BOOKS_EVERY) * BOOKS_EVERY;
        assert_eq!(tx.as_of, nearest, "epoch {} of {instant}, drawn at {drawn}", tx.epoch);
    }
    let w = world.borrow();
    assert_eq!(w.head().nonce, w.attested().len() as u64, "nothing was sent in vain");
}

/// Epochs without books are given up when their time is over, and the next is kept.
#[test]
fn after_epochs_without_books_the_next_is_kept() {
    let world = World::new(31, Trouble::default());
    world.borrow_mut().drought = (START + 6 * HOUR, START + 12 * HOUR);
    let epochs: Vec<u64> = lottery(&world, 31, HOUR).iter().map(|t| t.epoch).collect();
    assert!(epochs.is_sorted() && epochs.len() >= 7, "{epochs:?}");
    let missed = epochs.windows(2).filter(|p| p[1] != p[0] + 1).count();
    assert_eq!(missed, 1, "one run of epochs without books: {epochs:?}");
}

/// Away while two epochs are drawn, the agent keeps both: the older one first, or it could never be kept.
#[test]
fn two_epochs_behind_the_older_comes_first() {
    let drawn = Lottery { start: START - 10 * HOUR, period: 2 * HOUR, window: HOUR, slow: 900 };
    let into = |epoch: u64| drawn.draw(epoch).0 - (drawn.start + epoch * drawn.period);
    // The older's book may still be attested when the newer is drawn, and the newer's is at hand by then.
    let epoch = (6..).find(|e| into(*e) > 5000 && into(e + 1) < 3600).unwrap();
    let world = World::new(37, Trouble::default());
    (world.borrow_mut().lottery, world.borrow_mut().max_delay) = (Some(drawn), 14_000);
    run(&world, 37, drawn.draw(epoch).1 - 60);
    let both = drawn.draw(epoch + 1).1 + 60;
    let away = both - world.borrow().now;
    world.borrow_mut().advance(Duration::from_secs(away));
    run(&world, 38, both + HOUR / 2);
    never_twice(&world);
    let epochs: Vec<u64> = world.borrow().attested().iter().map(|t| t.epoch).collect();
    assert!(epochs.ends_with(&[epoch - 1, epoch, epoch + 1]), "{epoch}: {epochs:?}");
}

/// Without books for hours the record ends; the agent says what it wants, and takes the first that comes.
#[test]
fn a_drought_ends_with_the_first_book() {
    let world = World::new(5, Trouble::default());
    world.borrow_mut().drought = (START + 4 * HOUR, START + 12 * HOUR);
    let events = run(&world, 5, START + 13 * HOUR);
    assert!(events.iter().any(|e| matches!(e, Event::WantsBook { .. })));
    let w = world.borrow();
    assert!(w.expired > 0, "the gate's age was exceeded");
    let last = w.attested().last().unwrap().clone();
    assert!(last.as_of >= START + 12 * HOUR);
    assert!(w.head().record.unwrap().as_of + GATE_AGE >= w.now);
}

/// Sends for the first time, then lets fees stand at `fee` for a quarter of an hour; gives what follows.
fn stuck(world: &Shared, fee: u64) -> Vec<Event> {
    let mut agent = start(world, 9);
    let mut events = vec![];
    while world.borrow().now < START + HOUR && !world.borrow().begun {
        let step = agent.step().unwrap();
        if matches!(step.event, Event::Sent { replaces: false, .. }) {
            world.borrow_mut().spike(fee, 900);
        }
        events.push(step.event);
        world.borrow_mut().advance(step.wait.max(Duration::from_secs(1)));
    }
    assert_eq!(never_twice(world), 1);
    let nonces: BTreeSet<u64> = world.borrow().txs.values().map(|t| t.nonce).collect();
    assert_eq!(nonces, BTreeSet::from([0]), "all that was sent has one nonce");
    events
}

/// A transaction that is not mined is offered more for, under its nonce.
#[test]
fn a_stuck_transaction_is_replaced_under_its_nonce() {
    let world = World::new(9, Trouble::default());
    let events = stuck(&world, 100);
    assert!(events.iter().any(|e| matches!(e, Event::Sent { replaces: true, nonce: 0, .. })), "{events:?}");
    assert!(world.borrow().now < START + 300, "it did not wait for fees to fall");
}

/// Never beyond the cap: what is offered stays on offer, and is mined when fees fall.
#[test]
fn no_more_is_offered_than_the_cap() {
    let world = World::new(9, Trouble::default());
    stuck(&world, 5000);
    let w = world.borrow();
    assert!(w.txs.values().all(|t| u128::from(t.most) <= policy(9).fee_cap.most));
    assert!(w.now >= START + 900);
}

/// A transaction that is not mined until its book is too old gives way to one of a fresher book, under its nonce.
#[test]
fn what_is_too_late_gives_way_under_its_nonce() {
    let world = World::new(19, Trouble::default());
    world.borrow_mut().passed_by_until = START + 3 * HOUR;
    let w = || world.clone();
    let patient = Policy { stuck_after: Duration::from_secs(3000), ..policy(19) };
    let (chain, clock, prover) = (SimChain(w()), SimClock(w()), SimProver(w()));
    let mut agent = Agent::new(chain, clock, prover, SimJournal(w()), &identity(), patient).unwrap();
    while !world.borrow().begun && world.borrow().now < START + 4 * HOUR {
        let step = agent.step().unwrap();
        world.borrow_mut().advance(step.wait.max(Duration::from_secs(1)));
    }
    assert_eq!(never_twice(&world), 1);
    let w = world.borrow();
    assert!(w.txs.values().all(|t| t.nonce == 0), "all that was sent has one nonce");
    let books: BTreeSet<u64> = w.txs.values().map(|t| t.as_of).collect();
    assert!(books.len() > 1, "a fresher book took over");
    assert_eq!(w.head().nonce, 1);
}

/// A node that keeps no receipts: the record says what became of a transaction.
#[test]
fn without_receipts_the_record_is_asked() {
    let world = World::new(23, Trouble { receipt: 1000, ..Trouble::default() });
    run(&world, 23, START + 6 * HOUR);
    assert!(never_twice(&world) >= 5);
}

/// Another transaction of the sender: nothing is sent beside it.
#[test]
fn nothing_is_sent_beside_a_strangers_transaction() {
    let world = World::new(11, Trouble::default());
    let tx = Tx { nonce: 0, most: 1, tip: 1, epoch: 99, as_of: START, valid_until: START };
    let hash = mandate_statement::keccak(b"a stranger's");
    world.borrow_mut().txs.insert(hash, tx);
    world.borrow_mut().pool.push(hash);
    let mut agent = start(&world, 11);
    for _ in 0..20 {
        let step = agent.step().unwrap();
        assert_eq!(step.event, Event::StrangerPending);
        world.borrow_mut().advance(step.wait);
    }
    assert_eq!(agent.metrics().sends, 0);
    assert!(agent.metrics().text().contains("mandate_agent_stranger_pending 1\n"));
}

/// What happened is what the metrics say.
#[test]
fn metrics_say_what_happened() {
    let world = World::new(13, Trouble::default());
    let mut agent = start(&world, 13);
    let mut attested = 0;
    while world.borrow().now < START + 6 * HOUR {
        let step = agent.step().unwrap();
        attested += u32::from(matches!(step.event, Event::Settled(Outcome::Attested { .. })));
        world.borrow_mut().advance(step.wait.max(Duration::from_secs(1)));
    }
    let text = agent.metrics().text();
    assert!(attested >= 3);
    for line in [
        format!("mandate_agent_settled_total{{outcome=\"attested\"}} {attested}\n"),
        format!("mandate_agent_intents_total {attested}\n"),
        "mandate_agent_gate_open 1\n".to_owned(),
        "mandate_agent_breach 0\n".to_owned(),
        "mandate_agent_faults_total{what=\"node\"} 0\n".to_owned(),
    ] {
        assert!(text.contains(&line), "{line}{text}");
    }
    // Each name once, with its help and its type.
    let names: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("# TYPE ")).collect();
    assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len());
}

/// One journal, one agent: a journal of another sender, subject or registry is not taken up.
#[test]
fn anothers_journal_is_refused() {
    let world = World::new(17, Trouble::default());
    drop(start(&world, 17));
    let w = || world.clone();
    let mut other = identity();
    other.sender = vec![3; 20];
    let made = Agent::new(SimChain(w()), SimClock(w()), SimProver(w()), SimJournal(w()), &other, policy(17));
    let why = made.err().expect("a stranger's journal").to_string();
    assert!(why.contains("its sender is 0x0202"), "{why}");
}
