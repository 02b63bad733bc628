"""The training, validation and test part of the samples."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.io import read_labels
from lrprism.spectral.splits import coverage_table, read_groups
from lrprism.spectral.splits.blocks import checkerboard, disjoint_blocks
from lrprism.spectral.splits.contiguous import contiguous_cut
from lrprism.spectral.splits.files.split_file import read_split
from lrprism.spectral.splits.groups import group_split
from lrprism.spectral.splits.hold_out import hold_out
from lrprism.spectral.splits.leakage import Leakage, leakage
from lrprism.spectral.splits.random_split import random_split
from lrprism.spectral.splits.regions import connected_regions, region_split
from lrprism.spectral.splits.split import Split
from lrprism.spectral.workbench.sources import Numbers, Samples
from lrprism.spectral.workbench.split_settings import SplitSettings


@dataclass(frozen=True, eq=False)
class SampleParts:
    """Numbers of the samples of each part.

    Args:
        train: Samples that the network learns from.
        validation: Samples that choose the best epoch.
        test: Samples that test it.
        split: The split that the parts come from.
        scheme: The name of its scheme.
        leakage: Overlap of test windows with training windows; None without a scene.
    """

    train: Numbers
    validation: Numbers
    test: Numbers
    split: Split
    scheme: str
    leakage: Leakage | None

    def table(self, samples: Samples) -> pd.DataFrame:
        """Return a row per sample: sample, label and part, for a scene its row and column too."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        tables = [
            pd.DataFrame({"sample": numbers, "label": samples.labels_of(numbers), "part": name})
            for name, numbers in parts.items()
        ]
        table = pd.concat(tables).sort_values("sample", ignore_index=True)
        if samples.scene is not None:
            width = samples.scene.labels.sizes["x"]
            table.insert(1, "row", table["sample"] // width)
            table.insert(2, "column", table["sample"] % width)
        return table

    def record(self, settings: SplitSettings, window: int) -> dict[str, Any]:
        """Return the part of ``run.json`` about the split."""
        return {
            **asdict(settings),
            "scheme": self.scheme,
            "guard": window // 2 if self.leakage is not None else None,
            "test_windows_that_overlap_a_training_window": self.leakage and self.leakage.overlapping,
            "coverage": self.split.coverage.to_dict("records"),
            "classes_missing_from_a_part": self.split.missing_classes,
            "notes": list(self.split.notes),
            "train": len(self.train),
            "validation": len(self.validation),
            "test": len(self.test),
        }


def deal_samples(samples: Samples, settings: SplitSettings, window: int, seed: int) -> SampleParts:
    """Deal samples out to training, validation and test part.

    Args:
        samples: The samples.
        settings: The scheme and its numbers.
        window: Side of the windows of a scene in pixels.
        seed: Seed of everything drawn at random.

    Returns:
        The parts; the notes of the split say how to read the accuracy.

    Raises:
        InputError: If the scheme is not one for such data.
        DataError: If a file cannot be read, or a part would be empty.
    """
    scheme = settings.choose_scheme(samples)
    split = _SCHEMES.get(scheme, _split_by_files)(samples, settings, window // 2, seed)
    split = _add_validation(samples, split, settings, window // 2, seed)
    train = split.train
    if settings.per_class is not None:
        train = limit_per_class(train, samples.labels_of(train), settings.per_class, seed)
    overlap = None
    if samples.scene is not None:
        overlap = leakage(split, window, samples.scene.labels.sizes["x"])
    return SampleParts(train, split.validation, split.test, split, scheme, overlap)


def assign_all_to_test(samples: Samples) -> SampleParts:
    """Assign all samples to the test part, for a network trained elsewhere on an unknown part.

    Args:
        samples: The samples.

    Returns:
        The parts, with a note that the accuracy may be too high.
    """
    none = np.empty(0, dtype=np.int64)
    note = "it is not known which samples the network was trained on: the test accuracy may be too high"
    split = _build_split(samples, none, none, samples.numbers, (note,))
    return SampleParts(none, none, samples.numbers, split, "unknown", None)


def _build_split(
    samples: Samples, train: Numbers, validation: Numbers, test: Numbers, notes: tuple[str, ...]
) -> Split:
    """Build the split of these parts; its coverage is of all labelled samples, with or without a window."""
    labels = samples.all_labels
    classes = samples.labels if labels is None else labels.values.ravel().astype(np.int64) - 1
    return Split(
        train, test, coverage_table(classes, train, test, samples.class_names, validation), notes, validation
    )


def _scene_labels(samples: Samples) -> xr.DataArray:
    assert samples.scene is not None  # SplitSettings.choose_scheme has refused patches
    return samples.scene.labels


def _split_by_blocks(samples: Samples, settings: SplitSettings, guard: int, seed: int) -> Split:
    return disjoint_blocks(
        _scene_labels(samples),
        block=settings.block,
        guard=guard,
        seed=seed,
        test_fraction=settings.test_fraction,
    )


def _split_by_checkerboard(samples: Samples, settings: SplitSettings, guard: int, _: int) -> Split:
    return checkerboard(_scene_labels(samples), block=settings.block, guard=guard)


def _split_by_contiguous(samples: Samples, settings: SplitSettings, guard: int, _: int) -> Split:
    return contiguous_cut(_scene_labels(samples), guard=guard, test_fraction=settings.test_fraction)


def _split_by_regions(samples: Samples, settings: SplitSettings, guard: int, seed: int) -> Split:
    labels = _scene_labels(samples)
    regions = connected_regions(labels)
    return region_split(labels, regions, guard=guard, seed=seed, test_fraction=settings.test_fraction)


def _split_by_groups(samples: Samples, settings: SplitSettings, guard: int, seed: int) -> Split:
    assert settings.groups is not None  # SplitSettings has looked
    fraction = settings.test_fraction
    if samples.scene is None:
        groups = read_groups(settings.groups, len(samples.numbers))
        names = samples.class_names
        return group_split(samples.labels, groups, test_fraction=fraction, seed=seed, class_names=names)
    regions = read_labels(settings.groups)
    return region_split(samples.scene.labels, regions, guard=guard, seed=seed, test_fraction=fraction)


def _split_by_random(samples: Samples, settings: SplitSettings, _: int, seed: int) -> Split:
    split = random_split(
        samples.labels, test_fraction=settings.test_fraction, seed=seed, class_names=samples.class_names
    )
    # it deals positions among the samples, not their numbers
    return replace(split, train=samples.numbers[split.train], test=samples.numbers[split.test])


def _split_by_files(samples: Samples, settings: SplitSettings, *_: int) -> Split:
    """Read the split of other people, without the samples whose window does not fit.

    Raises:
        DataError: If no sample of the training or the test part has a whole window.
    """
    path, *test_path = settings.files
    labels = samples.labels if samples.all_labels is None else samples.all_labels
    split = read_split(
        path, labels, test_path=test_path[0] if test_path else None, class_names=samples.class_names
    )
    parts = [np.intersect1d(part, samples.numbers) for part in (split.train, split.validation, split.test)]
    lost = len(split.train) + len(split.validation) + len(split.test) - sum(map(len, parts))
    note = (f"{lost} samples of the split have no whole window and are left out",) if lost else ()
    train, validation, test = parts
    if not train.size or not test.size:
        raise DataError(
            f"training and test part should keep samples with a whole window. Found {train.size} and "
            f"{test.size}. Use a smaller window."
        )
    return _build_split(samples, train, validation, test, (*split.notes, *note))


def _add_validation(samples: Samples, split: Split, settings: SplitSettings, guard: int, seed: int) -> Split:
    if split.validation.size:  # a file of other people may name its own
        return split
    if settings.validation == "blocks":
        if samples.scene is None:
            raise InputError(
                "validation by blocks should be of a scene. Found patches. Leave out --validation blocks."
            )
        block = max(settings.block // 2, 2 * guard + 1)
        fraction = settings.validation_fraction
        return hold_out(samples.scene.labels, split, block=block, guard=guard, fraction=fraction, seed=seed)
    inner = random_split(
        samples.labels_of(split.train),
        test_fraction=settings.validation_fraction,
        seed=seed,
        class_names=samples.class_names,
    )
    note = (
        "the best epoch was chosen on samples drawn at random from the training part, never on the test part"
    )
    train, validation = split.train[inner.train], split.train[inner.test]
    return _build_split(samples, train, validation, split.test, (*split.notes, note))


_SCHEMES: Final[dict[str, Callable[[Samples, SplitSettings, int, int], Split]]] = {
    "blocks": _split_by_blocks,
    "checkerboard": _split_by_checkerboard,
    "contiguous": _split_by_contiguous,
    "regions": _split_by_regions,
    "groups": _split_by_groups,
    "random": _split_by_random,
}


def limit_per_class(numbers: Numbers, labels: Numbers, per_class: int, seed: int) -> Numbers:
    """Draw at most ``per_class`` of the samples of each class.

    Args:
        numbers: The samples.
        labels: Their classes.
        per_class: Most samples of a class.
        seed: Seed of the draw.

    Returns:
        The chosen samples, in their old order.

    Raises:
        DataError: If ``per_class`` is below 1.
    """
    if per_class < 1:
        raise DataError(f"samples per class should be at least 1. Found {per_class}. Raise it.")
    generator = np.random.default_rng(seed)
    positions = [
        generator.permutation(np.flatnonzero(labels == label))[:per_class] for label in np.unique(labels)
    ]
    chosen: Numbers = numbers[np.sort(np.concatenate(positions))]
    return chosen
