#!/usr/bin/env bash
# Prints what a build with MPI passes to `swift build`: where mpi.h and the library are.
#
#   Scripts/mpi_flags.sh [MPICC]
#
# Asks the compiler wrapper, not pkg-config: every MPI has one, it is on the path whenever mpirun is, and it knows `-show`. A module of
# pkg-config that both Open MPI and MPICH provide exists on Debian alone (mpi; mpi-c is Open MPI's only), and SwiftPM would look for it
# in builds without MPI, too.
set -euo pipefail

wrapper=${1:-mpicc}
words=$("$wrapper" -show) || {
  echo "$wrapper: not found, or it does not know -show; install an MPI with its headers, or name its wrapper: make mpi MPICC=..." >&2
  exit 1
}
flags=()
for word in $words; do
  case "$word" in
    -I*) flags+=(-Xcc "$word") ;;
    -L* | -l*) flags+=(-Xlinker "$word") ;;
    -Wl,*)
      IFS=, read -ra parts <<<"${word#-Wl,}"
      for part in "${parts[@]}"; do flags+=(-Xlinker "$part"); done
      ;;
  esac
done
echo "${flags[*]}"
