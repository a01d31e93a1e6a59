"""What the checks found: problems, and the rows of the table."""

problems, rows, left_out = [], [], []


def problem(text):
    problems.append(text)
    print("  WRONG:", text, flush=True)


def add_row(row):
    """A line of the table; what is wrong since the last line is of this one."""
    new = len(problems) - add_row.known
    add_row.known = len(problems)
    if new:
        row = (*row[:-1], f"WRONG in {new} ways; it should be: {row[-1]}")
    rows.append(row)
    print("  " + ": ".join(map(str, row)), flush=True)


add_row.known = 0


def expect(condition, text):
    if not condition:
        problem(text)
    return bool(condition)


def expect_refusal(outcome, label, *words):
    last = outcome.stderr.strip().split("\n")[-1]
    expect(outcome.returncode == 1, f"{label}: status {outcome.returncode}: {outcome.stderr[-300:]}")
    expect(last.startswith("Error: ") and any(word in last for word in words), f"{label}: it says: {last}")
    return last
