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
from lrprism.spectral.io.patch_file import PATCH_FILE
from lrprism.spectral.io.sample_format import SampleOptions
from lrprism.spectral.io.sample_registry import find_sample_format, read_samples
from lrprism.spectral.workbench.cutters import PatchCutter
from lrprism.spectral.workbench.explanation_settings import ExplanationSettings
from lrprism.spectral.workbench.preparation import Preparation
from lrprism.spectral.workbench.scene_labels import KnownClasses
from lrprism.spectral.workbench.sources import Samples, open_samples
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
    _check_wavelengths(samples, wavelengths)
    if samples.scene is None:
        if not len(samples.numbers):
            raise DataError(
                f"'{settings.source}' should have samples with a class to choose by. Found none. Name their "
                "classes as in the data of the training."
            )
        return match_classes(samples, _list_classes(trained))
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


def match_classes(samples: Samples, known: KnownClasses) -> Samples:
    """Number the classes of other spectra or patches as those of the training, by their codes or names.

    Args:
        samples: The other data.
        known: The classes of the training.

    Raises:
        DataError: If they have a class that the training has not.
    """
    by_code = bool(samples.class_codes and known.codes)
    own, trained = map(
        list[object],
        (samples.class_codes, known.codes) if by_code else (samples.class_names, known.names),
    )
    unknown = [str(word) for word in own if word not in trained]
    if unknown:
        raise DataError(
            f"'{samples.source}' should have the classes of the training: {', '.join(map(str, trained))}. "
            f"Found {', '.join(unknown)}. Name them alike, or leave these samples out."
        )
    assert samples.patches is not None
    number = np.array([trained.index(word) for word in own], dtype=np.int64)
    label = samples.patches["label"].values
    new = np.full_like(label, -1)
    new[label >= 0] = number[label[label >= 0]]
    patches = samples.patches.assign(label=("sample", new))
    attrs = {**samples.attrs, "class_names": list(known.names), "class_codes": list(known.codes)}
    cut = PatchCutter(patches.drop_vars("group", errors="ignore"))
    return replace(samples, labels=number[samples.labels], attrs=attrs, cut=cut, patches=patches)


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
    if wavelengths is None and own.wavelengths is not None and not _states_wavelengths(settings, own, key):
        wavelengths = own.wavelengths
    is_named = settings.labels is not None and trained.record["class_names"] == list(own.class_names or ())
    if is_named or (Path(str(settings.source)).exists() and find_sample_format(str(settings.source))):
        own = replace(own, class_names=None, class_codes=None)  # they are told by the classes of the training
    return replace(own, labels=settings.labels, wavelengths=wavelengths, key=key, group_column=None)


def _states_wavelengths(settings: ExplanationSettings, own: Preparation, key: str | None) -> bool:
    """Return True if data can be read without the wavelengths that the training's needed."""
    assert settings.source is not None
    if not Path(settings.source).exists():
        return False
    sample_format = find_sample_format(settings.source)
    # the tutorial's patch files state none: those of its camera are a guess
    if sample_format is PATCH_FILE:
        return False
    try:
        if sample_format is None:
            read_cube(settings.source, key=key, band_axis=own.band_axis)
        else:
            read_samples(settings.source, sample_format, SampleOptions(labels=settings.labels))
    except MissingWavelengthsError:
        return False
    return True


def _check_wavelengths(samples: Samples, trained: npt.NDArray[np.float64]) -> None:
    """Refuse bands that lie elsewhere than those of the training.

    Raises:
        DataError: If their number or a wavelength differs.
    """
    data = samples.patches if samples.scene is None else samples.scene.cube
    assert data is not None
    found = data["wavelength"].values
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
