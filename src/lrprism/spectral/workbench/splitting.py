"""Which samples a network learns from, which choose its best epoch, and which test it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
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

SCHEMES: Final = ("blocks", "checkerboard", "contiguous", "regions", "groups", "random")
VALIDATIONS: Final = ("random", "blocks")


@dataclass(frozen=True)
class SplitSettings:
    """How samples are dealt out to the parts.

    Args:
        scheme: For a scene one of :data:`SCHEMES`: searched "blocks", the plain "checkerboard", one
            "contiguous" cut, whole "regions" (the connected fields of the label map) or whole "groups", all
            of whose windows share no pixel between the parts; or "random" pixels, whose windows overlap. For
            patches "groups" or "random". Or a split of others: the path of one file, or of a training and a
            test file with a comma between. None is "groups" where groups are given, else "blocks" for a
            scene and "random" for patches.
        groups: A file that says which plant, field or day each sample belongs to: for a scene a map of
            numbers, for patches a list.
        block: Side of the squares of "blocks" and "checkerboard", in pixels.
        test_fraction: Share of the samples to test on.
        validation: Where the samples come from that choose the best epoch: "random" ones of the training
            part, or "blocks" of it whose windows share no pixel with the rest.
        validation_fraction: Share of the training part that chooses the best epoch.
        per_class: At most so many training samples of each class; all of them if None.

    Raises:
        InputError: If a word is none of the known.
    """

    scheme: str | None = None
    groups: str | None = None
    block: int = 16
    test_fraction: float = 0.5
    validation: str = "random"
    validation_fraction: float = 0.15
    per_class: int | None = None

    def __post_init__(self) -> None:
        """Check the words.

        Raises:
            InputError: If one is none of the known.
        """
        if self.scheme is not None and self.scheme not in SCHEMES and not self.files:
            raise InputError(
                f"split should be one of {', '.join(SCHEMES)}, or the path of a split file. "
                f"Found '{self.scheme}', which is no file. Take one of them, or correct the path."
            )
        if self.scheme is not None and (self.groups is not None) is not (self.scheme == "groups"):
            raise InputError(
                f"a file of groups should come with the split by groups. Found {self.groups or 'none'} with "
                f"'{self.scheme}'. Give --groups FILE, with --split groups or without --split."
            )
        if self.validation not in VALIDATIONS:
            raise InputError(
                f"validation should be one of {', '.join(VALIDATIONS)}. Found '{self.validation}'. "
                "Take one of them."
            )

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of a split of others, one or two; none where the scheme is a word."""
        if self.scheme is None or self.scheme in SCHEMES:
            return ()
        whole = Path(self.scheme)
        paths = (whole,) if whole.is_file() else tuple(Path(each) for each in self.scheme.split(","))
        return paths if len(paths) <= 2 and all(path.is_file() for path in paths) else ()

    def scheme_for(self, samples: Samples) -> str:
        """The scheme, that of the kind of data where none was chosen.

        Raises:
            InputError: If patches are to be split by where they lie.
        """
        default = "random" if samples.scene is None else "blocks"
        scheme = self.scheme or (default if self.groups is None else "groups")
        if samples.scene is None and scheme in SCHEMES and scheme not in ("groups", "random"):
            raise InputError(
                f"patches without a scene should be split at random or by groups. Found '{scheme}'. "
                "Leave out --split, or give --groups FILE with the plant or field of each patch."
            )
        return scheme


