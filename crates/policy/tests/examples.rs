//! Every mandate in `examples/mandates` compiles for the shapes it is meant for, passes the independent sheet checker,
//! and is explained.

use mandate_policy::{Mandate, compile, compile_smallest, dump, explain};
use mandate_statement::Shape;
use std::path::Path;

fn examples() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/mandates");
    let mut out: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .map(|p| {
            (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&p).unwrap())
        })
        .collect();
    out.sort();
    out
}

#[test]
fn every_example_compiles_for_every_default_shape() {
    let examples = examples();
    assert!(examples.len() >= 5);
    for (name, text) in &examples {
        let mandate = Mandate::parse(name, text).unwrap_or_else(|e| panic!("{e}"));
        for shape in ["s256", "m1024", "l4096"] {
            let shape = Shape::by_name(shape).unwrap();
            let compiled =
                compile(&mandate, mandate.model, shape).unwrap_or_else(|e| panic!("{}: {e}", shape.name));
            if let Err(findings) = mandate_checker::check_rules(&compiled.part) {
                panic!("{name} on {}: {}", shape.name, findings[0]);
            }
            assert_eq!(compiled.part.rules.len(), mandate.rules.len());
            assert!(compiled.part.rules.iter().all(|r| !r.rows.is_empty()));
            assert_eq!(compiled.part.source, mandate.digest());
            for row in &compiled.rows {
                assert!(dump(&compiled).contains(&row.text), "{name}: every row is in the dump");
            }
        }
        assert_eq!(compile_smallest(&mandate, mandate.model).unwrap().shape.name, "s256", "{name}");
        let words = explain(&mandate, None).unwrap();
        for rule in &mandate.rules {
            assert!(words.contains(&format!("{}: {}", rule.id, rule.text)), "{name}: {}", rule.id);
        }
    }
}

/// The text of one explanation is kept, so that a change of wording or of rows is seen.
#[test]
fn the_words_and_rows_of_one_example_are_pinned() {
    let (name, text) = examples().into_iter().find(|(n, _)| n == "leverage-concentration.toml").unwrap();
    let mandate = Mandate::parse(&name, &text).unwrap();
    let compiled = compile_smallest(&mandate, mandate.model).unwrap();
    let found = format!("{}\n{}", explain(&mandate, None).unwrap(), dump(&compiled));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pinned/leverage-concentration.txt");
    if std::env::var_os("MANDATE_PIN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &found).unwrap();
    }
    let pinned = std::fs::read_to_string(&path).unwrap();
    assert_eq!(found, pinned, "run with MANDATE_PIN=1 to keep the new text, and say why in the change log");
}
