"""The windows of each part, for a network that learns the class of each pixel."""

from dataclasses import replace

import numpy as np

from lrprism.errors import InputError
from lrprism.spectral.splits import Leakage, Split, coverage_table
from lrprism.spectral.splits.split import note_missing_classes
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.pixel_targets import PixelTargets


def thin_windows(pixels: PixelTargets, split: Split) -> Split:
    """Choose windows of each part that cover its pixels, see :meth:`PixelTargets.thin`.

    Args:
        pixels: The classes of the pixels.
        split: The labelled pixels of each part.
    """
    train, test, validation = (pixels.thin(part) for part in (split.train, split.test, split.validation))
    # of the pixels that windows are cut round: others lie in the windows too
    stale = note_missing_classes(replace(split, notes=())).notes
    notes = tuple(note for note in split.notes if note not in stale)
    return replace(split, train=train, test=test, validation=validation, notes=notes)


def describe_windows(
    pixels: PixelTargets, split: Split, leakage: Leakage | None, class_names: list[str]
) -> Split:
    """Count the labelled pixels in the windows of each part, and refuse a test on pixels that were learned.

    Args:
        pixels: The classes of the pixels.
        split: The windows of each part.
        leakage: Their overlap; None for a test part alone.
        class_names: Name of each class, class 0 first.

    Returns:
        The split with the coverage in pixels, and a note that says how many.

    Raises:
        InputError: If windows of the test part overlap those of the training or validation part.
    """
    if leakage is not None and leakage.overlapping:
        raise InputError(
            "windows of the test part should share no pixel with those of the training part, where the class "
            f"of each pixel is learned. Found {100 * leakage.overlapping:.1f} % that do. Split by blocks "
            f"wider than {pixels.window} pixels, or by groups, with --split and --block."
        )
    covered = {
        "training": pixels.list_labelled(split.train),
        "validation": pixels.list_labelled(split.validation),
        "test": pixels.list_labelled(split.test),
    }
    classes = pixels.classes.ravel()
    counts = [f"{_count(split, name)} windows for {name} hold {len(held)}" for name, held in covered.items()]
    notes = [
        f"each square of {pixels.step} pixels with pixels of a part has one window of {pixels.window} x "
        f"{pixels.window}, and all labelled pixels in it count, also those in neither part: of "
        f"{int((classes >= 0).sum())} labelled pixels {', '.join(counts)}"
    ]
    shared = len(np.intersect1d(covered["training"], covered["validation"]))
    if shared:
        notes.append(
            f"the best epoch was chosen on windows whose pixels are learned too, {shared} of "
            f"{len(covered['validation'])}, never on the test part: with --validation blocks it is not"
        )
    table = coverage_table(classes, covered["training"], covered["test"], class_names, covered["validation"])
    return note_missing_classes(replace(split, coverage=table, notes=(*split.notes, *notes)))


def _count(split: Split, name: str) -> int:
    parts: dict[str, Numbers] = {
        "training": split.train,
        "validation": split.validation,
        "test": split.test,
    }
    return len(parts[name])
