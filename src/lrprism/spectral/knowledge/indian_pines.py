"""Indian Pines: the AVIRIS scene of 12 June 1992, from two installed packages and no download."""

from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import Scene, make_cube
from lrprism.spectral.knowledge.tables import load_rows

INDIAN_PINES_CLASSES: Final = tuple(
    row["name"] for row in load_rows("scene_classes") if row["scene"] == "Indian Pines"
)
"""Names of the 16 classes, the one labelled 1 first."""

_ATTRIBUTION = (
    "Indian Pines: M. F. Baumgardner, L. L. Biehl, D. A. Landgrebe (2015), 220 Band AVIRIS Hyperspectral "
    "Image Data Set: June 12, 1992 Indian Pine Test Site 3, Purdue University Research Repository, "
    "doi:10.4231/R7RX991C, licensed CC BY 3.0; distributed with the Python package tensorly"
)

_ASSUMED = (
    "stored values were decoded to radiance, (value - 1000) / 500, so that zero means no light",
    "radiance is taken to be in µW cm⁻² nm⁻¹ sr⁻¹, this sensor's unit; the documentation drops the µ",
    "the 20 channels left out are numbers 104-108, 150-163 and 220, counted from 1",
    "wavelengths and FWHM are those of 92AV3C.spc in the package spectral",
)

_SPC_HEADER_LINES = 2
# radiance = (value - 1000) / 500, says the documentation of the scene, November 1992
_OFFSET, _GAIN = 1000, 500


def original_channels() -> npt.NDArray[np.int64]:
    """Return the channel, among the 220 of the full scene, of each of the 200 bands that are distributed.

    Channels 104-108, 150-163 and 220 (counted from 1), where water vapour leaves only noise, are left out.

    Returns:
        0-based channel numbers ``[200]``.
    """
    left_out = [*range(103, 108), *range(149, 163), 219]
    return np.setdiff1d(np.arange(220), left_out)


def load_indian_pines() -> Scene:
    """Load the scene: 145 x 145 pixels of 20 m, 200 bands, 16 classes, 10,249 labelled pixels.

    The wavelengths are not increasing: neighbouring spectrometers overlap at 690 and 1278 nm.

    Returns:
        The scene, with centre wavelength and FWHM in nm.

    Raises:
        DataError: If an installed package does not hold the data that it should.
    """
    # tensorly takes a second to import, and only this scene needs it
    from tensorly.datasets import load_indian_pines as load_from_tensorly

    source = load_from_tensorly()  # cube (y, x, band) and labels
    channels = original_channels()
    cube = np.moveaxis(np.asarray(source["tensor"]), -1, 0)
    if len(cube) != len(channels):
        raise DataError(
            f"Indian Pines should have {len(channels)} bands. Found {len(cube)} in the package tensorly. "
            "Install tensorly 0.9 or 0.10."
        )
    table = read_channel_table()[channels]
    return Scene(
        make_cube(
            (cube.astype(np.float32) - _OFFSET) / _GAIN,
            table[:, 0],
            fwhm=table[:, 1],
            original_band=[str(channel) for channel in channels],
            title="Indian Pines",
            attribution=_ATTRIBUTION,
            quantity="radiance",
            units="µW cm⁻² nm⁻¹ sr⁻¹",
            assumed=_ASSUMED,
        ),
        _label_map(np.asarray(source["ticks"][0])),
    )


def _label_map(values: npt.NDArray[np.generic]) -> xr.DataArray:
    return xr.DataArray(
        values.astype(np.int64), dims=("y", "x"), attrs={"class_names": list(INDIAN_PINES_CLASSES)}
    )


def read_channel_table() -> npt.NDArray[np.float64]:
    """Read wavelength, FWHM and three more columns of the 220 channels, in nm.

    Returns:
        The table ``[220, 5]``.

    Raises:
        DataError: If the installed file is missing or another one.
    """
    # no published table has the 220 channels of this flight; the package keeps one for its tests
    path = files("spectral") / "tests" / "data" / "92AV3C.spc"
    if not path.is_file():
        raise DataError(
            "the package spectral should hold tests/data/92AV3C.spc, the AVIRIS wavelengths. Found no such "
            "file. Reinstall spectral 0.24 or newer."
        )
    table = np.loadtxt(path.read_text().splitlines()[_SPC_HEADER_LINES:], dtype=np.float64)
    if table.shape != (220, 5):
        raise DataError(
            f"92AV3C.spc should list 220 channels in 5 columns. Found {table.shape}. Reinstall spectral."
        )
    return table
