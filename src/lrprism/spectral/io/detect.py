"""Which format a file has, by what it holds more than by its name."""

import re
from os import PathLike
from pathlib import Path
from typing import Final

from lrprism.errors import DataError
from lrprism.spectral.io.hdf5 import Hdf5Outline, is_hdf5, outline_hdf5

KNOWN_FORMATS: Final = (
    "ENVI (.hdr with .dat, .img, .bsq, .bil or .bip), GeoTIFF, NetCDF 4, Zarr, MATLAB (.mat), NumPy (.npy, "
    ".npz), EMIT, PRISMA, EnMAP, DESIS, NEON, and the word indian-pines"
)
_ZARR_MARKS: Final = (".zgroup", ".zmetadata", ".zarray", "zarr.json")
_TIFF_MAGIC: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_CLASSIC_NETCDF: Final = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_TEXT_BYTES: Final = 2**20
_LIBRARY: Final = re.compile(rb"^\s*file type\s*=\s*envi spectral library", re.IGNORECASE | re.MULTILINE)


def format_of(path: Path) -> str:
    """Tell the format of a cube.

    Args:
        path: A file or folder.

    Returns:
        "envi", "geotiff", "netcdf", "zarr", "matlab", "numpy", "emit", "prisma", "enmap", "desis" or "neon".

    Raises:
        DataError: If there is no such file, its format is unknown, or it holds something other than a cube.
    """
    if path.is_dir():
        return _format_of_folder(path)
    if not path.is_file():
        raise DataError(f"'{path}' should be a file with a cube. Found no such file. Correct the path.")
    with path.open("rb") as opened:
        start = opened.read(512)
    found = _by_first_bytes(path, start) or _by_neighbour(path)
    return _known(path, found)


def is_spectral_library(path: str | PathLike[str]) -> bool:
    """Whether a file, or the header beside it, is that of an ENVI spectral library.

    Args:
        path: The library or its header.
    """
    file = Path(path)
    candidates = (file, Path(f"{file}.hdr"), file.with_suffix(".hdr"))
    return any(_is_library(each) for each in candidates if each.is_file() and each.suffix.lower() == ".hdr")


def _is_library(header: Path) -> bool:
    with header.open("rb") as opened:
        return _LIBRARY.search(opened.read(_TEXT_BYTES)) is not None


def _known(path: Path, found: str | None) -> str:
    if found is None:
        raise DataError(
            f"'{path}' should hold a cube in a known format. Found none of them. Known are: {KNOWN_FORMATS}. "
            "Convert the file to one of these."
        )
    return found


def _format_of_folder(path: Path) -> str:
    if any((path / mark).is_file() for mark in _ZARR_MARKS):
        return "zarr"
    return _known(path, _by_metadata(sorted(path.glob("*METADATA.[xX][mM][lL]"))))


def _by_first_bytes(path: Path, start: bytes) -> str | None:
    if start[:4] in _TIFF_MAGIC:
        return _by_metadata(_metadata_beside(path)) or "geotiff"
    if start.startswith(b"MATLAB") or path.suffix.lower() == ".mat":
        return "matlab"
    if is_hdf5(path):
        return _format_of_hdf5(path)
    if start.startswith((b"\x93NUMPY", b"PK\x03\x04")):
        return "numpy"
    if start[:4] in _CLASSIC_NETCDF:
        raise DataError(
            f"'{path}' should be a NetCDF 4 file. Found the classic format. Convert it: nccopy -k nc4 IN OUT."
        )
    if start.startswith(b"ENVI"):
        return _format_of_header(path)
    if start.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<"):
        return _by_metadata([path])
    return None


def _format_of_header(path: Path) -> str:
    if _is_library(path):
        raise DataError(
            f"'{path}' should describe an image. Found a spectral library. Use read_spectral_library."
        )
    return "envi"


def _by_neighbour(path: Path) -> str | None:
    """Plain numbers are known by the header beside them, else by the ending."""
    headers = [Path(f"{path}{ending}") for ending in (".hdr", ".HDR")] + [
        path.with_suffix(ending) for ending in (".hdr", ".HDR")
    ]
    header = next((file for file in headers if file.is_file()), None)
    if header is not None and header != path:
        return _format_of_header(header)
    by_ending = {".hdr": "envi", ".nc": "netcdf", ".npy": "numpy", ".npz": "numpy", ".tif": "geotiff"}
    return by_ending.get(path.suffix.lower())  # whose reader says what is wrong with the file


def _metadata_beside(path: Path) -> list[Path]:
    """The METADATA.XML of the same product: names of EnMAP and DESIS agree up to the part's name."""
    product = path.name.split("SPECTRAL_IMAGE")[0]
    if product == path.name:
        return []
    return [file for file in path.parent.iterdir() if file.name.upper() == f"{product}METADATA.XML".upper()]


def _by_metadata(files: list[Path]) -> str | None:
    for file in files:
        with file.open("rb") as opened:
            text = opened.read(_TEXT_BYTES).lower()
        for sensor in (b"enmap", b"desis"):
            if sensor in text:
                return sensor.decode()
    return None


def _format_of_hdf5(path: Path) -> str:
    return _known(path, _by_members(path, outline_hdf5(path)))


def _by_members(path: Path, outline: Hdf5Outline) -> str | None:
    if "train_img" in outline.members:
        raise DataError(
            f"'{path}' should hold one cube. Found labelled patches, train_img. Give it as patch data, "
            "with read_patch_file."
        )
    if "sensor_band_parameters" in outline.members:
        return "emit"
    if "HDFEOS" in outline.members:
        return "prisma"
    if any("Reflectance" in names for names in outline.members.values()):
        return "neon"
    if path.suffix.lower() in {".nc", ".nc4"} or not {"_NCProperties", "CLASS"}.isdisjoint(
        outline.attributes
    ):
        return "netcdf"
    return None
