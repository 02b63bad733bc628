import pytest
import torch

from lrprism.errors import InputError
from lrprism.evaluation.benchmarks import tetromino


def test_linear_and_xor_have_the_truth_of_both_places() -> None:
    # T: row 1, columns 1 to 3, and row 2, column 2; L: column 5, rows 4 to 6, and row 6, column 6
    places = {(1, 1), (1, 2), (1, 3), (2, 2), (4, 5), (5, 5), (6, 5), (6, 6)}
    for scenario in ("linear", "xor"):
        truth = tetromino.make_data(0, scenario, "white", 4).truth
        assert all({tuple(place) for place in image[0].nonzero().tolist()} == places for image in truth)


@pytest.mark.parametrize("scenario", list(tetromino.DRAWS))
def test_the_signal_stands_at_the_truth_alone(
    scenario: tetromino.Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tetromino.ALPHAS, (scenario, "white"), 1.0)  # no noise
    data = tetromino.make_data(1, scenario, "white", 400)
    assert data.x.shape == (400, 1, 8, 8)
    assert (data.x != 0).sum((1, 2, 3)).eq(8 if scenario == "xor" else 4).all()
    assert not (data.x[~data.truth] != 0).any()


def test_classes_are_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for scenario in ("linear", "xor"):
        monkeypatch.setitem(tetromino.ALPHAS, (scenario, "white"), 1.0)
    linear, xor = (tetromino.make_data(2, scenario, "white", 100) for scenario in ("linear", "xor"))
    assert torch.equal(linear.x[:, 0, 5, 5] > 0, linear.y == 1)
    assert torch.equal(linear.x[:, 0, 1, 1] > 0, linear.y == 0)
    assert torch.equal(xor.x[:, 0, 1, 1] * xor.x[:, 0, 5, 5] < 0, xor.y == 1)
    assert 0.3 < (xor.x[:, 0, 1, 1] > 0).float().mean() < 0.7


def test_rigid_shapes_turn_and_move() -> None:
    truth = tetromino.make_data(3, "rigid", "white", 400).truth.flatten(1)
    assert truth.sum(1).eq(4).all()
    assert len({tuple(image.nonzero().flatten().tolist()) for image in truth}) > 100
    assert truth.any(0).float().mean() > 0.9  # nearly every pixel is in reach


def test_correlated_noise_is_smooth_and_white_is_not() -> None:
    for background, low, high in (("white", -0.05, 0.05), ("correlated", 0.6, 0.95)):
        x = tetromino.make_data(4, "linear", background, 2000).x[:, 0]
        pairs = torch.stack((x[:, 0, 3], x[:, 0, 4]))  # in the first row, where no tetromino is
        assert low < torch.corrcoef(pairs)[0, 1] < high


def test_smoothing_keeps_a_constant_image() -> None:
    torch.testing.assert_close(tetromino.smooth(torch.ones(1, 8, 8)), torch.ones(1, 8, 8))


def test_scenarios_have_names() -> None:
    with pytest.raises(InputError, match=r"linear on white, .*\. Found 'linear' on 'blue'"):
        tetromino.make_data(0, "linear", "blue")  # type: ignore[arg-type]


def test_a_small_network_learns_and_is_seeded() -> None:
    train, test = tetromino.make_data(0, "linear", "white", 1500).split(1000)
    models = [tetromino.train(train, seed, epochs=epochs) for seed, epochs in ((0, 5), (0, 5), (1, 1))]
    assert torch.equal(models[0][0].weight, models[1][0].weight)
    assert not torch.equal(models[0][0].weight, models[2][0].weight)
    with torch.no_grad():
        assert (models[0](test.x).argmax(1) == test.y).double().mean() > 0.65


def test_the_score_by_hand() -> None:
    truth = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    truth[0, 0, 0, :4] = True
    relevance = torch.zeros(1, 1, 8, 8)
    relevance[0, 0, 0, :3] = torch.tensor([3.0, -2.0, 1.0])
    relevance[0, 0, 7, :2] = torch.tensor([-1.5, 2.5])
    scores = tetromino.score(relevance, truth)
    assert scores["precision"] == 1 / 2  # of the four largest, 3, 2.5, 2 and 1.5, two are in the truth
    assert scores["mass"] == pytest.approx(6 / 10)
    # 4 x 60 pairs: 3 beats all 60; 2 and 1 beat 59 and 58; 0 loses to 2 and ties with 58
    assert scores["AUROC"] == pytest.approx((60 + 59 + 58 + 58 / 2) / 240)
    with pytest.raises(InputError, match="should have the shape of the truth"):
        tetromino.score(relevance[:, 0], truth)
