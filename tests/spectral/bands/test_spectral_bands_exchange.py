import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import comb

from lrprism.errors import DataError, InputError
from lrprism.spectral.bands import correlate_overall_and_within, exchangeable_groups

Floats = npt.NDArray[np.float64]


def measure_agreement(truth: npt.NDArray[np.int64], found: npt.NDArray[np.int64]) -> float:
    """Return the adjusted Rand index: 1 for the same groups, 0 as by chance (Hubert and Arabie 1985)."""
    counts = np.zeros((truth.max() + 1, found.max() + 1))
    np.add.at(counts, (truth, found), 1)
    pairs, rows, columns = (comb(n, 2).sum() for n in (counts, counts.sum(axis=1), counts.sum(axis=0)))
    expected = rows * columns / comb(len(truth), 2)
    return float((pairs - expected) / ((rows + columns) / 2 - expected))


def test_agreement_is_that_of_pairs() -> None:
    # of 6 pairs 2 are together, 1 is found, 1 is both: (1 - 2 / 6) / (3 / 2 - 2 / 6) = 4 / 7
    assert measure_agreement(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])) == pytest.approx(4 / 7)
    assert measure_agreement(np.array([0, 0, 1]), np.array([1, 1, 0])) == 1


def draw_shares(generator: np.random.Generator, sizes: tuple[int, ...], trainings: int = 30) -> Floats:
    """Draw for each group a share that all networks agree on, which its bands divide; the rest is noise."""
    parts = []
    for size in sizes:
        total = generator.uniform(0.05, 0.3) * generator.normal(1, 0.05, (trainings, 1))
        parts.append(total * generator.dirichlet(np.full(size, 5.0), trainings))
    parts.append(generator.normal(0, 0.02, (trainings, 4)))
    return np.concatenate(parts, axis=1)


def draw_spectra(
    generator: np.random.Generator, sizes: tuple[int, ...], labels: npt.NDArray[np.int64]
) -> Floats:
    """Bands of a group are copies of one spectrum with noise of a tenth, beside four of noise alone."""
    columns = []
    for size in sizes:
        value = generator.normal(0, 1, len(labels)) + generator.normal(0, 1, 3)[labels]
        columns += [value + 0.1 * generator.normal(0, 1, len(labels)) for _ in range(size)]
    columns += list(generator.normal(0, 1, (4, len(labels))))
    return np.stack(columns, axis=1)


def test_planted_groups_of_copies_are_found() -> None:
    scores = []
    for seed in range(20):
        generator = np.random.default_rng(seed)
        sizes = (2, 3, 5, 1, 8, 1)
        labels = generator.integers(0, 3, 300)
        correlation = correlate_overall_and_within(draw_spectra(generator, sizes, labels), labels)
        found = exchangeable_groups(draw_shares(generator, sizes), correlation)
        truth = np.repeat(np.arange(10), [*sizes, 1, 1, 1, 1])
        scores.append(measure_agreement(truth, found))
    print(f"adjusted Rand index {np.mean(scores):.3f}, least {min(scores):.3f}")
    assert np.mean(scores) >= 0.95
    assert min(scores) >= 0.8


def test_bands_that_correlate_but_do_not_swap_stay_apart() -> None:
    generator = np.random.default_rng(0)
    correlated = np.array([[1, 0.99], [0.99, 1]])
    gain = generator.normal(1, 0.2, 30)
    # the class lies in their difference: both are strong, or both are weak
    together = np.stack([0.3 * gain, 0.2 * gain], axis=1)
    assert exchangeable_groups(together, correlated).tolist() == [0, 1]
    swapped = np.stack([0.3 * gain, 0.5 - 0.3 * gain], axis=1)
    assert exchangeable_groups(swapped, correlated).tolist() == [0, 0]
    assert exchangeable_groups(swapped, np.eye(2)).tolist() == [0, 1]


def test_two_groups_that_swap_only_within_are_two() -> None:
    generator = np.random.default_rng(1)
    first, second = generator.normal(0, 0.05, (2, 30))
    jitter = generator.normal(0, 0.005, (30, 2))
    shares = np.stack([0.2 + first, 0.2 - first, 0.2 + second, 0.2 - second], axis=1)
    shares[:, [0, 2]] += jitter
    # the tree joins 0 and 1, and 2 and 3, before all of them
    correlation = np.full((4, 4), 0.96)
    correlation[:2, :2] = correlation[2:, 2:] = 0.99
    np.fill_diagonal(correlation, 1)
    assert exchangeable_groups(shares, correlation).tolist() == [0, 0, 1, 1]


def test_classes_of_a_training_are_evidence_together() -> None:
    generator = np.random.default_rng(3)
    moved = generator.normal(0, 0.1, (30, 4))
    shares = np.stack([0.3 + moved, 0.3 - moved], axis=2)  # [training, class, band]
    shares += generator.normal(0, 0.1, shares.shape)
    correlation = [[1, -0.98], [-0.98, 1]]  # up or down
    assert exchangeable_groups(shares, correlation).tolist() == [0, 0]


