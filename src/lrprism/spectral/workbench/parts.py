"""The training, validation and test part of the samples."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.errors import DataError
from lrprism.spectral.io.spectra.labelling import GROUP_CANDIDATES
from lrprism.spectral.splits import (
    SCHEMES,
    Leakage,
    Split,
    coverage_table,
    leakage,
    read_split,
)
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.per_class import limit_per_class, note_limit
from lrprism.spectral.workbench.sample_groups import (
    group_samples,
    keep_polygons_whole,
    read_group_map,
    read_sample_groups,
)
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.split_settings import SplitSettings
from lrprism.spectral.workbench.validation import choose_validation, cut_validation_blocks
from lrprism.spectral.workbench.window_parts import describe_windows, thin_windows


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
        groups: The plant, field, polygon or square of each labelled sample; None where none is known. They
            are kept with the parts, as a file of groups may be gone later.
    """

    train: Numbers
    validation: Numbers
    test: Numbers
    split: Split
    scheme: str
    leakage: Leakage | None
    groups: npt.NDArray[np.generic] | None = None

    def table(self, samples: Samples) -> pd.DataFrame:
        """Return a row per sample: sample, label and part, and the code where classes have one in the data.

        Of a scene row and column too; of several scenes the name of its own, in which number, row and column
        count. The name of a sample in a table or a folder, and the group of each where it is known.
        """
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        tables = [
            pd.DataFrame({"sample": numbers, **_list_targets(samples, numbers), "part": name})
            for name, numbers in parts.items()
        ]
        table = pd.concat(tables).sort_values("sample", ignore_index=True)
        numbers = table.pop("sample").to_numpy(np.int64)
        where = samples.locate(numbers)
        table = pd.concat([pd.DataFrame(where), table], axis=1)
        # the number of a class says nothing to whoever gave it a code
        if samples.targets is None and samples.class_codes:
            table.insert(len(where) + 1, "code", np.asarray(samples.class_codes)[table["label"]])
        columns = {"group": self.find_groups(samples, numbers), "name": samples.describe(numbers, "name")}
        for column, words in columns.items():
            if words is not None:
                table.insert(len(where), column, words)
        return table

    def find_groups(self, samples: Samples, numbers: Numbers) -> npt.NDArray[np.generic] | None:
        """Return the group of each of some samples; None where none is known."""
        return _pick_groups(self.groups, samples, numbers)

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


def _list_targets(samples: Samples, numbers: Numbers) -> dict[str, npt.NDArray[np.generic]]:
    """Return columns of a table with the class of each of some samples, or with its traits by name."""
    if samples.targets is None:
        return {"label": samples.labels_of(numbers)}
    return dict(zip(samples.task.names, samples.targets_of(numbers).T, strict=True))


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
    settings = keep_polygons_whole(samples, settings)
    scheme = settings.choose_scheme(samples)
    guard = window // 2  # windows of two pixels further apart than 2 guard share nothing
    if scheme in SCHEMES:
        split = _split_by_scheme(samples, settings, scheme, guard, seed)
    else:
        split = _split_by_files(samples, settings)
    if samples.pixels is not None:
        split = thin_windows(samples.pixels, split)
    groups = group_samples(samples, samples.numbers, settings)
    if not split.validation.size:  # the files of other people may name a validation part
        by_groups = scheme == "groups"
        split = _add_validation(samples, split, settings, guard, seed, groups, by_groups=by_groups)
    train = split.train
    if settings.per_class is not None:
        train = limit_per_class(train, samples.labels_of(train), settings.per_class, seed)
        split = note_limit(split, train, settings.per_class)
    # patches of a file do not say where they lie
    overlap = None
    if samples.scene is not None:
        overlap = leakage(split, window, samples.scene.labels.sizes["x"])
    if samples.pixels is not None:
        split = describe_windows(samples.pixels, split, overlap, samples.class_names)
    return SampleParts(train, split.validation, split.test, split, scheme, overlap, groups)


