//! Wall and processor time of a piece of work, the least of some runs each.

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};
use std::time::Instant;

/// Processor seconds of this process so far, user time alone.
pub fn user_seconds() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the system counts time");
    let time = usage.user_time();
    time.tv_sec() as f64 + time.tv_usec() as f64 * 1e-6
}

/// The least wall seconds and the least user seconds of `runs`, with the last result.
pub fn least<T>(runs: usize, mut work: impl FnMut() -> T) -> (Value, T) {
    let (mut wall, mut user) = (f64::INFINITY, f64::INFINITY);
    let mut last = None;
    for _ in 0..runs {
        let (start, before) = (Instant::now(), user_seconds());
        last = Some(std::hint::black_box(work()));
        wall = wall.min(start.elapsed().as_secs_f64());
        user = user.min(user_seconds() - before);
    }
    (json!({ "wall": wall, "user": user, "runs": runs }), last.expect("at least one run"))
}
