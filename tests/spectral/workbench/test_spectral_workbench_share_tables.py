from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from lrprism.spectral.workbench.share_tables import (
    ClassShares,
    name_stretches,
    tabulate_bands,
    tabulate_groups,
)

PATCH = xr.Dataset(
    coords={
        "wavelength": ("band", [500.0, 400.0, 600.0, 600.0]),
        "original_band": ("band", ["1", "0", "2", "3"]),
    }
)


def make(samples: int = 8, right: float = 1.0, plants: object = None) -> ClassShares:
    """Bands 0 and 1 swap three quarters of the relevance from network to network, band 2 has a quarter."""
    swap = np.where(np.arange(20) % 2, 0.7, 0.05)
    shares = np.stack([swap, 0.75 - swap, np.full(20, 0.25), np.zeros(20)], axis=1)
    relevance = np.repeat(shares[:, None], samples, axis=1)
    hits = np.tile(np.arange(samples) < right * samples, (20, 1))
    return ClassShares(0, "oak", relevance, hits, plants)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (make(0), "no sample of it is in the test part"),
        (make(1), "1 sample is too few for a mean"),
        (make(4), "4 samples are too few for a mean"),
        (make(8, 0.3), "most networks get most of these samples wrong"),
        (make(8, 0.6), None),
        (replace(make(8, 0.6), twin="it is like elm"), "it is like elm"),
        (replace(make(8, 0.3), twin="it is like elm"), "most networks get most of these samples wrong"),
    ],
)
def test_classes_that_are_not_to_be_read(entry: ClassShares, reason: str | None) -> None:
    assert entry.reason == reason


def test_bands_have_their_group_their_share_and_its_interval() -> None:
    table = tabulate_bands([make()], np.array([0, 0, 1, 2]), PATCH)
    assert table["mean"].tolist() == pytest.approx([0.375, 0.375, 0.25, 0])
    assert table["group"].tolist() == [0, 0, 1, 2]
    assert table["least"].tolist() == pytest.approx([0.05, 0.05, 0.25, 0])
    assert (table["low"] < table["mean"])[:2].all()
    assert table["reason"].unique().tolist() == [""]


def test_groups_are_used_by_every_network_where_single_bands_are_by_some() -> None:
    joined = tabulate_groups([make()], np.array([0, 0, 1, 2]), PATCH)
    # fair: half, a quarter; .25 is not above a quarter
    assert joined["use"].tolist() == ["every", "none", "none"]
    assert joined["wavelength_nm"].tolist() == ["400.0-500.0", "600.0", "600.0"]
    assert joined["bands"].tolist() == ["0,1", "2", "3"]
    single = tabulate_groups([make()], np.arange(4), PATCH)
    assert single["use"].tolist()[:2] == ["some", "some"]
    assert single["instead_nm"].tolist()[:2] == ["400.0", "500.0"]
    assert single["users"].tolist()[:2] == [10, 10]


def test_of_a_class_that_is_not_to_be_read_no_use_is_told_and_one_without_samples_has_no_rows() -> None:
    table = tabulate_groups([make(1), make(0)], np.arange(4), PATCH)
    assert table["use"].tolist() == [""] * 4
    assert table["instead"].tolist() == [-1] * 4
    assert table["reason"].unique().tolist() == ["1 sample is too few for a mean"]


def test_one_plant_leaves_the_interval_to_the_trainings() -> None:
    assert make(plants=np.zeros(8)).sampling() is None
    errors = make(plants=np.arange(8) // 2).sampling()
    assert errors is not None
    assert errors.tolist() == pytest.approx([0, 0, 0, 0])


def test_neighbours_are_named_by_their_ends() -> None:
    nm = np.array([400.0, 430.0, 410.0, 420.0])
    assert name_stretches(nm, np.array([0, 2, 1])) == "400.0-410.0, 430.0"
    assert name_stretches(nm, np.array([3])) == "420.0"
