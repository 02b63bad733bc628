"""The samples that a page shows one by one: which, what is known of them, their spectra."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral.bands.statistics import REGRESSION, TASK
from lrprism.spectral.explorer.encoding import pack_columns
from lrprism.spectral.explorer.groups import ItemFacts
from lrprism.spectral.plots.contract import get_explained_outputs

MOST_VALUES: Final = 8_000_000
"""Values of relevance in a page: about 10 MB with the data beside them."""

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class ShownItems:
    """Samples of a relevance dataset that a page shows.

    Args:
        numbers: Their positions along ``sample``.
        total: Number of samples that were explained.
        which: What they are, in words: "every pixel", "the labelled pixels".
    """

    numbers: Numbers
    total: int
    which: str

    def to_json(self) -> dict[str, Any]:
        """Return the counts, and what is shown in words."""
        return {"shown": len(self.numbers), "total": self.total, "which": self.which}


def thin_out_items(numbers: Numbers, values_each: int, most: int = MOST_VALUES) -> Numbers:
    """Return as many numbers as there is room for, evenly spread.

    Args:
        numbers: The samples.
        values_each: Values of relevance of each.
        most: Values that there is room for.
    """
    room = max(1, most // max(1, values_each))
    if len(numbers) <= room:
        return numbers
    return numbers[np.linspace(0, len(numbers) - 1, room).round().astype(np.int64)]


def read_facts(relevance: xr.Dataset, label: Numbers) -> ItemFacts:
    """Return what is known of some samples.

    Args:
        relevance: The relevance dataset of these samples alone, in memory.
        label: Their true classes, -1 where one is not known.
    """
    target = relevance["target"].values.astype(np.int64)
    is_trait = relevance.attrs[TASK] == REGRESSION
    predicted = np.full_like(target, -1) if is_trait else relevance["predicted"].values.astype(np.int64)
    explained = relevance["explained"].values
    outputs = get_explained_outputs(relevance)
    return ItemFacts(target, label.astype(np.int64), predicted, outputs, explained)


def pack_items(facts: ItemFacts, spectra: Floats, others: dict[str, npt.NDArray[Any]]) -> dict[str, str]:
    """Return the columns of the samples, packed.

    Args:
        facts: What is known of them.
        spectra: Relevance of each, ``[sample, band]``; its sums for and against are columns.
        others: Further columns.
    """
    double = spectra.astype(np.float64)
    columns = {
        "target": facts.target,
        "label": facts.label,
        "predicted": facts.predicted,
        "output": facts.output,
        "explained": facts.explained,
        "positive": double.clip(min=0).sum(axis=1),
        "negative": double.clip(max=0).sum(axis=1),
        **others,
    }
    return pack_columns(columns)
