"""What the cell of a notebook shows of an explanation and of an explainer."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from lrprism.attribution.parts import Part
from lrprism.attribution.views import View, class_of, make_views
from lrprism.composites import AbstractComposite
from lrprism.display import (
    colour_input,
    colour_relevance,
    draw_curve,
    draw_picture,
    draw_table,
    fold,
    frame,
    shrink,
)
from lrprism.engine import Account

_MOST_ROWS, _MOST_VIEWS = 8, 4
"""How many samples the table lists, and how many are drawn."""


def show_explanation(
    title: str, parts: Sequence[Part], change: Tensor, target: Tensor | None, audit: Account | None
) -> str:
    """Return the HTML of an explanation: a table of samples, pictures and curves, the account.

    Args:
        title: Its shapes in words.
        parts: Its tensors.
        change: What is explained: the output, or its difference from that of the reference.
        target: The explained classes.
        audit: The account, or None.
    """
    views = [view for part in parts for view in make_views(part, target, _MOST_VIEWS)][:_MOST_VIEWS]
    account = [] if audit is None else [fold(f"Account of {len(audit)} calls", audit._repr_html_())]
    return frame(title, _list_samples(parts, change, target, audit), *map(_draw_view, views), *account)


def _list_samples(parts: Sequence[Part], change: Tensor, target: Tensor | None, audit: Account | None) -> str:
    """Draw the table of what was explained of each sample, and what arrived."""
    first = parts[0] if parts else None
    if first is None or not all(
        part.is_sampled and part.has_class_axis == first.has_class_axis for part in parts
    ):
        arrived = sum(float(part.relevance.detach().cpu().double().sum()) for part in parts)
        return draw_table(("arrived at the inputs",), [(f"{arrived:.6g}",)])
    sums = torch.stack([_sum_each(part) for part in parts]).sum(0)
    pairs = [(k, i) for i in range(sums.shape[1]) for k in range(sums.shape[0])]
    lines = []
    for k, i in pairs[:_MOST_ROWS]:
        label = class_of(target, k, i, has_class_axis=first.has_class_axis)
        explained = _find_explained(change, label, i, audit, k)
        cells = ["-" if value is None else f"{value:.6g}" for value in (explained, float(sums[k, i]))]
        lines.append((str(i), "-" if label is None else str(label), *cells))
    count = first.relevance.shape[: 1 + first.has_class_axis].numel()
    note = f"{count - len(lines)} more." if count > len(lines) else ""
    return draw_table(("sample", "class", "explained", "arrived at the inputs"), lines, note)


def _sum_each(part: Part) -> Tensor:
    """Return the sums over each of the first samples, ``[classes, n]``."""
    # an axis more, as a relevance [classes, n] has nothing to flatten
    return part.of_samples(_MOST_ROWS)[0].unsqueeze(-1).flatten(2).sum(2, dtype=torch.float64)


def _find_explained(change: Tensor, label: int | None, i: int, audit: Account | None, k: int) -> float | None:
    """Return what was explained of a sample: from the account, or the output of its class."""
    if audit is not None and audit.per_sample is not None:
        explained = audit.per_sample.explained
        return float(explained[k, i] if explained.dim() > 1 else explained[i])
    # of one value, such as a binary logit, the explained side may be the other one
    if label is None or change.dim() != 2 or not 1 < change.shape[1] > label:
        return None
    return float(change[i, label])


def _draw_view(view: View) -> str:
    """Draw one sample: its picture beside the input's, its curve below."""
    drawn = []
    if view.picture is not None:
        if view.input_picture is not None:
            drawn.append(draw_picture(colour_input(shrink(view.input_picture)), f"input, {view.title}"))
        picture = shrink(view.picture)
        finite = picture[picture.isfinite()]
        largest = float(finite.abs().max()) if len(finite) else 0.0
        drawn.append(draw_picture(colour_relevance(picture, largest), f"relevance, {view.title}"))
        mean = "" if picture.shape == view.picture.shape else ", means of neighbouring pixels"
        drawn.append(f"<span>red +{largest:.3g}, blue {-largest:.3g}{mean}</span>")
    curve = "" if view.curve is None else draw_curve(view.curve, view.input_curve, f"relevance, {view.title}")
    return frame(view.title, " ".join(drawn), curve)


def show_explainer(
    model: nn.Module, composite: AbstractComposite, chosen: str, *, strict: bool, ops: Sequence[str]
) -> str:
    """Return the HTML of an explainer: the model, the composite and the options.

    Args:
        model: The model.
        composite: Who gets which rule.
        chosen: Why this composite, in words; empty where the user gave it.
        strict: Whether an op without a rule is refused.
        ops: The functions that have an op of the user's.
    """
    # a lazy module has no numbers before its first call
    count = sum(parameter.numel() for parameter in model.parameters() if not is_lazy(parameter))
    lines = [
        ("model", type(model).__name__),
        ("parameters", f"{count:,}"),
        ("composite", repr(composite)),
        ("op without a rule", "refused" if strict else "plain gradient, with a warning"),
        *([("own ops", ", ".join(ops))] if ops else []),
        *([("chosen", chosen)] if chosen else []),
    ]
    return frame("LRP", draw_table(("", ""), lines))
