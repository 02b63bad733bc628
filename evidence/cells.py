"""The cells of the matrix: networks, scalings and seeds, and what is done in each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Part = Literal["maps", "calibrate", "blind", "confounder"]

TEST_SEEDS: Final = (21, 22, 23, 24, 25)
"""The seeds of the page. Nothing was chosen on their data, neither a rule nor a setting."""
DEVELOPMENT_SEEDS: Final = (101, 102)
"""The seeds on which settings were chosen: sizes, epochs, the list of candidates. None is on the page."""
CONFOUNDER_SEEDS: Final = tuple(range(31, 41))
"""Ten data sets with a confounder and ten without: more than the five, as shares of ten are asked for."""
SPECTRA: Final = ("cnn", "mlp", "transformer")
"""Networks of single spectra."""
PATCHES: Final = ("hyper3dnetlite", "hybridsn")
"""Networks of patches. The first is the tutorial's."""
NETWORKS: Final = (*PATCHES, *SPECTRA)
SCALINGS: Final = ("standardised", "raw")
"""Less the training mean and divided by its deviation; or divided by the deviation alone."""


@dataclass(frozen=True)
class Cell:
    """One training and what is measured on it.

    Args:
        part: What is measured.
        network: One of :data:`NETWORKS`.
        scaling: One of :data:`SCALINGS`.
        seed: Seed of the data, the weights and the training.
    """

    part: Part
    network: str
    scaling: str
    seed: int

    @property
    def key(self) -> str:
        """Its name: ``"maps/cnn/raw/1"``."""
        return f"{self.part}/{self.network}/{self.scaling}/{self.seed}"


def list_cells(seeds: Sequence[int] = TEST_SEEDS) -> Iterator[Cell]:
    """Return every cell, the dear ones first: two processes then end at the same time.

    Args:
        seeds: Those of the page, or those of development.
    """
    for part in ("maps", "calibrate"):
        for network in NETWORKS:
            for seed in seeds:
                for scaling in SCALINGS:
                    yield Cell(part, network, scaling, seed)
    for network in SPECTRA:
        for seed in seeds:
            yield Cell("blind", network, "standardised", seed)
    for seed in CONFOUNDER_SEEDS if seeds == TEST_SEEDS else seeds:
        yield Cell("confounder", "cnn", "standardised", seed)
