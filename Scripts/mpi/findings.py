"""What the checks found."""

problems, left_out = [], []


def expect(condition, text):
    if not condition:
        problems.append(text)
        print("  WRONG:", text, flush=True)
    return bool(condition)


def leave_out(text):
    """What this machine does not allow is no problem, but named."""
    left_out.append(text)
    print(" ", text, flush=True)
