//! A marked book: its quantities and blindings stand in the openings, and nowhere else.

mod support;
use mandate_attest::Opening;
use support::{AS_OF, Desk, files};

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

#[test]
fn a_marked_book_leaves_no_trace() {
    let mut desk = Desk::new();
    desk.subject("lawful.csv", "Example Fund", "good");
    desk.printed.clear();
    desk.attest("lawful.csv", "Example Fund", "again");
    desk.ok(&["sheet", "m.toml", "-s", "s.snap", "-o", "sh"]);
    desk.ok(&["prove", "m.toml", "-s", "s.snap", "-b", "good", "--accounts", "good.toml", "-o", "p.bundle"]);
    desk.ok(&[
        "--json",
        "prove",
        "m.toml",
        "-s",
        "s.snap",
        "-b",
        "good",
        "--accounts",
        "good.toml",
        "-o",
        "q.bundle",
    ]);
    let now = (AS_OF + 60).to_string();
    let verify = [
        "verify",
        "p.bundle",
        "-m",
        "m.toml",
        "-s",
        "s.snap",
        "--accounts",
        "good.toml",
        "--allow-dev-key",
        "--now",
        &now,
    ];
    desk.ok(&verify);
    desk.exits(2, &["evaluate", "m.toml", "-s", "s.snap", "-b", "good/vault_segregated_main.opening"]);
    std::fs::remove_file(desk.path("lawful.csv")).unwrap();
    std::fs::write(desk.path("printed"), &desk.printed).unwrap();

    // 4,234,567.89 dollars and 5.54321987 coins, as people write them.
    let mut marks: Vec<Vec<u8>> = ["4234567.89", "4,234,567", "4_234_567", "5.54321987", "554321987"]
        .iter()
        .map(|m| m.as_bytes().to_vec())
        .collect();
    for folder in ["good", "again"] {
        let mut openings = Vec::new();
        files(&desk.path(folder), &mut openings);
        for path in openings.iter().filter(|p| p.extension().is_some_and(|e| e == "opening")) {
            let opening = Opening::read(path).unwrap();
            let big = opening.blinding.to_bytes();
            let mut little = big.to_vec();
            little.reverse();
            marks.push(hex::encode(*big).into_bytes());
            marks.push(hex::encode(&little).into_bytes());
            marks.push(big.to_vec());
            marks.push(little);
            for lots in opening.quantities.iter().filter(|q| q.unsigned_abs() > 1 << 24) {
                marks.push(lots.to_string().into_bytes());
                marks.push(lots.to_le_bytes().to_vec());
                marks.push(lots.to_be_bytes().to_vec());
                marks.push((lots + (1 << 47)).to_be_bytes()[2..].to_vec());
                marks.push((lots + (1 << 47)).to_le_bytes()[..6].to_vec());
            }
        }
    }
    assert!(marks.len() > 30, "the book is marked");
    let mut all = Vec::new();
    files(desk.folder.path(), &mut all);
    let mut looked = 0;
    for path in all {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        // Openings are the secret; keys of shapes were made before there was a book.
        if matches!(extension, "opening" | "pk" | "vk") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for mark in &marks {
            assert!(!contains(&bytes, mark), "a secret stands in {}", path.display());
        }
        looked += 1;
    }
    assert!(looked > 10, "only {looked} files were looked at");
}
