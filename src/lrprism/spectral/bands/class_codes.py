"""The codes of classes: the numbers by which the labels of a user tell them apart.

Arrays and tables count classes from 0. A user never sees such a number alone: beside it stands the code of
the class in the user's own labels, which figures and the command line take too.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

CLASS_CODES: Final = "class_codes"
"""The attribute of a relevance dataset or a class map with the code of each class, class 0 first; missing
where the labels are words."""
_COLUMNS: Final = ("class", "label", "predicted", "target")


def read_codes(attrs: Mapping[Hashable, Any]) -> list[int]:
    """Return the code of each class, class 0 first; none where the labels are words.

    Args:
        attrs: The attributes of a relevance dataset or of a class map.
    """
    # NetCDF reads a list of one number as that number
    return [int(code) for code in np.atleast_1d(np.asarray(attrs.get(CLASS_CODES, []), dtype=np.int64))]


def get_code(attrs: Mapping[Hashable, Any], number: int) -> int:
    """Return the code of a class, or its number from 0 where it has none.

    Args:
        attrs: The attributes of a relevance dataset or of a class map.
        number: The class, from 0.
    """
    codes = read_codes(attrs)
    return codes[number] if 0 <= number < len(codes) else number


def find_class(word: str, names: Sequence[str], codes: Sequence[int]) -> int | None:
    """Return the number from 0 of a class that a user names; None if there is none.

    Args:
        word: Its name, in any case; its code; or its number from 0 where the classes have no codes.
        names: Name of each class, class 0 first.
        codes: Code of each class; none where the labels are words.
    """
    # a name first: a class may be called "2"
    for known in (list(names), [name.casefold() for name in names]):
        spelling = word if word in known else word.casefold()
        if spelling in known:
            return known.index(spelling)
    numbers = list(codes) or list(range(len(names)))
    is_number = word.removeprefix("-").isdecimal()
    return numbers.index(int(word)) if is_number and int(word) in numbers else None


def list_numbers(names: Sequence[str], codes: Sequence[int]) -> str:
    """Return the numbers that :func:`find_class` takes, for a message.

    Args:
        names: Name of each class, class 0 first.
        codes: Code of each class; none where the labels are words.
    """
    if codes:
        return f"its number in the labels ({', '.join(map(str, codes))})"
    return f"its number from 0 to {len(names) - 1}"


def add_codes(table: pd.DataFrame, attrs: Mapping[Hashable, Any]) -> pd.DataFrame:
    """Return a table with the code of each class behind its number; as it is where classes have no codes.

    Args:
        table: A table with one of the columns class, label, predicted and target, numbers from 0.
        attrs: The attributes of the relevance dataset.
    """
    codes = read_codes(attrs)
    table = table.copy()
    for column in _COLUMNS:
        if codes and column in table:
            # an unknown class is no number, nor has it a code
            numbers = table[column].map(dict(enumerate(codes))).astype("Int64")
            table.insert(list(table.columns).index(column) + 1, f"{column}_code", numbers)
    return table
