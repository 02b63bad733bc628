"""Relevance of a difference from a reference, with everything checked that holds for any op."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism.composites import AbstractComposite
from small_models import LRP_0, Model


def drawn(*shape: int, seed: int = 0) -> Tensor:
    """Random numbers of one shape, the same each time."""
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed + sum(shape)))


def doubles(values: Any) -> Tensor:
    """Numbers in float64, not rounded to float32 on the way."""
    return torch.tensor(values, dtype=torch.float64)


def explain_difference(
    model: nn.Module | Callable[..., Any],
    inputs: Tensor | Sequence[Tensor],
    reference: Any,
    composite: AbstractComposite = LRP_0,
    target: Any = torch.ones_like,
    **options: Any,
) -> lp.Explanation:
    """Explain with an account; it closes, and changes neither the map nor the outputs."""
    model = model if isinstance(model, nn.Module) else Model(model)
    inputs = inputs if isinstance(inputs, Tensor) else tuple(inputs)
    explainer = lp.LRP(model, composite)
    audited = explainer.explain(inputs, target, reference=reference, audit=True, **options)
    plain = explainer.explain(inputs, target, reference=reference, **options)
    rtol = rounding_of(audited)
    torch.testing.assert_close(audited.relevance, plain.relevance, rtol=rtol, atol=1e-3 * rtol)
    torch.testing.assert_close(audited.output, plain.output)
    torch.testing.assert_close(audited.reference_output, plain.reference_output)
    account = audited.audit
    assert account is not None
    # nothing may be in flight at all, but rounding of the outputs
    scale = max(largest_flow(account), 1e-3 * float(audited.output.abs().sum()))
    assert abs(account.unaccounted) <= rounding_of(audited) * scale
    return audited


def relevance_of(
    function: Callable[..., Any],
    inputs: Tensor | Sequence[Tensor],
    reference: Any,
    composite: AbstractComposite = LRP_0,
    **options: Any,
) -> Any:
    """The relevance of a difference that arrives in full, and of outputs that are those of plain calls."""
    explanation = explain_difference(function, inputs, reference, composite, **options)
    check_sum(explanation)
    return explanation.relevance


def tensors_of(values: Any) -> list[Tensor]:
    """The tensors of relevance: of one input or of several."""
    return [values] if isinstance(values, Tensor) else [value for value in values if value is not None]


def largest_flow(account: lp.engine.Account) -> float:
    """The most relevance that passes any op."""
    return max([abs(row.relevance_out) for row in account] + [abs(account.explained), 1e-30])


def rounding_of(explanation: lp.Explanation) -> float:
    """The share of what is in flight that the narrowest type of an explanation rounds."""
    tensors = [explanation.output, *tensors_of(explanation.relevance)]
    return 1e-9 if all(tensor.dtype is torch.float64 for tensor in tensors) else 1e-5


def check_sum(explanation: lp.Explanation) -> None:
    """Check that relevance adds up to ``f(x) - f(reference)`` for a seed of ones, and no op keeps any."""
    assert explanation.audit is not None
    tolerance = rounding_of(explanation)
    total = sum(float(tensor.sum()) for tensor in tensors_of(explanation.relevance))
    # outputs may not change at all, as the softmax of scores that all grow alike
    scale = float(explanation.change.abs().maximum(explanation.output.abs() / 1000).sum())
    assert abs(total - float(explanation.change.sum())) <= tolerance * scale
    keeping = {row.op: row.lost for row in explanation.audit if abs(row.lost) > tolerance * scale}
    assert keeping == {}


def explain_with_gap(
    function: Callable[..., Any], inputs: Tensor | Sequence[Tensor], reference: Any, **options: Any
) -> tuple[lp.Explanation, dict[str, float], list[str]]:
    """Explain a difference that does not arrive in full, or may not, which should be said.

    Returns:
        The explanation; what each op kept, by name; and the warnings.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        explanation = explain_difference(function, inputs, reference, **options)
    assert explanation.audit is not None
    messages = [str(one.message) for one in caught if issubclass(one.category, lp.RelevanceWarning)]
    assert messages, "a difference without an exact way passed without a word"
    smallest = 1e-9 * largest_flow(explanation.audit)
    lost: dict[str, float] = {}
    for row in explanation.audit:
        if abs(row.lost) > smallest:
            lost[row.op] = lost.get(row.op, 0.0) + row.lost
    total = sum(float(tensor.sum()) for tensor in tensors_of(explanation.relevance))
    assert abs(float(explanation.change.sum()) - total - sum(lost.values())) <= 10 * smallest
    return explanation, lost, messages
