from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import lrprism as lp
from lrprism.engine import Account
from lrprism.spectral.workbench.relevance_store import RelevanceStore, open_relevance, sample_arrays

SAMPLES, BATCH = 5, 2
BATCHES = (slice(0, 2), slice(2, 4), slice(4, 5))


def build_dataset(samples: slice) -> xr.Dataset:
    relevance = np.arange(15, dtype=np.float32).reshape(SAMPLES, 3)[samples]
    dataset = xr.Dataset({"relevance": (("sample", "band"), relevance, {"units": "logit"})})
    labels = ("sample", np.arange(SAMPLES)[samples])
    return dataset.assign_coords(label=labels, wavelength=("band", [400.0, 500.0, 600.0])).assign_attrs(
        data_sha256="a"
    )


def build_account(explained: float) -> Account:
    return Account((), explained, explained, ())


@pytest.fixture
def store(tmp_path: Path) -> RelevanceStore:
    store = RelevanceStore(tmp_path, SAMPLES, BATCH)
    store.create(build_dataset(slice(0, 1)))
    return store


def test_batches_are_written_in_any_order(store: RelevanceStore) -> None:
    assert [store.batch_slice(number) for number in store.batches()] == list(BATCHES)
    for number in (2, 0, 1):
        store.write(number, sample_arrays(build_dataset(BATCHES[number])), build_account(number))
        assert number not in store.batches()
    xr.testing.assert_identical(store.read().load(), build_dataset(slice(None)))
    assert [account.explained for account in store.accounts()] == [0, 1, 2]
    store.close()
    assert [path.name for path in store.path.parent.iterdir()] == ["relevance.zarr"]


def test_a_doubt_is_written_into_the_store(store: RelevanceStore) -> None:
    store.annotate(map_doubt="it tells nothing")
    assert store.read().attrs == {"data_sha256": "a", "map_doubt": "it tells nothing"}


def test_a_later_call_goes_on_with_the_same_data_alone(store: RelevanceStore, tmp_path: Path) -> None:
    store.write(1, sample_arrays(build_dataset(BATCHES[1])), build_account(1))
    again = RelevanceStore(tmp_path, SAMPLES, BATCH)
    again.create(build_dataset(slice(0, 1)))
    assert again.batches() == [0, 2]
    with pytest.raises(lp.ResultsError, match=r"Found data of hash b, begun with a\."):
        again.create(build_dataset(slice(0, 1)).assign_attrs(data_sha256="b"))


def test_what_a_kill_left_half_laid_out_is_laid_out_again(tmp_path: Path) -> None:
    (tmp_path / ".relevance.zarr.partial").mkdir()
    RelevanceStore(tmp_path, SAMPLES, BATCH).create(build_dataset(slice(0, 1)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accounts", "relevance.zarr"]


def test_a_store_without_a_batch_goes_and_one_with_a_batch_stays(
    store: RelevanceStore, tmp_path: Path
) -> None:
    store.drop_if_empty()
    assert not list(tmp_path.iterdir())
    store.create(build_dataset(slice(0, 1)))
    store.write(0, sample_arrays(build_dataset(BATCHES[0])), build_account(0))
    store.drop_if_empty()
    assert store.batches() == [1, 2]


def test_relevance_is_opened_from_the_folder_of_its_results(store: RelevanceStore, tmp_path: Path) -> None:
    xr.testing.assert_identical(open_relevance(tmp_path), store.read())
    with pytest.raises(
        lp.ResultsError, match=r"results should hold relevance\.zarr\. Found none in .*nothing"
    ):
        open_relevance(tmp_path / "nothing")
