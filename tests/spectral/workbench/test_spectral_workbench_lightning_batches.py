from pathlib import Path

import pytest

from lrprism.errors import InputError
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench.lightning_batches import explain_over_devices
from small_store import NUMBERS, Doubling, make_store


def test_every_batch_is_explained_once(tmp_path: Path) -> None:
    store, explainer, done = make_store(tmp_path), Doubling(), []
    assert explain_over_devices(explainer, store, NUMBERS, Devices("cpu"), lambda: done.append(1))
    assert sorted(explainer.calls) == [[3, 5], [8, 13], [21]]
    assert store.read()["relevance"].values.tolist() == [6, 10, 16, 26, 42]
    assert len(done) == 3


def test_devices_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="should be this machine's"):
        explain_over_devices(Doubling(), make_store(tmp_path), NUMBERS, Devices("quantum"), lambda: None)