def deal_training_part(samples: Samples, settings: SplitSettings, window: int, seed: int) -> SampleParts:
    """Deal samples out to training and validation part, where others test the network.

    Args:
        samples: The samples.
        settings: The way the validation part is drawn.
        window: Side of the windows of a scene in pixels.
        seed: Seed of everything drawn at random.

    Raises:
        DataError: If a part would be empty.
    """
    none = np.empty(0, dtype=np.int64)
    split = _build_split(samples, samples.numbers, none, none, ())
    groups = group_samples(samples, samples.numbers, settings)
    split = _add_validation(samples, split, settings, window // 2, seed, groups)
    return SampleParts(split.train, split.validation, none, split, "training part", None)


def assign_all_to_test(samples: Samples) -> SampleParts:
    """Assign all samples to the test part, for a network trained elsewhere on an unknown part.

    Args:
        samples: The samples.

    Returns:
        The parts, with a note that the scores may be too high.
    """
    none = np.empty(0, dtype=np.int64)
    note = "it is not known which samples the network was trained on: the test scores may be too high"
    split = _build_split(samples, none, none, samples.numbers, (note,))
    if samples.pixels is not None:
        split = describe_windows(
            samples.pixels, thin_windows(samples.pixels, split), None, samples.class_names
        )
    return SampleParts(none, none, split.test, split, "unknown", None)


def _build_split(
    samples: Samples, train: Numbers, validation: Numbers, test: Numbers, notes: tuple[str, ...]
) -> Split:
    """Build the split of these parts; its coverage is of all labelled samples, with or without a window."""
    labels = samples.all_labels
    if labels is not None:  # label maps count classes from 1, 0 is unlabelled
        classes = labels.values.ravel().astype(np.int64) - 1
    else:  # numbers of samples count those without a label too
        assert samples.patches is not None
        classes = samples.patches["label"].values
    return Split(
        train, test, coverage_table(classes, train, test, samples.class_names, validation), notes, validation
    )


def _split_by_scheme(samples: Samples, settings: SplitSettings, name: str, guard: int, seed: int) -> Split:
    scheme = SCHEMES[name]
    options: dict[str, Any] = {
        "block": settings.block,
        "class_names": samples.class_names,
        "guard": guard,
        "seed": seed,
        "test_fraction": settings.test_fraction,
    }
    if samples.scene is not None and scheme.split_scene is not None:
        if settings.groups is not None:
            groups = read_group_map(samples.scene, settings.groups)
            split = scheme.split(samples.scene.labels, groups=groups.values, **options)
            return replace(split, notes=(*split.notes, *groups.attrs["assumed"]))
        return scheme.split(samples.scene.labels, **options)
    if settings.groups is not None:
        options["groups"] = read_sample_groups(samples, settings.groups)
    elif samples.describe(samples.numbers, "group") is not None:
        options["groups"] = samples.describe(samples.numbers, "group")
    split = scheme.split(samples.labels, **options)
    if name == "random":
        split = replace(split, notes=(*split.notes, *_suggest_groups(samples)))
    # without a scene a scheme deals positions among the samples, which in a scene are not their numbers
    return replace(split, train=samples.numbers[split.train], test=samples.numbers[split.test])


def _suggest_groups(samples: Samples) -> list[str]:
    """Name the columns of a table by which whole plants or fields could be dealt out, if there are any."""
    columns = samples.attrs.get(GROUP_CANDIDATES, [])
    listed = " or ".join(f"'{column}'" for column in columns)
    return [f"whole groups are dealt out by --group-column {listed}"] if columns else []


def _split_by_files(samples: Samples, settings: SplitSettings) -> Split:
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
    # other people split all pixels; those at the border have no whole window here
    lost = len(split.train) + len(split.validation) + len(split.test) - sum(map(len, parts))
    note = (f"{lost} samples of the split have no whole window and are left out",) if lost else ()
    train, validation, test = parts
    if not train.size or not test.size:
        raise DataError(
            f"training and test part should keep samples with a whole window. Found {train.size} and "
            f"{test.size}. Use a smaller window."
        )
    return _build_split(samples, train, validation, test, (*split.notes, *note))


def _add_validation(
    samples: Samples,
    split: Split,
    settings: SplitSettings,
    guard: int,
    seed: int,
    groups: npt.NDArray[np.generic] | None,
    *,
    by_groups: bool = False,
) -> Split:
    if settings.validation == "blocks":
        return cut_validation_blocks(samples, split, settings, guard, seed)
    of_train = _pick_groups(groups, samples, split.train)
    train, validation, note = choose_validation(
        samples, split.train, settings, of_train, by_groups=by_groups, guard=guard, seed=seed
    )
    return _build_split(samples, train, validation, split.test, (*split.notes, note))


def _pick_groups(
    groups: npt.NDArray[np.generic] | None, samples: Samples, numbers: Numbers
) -> npt.NDArray[np.generic] | None:
    """Return the group of each of some samples, from those of all labelled ones; None where none is known."""
    return None if groups is None else groups[np.searchsorted(samples.numbers, numbers)]
