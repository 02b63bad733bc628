from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from torch import nn

from lrprism.engine import Account
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench.batches import explain_batches
from lrprism.spectral.workbench.relevance_store import RelevanceStore
from small_runs import SILENT

NUMBERS = np.array([3, 5, 8, 13, 21])


class Doubling:
    """Explain the sample of number n by 2 n."""

    def __init__(self) -> None:
        self.model = nn.Linear(1, 1)
        self.calls: list[list[int]] = []

    def explain(self, numbers: Any) -> tuple[xr.Dataset, Account]:
        self.calls.append(numbers.tolist())
        return xr.Dataset({"relevance": ("sample", 2.0 * numbers)}), Account((), float(len(numbers)), 0.0, ())


@pytest.fixture
def store(tmp_path: Path) -> RelevanceStore:
    store = RelevanceStore(tmp_path, len(NUMBERS), 2)
    store.create(xr.Dataset({"relevance": ("sample", [0.0])}))
    return store


def test_only_missing_batches_are_explained(store: RelevanceStore) -> None:
    explainer = Doubling()
    dataset, account = explainer.explain(NUMBERS[2:4])
    store.write(1, {"relevance": dataset["relevance"].values}, account)
    explainer.calls.clear()
    assert explain_batches(explainer, store, NUMBERS, Devices("cpu"), SILENT, "explaining")
    assert explainer.calls == [[3, 5], [21]]
    assert store.read()["relevance"].values.tolist() == [6, 10, 16, 26, 42]
    assert [account.explained for account in store.accounts()] == [2, 2, 1]
    assert explain_batches(explainer, store, NUMBERS, Devices("cpu"), SILENT, "explaining")
    assert len(explainer.calls) == 2
