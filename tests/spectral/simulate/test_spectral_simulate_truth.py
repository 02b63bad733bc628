import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.simulate import PlantedData, PlantedFeature, Truth

NM = np.array([400.0, 490.0, 500.0, 510.0, 520.0, 600.0, 700.0])
NONE = np.zeros(7, dtype=bool)


def make_truth(**changes: np.ndarray) -> Truth:
    features = (
        PlantedFeature(500.0, 20.0, "class"),
        PlantedFeature(600.0, 20.0, "decoy"),
        PlantedFeature(700.0, 20.0, "blind"),
    )
    parts = {"noise": NONE, "confounder": NONE} | changes
    weight = features[0].profile(NM)
    return Truth(features, NM, weight, np.zeros((4, 3), np.float32), confounded=np.zeros(4, bool), **parts)


def test_masks_reach_half_a_width_from_the_centre() -> None:
    truth = make_truth()
    assert NM[truth.bands].tolist() == [490, 500, 510]
    assert NM[truth.decoys].tolist() == [600]
    assert NM[truth.blind].tolist() == [700]


def test_groups_name_all_that_was_planted() -> None:
    edge = np.array([True] + [False] * 6)
    groups = make_truth(noise=edge, confounder=edge[::-1]).groups()
    assert list(groups) == ["class 1 (500 nm)", "decoy 1 (600 nm)", "blind 1 (700 nm)", "noise", "confounder"]
    assert NM[groups["confounder"]].tolist() == [700]
    assert "noise" not in make_truth().groups()


def test_the_truth_about_averaged_pairs() -> None:
    edge = np.array([True] + [False] * 6)
    truth = make_truth(noise=edge).resample([436.0, 495.0, 505.0, 515.0, 610.0])
    # weights at 490, 500, 510, 520 nm are 1/2, 1, 1/2, 1/16
    np.testing.assert_allclose(truth.weight, [0.2, 0.75, 0.75, 9 / 32, 0], atol=1e-9)
    assert truth.bands.tolist() == [False, True, True, False, False]
    assert truth.noise.tolist() == [True, False, False, False, False]
    assert truth.decoys.tolist() == [False] * 4 + [True]


def test_the_truth_about_bands_in_another_order_is_the_same() -> None:
    order = np.array([3, 0, 6, 2, 1, 5, 4])
    truth = make_truth().resample(NM[order])
    assert (truth.bands == make_truth().bands[order]).all()
    assert (truth.resample(NM).bands == make_truth().bands).all()


def test_there_is_no_truth_about_bands_outside() -> None:
    with pytest.raises(
        InputError, match=r"bands should lie in the range of the truth, 400 to 700 nm. Found 900"
    ):
        make_truth().resample([500.0, 900.0])


def test_parts_are_selected_in_order() -> None:
    x = np.arange(28, dtype=np.float32).reshape(4, 7)
    part = np.array(["train", "test", "train", "validation"])
    data = PlantedData(x, np.array([0, 1, 2, 3]), NM, part, make_truth())
    assert data.rows("train").tolist() == [0, 2]
    values, labels = data.select("train")
    assert values[:, 0].tolist() == [0, 14]
    assert labels.tolist() == [0, 2]
    with pytest.raises(InputError, match=r"part should be one of train, validation, test. Found 'dev'"):
        data.select("dev")
