"""Cubes in MATLAB files, the form in which the benchmark scenes circulate."""

from os import PathLike
from typing import Any, Final

import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.wavelengths import (
    ASK_FOR_WAVELENGTHS,
    MissingWavelengthsError,
    WavelengthSource,
    read_wavelengths,
)
from lrprism.spectral.io.band_axis import CUBE_AXES, find_band_axis
from lrprism.spectral.io.decode import convert_bands_to_nm, decode_values
from lrprism.spectral.io.failures import naming
from lrprism.spectral.io.format import FileMarks, Format
from lrprism.spectral.io.formats.matlab_file import MatlabFile, open_matlab
from lrprism.spectral.knowledge.benchmark_scenes import BENCHMARK_SCENES, BandFacts, BenchmarkScene

_WAVELENGTH_KEYS: Final = ("wavelength", "wavelengths", "wl", "lambda")
_CUBE_KEYS: Final = frozenset(key for scene in BENCHMARK_SCENES for key in scene.cube_keys)


def read_matlab(
    path: str | PathLike[str],
    *,
    key: str | None = None,
    wavelengths: WavelengthSource | None = None,
    band_axis: int | None = None,
) -> xr.DataArray:
    r"""Open the cube of a MATLAB file, version 5 or 7.3.

    A benchmark scene is recognised by its shape, see :data:`BENCHMARK_SCENES`; its wavelengths are then known
    or assumed, and the integers of Indian Pines are decoded to radiance, :math:`v = (s - 1000) / 500`. Any
    other file needs ``wavelengths``, or a list ``wavelength``, ``wavelengths``, ``wl`` or ``lambda`` (and
    ``fwhm``) in it. The last axis holds the bands, unless another one is as long as the list
    of wavelengths.

    Version 5 packs an array as a whole, so that it is read at once; version 7.3 is read piece by piece when
    needed.

    Args:
        path: The file.
        key: Name of the variable, in any case; by default the one of a benchmark scene, else the only array
            of three axes.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file, in place of the file's own.
        band_axis: Axis of the bands in MATLAB's order, where it cannot be told.

    Returns:
        The cube ``(band, y, x)``.

    Raises:
        DataError: If the file is damaged, the variable is not certain, or wavelengths are missing.
    """
    with naming(path):
        file = open_matlab(path)
        name = file.choose(key, _CUBE_KEYS, CUBE_AXES)
        shape = file.shapes[name]
        scene = next((scene for scene in BENCHMARK_SCENES if scene.shape == shape), None)
        listed = _read_list(file, _WAVELENGTH_KEYS, shape)
        # the benchmark scenes all have their bands last
        stated = CUBE_AXES - 1 if scene and band_axis is None else band_axis
        axis, notes = find_band_axis(shape, listed if wavelengths is None else wavelengths, stated)
        bands = _settle_channels(file, scene, shape[axis], wavelengths, listed)
        stored = da.moveaxis(file.read(name), axis, 0)
        facts = _scene_facts(scene, stored, bands) if scene else _plain_facts(stored, name, bands, notes)
        divisor = facts.pop("divisor")
        cube = make_cube(wavelength=bands.wavelength, fwhm=bands.fwhm, **facts)
    return cube.assign_attrs(scale=divisor, source=file.path.name)


def _read_list(
    file: MatlabFile, keys: tuple[str, ...], lengths: tuple[int, ...]
) -> npt.NDArray[np.float64] | None:
    """Read the list of one of these names that is as long as an axis; None where there is none."""
    for name, shape in file.shapes.items():
        # MATLAB stores a list as an array of two axes, one of them 1 long
        if name.lower() in keys and max(shape) in lengths and max(shape) == np.prod(shape):
            return np.asarray(file.read(name), dtype=np.float64).ravel()
    return None


def _settle_channels(
    file: MatlabFile,
    scene: BenchmarkScene | None,
    bands: int,
    wavelengths: WavelengthSource | None,
    listed: npt.NDArray[np.float64] | None,
) -> BandFacts:
    if wavelengths is not None:
        centre, fwhm = read_wavelengths(wavelengths, bands)
        why = "the file carries none" if listed is None else "in place of those in the file"
        note = f"wavelengths are those given on reading: {why}"
        return BandFacts(centre, fwhm, np.arange(bands), (note,))
    if listed is not None and len(listed) == bands:
        in_nm, width, notes = convert_bands_to_nm(listed, _read_list(file, ("fwhm",), (bands,)))
        return BandFacts(in_nm, width, np.arange(bands), ("wavelengths are those in the file", *notes))
    if scene is not None and scene.bands is not None:
        return scene.bands.facts()
    why = f"which of the channels {scene.title} keeps is not known" if scene else "the file lists none"
    raise MissingWavelengthsError(
        f"wavelengths should be given, since {why}. Found {bands} bands. {ASK_FOR_WAVELENGTHS}"
    )


def _plain_facts(stored: da.Array, name: str, bands: BandFacts, notes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "values": decode_values(stored),
        "divisor": 1.0,
        "title": name,
        "quantity": "unknown",
        "units": "unknown",
        "assumed": [*bands.assumed, *notes, "what the values measure is not stated in the file"],
    }


def _scene_facts(scene: BenchmarkScene, stored: da.Array, bands: BandFacts) -> dict[str, Any]:
    # floating-point copies of a scene were scaled by whoever made them, nobody knows how
    coded = stored.dtype.kind in "iu" and scene.quantity == "radiance"
    divisor, zero = (scene.divisor, scene.zero) if coded else (1.0, 0.0)
    meaning = (
        f"stored values were decoded to {scene.quantity}, (value - {zero:g}) / {divisor:g}"
        if coded
        else "values are left as they are stored"
    )
    certain = scene.quantity == "digital number" or coded
    return {
        "values": decode_values(stored, divisor=divisor, offset=-zero / divisor),
        "divisor": divisor,
        "original_band": bands.channel.tolist(),
        "title": scene.title,
        "attribution": f"{scene.title}: {scene.citation}",
        "quantity": scene.quantity if certain else "unknown",
        "units": scene.units if certain else "unknown",
        "assumed": [
            f"the file is taken for {scene.title} ({scene.sensor}) by its shape",
            *bands.assumed,
            meaning,
        ],
    }


def _is_matlab(marks: FileMarks) -> bool:
    # files of version 7.3 that other programs write lack MATLAB's first words
    return marks.start.startswith(b"MATLAB") or (marks.path.is_file() and marks.path.suffix.lower() == ".mat")


MATLAB: Final = Format(
    "MATLAB", _is_matlab, read_matlab, files=".mat", options=("key", "wavelengths", "band_axis")
)
