"""Relevance along one axis, such as bands, steps or tokens, as SVG inside the page."""

from __future__ import annotations

from html import escape

import torch
from torch import Tensor

_WIDTH, _HEIGHT, _LEFT, _BELOW = 420.0, 120.0, 58.0, 18.0
"""The plot in SVG units; the numbers of the axes stand left and below."""

_MOST_BARS = 420
"""More bars than units of width would only cover each other."""


def draw_curve(relevance: Tensor, values: Tensor | None, title: str) -> str:
    """Return relevance as bars, and the input as a line behind them, as one SVG element.

    Bars go up in red for relevance that speaks for what is explained, down in blue for what speaks against
    it. Where there are too many, each bar is the sum of several neighbours, and the axis says of how many.
    NaN leaves a gap. The line has a scale of its own.

    Args:
        relevance: ``[n]``.
        values: The input, ``[n]``, or None.
        title: What it shows, for those who do not see it.
    """
    count = len(relevance)
    step = -(-count // _MOST_BARS) or 1
    bars = [part.sum().item() for part in torch.split(relevance, step)] if count else []
    largest = max((abs(bar) for bar in bars if abs(bar) < torch.inf), default=0.0)
    shapes = [_draw_axes(count, largest, step), *_draw_bars(bars, largest or 1.0)]
    if values is not None and count:
        shapes.insert(1, _draw_line([part.mean().item() for part in torch.split(values, step)]))
    size = f"0 0 {_LEFT + _WIDTH + 8:g} {_HEIGHT + _BELOW:g}"
    return (
        f'<svg role="img" viewBox="{size}" style="width:{_LEFT + _WIDTH + 8:g}px;max-width:100%;'
        f'display:block" fill="currentColor" font-size="10" font-family="sans-serif">'
        f"<title>{escape(title)}</title>{''.join(shapes)}</svg>"
    )


def _draw_bars(bars: list[float], largest: float) -> list[str]:
    width, middle = _WIDTH / max(1, len(bars)), _HEIGHT / 2
    # NaN and infinity are not drawn: they compare as False
    return [
        f'<rect x="{_LEFT + k * width:.2f}" y="{middle - max(0.0, bar) / largest * middle:.2f}" '
        f'width="{max(0.6, width * 0.9):.2f}" height="{abs(bar) / largest * middle:.2f}" '
        f'fill="{"#d6404f" if bar > 0 else "#3f87c6"}"/>'
        for k, bar in enumerate(bars)
        if 0 < abs(bar) < torch.inf
    ]


def _draw_line(values: list[float]) -> str:
    """Draw a polyline over the whole height; a gap in the values starts a new piece."""
    finite = [value for value in values if abs(value) < torch.inf]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    width, path, is_down = _WIDTH / len(values), "", False
    for k, value in enumerate(values):
        if not abs(value) < torch.inf:
            is_down = False
            continue
        height = _HEIGHT * (1 - (value - low) / (high - low)) if high > low else _HEIGHT / 2
        path += f"{'L' if is_down else 'M'}{_LEFT + (k + 0.5) * width:.1f} {height:.1f}"
        is_down = True
    return f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity="0.45"/>'


def _draw_axes(count: int, largest: float, step: int) -> str:
    """Draw the line of zero and write the ends of both axes."""
    middle, right = _HEIGHT / 2, _LEFT + _WIDTH
    note = f"each bar the sum of {step}" if step > 1 else ""
    texts = [
        (_LEFT - 4, 9, "end", f"{largest:.3g}"),
        (_LEFT - 4, middle + 3, "end", "0"),
        (_LEFT - 4, _HEIGHT, "end", f"{-largest:.3g}"),
        (_LEFT, _HEIGHT + 13, "start", "0"),
        (_LEFT + _WIDTH / 2, _HEIGHT + 13, "middle", note),
        (right, _HEIGHT + 13, "end", str(max(0, count - 1))),
    ]
    words = "".join(
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{text}</text>'
        for x, y, anchor, text in texts
        if text
    )
    return (
        f'<line x1="{_LEFT:g}" x2="{right:g}" y1="{middle:g}" y2="{middle:g}" stroke="currentColor" '
        f'stroke-opacity="0.5"/>{words}'
    )
