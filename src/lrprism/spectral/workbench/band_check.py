"""A check that data have the bands of other data."""

from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.cubes.resample import measure_spacing
from lrprism.spectral.workbench.sources import Samples

_TOLERANCE: Final = 0.1
"""Share of the distance between bands by which their centres may differ: sensors drift by less."""
_MOST_LISTED: Final = 4


def read_band_centres(samples: Samples) -> npt.NDArray[np.float64]:
    """Return the centre of each band in nm, ``[band]``.

    Args:
        samples: A scene, spectra or patches.
    """
    data = samples.patches if samples.scene is None else samples.scene.cube
    assert data is not None
    return np.asarray(data["wavelength"].values, dtype=np.float64)


def check_band_centres(
    samples: Samples, expected: npt.NDArray[np.float64], whose: str = "the training"
) -> None:
    """Refuse bands that lie elsewhere than others, by more than a tenth of the distance between bands.

    Args:
        samples: The data.
        expected: The centres that they should have, in nm.
        whose: Whose centres these are, in words.

    Raises:
        DataError: If their number or a wavelength differs.
    """
    centres = read_band_centres(samples)
    if len(centres) != len(expected):
        what = f"{len(centres)} bands from {centres.min():.1f} to {centres.max():.1f} nm"
        what += _list_strangers(centres, expected)
    else:
        apart = np.abs(centres - expected)
        allowed = _measure_tolerance(expected)
        if (apart <= allowed).all():
            return
        worst = int(np.argmax(apart - allowed))
        count = int((apart > allowed).sum())
        what = f"{centres[worst]:.1f} nm in place of {expected[worst]:.1f} nm, {count} such bands in all"
    raise DataError(
        f"'{samples.source}' should have the bands of {whose}: {len(expected)} from {expected.min():.1f} "
        f"to {expected.max():.1f} nm. Found {what}. Give data of the same sensor, or average the bands to "
        f"those of {whose} with --resample."
    )


def _measure_tolerance(expected: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    spacing = measure_spacing(expected)
    return np.where(np.isfinite(spacing), _TOLERANCE * spacing, 1.0)


def _list_strangers(centres: npt.NDArray[np.float64], expected: npt.NDArray[np.float64]) -> str:
    """Name the wanted bands that are not there, where these are few."""
    apart = np.abs(expected[:, None] - centres).min(axis=1)
    missing = expected[apart > _measure_tolerance(expected)]
    if not 0 < len(missing) < len(expected):
        return ""
    words = ", ".join(f"{nm:.1f}" for nm in missing[:_MOST_LISTED])
    more = f" and {len(missing) - _MOST_LISTED} more" if len(missing) > _MOST_LISTED else ""
    return f", without {words}{more}"
