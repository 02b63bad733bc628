import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrprism.errors import DataError
from lrprism.spectral.plots import layer_sums, style
from lrprism.spectral.plots.layer_table import MOST_ROWS, stack_rows

Check = Callable[[Figure], None]
Words = Callable[[Figure], str]


def bar_sums(figure: Figure) -> NDArray[np.float64]:
    """Return the sum of the parts of every bar, read from the drawn rectangles."""
    axes = figure.axes[0]
    return np.sum([[bar.get_width() for bar in group] for group in axes.containers], axis=0)


def test_what_arrived_on_all_ways_is_taken_from_the_row_of_the_input(
    conservation: pd.DataFrame, words: Words
) -> None:
    one_way = conservation.copy()
    one_way.loc[0, "relevance_in"] = 1.0  # of 3.6, the rest on another way to the input
    first = one_way.iloc[[0]].assign(call=-1, op="input", relevance_out=3.6, relevance_in=3.6, to_bias=0.0)
    table = pd.concat([first, one_way], ignore_index=True)
    assert stack_rows(table)["relevance_out"].tolist()[-1] == 3.6
    assert "at the bands 3.6 + taken 0.4 + not accounted for 0 = explained 4 logit" in words(
        layer_sums(table)
    )


def test_every_bar_adds_up_to_the_explained_output(conservation: pd.DataFrame) -> None:
    np.testing.assert_allclose(bar_sums(layer_sums(conservation)), 4.0)


def test_branches_travel_on_other_paths(conservation: pd.DataFrame, words: Words) -> None:
    conservation.loc[1, ["relevance_out", "relevance_in"]] = 1.2
    conservation.loc[1, ["to_bias", "to_constant"]] = 0.1, -0.1
    figure = layer_sums(conservation)
    np.testing.assert_allclose(bar_sums(figure), 4.0)
    assert "on other paths" in words(figure)
    assert stack_rows(conservation)["elsewhere"].tolist()[2] == pytest.approx(2.5)  # 3.7 - 1.2


def test_numbers_names_and_account_are_printed(
    conservation: pd.DataFrame, words: Words, assert_readable: Check
) -> None:
    figure = layer_sums(conservation)
    text = words(figure)
    assert "at the bands 3.6 + taken 0.4 + not accounted for 0 = explained 4 logit" in text
    for expected in (
        "block.conv (conv2d)",
        "Gamma(gamma=0.25)",
        "whole network",
        "−0.2",
        "0.5",
        "taken: first line by all ops, below by this op",
    ):
        assert expected in text
    assert "relevance (logit), mean per sample" in text
    assert "on other paths" not in text
    assert_readable(figure)


def test_what_is_lost_is_said(conservation: pd.DataFrame, words: Words) -> None:
    conservation.loc[0, "relevance_in"] = 3.1
    assert "not accounted for 0.5 = explained 4" in words(layer_sums(conservation))


def test_unit_can_be_another(conservation: pd.DataFrame, words: Words) -> None:
    assert "relevance (t/ha), mean per sample" in words(layer_sums(conservation, unit="t/ha"))


def test_table_read_back_from_csv(conservation: pd.DataFrame, words: Words) -> None:
    conservation.loc[0, "module"] = ""
    read = pd.read_csv(io.StringIO(conservation.to_csv(index=False)))
    text = words(layer_sums(read))
    assert "nan" not in text
    assert "\nconv3d\n" in text


def test_ops_that_pass_relevance_on_are_counted_and_not_drawn(
    conservation: pd.DataFrame, words: Words
) -> None:
    relu = conservation.iloc[[1]]
    table = pd.concat([conservation.iloc[:1], *[relu] * 30, conservation.iloc[2:]], ignore_index=True)
    table["call"] = range(len(table))
    figure = layer_sums(table)
    assert "30 ops that pass relevance on left out" in words(figure)
    np.testing.assert_allclose(bar_sums(figure), np.full(4, 4.0))
    assert "1 op that passes relevance on left out" in words(layer_sums(conservation))


