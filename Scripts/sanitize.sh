#!/usr/bin/env bash
# Runs the tests under a sanitizer, and under it every program that they start; fails when a test fails or anything is reported.
#
#   Scripts/sanitize.sh thread                          data races
#   Scripts/sanitize.sh address                         memory errors and leaks
#   Scripts/sanitize.sh thread --filter TensorsTests    some of the tests
set -euo pipefail
cd "$(dirname "$0")/.."
kind=$1
shift
scratch=$PWD/.build-sanitize-$kind
reports=$scratch/reports
rm -rf "$reports"
mkdir -p "$reports"

# Reports go to files: many tests read what a program says, or only whether it fails. The status is one that the program never has.
common=log_path=$reports/report:exitcode=99
# Only XCTest itself would leak; there are no tests of that kind.
arguments=(-c release --scratch-path "$scratch" --sanitize="$kind" --disable-xctest)
case $kind in
  thread)
    # The one that came with Swift: others do not know Swift's calling convention.
    clang -O2 -Wall -Werror -fPIC -c Scripts/sanitizers/mutex_order.c -o "$scratch/mutex_order.o"
    arguments+=(-Xlinker "$scratch/mutex_order.o")
    export TSAN_OPTIONS=$common
    ;;
  address)
    export ASAN_OPTIONS=$common:detect_leaks=1
    export LSAN_OPTIONS=suppressions=$PWD/Scripts/sanitizers/leaks.supp:print_suppressions=0
    ;;
  *)
    echo "sanitize: no sanitizer is called $kind; use thread or address" >&2
    exit 64
    ;;
esac

status=0
"${SWIFT:-swift}" test "${arguments[@]}" "$@" || status=$?
if [ -n "$(ls "$reports")" ]; then
  cat "$reports"/*
  echo "sanitize: the $kind sanitizer reported the above, in $(ls "$reports" | wc -l) processes" >&2
  exit 1
fi
exit "$status"
