//! One program for all targets; `MANDATE_FUZZ_TARGET` says which. Built by `run.sh` it is libFuzzer; built as usual it runs
//! the files that it is given through the target, so that a finding is repeated without any of that.
#![cfg_attr(mandate_fuzz, no_main)]
#![cfg_attr(mandate_fuzz, allow(unsafe_code))]

use mandate_fuzz::{TARGETS, Target};
use std::sync::OnceLock;

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

#[cfg(mandate_fuzz)]
libfuzzer_sys::fuzz_target!(init: { mandate_fuzz::fixtures::world(); }, |data: &[u8]| {
    (chosen().run)(data);
});

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
    for path in std::env::args().skip(1) {
        let accepted = (chosen().run)(&std::fs::read(&path)?);
        println!("{path}: {}", if accepted { "accepted" } else { "refused" });
    }
    Ok(())
}
