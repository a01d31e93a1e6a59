"""Ranks that die in the midst of `frequency`: all others end, and earlier results stay."""

import signal
import time

from .jobs import contents, ended, strike


def check_kills(bench):
    before = {"f.json": b"as it was", "f.png": b"as it was, too"}
    for victim, number in ((1, signal.SIGKILL), (0, signal.SIGKILL), (2, signal.SIGTERM), ("mpirun", signal.SIGTERM)):
        name = f"{signal.Signals(number).name} to {'rank ' if victim != 'mpirun' else ''}{victim}"
        folder = bench.place(name)
        for file, content in before.items():
            (folder / file).write_bytes(content)
        # Four times the tokens: long enough to be hit in the midst.
        command = bench.ranks(3, "frequency", "--threads", 1, "--count", 160, "--batch-size", 2, "--image-size", 112,
                              "-o", folder / "f.png")

        def victims(launcher, ranks):
            time.sleep(0.5)
            return [launcher if victim == "mpirun" else ranks.get(victim)]

        # Said right before the first forward pass.
        struck = strike(bench, name, command, lambda said: said.count("images resized") >= 2, victims, number)
        if struck is not None:
            ended(name, struck[0], folder, before=before, seconds=struck[1])
