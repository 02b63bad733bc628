"""The results of the court, a line of JSON for each case and method, so that a stopped run goes on."""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

PREMISE = "premise"
"""Stands in the place of the method where the scores are those of the network."""
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Result:
    """The scores of one method on one case.

    Args:
        trial: The benchmark.
        case: The data set and network.
        method: The method, or :data:`PREMISE`.
        scores: By metric.
        seconds: Processor time of the method, or of preparing the case.
        warning: What the library warned of.
        date: When it ran.
        versions: Of torch and of the library.
    """

    trial: str
    case: str
    method: str
    scores: dict[str, float]
    seconds: float
    warning: str
    date: str
    versions: str

    @property
    def key(self) -> Key:
        """Benchmark, case, method."""
        return self.trial, self.case, self.method


def read(path: Path) -> dict[Key, Result]:
    """Return the newest result of each key."""
    if not path.exists():
        return {}
    results = [Result(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return {result.key: result for result in results}


def append(path: Path, results: Iterable[Result]) -> None:
    """Add results at the end of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(result)) + "\n" for result in results)


def keep(path: Path, keys: Collection[Key]) -> None:
    """Take out all other results, and sort those that stay."""
    remaining = sorted(item for item in read(path).items() if item[0] in keys)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    append(new, (result for _, result in remaining))
    new.replace(path)
