from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import ArrayLike

from lrprism.spectral.plots import style

CLASSES = ["Corn", "Woods", "Hay"]
WIDTHS = 85.0, 180.0
"""One column of a journal and two, in mm."""
SMALLEST = 6.0
"""Points, on paper: figures are printed as wide as they are drawn."""


def build(wavelength: ArrayLike, *, samples: int = 6, window: int = 5, seed: int = 0) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    wavelength = np.asarray(wavelength, dtype=float)
    bands = len(wavelength)
    shape = (samples, bands, window, window)
    light = 3000 * np.exp(-(((wavelength - 800) / 500) ** 2))
    target = np.arange(samples) % 2
    output = rng.normal(size=(samples, 3)).astype("float32")
    return xr.Dataset(
        {
            "relevance": (
                ("sample", "band", "y", "x"),
                rng.normal(size=shape).astype("float32"),
                {"units": "logit"},
            ),
            "patch": (
                ("sample", "band", "y", "x"),
                (light[:, None, None] + 1000 + 50 * rng.random(shape)).astype("float32"),
            ),
            "target": ("sample", target),
            "label": ("sample", (target + 1) % 3),
            "predicted": ("sample", target),
            "output": (("sample", "class"), output),
        },
        coords={
            "band": np.arange(bands),
            "wavelength": ("band", wavelength),
            "fwhm": ("band", np.full(bands, 10.0)),
            "original_band": ("band", [str(band) for band in range(bands)]),
            "class_name": ("class", CLASSES),
            "row": ("sample", np.arange(samples) + 40),
            "column": ("sample", np.arange(samples) + 60),
        },
        attrs={
            "title": "Test scene",
            "quantity": "radiance",
            "units": "W m⁻² sr⁻¹ µm⁻¹",
            "composite": "Epsilon()",
        },
    )


@pytest.fixture
def make_relevance() -> Callable[..., xr.Dataset]:
    return build


@pytest.fixture
def relevance() -> xr.Dataset:
    """Not sorted, with a gap from 1280 to 1500 nm, as real sensors have them."""
    order = np.r_[np.arange(600, 1000, 40.0), np.arange(400, 600, 40.0), np.arange(1000, 1301, 40.0)]
    return build(np.r_[order, np.arange(1500, 1801, 40.0)])


@pytest.fixture
def conservation() -> pd.DataFrame:
    """Explained 4; by hand: 4 = 3.5 + 0.5 (bias), 3.5 = 3.7 - 0.2 (rule), 3.7 = 3.6 + 0.1 (bias)."""
    rows = [
        (0, "conv", "conv3d", "Epsilon(eps=0)", 3.7, 3.6, 0.1, 0.0, 0.0, 0.0),
        (1, "relu", "relu", "", 3.7, 3.7, 0.0, 0.0, 0.0, 0.0),
        (2, "block.conv", "conv2d", "Gamma(gamma=0.25)", 3.5, 3.7, 0.0, 0.0, -0.2, 0.0),
        (3, "linear", "linear", "Epsilon(eps=0)", 4.0, 3.5, 0.5, 0.0, 0.0, 0.0),
    ]
    names = "call module op rule relevance_out relevance_in to_bias to_stabilizer to_rule to_constant"
    return pd.DataFrame(rows, columns=names.split()).assign(to_unknown=0.0)


@pytest.fixture
def words() -> Callable[[Figure], str]:
    def collect(figure: Figure) -> str:
        return "\n".join(text.get_text() for text in figure.findobj(Text) if text.get_visible())

    return collect


@pytest.fixture
def assert_readable() -> Callable[[Figure], None]:
    """The figure fits one column or two, no letter is too small, no text is cut off or covers another."""

    def check(figure: Figure) -> None:
        assert any(style.measure_figure(figure)[0] == pytest.approx(width) for width in WIDTHS)
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
        undrawn = {id(text) for text in _undrawn(figure)}
        texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
        texts = [text for text in texts if id(text) not in undrawn]
        assert min(text.get_fontsize() for text in texts) >= SMALLEST
        boxes = np.array([text.get_window_extent(renderer).extents for text in texts])
        page = figure.bbox.extents
        outside = (boxes[:, :2] < page[:2] - 0.5).any(1) | (boxes[:, 2:] > page[2:] + 0.5).any(1)
        assert not outside.any(), [text.get_text() for text, out in zip(texts, outside, strict=True) if out]
        deep = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - np.maximum(
            boxes[:, None, :2], boxes[None, :, :2]
        )
        first, second = np.nonzero(
            np.triu((deep > 1.2).all(-1), 1)
        )  # pixels at 100 dpi: the boxes' own padding
        assert not first.size, [
            (texts[i].get_text(), texts[j].get_text()) for i, j in zip(first, second, strict=True)
        ]

    return check


def _undrawn(figure: Figure) -> list[Text]:
    """Tick labels outside the limits: matplotlib makes them but does not draw them."""
    labels = []
    for axis in [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]:
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if not low <= tick.get_loc() <= high or not axis.axes.axison:
                labels += [tick.label1, tick.label2]
    return labels
