"""The data to explain: those of the training, or other ones of the same sensor."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError, InputError
from lrprism.spectral.cubes.resample import measure_spacing
from lrprism.spectral.cubes.wavelengths import MissingWavelengthsError
from lrprism.spectral.io import read_cube
from lrprism.spectral.io.patch_file import is_patch_file
from lrprism.spectral.workbench.explanation_settings import ExplanationSettings
from lrprism.spectral.workbench.scene_labels import KnownClasses
from lrprism.spectral.workbench.sources import Preparation, Samples, open_samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork

_TOLERANCE: Final = 0.1
"""Share of the distance between bands by which their centres may differ: sensors drift by less."""


def open_explained(trained: TrainedNetwork, settings: ExplanationSettings) -> Samples:
    """Open the data to explain.

    Labels of the training are those of its own data and of no others, whatever their size.

    Args:
        trained: The network.
        settings: The samples to explain.

    Raises:
        DataError: If the data cannot be read, are of other wavelengths than those of the training, or have no
            labels to choose samples by.
        InputError: If options for other data are given with those of the training.
    """
    if settings.source is None or _is_same(settings.source, trained.source):
        _check_own(settings)
        return open_samples(trained.source, trained.preparation)
    other = _prepare_other(trained, settings)
    network = trained.record["network"]
    wavelengths = np.array(network["wavelength_nm"], dtype=np.float64)
    samples = open_samples(
        settings.source,
        other,
        wavelengths=wavelengths if settings.resample else None,
        classes=_list_classes(trained) if settings.labels is not None else None,
    )
    if samples.scene is None:
        return samples
    _check_wavelengths(samples, wavelengths)
    if samples.hash == trained.record["data_sha256"] and settings.labels is None:
        return open_samples(settings.source, trained.preparation)  # the same data at another place
    if not settings.every_pixel and not len(samples.numbers):
        raise DataError(
            f"'{settings.source}' should have labelled pixels to choose samples by. Found none, and the "
            "labels of the training are not those of this scene. Give its own with --labels, or explain all "
            "with --every-pixel."
        )
    return samples


def _list_classes(trained: TrainedNetwork) -> KnownClasses:
    """Return the classes of the training: those of another scene may be fewer, and in another order."""
    names = trained.record["class_names"]
    return KnownClasses(names, trained.record.get("class_codes", list(range(1, len(names) + 1))))


def _is_same(source: str, own: str) -> bool:
    """Return True if two names stand for one file."""
    if source == own:
        return True
    return Path(source).exists() and Path(own).exists() and Path(source).samefile(own)


def _check_own(settings: ExplanationSettings) -> None:
    """Refuse options for other data.

    Raises:
        InputError: If there are any.
    """
    options: dict[str, Any] = {
        "--labels": settings.labels,
        "--wavelengths": settings.wavelengths,
        "--key": settings.key,
        "--resample": settings.resample,
    }
    given = [name for name, value in options.items() if value]
    if given:
        raise InputError(
            f"{' and '.join(given)} should come with other data than those of the training. Found no other "
            "data. Name them, or leave the option out."
        )


def _prepare_other(trained: TrainedNetwork, settings: ExplanationSettings) -> Preparation:
    """Return the preparation of other data: that of the training, without its labels."""
    own, key = trained.preparation, settings.key or trained.preparation.key
    wavelengths = settings.wavelengths
    if (
        wavelengths is None
        and own.wavelengths is not None
        and not _states_wavelengths(settings.source, own, key)
    ):
        wavelengths = own.wavelengths
    if settings.labels is not None and trained.record["class_names"] == list(own.class_names or ()):
        own = replace(own, class_names=None, class_codes=None)  # they are told by the classes of the training
    return replace(own, labels=settings.labels, wavelengths=wavelengths, key=key)


def _states_wavelengths(source: str | None, own: Preparation, key: str | None) -> bool:
    """Return True if a cube can be read without the wavelengths that the training's needed."""
    assert source is not None
    if not Path(source).exists() or is_patch_file(source):
        return False
    try:
        read_cube(source, key=key, band_axis=own.band_axis)
    except MissingWavelengthsError:
        return False
    return True


def _check_wavelengths(samples: Samples, trained: npt.NDArray[np.float64]) -> None:
    """Refuse bands that lie elsewhere than those of the training.

    Raises:
        DataError: If their number or a wavelength differs.
    """
    assert samples.scene is not None
    found = samples.scene.cube["wavelength"].values
    if len(found) != len(trained):
        what = f"{len(found)} bands from {found.min():.1f} to {found.max():.1f} nm"
    else:
        allowed = np.where(np.isfinite(measure_spacing(trained)), _TOLERANCE * measure_spacing(trained), 1.0)
        apart = np.abs(found - trained)
        if (apart <= allowed).all():
            return
        worst = int(np.argmax(apart - allowed))
        count = int((apart > allowed).sum())
        what = f"{found[worst]:.1f} nm in place of {trained[worst]:.1f} nm, {count} such bands in all"
    raise DataError(
        f"'{samples.source}' should have the bands of the training: {len(trained)} from {trained.min():.1f} "
        f"to {trained.max():.1f} nm. Found {what}. Explain data of the same sensor, or average the bands to "
        "those of the training with --resample."
    )
