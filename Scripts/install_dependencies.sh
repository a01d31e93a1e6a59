#!/usr/bin/env bash
# Installs the Debian packages that are missing; says and does nothing when all are there.
#
#   Scripts/install_dependencies.sh           what building and running need
#   Scripts/install_dependencies.sh report    what looking at a report in a browser needs beside it
#   Scripts/install_dependencies.sh faults    what killing at a system call and moving the clock need beside it
#   Scripts/install_dependencies.sh kernels   what running with other releases' OpenBLAS needs beside it
#   Scripts/install_dependencies.sh mpi       what building and running with MPI needs beside it: any MPI whose mpicc (or $MPICC)
#                                             is there already, else Open MPI
#   Scripts/install_dependencies.sh check-mpi what looking at jobs of several ranks needs beside that
set -euo pipefail

# Debian package, and the pkg-config module by which the build finds it.
libraries=(
  libfftw3-dev:fftw3f
  libopenblas-dev:openblas
  libpng-dev:libpng
  libcairo2-dev:cairo
  libturbojpeg0-dev:libturbojpeg
  libwebp-dev:libwebp
  libzip-dev:libzip
  libssl-dev:libcrypto
)

missing=()
command -v pkg-config >/dev/null || missing+=(pkg-config)
for entry in "${libraries[@]}"; do
  pkg-config --exists "${entry#*:}" 2>/dev/null || missing+=("${entry%%:*}")
done
# Figures are lettered in DejaVu Sans, which cairo finds through fontconfig.
command -v fc-match >/dev/null || missing+=(fontconfig)
case "$(fc-match 'DejaVu Sans' 2>/dev/null)" in
  DejaVuSans*) ;;
  *) missing+=(fonts-dejavu-core) ;;
esac
if [ "${1:-}" = report ]; then
  command -v python3 >/dev/null || missing+=(python3)
  # Any Chromium does; the one without windows is the smallest.
  browser=
  for name in "${CHROMIUM:-}" chromium-headless-shell chrome-headless-shell chromium google-chrome; do
    [ -z "$name" ] || ! command -v "$name" >/dev/null || browser=$name
  done
  [ -n "$browser" ] || missing+=(chromium-headless-shell)
fi
if [ "${1:-}" = faults ]; then
  for program in python3 strace faketime; do command -v "$program" >/dev/null || missing+=("$program"); done
fi
if [ "${1:-}" = kernels ]; then
  for entry in python3:python3 cc:gcc readelf:binutils; do
    command -v "${entry%%:*}" >/dev/null || missing+=("${entry#*:}")
  done
fi
if [ "${1:-}" = check-mpi ]; then
  # ip and unshare make two machines of one.
  for entry in python3:python3 ip:iproute2 unshare:util-linux hostname:hostname; do
    command -v "${entry%%:*}" >/dev/null || missing+=("${entry#*:}")
  done
fi
if [ "${1:-}" = mpi ] || [ "${1:-}" = check-mpi ]; then
  command -v "${MPICC:-mpicc}" >/dev/null || missing+=(libopenmpi-dev openmpi-bin)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "Missing: ${missing[*]} (Debian names). This system has no apt-get:" >&2
  echo "install the same libraries with their headers by its own package manager, then run this again." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing: ${missing[*]}. There is no sudo; run this as root:" >&2
    echo "  apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
