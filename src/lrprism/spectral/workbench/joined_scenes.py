"""Several scenes as one set of samples."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import Scene
from lrprism.spectral.cubes.resample import AVERAGED
from lrprism.spectral.workbench.band_check import check_band_centres, read_band_centres
from lrprism.spectral.workbench.cutters import SceneCutter, WindowCutter
from lrprism.spectral.workbench.preparation import Preparation
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.scene_classes import join_classes
from lrprism.spectral.workbench.scene_files import SceneFile, name_scenes
from lrprism.spectral.workbench.scene_labels import KnownClasses
from lrprism.spectral.workbench.scene_notes import join_notes, note_differences, note_lone_classes
from lrprism.spectral.workbench.scene_numbers import SceneNumbers
from lrprism.spectral.workbench.sources import Samples, open_samples

_FEWEST_CLASSES: Final = 2


def open_scenes(
    files: Sequence[SceneFile], preparation: Preparation, *, resample: bool = False, reporter: Reporter
) -> Samples:
    """Open several scenes as one set of samples.

    Args:
        files: The scenes and their labels.
        preparation: The preparation of the bands, and the window; its labels are not used.
        resample: Whether scenes of other bands are averaged to the wavelengths of the first.
        reporter: Shows the progress.

    Raises:
        DataError: If a scene cannot be read, has no labelled pixel, or differs from the first in its bands,
            in what was measured or in what its labels mean; or two hold the same data.
        InputError: If an option does not go with the data.
    """
    members: list[Samples] = []
    for file in files:
        own = replace(preparation, labels=file.labels)
        with reporter.step(f"reading {file.source}"):
            member = _open_next(members, file, own, resample)
        _check_labelled(member, file)
        members.append(member)
    names = name_scenes([file.source for file in files])
    _check_different(members)
    samples = join_scenes(names, members)
    if resample and not any(map(is_averaged, members)):
        samples.attrs["assumed"].append(
            f"no scene was averaged, though --resample asks for it: all have the bands of {names[0]}"
        )
    return samples


def is_averaged(samples: Samples) -> bool:
    """Return True if the bands of a scene were averaged to other wavelengths.

    Args:
        samples: The samples of the scene.
    """
    return any(AVERAGED in str(note) for note in samples.attrs["assumed"])


def _open_next(
    members: Sequence[Samples], file: SceneFile, preparation: Preparation, resample: bool
) -> Samples:
    """Open a scene; a later one with the bands and the quantity of the first."""
    if not members:
        return open_samples(file.source, preparation)
    first = members[0]
    centres, whose = read_band_centres(first), f"'{first.source}'"
    member = open_like(file.source, preparation, centres, whose=whose, resample=resample)
    _check_quantity(first, member)
    return member


def open_like(
    source: str,
    preparation: Preparation,
    centres: npt.NDArray[np.float64],
    *,
    whose: str = "the training",
    resample: bool = False,
    classes: KnownClasses | None = None,
) -> Samples:
    """Open a scene with the bands of other data.

    Args:
        source: The path of the scene.
        preparation: The preparation of its bands, its labels, and the window.
        centres: The centres that its bands should have, in nm.
        whose: Whose centres these are, in words.
        resample: Whether a scene of other bands is averaged to these centres; one that has them stays as it
            is, as averaging would blur it.
        classes: The classes that its labels are of; None for those that they name.

    Raises:
        DataError: If it cannot be read, or has other bands.
    """
    try:
        samples = open_samples(source, preparation, classes=classes)
        check_band_centres(samples, centres, whose)
    except DataError:
        # a choice of bands may not even exist in a scene of others
        if not resample:
            raise
        samples = open_samples(source, preparation, wavelengths=centres, classes=classes)
    return samples


def _check_quantity(first: Samples, member: Samples) -> None:
    """Refuse a scene of another quantity or unit than the first.

    Raises:
        DataError: If it is.
    """
    before, now = ((data.attrs["quantity"], data.attrs["units"]) for data in (first, member))
    if before != now:
        raise DataError(
            f"'{member.source}' should hold the same quantity as '{first.source}': {before[0]} in units "
            f"{before[1]!r}. Found {now[0]} in units {now[1]!r}. Convert one of them, or train on it alone."
        )


def _check_labelled(member: Samples, file: SceneFile) -> None:
    """Refuse a scene without a labelled pixel.

    Raises:
        DataError: If it has none.
    """
    if not len(member.numbers):
        # the notes tell how many were lost at the border or to missing values
        notes = "; ".join(["none", *map(str, member.attrs["assumed"])])
        raise DataError(
            f"scenes should have labelled pixels. Found in '{file.source}' with '{file.labels}': {notes}. "
            "Check that its labels lie on it, choose a smaller --window, or leave the scene out."
        )


def _check_different(members: Sequence[Samples]) -> None:
    """Refuse the same data under two names.

    Raises:
        DataError: If two scenes hold the same values.
    """
    for one, other in combinations(members, 2):
        if one.hash == other.hash:
            raise DataError(
                f"each scene should be given once. Found the same values in '{one.source}' and "
                f"'{other.source}'. Leave one out."
            )


def join_scenes(names: Sequence[str], members: Sequence[Samples]) -> Samples:
    """Join the samples of several scenes, with the union of their classes.

    Args:
        names: Name of each scene.
        members: Samples of each scene, of the same bands.

    Raises:
        DataError: If the labels contradict each other, or are of fewer than two classes.
    """
    aligned, classes = _align_classes(names, members)
    places = SceneNumbers(tuple(names), tuple(_label_map(member).size for member in aligned))
    attrs = _join_attrs(names, members) | {"class_names": classes.names, "class_codes": classes.codes}
    attrs["assumed"] += note_lone_classes(names, aligned, classes.names)
    shown = {key: attrs[key] for key in ("title", "attribution", "assumed")}
    numbers = [member.numbers + start for member, start in zip(aligned, places.starts, strict=True)]
    return Samples(
        ", ".join(member.source for member in members),
        np.concatenate(numbers),
        np.concatenate([member.labels for member in aligned]),
        attrs,
        hashlib.sha256("".join(member.hash for member in members).encode()).hexdigest(),
        None,
        SceneCutter(tuple(member.cut for member in aligned), places, shown),
        all_labels=xr.DataArray(
            np.concatenate([_full_labels(member).values.ravel() for member in aligned]), dims="pixel"
        ),
        band_numbers=members[0].band_numbers,
        scenes=aligned,
        places=places,
    )


def _align_classes(
    names: Sequence[str], members: Sequence[Samples]
) -> tuple[tuple[Samples, ...], KnownClasses]:
    """Return the scenes with the union of their classes, and the union.

    Raises:
        DataError: If the labels contradict each other, or are of fewer than two classes.
    """
    classes, positions = join_classes(
        {
            name: KnownClasses(member.class_names, member.class_codes)
            for name, member in zip(names, members, strict=True)
        }
    )
    if len(classes.names) < _FEWEST_CLASSES:
        raise DataError(
            f"labels of the scenes should be of at least two classes. Found one, {classes.names[0]!r}. "
            "Label the others; where 0 is a class, give --unlabelled none."
        )
    aligned = (
        _align(member, members[0], classes, position)
        for member, position in zip(members, positions, strict=True)
    )
    return tuple(aligned), classes


def _label_map(member: Samples) -> xr.DataArray:
    assert member.scene is not None
    return member.scene.labels


def _full_labels(member: Samples) -> xr.DataArray:
    assert member.all_labels is not None
    return member.all_labels


def _align(member: Samples, first: Samples, classes: KnownClasses, position: Sequence[int]) -> Samples:
    """Number the classes of a scene as the union does, and give it the band coordinates of the first."""
    assert member.scene is not None
    assert first.scene is not None
    assert isinstance(member.cut, WindowCutter)
    number = np.array([0, *(1 + place for place in position)], dtype=np.int64)
    named = {"class_names": classes.names, "class_codes": classes.codes}
    labels, all_labels = (
        labels.copy(data=number[labels.values]).assign_attrs(named)
        for labels in (_label_map(member), _full_labels(member))
    )
    bands = {name: coord for name, coord in first.scene.cube.coords.items() if coord.dims == ("band",)}
    scene = Scene(member.scene.cube.assign_coords(bands), labels)
    return replace(
        member,
        labels=number[1 + member.labels] - 1,
        attrs={**member.attrs, **named},
        scene=scene,
        cut=WindowCutter(scene, member.cut.window),
        all_labels=all_labels,
    )


def _join_attrs(names: Sequence[str], members: Sequence[Samples]) -> dict[str, Any]:
    """Join what is known of the scenes, each note with the name of its scene."""
    titles, credits = (
        "; ".join(dict.fromkeys(str(member.attrs[key]) for member in members if member.attrs[key]))
        for key in ("title", "attribution")
    )
    notes = join_notes({name: member.attrs["assumed"] for name, member in zip(names, members, strict=True)})
    notes += note_differences(names, members)
    first = members[0].attrs
    return {
        "title": titles,
        "attribution": credits,
        "quantity": first["quantity"],
        "units": first["units"],
        "assumed": notes,
    }
