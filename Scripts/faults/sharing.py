"""Two runs in one folder, and files that are taken away meanwhile."""

import shutil
import signal
import subprocess
import time

from .commands import wait_until
from .contents import expect_result, files, is_draft, prepare
from .findings import add_row, expect, expect_refusal, left_out


def check_two_runs(bench, all_cases):
    for name, seen, words in [("pretrain", "run/scalars.jsonl", "another process works in this folder"),
                              ("hessian", "h.json.partial", "another process writes it"),
                              ("reproduce", "out/scale.txt", "another process works in this folder")]:
        case = all_cases[name]
        # The undisturbed run takes minutes; it is there when `reproduce` is killed, too.
        if not case.reference:
            left_out.append(f"two runs of {name} (add it to --only)")
            continue
        folder = prepare(bench, case, "two")
        first = bench.start(case.arguments, folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        expect(wait_until(lambda: (folder / seen).exists(), 60), f"two runs, {name}: the first did not begin")
        # Stopped, so that it surely has the folder while the others try.
        first.send_signal(signal.SIGSTOP)
        before = files(folder)
        tries = [case.arguments, case.resumed(folder)] if name != "reproduce" else [case.arguments]
        for arguments in tries:
            expect_refusal(bench.run(arguments, folder), f"two runs, {name}", words)
        expect(files(folder) == before, f"two runs, {name}: the second changed something")
        first.send_signal(signal.SIGCONT)
        expect(first.wait() == 0, f"two runs, {name}: the first failed")
        expect_result(case, folder, f"two runs, {name}")
        add_row((f"two runs of `{name}`", len(tries), "the second while the first is at work",
                     "refused with the path, nothing changed; the first ends undisturbed"))
    for name in ["report", "frequency", "weights"]:
        case = all_cases[name]
        folder = prepare(bench, case, "two")
        runs = [bench.start(case.arguments, folder, stdout=subprocess.DEVNULL) for _ in range(4)]
        for run in runs:
            errors = run.communicate()[1]
            expect(run.returncode == 0, f"four runs of {name}: {errors[-300:]}")
        expect_result(case, folder, f"four runs of {name}")
    add_row(("four runs of `report`, `frequency`, `weights` at once", 12, "all write the same files",
                 "harmless: each file is one run's, whole"))


def check_taken_away(bench, all_cases):
    """A folder stands where a file shall be, or the output's folder goes, while the command computes."""
    for name, target in [("hessian", "h.png"), ("report", "r.html"), ("pretrain", "run/epoch_6.safetensors")]:
        case = all_cases[name]
        folder = prepare(bench, case, "taken")
        process = bench.start(case.arguments, folder, stdout=subprocess.PIPE)
        seen = folder / {"hessian": "h.json.partial", "pretrain": "run/epoch_1.safetensors"}.get(name, "notes.txt")
        wait_until(seen.exists, 30)
        if name == "report":
            time.sleep(case.seconds * 0.4)
        process.send_signal(signal.SIGSTOP)
        kept = folder / "kept"
        if (folder / target).exists():
            (folder / target).rename(kept)
        (folder / target).mkdir()
        process.send_signal(signal.SIGCONT)
        output, errors = process.communicate()
        expect_refusal(subprocess.CompletedProcess([], process.returncode, output, errors),
                       f"a folder in the place of {target}", "it is a folder")
        expect(not any(map(is_draft, files(folder))), f"a folder in the place of {target}: a draft is left")
        (folder / target).rmdir()
        if kept.exists():
            kept.rename(folder / target)
        bench.good(case.resumed(folder), folder)
        expect_result(case, folder, f"after a folder in the place of {target}")
    add_row(("output file replaced by a folder meanwhile", 3, "`hessian`, `report`, `pretrain`",
                 "refused by name; without the folder the same command goes on to the undisturbed result"))
    for name in ["hessian", "report", "frequency"]:
        case = all_cases[name]
        folder = bench.new("taken")
        process = bench.start(case.arguments, folder)
        if name == "hessian":
            wait_until((folder / "h.json.partial").exists, 30)
        else:
            time.sleep(case.seconds * 0.4)
        process.send_signal(signal.SIGSTOP)
        gone = bench.folder / "gone"
        if gone.exists():
            shutil.rmtree(gone)
        shutil.rmtree(folder)
        process.send_signal(signal.SIGCONT)
        output, errors = process.communicate()
        expect_refusal(subprocess.CompletedProcess([], process.returncode, output, errors),
                       f"folder removed, {name}", "its folder does not exist", "cannot be written")
    add_row(("output folder removed meanwhile", 3, "`hessian`, `report`, `frequency`", "refused by name, status 1"))
