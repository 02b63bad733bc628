"""A model together with its explanation as one program of torch.export."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.fx.experimental.proxy_tensor import make_fx

from lrprism.attribution.inputs import ParsedInputs, parse_inputs
from lrprism.attribution.layers import NO_LAYERS
from lrprism.attribution.lrp import LRP
from lrprism.attribution.model_run import ModelRunner
from lrprism.attribution.own_ops import read_ops
from lrprism.composites import AbstractComposite
from lrprism.engine import propagate, suspend_outer_passes
from lrprism.errors import InputError, ModelError

_LARGEST_DIFFERENCE = 1e-5
"""Program and library may differ by this share of the largest number, as sums take other orders."""


def export_program(
    model: nn.Module,
    example: Tensor,
    composite: AbstractComposite | None = None,
    *,
    reference: Tensor | None = None,
) -> ExportedProgram:
    """Return a program that predicts and explains, for any number of samples, without lrprism.

    Its inputs are ``x``, shaped like ``example`` but for the number of samples ``N``, and ``target``, a class
    for each sample, int64 ``[N]``; any negative number means the predicted class. It returns five tensors:
    the prediction ``[N, classes]``; the relevance, shaped like ``x``; what was explained and what of it
    arrived at ``x``, each ``[N]``; and whether all numbers of a sample, its prediction and its relevance are
    finite, bool ``[N]``, in place of the errors of :meth:`lrprism.LRP.explain`. Nothing is assumed of the
    signs of ``x``. ``torch.export.save`` writes the program as ``.pt2``. The warnings of the library are not
    part of it.

    Args:
        model: A classifier of one float tensor ``[N, ...]`` with logits ``[N, classes]``, at least two.
        example: At least one sample; a second run on it compares the program with the library.
        composite: As for :class:`lrprism.LRP`.
        reference: What each sample is compared with, one sample ``[1, ...]``, such as
            ``lp.reference.mean(samples)``; it becomes part of the program, and what is explained is the
            difference of the outputs. None: zero.

    Raises:
        InputError: If the example is no float tensor with samples and another axis, or not finite, or the
            reference is not one sample like it.
        ModelError: If an op has no rule, the output is not ``[N, classes]``, a value of a tensor decides
            what is computed, or the program differs from the library.
    """
    if not isinstance(example, Tensor) or example.dim() < 2 or not example.is_floating_point():
        found = (
            f"{example.dtype} {tuple(example.shape)}"
            if isinstance(example, Tensor)
            else type(example).__name__
        )
        raise InputError(f"example should be a float tensor [N, ...] with two axes or more. Found {found}.")
    if reference is not None and reference.shape != (1, *example.shape[1:]):
        raise InputError(
            f"reference should be one sample, {(1, *example.shape[1:])}. Found {tuple(reference.shape)}. "
            "Take lp.reference.mean(samples)."
        )
    explainer = LRP(model, composite, strict=True)
    logits = explainer.explain(example, reference=reference).output
    if logits.dim() != 2 or logits.shape[1] < 2:
        raise ModelError(
            f"an exported model should return logits [N, classes], two classes or more. Found shape "
            f"{tuple(logits.shape)}. Wrap the model in one that returns them."
        )
    # a symbolic size of 0 or 1 would be taken for a constant
    x = example.detach().repeat(3, *[1] * (example.dim() - 1))
    target = torch.arange(len(x), device=x.device) % logits.shape[1]
    program = _trace(_write_explanation(explainer, x, reference), x, target)
    _compare(program, explainer, x[1:], target[1:], reference)
    return program


def _write_explanation(
    explainer: LRP, x: Tensor, reference: Tensor | None
) -> Callable[[Tensor, Tensor], tuple[Tensor, ...]]:
    """Return the explanation as a function of tensors alone, without the checks that read values."""
    runner = ModelRunner(explainer.model, explainer.composite, False, read_ops({}), set())
    parsed = parse_inputs(x, (), {})
    against = None if reference is None else (reference.detach().to(x),)

    def explain(x: Tensor, target: Tensor) -> tuple[Tensor, ...]:
        inputs = ParsedInputs(x, (x,), parsed.paths, parsed.names, (), {}, nonnegative=())
        with (
            suspend_outer_passes(x),
            runner.trace(inputs, None, NO_LAYERS, reference=against, say=lambda _: None) as (
                forward_pass,
                facts,
                assignment,
            ),
        ):
            output = forward_pass.output.detach()
            classes = torch.where(target < 0, output.argmax(1), target)
            seed = torch.zeros_like(output).scatter(1, classes.unsqueeze(1), 1.0)
            relevance = propagate(forward_pass, [seed], facts, assignment).inputs[0][0]
        amount = output if against is None else forward_pass.change.detach()
        explained = amount.gather(1, classes.unsqueeze(1)).squeeze(1)
        arrived = relevance.flatten(1).sum(1)
        parts = (x.flatten(1), output, relevance.flatten(1))
        is_finite = torch.cat(parts, 1).isfinite().all(1)
        return output, relevance, explained, arrived, is_finite

    return explain


def _trace(
    explain: Callable[[Tensor, Tensor], tuple[Tensor, ...]], x: Tensor, target: Tensor
) -> ExportedProgram:
    """Return the program of a function, with the number of samples left open.

    Raises:
        ModelError: If the value of a tensor decides what is computed, or the number of samples is fixed.
    """
    batch = Dim("batch", min=1)
    try:
        graph = make_fx(explain, tracing_mode="symbolic", _allow_non_fake_inputs=True)(x, target)
        return torch.export.export(graph, (x, target), dynamic_shapes=({0: batch}, {0: batch}))
    except (RuntimeError, ValueError, torch._dynamo.exc.UserError) as error:
        raise ModelError(
            "an exported model should compute the same ops for every input and number of samples. Found: "
            f"{str(error).strip().splitlines()[0]} Look in forward for .item(), bool() of a tensor or "
            "len(x), which fixes the number of samples: write x.shape[0]."
        ) from error


def _compare(
    program: ExportedProgram, explainer: LRP, x: Tensor, target: Tensor, reference: Tensor | None
) -> None:
    """Compare a program with the library.

    Raises:
        ModelError: If they differ by more than sums in another order do.
    """
    for inputs in (x, x[:1]):
        expected = explainer.explain(inputs, target[: len(inputs)], reference=reference)
        prediction, relevance, *_ = program.module()(inputs, target[: len(inputs)])
        for name, a, b in (
            ("prediction", prediction, expected.output),
            ("relevance", relevance, expected.relevance),
        ):
            difference = float((a - b).abs().max() / b.abs().max().clamp(min=1e-30))
            if not difference <= _LARGEST_DIFFERENCE:
                raise ModelError(
                    f"an exported {name} should equal the library's to {_LARGEST_DIFFERENCE:g}. Found "
                    f"{difference:.3g}. Use LRP.explain for this model."
                )
