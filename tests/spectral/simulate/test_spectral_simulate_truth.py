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
