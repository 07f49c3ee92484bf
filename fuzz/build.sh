# Sourced: builds the fuzzer and sets `program`, `out`, `all` and `longest_of`.

if ! command -v "${CXX:-c++}" >/dev/null; then
  echo "fuzz: a C++ compiler is needed (c++, or the one that CXX names)" >&2
  exit 2
fi

out=${MANDATE_FUZZ_DIR:-target/fuzz}
host=$(rustc -vV | sed -n 's/^host: //p')
# Only what reads untrusted bytes is measured, by the wrapper; field arithmetic is not, and stays fast.
RUSTC_WRAPPER="$PWD/fuzz/measure.sh" CARGO_TARGET_DIR="$out/build" RUSTFLAGS="--cfg mandate_fuzz" \
  cargo build --release --locked --target "$host" -p mandate-fuzz --bin fuzz
program="$out/build/$host/release/fuzz"

# The list of targets is that of the program: one line for each target's struct.
structs=$(tr -d '\n' <fuzz/src/targets/mod.rs | grep -oE 'Target \{ *name: "[^}]*\}')
mapfile -t all < <(grep -oE '^Target \{ *name: "[a-z-]+' <<<"$structs" | cut -d'"' -f2)

longest_of() {
  local longest
  longest=$(grep -F "name: \"$1\"" <<<"$structs" | grep -oE 'longest: [0-9_]+' | tr -cd 0-9)
  if [ -z "$longest" ]; then
    echo "fuzz: no target \`$1\`; targets are ${all[*]}" >&2
    exit 2
  fi
  echo "$longest"
}
