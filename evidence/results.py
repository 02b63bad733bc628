"""The results, a line of JSON for each cell, so that a stopped run goes on."""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evidence.cells import Cell

Row = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """What was measured in one cell.

    Args:
        part: As in :class:`~evidence.cells.Cell`.
        network: As there.
        scaling: As there.
        seed: As there.
        facts: Numbers of the cell: accuracy, samples, sizes, seconds of its stages.
        rows: A row for each method: its name and its numbers.
        seconds: Processor time.
        command: The command that measured it.
        machine: The processor.
        versions: Of torch and of the library.
        date: When it ran.
    """

    part: str
    network: str
    scaling: str
    seed: int
    facts: Row
    rows: list[Row] = field(default_factory=list)
    seconds: float = 0.0
    command: str = ""
    machine: str = ""
    versions: str = ""
    date: str = ""

    @property
    def key(self) -> str:
        """The name of its cell."""
        return Cell(self.part, self.network, self.scaling, self.seed).key  # type: ignore[arg-type]

    def find(self, method: str) -> Row | None:
        """Return the row of a method, or None if it has none."""
        return next((row for row in self.rows if row["method"] == method), None)


def read(path: Path) -> dict[str, Result]:
    """Return the newest result of each cell; a line that a kill cut short is left out."""
    if not path.exists():
        return {}
    results = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            result = Result(**json.loads(line))
        except json.JSONDecodeError:
            continue
        results[result.key] = result
    return results


def append(path: Path, results: Iterable[Result]) -> None:
    """Add results at the end of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    # a line that a kill cut short ends here
    gap = "\n" if text and not text.endswith("\n") else ""
    with path.open("a", encoding="utf-8") as file:
        file.write(gap + "".join(json.dumps(asdict(result)) + "\n" for result in results))


def forget(path: Path, keys: Collection[str]) -> None:
    """Take out the results of some cells, and sort the others by name."""
    remaining = [result for key, result in sorted(read(path).items()) if key not in keys]
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    append(new, remaining)
    new.replace(path)
