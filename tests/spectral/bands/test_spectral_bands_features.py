import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.bands import share_inside
from lrprism.spectral.bands.features import SHIFTS, compare_features, mark_resolved, share_inside_each

REGULAR = np.arange(400.0, 1000.0, 5.0)
GAP = np.r_[np.arange(1300.0, 1360.0, 10.0), np.arange(1412.0, 1500.0, 8.0)]


def draw_relevance(count: int, seed: int = 0) -> np.ndarray:
    """Return noise that neighbours share, of both signs."""
    noise = np.random.default_rng(seed).normal(size=count + 8)
    return np.convolve(noise, np.ones(9) / 9, mode="valid")


def share_slowly(relevance: np.ndarray, widths: np.ndarray, places: list[tuple[float, float]]) -> list[float]:
    """Return the share inside windows for each shift, by points 1/40 of a band apart, on a circle."""
    length = widths.sum()
    points = (np.arange(40 * len(widths)) + 0.5) / (40 * len(widths)) * length
    density = (np.abs(relevance) / widths)[np.searchsorted(widths.cumsum(), points)]
    shares = []
    for shift in length * np.arange(SHIFTS) / SHIFTS:
        inside = np.zeros(len(points), dtype=bool)
        for first, last in places:
            inside |= ((points - first - shift) % length) < last - first
        shares.append(density[inside].sum() / density.sum())
    return shares


def test_four_bands_by_hand() -> None:
    # stretches of 10 nm from 495 on; 505 to 525 holds the bands of 6 and 2 out of 10, half of the bandwidth
    inside = share_inside([1.0, -6.0, 2.0, 1.0], [500, 510, 520, 530], [(505, 525)])
    assert inside == pytest.approx((0.8, 0.5, 1.6, inside.p))
    # shifted by t of a band it holds 8 - 5t, or from the other side 8 - t: only the shift of 0 holds 8
    assert inside.p == 1 / SHIFTS
    # the window begins in the middle of a band: 6/2 + 2
    assert share_inside([1.0, 6.0, 2.0, 1.0], [500, 510, 520, 530], [(510, 525)]).relevance == pytest.approx(
        0.5
    )


def test_a_gap_is_closed_and_a_band_beside_it_reaches_half_a_step() -> None:
    # median step 8: 1295 or 1296 to 1354 and 1408 to 1496, no window in between counts
    relevance = np.ones(len(GAP))
    inside = share_inside(relevance, GAP, [(1340, 1420)])
    widths = np.r_[9, [10] * 4, 9, [8] * 11]  # the first reaches 4 nm down, the sixth 4 nm up
    # 1340 to 1345 is half of the fifth band, then the sixth, and 1408 to 1420 is one and a half
    assert inside.relevance == pytest.approx((0.5 + 1 + 1.5) / 17)
    assert inside.bandwidth == pytest.approx((5 + 9 + 12) / widths.sum())
    with pytest.raises(
        DataError, match=r"a window should reach bands, which lie in 1296 to 1496 nm. Found 1360 to 1400"
    ):
        share_inside(relevance, GAP, [(1360, 1400)])


@pytest.mark.parametrize("seed", range(3))
def test_shares_and_p_agree_with_sums_over_points(seed: int) -> None:
    relevance = draw_relevance(len(REGULAR), seed)
    windows = [(520.0, 561.0), (700.0, 783.5)]
    inside = share_inside(relevance, REGULAR, windows)
    start = REGULAR[0] - 2.5
    shares = share_slowly(
        relevance, np.full(len(REGULAR), 5.0), [(first - start, last - start) for first, last in windows]
    )
    assert inside.relevance == pytest.approx(shares[0], abs=5e-3)
    # the share inside of an average shift is that of the bandwidth
    assert np.mean(shares) == pytest.approx(inside.bandwidth, abs=1e-3)
    assert inside.p == pytest.approx(np.mean(np.array(shares) >= shares[0]), abs=0.01)


def test_even_relevance_has_no_preference_and_a_lone_peak_has_all() -> None:
    even = share_inside(np.full(len(REGULAR), 0.3), REGULAR, [(600, 650)])
    assert even == pytest.approx((50 / 600, 50 / 600, 1, 1))
    peak = np.exp(-(((REGULAR - 640) / 8) ** 2))
    inside, beside = (share_inside(peak, REGULAR, [window]) for window in ((620, 660), (700, 740)))
    assert inside.ratio == pytest.approx(1 / inside.bandwidth, rel=2e-3)
    assert inside.p < 0.01
    assert beside.ratio < 1e-3
    assert beside.p > 0.9


def test_p_is_uniform_where_windows_lie_at_random() -> None:
    relevance, draw = draw_relevance(len(REGULAR)), np.random.default_rng(1)
    starts = draw.uniform(400, 940, size=400)
    p = [share_inside(relevance, REGULAR, [(start, start + 50)]).p for start in starts]
    # of 400 the deviation at one half is .025
    assert np.quantile(p, [0.25, 0.5, 0.75]) == pytest.approx([0.25, 0.5, 0.75], abs=0.1)


