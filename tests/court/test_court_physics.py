"""The parts of the court of physics; its data come from packages that only `make physics` installs."""

from statistics import mean

import numpy as np
import pytest
import torch
from torch import nn

from court.physics import figures, leaves, library, meat, minerals, page
from court.physics.problem import (
    DEFAULT,
    Problem,
    Standardise,
    average_magnitude,
    correlate,
    find_data,
    list_methods,
    permute_windows,
)
from court.physics.regression import Numbers, ask_for_all, explain_variance, fit
from court.results import PREMISE, Result
from evidence.training import Pair
from lrprism.errors import InputError

TRIALS = (minerals.TRIAL, leaves.TRIAL, meat.TRIAL)
GRID = np.arange(350.0, 2501.0)
TABLE = {
    "diagnostic_features": [
        {"feature_weight": 0.0, "continuum_endpoints": [1.44, 1.46, 1.5, 1.53]},
        {"feature_weight": 0.75, "continuum_endpoints": [2.1, 2.12, 2.2, 2.22]},
        {"feature_weight": 0.25, "continuum_endpoints": [2.3, 2.31, 2.35, 2.4]},
    ],
    # 2.05 to 2.24 stands out of the first feature by 50 and 20 nm
    "not_absolute_features": [{"continuum_endpoints": [2.05, 2.06, 2.2, 2.24]}],
    "not_relative_features": [{"continuum_endpoints": [2.11, 2.12, 2.19, 2.215]}],
}


def make_rule(name: str, dip: float, start: float = 350.0) -> library.Rule:
    spectrum = 0.6 - 0.4 * np.exp(-(((GRID - dip) / 40) ** 2))
    features = ((dip - 60, dip + 60),)
    return library.Rule(name, np.where(start > GRID, np.nan, spectrum), features, ((1500.0, 1560.0),))


def test_a_rule_is_read_from_its_table() -> None:
    rule = library.parse_rule("alunite_K", np.zeros(3), TABLE)
    assert np.allclose(rule.features, [(2100, 2220), (2300, 2400)])
    assert np.allclose(rule.decoys, [(1440, 1530), (2050, 2100), (2220, 2240)])
    assert rule.mineral == "alunite"


def test_windows_are_cut_and_crumbs_dropped() -> None:
    assert library.subtract_windows([(0, 100)], [(40, 60)]) == ((0, 40), (60, 100))
    assert library.subtract_windows([(0, 100), (10, 20)], [(15, 200)]) == ()
    assert library.subtract_windows([(0, 50), (0, 50)], []) == ((0, 50),)


def test_pure_minerals_that_were_measured_are_chosen() -> None:
    a = make_rule("calcite", 2300)
    again = library.Rule("calcite_abundant", a.spectrum, a.features, a.decoys)
    late = make_rule("opal", 2200, start=1539)
    others = [
        make_rule("snow_slush", 1000),
        make_rule("calcite.5+dolomite.5", 2310),
        make_rule("calcite_b", 2320),
    ]
    chosen = library.choose_rules([again, a, late, *others], GRID, 1435)
    assert {name: [rule.name for rule in group] for name, group in chosen.items()} == {
        "calcite": ["calcite", "calcite_b"]
    }
    assert list(library.choose_rules([late], GRID, 1600)) == ["opal"]


@pytest.mark.parametrize("name", ["EMIT", "AVIRIS-Classic", "AVIRIS-NG"])
def test_bands_average_the_grid_and_leave_out_the_water(name: str) -> None:
    sensor = library.list_sensors()[name]
    centre, weight = library.place_bands(sensor, 400, GRID)
    assert len(centre) > 150
    assert ((centre >= 400) & (centre <= 2450)).all()
    for first, last in library.WATER:
        assert not ((centre >= first) & (centre <= last)).any()
    # a Gaussian keeps a straight line, and turns a Gaussian dip into a wider one of the same area
    np.testing.assert_allclose(weight @ (2 * GRID + 1), 2 * centre + 1, rtol=1e-9)
    fwhm = sensor.fwhm[np.isin(sensor.centre, centre)]
    sigma = 30 / np.sqrt(2)  # of exp(-(x / 30)^2)
    wide = np.hypot(sigma, fwhm / 2.3548)
    dip = sigma / wide * np.exp(-(((centre - 2200) / wide) ** 2) / 2)
    np.testing.assert_allclose(weight @ np.exp(-(((GRID - 2200) / 30) ** 2)), dip, atol=1e-4)


