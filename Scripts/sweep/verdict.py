"""Runs the program on a checkpoint and says what it made of it."""

import json
import re
import subprocess

from sweep import truth

# What golden cases keep, and what the program promises. A coefficient near zero enlarges rounding in one layer alone,
# for the library as for us; an error of a block reaches the layers after it.
TOLERANCE, PROMISE, TIMES_SINGLE = 2e-5, 2e-4, 5


def run(binary, checkpoint, folder, options=()):
    images = folder / "images.safetensors"
    command = [binary, "frequency", str(checkpoint), "--images", str(images), "--json", "-", "--threads", "1", *options]
    return subprocess.run(["nice", "-n", "15", *command], capture_output=True, text=True, cwd=folder, timeout=300)


def sentence(done, folder):
    """The program's last sentence; paths begin at the model's folder."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return lines[-1].replace(f"{folder}/", "") if lines else ""


def is_right(expected, model):
    """(whether a result is the library's, its largest difference)."""
    largest, only_one = truth.differences(expected, model)
    beyond = [k for k, v in largest.items() if v > max(TOLERANCE, TIMES_SINGLE * expected[k]["single"])]
    right = not any(layer.isdecimal() for layer in only_one) and len(beyond) < 2
    return right and all(largest[k] < PROMISE for k in beyond) and bool(largest), max(largest.values(), default=0.0)


def judge(binary, checkpoint, folder, expected, facts, options=()):
    """The verdict on a checkpoint, given what the library computes (or why there is nothing to compare with).

    A dictionary whose `verdict` is one of

    right; refused (`message`); assumed (`assumed`: with the options that it names, the result is right, or refused where
    the option is --config); wrong in silence (`off`, or why nothing that comes out can be right); no reference; failed.
    """
    done = run(binary, checkpoint, folder, options)
    if done.returncode == 1:
        return {"verdict": "refused", "message": sentence(done, folder)[:400]}
    if done.returncode != 0:
        return {"verdict": "failed", "message": f"status {done.returncode}: {sentence(done, folder)[:300]}"}
    result = json.loads(done.stdout)
    assumed = [
        {k: str(a.get(k)) for k in ("what", "value", "option")}
        for a in result.get("assumed", result["models"][0].get("assumed", []))
    ]
    if isinstance(expected, Exception):
        return {
            "verdict": "no reference",
            "message": f"{type(expected).__name__}: {expected}"[:200],
            "assumed": assumed,
        }
    if isinstance(expected, str):
        return {"verdict": "wrong in silence", "message": f"computed, though {expected}", "assumed": assumed}
    right, off = is_right(expected, result["models"][0])
    found = {"off": off} | ({"assumed": assumed} if assumed else {})
    named = set(re.findall(r"--[a-z-]+", " ".join(a["option"] for a in assumed)))
    unprinted = [option for option in named if option not in done.stderr]
    if right and not unprinted:
        return {"verdict": "assumed" if assumed else "right"} | found
    if named and not unprinted:
        told = [word for option in sorted(named & set(facts)) for word in (option, facts[option])]
        again = run(binary, checkpoint, folder, (*options, *told))
        if told and again.returncode == 0 and is_right(expected, json.loads(again.stdout)["models"][0])[0]:
            return {"verdict": "assumed"} | found
        # What was assumed is not so, and cannot be computed: the library's own configuration must then be refused.
        config = folder / "hub/config.json"
        if "--config" in named and config.exists():
            again = run(binary, checkpoint, folder, (*options, "--config", str(config)))
            if again.returncode == 1:
                return {"verdict": "assumed"} | found | {"message": sentence(again, folder)[:400]}
    return {"verdict": "wrong in silence"} | found | ({"unprinted": unprinted} if unprinted else {})
