"""What a reader has to know of scenes that are used together."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np

from lrprism.spectral.cubes.georeference import georeference_of
from lrprism.spectral.workbench.band_check import read_band_centres
from lrprism.spectral.workbench.sources import Samples

_FACTOR: Final = 20.0
"""Scenes whose highest values are so many times apart are hardly in the same units."""


def join_notes(notes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the notes on several scenes: those on all of them once, others with the name of their scene.

    Args:
        notes: The notes on each scene, by its name.
    """
    lists = list(notes.values())
    shared = [note for note in lists[0] if all(note in others for others in lists)]
    return [
        *shared,
        *(f"{name}: {note}" for name, own in notes.items() for note in own if note not in shared),
    ]


def note_differences(names: Sequence[str], members: Sequence[Samples]) -> list[str]:
    """Return notes on values of another order, bands that lie a little apart, and shared ground.

    Args:
        names: Name of each scene.
        members: Samples of each scene, of the same number of bands.
    """
    return [*_note_ranges(names, members), *_note_bands(names, members), *_note_ground(names, members)]


def note_lone_classes(names: Sequence[str], members: Sequence[Samples], classes: Sequence[str]) -> list[str]:
    """Warn of classes that a single scene has: a network may know them by how that scene looks.

    Args:
        names: Name of each scene.
        members: Samples of each scene, whose classes are numbered alike.
        classes: Name of each class.
    """
    has = np.stack([np.bincount(member.labels, minlength=len(classes)) > 0 for member in members])
    lone = np.flatnonzero(has.sum(axis=0) == 1)
    if not len(lone):
        return []
    words = ", ".join(
        f"{classes[number]} in {names[int(has[:, number].argmax())]}" for number in lone.tolist()
    )
    return [
        f"classes that occur in one scene alone, {words}: the network may tell them by the scene and not by "
        "what they are"
    ]


def _note_ranges(names: Sequence[str], members: Sequence[Samples]) -> list[str]:
    """Warn of a scene whose values are of another order than those of the first."""
    highest = [0.0 if member.range is None else max(map(abs, member.range)) for member in members]
    return [
        f"values of {name} reach {value:g}, those of {names[0]} {highest[0]:g}: check that both are in the "
        "same units"
        for name, value in zip(names[1:], highest[1:], strict=True)
        if max(value, highest[0]) > _FACTOR * min(value, highest[0])
    ]


def _note_bands(names: Sequence[str], members: Sequence[Samples]) -> list[str]:
    """Say where the centres of bands differ by less than counts."""
    centres = [read_band_centres(member) for member in members]
    apart = [float(np.abs(other - centres[0]).max()) for other in centres[1:]]
    return [
        f"bands of {name} lie up to {nm:.2f} nm from those of {names[0]}, whose wavelengths stand for both"
        for name, nm in zip(names[1:], apart, strict=True)
        if nm > 0
    ]


def _note_ground(names: Sequence[str], members: Sequence[Samples]) -> list[str]:
    """Warn of scenes that show the same ground, where both say where they lie in one reference system."""
    notes = []
    boxes = [(name, *_find_box(member)) for name, member in zip(names, members, strict=True)]
    for (one, crs, low, high), (other, other_crs, other_low, other_high) in combinations(boxes, 2):
        shared = np.minimum(high, other_high) - np.maximum(low, other_low)
        # the overlap of the bounding boxes, as a share of the smaller one
        if crs and crs == other_crs and (shared > 0).all():
            share = shared.prod() / min((high - low).prod(), (other_high - other_low).prod())
            notes.append(
                f"{one} and {other} overlap on the ground ({100 * share:.0f} % of the smaller one): a test "
                "pixel in one may be a training pixel in the other"
            )
    return notes


def _find_box(member: Samples) -> tuple[str, Any, Any]:
    """Return the reference system of a scene and the lowest and highest map coordinates of its corners."""
    assert member.scene is not None
    place = georeference_of(member.scene.cube)
    if place is None:
        return "", np.zeros(2), np.zeros(2)
    rows, columns = member.scene.labels.shape
    t = place.transform
    corners = np.array(
        [
            (t[0] + t[1] * column + t[2] * row, t[3] + t[4] * column + t[5] * row)
            for row in (0, rows)
            for column in (0, columns)
        ]
    )
    return place.crs, corners.min(axis=0), corners.max(axis=0)