def test_order_sign_scale_and_overlaps_do_not_matter() -> None:
    relevance, windows = draw_relevance(len(REGULAR)), [(520.0, 561.0), (700.0, 783.5)]
    expected = share_inside(relevance, REGULAR, windows)
    order = np.random.default_rng(0).permutation(len(REGULAR))
    assert share_inside(-7 * relevance[order], REGULAR[order], windows[::-1]) == pytest.approx(expected)
    parts = [(700.0, 760.0), (520.0, 561.0), (740.0, 783.5), (710.0, 720.0)]
    assert share_inside(relevance, REGULAR, parts) == pytest.approx(expected)


def test_bands_at_one_wavelength_count_as_one() -> None:
    relevance = draw_relevance(len(REGULAR))
    split = np.r_[relevance[:50], relevance[50] / 2, relevance[50] / 2, relevance[51:]]
    twice = np.r_[REGULAR[:51], REGULAR[50], REGULAR[51:]]
    windows = [(630.0, 660.0)]
    assert share_inside(split, twice, windows) == pytest.approx(share_inside(relevance, REGULAR, windows))


def test_a_window_over_all_holds_all() -> None:
    assert share_inside(draw_relevance(len(REGULAR)), REGULAR, [(0, 5000)]) == pytest.approx((1, 1, 1, 1))


@pytest.mark.parametrize(
    ("relevance", "wavelength", "windows", "message"),
    [
        ([[1.0, 2.0]], [500, 510], [(500, 510)], r"one number per band. Found shape \(1, 2\)"),
        ([1.0, 2.0], [500, 510, 520], [(500, 510)], "one list with a value per band, 2 in all"),
        ([1.0, 2.0], [0.5, 0.51], [(0.5, 0.51)], "look like µm"),
        ([1.0, 2.0], [500, 500], [(490, 510)], "bands at two wavelengths or more. Found 1"),
        ([0.0, 0.0], [500, 510], [(490, 510)], "not zero in all bands. Found a sum of |R| of 0"),
        ([1.0, np.nan], [500, 510], [(490, 510)], "should be finite, .* Found a sum of |R| of nan"),
        ([1.0, 2.0], [500, 510], [(510, 490)], r"its start and a later end in nm. Found \(510, 490\)"),
        ([1.0, 2.0], [500, 510], [(510, np.nan)], r"its start and a later end in nm. Found \(510, nan\)"),
        ([1.0, 2.0], [500, 510], [], "a window should reach bands.* Found no window"),
        ([1.0, 2.0], [500, 510], [(600, 700)], "which lie in 495 to 515 nm. Found 600 to 700"),
    ],
)
def test_what_cannot_be_shared_is_refused(
    relevance: object, wavelength: list[float], windows: list[tuple[float, float]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        share_inside(relevance, wavelength, windows)  # type: ignore[arg-type]


def test_p_of_each_window_is_corrected_for_all() -> None:
    nm = np.arange(400.0, 800.0, 4.0)
    relevance = np.exp(-(((nm - 520) / 15) ** 2)) + 0.5 * np.exp(-(((nm - 690) / 20) ** 2))
    windows = [(505.0, 540.0), (600.0, 640.0), (670.0, 700.0)]
    found = share_inside_each(relevance, nm, windows)
    alone = [share_inside(relevance, nm, [window]) for window in windows]
    for one, other in zip(found, alone, strict=True):
        assert one[:3] == pytest.approx(other[:3])
    # by rolling the relevance in the place of the windows: 100 bands, ten shifts to each
    fine, whole = np.repeat(relevance / 40, 40), 4000
    cells = np.repeat(nm, 40) - 2 + np.tile((np.arange(40) + 0.5) / 10, 100)
    inside = [(cells >= low) & (cells < high) for low, high in windows]
    shares = np.array([[np.roll(fine, -k)[mark].sum() for k in range(0, whole, 4)] for mark in inside])
    ranks = (shares[:, None, :] >= shares[:, :, None] - 1e-9).mean(axis=2)
    expected = [(ranks.min(axis=0) <= rank[0] + 1e-9).mean() for rank in ranks]
    assert [each.p for each in found] == pytest.approx(expected, abs=0.002)
    assert all(one.p >= other.p for one, other in zip(found, alone, strict=True))
    assert share_inside_each(relevance, nm, windows[:1]) == [pytest.approx(alone[0])]


def test_windows_that_bands_can_show() -> None:
    # too narrow for steps of 5 nm, and beyond the bands
    windows = [(506, 511), (506, 510), (300, 390), (640, 2000)]
    assert mark_resolved(REGULAR[::-1], windows).tolist() == [True, False, False, True]


def test_features_that_bands_cannot_show_are_left_out_and_nothing_is_said_of_nothing() -> None:
    wavelength = np.arange(400.0, 1000.0, 10.0)
    relevance = np.where((wavelength > 640) & (wavelength < 700), 1.0, 0.01)
    windows = [(640.0, 700.0), (758.0, 762.0), (800.0, 900.0)]  # the second is narrower than a band
    held, narrow, other = compare_features(relevance, wavelength, windows)
    assert narrow is None
    assert held is not None
    assert held == share_inside_each(relevance, wavelength, [windows[0], windows[2]])[0]
    assert held.is_more
    assert other is not None
    assert not other.is_more
    assert compare_features(np.zeros(60), wavelength, windows) == [None] * 3
    assert compare_features([1.0], [500.0], windows) == [None] * 3
