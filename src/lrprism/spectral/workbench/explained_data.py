"""The data to explain: those of the training, or other ones of the same sensor."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lrprism.errors import DataError, InputError
from lrprism.spectral.cubes.wavelengths import MissingWavelengthsError
from lrprism.spectral.io import read_cube
from lrprism.spectral.io.patch_file import PATCH_FILE
from lrprism.spectral.io.sample_format import SampleFormat, SampleOptions
from lrprism.spectral.io.sample_registry import find_sample_format, read_samples
from lrprism.spectral.training.tasks.regression import Regression
from lrprism.spectral.workbench.band_check import check_band_centres
from lrprism.spectral.workbench.cutters import PatchCutter
from lrprism.spectral.workbench.explanation_settings import ExplanationSettings
from lrprism.spectral.workbench.preparation import Preparation
from lrprism.spectral.workbench.scene_labels import KnownClasses
from lrprism.spectral.workbench.sources import Samples, open_samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from lrprism.spectral.workbench.training_data import (
    find_by_hash,
    list_classes,
    open_training_data,
    open_training_file,
)


def open_explained(trained: TrainedNetwork, settings: ExplanationSettings) -> Samples:
    """Open the data to explain.

    Labels of the training are those of its own data and of no others, whatever their size.

    Args:
        trained: The network.
        settings: The samples to explain.

    Raises:
        DataError: If the data cannot be read, are of other wavelengths than those of the training, or are a
            scene without labels to choose samples by.
        InputError: If options for other data are given with those of the training, or every pixel is asked
            for of several scenes.
    """
    number = None if settings.source is None else trained.find_file(settings.source)
    if settings.source is None or number is not None:
        _check_own(settings)
        _check_one_named(trained, settings)
        return open_training_data(trained) if number is None else open_training_file(trained, number)
    other = _prepare_other(trained, settings)
    network = trained.record["network"]
    wavelengths = np.array(network["wavelength_nm"], dtype=np.float64)
    samples = open_samples(
        settings.source,
        other,
        wavelengths=wavelengths if settings.resample else None,
        classes=list_classes(trained) if settings.labels is not None else None,
    )
    check_band_centres(samples, wavelengths)
    if samples.scene is None:
        return _match_labelled(samples, list_classes(trained))
    number = find_by_hash(trained, samples)
    if number is not None and settings.labels is None:
        return open_training_file(trained, number, settings.source)  # the same data at another place
    if not settings.every_pixel and not len(samples.numbers):
        raise DataError(
            f"'{settings.source}' should have labelled pixels to choose samples by. Found none, and the "
            "labels of the training are not those of this scene. Give its own with --labels, or explain all "
            "with --every-pixel."
        )
    return samples


def describe_part(trained: TrainedNetwork, samples: Samples, settings: ExplanationSettings) -> list[str]:
    """Say that samples of other data than those of the training are explained, and why; nothing for its own.

    Args:
        trained: The network.
        samples: The data that are explained.
        settings: The samples to explain.
    """
    if samples.hash == trained.record["data_sha256"] or find_by_hash(trained, samples) is not None:
        return []
    number = 0 if settings.source is None else trained.find_file(settings.source)
    if number is None:
        which = "Note: other data than those of the training"
    else:  # a file that was replaced, or whose bands are prepared in another way
        which = f"Note: '{trained.files[number].source}' has changed since the training"
    return [f"{which}: samples of all parts are explained, also any that the network was trained on."]


def _match_labelled(samples: Samples, known: KnownClasses) -> Samples:
    """Number the classes of other spectra or patches as those of the training; without any take all samples.

    Raises:
        DataError: If they have a class that the training has not, or the targets of a regression are empty.
    """
    if samples.targets is None:
        matched = match_classes(samples, known)
        return matched if len(samples.numbers) else _take_unlabelled(matched)
    if not len(samples.numbers):
        raise DataError(
            f"'{samples.source}' should have samples with a trait to choose by. Found none. Leave the "
            "targets out, where none is known."
        )
    return samples


def _take_unlabelled(samples: Samples) -> Samples:
    """Take all spectra or patches of data whose classes nobody knows, each with the class -1."""
    assert samples.patches is not None
    label = samples.patches["label"].values
    return replace(samples, numbers=np.arange(len(label), dtype=np.int64), labels=label)


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
            f"Found {', '.join(unknown)}. Name them alike, or leave cells empty where the class is not known."
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


def _check_one_named(trained: TrainedNetwork, settings: ExplanationSettings) -> None:
    """Refuse to explain every pixel of several scenes at once.

    Raises:
        InputError: If that is asked for.
    """
    if settings.source is None and settings.every_pixel and trained.places is not None:
        raise InputError(
            f"--every-pixel should get one scene. Found a network of several: "
            f"{', '.join(trained.places.names)}. Name one of them behind the run."
        )


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
    if given and settings.source is not None:
        raise InputError(
            f"{' and '.join(given)} should come with other data than those of the training. Found "
            f"'{settings.source}', which the network was trained on: the run knows how to read it. Leave the "
            "option out."
        )
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
    source = str(settings.source)
    sample_format = find_sample_format(source) if Path(source).exists() else None
    if is_named or sample_format is not None:
        own = replace(own, class_names=None, class_codes=None)  # they are told by the classes of the training
    own = _keep_columns(own, sample_format, settings)
    task = trained.task
    if isinstance(task, Regression) and not own.target_columns and own.label_attribute is None:
        # arrays and rasters name no trait: without targets of their own the names are those of the training
        own = replace(own, target_columns=task.names, target_units=task.units)
    # new spectra are predicted, whether their traits or classes are known or not; a table of labels has them
    return replace(
        own,
        labels=settings.labels,
        wavelengths=wavelengths,
        key=key,
        targets_may_be_unknown=own.traits is not None or settings.labels is None,
    )


def _keep_columns(
    own: Preparation, sample_format: SampleFormat | None, settings: ExplanationSettings
) -> Preparation:
    """Return a preparation with the columns that other data may have; that of groups is not to be a class."""
    options = ("label_column",) if sample_format is None else sample_format.options
    has_groups = "group_column" in options and own.traits is None and settings.labels is None
    return replace(
        own,
        label_column=own.label_column if "label_column" in options else None,
        group_column=own.group_column if has_groups else None,
    )


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
