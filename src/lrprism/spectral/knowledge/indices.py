"""Published indices of vegetation, soil and water, and the bands that they are computed from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lrprism.spectral.knowledge.tables import load_rows


@dataclass(frozen=True)
class SpectralIndex:
    """A published index.

    Args:
        name: Its short name, such as ``"NDVI"``.
        long_name: Its name.
        bands: Keys of :data:`INDEX_BANDS`.
        source: The publication.
    """

    name: str
    long_name: str
    bands: tuple[str, ...]
    source: str


INDEX_BANDS: Final[Mapping[str, tuple[float, float]]] = {
    row["band"]: (float(row["start_nm"]), float(row["end_nm"])) for row in load_rows("index_bands")
}
"""By letter, the least and the largest wavelength in nm of a band that indices are computed from."""
INDICES: Final[tuple[SpectralIndex, ...]] = tuple(
    SpectralIndex(row["name"], row["long_name"], tuple(row["bands"].split()), row["source"])
    for row in load_rows("indices")
)
"""One well-known index for each set of bands. Source: Montero et al., "A standardized catalogue of spectral
indices to advance the use of remote sensing in Earth system research", Scientific Data 10, 2023."""
