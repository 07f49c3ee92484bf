//! `make pins`: writes the pinned artefacts, with `--quick` those that need no key of a large shape. `make pins-check` (`--check`) compares instead, key and stored
//! proof of the largest shape included.

use mandate_soundness::pins;
use mandate_statement::SHAPES;
use std::process::ExitCode;

#[allow(clippy::print_stderr)] // a program for people
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = pins::folder();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--write"] | ["--write", "--quick"] => match pins::write(&folder, arguments.len() == 1) {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => {
                eprintln!("{}: {e}", folder.display());
                ExitCode::from(2)
            }
        },
        ["--check"] => {
            let mut drift = pins::drift(&folder, &pins::current(true));
            drift.extend(SHAPES.iter().filter_map(|shape| pins::verify_stored(&folder, shape.name).err()));
            let transparent = pins::STORED_TRANSPARENT.iter();
            drift.extend(
                transparent.filter_map(|shape| pins::verify_stored_transparent(&folder, shape).err()),
            );
            drift.iter().for_each(|line| eprintln!("{line}"));
            if drift.is_empty() {
                return ExitCode::SUCCESS;
            }
            eprintln!("{}", pins::HOW);
            ExitCode::FAILURE
        }
        _ => {
            eprintln!("usage: pins --write [--quick] | --check");
            ExitCode::from(2)
        }
    }
}
