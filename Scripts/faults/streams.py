"""Signals, and standard streams that are closed."""

import os
import signal
import subprocess
import time

from .contents import expect_result, expect_whole, files, is_draft, prepare, same
from .findings import add_row, expect, left_out


def check_signals(bench, all_cases):
    tried = 0
    for name in ["pretrain", "hessian", "report", "reproduce"]:
        case = all_cases[name]
        if not case.reference:
            left_out.append(f"signals to {name} (add it to --only)")
            continue
        for number in [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]:
            for _ in range(1 if name == "reproduce" else 3):
                folder = prepare(bench, case, "signal")
                before = files(folder)
                process = bench.start(case.arguments, folder, stdout=subprocess.DEVNULL)
                time.sleep(bench.random.uniform(0.1, 0.9) * min(case.seconds, 20))
                process.send_signal(number)
                errors = process.communicate()[1]
                label = f"{number.name}, {name}"
                expect(process.returncode in (0, -number), f"{label}: status {process.returncode}: {errors[-300:]}")
                after = files(folder)
                expect_whole(case, before, after, label)
                expect(not any(map(is_draft, after)), f"{label}: a draft is left")
                tried += 1
                if name != "reproduce":
                    bench.good(case.resumed(folder), folder)
                    expect_result(case, folder, label)
    add_row(("SIGTERM, SIGINT, SIGHUP", tried, "at random moments of `pretrain`, `hessian`, `report`, where it is asked for `reproduce`",
                 "ended by that signal, no draft, old files whole, resumed to the undisturbed result"))

    tried = 0
    inputs = bench.folder / "inputs"
    checkpoint = str(inputs / "run" / "epoch_6.safetensors")
    folder = bench.new("streams")
    for arguments in [["describe", checkpoint], ["describe", checkpoint, "--json", "-"],
                      ["frequency", checkpoint, "--count", "4", "--json", "-", "-q"], ["weights", checkpoint, "-q"]]:
        reader, writer = os.pipe()
        process = bench.start(arguments, folder, stdout=writer)
        os.close(writer)
        os.close(reader)
        errors = process.communicate()[1]
        tried += 1
        expect(process.returncode == -signal.SIGPIPE and "Error" not in errors,
               f"SIGPIPE, {arguments[0]}: status {process.returncode}, says {errors[-300:]}")
        expect(not any(map(is_draft, files(folder))), f"SIGPIPE, {arguments[0]}: a draft is left")
    # Progress that nobody reads any more ends no run.
    case = all_cases["pretrain"]
    folder = prepare(bench, case, "streams")
    reader, writer = os.pipe()
    process = bench.start(case.arguments, folder, stdout=subprocess.DEVNULL, stderr=writer)
    os.close(writer)
    os.close(reader)
    expect(process.wait() == 0, f"standard error that nobody reads ended pretrain: {process.returncode}")
    expect_result(case, folder, "standard error that nobody reads")
    add_row(("a reader that has seen enough (as `head -1`)", tried + 1, "standard output; standard error of `pretrain`",
                 "ended by SIGPIPE without a word or a draft; standard error: the run goes on to its end"))

    tried = 0
    for closed in [(0,), (0, 1), (0, 1, 2)]:
        for name in ["pretrain", "hessian", "report"]:
            case = all_cases[name]
            folder = prepare(bench, case, "closed")
            process = subprocess.Popen(
                [bench.program, *case.arguments], cwd=folder, env=bench.environment,
                preexec_fn=lambda: [os.close(descriptor) for descriptor in closed],
                stdout=None if 1 in closed else subprocess.DEVNULL, stderr=None if 2 in closed else subprocess.DEVNULL)
            status = process.wait()
            tried += 1
            # The table of hessian has nowhere to go then: the files are written, and the status says it.
            expected = 1 if name == "hessian" and 1 in closed else 0
            expect(status == expected, f"descriptors {closed} closed, {name}: status {status}")
            found = files(folder)
            found.pop("h.json.partial", None)
            for file, data in case.reference.items():
                expect(file in found and same(file, found[file], data), f"descriptors {closed} closed, {name}: {file}")
    add_row(("standard input, output, error closed", tried, "`pretrain`, `hessian`, `report`",
                 "files as undisturbed; a table that could not be printed is status 1"))
