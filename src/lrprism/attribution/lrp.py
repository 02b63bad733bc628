"""Layer-wise Relevance Propagation of any PyTorch model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from lrprism.attribution.batches import explain_batches, put_together
from lrprism.attribution.captum import CaptumTarget, read_captum_target
from lrprism.attribution.cautions import Cautions, warn, warn_of_unknown
from lrprism.attribution.cutting import Arguments
from lrprism.attribution.explanation import Explanation
from lrprism.attribution.finite import check_finite
from lrprism.attribution.inputs import (
    Arranged,
    Inputs,
    arranged,
    explain_list,
    explain_mapping,
    is_about_fit,
    is_one_argument,
    misfit,
    note_mapping,
    note_one_sample,
)
from lrprism.attribution.layers import Layers, layers_named
from lrprism.attribution.logits import BEFORE, LogitsFinder
from lrprism.attribution.output import Output, check_dependence, chosen
from lrprism.attribution.own_ops import read_ops
from lrprism.attribution.plan import Plan
from lrprism.attribution.samples import check_samples
from lrprism.attribution.seeds import Target, has_class_axis, seeds
from lrprism.composites import AbstractComposite, Composite, presets
from lrprism.composites.composite import Entry
from lrprism.engine import Graph, Request, Trace, explain_forward_mode, suspend_outer_passes, trace, unwrap
from lrprism.errors import InputError, ModelError, TargetError
from lrprism.ops import Kind, OwnOps


class LRP:
    r"""Explain a model by Layer-wise Relevance Propagation: one forward pass, one backward pass.

    The backward pass carries the modified gradient ``g`` with relevance ``R(a) = a * g(a)`` at every tensor
    ``a``, from ``g = 1`` at the explained logit. Nothing of the model changes, and its mode does not matter:
    dropout is off and batch norm uses its running statistics. Reference: Bach et al. 2015, PLoS ONE 10(7).

    Args:
        model: Any ``nn.Module``; wrappers of ``torch.compile`` and of data parallelism are looked through.
        composite: Who gets which rule: a preset, a :class:`Composite` or a list of ``(selector, rule)``.
        strict: Refuse a model with an op that has no rule, instead of a warning and the plain gradient. As
            with an account, the output is compared with that of a plain call, once for each shape of input.
        ops: What to do at torch functions that the library does not know, from :mod:`lrprism.ops.own`.

    Raises:
        ModelError: If the model is no module, or holds a ScriptModule.
        InputError: If one of ``ops`` is known already, or no function.

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
        self._named = read_ops(ops or {})
        self._compared: set[tuple[Any, ...]] = set()

    def __repr__(self) -> str:
        """The model's class, the composite and the options."""
        ops = ", ".join(name for name, _ in self._named.names)
        options = [*(["strict=True"] * self.strict), *([f"ops={{{ops}}}"] if ops else [])]
        return f"LRP({', '.join([type(self.model).__name__, repr(self.composite), *options])})"

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
                first positional arguments; a mapping of keyword arguments, such as a tokenizer returns; or
                one argument that holds tensors: a list, a named tuple, a dataclass, an object with tensors
                as attributes, such as a graph of torch_geometric. A mapping is one argument too where
                ``forward`` has no arguments of such names; ``({...},)`` says so in any case. Each of these
                may hold others; bools, complex and sparse tensors in them are constants.
            target: An index into the output: None for the predicted class of each sample, a class, one class
                per sample, or ``"all"``. An output ``(N, 1)`` or ``(N,)`` is one value, which None explains
                as it is, with its sign. In words, from :mod:`lrprism.target`: ``each(0, 3)``,
                ``contrast(0, 1)``, ``side(1)`` of a binary logit, ``value()``, ``at(step)`` and
                ``token()`` of a sequence. Or a callable that maps the output to a seed of its shape.
            args: Further positional arguments of the model; they get no relevance.
            kwargs: Keyword arguments of the model; they get no relevance.
            output: Which tensor of the model's output to explain: a key, an attribute's name, a position, a
                path of them such as ``"head.logits"`` or ``("head", 0)``, or a callable; None for the only
                one, or the one named ``logits``; ``"before softmax"`` for the logits in front of the softmax
                or sigmoid at the end.
            layers: Paths (or globs such as ``"block.*"``) of modules at whose output relevance is wanted; of
                those that a glob names, the ones that run and depend on the inputs. A shared module answers
                to each of its paths.
            audit: Keep the account: where each unit of relevance went.
            batch_size: Explain at most so many samples at a time: memory grows with it, not with ``N``. Every
                tensor with ``N`` rows is cut, also in ``args`` and ``kwargs``, where the model runs once more
                to tell a row per sample from a constant of ``N`` rows; each batch gets a copy of what else
                they hold, such as a cache. A callable target sees the output of one batch. None: all at once.

        Raises:
            InputError: If an input can receive no relevance, holds NaN or inf, or does not fit the model's
                type or device; or if a layer or output is unknown or not reached.
            TargetError: If the target does not fit the output.
            ModelError: If the output does not depend on the inputs, weights, output or relevance hold NaN or
                inf, or ``strict`` and an op has no rule.
            RuleError: If a rule was given to an op that it cannot serve.
        """
        cautions = Cautions(self.composite, is_chosen=self._is_chosen)

        def explain_one(of: Arguments, target: Target) -> Explanation:
            return self._explain(cautions, of, target, output=output, layers=layers, audit=audit)

        arguments = Arguments(inputs, args, kwargs)
        with suspend_outer_passes(*arguments):
            if batch_size is None:
                explanation = explain_one(arguments, target)
            else:
                parts = explain_batches(
                    arguments,
                    target,
                    batch_size,
                    explain_one,
                    lambda of: self._output_of(arranged(*of), output),
                )
                explanation = put_together(parts, has_class_axis=has_class_axis(target))
        cautions.tell()
        return explanation

    def _explain(
        self,
        cautions: Cautions,
        arguments: Arguments,
        target: Target,
        *,
        output: Output,
        layers: Sequence[str],
        audit: bool,
    ) -> Explanation:
        """Explain inputs at once, and note what their user should be told.

        Raises:
            TargetError: If the target does not fit the output.
        """
        given = arranged(*arguments)
        wanted = layers_named(self.model, layers)
        with self._trace(given, output, wanted, audit=audit, say=cautions.say) as (passed, graph):
            cautions.look(passed, graph, target, is_part=callable(output))
            doubt = check_samples(passed.output, target, given, graph)
            if doubt is not None:
                cautions.say(doubt, "samples")
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

        return Explanation(
            given.shape_like_inputs(joined(found.inputs), _reached(given, passed)),
            passed.output.detach(),
            classes,
            wanted.by_path(passed, joined(found.layers)),
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
        with (
            suspend_outer_passes(inputs, args, kwargs),
            self._trace(arranged(inputs, args, kwargs), output, Layers({}, {})) as (passed, graph),
        ):
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
        output = explanation.output
        starts, _ = seeds(output, target)
        has_samples = output.dim() > 0  # or is one number for all of them
        terms = [start * output if has_samples else (start * output)[None] for start in starts]
        explained = torch.stack([term.unsqueeze(-1).flatten(1).sum(1) for term in terms])
        each = relevance if isinstance(relevance, tuple) else (relevance,)
        found: Any = sum(one.unsqueeze(-1).flatten(axis).sum(axis) for one in each)
        found = found if has_samples else found.sum(-1, keepdim=True)
        return relevance, (explained if axis == 2 else explained[0]) - found

    @contextmanager
    def _trace(
        self,
        given: Arranged,
        output: Output,
        layers: Layers,
        *,
        audit: bool = False,
        say: Callable[[str], None] = warn,
    ) -> Iterator[tuple[Trace, Graph]]:
        """Run the model and give every op its rule; what the model keeps is settled in the end."""
        passed = self._run(given, output, layers, audit=audit)
        try:
            layers.check_run(passed)
            given.check_reached(_reached(given, passed))
            check_dependence(passed.output)
            graph = passed.study()
            self.composite.assign(passed.calls, graph)
            self._tell(passed, graph, say)
            yield passed, graph
        finally:
            passed.settle()

    def _output_of(self, given: Arranged, output: Output) -> Tensor:
        """Run the model for its output alone."""
        passed = self._run(given, output, Layers({}, {}), audit=False)
        passed.settle()
        return passed.output.detach()

    def _run(self, given: Arranged, output: Output, layers: Layers, *, audit: bool) -> Trace:
        """Run the model, and say what does not fit if it fails.

        Raises:
            InputError: If an input does not fit the model.
            ModelError: If the model takes a derivative, or is not initialised.
            NotImplementedError: If the model has no forward.
            RuntimeError: If the model itself fails.
            ValueError: If the model itself refuses its input.
            TypeError: If the model itself cannot use its input.
            AttributeError: As TypeError.
            LookupError: If the model itself misses something in its input.
        """
        finder = LogitsFinder() if isinstance(output, str) and output in BEFORE else None
        try:
            return trace(
                self.model,
                given.tensors,
                partial(given.arguments, is_one=is_one_argument(self.model, given)),
                self._named.ops if finder is None else {**self._named.ops, **finder.ops},
                Request(
                    choose=finder.choose if finder else lambda returned: chosen(returned, output),
                    layers=layers.paths,
                    nonnegative=given.nonnegative,
                    needs=self.composite.needs,
                    audit=audit,
                    compare=(audit or self.strict) and self._is_new(given),
                ),
            )
        except NotImplementedError as error:
            forward_mode = explain_forward_mode(error)
            if forward_mode is None:
                raise
            raise ModelError(forward_mode) from error
        except (RuntimeError, ValueError) as error:
            difference = misfit(self.model, given, str(error)) if is_about_fit(str(error)) else None
            if difference is None:
                note_one_sample(self.model, given, error)
                raise
            raise InputError(difference) from error
        except (TypeError, AttributeError) as error:
            failure = explain_list(given, error) or explain_mapping(self.model, given, error)
            if failure is None:
                raise
            raise InputError(failure) from error
        except LookupError as error:
            note_mapping(self.model, given, error)
            note_one_sample(self.model, given, error)
            raise

    def _is_new(self, given: Arranged) -> bool:
        """Whether inputs of this kind come for the first time: the output is compared once for each."""
        kind = (self.model.training, *((x.shape[1:], x.dtype, x.device) for x in given.tensors))
        is_new = kind not in self._compared
        self._compared.add(kind)
        return is_new

    def _tell(self, passed: Trace, graph: Graph, say: Callable[[str], None]) -> None:
        """Say which ops have no rule and which selectors mean nothing.

        Raises:
            ModelError: If an op has no rule and ``strict``.
        """
        unknown = [call for call in passed.calls if call.kind is Kind.UNKNOWN]
        if unknown or graph.unseen:
            reached = set(passed.reached(graph))
            unknown = [call for call in unknown if call in reached]
            warn_of_unknown(unknown, graph.unseen, say, strict=self.strict)
        if self._named.names:
            for message in self._named.describe_idle(passed, [call.name for call in unknown] + graph.unseen):
                say(message)
        if passed.random:
            is_training = any(module.training for module in self.model.modules())
            say(
                f"random numbers {'of train mode ' if is_training else ''}should be off, as dropout is. "
                f"Found {', '.join(sorted(passed.random))}: the map may change from call to call. "
                + (
                    "Try model.eval()."
                    if is_training
                    else "Let forward take their mean, or a seed of its own."
                )
            )
        if passed.plain_outputs:
            say(
                "a plain call should return the same output for the same input. "
                f"Found {passed.plain_outputs}: forward draws random numbers, or keeps something that cannot "
                "be found on the model, such as a counter in another module. The output that is explained is "
                "one of several; to compare it, the model was called three times."
            )
        if isinstance(self.composite, Composite):
            idle = self.composite.unmatched(passed.calls, graph)
            if idle:
                say(
                    f"selectors should mean at least one op. Found none for {'; none for '.join(idle)}. "
                    "See print(explainer.plan(inputs))."
                )


def _reached(given: Arranged, passed: Trace) -> list[bool]:
    """Return for each input whether relevance can reach it: floats, and token ids that were looked up."""
    is_float = [x.is_floating_point() for x in given.tensors]
    seen = set() if all(is_float) else passed.tokens_seen
    return [is_one or number in seen for number, is_one in enumerate(is_float)]


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
