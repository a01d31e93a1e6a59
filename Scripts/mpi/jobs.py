"""The programs under test, how jobs are started, and how one of their processes is taken away."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

from .findings import expect

#: A job that cannot go on ends within this.
SECONDS = 10
RANKS = (1, 2, 4)
#: Open MPI: as root, more ranks than cores, none bound to a core, and one that waits leaves its core to those that work; other
#: libraries pass these by.
ENVIRONMENT = {
    **os.environ,
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none", "OMPI_MCA_mpi_yield_when_idle": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe", "PRTE_MCA_hwloc_default_binding_policy": "none",
}


class Bench:
    def __init__(self, options):
        self.program, self.plain = str(options.program.resolve()), str(options.plain.resolve())
        self.mpirun, self.folder = options.mpirun, options.folder.resolve()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.fixtures = pathlib.Path(__file__).resolve().parent.parent.parent / "Fixtures"

    def place(self, name):
        folder = self.folder / name.replace(" ", "-")
        folder.mkdir()
        return folder

    def run(self, command, limit=120, folder=None):
        """The finished process; what goes on beyond the limit is ended and counts as status None."""
        start = time.monotonic()
        command = [str(part) for part in command]
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=limit, cwd=folder)
        except subprocess.TimeoutExpired as error:
            done = subprocess.CompletedProcess(command, None, str(error.stdout), str(error.stderr))
        done.seconds = time.monotonic() - start
        return done

    def ranks(self, count, *arguments):
        return [self.mpirun, "-n", str(count), self.program, *map(str, arguments)]

    def labelled(self, label, *arguments):
        """The command line of the plain build, of the build with MPI by itself, or of a number of ranks."""
        if isinstance(label, int):
            return self.ranks(label, *arguments)
        return [self.plain if label == "plain" else self.program, *map(str, arguments)]

    def differing(self, *commands):
        """A job whose ranks were given different command lines."""
        parts = [part for c in commands for part in (":", "-n", "1", self.program, *map(str, c))]
        return [self.mpirun, *parts[1:]]


def spoken(done, text):
    """In how many lines something was said."""
    return sum(text in line for line in (done.stderr + done.stdout).splitlines())


def contents(folder):
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def failed(name, done, *words, seconds=None):
    """The job ended in time, with a status, with words."""
    seconds = done.seconds if seconds is None else seconds
    expect(done.returncode not in (0, None), f"{name}: status {done.returncode}")
    expect(seconds < SECONDS, f"{name}: took {seconds:.1f} s to end")
    for word in words:
        expect(word in done.stderr + done.stdout, f"{name}: does not say {word!r}: {done.stderr}")
    print(f"  {name}: status {done.returncode} after {seconds:.1f} s", flush=True)


def ended(name, done, folder, *words, before=None, seconds=None):
    """The same, without touching a file."""
    failed(name, done, *words, seconds=seconds)
    files = contents(folder)
    expect(files == (before or {}), f"{name}: left {sorted(files)}")


def rank_processes(launcher):
    """The processes below the launcher that are ranks, by rank."""
    parents, ranks = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        process = int(entry.name)
        try:
            parents[process] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        rank = rank_of(process)
        if rank is not None:
            ranks[process] = rank

    def is_below(process):
        while process in parents and process != launcher:
            process = parents[process]
        return process == launcher

    return {rank: process for process, rank in ranks.items() if is_below(process)}


def rank_of(process):
    """Which rank a process is; None for one that is none."""
    try:
        variables = dict(
            v.split(b"=", 1) for v in pathlib.Path(f"/proc/{process}/environ").read_bytes().split(b"\0") if b"=" in v)
        return int(variables.get(b"OMPI_COMM_WORLD_RANK", variables.get(b"PMI_RANK")))
    except (OSError, TypeError, ValueError):
        return None


def lives(process):
    """Whether a process runs; one that is over and not yet taken note of has no program."""
    return pathlib.Path(f"/proc/{process}/exe").exists()


def strike(bench, name, command, ready, victims, number=signal.SIGKILL, find=rank_processes, count=3, folder=None):
    """Starts a job, waits until it is ready and sends some of its processes a signal.

    `ready` is asked with what was said so far; `victims` is given the launcher's process and those of the ranks and says whom
    the signal is for; `find` finds the ranks. Returns the process as it ended and the seconds that took, or None where it was
    over before.
    """
    log = bench.folder / f"{name.replace(' ', '-').replace('/', '-')}.log"
    with log.open("w") as stream:
        job = subprocess.Popen([str(part) for part in command], stdout=stream, stderr=stream, env=ENVIRONMENT, cwd=folder)
        deadline = time.monotonic() + 60
        while not ready(log.read_text()) and job.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        ranks = find(job.pid)
        expect(sorted(ranks) == list(range(count)), f"{name}: the ranks running are {sorted(ranks)}")
        struck = [process for process in victims(job.pid, ranks) if process]
        if not expect(struck and job.poll() is None, f"{name}: the job was over too early: {log.read_text()}"):
            job.kill()
            job.wait()
            return None
        for process in struck:
            os.kill(process, number)
        start = time.monotonic()
        try:
            job.wait(60)
        except subprocess.TimeoutExpired:
            job.kill()
            job.wait()
        seconds = time.monotonic() - start
        # A launcher may return a moment before the last rank is gone.
        left, start = [r for r in ranks if lives(ranks[r])], time.monotonic()
        while left and time.monotonic() - start < SECONDS:
            time.sleep(0.1)
            left = [r for r in left if lives(ranks[r])]
    expect(not left, f"{name}: ranks {left} still run")
    return subprocess.CompletedProcess(command, job.returncode, "", log.read_text()), seconds
