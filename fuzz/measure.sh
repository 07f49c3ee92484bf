#!/usr/bin/env bash
# A compiler wrapper: adds coverage counters to the crates whose branches a fuzzer should see, and leaves all others alone.
# Build scripts and macros are built without `--target`, and never measured.
case " $* " in
  *" --target "*)
    case " $* " in
      # Counts rows again for the targets; reads nothing itself.
      *" --crate-name mandate_soundness "*) ;;
      *" --crate-name mandate_"* | *" --crate-name toml"* | *" --crate-name csv"* | *" --crate-name serde_json "* | \
        *" --crate-name bincode "* | *" --crate-name fuzz "* | *" --crate-name ark_serialize "*)
        exec "$@" -Ccodegen-units=1 -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
          -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
          -Cllvm-args=-sanitizer-coverage-trace-compares
        ;;
    esac
    ;;
esac
exec "$@"
