#!/usr/bin/env python3
"""Runs the program with OpenBLAS as Debian 11, 12 and 13 have it, in each of its builds, and with each kernel.

    check_kernels.py PROGRAM FOLDER [--releases bullseye,bookworm,trixie]

The packages are downloaded with apt, which checks their signatures, from the mirrors of this machine's own sources, and unpacked below
FOLDER; nothing is installed. The program finds them by LD_LIBRARY_PATH. Of a release whose OpenBLAS needs a newer C library than this
machine has, the C library is taken, too, and the program started by its loader. What an older release lacks is this machine's, because a
program that was built here would not start there.

For each release (pthread, serial and OpenMP build) it looks at

- the kernel that OpenBLAS chooses by itself, and the one that the program chooses;
- `selftest`: the program's kernel multiplies right, a small model agrees with double precision;
- OPENBLAS_CORETYPE naming each of Prescott, Nehalem, Sandybridge, Haswell, Zen and SkylakeX that the processor can run: it wins, and
  the model still agrees; the others are passed over with a word;
- a processor whose model number this OpenBLAS does not know (kernels/unknown_model.c passes on to it, with Prescott's kernel as its
  choice): the program still takes the best kernel;
- processor time that loading and checking the kernel takes, on a known and on an unknown model, the least of some runs.

Needs Linux on x86-64, apt-get, dpkg, a C compiler. Prints a table; the status is 1 where something is not as it should be.
"""
import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RELEASES = {"bullseye": "Debian 11", "bookworm": "Debian 12", "trixie": "Debian 13"}
BUILDS = ["pthread", "serial", "openmp"]
LIBRARIES = "usr/lib/x86_64-linux-gnu"
#: Each kernel with the flag of /proc/cpuinfo that it needs.
KERNELS = {"Prescott": "pni", "Nehalem": "sse4_2", "Sandybridge": "avx", "Haswell": "avx2", "Zen": "avx2", "SkylakeX": "avx512vl"}
#: Runs of which the quickest counts.
RUNS = 5


class Release:
    """The packages of one release, unpacked."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder / name
        self.needs_its_libc = False

    def fetch(self):
        state = self.folder / "apt"
        for part in ["lists/partial", "cache/archives/partial", "etc"]:
            (state / part).mkdir(parents=True, exist_ok=True)
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        (state / "etc/sources.list").write_text(f"deb [signed-by={keyring}] {mirror()} {self.name} main\n")
        settings = {"Dir::State::lists": state / "lists", "Dir::Cache": state / "cache", "Dir::Etc::sourcelist": state / "etc/sources.list",
                    "Dir::Etc::sourceparts": "/dev/null", "Dir::State::status": "/dev/null", "Acquire::Languages": "none",
                    "APT::Sandbox::User": "root"}
        apt = ["apt-get", "-qq"] + [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        packages = [f"libopenblas0-{build}" for build in BUILDS] + ["libgfortran5", "libgomp1", "libquadmath0", "libgcc-s1", "libc6"]
        debs = state / "packages"
        debs.mkdir(exist_ok=True)
        if len(list(debs.glob("*.deb"))) < len(packages):
            subprocess.run(apt + ["update"], check=True)
            subprocess.run(apt + ["download"] + packages, check=True, cwd=debs)
        for package in packages:
            [deb] = debs.glob(f"{package}_*.deb")
            place = self.folder / (package if "openblas" in package or package == "libc6" else "common")
            subprocess.run(["dpkg", "-x", deb, place], check=True)
        needed = subprocess.run(["readelf", "-V", self.library("pthread")], capture_output=True, text=True, check=True).stdout
        newest = max(tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_(\d+\.\d+)", needed))
        self.needs_its_libc = newest > tuple(map(int, os.confstr("CS_GNU_LIBC_VERSION").split()[1].split(".")))
        return self

    def library(self, build):
        return self.folder / f"libopenblas0-{build}" / LIBRARIES / f"openblas-{build}" / "libopenblas.so.0"

    def command(self, program, build, first=None):
        """How to start the program so that it finds this build, behind what lies in the folder `first`."""
        paths = [str(first)] if first else []
        paths += [str(self.library(build).parent), str(self.folder / "common" / LIBRARIES)]
        loader = self.folder / "libc6/usr/lib64/ld-linux-x86-64.so.2"
        if self.needs_its_libc:
            paths.insert(0, str(self.folder / "libc6" / LIBRARIES))
            # The program itself: started by a loader it would look for its data beside that.
            return [str(loader), "--library-path", ":".join(paths), str(program)], {}
        return [str(program)], {"LD_LIBRARY_PATH": ":".join(paths)}


def mirror():
    """Where this machine's own packages of Debian are from."""
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], capture_output=True, text=True)
    found = [uri for uri in listed.stdout.split() if re.search(r"/debian/?$", uri)]
    return found[0] if found else "http://deb.debian.org/debian"


