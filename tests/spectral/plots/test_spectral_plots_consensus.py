from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from lrprism.errors import DataError
from lrprism.spectral import plots
from lrprism.spectral.plots import style


def make_tables(classes: int = 2, bands: int = 20) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bands 2 to 4 are one group, which every network uses; band 10 is used by some."""
    group = np.arange(bands)
    group[2:5] = 2
    mean = np.full(bands, 0.02)
    mean[2:5], mean[10] = 0.2, 0.06
    rows = pd.DataFrame({"band": np.arange(bands), "wavelength_nm": 400 + 10.0 * np.arange(bands)})
    rows = rows.assign(group=group, mean=mean, n=30, low=mean * 0.8, high=mean * 1.2)
    rows = rows.assign(least=mean * 0.5, most=mean * 1.5, reason="")
    uses = pd.DataFrame({"group": np.unique(group)})
    uses["size"] = [int((group == number).sum()) for number in uses["group"]]
    uses["use"] = ["every" if number == 2 else "some" if number == 10 else "none" for number in uses["group"]]
    names = [(number, f"class {number}") for number in range(classes)]
    return tuple(  # type: ignore[return-value]
        pd.concat([table.assign(**{"class": number, "class_name": name}) for number, name in names])
        for table in (rows, uses)
    )


def test_a_panel_per_class_with_mean_interval_and_marks(
    words: Callable[[Figure], str], assert_readable: Callable[[Figure], None]
) -> None:
    (figure,) = plots.share_intervals(*make_tables(), "epsilon against mean")
    lane, first, _ = figure.axes
    assert style.measure_figure(figure)[0] == pytest.approx(180)
    lines = {line.get_gid(): line for line in first.lines}
    np.testing.assert_allclose(np.asarray(lines["share"].get_ydata())[[0, 2, 10]], [2, 20, 6])
    assert np.asarray(lines["every"].get_xdata()).tolist() == [420, 430, 440]
    assert np.asarray(lines["some"].get_xdata()).tolist() == [500]
    assert np.asarray(lane.lines[0].get_xdata()).tolist() == [420, 430, 440]
    text = words(figure)
    assert "30 networks" in text
    assert "epsilon against mean" in text
    assert "page" not in text
    assert_readable(figure)


def test_many_classes_take_several_pages(words: Callable[[Figure], str]) -> None:
    pages = plots.share_intervals(*make_tables(7))
    assert [len(page.axes) for page in pages] == [6, 3]
    assert "page 2 of 2" in words(pages[1])


def test_a_class_that_is_not_to_be_read_says_so_and_no_groups_too(words: Callable[[Figure], str]) -> None:
    bands, groups = make_tables(1)
    bands = bands.assign(reason="1 sample is too few for a mean", group=np.arange(20))
    (figure,) = plots.share_intervals(bands, groups.assign(use=""))
    assert "class 0\ndo not read: 1 sample is too few for a mean" in words(figure)
    assert "no band can stand for another" in words(figure)
    assert not figure.axes[0].lines


def test_no_interval_is_cut_off() -> None:
    bands, groups = make_tables(1)
    bands.loc[3, "low"], bands.loc[5, "high"] = -0.04, 0.9
    (figure,) = plots.share_intervals(bands, groups)
    low, high = figure.axes[1].get_ylim()
    assert low < -4
    assert high > 90


def test_duplicate_wavelengths_and_a_lone_band_are_drawn() -> None:
    bands, groups = make_tables(1)
    bands.loc[0, "wavelength_nm"] = 410.0
    bands.loc[19, "wavelength_nm"] = 2000.0
    (figure,) = plots.share_intervals(bands, groups)
    bars = [bar for bar in figure.axes[1].collections if "LineCollection" in type(bar).__name__]
    np.testing.assert_allclose(bars[0].get_segments(), [[[2000, 1], [2000, 3]]])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "found"),
    [(lambda table: table.drop(columns="low"), "no low"), (lambda table: table[:0], "no row")],
)
def test_tables_that_cannot_be_drawn(change: Callable[[pd.DataFrame], pd.DataFrame], found: str) -> None:
    bands, groups = make_tables()
    with pytest.raises(DataError, match=rf"Found {found}\. Pass the shares\.csv and groups\.csv"):
        plots.share_intervals(change(bands), groups)
