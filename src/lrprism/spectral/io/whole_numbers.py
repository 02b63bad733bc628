"""Labels as every format may hold them: whole numbers from 0."""

from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError

_MOST_CLASSES: Final = 10_000  # a map of heights or identifiers is no map of classes


def whole_numbers(values: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    """Check that stored numbers can be the labels of pixels.

    Shapes: ``values`` and the result: ``[y, x]``.

    Args:
        values: The numbers in the file.

    Returns:
        The labels: 0 where unlabelled, else 1 + the class.

    Raises:
        DataError: If they are not numbers along two axes, or not whole numbers from 0 to 10000.
    """
    if values.ndim != 2 or not values.size or values.dtype.kind not in "iufb":
        raise DataError(
            f"labels should be numbers as (y, x). Found shape {values.shape} of {values.dtype}. "
            "Give one label per pixel."
        )
    numbers = np.asarray(values, dtype=np.float64)
    wrong = np.argwhere(~((numbers >= 0) & (numbers <= _MOST_CLASSES) & (numbers == np.floor(numbers))))
    if len(wrong):
        y, x = wrong[0]
        raise DataError(
            f"labels should be whole numbers from 0, the unlabelled, to {_MOST_CLASSES}. Found "
            f"{numbers[y, x]:g} at row {y}, column {x} ({len(wrong)} such pixels). Number the classes 1, 2, "
            "3, ..., or name the array that holds the labels with key."
        )
    return numbers.astype(np.int64)
