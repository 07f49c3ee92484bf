//! Stdout for data, stderr for words.

use serde_json::{Value, json};
use std::io::{ErrorKind, Write};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// Where a command speaks.
pub struct Screen {
    json: bool,
    lost: Mutex<Option<String>>,
}

impl Screen {
    /// `json`: data as JSON.
    pub const fn new(json: bool) -> Self {
        Self { json, lost: Mutex::new(None) }
    }
    /// Whether data is JSON.
    pub const fn is_json(&self) -> bool {
        self.json
    }
    /// The command's data: as text, or as JSON where that was asked for. A reader that closed its end is no error; whatever else
    /// keeps data from being written is kept for [`Screen::lost`].
    pub fn data(&self, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) {
        let mut out = std::io::stdout().lock();
        let text = if self.json { format!("{:#}", json()) } else { text() };
        let written = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
        if let Err(why) = written
            && why.kind() != ErrorKind::BrokenPipe
        {
            let mut lost = self.lost.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            lost.get_or_insert_with(|| why.to_string());
        }
    }
    /// Why some of the data did not reach stdout, where that happened.
    pub fn lost(&self) -> Option<String> {
        self.lost.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
    /// Words to whoever sits in front.
    pub fn say(&self, words: impl AsRef<str>) {
        let _ = writeln!(std::io::stderr().lock(), "{}", words.as_ref());
    }
    /// Why nothing was decided.
    pub fn failure(&self, words: &str) {
        self.say(format!("error: {words}"));
        if self.json {
            self.data(String::new, || json!({ "error": words }));
        }
    }
    /// Does something that may take long: after a second a line on stderr says what is going on, and one at the end how
    /// long it took. Gives the time too.
    pub fn timed<T>(&self, doing: &str, work: impl FnOnce() -> T) -> (T, Duration) {
        let start = Instant::now();
        let (done, bell) = (Mutex::new(false), Condvar::new());
        let out = std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut finished = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let mut wait = Duration::from_secs(1);
                while !*finished {
                    let (guard, timeout) =
                        bell.wait_timeout(finished, wait).unwrap_or_else(std::sync::PoisonError::into_inner);
                    finished = guard;
                    if timeout.timed_out() && !*finished {
                        self.say(format!("  {doing} ... {} s", start.elapsed().as_secs()));
                        wait = Duration::from_secs(15);
                    }
                }
            });
            let ring = Ring { done: &done, bell: &bell };
            let out = work();
            drop(ring);
            out
        });
        let took = start.elapsed();
        if took >= Duration::from_secs(1) {
            self.say(format!("  {doing}: {}", seconds(took)));
        }
        (out, took)
    }
}

/// Ends the watch, also where the work panics.
struct Ring<'a> {
    done: &'a Mutex<bool>,
    bell: &'a Condvar,
}

impl Drop for Ring<'_> {
    fn drop(&mut self) {
        *self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = true;
        self.bell.notify_all();
    }
}

/// `1.23 s` or `4.5 ms`.
pub fn seconds(time: Duration) -> String {
    if time >= Duration::from_secs(1) {
        format!("{:.2} s", time.as_secs_f64())
    } else {
        format!("{:.1} ms", time.as_secs_f64() * 1000.0)
    }
}

/// `12,345,678`.
pub fn grouped(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) && digits.as_bytes()[i - 1] != b'-' {
            out.push(',');
        }
        out.push(c);
    }
    out
}
