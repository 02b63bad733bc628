from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lrprism.errors import DataError
from lrprism.spectral import plots
from lrprism.spectral.plots import style


def make_table(methods: dict[str, bool], imputers: tuple[str, ...] = ("reference", "swap")) -> pd.DataFrame:
    """Curves that fall from 1, faster with the most relevant first."""
    fraction = np.linspace(0, 1, 5)
    parts = [
        pd.DataFrame({
            "imputer": imputer, "method": method, "control": control, "curve": curve,
            "fraction": fraction, "value": (1 - fraction) ** power,
        })
        for imputer in imputers
        for method, control in methods.items()
        for curve, power in (("MIF", 2.0), ("LIF", 0.5))
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_each_imputer_has_a_panel_and_each_method_two_curves() -> None:
    figure = plots.removal_curves(make_table({"epsilon": False, "random": True}, ("a", "b", "c")))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["imputer: a", "imputer: b", "imputer: c"]
    for axes in figure.axes:
        curves = [np.asarray(line.get_ydata()) for line in axes.lines]
        assert len(curves) == 4
        np.testing.assert_allclose(curves[0], (1 - np.linspace(0, 1, 5)) ** 0.5)
    width, _ = style.measure_figure(figure)
    assert width == pytest.approx(180)


def test_a_method_stands_once_in_the_legend_and_controls_are_grey() -> None:
    table = make_table({"epsilon": False, "gamma": False, "random": True})
    table.loc[table["method"] == "gamma", "value"] **= 2
    table.loc[table["method"] == "random", "value"] **= 3
    figure = plots.removal_curves(table)
    (legend,) = figure.legends
    assert sorted(text.get_text() for text in legend.get_texts()) == ["epsilon", "gamma", "random"]
    colours = {line.get_label(): line.get_color() for line in figure.axes[0].lines}
    assert colours["random"] == style.GREY
    assert colours["epsilon"] != colours["gamma"]


def test_methods_with_the_same_curves_are_drawn_once_under_all_names() -> None:
    table = make_table({"epsilon": False, "gamma": False, "tutorial": False})
    table.loc[table["method"] == "gamma", "value"] **= 2
    table.loc[table["method"] == "tutorial", "value"] += 1e-12  # rounding
    figure = plots.removal_curves(table)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["epsilon = tutorial", "gamma"]
    assert len(figure.axes[0].lines) == 4
    # equal under one imputer alone is not the same
    table.loc[(table["method"] == "tutorial") & (table["imputer"] == "swap"), "value"] **= 3
    (legend,) = plots.removal_curves(table).legends
    assert len(legend.get_texts()) == 3


def test_the_curve_that_begins_with_the_least_relevant_is_dashed() -> None:
    figure = plots.removal_curves(make_table({"epsilon": False}))
    for line in figure.axes[0].lines:
        least_first = np.asarray(line.get_ydata())[1] > 0.75  # the square root falls slowly, the square fast
        assert (line.get_linestyle() == "--") == least_first


def test_more_methods_than_colours_differ_by_their_markers() -> None:
    table = make_table({f"rule {number}": False for number in range(12)})
    table["value"] **= 1 + table["method"].str.removeprefix("rule ").astype(int)
    figure = plots.removal_curves(table)
    looks = {(line.get_color(), line.get_marker()) for line in figure.axes[0].lines}
    assert len(looks) == 12


def test_a_table_that_is_none_is_refused() -> None:
    table = make_table({"epsilon": False})
    with pytest.raises(DataError, match=r"should hold imputer, method.*Found no value"):
        plots.removal_curves(table.drop(columns="value"))
    with pytest.raises(DataError, match=r"Found no row"):
        plots.removal_curves(table[:0])
    table.loc[3, "value"] = np.nan
    with pytest.raises(DataError, match=r"Found values missing"):
        plots.removal_curves(table)


def test_the_figure_can_be_written(tmp_path: Path) -> None:
    png, svg = plots.save(plots.removal_curves(make_table({"epsilon": False})), tmp_path, "curves", dpi=200)
    assert png.stat().st_size > 0
    assert "imputer: swap" in svg.read_text()
