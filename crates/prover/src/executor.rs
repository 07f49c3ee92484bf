//! Where proofs of many books are made: the seam between what is to be proven and what carries the work.
//!
//! Whoever has a batch knows which proofs are missing and keeps those that were accepted; an [`Executor`] only brings jobs to
//! runners and answers back. It may lose a job, or run one twice: the driver sees what is missing and asks again. The one here,
//! [`InProcess`], is the default and needs no server. One that spans machines sends [`Job::input`], which is secret and must be encrypted on
//! the way, to processes that each hold a [`Runner`] of their own.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// One piece of work.
pub struct Job {
    /// The driver's number for it.
    pub id: usize,
    /// What the runner needs to know, in a form that the driver and it agree on. Secret, wiped when dropped.
    pub input: Zeroizing<Vec<u8>>,
}

/// How a job ended.
pub enum Outcome<T> {
    /// With this.
    Done(T),
    /// The runner panicked. Its message went where panics go, not in here: it could quote a secret.
    Panicked,
}

/// What does a job. Knows nothing of where it runs.
pub trait Runner: Sync {
    /// What comes out of one.
    type Output: Send;
    /// Does one. From several threads at once.
    fn run(&self, job: Job) -> Self::Output;
}

/// What carries jobs to runners.
pub trait Executor {
    /// Takes `jobs` as there is room for them, and hands each outcome to `done` when it is there, in any order, one at a time. Ends
    /// when all are done, or when those at hand are, once `stop` is set.
    fn run<R: Runner>(
        &self,
        jobs: &mut (dyn Iterator<Item = Job> + Send),
        runner: &R,
        stop: &AtomicBool,
        done: &mut (dyn FnMut(usize, Outcome<R::Output>) + Send),
    );
}

/// Runners on the threads of rayon's pool, so many jobs at a time: the memory of a batch is that of so many proofs. While one is
/// at a step that only one thread can do, the others have the rest.
#[derive(Clone, Copy)]
pub struct InProcess {
    /// Most jobs at a time; not more than there are threads.
    pub in_flight: NonZeroUsize,
}

fn lock<T: ?Sized>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Executor for InProcess {
    fn run<R: Runner>(
        &self,
        jobs: &mut (dyn Iterator<Item = Job> + Send),
        runner: &R,
        stop: &AtomicBool,
        done: &mut (dyn FnMut(usize, Outcome<R::Output>) + Send),
    ) {
        let (jobs, done) = (Mutex::new(jobs), Mutex::new(done));
        // One loop on each of the first threads: a loop that another's waiting thread picked up would hold that one back.
        rayon::scope(|scope| {
            scope.spawn_broadcast(|_, context| {
                if context.index() >= self.in_flight.get() {
                    return;
                }
                while !stop.load(Ordering::Relaxed) {
                    let Some(job) = lock(&jobs).next() else { return };
                    let id = job.id;
                    let outcome = catch_unwind(AssertUnwindSafe(|| runner.run(job)));
                    let outcome = outcome.map_or(Outcome::Panicked, Outcome::Done);
                    lock(&done)(id, outcome);
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    struct Square {
        now: AtomicUsize,
        most: AtomicUsize,
    }
    impl Runner for Square {
        type Output = usize;
        fn run(&self, job: Job) -> usize {
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(2));
            self.now.fetch_sub(1, Ordering::SeqCst);
            assert!(job.id != 13, "a job that fails badly");
            job.id * job.id + usize::from(job.input[0])
        }
    }
    fn jobs() -> impl Iterator<Item = Job> + Send {
        (0..40).map(|id| Job { id, input: Zeroizing::new(vec![1]) })
    }
    fn run(
        in_flight: usize,
        mut jobs: impl Iterator<Item = Job> + Send,
        stop_after: usize,
    ) -> (Vec<(usize, Option<usize>)>, usize) {
        let runner = Square { now: AtomicUsize::new(0), most: AtomicUsize::new(0) };
        let (stop, mut seen) = (AtomicBool::new(false), Vec::new());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().expect("a pool");
        let in_flight = NonZeroUsize::new(in_flight).expect("at least one");
        pool.install(|| {
            InProcess { in_flight }.run(&mut jobs, &runner, &stop, &mut |id, outcome| {
                seen.push((
                    id,
                    match outcome {
                        Outcome::Done(square) => Some(square),
                        Outcome::Panicked => None,
                    },
                ));
                stop.store(seen.len() >= stop_after, Ordering::Relaxed);
            });
        });
        seen.sort_unstable();
        (seen, runner.most.into_inner())
    }

    #[test]
    fn every_job_ends_once_and_one_that_panics_stops_no_other() {
        for in_flight in [1, 2, 4, 9] {
            let (seen, most) = run(in_flight, jobs(), usize::MAX);
            let wanted: Vec<_> = (0..40).map(|id| (id, (id != 13).then_some(id * id + 1))).collect();
            assert_eq!(seen, wanted);
            assert!(most <= in_flight && (in_flight == 1) == (most == 1), "{most} at a time of {in_flight}");
        }
    }

    #[test]
    fn a_stop_lets_those_at_hand_end_and_takes_no_more() {
        let taken = AtomicUsize::new(0);
        let jobs = jobs().inspect(|_| {
            taken.fetch_add(1, Ordering::Relaxed);
        });
        let (seen, _) = run(2, jobs, 5);
        assert!((5..=6).contains(&seen.len()), "{} ended", seen.len());
        assert_eq!(taken.into_inner(), seen.len(), "each job that was taken ended");
    }
}
