"""Numbers in the form that they have in a table."""

from benchmarks.results import Entry, Measured

NONE = "–"


def seconds(value: float) -> str:
    """Return a time, in seconds or milliseconds, three digits."""
    return f"{_three(value)} s" if value >= 1 else f"{_three(1e3 * value)} ms"


def megabytes(value: int | None) -> str:
    """Return memory in MB, three digits."""
    return NONE if value is None else f"{_three(value / 1e6)} MB"


def _three(value: float) -> str:
    # 1.23, 12.3 and 123
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"


def wrong(entry: Entry) -> str:
    """Return the fault of an answer; empty if there is none."""
    verdict = entry.verdict
    if verdict is None or verdict.right:
        return ""
    if not verdict.finite:
        return "wrong: not finite"
    # a larger percentage tells no more
    off = "more than 1000" if verdict.off > 10 else f"{100 * verdict.off:.0f}"
    return f"wrong: sum off by {off} %"


def peer(entry: Entry | None) -> str:
    """Return the ratio of a peer, or its failure or fault."""
    if entry is None:
        return NONE
    if entry.time is None:
        return f"fails: {entry.failure}"
    # the time of a wrong answer stands in brackets
    error = wrong(entry)
    return f"{error} ({entry.time.ratio:.2f})" if error else f"{entry.time.ratio:.2f}"


def apart(entry: Entry | None) -> str:
    """Return the distance of sum and map from the reference."""
    if entry is None or entry.time is None or entry.verdict is None:
        return NONE
    if not entry.verdict.finite:
        return "not finite"
    return f"{entry.verdict.off:.0e}, {entry.verdict.difference:.0e}"


def ratio(entry: Entry | None, other: Entry | None) -> float | None:
    """Return the time of one entry as a multiple of another's; None if one of them has none."""
    if entry is None or other is None or entry.time is None or other.time is None:
        return None
    return entry.time.ratio / other.time.ratio


def fastest_peer(model: Measured, preset: str) -> Entry | None:
    """Return the fastest of the peers with the right answer by a preset, or None."""
    right = [
        entry
        for entry in model.entries
        if entry.preset == preset and entry.library != "lrprism" and entry.right
    ]
    return min(right, key=lambda entry: entry.time.ratio if entry.time else float("inf"), default=None)


def spread(model: Measured) -> float:
    """Return the largest spread of our ratios: half the distance of the quartiles, relative to the ratio."""
    times = [entry.time for entry in model.entries if entry.library == "lrprism" and entry.time]
    return max(((time.high - time.low) / (2 * time.ratio) for time in times), default=0.0)
