"""The results of a run, and their form as JSON."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.judging import Verdict
from benchmarks.timing import Summary


@dataclass(frozen=True)
class Entry:
    """One contestant on one model.

    Args:
        library: The library.
        preset: Its rules.
        extra: The extra question.
        time: How long it takes; None if it fails.
        verdict: Whether it is right; None where there is nothing to compare.
        failure: Why it fails; empty otherwise.
        memory: Bytes at the peak above the loaded model and its input; None if not measured.
    """

    library: str
    preset: str
    extra: str = ""
    time: Summary | None = None
    verdict: Verdict | None = None
    failure: str = ""
    memory: int | None = None

    @property
    def right(self) -> bool:
        """True if it has an answer, and the right one."""
        return self.time is not None and (self.verdict is None or self.verdict.right)


@dataclass(frozen=True)
class Measured:
    """One model.

    Args:
        key: Its name on the command line.
        title: Its name on the page.
        main: The preset of the extra questions.
        entries: Its contestants, gradient and forward pass first.
        unaccounted: The largest share that an account of a reference leaves open.
    """

    key: str
    title: str
    main: str
    entries: list[Entry]
    unaccounted: float = 0.0

    def find(self, library: str, preset: str = "", extra: str = "") -> Entry | None:
        """Return a contestant's entry, or None if it did not take part."""
        for entry in self.entries:
            if (entry.library, entry.preset, entry.extra) == (library, preset, extra):
                return entry
        return None


@dataclass(frozen=True)
class Point:
    """One point of a growth curve.

    Args:
        axis: What grows.
        size: Its size.
        library: The library.
        seconds: Median time.
        memory: Bytes at the peak; None if not measured.
    """

    axis: str
    size: int
    library: str
    seconds: float
    memory: int | None = None


@dataclass(frozen=True)
class Part:
    """A large batch explained in parts.

    Args:
        batch_size: Samples per part; 0 for all at once.
        seconds: Median time.
        memory: Bytes at the peak; None if not measured.
    """

    batch_size: int
    seconds: float
    memory: int | None = None


@dataclass
class Results:
    """Everything that one run measured.

    Args:
        setting: Rows of the first table of the page.
        device: ``cpu`` or a CUDA device.
        precision: ``float32``, or ``bfloat16`` for autocast.
        models: One per model.
        imports: Seconds of ``import torch`` and of ``import lrprism``, medians.
        growth: Points of the growth curves.
        parts: A large batch in parts.
        keeps_memory: Whether the allocator was told not to give freed memory back to the system.
    """

    setting: list[tuple[str, str]]
    device: str = "cpu"
    precision: str = "float32"
    models: list[Measured] = field(default_factory=list)
    imports: dict[str, float] = field(default_factory=dict)
    growth: list[Point] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    keeps_memory: bool = False


def write(path: Path, results: list[Results]) -> None:
    """Write results as JSON, numbers of six digits."""
    plain = [_round_numbers(dataclasses.asdict(entry)) for entry in results]
    path.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> list[Results]:
    """Read what :func:`write` wrote."""
    return [_results(run) for run in json.loads(path.read_text(encoding="utf-8"))]


def _round_numbers(value: Any) -> Any:
    # six digits are more than a timing is worth
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _round_numbers(entry) for key, entry in value.items()}
    return [_round_numbers(entry) for entry in value] if isinstance(value, list | tuple) else value


def _results(plain: dict[str, Any]) -> Results:
    models = [
        Measured(**{**model, "entries": [_entry(entry) for entry in model["entries"]]})
        for model in plain["models"]
    ]
    setting = [(name, value) for name, value in plain["setting"]]
    growth, parts = [Point(**point) for point in plain["growth"]], [Part(**point) for point in plain["parts"]]
    return Results(**{**plain, "setting": setting, "models": models, "growth": growth, "parts": parts})


def _entry(plain: dict[str, Any]) -> Entry:
    time = Summary(**plain["time"]) if plain["time"] else None
    verdict = Verdict(**plain["verdict"]) if plain["verdict"] else None
    return Entry(**{**plain, "time": time, "verdict": verdict})
