import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.bands import BandSamples, gss, select_by_gss
from lrprism.spectral.bands.selection.correlation import correlate_bands
from lrprism.spectral.bands.selection.gss import inflate_variance
from lrprism.spectral.bands.selection.ibra import find_even_bands

DRAW = np.random.default_rng(0)
NM = np.arange(500.0, 550, 10)


def test_inflation_is_that_of_regressions() -> None:
    x = DRAW.normal(size=(50, 5)) @ DRAW.normal(size=(5, 5))
    z = (x - x.mean(0)) / x.std(0)
    for band, value in enumerate(inflate_variance(np.corrcoef(x.T))):
        rest = np.delete(z, band, axis=1)
        residual = z[:, band] - rest @ np.linalg.lstsq(rest, z[:, band], rcond=None)[0]
        assert value == pytest.approx(50 / (residual @ residual))
    assert inflate_variance(np.ones((1, 1))).tolist() == [1]
    assert inflate_variance(np.ones((2, 2))).tolist() == [np.inf, np.inf]


def make_spectra() -> np.ndarray:
    """Six bands of falling entropy; 0 and 1 are nearly the same."""
    x = DRAW.integers(0, [2**9, 2**9, 2**7, 2**5, 2**4, 2**3], (600, 6)).astype(float)
    x[:, 1] = 2 * x[:, 0] + DRAW.integers(0, 2, 600)
    return x


def test_the_exchange_by_hand() -> None:
    asked: list[list[int]] = []

    def score(bands: np.ndarray) -> float:
        asked.append(bands.tolist())
        return [0.5, 0.7, 0.66, 0.9][len(asked) - 1]

    # entropy falls from 1 on; of 1, 0 and 2 the first two inflate each other
    choice = gss(make_spectra(), [4, 3, 5, 2, 1, 0], 3, score)
    assert asked[0] == [1, 0, 2]
    assert asked[1] in ([1, 2, 3], [0, 2, 3])
    assert len(asked) == 4
    assert choice.bands.tolist() == asked[3]
    assert choice.score == 0.9


@pytest.mark.parametrize(("fall", "asked"), [(0.64, 3), (0.66, 5)])
def test_a_fall_by_five_hundredths_ends_it(fall: float, asked: int) -> None:
    scores = [0.5, 0.7, fall, 0.68, 0.69]
    left = iter(scores)
    choice = gss(make_spectra(), range(6), 2, lambda _: next(left))
    assert choice.score == 0.7
    assert len(list(left)) == len(scores) - asked


@pytest.mark.parametrize(
    ("candidates", "k", "message"),
    [
        ([0, 1], 3, r"k should be 1 to 2, the number of candidates\. Found 3"),
        ([0, 6], 1, r"numbers of bands, 0 to 5, each once\. Found 6"),
        ([0, 0], 1, r"Found one twice"),
    ],
)
def test_bad_candidates(candidates: list[int], k: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gss(make_spectra(), candidates, k, lambda _: 0.0)


def make_samples(bands: int = 60) -> BandSamples:
    """Smooth spectra whose class is a narrow feature at band 40."""
    labels = np.arange(200) % 2
    x = np.cumsum(DRAW.normal(size=(200, bands)), axis=1)
    x[:, 38:43] += 12 * labels[:, None]
    return BandSamples(x, labels, np.arange(bands) * 5.0 + 400)


def test_the_bands_that_carry_the_class_are_among_them() -> None:
    chosen = select_by_gss(make_samples(), 4)
    assert len(set(chosen.tolist())) == 4
    assert any(36 <= band <= 44 for band in chosen)


def test_all_lists_together_serve_a_larger_k() -> None:
    samples = make_samples()
    r = correlate_bands(samples.spectra)
    lists = [
        find_even_bands(r, threshold).tolist()
        for threshold in (*range(5, 13), *(12 * 2**n for n in range(1, 9)))
    ]
    union = {band for bands in lists for band in bands}
    assert len(union) > max(map(len, lists))
    assert {*select_by_gss(samples, len(union)).tolist()} == union
    with pytest.raises(
        InputError, match=rf"k bands of IBRA at least\. Found {len(union)} at .* to 3072 together"
    ):
        select_by_gss(samples, len(union) + 1)


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match=r"GSS should compare at least two classes"):
        select_by_gss(BandSamples(DRAW.normal(size=(4, 5)), [1] * 4, NM), 2)
    with pytest.raises(InputError, match=r"two samples of a class at least\. Found one of each"):
        select_by_gss(BandSamples(DRAW.normal(size=(4, 5)), [0, 1, 2, 3], NM), 2)
