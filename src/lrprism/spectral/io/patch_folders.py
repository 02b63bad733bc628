"""Patches that are cut already: a folder of small cubes, or arrays in ``.npy`` files."""

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.read import read_cube
from lrprism.spectral.io.registry import FORMATS, detect_format
from lrprism.spectral.io.sample_folder import list_files, read_facts
from lrprism.spectral.io.sample_format import SampleFormat, SampleOptions
from lrprism.spectral.io.spectra.labelling import lay_patches_out

_SUFFIXES: Final = (".npy", ".npz", ".tif", ".tiff", ".hdr", ".mat", ".nc")
_MOST_SIZES = 4  # listed in a message


def read_patch_folder(path: Path, options: SampleOptions) -> PatchSet:
    """Read a folder of small cubes, all of one size; the sub-folders are the classes.

    Args:
        path: The folder.
        options: Wavelengths where the files have none, a table of labels in place of sub-folders.

    Returns:
        The patches, each named by its path inside the folder; the label is -1 where it is not known.

    Raises:
        DataError: If a file cannot be read, or the patches differ in size or wavelengths.
        InputError: If a package for a format is missing.
    """
    files = list_files(path, _SUFFIXES)
    facts, notes = read_facts(path, files, options)
    cubes = [_read_patch(file, options) for file in files]
    sizes = {
        name: (cube.sizes["y"], cube.sizes["x"], cube.sizes["band"])
        for name, cube in zip(files, cubes, strict=True)
    }
    _check_sizes(path, sizes)
    first = cubes[0]
    _check_wavelengths(files, cubes)
    patch = np.stack([cube.values for cube in cubes])
    coords = {
        str(key): (str(coord.dims[0]), coord.values)
        for key, coord in first.coords.items()
        if coord.dims == ("band",)
    }
    facts_of_cube = {key: first.attrs[key] for key in ("attribution", "quantity", "units")}
    attrs = {"title": path.name, **facts_of_cube, "assumed": [*first.attrs["assumed"], *notes]}
    return lay_patches_out(_check_finite(patch, facts.names, path), coords, facts, options, attrs)


def _read_patch(file: Path, options: SampleOptions) -> xr.DataArray:
    takes = detect_format(str(file)).options
    cube = read_cube(
        file,
        wavelengths=options.wavelengths if "wavelengths" in takes else None,
        key=options.key if "key" in takes else None,
    )
    return cube.load()


def _check_sizes(path: Path, sizes: dict[Path, tuple[int, int, int]]) -> None:
    """Refuse patches of several sizes, or that are not square.

    Raises:
        DataError: If there are such.
    """
    counts: dict[tuple[int, int, int], list[Path]] = {}
    for file, size in sizes.items():
        counts.setdefault(size, []).append(file)
    if len(counts) > 1:
        listed = [
            f"{y} x {x} pixels of {bands} bands ({len(files)}, as {files[0].relative_to(path).as_posix()})"
            for (y, x, bands), files in list(counts.items())[:_MOST_SIZES]
        ]
        raise DataError(
            f"patches of '{path}' should be of one size. Found {'; '.join(listed)}"
            f"{' and others' if len(counts) > _MOST_SIZES else ''}. Crop them alike."
        )
    ((y, x, _),) = counts
    if y != x:
        raise DataError(f"patches of '{path}' should be square. Found {y} x {x} pixels. Crop them.")


def _check_wavelengths(files: list[Path], cubes: list[xr.DataArray]) -> None:
    first = cubes[0]["wavelength"].values
    for file, cube in zip(files, cubes, strict=True):
        nm = cube["wavelength"].values
        if not np.allclose(nm, first, rtol=0, atol=0.01):
            expected, found = (f"{axis.min():.1f} to {axis.max():.1f} nm" for axis in (first, nm))
            raise DataError(
                f"'{file}' should have the wavelengths of '{files[0]}', {expected}. Found {found}. Give "
                "patches of one sensor."
            )


def _check_finite(patch: npt.NDArray[np.float32], names: object, path: Path) -> npt.NDArray[np.float32]:
    bad = np.flatnonzero(~np.isfinite(patch).all(axis=(1, 2, 3)))
    if bad.size:
        raise DataError(
            f"patches of '{path}' should have no missing value. Found {bad.size} with one, the first is "
            f"'{list(names)[bad[0]]}'. Fill or remove them."  # type: ignore[call-overload]
        )
    return patch


def _is_patch_folder(marks: FileMarks) -> bool:
    # a folder may be a Zarr store or the product of a mission
    return (
        marks.path.is_dir()
        and not any(candidate.detect(marks) for candidate in FORMATS)
        and bool(list_files(marks.path, _SUFFIXES))
    )


PATCH_FOLDER: Final = SampleFormat(
    "folder of patches",
    _is_patch_folder,
    read_patch_folder,
    files="sub-folders named by class, with .npy, .tif, .hdr, .mat or .nc files",
    options=("wavelengths", "key", "labels", "label_column", "group_column", "traits"),
)
