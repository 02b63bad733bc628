"""How a number stands in a table."""

from benchmarks.results import Entry, Measured

NONE = "–"


def seconds(value: float) -> str:
    """A time, in seconds or milliseconds, three digits."""
    return f"{_three(value)} s" if value >= 1 else f"{_three(1e3 * value)} ms"


def megabytes(value: int | None) -> str:
    """Memory in MB, three digits."""
    return NONE if value is None else f"{_three(value / 1e6)} MB"


def _three(value: float) -> str:
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"


def wrong(entry: Entry) -> str:
    """What is wrong with an answer; empty if nothing is."""
    verdict = entry.verdict
    if verdict is None or verdict.right:
        return ""
    if not verdict.finite:
        return "wrong: not finite"
    off = "more than 1000" if verdict.off > 10 else f"{100 * verdict.off:.0f}"
    return f"wrong: sum off by {off} %"


def peer(entry: Entry | None) -> str:
    """The ratio of a peer, and whether it fails or is wrong."""
    if entry is None:
        return NONE
    if entry.time is None:
        return f"fails: {entry.failure}"
    error = wrong(entry)
    return f"{error} ({entry.time.ratio:.2f})" if error else f"{entry.time.ratio:.2f}"


def apart(entry: Entry | None) -> str:
    """How far sum and map are from the reference."""
    if entry is None or entry.time is None or entry.verdict is None:
        return NONE
    if not entry.verdict.finite:
        return "not finite"
    return f"{entry.verdict.off:.0e}, {entry.verdict.difference:.0e}"


def ratio(entry: Entry | None, other: Entry | None) -> float | None:
    """Time of one entry as a multiple of another's; None if one of them has none."""
    if entry is None or other is None or entry.time is None or other.time is None:
        return None
    return entry.time.ratio / other.time.ratio


def fastest_peer(model: Measured, preset: str) -> Entry | None:
    """The fastest of the others that has the right answer by a preset, or None."""
    right = [
        each for each in model.entries if each.preset == preset and each.library != "lrprism" and each.right
    ]
    return min(right, key=lambda each: each.time.ratio if each.time else float("inf"), default=None)


def spread(model: Measured) -> float:
    """Half the distance of the quartiles of our ratios, relative to the ratio: the largest of them."""
    times = [each.time for each in model.entries if each.library == "lrprism" and each.time]
    return max(((each.high - each.low) / (2 * each.ratio) for each in times), default=0.0)
