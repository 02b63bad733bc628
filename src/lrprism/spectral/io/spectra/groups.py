"""Groups of samples out of the columns of a table: plants, fields, days."""

import re
from typing import Final

import numpy as np
import pandas as pd

from lrprism.errors import DataError
from lrprism.spectral.io.spectra.classes import check_column, holds_fractions

_GROUP_NAMES: Final = frozenset(
    (
        "animal",
        "date",
        "day",
        "farm",
        "field",
        "parcel",
        "patient",
        "plant",
        "plot",
        "site",
        "subject",
        "tree",
    )
)


def name_groups(facts: pd.DataFrame, column: str) -> list[str]:
    """Return the group of each sample as a text.

    Args:
        facts: The columns that are no bands, a row per sample.
        column: The column that names the groups.

    Raises:
        DataError: If there is no such column, or a sample has no group.
    """
    check_column(facts, column, "group")
    missing = facts[column].isna().to_numpy()
    if missing.any():
        raise DataError(
            f"the column '{column}' should name the group of every sample. Found {int(missing.sum())} "
            f"without, the first is {facts.index[int(np.argmax(missing))]}. Name it, or drop the sample."
        )
    return [str(value).strip() for value in facts[column]]


def list_group_candidates(facts: pd.DataFrame) -> list[str]:
    """Return the columns that may name groups: called plant, plot_id, Day or alike, their values repeated.

    Args:
        facts: The columns that are no bands, classes or traits, a row per sample.
    """
    return [
        str(name)
        for position, name in enumerate(facts.columns)
        if _is_group_name(str(name)) and _repeats(facts.iloc[:, position])
    ]


def _is_group_name(name: str) -> bool:
    words = re.findall("[a-z]+", name.casefold())
    return any(word in _GROUP_NAMES or word.removesuffix("id") in _GROUP_NAMES for word in words)


def _repeats(values: pd.Series) -> bool:
    """Return True if a column has a value for every sample, and a few for all of them."""
    few = 2 <= values.nunique() <= len(values) // 2
    return bool(few and values.notna().all() and not holds_fractions(values))
