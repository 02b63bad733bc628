"""What is to be seen of an explanation: pictures of what has pixels, curves of what has bands or steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor

from lrprism.attribution.parts import Part

_SMALLEST_PICTURE, _SMALLEST_CURVE = 4, 2
"""The shortest side of a picture, and the shortest curve; the picture of a sequence has twice that side."""

_FEWEST_BANDS = 8
"""From so many channels on, relevance of an image is a curve too: they are bands rather than colours."""


class View(NamedTuple):
    """One sample and class.

    Args:
        title: The part, sample and class in words.
        picture: Relevance ``[y, x]``, summed over all other axes; None where there are no pixels.
        input_picture: The input ``[channel, y, x]``, or None.
        curve: Relevance ``[n]`` along bands, steps or features, summed over all other axes; or None.
        input_curve: The input along them, averaged, or None.
    """

    title: str
    picture: Tensor | None
    input_picture: Tensor | None
    curve: Tensor | None
    input_curve: Tensor | None


def make_views(part: Part, target: Tensor | None, most: int) -> Iterator[View]:
    """Yield the views of a part that have a picture or a curve.

    Args:
        part: The part.
        target: The explained classes, ``[N]`` or ``[classes]``; None where there are no such.
        most: How many views at the most.
    """
    relevance, inputs = part.of_samples(most)
    pairs = [(k, i) for i in range(relevance.shape[1]) for k in range(relevance.shape[0])]
    for k, i in pairs[:most]:
        values, x = relevance[k, i], None if inputs is None else inputs[i]
        view = _view(_name(part, target, k, i), values, x)
        if values.numel() and not (view.picture is None and view.curve is None):
            yield view


def _name(part: Part, target: Tensor | None, k: int, i: int) -> str:
    words = [part.name] * bool(part.name) + [f"sample {i}"] * part.is_sampled
    label = class_of(target, k, i, has_class_axis=part.has_class_axis)
    return ", ".join([*words, *([f"class {label}"] if label is not None else [])])


def class_of(target: Tensor | None, k: int, i: int, *, has_class_axis: bool) -> int | None:
    """Return the explained class of entry ``k`` of the class axis and sample ``i``; None where there is none.

    Args:
        target: As of an explanation.
        k: The entry of the class axis, 0 without one.
        i: The sample.
        has_class_axis: Whether there is a class axis.
    """
    if target is None or target.dim() == 0:
        return None
    if target.dim() == 2:
        return int(target[k, i])
    place = k if has_class_axis else i
    return int(target[place]) if target.dim() == 1 and place < len(target) else None


def _view(title: str, values: Tensor, x: Tensor | None) -> View:
    """Sum relevance of one sample into what can be drawn."""
    shape = values.shape
    # a spectrum, a series, tokens, features
    if len(shape) == 1:
        return View(title, None, None, *((values, x) if len(values) >= _SMALLEST_CURVE else (None, None)))
    if len(shape) == 2:
        # steps by features: a picture if both are many, else a curve along the longer one
        if min(shape) >= 2 * _SMALLEST_PICTURE:
            return View(title, values, None if x is None else x[None], None, None)
        axis = 0 if shape[0] < shape[1] else 1
        along = max(shape) >= _SMALLEST_CURVE
        return View(title, None, None, *(_along(values, x, 1 - axis) if along else (None, None)))
    if len(shape) < 2:
        return View(title, None, None, None, None)
    # images, patches of bands with or without a channel in front, volumes: the last two axes are pixels
    bands = _along(values, x, len(shape) - 3) if shape[-3] >= _FEWEST_BANDS else (None, None)
    if min(shape[-2:]) < _SMALLEST_PICTURE:
        longest = max(range(len(shape)), key=lambda axis: shape[axis])
        return View(title, None, None, *_along(values, x, longest))
    picture = values.reshape(-1, *shape[-2:]).sum(0)
    return View(title, picture, None if x is None else x.reshape(-1, *shape[-2:]), *bands)


def _along(values: Tensor, x: Tensor | None, axis: int) -> tuple[Tensor, Tensor | None]:
    """Sum relevance and average the input over all axes but one."""
    others = [other for other in range(values.dim()) if other != axis]
    return values.sum(others), None if x is None else x.mean(others)
