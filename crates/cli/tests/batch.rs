//! Many books at once: one that fails stops no other, a batch that is killed goes on where it was, and nothing is half-written.

mod support;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use support::Desk;

const PROVE: [&str; 9] = ["prove", "m.toml", "-s", "s.snap", "--batch", "books", "-o", "out", "--json"];

/// A desk whose folder `books` has one lawful book `count` times, with its accounts.
fn desk(count: usize) -> Desk {
    let mut desk = Desk::new();
    book(&mut desk, "lawful.csv", "fund-00");
    let first = desk.path("books/fund-00");
    for i in 1..count {
        let other = desk.path(&format!("books/fund-{i:02}"));
        std::fs::create_dir(&other).unwrap();
        for entry in std::fs::read_dir(&first).unwrap() {
            let from = entry.unwrap().path();
            std::fs::copy(&from, other.join(from.file_name().unwrap())).unwrap();
        }
    }
    desk
}

fn book(desk: &mut Desk, statement: &str, name: &str) {
    desk.subject(statement, name, name);
    std::fs::create_dir_all(desk.path("books")).unwrap();
    std::fs::rename(desk.path(name), desk.path("books").join(name)).unwrap();
    std::fs::rename(desk.path(&format!("{name}.toml")), desk.path("books").join(name).join("accounts.toml"))
        .unwrap();
}

/// Books of the batches that are stopped: enough that some are left.
const COUNT: usize = 24;

/// What the batch says of itself, and its exit code.
fn batch(desk: &mut Desk, more: &[&str]) -> (i32, Value) {
    let mut args = PROVE.to_vec();
    args.extend(more);
    let out = desk.run(&args);
    let value =
        serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {}", support::text(&out)));
    (out.status.code().unwrap(), value)
}

fn fate<'a>(value: &'a Value, name: &str) -> &'a str {
    let list = value["list"].as_array().unwrap();
    list.iter().find(|b| b["name"] == name).unwrap()["fate"].as_str().unwrap()
}

/// Names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let mut out: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| n != ".lock")
        .collect();
    out.sort();
    out
}

fn modified(path: &Path) -> std::time::SystemTime {
    std::fs::metadata(path).unwrap().modified().unwrap()
}

#[test]
fn a_book_that_fails_stops_no_other_and_what_is_finished_is_kept() {
    let mut desk = desk(2);
    book(&mut desk, "unlawful.csv", "fund-01-bad");
    std::fs::create_dir(desk.path("books").join("fund-00-empty")).unwrap();
    book(&mut desk, "lawful.csv", "fund-02");

    let (code, value) = batch(&mut desk, &["--in-flight", "1", "--threads", "1"]);
    assert_eq!(code, 1, "{value:#}");
    for name in ["fund-00", "fund-01", "fund-02"] {
        assert_eq!(fate(&value, name), "proven");
    }
    assert_eq!(fate(&value, "fund-01-bad"), "does not hold");
    assert_eq!(fate(&value, "fund-00-empty"), "failed");
    assert!(!value.to_string().contains("over by"), "a batch's report says which rule, not by how much");
    assert_eq!(names(&desk.path("out")), ["fund-00.bundle", "fund-01.bundle", "fund-02.bundle"]);

    // Verified as an auditor does, all at once, each against its own accounts.
    let verify =
        ["verify", "out", "-m", "m.toml", "-s", "s.snap", "--accounts", "books", "--allow-dev-key", "--now"];
    let as_of = support::AS_OF.to_string();
    let verify: Vec<&str> = verify.into_iter().chain([as_of.as_str()]).collect();
    assert_eq!(desk.exits(0, &verify).matches(": holds").count(), 3);

    // A bundle of another book under that name, one cut short, and one of another epoch are made anew; the third is kept.
    let first = desk.path("out/fund-00.bundle");
    let third = desk.path("out/fund-02.bundle");
    std::fs::copy(&third, &first).unwrap();
    let second = desk.path("out/fund-01.bundle");
    let bytes = std::fs::read(&second).unwrap();
    std::fs::write(&second, &bytes[..bytes.len() / 2]).unwrap();
    let before = modified(&third);
    // What a batch that was killed leaves behind.
    std::fs::create_dir_all(desk.path("out/.partial")).unwrap();
    std::fs::write(desk.path("out/.partial/fund-01.bundle"), "half").unwrap();
    let (code, value) = batch(&mut desk, &[]);
    assert_eq!(code, 1);
    assert_eq!((fate(&value, "fund-00"), fate(&value, "fund-01")), ("proven", "proven"));
    assert_eq!(fate(&value, "fund-02"), "kept");
    assert_eq!(modified(&third), before, "what is kept is not touched");
    assert_eq!(names(&desk.path("out")), ["fund-00.bundle", "fund-01.bundle", "fund-02.bundle"]);
    desk.exits(0, &verify);
    let (_, value) = batch(&mut desk, &["--epoch", "2"]);
    assert_eq!(value["proven"], 3, "another epoch, other proofs");
}

