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

# The program knows its targets and how long their inputs are.
declare -A longest=()
all=()
while read -r name bytes; do
  all+=("$name")
  longest[$name]=$bytes
done < <("$program" --list)
if [ ${#all[@]} -eq 0 ]; then
  echo "fuzz: the fuzzer names no target" >&2
  exit 2
fi

# The limit on memory bites, or a run without findings says nothing of it.
allocates() { ("$program" --allocate "$1") >/dev/null 2>&1; }
if ! allocates $((16 << 20)) || allocates $(((16 << 20) + 1)); then
  echo "fuzz: the limit of 16 MiB on a request for memory does not hold" >&2
  exit 2
fi

longest_of() {
  if [ -z "${longest[$1]:-}" ]; then
    echo "fuzz: no target \`$1\`; targets are ${all[*]}" >&2
    exit 2
  fi
  echo "${longest[$1]}"
}
