//! One program for all targets; `MANDATE_FUZZ_TARGET` says which. Built by `run.sh` it is libFuzzer; built as usual it runs
//! the files that it is given through the target, so that a finding is repeated without any of that. `--list` prints every
//! target and its longest input, one per line.
#![cfg_attr(mandate_fuzz, no_main)]
#![cfg_attr(mandate_fuzz, allow(unsafe_code))]

use mandate_fuzz::{TARGETS, Target};
use std::sync::OnceLock;

#[cfg(mandate_fuzz)]
#[path = "fuzz/memory.rs"]
mod memory;

fn chosen() -> &'static Target {
    static CHOSEN: OnceLock<&'static Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("MANDATE_FUZZ_TARGET").unwrap_or_default();
        mandate_fuzz::target(&name).unwrap_or_else(|| {
            let names: Vec<&str> = TARGETS.iter().map(|t| t.name).collect();
            panic!("MANDATE_FUZZ_TARGET is `{name}`; wanted one of {}", names.join(", "))
        })
    })
}

#[allow(clippy::print_stdout)]
fn list() {
    for target in TARGETS {
        println!("{} {}", target.name, target.longest);
    }
}

#[cfg(mandate_fuzz)]
libfuzzer_sys::fuzz_target!(init: { start(); }, |data: &[u8]| {
    (chosen().run)(data);
});

/// Before libFuzzer looks at its arguments: those that are this program's own.
#[cfg(mandate_fuzz)]
fn start() {
    let own: Vec<String> = std::env::args().skip(1).collect();
    match own.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => {
            list();
            std::process::exit(0);
        }
        // Does the limit bite? `build.sh` asks, before it trusts a run without findings.
        ["--allocate", bytes] => {
            let bytes = bytes.parse().expect("a number of bytes");
            std::hint::black_box(Vec::<u8>::with_capacity(std::hint::black_box(bytes)));
            std::process::exit(0);
        }
        _ => {}
    }
    chosen();
    mandate_fuzz::fixtures::world();
}

// Header bytes are made right before reading: mutating them says nothing, but for once in sixteen times.
#[cfg(mandate_fuzz)]
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let header = chosen().header;
    if header == 0 || size <= header || seed % 16 == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    header + libfuzzer_sys::fuzzer_mutate(&mut data[header..], size - header, max_size - header)
});

#[cfg(not(mandate_fuzz))]
#[allow(clippy::print_stdout)]
fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == ["--list"] {
        list();
        return Ok(());
    }
    for path in arguments {
        let accepted = (chosen().run)(&std::fs::read(&path)?);
        println!("{path}: {}", if accepted { "accepted" } else { "refused" });
    }
    Ok(())
}
