"""Whether the parts of a split are what they should be."""

import numpy as np

from lrprism.errors import DataError
from lrprism.spectral.splits.known_samples import KnownSamples
from lrprism.spectral.splits.split import Numbers


def check_parts(parts: dict[str, Numbers], known: KnownSamples) -> None:
    """Refuse parts that overlap, are empty, or name what the data does not hold.

    Args:
        parts: Numbers of the samples of each part.
        known: The samples that there are.

    Raises:
        DataError: If training or test part is empty, or a number is out of range, twice in a part, of an
            unlabelled sample, or in two parts.
    """
    for name, numbers in parts.items():
        if not numbers.size and name != "validation":
            raise DataError(f"the {name} part should have samples. Found none. Give both parts.")
    _check_range(parts, known)
    for name, numbers in parts.items():
        _check_part(name, numbers, known)
    names, counts = np.unique(np.concatenate(list(parts.values())), return_counts=True)
    if (counts > 1).any():
        shared = names[counts > 1]
        inside = " and ".join(name for name, numbers in parts.items() if shared[0] in numbers)
        raise DataError(
            f"each sample should be in one part. Found {len(shared)} in two, the first is "
            f"{known.describe(int(shared[0]))} in {inside}. Remove it from one of them."
        )


def _check_range(parts: dict[str, Numbers], known: KnownSamples) -> None:
    numbers = np.concatenate(list(parts.values()))
    count = known.classes.size
    outside = numbers[(numbers < 0) | (numbers >= count)]
    if not outside.size:
        return
    hint = "Give the split of this very data."
    if numbers.min() >= 1 and numbers.max() == count:
        order = " and go down the columns" if known.is_scene else ""
        hint = f"They look like MATLAB's, which count from 1{order}: number the {known.noun}s from 0"
        hint += ", row * width + column." if known.is_scene else "."
    raise DataError(
        f"numbers should lie in 0..{count - 1}, the {known.noun}s of the data. Found {len(outside)} outside, "
        f"the first is {outside[0]}. {hint}"
    )


def _check_part(name: str, numbers: Numbers, known: KnownSamples) -> None:
    distinct, counts = np.unique(numbers, return_counts=True)
    if len(distinct) < len(numbers):
        twice = distinct[counts > 1]
        raise DataError(
            f"each sample should be in the {name} part once. Found {len(twice)} more than once, the first is "
            f"{known.describe(int(twice[0]))}. Remove the repeats."
        )
    unlabelled = distinct[known.classes[distinct] < 0]
    if unlabelled.size:
        raise DataError(
            f"each sample of the {name} part should have a label. Found {len(unlabelled)} without, the "
            f"first is {known.describe(int(unlabelled[0]))}. Remove them, or give the labels that were split."
        )
