"""The results of a run, for the page."""

from dataclasses import dataclass, field

from benchmarks.timing import Summary

SUM_TOLERANCE, SINGLE_TOLERANCE = 1e-9, 1e-5  # what our sums may be off by, in float64 and in float32
SAMPLES = 4  # explained at a time, where time is taken


@dataclass(frozen=True)
class MapRow:
    """How far the maps of a peer are from ours, relative to the largest entry of the peer's."""

    model: str
    peer: str
    references: int
    single: float
    double: float


@dataclass(frozen=True)
class SumAnswer:
    """How far the sum of relevance is from the change of the output, relative to that change.

    Args:
        gap: The distance.
        check_stops: Whether the library's own check of the sum stops it.
        warning: Its warning.
        refusal: The reason why it gives no map; the other fields then mean nothing.
    """

    gap: float = float("nan")
    check_stops: bool = False
    warning: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class SumRow:
    """A network, the change of its output, and the answers of the libraries."""

    name: str
    change: float
    answers: dict[str, SumAnswer]


@dataclass(frozen=True)
class Definition:
    """Two maps that are right by different definitions, or equal by another one than ours."""

    what: str
    distance: float


@dataclass(frozen=True)
class TimeRow:
    """The time of a contestant beside that of one gradient."""

    model: str
    contestant: str
    summary: Summary


@dataclass
class Differences:
    """Everything that one run measured on differences."""

    maps: list[MapRow] = field(default_factory=list)
    sums: list[SumRow] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    times: list[TimeRow] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """True if every table of the page has rows."""
        return all((self.maps, self.sums, self.definitions, self.times))