@dataclass(frozen=True, eq=False)
class Parts:
    """Numbers of the samples of each part.

    Args:
        train: What the network learns from.
        validation: What chooses the best epoch.
        test: What tests it.
        split: The split that the parts come from.
        scheme: How it was made.
        leakage: How near test windows come to training windows; None without a scene.
    """

    train: Numbers
    validation: Numbers
    test: Numbers
    split: Split
    scheme: str
    leakage: Leakage | None

    def table(self, samples: Samples) -> pd.DataFrame:
        """Which sample is in which part: a row per sample with sample, label and part; row, column too."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        each = [
            pd.DataFrame({"sample": numbers, "label": samples.labels_of(numbers), "part": name})
            for name, numbers in named.items()
        ]
        table = pd.concat(each).sort_values("sample", ignore_index=True)
        if samples.scene is not None:
            width = samples.scene.labels.sizes["x"]
            table.insert(1, "row", table["sample"] // width)
            table.insert(2, "column", table["sample"] % width)
        return table

    def record(self, settings: SplitSettings, window: int) -> dict[str, Any]:
        """What ``run.json`` says about the split."""
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


def parts_of(samples: Samples, settings: SplitSettings, window: int, seed: int) -> Parts:
    """Deal samples out to the parts.

    Args:
        samples: The samples.
        settings: How.
        window: Side of the windows of a scene in pixels.
        seed: Seed of everything drawn at random.

    Returns:
        The parts; the notes of the split say what a reader of the accuracy must know.

    Raises:
        InputError: If the scheme is not one for such data.
        DataError: If a file cannot be read, or a part would be empty.
    """
    scheme = settings.scheme_for(samples)
    split = _MAKERS.get(scheme, _of_files)(samples, settings, window // 2, seed)
    split = _with_validation(samples, split, settings, window // 2, seed)
    train = split.train
    if settings.per_class is not None:
        train = at_most(train, samples.labels_of(train), settings.per_class, seed)
    near = None
    if samples.scene is not None:
        near = leakage(split, window, samples.scene.labels.sizes["x"])
    return Parts(train, split.validation, split.test, split, scheme, near)


def everything(samples: Samples) -> Parts:
    """Test on all samples: of a network that was trained elsewhere nothing else is known.

    Args:
        samples: The samples.

    Returns:
        The parts, with a note that says what the accuracy is worth.
    """
    none = np.empty(0, dtype=np.int64)
    note = "it is not known which samples the network was trained on: the test accuracy may be too high"
    split = _split(samples, none, none, samples.numbers, (note,))
    return Parts(none, none, samples.numbers, split, "unknown", None)


def _split(
    samples: Samples, train: Numbers, validation: Numbers, test: Numbers, notes: tuple[str, ...]
) -> Split:
    """The split of these parts, its coverage counted in all labelled samples."""
    labels = samples.all_labels
    classes = samples.labels if labels is None else labels.values.ravel().astype(np.int64) - 1
    return Split(
        train, test, coverage_table(classes, train, test, samples.class_names, validation), notes, validation
    )


def _labels(samples: Samples) -> xr.DataArray:
    assert samples.scene is not None  # SplitSettings.scheme_for has refused patches
    return samples.scene.labels


def _blocks(samples: Samples, settings: SplitSettings, guard: int, seed: int) -> Split:
    return disjoint_blocks(
        _labels(samples), block=settings.block, guard=guard, seed=seed, test_fraction=settings.test_fraction
    )


def _checkerboard(samples: Samples, settings: SplitSettings, guard: int, _: int) -> Split:
    return checkerboard(_labels(samples), block=settings.block, guard=guard)


def _contiguous(samples: Samples, settings: SplitSettings, guard: int, _: int) -> Split:
    return contiguous_cut(_labels(samples), guard=guard, test_fraction=settings.test_fraction)


def _regions(samples: Samples, settings: SplitSettings, guard: int, seed: int) -> Split:
    labels = _labels(samples)
    regions = connected_regions(labels)
    return region_split(labels, regions, guard=guard, seed=seed, test_fraction=settings.test_fraction)


def _groups(samples: Samples, settings: SplitSettings, guard: int, seed: int) -> Split:
    assert settings.groups is not None  # SplitSettings has looked
    fraction = settings.test_fraction
    if samples.scene is None:
        groups = read_groups(settings.groups, len(samples.numbers))
        names = samples.class_names
        return group_split(samples.labels, groups, test_fraction=fraction, seed=seed, class_names=names)
    regions = read_labels(settings.groups)
    return region_split(samples.scene.labels, regions, guard=guard, seed=seed, test_fraction=fraction)


def _random(samples: Samples, settings: SplitSettings, _: int, seed: int) -> Split:
    drawn = random_split(
        samples.labels, test_fraction=settings.test_fraction, seed=seed, class_names=samples.class_names
    )
    return replace(drawn, train=samples.numbers[drawn.train], test=samples.numbers[drawn.test])


def _of_files(samples: Samples, settings: SplitSettings, *_: int) -> Split:
    # the split of others, without the samples whose window does not fit
    path, *test_path = settings.files
    labels = samples.labels if samples.all_labels is None else samples.all_labels
    split = read_split(
        path, labels, test_path=test_path[0] if test_path else None, class_names=samples.class_names
    )
    kept = [np.intersect1d(part, samples.numbers) for part in (split.train, split.validation, split.test)]
    lost = len(split.train) + len(split.validation) + len(split.test) - sum(map(len, kept))
    note = (f"{lost} samples of the split have no whole window and are left out",) if lost else ()
    train, validation, test = kept
    if not train.size or not test.size:
        raise DataError(
            f"training and test part should keep samples with a whole window. Found {train.size} and "
            f"{test.size}. Use a smaller window."
        )
    return _split(samples, train, validation, test, (*split.notes, *note))


def _with_validation(samples: Samples, split: Split, settings: SplitSettings, guard: int, seed: int) -> Split:
    if split.validation.size:
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
    return _split(samples, train, validation, split.test, (*split.notes, note))


_MAKERS: Final[dict[str, Callable[[Samples, SplitSettings, int, int], Split]]] = {
    "blocks": _blocks,
    "checkerboard": _checkerboard,
    "contiguous": _contiguous,
    "regions": _regions,
    "groups": _groups,
    "random": _random,
}


def at_most(numbers: Numbers, labels: Numbers, per_class: int, seed: int) -> Numbers:
    """Draw at most ``per_class`` of the samples of each class.

    Args:
        numbers: The samples.
        labels: Class of each.
        per_class: How many to keep of each class at most.
        seed: Seed of the draw.

    Returns:
        The chosen samples, in their old order.

    Raises:
        DataError: If ``per_class`` is below 1.
    """
    if per_class < 1:
        raise DataError(f"samples per class should be at least 1. Found {per_class}. Raise it.")
    generator = np.random.default_rng(seed)
    kept = [generator.permutation(np.flatnonzero(labels == each))[:per_class] for each in np.unique(labels)]
    chosen: Numbers = numbers[np.sort(np.concatenate(kept))]
    return chosen
