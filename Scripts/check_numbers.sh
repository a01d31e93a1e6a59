#!/usr/bin/env bash
# The numeric tests, the long comparisons among them, under several of OpenBLAS' kernels: numbers must not hang on the order in which
# one of them sums.
#
#   Scripts/check_numbers.sh [FLAGS OF SWIFT...]
#
# Environment: SWIFT; KERNELS: names as OPENBLAS_CORETYPE takes them, `all` for each that this processor can run, `unset` for a run
# with the kernel that is chosen when nobody says one. Without it the best that this processor can run, and Prescott, whose order of
# summation is least like it and which OpenBLAS takes for processors that it does not know.
#
# What a run says is kept in .build-tests/numbers. A run fails with its tests, when another kernel computed than the one asked for, and
# when one of the modules below had no test.
set -euo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
modules=(TensorsTests VisionTransformersTests SpectraTests HessianTests PretrainingTests DiagnosticsTests)
logs=.build-tests/numbers

# Whether this processor has all of these features, by their names in /proc/cpuinfo.
has() {
  local feature
  for feature in "$@"; do grep -m 1 '^flags' /proc/cpuinfo | grep -qw "$feature" || return 1; done
}

# Best first.
possible=()
if [ "$(uname -m)" = x86_64 ]; then
  ! has avx512f avx512cd avx512dq avx512bw avx512vl || possible+=(SkylakeX)
  if has avx2 fma; then
    if grep -q AuthenticAMD /proc/cpuinfo; then possible+=(Zen Haswell); else possible+=(Haswell Zen); fi
  fi
  ! has sse4_2 || possible+=(Nehalem)
  ! has pni || possible+=(Prescott)
else
  # Kernels of other processors bear other names: KERNELS gives them.
  possible=(unset)
fi
kernels=(${KERNELS:-"${possible[0]}" "${possible[-1]}"})
[ "${kernels[*]}" != all ] || kernels=("${possible[@]}")
# The same twice where a processor can run one only.
[ ${#kernels[@]} -ne 2 ] || [ "${kernels[0]}" != "${kernels[1]}" ] || kernels=("${kernels[0]}")

fail() {
  echo "check-numbers: $1" >&2
  exit 1
}

# The failures among what a run of the tests said, or its end.
show() {
  grep -E '^error:|recorded an issue|failed after|Fatal error|Crash' "$1" >&2 || tail -n 40 "$1" >&2
}

mkdir -p "$logs"
command=("$swift" test -c release --scratch-path .build-tests "$@")
echo "check-numbers: building the tests"
"${command[@]}" --filter '^nothing$' >"$logs/build.txt" 2>&1 || { cat "$logs/build.txt" >&2; fail "the tests do not build"; }

selection="^($(IFS='|'; echo "${modules[*]}"))[.]"
for kernel in "${kernels[@]}"; do
  began=$SECONDS
  log=$logs/$kernel.txt results=$logs/$kernel
  rm -f "$results"*.xml
  # OpenBLAS says its kernel when it is loaded.
  settings=(OPENBLAS_VERBOSE=2)
  [ "$kernel" = unset ] || settings+=(OPENBLAS_CORETYPE="$kernel")
  echo "check-numbers: $kernel, all that is said goes to $log"
  env -u OPENBLAS_CORETYPE "${settings[@]}" "${command[@]}" --skip-build --filter "$selection" \
    --xunit-output "$results.xml" >"$log" 2>&1 || { show "$log"; fail "failed with the kernel $kernel, see $log"; }
  ran=$(sed -n 's/^Core: *//p' "$log" | sort -u | tr '\n' ' ')
  [ "$kernel" = unset ] || [ "$ran" = "$kernel " ] \
    || fail "$kernel was asked for, and OpenBLAS computed with: ${ran:-what it does not say; KERNELS=unset runs with what it has}"
  # A file for each testing library.
  tests=$(cat "$results"*.xml)
  for module in "${modules[@]}"; do
    grep -q "classname=\"$module[.]" <<<"$tests" || fail "no test of $module ran, see $log"
  done
  grep -q 'classname="[A-Za-z]*[.][A-Za-z]*LongTests' <<<"$tests" || fail "no long comparison ran, see $log"
  echo "check-numbers: $kernel${ran:+ (OpenBLAS: ${ran% })}: $(grep -c '<testcase ' <<<"$tests") tests passed in $((SECONDS - began)) s"
done
