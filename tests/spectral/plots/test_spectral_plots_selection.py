import numpy as np
import pandas as pd
import pytest

from lrprism.errors import DataError
from lrprism.spectral import plots
from lrprism.spectral.plots import style


def make_table(methods: tuple[str, ...] = ("relevance", "equal"), n: int = 5) -> pd.DataFrame:
    rows = [("all", 200, 0.9)] + [(name, k, 0.5 + k / 100) for name in methods for k in (5, 10, 30)]
    table = pd.DataFrame(rows, columns=["method", "k", "mean"])
    half = 0.02 if n > 1 else np.nan
    return table.assign(low=table["mean"] - half, high=table["mean"] + half, n=n)


def test_a_line_with_intervals_per_method_and_all_bands_behind() -> None:
    figure = plots.accuracy_by_bands(make_table())
    (axes,) = figure.axes
    assert style.measure_figure(figure)[0] == pytest.approx(85)
    assert axes.lines[0].get_ydata()[0] == 0.9  # type: ignore[index]
    relevance, equal = (container.lines[0] for container in axes.containers)
    np.testing.assert_allclose(relevance.get_ydata(), [0.55, 0.6, 0.8])
    # beside each other by about a hundredth, so that both intervals are seen
    assert 1.005 < equal.get_xdata()[1] / relevance.get_xdata()[1] < 1.03
    bars = axes.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose(bars[0][:, 1], [0.53, 0.57])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["5", "10", "30"]
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(words) == ["95 % interval of all bands", "all 200 bands", "equal", "relevance"]


def test_one_training_has_no_interval_and_says_so() -> None:
    figure = plots.accuracy_by_bands(make_table(n=1))
    texts = [text.get_text() for text in figure.texts]
    assert any("1 training per point" in text and "no intervals" in text for text in texts)
    assert next(text.get_text() for text in figure.legends[0].get_texts()) == "all 200 bands"
    assert "interval" not in "".join(text.get_text() for text in figure.legends[0].get_texts())


def test_one_number_of_bands_has_a_row_for_each_method_the_best_on_top() -> None:
    table = make_table()
    table = table[table["k"].isin([200, 30])]
    table.loc[table["method"] == "equal", ["mean", "low", "high"]] = 0.7, 0.68, 0.72
    table.loc[table["method"] == "relevance", ["mean", "low", "high"]] = 0.75, 0.72, 0.78
    (axes,) = plots.accuracy_by_bands(table).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["equal", "relevance"]
    dots = axes.containers[0].lines
    np.testing.assert_allclose(dots[0].get_xdata(), [0.7, 0.75])
    np.testing.assert_allclose(dots[2][0].get_segments()[1][:, 0], [0.72, 0.78])
    assert axes.lines[0].get_xdata()[0] == 0.9  # type: ignore[index]


def test_few_trainings_are_said() -> None:
    table = make_table(n=2)
    for few in (table, table[table["k"].isin([200, 30])]):
        figure = plots.accuracy_by_bands(few)
        assert any("fewer than 5 trainings: intervals are wide" in text.get_text() for text in figure.texts)
    assert not any("wide" in text.get_text() for text in plots.accuracy_by_bands(make_table(n=5)).texts)


def test_many_methods_keep_their_own_look_and_all_bands_alone_are_drawn() -> None:
    figure = plots.accuracy_by_bands(make_table(tuple("abcdefgh")))
    looks = {
        (container.lines[0].get_color(), container.lines[0].get_marker())
        for container in figure.axes[0].containers
    }
    assert len(looks) == 8
    assert plots.accuracy_by_bands(make_table(())).axes[0].lines


@pytest.mark.parametrize(
    ("table", "found"),
    [
        (make_table().drop(columns="low"), "no low"),
        (make_table()[:0], "no row"),
        (make_table().assign(mean=np.nan), "a mean missing"),
    ],
)
def test_tables_that_cannot_be_drawn(table: pd.DataFrame, found: str) -> None:
    with pytest.raises(DataError, match=rf"Found {found}\. Pass the intervals\.csv"):
        plots.accuracy_by_bands(table)
