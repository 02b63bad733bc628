"""The tables of relevance by zone of the spectrum and by area of the patch."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pandas as pd
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.bands.area_table import area_table
from lrprism.spectral.bands.areas import PLANT, PlantMask
from lrprism.spectral.bands.class_codes import add_codes
from lrprism.spectral.bands.statistics import PLANT_NDVI, band_table
from lrprism.spectral.bands.zone_sets import correlation_zones, index_zones, sensor_zones
from lrprism.spectral.bands.zones import ZONES, Zones, zone_table
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.io.zone_file import read_zones
from lrprism.spectral.knowledge.sensors import SENSORS
from lrprism.spectral.runs.tables import add_unit

ZONE_TABLE: Final = "zones.csv"
AREA_TABLE: Final = "areas.csv"
_MOST_NAMED: Final = 6
"""Zones without a band that a line names."""
BuildZones = Callable[[xr.Dataset], Zones]
"""Builds the zones of a set for the :func:`lrprism.spectral.sample_spectra` of some samples."""


def _take_indices(spectra: xr.Dataset) -> Zones:
    zones = index_zones(spectra["wavelength"].values)
    if not zones:
        raise DataError("an index should have all its bands in the data. Found none that has.")
    return zones


def _group_bands(spectra: xr.Dataset) -> Zones:
    zones = correlation_zones(
        spectra["input"].transpose("sample", "band").values, spectra["wavelength"].values
    )
    if not zones:
        raise DataError(
            "bands of a group should vary together in the explained samples. Found no two that do."
        )
    return zones


_BUILDERS: Final[dict[str, BuildZones]] = {
    "vegetation": lambda _: ZONES,
    "indices": _take_indices,
    "correlation": _group_bands,
}
ZONE_WORDS: Final = tuple(_BUILDERS)
"""The sets of zones that are neither a sensor nor a table."""
DEFAULT_ZONES: Final = ZONE_WORDS[0]


def choose_zone_sets(words: str | None) -> dict[str, BuildZones]:
    """Return the sets of zones that some words name.

    Args:
        words: By commas, names in :data:`ZONE_WORDS`, sensors such as ``"Sentinel-2A"``, and tables of
            :func:`lrprism.spectral.read_zones`, which end in ``.csv``; None for :data:`DEFAULT_ZONES`.

    Raises:
        DataError: If a table cannot be read.
        InputError: If a word names nothing.
    """
    names = [name.strip() for name in (DEFAULT_ZONES if words is None else words).split(",")]
    return {name: _find_builder(name) for name in names}


def _find_builder(name: str) -> BuildZones:
    if name.lower() in _BUILDERS:
        return _BUILDERS[name.lower()]
    if name.lower().endswith(".csv"):
        zones = read_zones(name)
        return lambda _: zones
    try:
        zones = sensor_zones(name)
    except InputError as error:
        words = ", ".join((*ZONE_WORDS, *(sensor.name for sensor in SENSORS)))
        raise InputError(
            f"zones should be among {words}, or a .csv file. Found '{name}'. Put commas between several."
        ) from error
    return lambda _: zones


def write_zones(folder: Path, spectra: xr.Dataset, words: str | None) -> list[str]:
    """Write ``zones.csv``, the relevance of zones of the spectrum, with a column that names their set.

    Args:
        folder: The folder of the results.
        spectra: The :func:`lrprism.spectral.sample_spectra` of the samples.
        words: The sets, as in :func:`choose_zone_sets`.

    Returns:
        Why a set that was asked for is missing, and which of its zones hold no band, a line each.
    """
    tables, notes = [], []
    for name, build in choose_zone_sets(words).items():
        try:
            zones = build(spectra)
            table = zone_table(spectra, zones)
        # the other tables are worth having, and hours may have gone into the relevance
        except DataError as error:
            notes.append(f"{ZONE_TABLE} is without {name}: {error}")
            continue
        notes += _note_empty(name, list(zones), set(table["zone"]))
        table.insert(2, "set", name)  # behind class and class_name
        tables.append(table)
    if tables:
        table = add_codes(pd.concat(tables, ignore_index=True), spectra.attrs)
        table.to_csv(folder / ZONE_TABLE, index=False)
    # nobody asked for the default: data of a mineral need not hear of vegetation
    return [] if words is None else notes


def _note_empty(name: str, zones: list[str], filled: set[str]) -> list[str]:
    """Say which zones of a set hold no band."""
    empty = [zone for zone in zones if zone not in filled]
    if not empty:
        return []
    more = len(empty) - _MOST_NAMED
    named = ", ".join(empty[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return [f"{ZONE_TABLE} has no row for {named} of {name}: no band of the data lies there."]


def write_areas(folder: Path, spectra: xr.Dataset) -> list[str]:
    """Write ``areas.csv``, the relevance of rings, plant and background, where patches have several pixels.

    Args:
        folder: The folder of the results.
        spectra: The :func:`lrprism.spectral.sample_spectra` of the samples.

    Returns:
        A note where all pixels lie on one side of the threshold of plants; else none.
    """
    if "area_net" not in spectra.variables:
        return []
    add_codes(area_table(spectra), spectra.attrs).to_csv(folder / AREA_TABLE, index=False)
    if PLANT not in spectra["area"].values:
        return []
    share = float(spectra["area_size"].sel(area=PLANT).mean())
    if 0 < share < 1:
        return []
    which = "every" if share else "no"
    return [
        f"Note: {which} pixel has an NDVI above {spectra.attrs[PLANT_NDVI]:.2f}, so that plants are not told "
        "from the background."
    ]


def write_bands(folder: Path, relevance: xr.Dataset, spectra: xr.Dataset) -> None:
    """Write ``bands.csv``, the relevance of each class and band.

    Args:
        folder: The folder of the results.
        relevance: The relevance dataset, which says the unit and the codes of the classes.
        spectra: Its :func:`lrprism.spectral.sample_spectra`.
    """
    table = add_codes(band_table(spectra), relevance.attrs)
    add_unit(table, relevance).to_csv(folder / "bands.csv", index=False)


def check_plant_ndvi(threshold: float | None, patch: PatchSet) -> None:
    """Check that plants can be told by a threshold in such patches.

    Args:
        threshold: NDVI above which a pixel is a plant; None where none is asked for.
        patch: Patches of the data.

    Raises:
        InputError: If the patches have one pixel, or no bands for an NDVI.
    """
    if threshold is None:
        return
    if patch.sizes["y"] * patch.sizes["x"] == 1:
        raise InputError(
            "plant-ndvi should be given for patches of several pixels, some of them plants. Found single "
            "spectra. Leave out --plant-ndvi."
        )
    PlantMask.at(patch["wavelength"].values, threshold)