def test_independent_bands_are_seldom_joined() -> None:
    joined = 0
    for seed in range(200):
        shares = np.random.default_rng(seed).normal(0.3, 0.1, (30, 2))
        joined += exchangeable_groups(shares, [[1, 0.99], [0.99, 1]]).tolist() == [0, 0]
    # 10 of 200 expected, standard deviation 3.1
    assert 1 <= joined <= 20


def test_among_many_bands_chance_finds_no_more_groups_than_among_two() -> None:
    correlation = np.full((12, 12), 0.97)
    np.fill_diagonal(correlation, 1)
    found = 0
    for seed in range(100):
        shares = np.random.default_rng(seed).normal(0.3, 0.1, (6, 2, 12))
        found += exchangeable_groups(shares, correlation).max() < 11
    print(f"{found} of 100 results with a group by chance")
    # at most 5 of 100 expected, standard deviation 2.2
    assert found <= 10


@pytest.mark.parametrize("trainings", [3, 6, 30])
def test_copies_are_a_group_however_steadily_they_are_used(trainings: int) -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 100)
    spectra = labels[:, None] + generator.normal(0, 1, (100, 4))
    spectra[:, [1, 2]] = spectra[:, [0]] * [1, -2]
    # all four rise and fall together
    shares = [0.2, 0.3, 0.1, 0.4] * generator.normal(1, 0.05, (trainings, 1))
    correlation = correlate_overall_and_within(spectra, labels)
    assert exchangeable_groups(shares, correlation).tolist() == [0, 0, 0, 1]
    assert exchangeable_groups(shares, 0.9985 * correlation).tolist() == [0, 1, 2, 3]


def test_copies_swap_with_a_further_band_as_one() -> None:
    moved = np.random.default_rng(0).normal(0, 0.05, (30, 1))
    # copies gain together what the third loses: each two of the three alone would not add up
    shares = np.concatenate([0.3 + moved, 0.3 + moved, 0.4 - 2 * moved], axis=1)
    correlation = [[1, 1, 0.98], [1, 1, 0.98], [0.98, 0.98, 1]]
    assert exchangeable_groups(shares, correlation).tolist() == [0, 0, 0]


def test_few_trainings_constant_shares_and_one_band_are_no_groups() -> None:
    correlated = [[1, 0.99], [0.99, 1]]
    swapped = np.array([[0.1, 0.4], [0.4, 0.1], [0.2, 0.3], [0.25, 0.25]])
    assert exchangeable_groups(swapped, correlated).tolist() == [0, 1]
    assert exchangeable_groups(np.full((30, 2), 0.3), correlated).tolist() == [0, 1]
    assert exchangeable_groups(np.ones((30, 1)), [[1.0]]).tolist() == [0]


def test_a_pair_that_both_tell_the_class_and_one_that_tells_it_by_its_difference_do_not_correlate() -> None:
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1], 200)
    noise = generator.normal(0, 1, (400, 4))
    both = 9.0 * labels[:, None] + noise[:, :2]
    difference = np.stack([noise[:, 2], noise[:, 2] + 9.0 * labels], axis=1) + 0.1 * noise[:, [0, 3]]
    r = correlate_overall_and_within(np.concatenate([both, difference], axis=1), labels)
    assert abs(np.corrcoef(both.T)[0, 1]) > 0.9
    assert abs(r[0, 1]) < 0.2
    assert abs(r[2, 3]) < 0.5


def test_a_constant_band_correlates_with_none() -> None:
    spectra = np.array([[0.1, 1, 5], [0.1, 2, 3], [0.1, 4, 9], [0.1, 5, 2]])
    r = correlate_overall_and_within(spectra, [0, 0, 1, 1])
    np.testing.assert_array_equal(r[0], [1, 0, 0])
    # constant within each class, and not overall
    spectra[:, 0] = [0.1, 0.1, 0.7, 0.7]
    np.testing.assert_array_equal(correlate_overall_and_within(spectra, [0, 0, 1, 1])[0], [1, 0, 0])


@pytest.mark.parametrize(
    ("shares", "correlation", "threshold", "message"),
    [
        (np.ones((6, 2)), np.eye(3), 0.9, r"2 x 2 as there are bands\. Found shape \(3, 3\)"),
        (np.ones((6, 2)), np.eye(2) * np.nan, 0.9, r"should be finite, 2 x 2"),
        (np.ones((6, 2)), np.eye(2), 0.0, r"threshold should be above 0 and at most 1\. Found 0\.0"),
    ],
)
def test_bad_input(shares: Floats, correlation: Floats, threshold: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        exchangeable_groups(shares, correlation, threshold=threshold)


def test_shares_that_are_no_numbers_and_labels_that_do_not_fit() -> None:
    with pytest.raises(DataError, match="NaN"):
        exchangeable_groups([[np.nan, 1.0]] * 6, np.eye(2))
    with pytest.raises(InputError, match=r"a class for each of 2 spectra\. Found shape \(3,\)"):
        correlate_overall_and_within([[1, 2], [2, 1]], [0, 1, 1])
