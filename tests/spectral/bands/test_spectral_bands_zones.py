from itertools import pairwise

import numpy as np
import pytest
import xarray as xr

import lrprism as lp
from lrprism.spectral.bands.zones import ZONES, zone_table
from lrprism.spectral.cubes.cube import band_coords

NM = np.array([450.0, 550.0, 665.0, 705.0, 865.0, 2600.0])


def dataset(values: list[list[float]], target: list[int]) -> xr.Dataset:
    relevance = np.array(values, dtype=np.float32)[:, :, None, None]
    return xr.Dataset(
        {"relevance": (("sample", "band", "y", "x"), relevance), "target": ("sample", target)},
        coords={**band_coords(NM.size, NM, fwhm=np.full(NM.size, 10.0)), "class_name": ("class", ["a", "b"])},
    )


def test_zones_by_hand() -> None:
    table = zone_table(dataset([[1, -1, 2, 4, 0, 0], [3, 1, 0, 2, 0, 2]], [1, 1]))
    rows = table.set_index("zone")
    assert rows.index.tolist() == ["visible", "red edge", "near infrared", "other"]
    # visible: 1 - 1 + 2 = 2 and 3 + 1 + 0 = 4; magnitudes 4 + 4 of 16 in all
    assert rows.loc["visible", ["bands", "sum", "share", "bands_share"]].tolist() == [3, 3, 0.5, 0.5]
    # two samples: the ends 2 and 4 of the draws, 1 from the mean, are widened
    # t / z * sqrt(2) = 12.7062 / 1.959964 * 1.414214 = 9.16817 times
    assert rows.loc["visible", ["low", "high"]].tolist() == pytest.approx(
        [3 - 9.16817, 3 + 9.16817], rel=1e-5
    )
    assert rows.loc["red edge", ["sum", "share"]].tolist() == [3, 6 / 16]
    assert rows.loc["near infrared", ["sum", "share"]].tolist() == [0, 0]
    assert rows.loc["other", ["bands", "sum"]].tolist() == [1, 1]
    assert set(rows["class_name"]) == {"b"}


def test_zones_add_up_to_the_whole() -> None:
    values = np.random.default_rng(0).normal(size=(8, 6)).tolist()
    table = zone_table(dataset(values, [0, 1] * 4))
    for number, rows in table.groupby("class"):
        own = np.array(values)[np.arange(8) % 2 == number]
        assert rows["sum"].sum() == pytest.approx(own.sum(axis=1).mean(), abs=1e-6)
        assert rows["share"].sum() == pytest.approx(1)


def test_a_class_without_relevance_has_no_share() -> None:
    assert zone_table(dataset([[0.0] * 6] * 2, [0, 0]))["share"].tolist() == [0, 0, 0, 0]


def test_a_mask_is_a_zone() -> None:
    values = [[1, -1, 2, 4, 0, 5]]
    rows = zone_table(dataset(values, [0]), {"ends": np.array([1, 0, 0, 0, 0, 1], dtype=bool)})
    assert rows["zone"].tolist() == ["ends", "other"]
    assert rows["sum"].tolist() == [6, 5]
    for mask in (np.ones(5, dtype=bool), np.ones(6)):
        with pytest.raises(
            lp.DataError, match=r"True or False for each of 6 bands\. Found \w+ of shape \(\d,\)"
        ):
            zone_table(dataset(values, [0]), {"ends": mask})


def test_intervals_are_those_of_each_zone_alone() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(30, 6)).tolist()
    together = zone_table(dataset(values, [0] * 30))
    alone = zone_table(dataset(values, [0] * 30), {"red edge": ZONES["red edge"]})
    columns = ["sum", "low", "high"]
    row = together.set_index("zone").loc["red edge", columns]
    assert alone.set_index("zone").loc["red edge", columns].tolist() == pytest.approx(row.tolist())


def test_no_zone_is_called_as_the_bands_in_none() -> None:
    with pytest.raises(lp.DataError, match=r"a name of its own\. Found 'other'"):
        zone_table(dataset([[1] * 6], [0]), {"other": [(400, 500)]})


def test_zones_without_a_band() -> None:
    with pytest.raises(lp.DataError, match=r"data, 450 to 2600 nm\. Found none in thermal"):
        zone_table(dataset([[1] * 6], [0]), {"thermal": [(8000, 9000)]})


def test_zones_do_not_overlap() -> None:
    ends = [stretch for stretches in ZONES.values() for stretch in stretches]
    assert all(first[1] == second[0] for first, second in pairwise(ends))