def test_of_many_ops_those_that_took_most_are_drawn(conservation: pd.DataFrame) -> None:
    steps = np.linspace(0.1, 0.2, 40)
    rows = [conservation.iloc[[0]].assign(to_bias=step) for step in steps]
    table = pd.concat(rows, ignore_index=True)
    table["call"] = range(len(table))
    table["relevance_in"] = 10.0 + np.r_[0.0, np.cumsum(steps)[:-1]]
    table["relevance_out"] = table["relevance_in"] + steps
    figure = layer_sums(table)
    # the whole network and those of the largest shares, which the output's op is among
    assert len(bar_sums(figure)) == 1 + MOST_ROWS
    np.testing.assert_allclose(bar_sums(figure), 10.0 + steps.sum())


def test_the_first_bar_holds_the_output_of_the_reference(
    conservation: pd.DataFrame, words: Words, assert_readable: Check
) -> None:
    figure = layer_sums(conservation, output=5.5, facts=["mean over 7 samples, 6 right"])
    np.testing.assert_allclose(bar_sums(figure)[0], 5.5)
    np.testing.assert_allclose(bar_sums(figure)[1:], 4.0)
    text = words(figure).replace("\n", " · ")
    assert "explained + output of the reference 1.5 = output 5.5" in text
    assert "mean over 7 samples, 6 right" in text
    assert "reference" not in words(layer_sums(conservation))
    assert_readable(figure)


def test_long_names_are_shortened_in_the_middle(
    conservation: pd.DataFrame, words: Words, assert_readable: Check
) -> None:
    conservation.loc[2, "module"] = "encoder.stage_four.residual_blocks.11.separable.depthwise"
    figure = layer_sums(conservation)
    assert "…" in words(figure)
    assert "depthwise (conv2d)" in words(figure)
    assert_readable(figure)


def test_negative_output_and_one_row(conservation: pd.DataFrame, assert_readable: Check) -> None:
    table = conservation.iloc[[3]].copy()
    table[["relevance_out", "relevance_in", "to_bias"]] = [-2.0, -3.0, 1.0]
    figure = layer_sums(table)
    np.testing.assert_allclose(bar_sums(figure), -2.0)
    assert style.measure_figure(figure)[0] == pytest.approx(180)
    assert_readable(figure)


@pytest.mark.parametrize("small", [0.0, -1.2e-7, -1.23e-107])
def test_numbers_of_a_row_keep_their_distance(conservation: pd.DataFrame, small: float) -> None:
    sinks = [column for column in conservation.columns if column.startswith("to_")]
    conservation[sinks] = small
    conservation.loc[[0, 1], ["relevance_out", "relevance_in"]] = -1.23e-7
    figure = layer_sums(conservation)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    texts = [text for text in figure.axes[0].texts if text.get_text() and text.get_position()[0] > 1]
    boxes = [text.get_window_extent(renderer) for text in texts]
    page_right = figure.bbox.x1
    for row in {text.get_position()[1] for text in texts}:
        here = sorted(
            (box.x0, box.x1) for text, box in zip(texts, boxes, strict=True) if text.get_position()[1] == row
        )
        ends, starts = np.array(here)[:-1, 1], np.array(here)[1:, 0]
        assert (starts - ends > figure.dpi / style.MM_PER_INCH).all()  # a millimetre
        assert here[-1][1] < page_right
        assert here[0][0] > figure.axes[0].bbox.x1


def test_missing_column(conservation: pd.DataFrame) -> None:
    with pytest.raises(
        DataError, match=r"Found 4 rows, without to_bias, rule\.|Found 4 rows, without rule, to_bias\."
    ):
        layer_sums(conservation.drop(columns=["to_bias", "rule"]))


def test_empty_table(conservation: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"should have at least one row .*Found 0 rows, without any\."):
        layer_sums(conservation.iloc[:0])


def test_number_that_is_not_finite(conservation: pd.DataFrame) -> None:
    conservation.loc[2, "to_rule"] = np.nan
    with pytest.raises(DataError, match=r"finite numbers\. Found nan in to_rule of call 2\. Look for NaN"):
        layer_sums(conservation)


def test_parts_of_a_bar_are_stacked_to_either_side_of_0(conservation: pd.DataFrame) -> None:
    axes = layer_sums(conservation).axes[0]
    # the network's input: 3.6 at the input, 0.6 to biases; the rule's -0.2 lies left of 0
    spans = [(bars[0].get_x(), bars[0].get_x() + bars[0].get_width()) for bars in axes.containers]
    np.testing.assert_allclose(sorted(spans), [(0, -0.2), (0, 3.6), (3.6, 4.2)], atol=1e-12)
