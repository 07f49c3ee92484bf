#!/bin/sh
# Every row of the failure table in docs/chain.md names a test, and every test that the page names exists.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$here/../..
doc=$root/docs/chain.md
table=$(sed -n '/<!-- failures -->/,/<!-- end -->/p' "$doc" | grep '^|' | sed '1,2d')
rows=$(printf '%s\n' "$table" | grep -c '^|' || true)
if [ "$rows" -lt 20 ]; then
  echo "check-doc: the failure table of docs/chain.md has $rows rows; is it still there?" >&2
  exit 1
fi
status=0
printf '%s\n' "$table" | grep -vE '`(rust::)?[a-z][a-z0-9_]*_[a-z0-9_]+`' >&2 && {
  echo "check-doc: these rows of docs/chain.md name no test" >&2
  status=1
}
for name in $(grep -oE '`(test|invariant|check)_[A-Za-z0-9_]+`' "$doc" | tr -d '`' | sort -u); do
  grep -rqE "function $name\(" "$root/contracts/test" "$root/contracts/halmos" || {
    echo "check-doc: docs/chain.md names \`$name\`, and no contract test has that name" >&2
    status=1
  }
done
for name in $(grep -oE '`rust::[A-Za-z0-9_]+`' "$doc" | tr -d '`' | sed 's/^rust:://' | sort -u); do
  grep -rqE "fn $name\(" "$root/crates" --include '*.rs' || {
    echo "check-doc: docs/chain.md names \`rust::$name\`, and no Rust test has that name" >&2
    status=1
  }
done
[ "$status" -eq 0 ] && echo "check-doc: $rows failure classes, each with tests that exist" >&2
exit "$status"
