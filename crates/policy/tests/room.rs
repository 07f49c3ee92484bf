//! What the largest wide shape has room for, and that it takes all of it.

use mandate_policy::{Mandate, compile};
use mandate_statement::{Family, RowRef, Shape};

fn file(rules: &[&str]) -> String {
    let mut out = String::from("risk_model = \"stress-40/1\"\nmin_nav = \"1 USD\"\n");
    for (i, rule) in rules.iter().enumerate() {
        out.push_str(&format!("[[rule]]\nid = \"r-{i}\"\ntext = \"rule {i}\"\nholds = '{rule}'\n"));
    }
    out
}

/// Rows of the book that the rules take, or what they want for.
fn rows(rules: &[&str], shape: Shape) -> Result<usize, String> {
    // A handful of shapes, kept for as long as the test runs.
    let shape: &'static Shape = Box::leak(Box::new(shape));
    let mandate = Mandate::parse("m.toml", &file(rules)).unwrap_or_else(|e| panic!("{e}"));
    let compiled = compile(&mandate, mandate.model, shape).map_err(|e| e.to_string())?;
    let row = |index| RowRef { family: Family::Global, index };
    let taken = |row| {
        let (local, global) = compiled.part.row(shape, row);
        local.iter().chain(global).any(|c| *c != 0)
    };
    Ok((0..u16::try_from(shape.global_rows).expect("few")).filter(|i| taken(row(*i))).count())
}

/// Forty scenarios that all differ: a tail mean over all of them, and two limits that so many may exceed, have their room; with
/// one row or one bit fewer than they need, they do not.
#[test]
fn tails_and_counts_over_forty_scenarios_fit() {
    let o2048 = *Shape::by_name("o2048").expect("a default shape");
    let tail = ["shortfall(10%, scenarios, all) <= 20% * nav", "gross(all) <= 3 * nav"];
    let counts = ["exceed(2, scenarios, all) <= 20% * nav", "exceed(5, scenarios, all) <= 10% * nav"];
    for (rules, witnesses, bits) in [(tail, 22, 0), (counts, 0, 80)] {
        let taken = rows(&rules, o2048).unwrap_or_else(|e| panic!("{e}"));
        assert!(taken > 80 && taken <= o2048.global_rows, "{taken} rows");
        let exact = Shape { global_rows: taken, global_witnesses: witnesses, global_bits: bits, ..o2048 };
        assert_eq!(rows(&rules, exact), Ok(taken));
        for short in [
            Shape { global_rows: taken - 1, ..exact },
            Shape {
                global_witnesses: witnesses.saturating_sub(1),
                global_bits: bits.saturating_sub(1),
                ..exact
            },
        ] {
            assert!(rows(&rules, short).is_err(), "{rules:?} on {short:?}");
        }
    }
}
