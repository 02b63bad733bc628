"""An explanation as a figure of matplotlib, which is imported with this module alone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrprism.attribution.views import View
from lrprism.display import colour_input
from lrprism.errors import InputError

_ROW, _PICTURE, _CURVE = 1.6, 1.8, 3.4
"""Height of a row and widths of a picture and a curve, in inches: all of them fill two columns of 180 mm."""

_RED, _BLUE = "#b2182b", "#2166ac"


class CellFigure(Figure):
    """A figure that the cell of a notebook shows by itself, also where no pyplot was imported."""

    def _repr_png_(self) -> bytes:
        """Return the figure as PNG."""
        stream = io.BytesIO()
        self.savefig(stream, format="png", dpi=110)
        return stream.getvalue()


def draw_figure(views: Sequence[View], wavelength: Sequence[float] | None) -> Figure:
    """Draw one row per view: the input's picture, the picture of relevance, the curve.

    Args:
        views: What to draw.
        wavelength: Wavelengths along the curves, in nm; None for numbers from 0 on.

    Raises:
        InputError: If there is nothing to draw, or the wavelengths are not as many as the bands.
    """
    if not views:
        raise InputError(
            "plot() should have relevance of two or more numbers per sample. Found none. Print it instead."
        )
    kinds = [
        name
        for name in ("input_picture", "picture", "curve")
        if any(getattr(v, name) is not None for v in views)
    ]
    widths = [_CURVE if name == "curve" else _PICTURE for name in kinds]
    figure = CellFigure(figsize=(sum(widths), _ROW * len(views)), layout="constrained")
    grid = figure.subplots(len(views), len(kinds), squeeze=False, gridspec_kw={"width_ratios": widths})
    for view, row in zip(views, grid, strict=True):
        for name, axes in zip(kinds, row, strict=True):
            axes.tick_params(labelsize=7)
            _DRAW[name](axes, view, wavelength)
        row[0].set_title(view.title, fontsize=8, loc="left")
    return figure


def _draw_input(axes: Axes, view: View, _wavelength: Sequence[float] | None) -> None:
    axes.set_axis_off()
    if view.input_picture is not None:
        colours = colour_input(view.input_picture)
        axes.imshow(colours.numpy())


def _draw_picture(axes: Axes, view: View, _wavelength: Sequence[float] | None) -> None:
    axes.set_axis_off()
    if view.picture is None:
        return
    finite = view.picture[view.picture.isfinite()]
    largest = float(finite.abs().max()) if len(finite) else 0.0
    limit = largest or 1.0  # relevance of zero is white
    image = axes.imshow(view.picture.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.05)
    bar.ax.tick_params(labelsize=6)


def _draw_curve(axes: Axes, view: View, wavelength: Sequence[float] | None) -> None:
    if view.curve is None:
        axes.set_axis_off()
        return
    values = view.curve.tolist()
    places = list(range(len(values))) if wavelength is None else list(wavelength)
    if len(places) != len(values):
        raise InputError(
            f"wavelength should be one number per band, {len(values)} of them. Found {len(places)}."
        )
    colours = [_RED if value > 0 else _BLUE for value in values]
    axes.vlines(places, 0, values, colors=colours, linewidth=max(0.6, min(6.0, 160 / len(values))))
    axes.axhline(0, color="grey", linewidth=0.5)
    axes.set_ylabel("relevance", fontsize=7)
    axes.set_xlabel("position" if wavelength is None else "wavelength (nm)", fontsize=7)
    if view.input_curve is not None:
        beside = axes.twinx()
        beside.plot(places, view.input_curve.tolist(), color="grey", linewidth=0.8, alpha=0.7)
        beside.set_ylabel("input", fontsize=7, color="grey")
        beside.tick_params(labelsize=6, labelcolor="grey")


_DRAW: dict[str, Any] = {"input_picture": _draw_input, "picture": _draw_picture, "curve": _draw_curve}
