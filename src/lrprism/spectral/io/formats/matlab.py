"""Cubes and label maps in MATLAB files, the form in which the benchmark scenes circulate."""

from os import PathLike

import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.wavelengths import WavelengthSource, read_wavelengths
from lrprism.spectral.io.band_axis import CUBE_AXES, cube_axes, find_band_axis
from lrprism.spectral.io.facts import decoded
from lrprism.spectral.io.failures import naming, reading
from lrprism.spectral.io.formats.matlab_file import MATLAB_FILE, open_matlab
from lrprism.spectral.io.lazy import reordered
from lrprism.spectral.io.whole_numbers import whole_numbers
from lrprism.spectral.knowledge.benchmark_scenes import BENCHMARK_SCENES, BandFacts, BenchmarkScene

_CUBE_KEYS = frozenset(key for scene in BENCHMARK_SCENES for key in scene.cube_keys)
_LABEL_KEYS = frozenset(key for scene in BENCHMARK_SCENES for key in scene.label_keys)


def read_matlab(
    path: str | PathLike[str], *, key: str | None = None, wavelengths: WavelengthSource | None = None
) -> xr.DataArray:
    r"""Open the cube of a MATLAB file, version 5 or 7.3.

    A benchmark scene is told by its shape, see :data:`BENCHMARK_SCENES`; its wavelengths are then known or
    assumed, and the integers of Indian Pines are decoded to radiance, :math:`v = (s - 1000) / 500`. Any other
    file needs ``wavelengths``. The last axis holds the bands, unless another one is as long as the list of
    wavelengths.

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
        scene = next((known for known in BENCHMARK_SCENES if known.shape == shape), None)
        band_axis, noted = (CUBE_AXES - 1, ()) if scene else find_band_axis(shape, wavelengths)
        facts = _band_facts(scene, shape[band_axis], wavelengths)
        values = reordered(file.read(name), cube_axes(band_axis))
        cube = _decode(scene, values, facts) if scene else _plain(values, facts, noted)
    cube.attrs["source"] = file.path.name
    cube.attrs["title"] = scene.title if scene else name
    return cube


def _band_facts(scene: BenchmarkScene | None, bands: int, wavelengths: WavelengthSource | None) -> BandFacts:
    if wavelengths is not None:
        centre, fwhm = read_wavelengths(wavelengths, bands)
        return BandFacts(
            centre, fwhm, np.arange(bands), ("wavelengths are those given on reading: the file carries none",)
        )
    if scene is not None and scene.bands is not None:
        return scene.bands.facts()
    why = f"which of the channels {scene.title} keeps is not known" if scene else "a MATLAB file carries none"
    raise DataError(
        f"wavelengths should be given, since {why}. Found {bands} bands. "
        "Pass wavelengths='FIRST:LAST' in nm, a list, or a text file."
    )


def _plain(values: da.Array, facts: BandFacts, noted: tuple[str, ...]) -> xr.DataArray:
    cube = make_cube(
        decoded(values),
        facts.wavelength,
        fwhm=facts.fwhm,
        title="",
        quantity="unknown",
        units="unknown",
        assumed=[*facts.assumed, *noted, "what the values measure is not stated in the file"],
    )
    cube.attrs["scale"] = 1.0
    return cube


def _decode(scene: BenchmarkScene, values: da.Array, facts: BandFacts) -> xr.DataArray:
    coded = values.dtype.kind in "iu" and scene.quantity == "radiance"
    divisor, zero = (scene.divisor, scene.zero) if coded else (1.0, 0.0)
    meaning = (
        f"stored values were decoded to {scene.quantity}, (value - {zero:g}) / {divisor:g}"
        if coded
        else "values are left as they are stored"
    )
    kept = scene.quantity == "digital number" or coded
    cube = make_cube(
        decoded(values, divisor=divisor, offset=-zero / divisor),
        facts.wavelength,
        fwhm=facts.fwhm,
        original_band=facts.channel.tolist(),
        title=scene.title,
        attribution=f"{scene.title}: {scene.citation}",
        quantity=scene.quantity if kept else "unknown",
        units=scene.units if kept else "unknown",
        assumed=[
            f"the file is taken for {scene.title} ({scene.sensor}) by its shape",
            *facts.assumed,
            meaning,
        ],
    )
    cube.attrs["scale"] = divisor
    return cube


def read_matlab_labels(path: str | PathLike[str], *, key: str | None = None) -> xr.DataArray:
    """Read the label map of a MATLAB file, e.g. ``Indian_pines_gt.mat``.

    Args:
        path: The file.
        key: Name of the variable, in any case; by default the one of a benchmark scene, else the only array
            of two axes.

    Returns:
        int64 array ``(y, x)``: 0 where unlabelled, else 1 + the class; ``attrs["class_names"]`` names the
        class labelled 1 first, with "class 1", ... where the names are not known.

    Raises:
        DataError: If the file is damaged, the variable is not certain, or a label is not a whole number
            from 0.
    """
    with naming(path):
        file = open_matlab(path)
        name = file.choose(key, _LABEL_KEYS, 2)
        with reading(file.path, MATLAB_FILE):
            labels = whole_numbers(np.asarray(file.read(name)))
    return xr.DataArray(labels, dims=("y", "x"), attrs={"class_names": _class_names(name, labels)})


def _class_names(name: str, labels: npt.NDArray[np.int64]) -> list[str]:
    highest = int(labels.max())
    for scene in BENCHMARK_SCENES:
        known = name.lower() in scene.label_keys or scene.shape[:2] == labels.shape
        if known and len(scene.class_names) >= highest:
            return list(scene.class_names)
    return [f"class {number}" for number in range(1, highest + 1)]
