from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.figure import Figure
from PIL import Image

from eyes import SIGHT, find_nearest
from lrprism.errors import ResultsError
from lrprism.spectral.plots import consensus, curves, layer_table, style, wavelength_axis


@pytest.fixture
def figure() -> Figure:
    @style.use_house_style
    def draw() -> Figure:
        figure = style.new_figure(100, 50)
        style.add_axes(figure, 10, 10, 80, 30).plot([0, 1], [0, 1])
        style.write(figure, 2, 2, "price in $ and −1", size=7)
        return figure

    return draw()


PALETTES = {
    "curves of methods": curves.COLOURS,
    "controls": curves.GREYS,
    "parts of the output": [style.BLUE, style.SKY, *(colour for _, colour in layer_table.SINKS.values())],
    "bands that networks use": [*consensus.USE_COLOURS.values()],
    "shares": [style.BLUE, style.SKY, consensus.RANGE, wavelength_axis.ATMOSPHERE],
    "groups of bands": consensus.GROUP_COLOURS,
    "a spectrum": [style.BLUE, style.SKY, style.VERMILION, style.GREY],
    "the diverging scale": [colormaps[style.DIVERGING](place) for place in (0.0, 0.25, 0.5, 0.75, 1.0)],
}


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("sight", SIGHT)
def test_colours_of_a_figure_are_told_apart_by_every_eye(name: str, sight: str) -> None:
    assert find_nearest(PALETTES[name], sight) > 0.06  # three times what is just seen


def test_save_writes_png_and_svg_with_text_and_no_date(figure: Figure, tmp_path: Path) -> None:
    png, svg = style.save(figure, tmp_path / "new", "a", attribution="Someone, CC BY")
    content = svg.read_text(encoding="utf-8")
    assert png == tmp_path / "new" / "a.png"
    assert "price in $ and −1" in content
    assert "Someone, CC BY" in content
    assert "<dc:date>" not in content
    with Image.open(png) as image:
        assert image.size == (1181, 590)  # 100 x 50 mm at 300 dpi: 100 / 25.4 * 300 = 1181.1
        assert image.info["Copyright"] == "Someone, CC BY"


def test_saving_twice_gives_the_same_bytes(figure: Figure, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in style.save(figure, tmp_path, "a")]
    assert first == [path.read_bytes() for path in style.save(figure, tmp_path, "b")]


def test_save_refuses_coarse_png(figure: Figure, tmp_path: Path) -> None:
    with pytest.raises(
        ResultsError, match=r"dpi should be at least 200 for print\. Found 72\. Try dpi=300\."
    ):
        style.save(figure, tmp_path, "a", dpi=72)


def test_save_says_which_folder_cannot_be_written(figure: Figure, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(
        ResultsError, match=r"Figures should be written to .*file\. Found: .+\. Try another folder"
    ):
        style.save(figure, tmp_path / "file", "a")


def test_style_is_restored_also_after_an_error() -> None:
    @style.use_house_style
    def fail() -> None:
        assert mpl.rcParams["svg.fonttype"] == "none"
        raise RuntimeError("stop")

    before = dict(mpl.rcParams)
    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert dict(mpl.rcParams) == before


def test_users_own_style_does_not_leak_into_figures() -> None:
    @style.use_house_style
    def draw() -> Figure:
        return style.new_figure(10, 10)

    with mpl.rc_context({"figure.facecolor": "black", "text.color": "white"}):
        assert mpl.colors.to_hex(draw().get_facecolor()) == "#ffffff"


def test_place_counts_millimetres_from_the_upper_left_corner() -> None:
    axes = style.add_axes(style.new_figure(100, 50), 10, 5, 80, 30)
    np.testing.assert_allclose(axes.get_position().bounds, (0.1, 0.3, 0.8, 0.6))  # 50 - 5 - 30 = 15 mm below


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.01234, "−0.0123"), (5.0, "5"), (1.3e-9, "1.3e−09"), (1234.0, "1.23e+03")],
)
def test_number(value: float, text: str) -> None:
    assert style.format_number(value) == text


def test_plain_numbers_have_no_power_of_ten() -> None:
    assert style.format_tick(-12000.0) == "−12000"


def test_text_width_grows_with_text_and_size() -> None:
    assert style.text_width("  ", 7) == 0
    assert style.text_width("nm nm", 14) == pytest.approx(2 * style.text_width("nm nm", 7), rel=0.02)
    assert style.text_width("nm", 7) < style.text_width("nm nm", 7)


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        ([1.0, 5.0], [1.0, 5.0]),
        ([4.0, 4.0], [3.5, 4.5]),  # both give way by half
        ([0.0, 0.0, 9.0], [0.0, 1.0, 9.0]),  # the edge stops the first
        ([10.0, 10.0], [9.0, 10.0]),
        ([], []),
    ],
)
def test_spread_out_by_hand(positions: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(style.spread_labels(np.array(positions), 1.0, (0.0, 10.0)), expected)


def test_spread_out_keeps_gap_bounds_and_order() -> None:
    wanted = np.sort(np.random.default_rng(0).uniform(0, 50, 30))
    moved = style.spread_labels(wanted, 2.0, (0.0, 60.0))
    assert np.diff(moved).min() >= 2.0 - 1e-9
    assert moved.min() >= -1e-9
    assert moved.max() <= 60 + 1e-9


def test_spread_out_shrinks_the_gap_where_the_room_is_too_small() -> None:
    np.testing.assert_allclose(style.spread_labels(np.full(5, 2.0), 9.0, (0.0, 4.0)), [0, 1, 2, 3, 4])