def test_the_named_mineral_is_the_larger_half_of_a_mixture() -> None:
    # three minerals of one band in which each alone has reflectance, so that shares can be read off
    pure = [np.eye(3)[[label]] for label in range(3)]
    y = np.arange(3).repeat(50)
    mixed = library.mix_spectra(pure, y, np.random.default_rng(0))
    assert (mixed.argmax(1) == y).mean() > 0.95  # the slope may turn a few
    assert np.array_equal(mixed, library.mix_spectra(pure, y, np.random.default_rng(0)))


def test_relevance_inside_the_windows_has_the_largest_ratio() -> None:
    wavelength = np.arange(1440.0, 2450.0, 10.0)
    groups = {"a": [make_rule("a", 2100)], "b": [make_rule("b", 2300)]}
    y = torch.tensor([0, 0, 1])
    inside = torch.zeros(3, len(wavelength))
    for row, centre in enumerate((2100, 2100, 2300)):
        inside[row] = torch.from_numpy(-np.exp(-(((wavelength - centre) / 15) ** 2)))
    scores = minerals.score(inside, y, wavelength, groups)
    assert scores["mass ratio"] == pytest.approx(mean((scores["a: most"], scores["b: most"])), rel=0.01)
    assert scores["a: most"] == pytest.approx(len(wavelength) * 10 / 120)
    assert scores["decoy ratio"] < 1e-6
    assert scores["decoys at most 1"] == 1
    even = minerals.score(torch.ones(3, len(wavelength)), y, wavelength, groups)
    assert (even["mass ratio"], even["decoy ratio"]) == pytest.approx((1, 1))
    assert even["ratio 3 and p below .01"] == 0


def test_the_depth_of_a_feature_by_hand() -> None:
    spectrum = np.full(len(GRID), 0.5)
    spectrum[GRID == 2100], spectrum[GRID == 2300], spectrum[GRID == 2200] = 0.4, 0.8, 0.3
    depth = library.measure_depth(library.Rule("a", spectrum, ((2100.0, 2300.0),), ()), GRID)
    # half way the line from .4 to .8 stands at .6; a quarter of the way at .5, which is the spectrum
    assert depth[GRID == 2200] == pytest.approx(1 - 0.3 / 0.6)
    assert depth[GRID == 2150] == pytest.approx(0, abs=1e-12)
    assert depth[GRID == 2110] == 0  # above the line
    assert depth[GRID == 2250] == pytest.approx(1 - 0.5 / 0.7)
    assert not depth[(GRID < 2100) | (GRID > 2300)].any()


def test_derivatives_are_those_of_another_model_by_autograd() -> None:
    # torchrtm 1.5.8: torch.autograd.functional.jacobian of prospectd at the mean traits, in float32
    theirs = {
        ("chlorophyll", 700): -0.0029384985,
        ("carotenoids", 500): -0.0011104711,
        ("anthocyanin", 550): -0.010944147,
        ("water", 1450): -7.4941497,
        ("dry-matter", 2300): -5.6319904,
        ("structure", 800): 0.15459272,
    }
    slopes = leaves.differentiate({name: np.array([trait.mean]) for name, trait in leaves.TRAITS.items()})
    for (name, nm), expected in theirs.items():
        (slope,) = slopes[name][0, nm == leaves.WAVELENGTH]
        assert slope == pytest.approx(abs(expected), rel=2e-3)
    # chlorophyll takes no light behind 900 nm
    assert not slopes["chlorophyll"][0, leaves.WAVELENGTH > 900].any()


def test_the_derivative_itself_finds_all_sensitive_bands() -> None:
    truth = {"a": torch.tensor([True, False, False]), "b": torch.tensor([False, True, True])}
    relevance, target = torch.tensor([[-3.0, 1.0, 0.0], [0.0, 1.0, -2.0]]), torch.tensor([0, 1])
    assert leaves.score(relevance, target, truth) == {"AUC": 1.0, "a": 1.0, "b": 1.0}
    assert leaves.score(relevance, 1 - target, truth)["a"] == 0.0


