#!/bin/sh
# A test run that cannot fail proves nothing: forge must exit non-zero on the one test that fails on purpose.
set -u
here=$(dirname "$0")
output=$(FOUNDRY_PROFILE=selfcheck "$here/forge" test 2>&1)
status=$?
case "$output" in
*"1 failed"*) ;;
*)
  printf '%s\n' "$output" >&2
  echo "self-check: the failing test did not run" >&2
  exit 1
  ;;
esac
if [ "$status" -eq 0 ]; then
  echo "self-check: forge exited 0 on a failing test; is it an npm wrapper instead of the native binary?" >&2
  exit 1
fi
echo "self-check: a failing test exits $status" >&2
