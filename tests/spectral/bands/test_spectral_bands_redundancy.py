import numpy as np
import numpy.typing as npt
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from lrprism.errors import InputError
from lrprism.spectral.bands import exchangeable_groups
from lrprism.spectral.bands.exchange import correlate_overall_and_within
from lrprism.spectral.bands.redundancy import Redundancy

Floats = npt.NDArray[np.float64]
ALL = np.arange(3)


def draw_copies(seed: int, samples: int = 400, noise: float = 0.15, bands: int = 3) -> tuple[Floats, Floats]:
    """Draw two classes whose means differ by 1, and bands that follow one number with noise of their own."""
    generator = np.random.default_rng(seed)
    labels = np.arange(samples) % 2
    latent = generator.normal(size=samples) + labels
    return latent[:, None] + noise * generator.normal(size=(samples, bands)), labels


def test_a_band_tells_the_part_of_its_variance_between_classes() -> None:
    # means 0.5 and 4.5 about 2.5: 4 * 4 of 17 in all
    redundancy = Redundancy([[0.0], [1.0], [4.0], [5.0]], ["a", "a", "b", "b"])
    assert redundancy.measure(np.array([0])) == pytest.approx(16 / 17)


def test_several_bands_tell_what_a_discriminant_analysis_tells() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 4, 300)
    spectra = generator.normal(size=(300, 5)) + generator.normal(size=(4, 5))[labels]
    scores = LinearDiscriminantAnalysis(solver="eigen").fit(spectra, labels).transform(spectra)
    # discriminants do not correlate, so that the parts that lie between classes add up
    between = 0.0
    for score in scores.T:
        means = np.array([score[labels == label].mean() for label in range(4)])
        between += float(np.var(means[labels]) / np.var(score))
    assert Redundancy(spectra, labels).measure(np.arange(5)) == pytest.approx(between)


def test_copies_with_little_noise_hold() -> None:
    assert all(Redundancy(*draw_copies(seed)).holds(ALL) for seed in range(50))


def test_a_class_in_the_difference_of_two_bands_does_not_hold() -> None:
    spectra, labels = draw_copies(0)
    spectra[:, 1] += 0.3 * labels
    assert np.corrcoef(spectra[:, :2].T)[0, 1] > 0.97
    assert not Redundancy(spectra, labels).holds(np.array([0, 1]))
    assert Redundancy(spectra, labels).holds(np.array([0, 2]))


def test_a_band_that_tells_less_than_the_others_does_not_hold() -> None:
    spectra, labels = draw_copies(0)
    spectra[:, 2] -= 0.5 * labels
    assert not Redundancy(spectra, labels).holds(ALL)
    assert Redundancy(spectra, labels).holds(ALL[:2])


def test_bands_without_any_class_hold_but_for_chance() -> None:
    held = 0
    for seed in range(200):
        spectra, _ = draw_copies(seed, samples=120)
        held += Redundancy(spectra, np.random.default_rng(seed + 1000).integers(0, 4, 120)).holds(ALL)
    print(f"{held} of 200 hold")
    # 190 expected of the contrasts alone; what the worst band lacks of the mean comes on top
    assert held >= 170


def test_constant_and_equal_bands_are_no_division_by_zero() -> None:
    spectra, labels = draw_copies(0)
    spectra[:, 1], spectra[:, 2] = 0.3, spectra[:, 0]
    redundancy = Redundancy(spectra, labels)
    assert redundancy.measure(np.array([1])) == 0
    assert redundancy.measure(np.array([0, 2])) == pytest.approx(redundancy.measure(np.array([0])))
    assert redundancy.holds(np.array([0, 2]))
    assert not redundancy.holds(ALL)


def test_groups_are_found_where_trainings_swap_nothing() -> None:
    spectra, labels = draw_copies(0)
    lonely, _ = draw_copies(1, bands=1)
    spectra = np.concatenate([spectra, lonely], axis=1)
    shares = [[0.2, 0.2, 0.2, 0.4]] * 3
    correlation, redundancy = correlate_overall_and_within(spectra, labels), Redundancy(spectra, labels)
    assert exchangeable_groups(shares, correlation).tolist() == [0, 1, 2, 3]
    assert exchangeable_groups(shares, correlation, redundancy=redundancy).tolist() == [0, 0, 0, 1]


def test_bands_whose_relevance_cancels_are_no_group() -> None:
    copies, labels = draw_copies(0, bands=2)
    spectra = np.concatenate([copies, draw_copies(1, bands=1)[0]], axis=1)
    correlation, redundancy = correlate_overall_and_within(spectra, labels), Redundancy(spectra, labels)
    cancelling = [[0.6, -0.3, 0.1], [0.5, -0.4, 0.1], [0.5, -0.4, 0.1]]
    assert exchangeable_groups(cancelling, correlation, redundancy=redundancy).tolist() == [0, 1, 2]
    # less than a fair share: noise about nothing
    unused = [[0.06, -0.03, 0.91], [0.05, -0.04, 0.91], [0.05, -0.04, 0.91]]
    assert exchangeable_groups(unused, correlation, redundancy=redundancy).tolist() == [0, 0, 1]


def test_labels_that_do_not_fit() -> None:
    with pytest.raises(InputError, match=r"a class for each of 2 spectra\. Found shape \(3,\)"):
        Redundancy([[1, 2], [2, 1]], [0, 1, 1])
