"""Simulated samples in one file: patches in the tutorial's layout, and the truth beside them in a group."""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError, ResultsError
from lrprism.spectral.files import report_write_errors
from lrprism.spectral.io.hdf5 import create_hdf5, find_dataset, open_hdf5
from lrprism.spectral.io.limits import check_declared
from lrprism.spectral.simulate import LeafDraft, PlantedFeature, Truth

_GROUP: Final = "truth"
_FORMAT: Final = 1
_AT_ONCE: Final = 32  # images in memory
_PICTURES: Final = ("leaf", "region", "confounder_pixels")
_ARRAYS: Final = ("wavelengths", "weight", "noise", "confounder", "strength", "confounded")
_ABOUT: Final = (
    "What carries the class in train_img. weight, noise, confounder: per band; strength: sample x feature; "
    "leaf, region, confounder_pixels: per pixel of each sample."
)


def write_simulation(
    path: str | PathLike[str],
    draft: LeafDraft,
    *,
    overwrite: bool = False,
    track: Callable[[Sequence[range]], Iterable[range]] = iter,
) -> None:
    """Draw the images of a draft and write them and their truth into a patch file of the tutorial's layout.

    ``train_img`` (sample, y, x, band) float32 and ``train_labels`` (sample), as :func:`read_patch_file` reads
    them; the group ``truth`` holds what :func:`read_truth` reads, and ``part``, the part of each sample. The
    file appears when all is written.

    Args:
        path: The file to be. Missing parents are created.
        draft: The samples.
        overwrite: Whether a file of that name may be replaced.
        track: Passes the blocks of samples on, and may show how far the work is.

    Raises:
        ResultsError: If the file exists and ``overwrite`` is not set, or it cannot be written.
    """
    file = Path(path)
    check_new_file(file, overwrite=overwrite)
    with report_write_errors(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    with create_hdf5(file) as opened:
        group = opened.create_group(_GROUP)
        _write_images(opened, group, draft, track)
        _write_truth(group, draft.state_truth(), draft.part)


def check_new_file(file: Path, *, overwrite: bool) -> None:
    """Refuse a name that is taken.

    Raises:
        ResultsError: If it is, and may not be replaced.
    """
    if not os.path.lexists(file):
        return
    if not file.is_file():
        raise ResultsError(
            f"Samples should be written into a plain file. Found something else at {file}. "
            "Choose another name."
        )
    if not overwrite:
        raise ResultsError(
            f"Samples should be written to a new name. Found {file} already there. Choose another name, or "
            "replace the file with --overwrite."
        )


def read_truth(path: str | PathLike[str]) -> Truth:
    """Read what carries the class out of a file of ``lrprism simulate``.

    Args:
        path: The file.

    Raises:
        DataError: If the file holds no truth, or is damaged.
    """
    file = Path(path)
    with open_hdf5(file) as opened:
        if not isinstance(opened.get(_GROUP), h5py.Group):
            raise DataError(
                f"'{file}' should hold the group {_GROUP}, as lrprism simulate writes it. Found none. Only "
                "simulated data have a truth that is known."
            )
        arrays = {name: _read_array(opened, name) for name in _ARRAYS}
        pictures = {name: _read_array(opened, name) for name in _PICTURES if name in opened[_GROUP]}
        settings = opened[_GROUP].attrs
        features = tuple(PlantedFeature(**row) for row in json.loads(settings["features"]))
        return Truth(features, **arrays, **pictures, parameters=json.loads(settings["parameters"]))


def _write_images(
    opened: h5py.File,
    group: h5py.Group,
    draft: LeafDraft,
    track: Callable[[Sequence[range]], Iterable[range]],
) -> None:
    """Write images block by block: all together may be larger than memory."""
    samples, window = len(draft.part), draft.settings.window
    pictures = (samples, window, window)
    images = opened.create_dataset("train_img", (*pictures, draft.settings.bands), dtype=np.float32)
    opened.create_dataset("train_labels", data=draft.plan.y)
    leaf = group.create_dataset("leaf", pictures, dtype=np.float32)
    region = group.create_dataset("region", pictures, dtype=np.bool_)
    has_stripe = draft.settings.planting.confounder == "stripe"
    stripe = group.create_dataset("confounder_pixels", pictures, dtype=np.bool_) if has_stripe else None
    blocks = [range(start, min(start + _AT_ONCE, samples)) for start in range(0, samples, _AT_ONCE)]
    for rows in track(blocks):
        block, place = draft.draw_images(rows), slice(rows.start, rows.stop)
        images[place] = np.moveaxis(block.x, 1, -1)
        leaf[place], region[place] = block.leaf, block.region
        if stripe is not None:
            stripe[place] = block.stripe


def _write_truth(group: h5py.Group, truth: Truth, part: npt.NDArray[np.str_]) -> None:
    for name in _ARRAYS:
        group.create_dataset(name, data=getattr(truth, name))
    group.create_dataset("part", data=part.astype(np.bytes_))
    group.attrs["about"] = _ABOUT
    group.attrs["format"] = _FORMAT
    group.attrs["features"] = json.dumps([vars(feature) for feature in truth.features])
    group.attrs["parameters"] = json.dumps(dict(truth.parameters))


def _read_array(opened: h5py.File, name: str) -> npt.NDArray[Any]:
    dataset = find_dataset(opened, f"{_GROUP}/{name}")
    check_declared(Path(opened.filename), name, dataset.shape, dataset.dtype)
    return np.asarray(dataset[()])
