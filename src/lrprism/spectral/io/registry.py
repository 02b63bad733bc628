"""The registry of formats: a reader is one file and one line here; messages and help follow from it."""

from typing import Final

from lrprism.errors import DataError
from lrprism.spectral.io.format import FileMarks, Format
from lrprism.spectral.io.formats.envi import ENVI
from lrprism.spectral.io.formats.geotiff import GEOTIFF, VRT
from lrprism.spectral.io.formats.matlab import MATLAB
from lrprism.spectral.io.formats.netcdf import NETCDF, ZARR
from lrprism.spectral.io.formats.numpy_file import NUMPY
from lrprism.spectral.io.formats.packaged import INDIAN_PINES
from lrprism.spectral.io.missions.aviris import AVIRIS
from lrprism.spectral.io.missions.dlr import DESIS, ENMAP
from lrprism.spectral.io.missions.emit import EMIT
from lrprism.spectral.io.missions.neon import NEON
from lrprism.spectral.io.missions.pace import PACE
from lrprism.spectral.io.missions.prisma import PRISMA
from lrprism.spectral.io.missions.tanager import TANAGER

FORMATS: Final[tuple[Format, ...]] = (
    INDIAN_PINES,  # a word, no file: asked before any file is looked for
    VRT,  # before the missions, whose files it may name
    ENMAP,
    DESIS,
    GEOTIFF,  # after the missions that deliver it
    MATLAB,
    EMIT,
    PACE,
    PRISMA,
    TANAGER,
    AVIRIS,
    NEON,
    NETCDF,  # after the missions that deliver HDF5
    ZARR,
    NUMPY,
    ENVI,  # any file with a header beside it
)
"""All formats that cubes are read from, in the order in which they are asked."""


def detect_format(name: str) -> Format:
    """Find the format of a cube by what the file holds, and by its ending only where that tells nothing.

    Args:
        name: A file, a folder, or a word of the registry.

    Raises:
        DataError: If there is no such file, its format is unknown, or it holds something other than a cube.
    """
    marks = FileMarks(name)
    for candidate in FORMATS:
        if candidate.detect(marks):
            return candidate
    for candidate in FORMATS:
        if marks.path.is_file() and marks.path.suffix.lower() in candidate.suffixes:
            return candidate
    raise DataError(
        f"'{name}' should hold a cube in a known format. Found none of them. "
        f"Known are: {describe_formats()}. Convert the file to one of these."
    )


def describe_formats() -> str:
    """Name all formats that cubes are read from, with the endings of their files."""
    return ", ".join(str(file_format) for file_format in FORMATS)
