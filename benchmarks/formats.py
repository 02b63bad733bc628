"""Read real files of other people's test data, and compare each with what another reader makes of it.

``python -m benchmarks.formats FOLDER --page docs/formats.md`` looks through a folder of checkouts, each named
``owner+name``, and writes the table into the page, between its marks. Nothing of the files is kept.
"""

import argparse
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import spectral.io.envi
import xarray as xr
from rasterio.crs import CRS

from benchmarks.markdown import table
from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import georeference_of
from lrprism.spectral.cubes.wavelengths import MissingWavelengthsError
from lrprism.spectral.io import is_spectral_library, read_cube, read_spectral_library

BEGIN, END = "<!-- parity: begin -->", "<!-- parity: end -->"
_ENDINGS = frozenset({".tif", ".tiff", ".vrt", ".hdr", ".nc"})
_STAND_IN = "1000:1001"  # wavelengths of a file that has none: values are compared all the same
_CLOSE = 1e-6  # of the largest value: both compute in float32, not in the same order
_NOT_ASKED = "place not asked"
_SAME, _REFUSED = "same values", "refused"


@dataclass(frozen=True)
class Comparison:
    """One file: who else read it, and what came of it."""

    repository: str
    file: str
    reader: str
    shape: str
    wavelengths: str
    outcome: str


def compare_all(folder: Path) -> Iterator[Comparison]:
    """Read every file of a known ending twice, checkout by checkout."""
    for checkout in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in sorted(checkout.rglob("*")):
            # a header whose data lie in large file storage is no file to read
            if path.suffix.lower() in _ENDINGS and path.is_file() and _find_image(path) is not None:
                yield compare(checkout, path)


def compare(checkout: Path, path: Path) -> Comparison:
    """Read one file with lrprism and with another reader."""
    repository, name = checkout.name.replace("+", "/"), str(path.relative_to(checkout))
    try:
        cube, wavelengths = read_ours(path)
    except DataError as error:
        reason = re.sub(r"\. (Found .*?)\. .*", r". \1", str(error).replace(f"{path.parent}/", ""))
        return Comparison(repository, name, "", "", "", f"{_REFUSED}: {reason}")
    reader, values, place = read_theirs(path, cube)
    shape = " x ".join(map(str, cube.shape))
    return Comparison(repository, name, reader, shape, wavelengths, judge(path, cube, values, place))


def read_ours(path: Path) -> tuple[xr.DataArray, str]:
    """Read a file, with a word on its wavelengths."""
    read: Any = read_spectral_library if is_spectral_library(path) else read_cube
    try:
        cube = read(path).compute()
    except MissingWavelengthsError:
        return read(path, wavelengths=_STAND_IN).compute(), "none"
    nm = cube["wavelength"].values
    return cube, f"{nm.min():.0f} to {nm.max():.0f} nm"


def read_theirs(path: Path, cube: xr.DataArray) -> tuple[str, npt.NDArray[np.float64], Any]:
    """Read a file with spectral, xarray or GDAL: name, values, and reference system with transform."""
    if cube.dims[0] == "spectrum":
        library = spectral.io.envi.open(str(path))
        return "spectral", np.asarray(library.spectra, dtype=np.float64), _NOT_ASKED
    if path.suffix == ".nc":
        with xr.open_dataset(path, engine="h5netcdf", decode_times=False) as dataset:
            cubes = [data for data in dataset.data_vars.values() if data.ndim == cube.ndim]
            return "xarray", np.asarray(cubes[0], dtype=np.float64), _NOT_ASKED
    with rasterio.open(_find_image(path)) as dataset:
        masked = dataset.read(masked=True).astype(np.float64)
        values = masked.filled(np.nan) * np.reshape(dataset.scales, (-1, 1, 1))
        values += np.reshape(dataset.offsets, (-1, 1, 1))
        place = (dataset.crs, dataset.transform.to_gdal()) if dataset.crs else None
        return "GDAL", values[: cube.shape[0]], place


def _find_image(path: Path) -> Path | None:
    if path.suffix.lower() != ".hdr":
        return path
    stem = path.with_suffix("")
    names = [stem, *(stem.with_suffix(ending) for ending in (".img", ".dat", ".raw", ".bsq", ".bil", ".sli"))]
    return next((name for name in names if name.is_file()), None)


def judge(path: Path, cube: xr.DataArray, values: npt.NDArray[np.float64], place: Any) -> str:
    """Say whether two readers agree on values, missing ones and place."""
    # GDAL and spectral leave the scale factor of an ENVI header to the user
    ours = cube.values * (cube.attrs["scale"] if path.suffix == ".hdr" else 1.0)
    if ours.shape != values.shape:
        return f"differs: shape {values.shape}"
    missing = np.isnan(ours) ^ np.isnan(values)
    if missing.any():
        return f"differs: {int(missing.sum())} values are missing to one alone"
    gap = float(np.nanmax(np.abs(ours - values), initial=0))
    if gap > _CLOSE * float(np.nanmax(np.abs(values), initial=1)):
        return f"differs: by up to {gap:g}"
    return _SAME + _judge_place(cube, place)


def _judge_place(cube: xr.DataArray, place: Any) -> str:
    if place is _NOT_ASKED:
        return ""
    ours = georeference_of(cube)
    if ours is None or place is None:
        return "" if ours is place else ", place in one alone"
    crs, transform = place
    same = CRS.from_user_input(ours.crs) == crs and np.allclose(ours.transform, transform)
    return ", same place" if same else ", another place"


def write_page(page: Path, rows: Iterable[Comparison]) -> str:
    """Put the table between the marks of a page, and return a sentence on the counts."""
    rows = list(rows)
    outcomes = Counter(row.outcome.partition(":")[0].partition(",")[0] for row in rows)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    cells = [
        (row.repository, f"`{row.file}`", row.reader, row.shape, row.wavelengths, row.outcome) for row in rows
    ]
    head = ("repository", "file", "compared with", "shape", "wavelengths", "outcome")
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    sentence = f"{len(rows)} files: {counts}."
    text = f"{before}{BEGIN}\n{sentence}\n\n{table(head, cells)}{END}{rest.partition(END)[2]}"
    page.write_text(text, encoding="utf-8")
    return sentence


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # rasterio's, of files that lie on no map
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="checkouts, each named owner+name")
    parser.add_argument("--page", type=Path, required=True, help="the page with the marks")
    arguments = parser.parse_args()
    print(write_page(arguments.page, compare_all(arguments.folder)))
