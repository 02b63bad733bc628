"""The results of the zoo, a line of JSON for each network and composite, so that a stopped run goes on."""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """The outcome of one network under one composite.

    Args:
        key: The network: its library and its name there.
        kind: Its class.
        composite: Name of the preset.
        outcome: ``clean``, ``refused``, ``warned``, ``wrong``, ``failed`` or ``slow``; ``unbuilt`` for a
            network that a plain call cannot run, which does not count.
        reason: The reason why it is not clean.
        unaccounted: Relevance that no row of the account explains, as a share of the largest sum in it.
        precision: The type in which the account was closed.
        seconds: Processor time.
        date: When it ran.
        versions: Of torch and of the library.
    """

    key: str
    kind: str
    composite: str
    outcome: str
    reason: str
    unaccounted: float
    precision: str
    seconds: float
    date: str
    versions: str

    @property
    def library(self) -> str:
        """The distribution that the network comes from."""
        return self.key.partition("/")[0]

    @property
    def name(self) -> str:
        """Its name there."""
        return self.key.partition("/")[2]


def read(path: Path) -> dict[tuple[str, str], Result]:
    """Return the newest result of each network and composite."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    results = [Result(**json.loads(line)) for line in lines if line]
    return {(result.key, result.composite): result for result in results}


def append(path: Path, results: Iterable[Result]) -> None:
    """Add results at the end of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(result)) + "\n" for result in results)


def forget(path: Path, keys: Collection[str]) -> None:
    """Take out the results of some networks, and sort the others by name."""
    remaining = sorted(item for item in read(path).items() if item[0][0] not in keys)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    append(new, (result for _, result in remaining))
    new.replace(path)