def run(command, variables, place):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OPENBLAS_", "LD_"))} | variables
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=place)


def own_choice(release, build, place):
    """The kernel that OpenBLAS itself chooses, asked by a program of one line."""
    source, program = place / "ask.c", place / "ask"
    if not program.exists():
        source.write_text('#include <dlfcn.h>\n#include <stdio.h>\nint main(void) {\n'
                          '  char *(*name)(void) = dlsym(dlopen("libopenblas.so.0", RTLD_NOW), "openblas_get_corename");\n'
                          '  puts(name());\n}\n')
        subprocess.run(["cc", source, "-o", program, "-ldl"], check=True)
    command, variables = release.command(program, build)
    return run(command, variables, place).stdout.strip()


class Findings:
    def __init__(self):
        self.wrong = []

    def expect(self, condition, what):
        if not condition:
            self.wrong.append(what)
        return "ok" if condition else "WRONG"


def selftest(release, build, program, place, extra=None, first=None):
    command, variables = release.command(program, build, first)
    outcome = run(command + ["selftest", "--json", "-"], variables | (extra or {}), place)
    try:
        result = json.loads(outcome.stdout)
    except ValueError:
        return {"kernel": f"none ({outcome.stderr.strip()[:200]})", "checks": [{"name": "spectra", "passed": False}]}
    return result


def is_right(result):
    return all(check["passed"] for check in result["checks"] if check["name"] in ("spectra", "derivatives"))


def loading(results):
    """Milliseconds of processor time to load and check a kernel."""
    return min(1e3 * result.get("speed", {}).get("loading", float("nan")) for result in results)


def look(release, build, program, place, standing_in, findings):
    flags = set(re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.M).group(1).split())
    where = f"{RELEASES[release.name]} {build}"
    own = own_choice(release, build, place)
    tries = [selftest(release, build, program, place) for _ in range(RUNS)]
    plain = tries[0]
    right = findings.expect(is_right(plain), f"{where}: {plain}")
    named = []
    for kernel, flag in KERNELS.items():
        result = selftest(release, build, program, place, {"OPENBLAS_CORETYPE": kernel})
        runs = flag in flags
        good = is_right(result) and ((result["kernel"] == kernel) == runs)
        findings.expect(good, f"{where}: OPENBLAS_CORETYPE={kernel} ran {result['kernel']}")
        named.append(kernel if good and runs else f"({kernel})" if good else f"WRONG {kernel}")
    others = [selftest(release, build, program, place, first=standing_in(release.library(build))) for _ in range(RUNS)]
    unknown = others[0]
    findings.expect(is_right(unknown) and instructions(unknown) == instructions(plain),
                    f"{where}: of an unknown model {unknown['kernel']}, not {plain['kernel']}")
    speed = plain.get("speed", {})
    print(f"{RELEASES[release.name]:10} {build:8} {own:12} {plain['kernel']:12} {right:6} {unknown['kernel']:12} "
          f"{loading(tries):6.1f} {loading(others):6.1f}   {speed.get('product', 0):5.0f} of {speed.get('registers', 0):5.0f}   {' '.join(named)}", flush=True)


def instructions(result):
    return result.get("speed", {}).get("instructions")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--releases", default=",".join(RELEASES))
    options = parser.parse_args()
    program, folder = options.program.resolve(), options.folder.resolve()
    place = folder / "work"
    place.mkdir(parents=True, exist_ok=True)

    def standing_in(library):
        target = folder / "unknown" / library.parent.parent.parent.parent.parent.name / library.parent.name
        target.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wl,-soname,libopenblas.so.0", f'-DINSTALLED="{library}"',
                        HERE / "kernels/unknown_model.c", "-o", target / "libopenblas.so.0", "-ldl"], check=True)
        return target

    findings = Findings()
    print(f"{'release':10} {'build':8} {'OpenBLAS':12} {'program':12} {'right':6} {'unknown':12} {'ms':>6} {'ms':>6}   {'GFLOP/s a core':14}   named")
    for name in options.releases.split(","):
        release = Release(name, folder).fetch()
        for build in BUILDS:
            look(release, build, program, place, standing_in, findings)
    print("OpenBLAS: its own choice; unknown: the program's on a model number that OpenBLAS does not know; ms: processor time of loading and\n"
          "checking, for the one and for the other; (kernel): cannot run here, and was passed over with a word.")
    for finding in findings.wrong:
        print(f"WRONG: {finding}", file=sys.stderr)
    sys.exit(1 if findings.wrong else 0)


if __name__ == "__main__":
    main()
