"""The results of a run, for the page."""

from dataclasses import dataclass, field

from torch import Tensor

TOLERANCE = 1e-4  # for float32 and float64 alike


def difference(relevance: Tensor, reference: Tensor) -> float:
    """Return the largest absolute difference, relative to the largest entry of the reference."""
    relevance, reference = relevance.detach(), reference.detach()
    return float((relevance - reference).abs().max() / reference.abs().max())


def first_line(error: Exception | Warning | str) -> str:
    """Return a message, cut after its first line and 120 characters."""
    line = str(error).strip().splitlines()[0]
    return line if len(line) <= 120 else f"{line[:117]}..."


@dataclass(frozen=True)
class Agreement:
    """A row of the first table."""

    model: str
    preset: str
    peer: str
    single: float
    double: float


@dataclass(frozen=True)
class Answer:
    """The answer of one library to a trap.

    Args:
        total: Sum of its relevance.
        distance: Difference from the textbook map, relative to that map's largest entry.
        warning: Its warning.
        refusal: The reason why it gives no map; the other fields then mean nothing.
    """

    total: float = float("nan")
    distance: float = float("nan")
    warning: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class TrapRow:
    """A row of the second table."""

    name: str
    why: str
    logit: float
    total: float
    answers: dict[str, Answer]


@dataclass(frozen=True)
class Definition:
    """Two readings of one published formula, and how far apart their maps are."""

    what: str
    distance: float


@dataclass
class Results:
    """Everything that one run of the suite measured."""

    definitions: list[Definition] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    traps: list[TrapRow] = field(default_factory=list)
