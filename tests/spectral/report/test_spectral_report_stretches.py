import numpy as np
import pandas as pd
import pytest

from lrprism.spectral.bands.intervals import bootstrap_mean
from lrprism.spectral.knowledge.absorption import FEATURES, list_features
from lrprism.spectral.report.stretches import find_causes, find_stretches

Case = tuple[pd.DataFrame, np.ndarray]


def build(nm: np.ndarray, value: np.ndarray, spread: float, width: float = 0.0) -> Case:
    """The table and the samples of a class: twenty that lie by the spread above and below the mean."""
    table = pd.DataFrame({"wavelength_nm": nm, "sum": value, "share": np.abs(value) / np.abs(value).sum()})
    if width:
        table = table.assign(pooled_sum=value, pooled_nm=width)
    return table, value + spread * np.where(np.arange(20) % 2, 1.0, -1.0)[:, None]


NM = np.arange(500.0, 900.0, 10.0)


def bump(centre: float, width: float = 20.0) -> np.ndarray:
    return np.exp(-(((NM - centre) / width) ** 2))


def test_peaks_above_their_noise_are_named_the_largest_first() -> None:
    table, per_sample = build(NM, 2 * bump(670) + bump(800) + 0.1 * bump(550), 0.3, 50)
    first, second = find_stretches(table, per_sample, ())
    # the box holds the five bands of 650 to 690 nm
    inside = (NM >= 645) & (NM <= 695)
    assert (first.place, first.peak_nm) == ("645 to 695 nm", 670.0)
    assert first.value == pytest.approx(table.loc[inside, "sum"].sum())
    assert first.share == pytest.approx(table.loc[inside, "share"].sum())
    # five bands that move together by 0.3: a standard error of 1.5 / sqrt(19), t with 19 degrees of freedom
    half = 2.093 * 1.5 / np.sqrt(19)
    assert (first.value - first.low, first.high - first.value) == pytest.approx((half, half), rel=0.15)
    assert second.place == "775 to 825 nm"


@pytest.mark.parametrize(
    ("bands", "caution"),
    [
        ([670], "most of it at 670.0 nm: a fault of that band would look the same"),
        ([670, 680], "most of it at 670.0 and 680.0 nm: a fault of these bands would look the same"),
        ([660, 670, 680], ""),
    ],
)
def test_few_bands_among_many_that_vary_together_may_be_a_fault(bands: list[int], caution: str) -> None:
    table, per_sample = build(NM, 0.05 * bump(670) + np.isin(NM, bands), 0.02, 50)
    table["pooled_sum"] = np.convolve(table["sum"], np.ones(5), "same")
    (stretch, *_) = find_stretches(table, per_sample, ())
    assert stretch.caution == caution


def test_a_bump_is_no_fault_and_a_single_band_may_be_one() -> None:
    assert find_stretches(*build(NM, bump(670), 0.02, 50), ())[0].caution == ""
    (single, *_) = find_stretches(*build(NM, bump(670, 3), 0.02), ())
    assert single.caution == "one band alone: a fault of that band would look the same"


def test_a_twentieth_of_the_largest_is_not_named_beside_it() -> None:
    def find(small: float) -> list[str]:
        return [
            each.place for each in find_stretches(*build(NM, bump(670) + small * bump(800), 0.001, 50), ())
        ]

    assert find(0.05) == ["645 to 695 nm"]
    assert find(0.15) == ["645 to 695 nm", "775 to 825 nm"]


def test_the_largest_of_many_places_is_named_where_it_would_not_be_by_chance() -> None:
    # 40 bands: t is 3.79 in the place of 2.09, 1.81 times. Half an interval is 2.09 / sqrt(19) times the
    # spread, and at most 1.15 times that, as the draws of twenty samples go in steps
    half = 2.093 / np.sqrt(19)
    narrow, wide, spike = 1 / (2.1 * half), 1 / (1.2 * half), bump(670, 3)
    assert [each.place for each in find_stretches(*build(NM, spike, narrow), ())] == ["670.0 nm"]
    (first, *_) = bootstrap_of(build(NM, spike, wide))
    assert first > 0
    assert find_stretches(*build(NM, spike, wide), ()) == []