def test_peaks_of_meat_count_within_their_reach() -> None:
    relevance = torch.zeros(3, 100)
    for row, nm in enumerate((944, 986, 1020)):
        relevance[row, (nm - 850) // 2] = -1.0
    scores = meat.score(relevance, torch.arange(3))
    assert scores["fat, nm"] == pytest.approx(944)
    assert scores["right"] == pytest.approx(2 / 3)  # 944 and 1020; 986 is 16 nm off
    assert scores["all three right"] == 0


@pytest.fixture(scope="module")
def problem() -> Problem:
    """Three classes, or two numbers, that are read from bands 10 to 12."""
    generator = torch.Generator().manual_seed(0)
    parts = []
    for count in (1000, 60, 30):
        x = torch.randn(count, 30, generator=generator)
        parts.append(Pair(5 + x, torch.stack([100 + 3 * x[:, 10], x[:, 11] - x[:, 12]], 1)))
    return Problem(*parts, np.arange(500.0, 800.0, 10.0))


def test_a_network_learns_numbers_in_their_units(problem: Problem) -> None:
    model = Numbers(nn.Sequential(nn.Linear(30, 2)), problem.train)
    nn.init.zeros_(model.network[0].weight)
    nn.init.zeros_(model.network[0].bias)
    torch.testing.assert_close(model(problem.test.x), problem.train.y.mean(0).expand(30, 2))
    fit(model, problem.train, problem.validation, seed=0, epochs=30)
    assert explain_variance(model, problem.test).min() > 0.5
    x, target = ask_for_all(problem.test)
    assert (len(x), target[:4].tolist()) == (60, [0, 1, 0, 1])
    methods = list_methods(problem, is_dense=True)
    assert next(iter(methods)) == DEFAULT
    for name, method in methods.items():
        relevance = method(model, x, target)
        assert relevance.shape == x.shape
        assert torch.equal(method(model, x, target), relevance), name  # twice gives the same
        magnitude = average_magnitude(relevance, target)[0]
        # occlusion spreads over 15 bands, Shapley sampling and pooling over fewer
        assert name == "random" or magnitude[:15].sum() > 1.2 * magnitude[15:].sum(), name


def test_permutation_sees_the_windows_that_the_output_reads() -> None:
    model = nn.Linear(10, 1, bias=False)
    model.weight.data = torch.tensor([[1.0] + [0.0] * 9])
    x = torch.randn(20, 10, generator=torch.Generator().manual_seed(0))
    relevance = permute_windows(model, x, torch.zeros(20).long())
    assert relevance[:, :5].mean() > 0.5
    assert (relevance[:, 5:] == 0).all()
    assert torch.equal(relevance[:, 0], relevance[:, 4])


def test_correlation_by_hand() -> None:
    # band 0 tells class 1 from 0, band 1 goes half with it: r = 4 / sqrt(4 * 16)
    x, y = torch.tensor([[0.0, 0.0], [0.0, 4.0], [2.0, 4.0], [2.0, 4.0]]), torch.tensor([0, 0, 1, 1])
    squared = correlate(nn.Identity(), x, torch.tensor([1, 0]), pair=Pair(x, y))
    # band 1: mean 3, deviations -3 1 1 1; with -1 -1 1 1 that is 4 / sqrt(12 * 4), squared one third
    torch.testing.assert_close(squared, torch.tensor([[1.0, 1 / 3], [1.0, 1 / 3]]))


def test_spectra_are_standardised_by_the_training_part() -> None:
    x = torch.randn(50, 4, generator=torch.Generator().manual_seed(0)) * 3 + 2
    scaled = Standardise(x)(x)
    torch.testing.assert_close(scaled.mean(0), torch.zeros(4), atol=1e-6, rtol=0)
    torch.testing.assert_close(scaled.std(0), torch.ones(4))


def test_a_package_that_is_missing_is_named() -> None:
    with pytest.raises(InputError, match=r"from the package no_such_data. Found none .* Try make physics"):
        find_data("no_such_data", "a.csv")
    assert find_data("court", "trial.py").is_file()


def make_result(case: str, method: str, **scores: float) -> Result:
    return Result("meat", case, method, scores, 60.0, "", "2026-01-01", "")


def test_the_page_says_what_the_results_say() -> None:
    rows = []
    for seed, value in enumerate((0.8, 1.0)):
        case, places = f"absorbance/seed {seed}", {f"{name}, nm": 900.0 for name in meat.PEAKS}
        rows += [
            make_result(case, PREMISE, fit=0.5),
            make_result(case, DEFAULT, **{"all three right": value, "right": 0.5, **places}),
            make_result(case, "Occlusion", **{"all three right": 0.3, "right": 0.6, **places}),
            make_result(case, "random", **{"all three right": 1.0, "right": 1.0, **places}),
        ]
    text = page.write([meat.TRIAL], {row.key: row for row in rows})
    # of .8 and 1 the deviation is .1414, and t of one degree 12.706: .1 * 12.706
    assert f"| {DEFAULT} | **.900 ± 1.271** | .500 ± .000 | 900.000 ± .000 |" in text
    assert "| Occlusion | .300 ± .000 | **.600 ± .000** |" in text
    assert "| random | 1.000 ± .000 | 1.000 ± .000 |" in text  # a control is never the best
    judged = f".900 ± 1.271 | met | {DEFAULT}: .900 ± 1.271 | met |"
    assert f"| Meat, absorbance | all three right at least 0.8 | {judged}  |\n" in text
    assert "| Meat, second derivatives | all three right at least 0.8 | not run |" in text
    assert "Of 1 goals the workbench's way meets 1." in text
    assert "Networks: 2; fit .500 ± .000." in text
    assert "- Without a result: absorbance/seed 2" in text
    assert "| processor time | 8 minutes in all |" in text


def test_single_minerals_have_a_table() -> None:
    scores = dict.fromkeys(minerals.TRIAL.metrics, 1.0)
    scores |= {
        "topaz: ratio": 2.5,
        "topaz: most": 12.0,
        "topaz: p": 0.02,
        "talc: ratio": 1.5,
        "talc: most": 4.0,
        "talc: p": 0.2,
        "talc: decoys": 0.5,
    }
    case, pooled = minerals.TRIAL.cases[0], {**scores, "topaz: ratio": 2.25}
    named = {PREMISE: {"accuracy": 1.0}, DEFAULT: pooled, page.AS_COMPUTED: scores}
    named[minerals.TRUTH] = {**scores, "decoy ratio": 0.25}
    rows = [Result("minerals", case, name, values, 1.0, "", "", "") for name, values in named.items()]
    text = page.write([minerals.TRIAL], {row.key: row for row in rows})
    assert "| topaz | 12.000 | 2.500 | .020 |  | 2.250 | .020 |  |\n" in text
    assert "| talc | 4.000 | 1.500 | .200 | .500 | 1.500 | .200 | .500 |\n" in text
    assert "(figures/physics-minerals.png)" in text
    assert f"| met | {DEFAULT}: 1.000 | met | .250 |\n" in text  # the decoys of the truth


def test_the_figure_has_a_row_for_each_mineral() -> None:
    wavelength = np.arange(1500.0, 1800.0, 10.0)
    x = 1 + torch.rand(40, 30, generator=torch.Generator().manual_seed(0))
    part = Pair(x, torch.arange(40) % 2)
    groups = {"talc": [make_rule("talc", 1600)], "topaz": [make_rule("topaz", 1700)]}
    network = nn.Sequential(nn.Unflatten(1, (1, 30)), nn.Conv1d(1, 2, 3), nn.Flatten(), nn.Linear(56, 2))
    trained = minerals.Trained(Problem(part, part, part, wavelength), groups, network, x, part.y)
    figure = figures.draw_minerals(trained)
    assert [axes.get_ylabel() for axes in figure.axes] == ["talc", "topaz"]
    # three curves, each of a largest value of 1
    assert all(len(axes.lines) == 3 for axes in figure.axes)
    assert max(figure.axes[0].lines[1].get_ydata()) == pytest.approx(1)


def test_every_trial_says_where_it_comes_from() -> None:
    for trial in TRIALS:
        assert trial.source
        groups = {case.rpartition("/")[0] for case in trial.cases}
        assert {goal.group for goal in trial.goals} <= groups
        assert {goal.metric for goal in trial.goals} | set(trial.errors) <= set(trial.metrics)
        assert len(trial.cases) == len(set(trial.cases))
