//! Every prover in Rust gives the reference's verdicts on lawful and unlawful books. `run.py --verdicts` asks the same of the others.

use mandate_peers::ours;
use mandate_peers::statement::{Case, Size};

#[test]
fn this_project_takes_the_lawful_books_and_no_others() {
    let size = Size::new(64, 16).unwrap();
    let (prover, verifier) = ours::pair(&Case::lawful(size)).unwrap();
    for scenarios in [4, 16] {
        for (name, case) in Case::examples(Size::new(64, scenarios).unwrap()) {
            let got = ours::verdict(&prover, &verifier, &case).unwrap();
            assert_eq!(got, case.verdict().is_ok(), "{scenarios} scenarios: {name}");
        }
    }
}
