"""Folders and files that may not be written or read."""

import json
import os
import shutil
import subprocess

from .commands import TINY
from .contents import files, prepare
from .findings import add_row, expect, expect_refusal, left_out


NOBODY = 65534


def as_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def check_permissions(bench, all_cases):
    if os.getuid() != 0:
        left_out.append("permissions as another user (needs root)")
        return
    readable = subprocess.run([bench.program, "--version"], preexec_fn=as_nobody, capture_output=True, cwd="/")
    if readable.returncode != 0:
        left_out.append("permissions: another user cannot run the program where it lies")
        return
    tried = 0
    for name in ["pretrain", "hessian", "report", "frequency", "weights", "reconstruct", "plot", "reproduce"]:
        case = all_cases[name]
        for kind in ["read-only folder", "read-only files"]:
            if kind == "read-only files" and not case.old:
                continue
            folder = prepare(bench, case, "permissions")
            before = files(folder)
            for path in folder.rglob("*"):
                path.chmod(0o444)
            folder.chmod(0o555 if kind == "read-only folder" else 0o777)
            outcome = bench.run(case.arguments, folder, prepare=as_nobody)
            tried += 1
            expect_refusal(outcome, f"{kind}, {name}", "ermission", "cannot be made")
            expect(files(folder) == before, f"{kind}, {name}: something changed")
            expect("batch" not in outcome.stdout, f"{kind}, {name}: it computed before it looked")
    # A run folder that became read-only.
    folder = bench.new("permissions")
    bench.good(all_cases["pretrain"].arguments + ["--epochs", "2"], folder)
    before = files(folder)
    outcome = bench.run(["pretrain", "-o", "run", "--resume"], folder, prepare=as_nobody)
    expect_refusal(outcome, "read-only run folder", "run")
    expect(files(folder) == before, "read-only run folder: something changed")
    add_row(("read-only output folder, read-only files", tried + 1, "every command that writes, as another user",
                 "refused at once with path and reason, nothing changed"))

    folder = bench.new("unreadable")
    folder.chmod(0o777)
    shutil.copytree(bench.folder / "inputs" / "images", folder / "images")
    bad = sorted((folder / "images").iterdir())[3]
    bad.chmod(0)
    checkpoint = str(bench.folder / "inputs" / "run" / "epoch_6.safetensors")
    tried = 0
    for name, arguments in [
            ("frequency", ["frequency", checkpoint, "--images", "images", "-o", "f.png"]),
            ("reconstruct", ["reconstruct", checkpoint, "--images", "images", "-o", "p.png", "--count", "12"]),
            ("hessian", ["hessian", checkpoint, "--images", "images", "--batches", "6", "--batch-size", "2", "--top", "1",
                         "--solver", "lanczos", "-o", "h.png"]),
            ("pretrain", [word for word in ["pretrain", "-o", "run", "--images", "images"] + TINY[4:]])]:
        outcome = bench.run(arguments, folder, prepare=as_nobody)
        tried += 1
        expect(outcome.returncode == 0 and bad.name in outcome.stderr and "Permission denied" in outcome.stderr,
               f"unreadable image, {name}: status {outcome.returncode}, says {outcome.stderr[-300:]}")
        if name == "frequency":
            skipped = json.loads((folder / "f.json").read_text())["images"].get("skipped", [])
            expect(any(bad.name in reason for reason in skipped), "unreadable image: the JSON does not name it")
    sub = folder / "images" / "sub"
    sub.mkdir()
    sub.chmod(0)
    outcome = bench.run(["frequency", checkpoint, "--images", "images", "-o", "g.png"], folder, prepare=as_nobody)
    expect_refusal(outcome, "unreadable sub-folder", "sub: ", "sub")
    sub.chmod(0o755)
    for path in (folder / "images").glob("*.*"):
        path.chmod(0)
    outcome = bench.run(["frequency", checkpoint, "--images", "images", "-o", "g.png"], folder, prepare=as_nobody)
    expect_refusal(outcome, "no readable image", "leaves-", "images")
    expect(not (folder / "g.png").exists(), "no readable image: a figure was written")
    add_row(("unreadable file in an image folder", tried + 2, "one image, a sub-folder, all images",
                 "one: named, skipped, counted in the JSON; a sub-folder, all: refused by name"))

    folder = bench.new("unreadable-run")
    folder.chmod(0o777)
    shutil.copytree(bench.folder / "inputs" / "run", folder / "run")
    command = ["weights", "--over-training", "run", "-o", "w.png"]
    for name in ["epoch_5.safetensors", "scalars.jsonl", "config.json"]:
        (folder / "run" / name).chmod(0)
        outcome = bench.run(command, folder, prepare=as_nobody)
        expect(name in outcome.stderr, f"unreadable {name} in a run: status {outcome.returncode}, says {outcome.stderr[-300:]}")
        (folder / "run" / name).chmod(0o644)
    (folder / "run").chmod(0)
    expect_refusal(bench.run(command, folder, prepare=as_nobody), "unreadable run folder", "run")
    add_row(("unreadable file in a run folder", 4, "a checkpoint, the log, the recipe, the folder",
                 "named; what can be read is drawn, a folder that cannot is refused"))
