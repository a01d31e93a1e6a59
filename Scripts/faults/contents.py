"""What is in a folder, whether each file is whole, and whether it equals another."""

import csv
import io
import json
import re
import shutil
import struct
import zlib

from .findings import expect, problem


# What depends on the clock, and the command line, which says --resume.
TIMES = {"seconds", "primalSeconds", "checkSeconds", "arguments"}


def files(folder):
    """Every file below a folder with its bytes, but for locks; a draft that goes while it is looked at is none."""
    found = {}
    for path in sorted(folder.rglob("*")):
        try:
            if path.is_file() and path.name != ".lock":
                found[str(path.relative_to(folder))] = path.read_bytes()
        except FileNotFoundError:
            continue
    return found


def is_draft(name):
    name = name.rpartition("/")[2]
    return name.startswith(".mff-inspect-") and name.endswith(".partial")


def strip(value):
    if isinstance(value, dict):
        return {key: strip(inner) for key, inner in value.items() if key not in TIMES}
    return [strip(inner) for inner in value] if isinstance(value, list) else value


def log_lines(data):
    """The lines of a log without the speed; the second value is the half line at the end."""
    whole, _, rest = data.rpartition(b"\n")
    lines = [json.loads(line) for line in whole.split(b"\n") if line]
    for line in lines:
        line.pop("images_per_second", None)
    return lines, rest


def flaw(name, data):
    """What keeps a file from being complete; None for nothing."""
    try:
        if name.endswith(".json"):
            json.loads(data)
        elif name.endswith(".jsonl"):
            _, rest = log_lines(data)
            return "ends in half a line" if rest else None
        elif name.endswith(".json.partial"):
            lines = data.split(b"\n")
            for line in lines[:-1]:
                json.loads(line)
        elif name.endswith(".safetensors"):
            size = struct.unpack("<Q", data[:8])[0]
            header = json.loads(data[8:8 + size])
            end = max(entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__")
            return None if 8 + size + end == len(data) else "is cut off"
        elif name.endswith(".png"):
            return png_flaw(data)
        elif name.endswith(".html"):
            return None if data.rstrip().endswith(b"</html>") else "has no end"
        elif name.endswith(".csv"):
            return None if data.endswith(b"\n") else "has no end"
        return None
    except (ValueError, KeyError, struct.error) as error:
        return str(error)


def png_flaw(data):
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return "is no PNG"
    position, kind = 8, b""
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position:position + 8])
        body = data[position + 4:position + 8 + length]
        if struct.unpack(">I", data[position + 8 + length:position + 12 + length])[0] != zlib.crc32(body):
            return "has a damaged chunk"
        position += 12 + length
    return None if kind == b"IEND" else "has no end"


def same(name, data, reference):
    """Whether a file is the undisturbed run's, but for what depends on the clock."""
    if data == reference:
        return True
    if name.endswith(".jsonl"):
        return log_lines(data)[0] == log_lines(reference)[0]
    if name.endswith("origins.json"):
        # Digests of logs, which tell the speed.
        return json.loads(data).keys() == json.loads(reference).keys()
    if name.endswith(".json"):
        return strip(json.loads(data)) == strip(json.loads(reference))
    if name.endswith(".png"):
        return png_picture(data) == png_picture(reference)
    if name.endswith(".csv"):
        return timeless_table(data) == timeless_table(reference)
    if name.endswith(".html"):
        # Its numbers are those of the JSON beside it, seconds among them.
        return re.findall(rb'id="[^"]*"|<h\d[^>]*>[^<]*', data) == re.findall(rb'id="[^"]*"|<h\d[^>]*>[^<]*', reference)
    return False


def png_picture(data):
    """The chunks that are seen; texts tell the command line."""
    chunks, position = [], 8
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position:position + 8])
        if kind not in (b"tEXt", b"zTXt", b"iTXt"):
            chunks.append(data[position:position + 12 + length])
        position += 12 + length
    return chunks


def timeless_table(data):
    rows = list(csv.reader(io.StringIO(data.decode())))
    kept = [i for i, name in enumerate(rows[0]) if name not in TIMES]
    return [[row[i] for i in kept if i < len(row)] for row in rows]


def expect_result(case, folder, label):
    """Everything as after an undisturbed run, and nothing else."""
    found = files(folder)
    found.pop("notes.txt", None)
    names = set(case.reference)
    expect(set(found) == names, f"{label}: files {sorted(set(found) ^ names)} are missing or too many")
    for name in names & set(found):
        expect(same(name, found[name], case.reference[name]), f"{label}: {name} is not that of an undisturbed run")
        if reason := flaw(name, found[name]):
            problem(f"{label}: {name} {reason}")


def expect_whole(case, before, after, label):
    """After a fault: what was there is the same or a complete newer version."""
    for name, data in after.items():
        if is_draft(name) or before.get(name) == data:
            continue
        if name == "notes.txt":
            problem(f"{label}: a file that is none of ours changed")
        if reason := flaw(name, data):
            problem(f"{label}: {name} {reason}")
            continue
        final = case.reference.get(name)
        # These have other versions on the way.
        growing = name.endswith((".jsonl", ".json.partial", "origins.json")) or "state/" in name
        if final is not None and not growing:
            expect(same(name, data, final), f"{label}: {name} is neither the old nor the new version")
        elif name.endswith(".jsonl") and final is not None:
            expect(log_lines(data)[0] == log_lines(final)[0][:len(log_lines(data)[0])], f"{label}: {name} tells otherwise")
    for name in before:
        if is_draft(name) or name in after:
            continue
        if name.endswith(".json.partial"):
            expect(name[:-8] in after, f"{label}: {name} is lost")
        else:
            problem(f"{label}: {name} is lost")


def prepare(bench, case, name):
    """A folder with an earlier result and a file that is none of ours."""
    folder = bench.new(name)
    if case.old:
        earlier = bench.folder / f"earlier-{case.name}"
        if not earlier.exists():
            bench.good(case.old, bench.new(earlier.name))
        shutil.copytree(earlier, folder, dirs_exist_ok=True)
    (folder / "notes.txt").write_text("mine\n")
    return folder