#[test]
fn a_batch_that_is_killed_goes_on_where_it_was() {
    let mut desk = desk(COUNT);
    // The key is made first, so that the batch is at its proofs soon.
    desk.exits(0, &["setup", "dev", "--shape", "t32"]);
    let mut child =
        desk.command(&PROVE).args(["--in-flight", "1"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let out = desk.path("out");
    let bundles = || -> usize {
        std::fs::read_dir(&out)
            .map_or(0, |d| d.filter(|e| e.as_ref().unwrap().path().extension().is_some()).count())
    };
    let start = Instant::now();
    while bundles() < 2 {
        assert!(start.elapsed() < Duration::from_secs(120), "two proofs in two minutes");
        assert!(child.try_wait().unwrap().is_none(), "the batch ended before it could be killed");
        std::thread::sleep(Duration::from_millis(1));
    }
    // On unix this is kill -9.
    child.kill().unwrap();
    child.wait().unwrap();
    let finished: Vec<String> = names(&out).into_iter().filter(|n| n.ends_with(".bundle")).collect();
    assert!((2..COUNT).contains(&finished.len()), "killed in the middle: {finished:?}");
    let times: Vec<_> = finished.iter().map(|n| modified(&out.join(n))).collect();

    let (code, value) = batch(&mut desk, &[]);
    assert_eq!(code, 0, "{value:#}");
    assert_eq!(value["kept"], finished.len(), "each that was finished is kept");
    assert_eq!(value["proven"], COUNT - finished.len());
    for (name, before) in finished.iter().zip(times) {
        assert_eq!(modified(&out.join(name)), before, "{name} is not touched");
    }
    assert_eq!(names(&out).len(), COUNT, "and nothing else lies there");
}

#[cfg(unix)]
#[test]
fn a_batch_that_is_told_to_stop_ends_the_proof_at_hand() {
    let mut desk = desk(COUNT);
    desk.exits(0, &["setup", "dev", "--shape", "t32"]);
    let child = desk
        .command(&PROVE)
        .args(["--in-flight", "1"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !desk.path("out/fund-01.bundle").exists() {
        assert!(start.elapsed() < Duration::from_secs(120), "two proofs in two minutes");
        std::thread::sleep(Duration::from_millis(1));
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let out = child.wait_with_output().unwrap();
    let text = support::text(&out);
    assert_eq!(out.status.code(), Some(2), "{text}");
    assert!(text.contains("were not begun") && text.contains("the same command goes on"), "{text}");
    let done = names(&desk.path("out"));
    assert!(done.iter().all(|n| n.ends_with(".bundle")) && (2..COUNT).contains(&done.len()), "{done:?}");
    assert_eq!(batch(&mut desk, &[]).1["kept"], done.len());
}

#[test]
fn lists_and_names() {
    let mut desk = desk(1);
    desk.write(
        "list.csv",
        "name,book,accounts\nfirst,books/fund-00,books/fund-00/accounts.toml\nFirst,books/fund-00,a\n",
    );
    let list = |desk: &mut Desk, code| {
        desk.exits(code, &["prove", "m.toml", "-s", "s.snap", "--batch", "list.csv", "-o", "out"])
    };
    assert!(list(&mut desk, 2).contains("two books are named"));
    for name in ["../first", ".first", "", "a/b", "a b"] {
        desk.write(
            "list.csv",
            &format!("name,book,accounts\n{name},books/fund-00,books/fund-00/accounts.toml\n"),
        );
        assert!(list(&mut desk, 2).contains("names are letters"), "{name}");
    }
    desk.write("list.csv", "name,book,accounts\nfirst,books/fund-00,books/fund-00/accounts.toml\n");
    assert!(list(&mut desk, 0).contains("1 of 1 books"));
    assert!(desk.path("out/first.bundle").exists());
    desk.exits(2, &["prove", "m.toml", "-s", "s.snap", "-o", "out"]);
    desk.exits(
        2,
        &["prove", "m.toml", "-s", "s.snap", "--batch", "list.csv", "-b", "books/fund-00", "-o", "out"],
    );
    std::fs::create_dir(desk.path("none")).unwrap();
    desk.exits(2, &["prove", "m.toml", "-s", "s.snap", "--batch", "none", "-o", "out"]);
}
