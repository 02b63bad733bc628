"""Checks of the parts of a split: none empty, no overlap, every sample in the data and labelled."""

import numpy as np

from lrprism.errors import DataError
from lrprism.spectral.splits.files.sample_set import SampleSet
from lrprism.spectral.splits.split import Numbers


def check_split_parts(parts: dict[str, Numbers], samples: SampleSet) -> None:
    """Refuse parts that overlap, are empty, or name samples that the data does not hold.

    Raises:
        DataError: If training or test part is empty, or a number is out of range, twice in a part, of an
            unlabelled sample, or in two parts.
    """
    for name, numbers in parts.items():
        if not numbers.size and name != "validation":
            raise DataError(f"the {name} part should have samples. Found none. Give both parts.")
    _check_range(parts, samples)
    for name, numbers in parts.items():
        _check_part(name, numbers, samples)
    # each part is without repeats now: a number that occurs twice is in two parts
    members, counts = np.unique(np.concatenate(list(parts.values())), return_counts=True)
    if (counts > 1).any():
        shared = members[counts > 1]
        inside = " and ".join(name for name, numbers in parts.items() if shared[0] in numbers)
        raise DataError(
            f"each sample should be in one part. Found {len(shared)} in two, the first is "
            f"{samples.describe(int(shared[0]))} in {inside}. Remove it from one of them."
        )


def _check_range(parts: dict[str, Numbers], samples: SampleSet) -> None:
    numbers = np.concatenate(list(parts.values()))
    count = samples.classes.size
    outside = numbers[(numbers < 0) | (numbers >= count)]
    if not outside.size:
        return
    # MATLAB counts from 1: none is 0, and the last one is one too high
    hint = "Give the split of this very data."
    if numbers.min() >= 1 and numbers.max() == count:
        order = " and go down the columns" if samples.is_scene else ""
        hint = f"They look like MATLAB's, which count from 1{order}: number the {samples.noun}s from 0"
        hint += ", row * width + column." if samples.is_scene else "."
    raise DataError(
        f"numbers should lie in 0..{count - 1}, the {samples.noun}s of the data. Found {len(outside)} "
        f"outside, the first is {outside[0]}. {hint}"
    )


def _check_part(name: str, numbers: Numbers, samples: SampleSet) -> None:
    distinct, counts = np.unique(numbers, return_counts=True)
    if len(distinct) < len(numbers):
        twice = distinct[counts > 1]
        raise DataError(
            f"each sample should be in the {name} part once. Found {len(twice)} more than once, the first is "
            f"{samples.describe(int(twice[0]))}. Remove the repeats."
        )
    unlabelled = distinct[samples.classes[distinct] < 0]
    if unlabelled.size:
        raise DataError(
            f"each sample of the {name} part should have a label. Found {len(unlabelled)} without, the "
            f"first is {samples.describe(int(unlabelled[0]))}. Remove them, or give the labels that were "
            "split."
        )
