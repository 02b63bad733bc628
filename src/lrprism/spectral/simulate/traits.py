"""What leaves hold, and how much of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError

TraitValues: TypeAlias = Mapping[str, npt.ArrayLike]
"""Content of each trait: a number, or one per leaf."""

_APART: Final = (
    0.6  # share of its part of the range that a class takes up: between two classes 0.4 stays free
)


@dataclass(frozen=True)
class Trait:
    """A property of a leaf that PROSPECT-D takes, and the range that is drawn from.

    Args:
        units: Its units.
        low: Least content of the leaves that are drawn.
        high: Largest content of the leaves that are drawn.
    """

    units: str
    low: float
    high: float

    @property
    def mean(self) -> float:
        """Middle of the range."""
        return (self.low + self.high) / 2


TRAITS: Final[Mapping[str, Trait]] = MappingProxyType(
    {
        "chlorophyll": Trait("µg/cm²", 20.0, 60.0),
        "carotenoids": Trait("µg/cm²", 4.0, 16.0),
        "anthocyanin": Trait("µg/cm²", 0.5, 6.0),
        "water": Trait("cm", 0.005, 0.025),
        "dry-matter": Trait("g/cm²", 0.003, 0.012),
        "structure": Trait("plates", 1.3, 2.0),
    }
)
"""The traits of a leaf. The ranges are chosen by us: green leaves of herbs and crops."""


def draw_traits(
    leaves: int,
    generator: np.random.Generator,
    *,
    trait: str | None = None,
    y: npt.NDArray[np.int64] | None = None,
    classes: int = 1,
) -> dict[str, npt.NDArray[np.float64]]:
    r"""Draw the traits of leaves, each from its range and none from another.

    The trait that tells the classes apart is drawn from a stretch of its range for each class c of C,

    .. math:: low + (high - low) \frac{c + u}{C}, \qquad u \in [0.2, 0.8]

    so that the stretches do not touch. Shapes: ``y`` and each result: ``[leaf]``.

    Args:
        leaves: Number of leaves.
        generator: Source of the random numbers.
        trait: The trait that tells the classes apart; None where none does.
        y: Class of each leaf, where a trait is named.
        classes: Number of classes.

    Raises:
        InputError: If the trait is unknown.
    """
    check_trait(trait)
    shares = {name: generator.random(leaves) for name in TRAITS}
    if trait is not None and y is not None:
        shares[trait] = (y + (1 - _APART) / 2 + _APART * shares[trait]) / classes
    return {name: TRAITS[name].low + (TRAITS[name].high - TRAITS[name].low) * shares[name] for name in TRAITS}


def check_trait(trait: str | None) -> None:
    """Check that a trait is known.

    Raises:
        InputError: If it is not.
    """
    if trait is not None and trait not in TRAITS:
        raise InputError(f"trait should be one of {', '.join(TRAITS)}. Found {trait!r}. Name one of these.")
