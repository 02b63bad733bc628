"""Layer-wise Relevance Propagation of any PyTorch model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from lrprism._errors import InputError, TargetError
from lrprism.attribution.batches import batches, number_of_samples, put_together
from lrprism.attribution.captum import CaptumTarget, read_captum_target
from lrprism.attribution.cautions import Cautions, warn, warn_of_unknown
from lrprism.attribution.ends import BEFORE, Front
from lrprism.attribution.explanation import Explanation
from lrprism.attribution.finite import check_finite
from lrprism.attribution.inputs import Arranged, Inputs, arranged, is_about_fit, misfit
from lrprism.attribution.layers import by_path, layer_paths
from lrprism.attribution.output import Output, check_dependence, chosen
from lrprism.attribution.plan import Plan
from lrprism.attribution.seeds import Target, has_class_axis, seeds
from lrprism.composites import AbstractComposite, Composite, presets
from lrprism.composites.composite import Entry
from lrprism.engine import Graph, Request, Trace, trace, unwrap
from lrprism.ops import TABLE, AbstractOp, Kind, OwnOps, every_name_of


class LRP:
    r"""Explain a model by Layer-wise Relevance Propagation: one forward pass, one backward pass.

    The backward pass carries the modified gradient ``g`` with relevance ``R(a) = a * g(a)`` at every tensor
    ``a``, from ``g = 1`` at the explained logit. Nothing of the model changes, and its mode does not matter:
    dropout is off and batch norm uses its running statistics. Reference: Bach et al. 2015, PLoS ONE 10(7).

    Args:
        model: Any ``nn.Module``; wrappers of ``torch.compile`` and of data parallelism are looked through.
        composite: Who gets which rule: a preset, a :class:`Composite` or a list of ``(selector, rule)``.
        strict: Refuse a model with an op that has no rule, instead of a warning and the plain gradient.
        ops: What to do at torch functions that the library does not know, from :mod:`lrprism.ops.own`.

    Raises:
        ModelError: If the model is no module, or holds a ScriptModule.
        InputError: If one of ``ops`` is known already.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 1, bias=False))
        >>> _ = model[0].weight.data.copy_(torch.tensor([[2.0, -1.0]]))
        >>> LRP(model, composite=presets.Epsilon(0)).explain(torch.tensor([[1.0, 1.0]])).relevance
        tensor([[ 2., -1.]])
    """

    def __init__(
        self,
        model: nn.Module,
        composite: AbstractComposite | Sequence[Entry] | None = None,
        *,
        strict: bool = False,
        ops: OwnOps | None = None,
    ) -> None:
        """Look at the model; nothing of it runs yet."""
        self.model = unwrap(model)
        self._is_chosen = composite is not None
        if composite is None:
            composite = presets.EpsilonGamma()
        self.composite = composite if isinstance(composite, AbstractComposite) else Composite(composite)
        self.strict = strict
        self._ops = _own_ops(ops or {})

    def explain(
        self,
        inputs: Inputs,
        target: Target = None,
        *,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        output: Output = None,
        layers: Sequence[str] = (),
        audit: bool = False,
        batch_size: int | None = None,
    ) -> Explanation:
        """Return the relevance of ``inputs`` for ``target``.

        Args:
            inputs: A float tensor ``[N, ...]`` or token ids ``[N, tokens]``; a tuple of them, the model's
                first positional arguments; or a mapping of keyword arguments, such as a tokenizer returns.
            target: An index into the output: None for the predicted class of each sample, a class, one class
                per sample, or ``"all"``. An output ``(N, 1)`` or ``(N,)`` is one value, which None explains
                as it is, with its sign. In words, from :mod:`lrprism.target`: ``each(0, 3)``,
                ``contrast(0, 1)``, ``side(1)`` of a binary logit, ``value()``, ``at(step)`` and
                ``token()`` of a sequence. Or a callable that maps the output to a seed of its shape.
            args: Further positional arguments of the model; they get no relevance.
            kwargs: Keyword arguments of the model; they get no relevance.
            output: Which tensor of the model's output to explain: a key, an attribute's name, a position or a
                callable; None for the only one, or the one named ``logits``; ``"before softmax"`` for the
                logits in front of the softmax or sigmoid at the end.
            layers: Paths (or globs such as ``"block.*"``) of modules at whose output relevance is wanted.
            audit: Keep the account: where each unit of relevance went.
            batch_size: Explain at most so many samples at a time: memory grows with it, not with ``N``. Every
                tensor of ``inputs`` is cut along its first dimension, ``args`` and ``kwargs`` are not; a
                callable target sees the output of one batch. None for all at once.

        Raises:
            InputError: If an input can receive no relevance, holds NaN or inf, or does not fit the model's
                type or device; or if a layer or output is unknown or not reached.
            TargetError: If the target does not fit the output.
            ModelError: If the output does not depend on the inputs, weights, output or relevance hold NaN or
                inf, or ``strict`` and an op has no rule.
            RuleError: If a rule was given to an op that it cannot serve.
        """
        cautions = Cautions(self.composite, is_chosen=self._is_chosen)
        explain = partial(
            self._explain, cautions, args=args, kwargs=kwargs, output=output, layers=layers, audit=audit
        )
        if batch_size is None:
            explanation = explain(inputs, target)
        else:
            count = number_of_samples(arranged(inputs, args, kwargs), batch_size)
            parts = [explain(*each) for each in batches(inputs, target, count, batch_size)]
            explanation = put_together(parts, has_class_axis=has_class_axis(target))
        cautions.tell()
        return explanation

    def _explain(
        self,
        cautions: Cautions,
        inputs: Inputs,
        target: Target,
        *,
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None,
        output: Output,
        layers: Sequence[str],
        audit: bool,
    ) -> Explanation:
        """Explain inputs at once, and note what their user should be told.

        Raises:
            TargetError: If the target does not fit the output.
        """
        given = arranged(inputs, args, kwargs)
        passed, graph = self._trace(given, output, layers, audit=audit, say=cautions.say)
        cautions.look(passed, graph)
        try:
            starts, classes = seeds(passed.output, target)
        except TargetError:  # a callable may return NaN because it was given NaN
            check_finite(self.model, passed.output.detach(), (), ())
            raise
        found = passed.backward(starts, graph)
        cautions.weigh(self.model, passed.output, starts, found, graph)

        def joined(per_seed: list[list[Tensor]]) -> list[Tensor]:
            if not has_class_axis(target):
                return per_seed[0]
            return [torch.stack(each) for each in zip(*per_seed, strict=True)]

        reaches = [
            x.is_floating_point() or number in passed.tokens_seen for number, x in enumerate(given.tensors)
        ]
        return Explanation(
            given.shaped(joined(found.inputs), found=reaches),
            passed.output.detach(),
            classes,
            by_path(passed, joined(found.layers)),
            found.audit,
        )

    def plan(
        self,
        inputs: Inputs,
        *,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        output: Output = None,
    ) -> Plan:
        """Return which op gets which rule, and why, without propagating relevance.

        Args:
            inputs: As for :meth:`explain`.
            args: As for :meth:`explain`.
            kwargs: As for :meth:`explain`.
            output: As for :meth:`explain`.
        """
        passed, graph = self._trace(arranged(inputs, args, kwargs), output, ())
        return Plan.of(passed.reached(graph), graph.unseen)

    def attribute(
        self,
        inputs: Tensor | tuple[Tensor, ...],
        target: Target | CaptumTarget = None,
        additional_forward_args: Any = None,
        return_convergence_delta: bool = False,
    ) -> Any:
        """Return relevance through Captum's signature, so that tools written for Captum can use it.

        Args:
            inputs: As for :meth:`explain`.
            target: As for :meth:`explain`, but a tuple is an index into all axes behind the samples, such as
                ``(3, 1)`` for an output ``(N, T, C)``, and a list may hold one tuple per sample.
            additional_forward_args: One further positional argument of the model, or a tuple of them.
            return_convergence_delta: Also return what is missing, ``explained output - sum of relevance``,
                ``[N]``; with a leading class axis where the target has one.
        """
        target = read_captum_target(target)
        extra = additional_forward_args
        args = () if extra is None else extra if isinstance(extra, tuple) else (extra,)
        explanation = self.explain(inputs, target, args=args)
        relevance: Any = explanation.relevance
        if not return_convergence_delta:
            return relevance
        axis = 2 if has_class_axis(target) else 1
        starts, _ = seeds(explanation.output, target)
        explained = torch.stack(
            [(start * explanation.output).unsqueeze(-1).flatten(1).sum(1) for start in starts]
        )
        each = relevance if isinstance(relevance, tuple) else (relevance,)
        found = sum(one.unsqueeze(-1).flatten(axis).sum(axis) for one in each)
        return relevance, (explained if axis == 2 else explained[0]) - found

    def _trace(
        self,
        given: Arranged,
        output: Output,
        layers: Sequence[str],
        *,
        audit: bool = False,
        say: Callable[[str], None] = warn,
    ) -> tuple[Trace, Graph]:
        """Run the model and give every op its rule.

        Raises:
            InputError: If an input does not fit the model, or a layer is not reached.
            RuntimeError: If the model itself fails.
            ValueError: If the model itself refuses its input.
        """
        paths = layer_paths(self.model, layers)
        front = Front() if isinstance(output, str) and output in BEFORE else None
        try:
            passed = trace(
                self.model,
                given.tensors,
                given.arguments,
                self._ops if front is None else {**self._ops, **front.ops},
                Request(
                    choose=front.choose if front else lambda returned: chosen(returned, output),
                    layers=paths,
                    nonnegative=given.nonnegative,
                    needs=self.composite.needs,
                    audit=audit,
                ),
            )
        except (RuntimeError, ValueError) as error:
            difference = misfit(self.model, given.tensors) if is_about_fit(str(error)) else None
            if difference is None:
                raise
            raise InputError(difference) from error
        unreached = sorted(paths - passed.layers.keys())
        if unreached:
            raise InputError(
                f"layers should be modules that run and depend on the inputs. Found {', '.join(unreached)}."
            )
        check_dependence(passed.output)
        graph = passed.study()
        self.composite.assign(passed.calls, graph)
        self._tell(passed, graph, say)
        return passed, graph

    def _tell(self, passed: Trace, graph: Graph, say: Callable[[str], None]) -> None:
        """Say which ops have no rule and which selectors mean nothing.

        Raises:
            ModelError: If an op has no rule and ``strict``.
        """
        unknown = [call for call in passed.calls if call.kind is Kind.UNKNOWN]
        if unknown or graph.unseen:
            reached = set(passed.reached(graph))
            calls = [call for call in unknown if call in reached]
            warn_of_unknown(calls, graph.unseen, say, strict=self.strict)
        if isinstance(self.composite, Composite):
            idle = self.composite.unmatched(passed.calls, graph)
            if idle:
                say(f"selectors should mean at least one op. Found none for {', '.join(map(repr, idle))}.")


def explain(
    model: nn.Module, inputs: Inputs, target: Target = None, *, composite: AbstractComposite | None = None
) -> Explanation:
    """Return the relevance of ``inputs`` for ``target``: :meth:`LRP.explain` in one line.

    Args:
        model: Any ``nn.Module``.
        inputs: As for :meth:`LRP.explain`.
        target: As for :meth:`LRP.explain`.
        composite: Who gets which rule; :class:`presets.EpsilonGamma` if None.
    """
    return LRP(model, composite).explain(inputs, target)


def _own_ops(ops: OwnOps) -> dict[Callable[..., Any], AbstractOp]:
    """The user's ops under every name of their functions.

    Raises:
        InputError: If one of them is known already, or no function or no op.
    """
    found: dict[Callable[..., Any], AbstractOp] = {}
    for function, op in ops.items():
        if not callable(function) or not isinstance(op, AbstractOp):
            raise InputError(
                "ops should map torch functions to ops of lrprism.ops.own. "
                f"Found {function!r}: {op!r}. Try {{torch.lgamma: own.activation('lgamma')}}."
            )
        names = every_name_of(function)
        known = [each for each in (TABLE.get(name) or found.get(name) for name in names) if each is not None]
        if known:
            raise InputError(
                "ops should name functions that have no op yet. "
                f"Found {getattr(function, '__name__', function)}, which is {known[0].kind.value} already. "
                "Leave it out, or choose its rule in the composite."
            )
        found |= dict.fromkeys(names, op)
    return found
