"""Label maps as files store them: their numbers, the pixels without data, their place and their names."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.cubes.georeference import Georeference, georeference_of
from lrprism.spectral.io.formats.envi_header import read_header
from lrprism.spectral.io.formats.envi_map import read_map_information
from lrprism.spectral.io.formats.matlab_file import open_matlab
from lrprism.spectral.io.hdf5 import open_hdf5
from lrprism.spectral.io.labels.codes import Mask
from lrprism.spectral.io.labels.names import ClassNames, find_names, list_names
from lrprism.spectral.io.labels.vector import VECTOR_ENDINGS
from lrprism.spectral.io.raster import open_raster
from lrprism.spectral.knowledge.benchmark_scenes import BENCHMARK_SCENES

_SCENE_KEYS: Final = frozenset(key for scene in BENCHMARK_SCENES for key in scene.label_keys)
_DRIVERS: Final = {
    ".tif": "GTiff", ".tiff": "GTiff", ".png": "PNG", ".bmp": "BMP", ".asc": "AAIGrid", ".img": "HFA",
}  # fmt: skip
_ERDAS: Final = b"EHFA_HEADER_TAG"  # its files end with .img, as those of ENVI do
_ALONG_X: Final = frozenset({"x", "lon", "longitude", "easting", "column"})


@dataclass(frozen=True, eq=False)
class StoredLabels:
    """A label map as its file stores it.

    Shapes: ``values``, ``missing``: ``[y, x]``.

    Args:
        values: The numbers.
        missing: The pixels that the file marks as without data.
        place: Where the pixels lie; its ``crs`` is empty where the file has a transform alone.
        names: Names of the classes.
        notes: What was assumed, one sentence each.
    """

    values: npt.NDArray[np.generic]
    missing: Mask | None = None
    place: Georeference | None = None
    names: ClassNames | None = None
    notes: tuple[str, ...] = ()


def open_label_map(file: Path, key: str | None = None) -> StoredLabels:
    """Read a label map of any format.

    Args:
        file: A ``.mat``, ``.npy``, ``.csv``, ``.nc`` file, a raster that GDAL reads, or an ENVI
            classification with its header.
        key: Name of the variable in a ``.mat`` file that holds several, in any case.

    Returns:
        The map, as stored.

    Raises:
        InputError: If ``key`` is given for another format.
        DataError: If the file is damaged or has several bands.
    """
    ending = file.suffix.lower()
    if ending == ".mat":
        return _read_matlab(file, key)
    if key is not None:
        raise InputError(
            f"key should name a variable of a .mat file. Found {key!r} for '{file}'. Leave it out."
        )
    if ending == ".img" and _is_erdas(file):
        return _read_raster(file)
    return READERS.get(ending, _read_envi)(file)


def _is_erdas(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_ERDAS)) == _ERDAS


def _read_matlab(file: Path, key: str | None) -> StoredLabels:
    matlab = open_matlab(file)
    name = matlab.choose(key, _SCENE_KEYS, 2)
    values = np.asarray(matlab.read(name))
    scenes = (
        scene
        for scene in BENCHMARK_SCENES
        if name.lower() in scene.label_keys or scene.shape[:2] == values.shape
    )
    # a map of another kind may have the shape of a scene, and more classes
    scene = next((scene for scene in scenes if len(scene.class_names) >= values.max(initial=0)), None)
    names = None if scene is None else list_names(scene.class_names, scene.title)
    return StoredLabels(values, names=names or find_names(file))


def _read_npy(file: Path) -> StoredLabels:
    return StoredLabels(np.load(file, mmap_mode="r", allow_pickle=False), names=find_names(file))


def _read_csv(file: Path) -> StoredLabels:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of an empty file, whose shape is refused
        values = np.loadtxt(file, delimiter=",", ndmin=2)
    return StoredLabels(values, names=find_names(file))


def _read_raster(file: Path) -> StoredLabels:
    with open_raster(file, "a label map", driver=_DRIVERS[file.suffix.lower()]) as dataset:
        # a picture may have its mask as a last band
        opaque = [band.name for band in dataset.colorinterp if band.name != "alpha"]
        _check_one_band(file, len(opaque))
        values = dataset.read(1)
        missing = dataset.read_masks(1) == 0
        place, nodata = _read_place(dataset), dataset.nodata
    return StoredLabels(values, missing, place, find_names(file), _count_missing(values, missing, nodata))


def _read_place(dataset: Any) -> Georeference | None:  # rasterio is not typed
    if dataset.transform.is_identity:
        return None
    t0, t1, t2, t3, t4, t5 = dataset.transform.to_gdal()
    return Georeference("" if dataset.crs is None else dataset.crs.to_wkt(), (t0, t1, t2, t3, t4, t5))


def _count_missing(values: npt.NDArray[np.generic], missing: Mask, nodata: float | None) -> tuple[str, ...]:
    """Say how many pixels are without data, and what 0 means beside them."""
    count = int((missing & (values != 0)).sum())
    if not count:
        return ()
    mark = "" if nodata is None else f" ({nodata:g})"
    note = f"{count} pixels that the label map marks as without data{mark} are unlabelled"
    zeros = int((~missing & (values == 0)).sum())
    if not zeros:
        return (note,)
    # two ways to say unlabelled, or a class 0: the file does not tell
    return (
        note,
        f"{zeros} pixels of value 0 are taken for unlabelled too; with --unlabelled none they are a class",
    )


def _read_envi(file: Path) -> StoredLabels:
    try:
        header = read_header(file)
    except DataError as error:  # the last format to be tried: the file may be of any kind
        raise DataError(
            f"'{file}' should be a label map: .mat, {', '.join(READERS)} or an ENVI classification "
            f"(.hdr); or polygons: {', '.join(VECTOR_ENDINGS)}. "
            f"Found none of them. {error}"
        ) from error
    shape = (header.integer("lines", least=1), header.integer("samples", least=1))
    _check_one_band(file, header.integer("bands", 1, least=1))
    header.check_size(shape)
    values = np.memmap(header.data, header.dtype(), "r", header.integer("header offset", 0), shape)
    ignored = header.real("data ignore value")
    missing = None if ignored is None else np.asarray(values == ignored)
    place, notes = read_map_information(header)
    names = header.words("class names")
    return StoredLabels(
        values,
        missing,
        place,
        # the first name is that of value 0, whatever it is called
        list_names(names, "the header", first=0) if names else find_names(header.data),
        (*notes, *(() if missing is None else _count_missing(values, missing, ignored))),
    )


def _read_netcdf(file: Path) -> StoredLabels:
    with (
        open_hdf5(file, "a NetCDF 4 file"),
        xr.open_dataset(file, engine="h5netcdf", decode_times=False, mask_and_scale=False) as dataset,
    ):
        maps = [
            name for name, data in dataset.data_vars.items() if data.ndim == 2 and data.dtype.kind in "iufb"
        ]
        if len(maps) != 1:
            raise DataError(
                f"'{file}' should hold one map of numbers, the labels. Found {len(maps)}: "
                f"{', '.join(map(str, maps)) or 'none'}. Save the labels alone in a file."
            )
        stored = dataset[maps[0]]
        stored = stored.transpose() if str(stored.dims[0]).lower() in _ALONG_X else stored
        stored = stored.rename(dict(zip(stored.dims, ("y", "x"), strict=True))).load()
    values = stored.values
    fills = [stored.attrs[name] for name in ("_FillValue", "missing_value") if name in stored.attrs]
    missing = np.isin(values, np.ravel(fills)) if fills else None
    notes = () if missing is None else _count_missing(values, missing, float(np.ravel(fills)[0]))
    names = _read_flags(stored.attrs) or find_names(file)
    return StoredLabels(values, missing, georeference_of(stored), names, notes)


def _read_flags(attrs: Mapping[str, Any]) -> ClassNames | None:
    """Read names of classes as lrprism writes them, or else as the CF conventions do, without blanks."""
    if "class_names" in attrs:
        return list_names([str(name) for name in np.ravel(attrs["class_names"])], "class_names")
    if "flag_values" not in attrs or "flag_meanings" not in attrs:
        return None
    values = np.ravel(attrs["flag_values"]).tolist()
    words = str(attrs["flag_meanings"]).split()
    return ClassNames(dict(zip(map(int, values), words, strict=True)), "flag_meanings")


READERS: Final[Mapping[str, Callable[[Path], StoredLabels]]] = {
    ".npy": _read_npy,
    ".csv": _read_csv,
    ".nc": _read_netcdf,
    **{ending: _read_raster for ending in _DRIVERS if ending != ".img"},
}
"""How a label map is read, by the ending of its file; an ENVI classification has any other."""


def _check_one_band(file: Path, bands: int) -> None:
    if bands != 1:
        raise DataError(f"'{file}' should have one band, the labels. Found {bands}. Give the label map.")
