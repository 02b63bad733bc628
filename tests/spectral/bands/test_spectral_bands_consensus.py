import numpy as np
import pytest
from scipy.stats import t, ttest_ind

from lrprism.errors import DataError, InputError
from lrprism.spectral.bands import (
    group_shares,
    judge_uses,
    measure_sampling,
    signed_shares,
    summarize_shares,
)


def test_signed_shares_keep_signs_and_have_magnitudes_that_add_up_to_one() -> None:
    shares = signed_shares([[[2.0, -6.0]], [[0.0, 0.0]]])
    np.testing.assert_allclose(shares, [[[0.25, -0.75]], [[0, 0]]])


def test_what_cancels_within_a_group_counts_for_nothing() -> None:
    # |.3 - .2| = .1 and |-.5| = .5: a sixth, five sixths
    np.testing.assert_allclose(group_shares([0.3, -0.5, -0.2], [0, 1, 0]), [1 / 6, 5 / 6])
    np.testing.assert_allclose(group_shares([[0.3, -0.7]], [0, 1]), [[0.3, 0.7]])


def test_intervals_are_those_of_student_with_the_range_beside() -> None:
    values = np.array([0.2, 0.3, 0.4, 0.6])
    row = summarize_shares(values[:, None]).iloc[0]
    low, high = t.interval(0.95, 3, values.mean(), values.std(ddof=1) / 2)
    assert row[["low", "high"]].tolist() == pytest.approx([low, high])
    assert row[["least", "most", "n"]].tolist() == [0.2, 0.6, 4]
    # half of the width and 1.96 standard errors at right angles
    wider = summarize_shares(values[:, None], [0.05]).iloc[0]
    half = np.sqrt(((high - low) / 2) ** 2 + (1.959964 * 0.05) ** 2)
    assert wider["high"] - wider["mean"] == pytest.approx(half)


def test_where_trainings_drew_their_samples_again_the_spread_itself_is_the_error() -> None:
    generator = np.random.default_rng(0)
    values = generator.uniform(0.4, 0.6, (9, 1))
    mean, drawn = summarize_shares(values).iloc[0], summarize_shares(values, redrawn=True).iloc[0]
    assert drawn["high"] - drawn["mean"] == pytest.approx(np.sqrt(10) * (mean["high"] - mean["mean"]))


def test_one_training_has_no_interval_and_ends_stay_shares() -> None:
    single = summarize_shares([[0.5, 0.5]])
    assert single[["sd", "low", "high"]].isna().all(axis=None)
    pair = summarize_shares([[0.1, 0.9], [0.3, 0.7]])  # t = 12.7: 0.2 +- 1.27
    assert pair["low"].tolist() == [0, 0]
    assert pair["high"].tolist() == [1, 1]


def test_intervals_of_thirty_trainings_cover_the_mean_share_of_all() -> None:
    generator = np.random.default_rng(0)
    # some bands with much, many with nearly nothing, as in networks
    weight = np.concatenate([np.full(5, 4.0), np.full(20, 0.5)])
    covered = []
    for _ in range(200):
        table = summarize_shares(generator.dirichlet(weight, 30))
        truth = weight / weight.sum()
        covered.append(((table["low"] <= truth) & (truth <= table["high"])).mean())
    print(f"covered {np.mean(covered):.3f}")
    assert np.mean(covered) >= 0.9


