"""A store of relevance for five samples in batches of two, and an explainer that doubles their numbers."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from torch import nn

from lrprism.engine import Account
from lrprism.spectral.workbench.relevance_store import RelevanceStore

NUMBERS = np.array([3, 5, 8, 13, 21])


class Doubling:
    """Explain the sample of number n by 2 n."""

    def __init__(self) -> None:
        self.model = nn.Linear(1, 1)
        self.calls: list[list[int]] = []

    def explain(self, numbers: Any) -> tuple[xr.Dataset, Account]:
        self.calls.append(numbers.tolist())
        return xr.Dataset({"relevance": ("sample", 2.0 * numbers)}), Account((), float(len(numbers)), 0.0, ())


def make_store(folder: Path) -> RelevanceStore:
    store = RelevanceStore(folder, len(NUMBERS), 2)
    store.create(xr.Dataset({"relevance": ("sample", [0.0])}))
    return store
