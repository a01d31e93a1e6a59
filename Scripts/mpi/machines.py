"""Two ranks that share nothing but the file system and a wire: network namespaces of this machine, each with a name of its own.

What the ranks say to each other passes a pair of virtual network cards, as TCP, and is counted there. The addresses are those for
tests of networks (RFC 2544); nobody outside the two namespaces sees them. They are removed at the end.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time

from .eigenvalues import QUICK, batches, data, finished, near, result, timeless
from .findings import expect, leave_out
from .jobs import contents, ended, failed, lives, rank_of, strike
from .spectra import numbers

CARD = "mff0"
ADDRESSES = ("198.18.0.1", "198.18.0.2")
#: Gives the processes that follow a name of their own for the machine.
NAMED = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"']


class NotPermitted(Exception):
    pass


def tool(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise NotPermitted(f"{' '.join(command[:4])}: {reason}")
    return done.stdout


class Machines:
    """The two, and how a job is started on them."""

    def __init__(self, bench):
        self.bench = bench
        self.names = [f"mff-{os.getpid()}-{number}" for number in (0, 1)]
        self.agent = bench.folder / "agent"

    def make(self):
        for program in ("ip", "unshare", "hostname"):
            if not shutil.which(program):
                raise NotPermitted(f"{program} is not installed (Debian: iproute2, util-linux, hostname)")
        version = subprocess.run([self.bench.mpirun, "--version"], capture_output=True, text=True).stdout
        if "(Open MPI) 4." not in version:
            raise NotPermitted("this check knows the options of Open MPI 4 alone")
        for name in self.names:
            tool("ip", "netns", "add", name)
        first, second = self.names
        tool("ip", "-n", first, "link", "add", CARD, "type", "veth", "peer", "name", CARD, "netns", second)
        for name, address in zip(self.names, ADDRESSES):
            tool("ip", "-n", name, "addr", "add", f"{address}/30", "dev", CARD)
            for card in ("lo", CARD):
                tool("ip", "-n", name, "link", "set", card, "up")
            tool("ip", "netns", "exec", name, *NAMED, name, "true")
        # The launcher calls this where it would call ssh: a host, then a command line for its shell.
        self.agent.write_text(
            f"#!/bin/sh\nshift\n"
            f"exec ip netns exec {second} unshare --uts sh -c 'hostname {second} && exec sh -c \"$*\"' sh \"$@\"\n")
        self.agent.chmod(0o755)

    def processes(self, *numbers):
        """All processes on these machines; on both unless told."""
        found = []
        for number in numbers or (0, 1):
            done = subprocess.run(["ip", "netns", "pids", self.names[number]], capture_output=True, text=True)
            found += map(int, done.stdout.split())
        return found

    def remove(self):
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    def job(self, *command_lines):
        """A rank on each machine; both have the one command line, or each its own."""
        start = ["ip", "netns", "exec", self.names[0], *NAMED, self.names[0], self.bench.mpirun]
        # Neither shared memory nor another card.
        for name, value in [("plm_rsh_agent", self.agent), ("pml", "ob1"), ("btl", "tcp,self"), ("btl_tcp_if_include", CARD),
                            ("oob_tcp_if_include", CARD)]:
            start += ["--mca", name, str(value)]
        both = [f"{address}:1" for address in ADDRESSES]
        if len(command_lines) == 1:
            return [*start, "--host", ",".join(both), "-n", "2", self.bench.program, *map(str, command_lines[0])]
        parts = [part for host, line in zip(both, command_lines)
                 for part in (":", "--host", host, "-n", "1", self.bench.program, *map(str, line))]
        return [*start, *parts[1:]]

    def ranks(self, _):
        """The process of each rank."""
        found = {rank_of(process): process for process in self.processes()}
        return {rank: process for rank, process in found.items() if rank is not None}

    def sent(self):
        """Bytes that have passed the wire, to the second machine and from it, headers of packets included."""
        card, = json.loads(tool("ip", "-n", self.names[0], "-s", "-j", "link", "show", CARD))
        return card["stats64"]["tx"]["bytes"], card["stats64"]["rx"]["bytes"]


def check_machines(bench):
    machines = Machines(bench)
    try:
        try:
            machines.make()
        except NotPermitted as reason:
            leave_out(f"two machines: not permitted here: skipped ({reason})")
            return
        check_names(bench, machines)
        check_equal(bench, machines)
        check_deaths(bench, machines)
    finally:
        machines.remove()


def check_names(bench, machines):
    """Each rank has a machine to itself: the name in its messages, and the memory that it counts on."""
    folder = bench.place("two machines, refused")
    good = [bench.fixtures / "ckpt.bin", "--threads", 1, "-o", folder / "f.png"]
    done = bench.run(machines.job(["frequency", *good], ["frequency", bench.folder / "missing.bin", *good[1:]]), 60)
    ended("a checkpoint that the second machine lacks", done, folder, f"rank 1 of 2, on {machines.names[1]}")
    # More vectors than any memory holds: the refusal says what a rank may use of its machine's, half where two share one.
    huge = ["hessian", *data(bench), *QUICK, "--basis", 10**8, "--batches", 1, "-o", folder / "h.png"]
    free = {}
    for name, command in [("one rank", bench.ranks(1, *huge)), ("two ranks of a machine", bench.ranks(2, *huge)),
                          ("two machines", machines.job(huge))]:
        done = bench.run(command, 60)
        ended(f"too little memory, {name}", done, folder, "GB free")
        found = re.search(r"has ([0-9.]+) GB free", done.stderr)
        free[name] = float(found[1]) if found else 0
    expect(free["two ranks of a machine"] < 0.7 * free["one rank"] < free["two machines"],
           f"memory that a rank counts on, in GB: {free}")


def check_equal(bench, machines):
    cases = {
        "frequency": ["frequency", *data(bench), "--threads", 1, "--count", 9, "--batch-size", 2, "-o", "f.png"],
        "hessian": ["hessian", *data(bench), *QUICK, "--batches", 5, "-o", "h.png"],
        "hessian, images": ["hessian", *data(bench), *QUICK, "--batches", 2, "--divide", "images", "-o", "h.png"],
    }
    for name, options in cases.items():
        found, before = {}, machines.sent()
        for label, command in [("one", bench.labelled("plain", *options)), ("two", machines.job(options))]:
            folder = bench.place(f"two machines, {name}, {label}")
            done = bench.run(command, 60, folder=folder)
            if not expect(done.returncode == 0, f"{name}, {label} machines: status {done.returncode}: {done.stderr}"):
                return
            found[label] = numbers(folder) if name == "frequency" else result(folder)
        there, back = (after - earlier for after, earlier in zip(machines.sent(), before))
        if name == "hessian, images":
            least = 0
            for one, other in zip(batches(found["one"]), batches(found["two"]), strict=True):
                for a, b in zip(one["eigenvalues"], other["eigenvalues"], strict=True):
                    # Products that differ by some ε of ‖H‖ move values, and the steps to them, by some ε.
                    expect(near(a["value"], b["value"], 1e-5), f"two machines: {b['value']} instead of {a['value']}")
                least += other["products"] * 4 * found["two"]["models"][0]["parameters"]
            # v goes there with each product, and the second machine's part of H·v comes back.
            expect(there >= least and back >= least,
                   f"two machines: {there} and {back} bytes passed the wire, not {least} each way")
        else:
            expect(timeless(found["two"]) == timeless(found["one"]), f"two machines: {name} has other numbers than one process")
            # Records of nine images, or of the batches.
            expect(there > 0 and back > 1000, f"two machines: {there} and {back} bytes passed the wire")
        print(f"  {name}: compared; over the wire {there / 1e6:.2f} MB there, {back / 1e6:.2f} MB back", flush=True)


def check_deaths(bench, machines):
    options = ["hessian", *data(bench), *QUICK, "--tolerance", 1e-6, "--top", 5, "--batches", 24, "-o", "h.png"]
    before = {"h.json": b"as it was", "h.png": b"as it was, too"}
    for name, divide, victims in [
        ("kill -9 of the rank on the second machine", "batches", lambda launcher, ranks: [ranks.get(1)]),
        ("kill -9 of the rank on the second machine, images", "images", lambda launcher, ranks: [ranks.get(1)]),
        ("kill -9 of all that runs on the second machine", "images", lambda launcher, ranks: machines.processes(1)),
    ]:
        folder = bench.place(name)
        for file, content in before.items():
            (folder / file).write_bytes(content)
        journal = folder / "h.json.partial"
        struck = strike(bench, name, machines.job([*options, "--divide", divide]), lambda said: finished(journal), victims,
                        find=machines.ranks, count=2, folder=folder)
        if struck is None:
            continue
        failed(name, struck[0], seconds=struck[1])
        files = contents(folder)
        expect(sorted(files) == ["h.json", "h.json.partial", "h.png"], f"{name}: left {sorted(files)}")
        expect(all(files.get(file) == content for file, content in before.items()), f"{name}: an earlier result has changed")
        expect(0 < len(finished(journal)) < 24, f"{name}: the journal holds {len(finished(journal))} of 24 batches")
        left, start = machines.processes(), time.monotonic()
        while left and time.monotonic() - start < 5:
            time.sleep(0.1)
            left = [process for process in machines.processes() if lives(process)]
        expect(not left, f"{name}: processes {left} still run")