def measure_coverage(seed: int) -> tuple[float, float, float]:
    """Return how often intervals hold a planted share: of seeds, of samples too, of training data too.

    Two classes differ by d in bands of variance 1: the best logit has weights d, and relevance d ** 2 / 2.
    """
    generator = np.random.default_rng(seed)
    d = generator.choice([0.3, 0.6, 1.0], 20)
    truth = d**2 / (d**2).sum()

    def draw(count: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
        y = generator.integers(0, 2, count) - 0.5
        return generator.normal(0, 1, (count, 20)) + np.outer(y, d), y

    (x, y), (tested, label) = draw(1000), draw(400)
    tested = tested[label > 0] - x.mean(axis=0)
    hits = []
    for redrawn in (False, True):
        relevance = []
        for _ in range(30):  # least squares learn the direction of d; weights scatter as by their start
            own = generator.integers(0, 1000, 1000) if redrawn else np.arange(1000)
            design = x[own] - x[own].mean(axis=0)
            w = np.linalg.lstsq(design, y[own], rcond=None)[0]
            relevance.append(tested * (w + generator.normal(0, 0.02 * np.abs(w).max(), 20)))
        shares = np.abs(signed_shares(np.mean(relevance, axis=1)))
        errors = measure_sampling(np.stack(relevance))
        for sampling in (errors,) if redrawn else (None, errors):
            table = summarize_shares(shares, sampling, redrawn=redrawn)
            hits.append(float(((table["low"] <= truth) & (truth <= table["high"])).mean()))
    return hits[0], hits[1], hits[2]


def test_intervals_with_samples_drawn_again_hold_a_planted_share() -> None:
    seeds, samples, everything = np.mean([measure_coverage(seed) for seed in range(8)], axis=0)
    print(f"of seeds {seeds:.3f}, of samples too {samples:.3f}, of training data too {everything:.3f}")
    assert everything >= 0.9
    # the error of the training data is the same in all trainings: no number of seeds shows it
    assert seeds < 0.5
    assert samples < everything


def test_errors_over_other_samples_are_those_of_a_mean() -> None:
    generator = np.random.default_rng(0)
    samples = generator.normal([0.3, 0.7], 0.05, (100, 2))
    error = measure_sampling(np.stack([samples, samples]))
    # share of the first: x / (x + y), by the delta method (.7 dx - .3 dy), 0.05 / 10 each
    assert error == pytest.approx(np.hypot(0.7, 0.3) * 0.05 / 10, rel=0.2)


def test_plants_are_drawn_whole_and_one_plant_tells_nothing() -> None:
    generator = np.random.default_rng(0)
    plants = np.repeat(np.arange(10), 20)
    relevance = generator.normal([0.5, 0.5], 0.1, (10, 2))[plants][None]
    by_sample, by_plant = measure_sampling(relevance), measure_sampling(relevance, plants)
    assert (by_plant > 3 * by_sample).all()  # sqrt(20) = 4.5
    assert np.isnan(measure_sampling(relevance, np.zeros(200))).all()
    assert measure_sampling(relevance, plants, [0, 0]).tolist() == pytest.approx([0])


def test_of_three_plants_the_error_of_other_plants_is_wide_enough() -> None:
    generator, held = np.random.default_rng(0), []
    for _ in range(100):
        # plants scatter about a share of a half, by less than it takes to turn a sign
        first = 0.5 + 0.1 * np.repeat(generator.normal(size=3), 4)
        relevance = np.stack([first, 1 - first], axis=1)[None]
        share = signed_shares(relevance.mean(axis=1))[0, 0]
        error = measure_sampling(relevance, np.repeat(np.arange(3), 4))[0]
        held.append(abs(share - 0.5) <= 1.96 * error)
    print(f"held {np.mean(held):.3f}")
    assert 0.9 <= np.mean(held) <= 0.99


def test_three_lists_and_what_is_used_instead() -> None:
    generator = np.random.default_rng(0)
    swaps = np.tile([0.35, 0.05], 10)
    shares = np.stack([np.full(20, 0.5), swaps, 0.4 - swaps, np.full(20, 0.1)], axis=1)
    shares += generator.uniform(0, 1e-3, shares.shape)
    table = judge_uses(shares, [0.25] * 4)
    assert table["use"].tolist() == ["every", "some", "some", "none"]
    assert table["users"].tolist() == [20, 10, 10, 0]
    assert table["instead"].tolist() == [-1, 2, 1, -1]


def test_instead_needs_a_difference_beyond_chance() -> None:
    shares = np.array([[0.3, 0.3, 0.4], [0.3, 0.2, 0.5], [0.3, 0.4, 0.3], [0.2, 0.5, 0.3], [0.2, 0.2, 0.6]])
    table = judge_uses(shares, [0.25, 0.1, 0.1])
    # two networks without band 0: 0.5 and 0.2 of band 1, 0.3 and 0.6 of band 2 against 0.4
    p = ttest_ind([0.3, 0.6], [0.4, 0.5, 0.3], equal_var=False, alternative="greater").pvalue
    assert p > 0.05 / 3
    assert table["use"].tolist() == ["some", "every", "every"]
    assert table["instead"].tolist() == [-1, -1, -1]
    # a single network without it has no spread
    assert judge_uses(shares[:-1].repeat(2, axis=0)[:-1], [0.25, 0.1, 0.1])["instead"].tolist() == [-1] * 3
    same = np.array([[0.6, 0.2]] * 3 + [[0.2, 0.6]] * 3)
    assert judge_uses(same, [0.5, 0.5])["instead"].tolist() == [1, 0]


def test_few_networks_say_nothing() -> None:
    table = judge_uses([[0.9, 0.1]] * 4, [0.5, 0.5])
    assert table["use"].tolist() == ["", ""]
    assert table["users"].tolist() == [4, 0]


def test_bad_input() -> None:
    with pytest.raises(DataError, match=r"Found 1 of 2 values NaN or infinite\. Explain again"):
        signed_shares([1.0, np.nan])
    with pytest.raises(DataError, match=r"Found no band"):
        signed_shares([])
    with pytest.raises(
        InputError, match=r"a number from 0 for each of 2 bands\. Found shape \(3,\) of int64"
    ):
        group_shares([0.5, 0.5], [0, 1, 2])
    with pytest.raises(DataError, match=r"from 0 to 1\. Found shape \(1, 2\), from -0\.5 to 0\.5"):
        summarize_shares([[-0.5, 0.5]])
    with pytest.raises(InputError, match=r"a share for each of 2 groups\. Found shape \(1,\)"):
        judge_uses([[0.5, 0.5]], [1.0])
    with pytest.raises(InputError, match=r"\[training, sample, band\] .* Found shape \(1, 3, 2\) and names"):
        measure_sampling(np.ones((1, 3, 2)), [0, 1])
