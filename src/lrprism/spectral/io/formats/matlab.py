"""Cubes in MATLAB files, the form in which the benchmark scenes circulate."""

from os import PathLike
from typing import Any, Final

import dask.array as da
import numpy as np
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.wavelengths import WavelengthSource, read_wavelengths
from lrprism.spectral.io.band_axis import CUBE_AXES, find_band_axis
from lrprism.spectral.io.decode import decode_values
from lrprism.spectral.io.failures import naming
from lrprism.spectral.io.format import FileMarks, Format
from lrprism.spectral.io.formats.matlab_file import open_matlab
from lrprism.spectral.knowledge.benchmark_scenes import BENCHMARK_SCENES, BandFacts, BenchmarkScene

_CUBE_KEYS: Final = frozenset(key for scene in BENCHMARK_SCENES for key in scene.cube_keys)


def read_matlab(
    path: str | PathLike[str], *, key: str | None = None, wavelengths: WavelengthSource | None = None
) -> xr.DataArray:
    r"""Open the cube of a MATLAB file, version 5 or 7.3.

    A benchmark scene is recognised by its shape, see :data:`BENCHMARK_SCENES`; its wavelengths are then known
    or assumed, and the integers of Indian Pines are decoded to radiance, :math:`v = (s - 1000) / 500`. Any
    other file needs ``wavelengths``. The last axis holds the bands, unless another one is as long as the list
    of wavelengths.

    Version 5 packs an array as a whole, so that it is read at once; version 7.3 is read piece by piece when
    needed.

    Args:
        path: The file.
        key: Name of the variable, in any case; by default the one of a benchmark scene, else the only array
            of three axes.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file.

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
        # the benchmark scenes all have their bands last
        band_axis, notes = (CUBE_AXES - 1, ()) if scene else find_band_axis(shape, wavelengths)
        bands = _settle_channels(scene, shape[band_axis], wavelengths)
        stored = da.moveaxis(file.read(name), band_axis, 0)
        facts = _scene_facts(scene, stored, bands) if scene else _plain_facts(stored, name, bands, notes)
        divisor = facts.pop("divisor")
        cube = make_cube(wavelength=bands.wavelength, fwhm=bands.fwhm, **facts)
    return cube.assign_attrs(scale=divisor, source=file.path.name)


def _settle_channels(
    scene: BenchmarkScene | None, bands: int, wavelengths: WavelengthSource | None
) -> BandFacts:
    if wavelengths is not None:
        centre, fwhm = read_wavelengths(wavelengths, bands)
        note = "wavelengths are those given on reading: the file carries none"
        return BandFacts(centre, fwhm, np.arange(bands), (note,))
    if scene is not None and scene.bands is not None:
        return scene.bands.facts()
    why = f"which of the channels {scene.title} keeps is not known" if scene else "a MATLAB file carries none"
    raise DataError(
        f"wavelengths should be given, since {why}. Found {bands} bands. "
        "Pass wavelengths='FIRST:LAST' in nm, a list, or a text file."
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


MATLAB: Final = Format("MATLAB", _is_matlab, read_matlab, files=".mat", options=("key", "wavelengths"))
