from pathlib import Path
from typing import Any

import torch
import xarray as xr

from lrprism.engine import Account
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench.batches import explain_batches
from small_runs import SILENT
from small_store import NUMBERS, Doubling, make_store


def test_only_missing_batches_are_explained(tmp_path: Path) -> None:
    store = make_store(tmp_path)
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


def test_one_device_sees_a_network_in_evaluation_mode_and_no_gradients(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    explainer, seen = Doubling(), []
    explain = explainer.explain

    def watch(numbers: Any) -> tuple[xr.Dataset, Account]:
        seen.append((explainer.model.training, torch.is_grad_enabled()))
        return explain(numbers)

    explainer.explain = watch  # type: ignore[method-assign]
    assert explain_batches(explainer, store, NUMBERS, Devices("cpu"), SILENT, "explaining")
    assert seen == [(False, False)] * 3
