"""The facts about the bands of a GeoTIFF: wavelengths, widths and flags, in tags, in names, in a header."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.cubes.wavelengths import (
    ASK_FOR_WAVELENGTHS,
    MissingWavelengthsError,
    WavelengthSource,
    read_wavelengths,
)
from lrprism.spectral.io.band_names import read_band_names
from lrprism.spectral.io.decode import convert_bands_to_nm
from lrprism.spectral.io.formats.envi_bands import read_band_facts
from lrprism.spectral.io.formats.envi_header import EnviHeader, find_header, read_header
from lrprism.spectral.knowledge.sensors import look_up_bands

BandAxis: TypeAlias = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, tuple[str, ...]]
"""Wavelengths in nm, widths in nm or None, and what was assumed."""

_FLAGS = ("good", "bbl")  # the tag of our own writer, and that of ENVI and the EnMAP-Box
_LIST_DOMAINS = ("ENVI", None)


def settle_axis(
    dataset: Any, bands: Sequence[int], wavelengths: WavelengthSource | None
) -> BandAxis:  # rasterio is not typed
    """Find the wavelength of each band.

    Args:
        dataset: The open file.
        bands: Numbers of the bands from 1.
        wavelengths: What the user states, or None.

    Raises:
        MissingWavelengthsError: If neither the user nor the file states wavelengths.
        DataError: If they cannot be read, or do not fit.
    """
    if wavelengths is not None:
        centre, fwhm = read_wavelengths(wavelengths, len(bands))
        return centre, fwhm, ("wavelengths are those given, not the file's",)
    # from the most certain to the least: tags of our writer, of GDAL, of former ENVI files, names of bands
    for source in (
        _from_band_tags,
        _from_imagery_tags,
        _from_file_tags,
        _from_descriptions,
        _from_header_beside,
        _from_satellite,
    ):
        axis = source(dataset, bands)
        if axis is not None:
            return axis
    raise MissingWavelengthsError(
        f"'{dataset.name}' should state the wavelength of its {len(bands)} bands. Found none in "
        f"tags or band names. {ASK_FOR_WAVELENGTHS}"
    )


def read_band_tags(dataset: Any, bands: Sequence[int]) -> dict[str, Any]:  # rasterio is not typed
    """Read the number of each band in the sensor's list, and its flag, where every band has such a tag.

    Args:
        dataset: The open file.
        bands: Numbers of the bands from 1.
    """
    tags = [dataset.tags(band) for band in bands]
    facts: dict[str, Any] = {}
    if all("original_band" in tag for tag in tags):
        facts["original_band"] = [tag["original_band"] for tag in tags]
    flags = next(([tag[name] for tag in tags] for name in _FLAGS if all(name in tag for tag in tags)), None)
    if flags is None:
        flags = next(
            filter(None, (_read_list(dataset, bands, domain, "bbl") for domain in _LIST_DOMAINS)), None
        )
    if flags is None:
        header = _find_header_beside(dataset)
        flags = header.words("bbl") if header is not None else None
    if flags and len(flags) == len(bands) and all(flag in {"0", "1", "0.0", "1.0"} for flag in flags):
        facts["good"] = [float(flag) == 1 for flag in flags]
    return facts


def states_wavelength(dataset: Any, band: int) -> bool:  # rasterio is not typed
    """Return True if the tags or the name of one band state its wavelength.

    Args:
        dataset: The open file.
        band: Number of the band from 1.
    """
    tags = {**dataset.tags(band), **dataset.tags(band, ns="IMAGERY")}
    named = read_band_names([dataset.descriptions[band - 1] or ""])
    return named is not None or not {"wavelength", "CENTRAL_WAVELENGTH_UM"}.isdisjoint(tags)


def _parse_floats(words: Sequence[str], what: str) -> npt.NDArray[np.float64]:
    try:
        return np.array([float(word) for word in words])
    except ValueError as error:
        raise DataError(f"{what} should be numbers. Found: {error}. Give the wavelengths in nm.") from error


def _from_band_tags(dataset: Any, bands: Sequence[int]) -> BandAxis | None:  # rasterio is not typed
    tags = [dataset.tags(band) for band in bands]
    if not all("wavelength" in tag for tag in tags):
        return None
    centre = _parse_floats([tag["wavelength"] for tag in tags], "tags 'wavelength'")
    fwhm = None
    if any("fwhm" in tag for tag in tags):
        fwhm = _parse_floats([tag.get("fwhm", "nan") for tag in tags], "tags 'fwhm'")
    return convert_bands_to_nm(centre, fwhm, tags[0].get("wavelength_units"))


def _from_imagery_tags(dataset: Any, bands: Sequence[int]) -> BandAxis | None:  # rasterio is not typed
    tags = [dataset.tags(band, ns="IMAGERY") for band in bands]
    if not all("CENTRAL_WAVELENGTH_UM" in tag for tag in tags):
        return None
    centre = _parse_floats([tag["CENTRAL_WAVELENGTH_UM"] for tag in tags], "tags 'CENTRAL_WAVELENGTH_UM'")
    fwhm = _parse_floats([tag.get("FWHM_UM", "nan") for tag in tags], "tags 'FWHM_UM'")
    return convert_bands_to_nm(centre, fwhm, "um")


def _read_list(
    dataset: Any, bands: Sequence[int], domain: str | None, name: str
) -> list[str] | None:  # rasterio is not typed
    text = dataset.tags(ns=domain).get(name)
    words = [word.strip() for word in text.strip("{} \n").rstrip(",").split(",")] if text else []
    # the list counts the bands of the file, an alpha band among them
    return [words[band - 1] for band in bands] if len(words) >= max(bands) else words or None


def _from_file_tags(dataset: Any, bands: Sequence[int]) -> BandAxis | None:  # rasterio is not typed
    for domain in _LIST_DOMAINS:
        lists = {name: _read_list(dataset, bands, domain, name) for name in ("wavelength", "fwhm")}
        if lists["wavelength"] is not None:
            numbers = {name: _parse_floats(words, f"tag '{name}'") for name, words in lists.items() if words}
            units = dataset.tags(ns=domain).get("wavelength_units")
            return convert_bands_to_nm(numbers["wavelength"], numbers.get("fwhm"), units)
    return None


def _from_descriptions(dataset: Any, bands: Sequence[int]) -> BandAxis | None:  # rasterio is not typed
    named = read_band_names([dataset.descriptions[band - 1] or "" for band in bands])
    return None if named is None else (named[0], None, named[1])


def _find_header_beside(dataset: Any) -> EnviHeader | None:  # rasterio is not typed
    """Read the ENVI header beside a GeoTIFF, if it describes an image of this size."""
    path = Path(dataset.name)
    if find_header(path) is None:
        return None
    try:
        header = read_header(path)
        sizes = tuple(header.integer(name) for name in ("bands", "lines", "samples"))
    except DataError:  # another program's .hdr, of which the GeoTIFF knows nothing
        return None
    return header if sizes == (dataset.count, dataset.height, dataset.width) else None


def _from_header_beside(dataset: Any, bands: Sequence[int]) -> BandAxis | None:  # rasterio is not typed
    header = _find_header_beside(dataset)
    if header is None or not header.words("wavelength") or len(bands) != dataset.count:
        return None
    centre, fwhm, notes = read_band_facts(header, len(bands), None)
    return centre, fwhm, (*notes, f"wavelengths are those of the header beside it, {header.path.name}")


def _from_satellite(dataset: Any, bands: Sequence[int]) -> BandAxis | None:  # rasterio is not typed
    names = [(dataset.descriptions[band - 1] or "").strip() for band in bands]
    return look_up_bands(names, (Path(dataset.name).name, *dataset.tags().values()))