def bootstrap_of(case: Case) -> tuple[float, ...]:
    """The lower end of the interval of the largest band, the table's and the samples' one."""
    table, per_sample = case
    return (float(bootstrap_mean(per_sample[:, table["sum"].argmax()])[0]),)


def test_groups_widen_the_interval() -> None:
    table, per_sample = build(NM, 2 * bump(670), 0.3, 50)
    alone, *_ = find_stretches(table, per_sample, ())
    grouped, *_ = find_stretches(table, per_sample, (), groups=np.arange(20) % 2 + 2 * (np.arange(20) // 10))
    assert grouped.high - grouped.low > 1.5 * (alone.high - alone.low)


def test_the_places_widen_the_interval_of_few_groups_more() -> None:
    # four groups that are 0.7 and 1.3 times the mean: the interval ends above 0, at 1 - 0.3 * 1.87 = 0.44,
    # with t(0.975; 3) / z * sqrt(4 / 3) = 1.87; of 7.8 places of 50 nm t is 6.83, not 3.18, and 0.56 becomes
    # 1.20
    table, _ = build(NM, bump(670), 0.0, 50)
    group = np.repeat(np.arange(4), 5)
    per_sample = bump(670) * np.array([0.7, 0.7, 1.3, 1.3])[group][:, None]
    inside = (NM >= 645) & (NM <= 695)
    assert bootstrap_mean(per_sample[:, inside].sum(axis=1), group)[0] > 0
    assert find_stretches(table, per_sample, (), groups=group) == []
    assert find_stretches(table, per_sample, ()) != []


def test_what_random_weights_give_is_not_named() -> None:
    case = build(NM, 2 * bump(670) + bump(800), 0.0001, 50)
    assert [stretch.peak_nm for stretch in find_stretches(*case, (), floor=1.5)] == [670.0]
    assert find_stretches(*case, (), floor=3.0) == []


def test_neighbours_of_a_peak_are_one_stretch_where_relevance_is_not_pooled() -> None:
    # of 0.99 at 670 nm at least half: 0.70 at 660 and 0.85 at 680 nm; 0.44 and 0.30 beside are slopes
    value = bump(672) + 0.4 * bump(800, 3) - 0.2 * bump(740, 3)
    first, second = find_stretches(*build(NM, value, 0.001), ())
    assert (first.place, first.peak_nm, second.place) == ("660 to 680 nm", 670.0, "800.0 nm")
    assert first.value == pytest.approx(value[16:19].sum())
    # bands in another order are the same spectrum
    order = np.random.default_rng(0).permutation(NM.size)
    table, per_sample = build(NM, value, 0.001)
    mixed = find_stretches(table.iloc[order].reset_index(drop=True), per_sample[:, order], ())
    assert [stretch.place for stretch in mixed] == ["660 to 680 nm", "800.0 nm"]


def test_the_box_of_a_narrow_feature_lies_round_it() -> None:
    value = bump(670, 3)
    table, per_sample = build(NM, value, 0.001, 100)
    # a plateau of 620 to 720 nm, on which noise makes 720 nm the highest
    plateau = np.where(np.abs(NM - 670) <= 50, 1 / 11, 0.0) + np.where(NM == 720, 0.001, 0.0)
    (first,) = find_stretches(table.assign(pooled_sum=plateau), per_sample, ())
    assert (first.place, first.peak_nm) == ("620 to 720 nm", 670.0)
    # a broad feature stays where its sum is largest, not where its largest band is
    slope = np.where((NM >= 600) & (NM <= 700), 1.0, 0.0) + bump(700, 3) * 0.1
    table, per_sample = build(NM, slope, 0.001, 100)
    pooled = np.where(NM == 650, 1.0, np.where(np.abs(NM - 650) <= 50, 0.6, 0.0))
    (first,) = find_stretches(table.assign(pooled_sum=pooled), per_sample, ())
    assert (first.place, first.peak_nm) == ("600 to 700 nm", 700.0)


def test_a_box_ends_with_the_sensor() -> None:
    (first, *_) = find_stretches(*build(NM, bump(500), 0.001, 50), ())
    assert first.place == "500 to 525 nm"


def test_a_cause_is_named_where_it_holds_more_than_chance() -> None:
    chlorophyll = tuple(feature for feature in FEATURES if feature.start_nm == 655)
    share = bump(668, 8)
    (cause,) = find_causes(share / share.sum(), NM, 668.0, chlorophyll)
    assert str(cause).startswith("chlorophyll a absorption (")
    assert cause.inside.ratio > 5
    flat = np.full(NM.size, 1 / NM.size)
    assert find_causes(flat, NM, 668.0, chlorophyll) == ()
    assert find_causes(share, NM, 700.0, chlorophyll) == ()


def test_a_cause_is_corrected_for_all_features() -> None:
    nm = np.arange(400.0, 2501.0, 10.0)
    laboratory = list_features({"quantity": "reflectance"}, outdoors=False)
    middle, edge = (np.exp(-(((nm - at) / 12) ** 2)) for at in (668.5, 680))
    (cause,) = find_causes(middle / middle.sum(), nm, 670.0, laboratory)
    # lines as narrow as the bands are apart are still shown
    assert cause.among == sum(feature.end_nm - feature.start_nm >= 10 for feature in laboratory)
    assert str(cause).endswith(f"p {cause.inside.p:.3f} corrected for {cause.among} features)")
    # near the border of a feature: at three shifts of ten some feature fits as well
    assert find_causes(edge / edge.sum(), nm, 680.0, laboratory) == ()


def test_peaks_anywhere_get_a_cause_in_one_class_of_twenty() -> None:
    rng, nm = np.random.default_rng(0), np.linspace(400, 2500, 200)
    laboratory, found = list_features({"quantity": "reflectance"}, outdoors=False), 0
    for _ in range(100):
        centres = rng.uniform(400, 2500, 3)
        share = sum(
            size * np.exp(-(((nm - at) / 17) ** 2)) for size, at in zip((3, 2, 1), centres, strict=True)
        )
        found += any(find_causes(share / share.sum(), nm, at, laboratory) for at in centres)
    # more than 11 of 100 at one in twenty would happen once in 200 times
    assert found <= 11


def test_bands_cannot_show_a_line_narrower_than_they_are_apart() -> None:
    air = tuple(feature for feature in FEATURES if feature.name == "oxygen A line")
    for step, named in ((6.0, 1), (24.0, 0)):
        nm = np.arange(405.0, 1000.0, step)
        peak = int(np.abs(nm - 765).argmin())
        share = np.zeros(nm.size)
        share[peak] = 1.0
        assert 759 <= nm[peak] <= 771
        assert len(find_causes(share, nm, float(nm[peak]), air)) == named


def test_what_the_data_cannot_show_is_not_among_the_features() -> None:
    def names(quantity: str, outdoors: bool) -> set[tuple[str, float]]:
        listed = list_features({"quantity": quantity}, outdoors=outdoors)
        return {(feature.name, feature.start_nm) for feature in listed}

    laboratory, field = names("reflectance", False), names("radiance", True)
    assert ("chlorophyll a absorption", 420.0) in laboratory
    assert ("chlorophyll a absorption", 420.0) not in field
    assert ("chlorophyll a absorption", 420.0) in names("reflectance", True)
    assert ("leaf water", 1400.0) in laboratory
    assert not {("leaf water", 1400.0), ("leaf water", 1930.0)} & field
    assert ("oxygen A line", 759.0) in field
    assert ("oxygen A line", 759.0) not in laboratory
