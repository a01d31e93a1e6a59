"""A clock that is moved while a command runs, or between its stop and its resumption."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

from .commands import wait_until
from .contents import expect_result, prepare
from .findings import add_row, expect, left_out


def check_clock(bench, all_cases):
    if not shutil.which("faketime"):
        left_out.append("the clock (faketime is missing; Debian: faketime)")
        return
    dial = bench.folder / "clock"

    def turn(offset):
        draft = dial.with_suffix(".new")
        draft.write_text(offset + "\n")
        draft.rename(dial)

    # The monotonic clocks stay: nobody can move them. What the dial says counts, not what the wrapper was told.
    def start(command, folder, **streams):
        environment = {**bench.environment, "FAKETIME_TIMESTAMP_FILE": str(dial), "FAKETIME_NO_CACHE": "1"}
        return subprocess.Popen(
            ["faketime", "-m", "--exclude-monotonic", "-f", "+0", "env", "-u", "FAKETIME", *command], cwd=folder,
            env=environment, stdin=subprocess.DEVNULL, text=True, start_new_session=True,
            **{"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **streams})

    def end(process):
        """The program is the wrapper's child, and the wrapper's memory stays when it is killed."""
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        for path in pathlib.Path("/dev/shm").glob(f"*faketime_*_{process.pid}"):
            path.unlink()

    # The check checks something.
    turn("-400d")
    seconds = start(["date", "+%s"], bench.folder, stdout=subprocess.PIPE).communicate()[0]
    expect(abs(float(seconds) + 400 * 86400 - time.time()) < 100, "clock: libfaketime does not move it")
    tried = 0
    for name in ["pretrain", "hessian", "report"]:
        case = all_cases[name]
        # Moved while it runs.
        folder = prepare(bench, case, "clock-run")
        process = start([bench.program, *case.arguments], folder)
        stop = threading.Event()

        def dance():
            while not stop.wait(0.02):
                turn(bench.random.choice(["-1d", "+1d", "+0", "-1h", "+3d"]))

        dancer = threading.Thread(target=dance)
        dancer.start()
        errors = process.communicate()[1]
        stop.set()
        dancer.join()
        tried += 1
        expect(process.returncode == 0, f"clock moved, {name}: {errors[-300:]}")
        expect_result(case, folder, f"clock moved, {name}")
        expect_times(folder, f"clock moved, {name}")
        expect(not re.search(r"-\d+ (s|min|h|images/s)", errors), f"clock moved, {name}: it says {errors[-300:]}")
        # Moved between stop and resume: back, and the other time forward.
        for first, second in [("+1d", "-1d"), ("-1d", "+1d")]:
            folder = prepare(bench, case, "clock-resume")
            turn(first)
            process = start([bench.program, *case.arguments], folder)
            time.sleep(case.seconds * 0.6)
            end(process)
            turn(second)
            process = start([bench.program, *case.resumed(folder)], folder)
            errors = process.communicate()[1]
            expect(process.returncode == 0, f"clock moved between kill and resume, {name}: {errors[-300:]}")
            tried += 1
            expect_result(case, folder, f"clock moved between kill and resume, {name}")
            expect_times(folder, f"clock moved between kill and resume, {name}")
    # A log that grows although its time goes back is drawn again.
    folder = bench.new("clock-follow")
    shutil.copytree(bench.folder / "inputs" / "run", folder / "run")
    log = folder / "run" / "scalars.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:10]))
    process = bench.start(["weights", "--over-training", "run", "--follow", "-o", "w.png"], folder,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    points = lambda: len(json.loads((folder / "w.json").read_text())["runs"][0]["points"]) if (folder / "w.json").exists() else 0
    wait_until(lambda: points() > 0, 30)
    few = points()
    log.write_bytes(b"".join(lines))
    os.utime(log, (time.time() - 86400, time.time() - 86400))
    expect(wait_until(lambda: points() > few, 30), "--follow does not see a log whose time went back")
    process.terminate()
    process.wait()
    add_row(("clock moved by hours and days", tried + 1, "while it runs; between kill and resume; a followed log",
                 "no duration below 0, the undisturbed result"))



def expect_times(folder, label):
    def walk(value, key=""):
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, name)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, key)
        elif "econds" in key:
            expect(0 <= value < 3600, f"{label}: {key} is {value}")
    for path in folder.rglob("*.json"):
        walk(json.loads(path.read_text()))
    for path in folder.rglob("scalars.jsonl"):
        for line in path.read_text().splitlines():
            speed = json.loads(line).get("images_per_second", 1)
            expect(0 < speed < 1e9, f"{label}: {speed} images a second")
