"""Layer-wise Relevance Propagation of any PyTorch model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn

from lrprism.attribution.arrival import find_missing
from lrprism.attribution.auto import Chosen, check_use_of_samples, choose_candidate
from lrprism.attribution.batches import average_references, explain_samples
from lrprism.attribution.captum_method import AbstractCaptumMethod
from lrprism.attribution.cautions import Cautions
from lrprism.attribution.cell import show_explainer
from lrprism.attribution.cutting import Arguments
from lrprism.attribution.explanation import Explanation
from lrprism.attribution.finite import check_finite
from lrprism.attribution.inputs import Inputs, parse_inputs
from lrprism.attribution.layers import NO_LAYERS, find_layers
from lrprism.attribution.model_run import ModelRunner, reaches_inputs
from lrprism.attribution.output import Output
from lrprism.attribution.own_ops import read_ops
from lrprism.attribution.plan import Plan
from lrprism.attribution.progress import Progress, make_report
from lrprism.attribution.reference import Reference, read_references
from lrprism.attribution.samples import check_samples
from lrprism.attribution.seeds import Target, join_seeds, seeds_of
from lrprism.composites import AbstractComposite, Composite, presets
from lrprism.composites.composite import Entry
from lrprism.engine import propagate, suspend_outer_passes, unwrap
from lrprism.errors import TargetError
from lrprism.ops import OwnOps


class LRP(AbstractCaptumMethod):
    r"""Explain a model by Layer-wise Relevance Propagation: one forward pass, one backward pass.

    The backward pass carries the modified gradient ``g`` with relevance ``R(a) = a * g(a)`` at every tensor
    ``a``, from ``g = 1`` at the explained logit. Nothing of the model changes, and its mode does not matter:
    dropout is off and batch norm uses its running statistics. Reference: Bach et al. 2015, PLoS ONE 10(7).

    Args:
        model: Any ``nn.Module``; wrappers of ``torch.compile`` and of data parallelism are looked through.
        composite: Who gets which rule: a preset, a :class:`Composite` or a list of ``(selector, rule)``; or
            ``"auto"``: the preset and the reference that do best on ``samples``, see :attr:`chosen`.
        strict: Refuse a model with an op that has no rule, instead of a warning and the plain gradient. As
            with an account, the output is compared with that of a plain call, once for each shape of input.
        ops: What to do at torch functions that the library does not know, from :mod:`lrprism.ops.own`.
        samples: For ``"auto"``: some ten to a few hundred samples that the network did not learn from.

    Raises:
        ModelError: If the model is no module, or holds a ScriptModule.
        InputError: If one of ``ops`` is known already, or no function; or ``samples`` lack, or have no use.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 1, bias=False))
        >>> _ = model[0].weight.data.copy_(torch.tensor([[2.0, -1.0]]))
        >>> LRP(model, composite=presets.Epsilon(0)).explain(torch.tensor([[1.0, 1.0]])).relevance
        tensor([[ 2., -1.]])
    """

    def __init__(
        self,
        model: nn.Module,
        composite: AbstractComposite | Sequence[Entry] | Literal["auto"] | None = None,
        *,
        strict: bool = False,
        ops: OwnOps | None = None,
        samples: Tensor | None = None,
    ) -> None:
        """Look at the model; nothing of it runs yet, unless a composite is chosen."""
        self.model = unwrap(model)
        self._is_chosen = composite is not None
        self.chosen: Chosen | None = None  # by "auto", with the score of each candidate
        check_use_of_samples(composite, samples)
        if composite == "auto":
            self.chosen = choose_candidate(
                self.model, samples, lambda one: LRP(model, one, strict=strict, ops=ops).explain
            )
            composite = self.chosen.candidate.composite
        elif composite is None:
            composite = presets.EpsilonGamma()
        self.composite = composite if isinstance(composite, AbstractComposite) else Composite(composite)
        self.strict = strict
        self._user_ops = read_ops(ops or {})
        self._compared: set[tuple[Any, ...]] = set()
        self._shareable: set[tuple[Any, ...]] = set()  # kinds of inputs that one reference may serve

    def __repr__(self) -> str:
        """The model's class, the composite and the options."""
        ops = ", ".join(name for name, _ in self._user_ops.names)
        options = [*(["strict=True"] * self.strict), *([f"ops={{{ops}}}"] if ops else [])]
        return f"LRP({', '.join([type(self.model).__name__, repr(self.composite), *options])})"

    def _repr_html_(self) -> str:
        """The model, the composite and the options as a table in the cell of a notebook."""
        chosen, ops = str(self.chosen or ""), [name for name, _ in self._user_ops.names]
        return show_explainer(self.model, self.composite, chosen, strict=self.strict, ops=ops)

    def explain(  # noqa: PLR0913 - each is a question of its own
        self,
        inputs: Inputs,
        target: Target = None,
        *,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        output: Output = None,
        layers: Sequence[str | nn.Module] = (),
        audit: bool = False,
        batch_size: int | None = None,
        reference: Reference = None,
        progress: Progress = False,
    ) -> Explanation:
        """Return the relevance of ``inputs`` for ``target``.

        Args:
            inputs: A float tensor ``[N, ...]`` or token ids ``[N, tokens]``; a tuple of them, the model's
                first positional arguments; a mapping of keyword arguments, such as a tokenizer returns; or
                one argument that holds tensors: a list, a named tuple, a dataclass, an object with tensors
                as attributes, such as a graph of torch_geometric. A mapping is one argument too where
                ``forward`` has no arguments of such names; ``({...},)`` makes it one in any case. All of
                these may be nested; bools, complex and sparse tensors in them are constants.
            target: An index into the output: None for the predicted class of each sample, a class, one class
                per sample, or ``"all"``. An output ``(N, 1)`` or ``(N,)`` is one value, which None explains
                as it is, with its sign. In words, from :mod:`lrprism.target`: ``each(0, 3)``,
                ``contrast(0, 1)``, ``side(1)`` of a binary logit, ``value()``, ``at(step)`` and
                ``token()`` of a sequence. Or a callable that maps the output to a seed of its shape.
            args: Further positional arguments of the model; they get no relevance.
            kwargs: Keyword arguments of the model; they get no relevance.
            output: The tensor of the model's output to explain: a key, an attribute's name, a position, a
                path of them such as ``"head.logits"`` or ``("head", 0)``, or a callable; None for the only
                one, or the one named ``logits``; ``"before softmax"`` for the logits in front of the softmax
                or sigmoid at the end.
            layers: Modules, or their paths (or globs such as ``"block.*"``), at whose output relevance is
                wanted; of those that a glob names, the ones that run and depend on the inputs. A shared
                module answers to each of its paths; given as a module, to its first.
            audit: Keep the account: where each unit of relevance went.
            batch_size: The most samples to explain at a time: memory grows with it, not with ``N``. Every
                tensor with ``N`` rows is cut, also in ``args`` and ``kwargs``, where the model runs once more
                to tell a row per sample from a constant of ``N`` rows; each batch gets a copy of other things
                in them, such as a cache. A callable target sees the output of one batch. None: all at once.
            reference: What the inputs are compared with: relevance then follows the difference and adds up
                to ``f(x) - f(reference)``, with nothing for biases. A tensor like the input or one that
                broadcasts to it, such as ``lp.reference.mean(samples)``; for several inputs a tuple or
                mapping of them, in which an input that is left out is compared with itself; token ids for
                token ids. Several of them by :func:`lrprism.reference.each`. One that all samples share runs
                through the model once. None: zero.
            progress: After each batch, write to stderr how many samples are done (True), or call a function
                with that number and the number of all; several references count as so many samples.

        Raises:
            InputError: If an input can receive no relevance, holds NaN or inf, or does not fit the model's
                type or device; or if a layer or output is unknown or not reached; or if the reference does
                not fit the inputs.
            TargetError: If the target does not fit the output.
            ModelError: If the output does not depend on the inputs, weights, output or relevance hold NaN or
                inf, or ``strict`` and an op has no rule; or if the model takes other calls on the reference.
            RuleError: If a rule was given to an op that it cannot serve.
        """
        cautions = Cautions(self.composite, is_chosen=self._is_chosen)

        explain_one = partial(self._explain, cautions, output=output, layers=layers, audit=audit)

        def run(batch: Arguments) -> Tensor:
            return self._runner.run_for_output(batch.parse(), output)

        reference = self._default_to_chosen(reference)
        given = Arguments(inputs, args, kwargs)
        with suspend_outer_passes(inputs, args, kwargs, reference):
            references = [None] if reference is None else read_references(reference, given.parse())
            report = make_report(progress, len(references))
            explain_against = partial(explain_samples, run=run, report=report)
            against = [given._replace(reference=one) for one in references]
            explanation = average_references(
                [explain_against(arguments, target, batch_size, explain_one) for arguments in against]
            )
        cautions.check_total()
        return explanation

    def _explain(
        self,
        cautions: Cautions,
        arguments: Arguments,
        target: Target,
        *,
        output: Output,
        layers: Sequence[str | nn.Module],
        audit: bool,
    ) -> Explanation:
        """Explain inputs at once, and warn of maps that may mislead."""
        parsed = arguments.parse()
        chosen_layers = find_layers(self.model, layers)
        run = partial(self._runner.trace, reference=arguments.reference, audit=audit, say=cautions.say)
        with run(parsed, output, chosen_layers) as (forward_pass, facts, assignment):
            cautions.check_forward(forward_pass, facts, assignment, target, is_part=callable(output))
            cautions.say_if(check_samples(forward_pass.output, target, parsed, facts), "samples")
            seeds, classes = self._make_seeds(forward_pass.output, target)
            relevances = propagate(forward_pass, seeds, facts, assignment)
            missing = find_missing(forward_pass, seeds, relevances.inputs)
            kind = tuple(x.shape[1:] for x in parsed.tensors)
            whole = arguments.expand_reference(parsed) if missing and kind not in self._shareable else None
            if whole is None:
                cautions.say_if(missing, "difference")
                cautions.check_arrival(self.model, forward_pass, seeds, relevances, facts, assignment)
        # a model may depend on the number of samples: the reference takes as many
        if whole is not None:
            again = self._explain(cautions, whole, target, output=output, layers=layers, audit=audit)
            is_same = torch.allclose(again.change, forward_pass.change, rtol=1e-3, atol=1e-6)
            self._shareable.update({kind} if is_same else ())
            return again
        join = partial(join_seeds, target=target)
        return Explanation(
            parsed.shape_like_inputs(join(relevances.inputs), reaches_inputs(parsed, forward_pass)),
            forward_pass.output.detach(),
            classes,
            chosen_layers.by_path(forward_pass, join(relevances.layers)),
            relevances.audit,
            None if arguments.reference is None else forward_pass.output.detach() - forward_pass.change,
            parsed.detach(),
        )

    def _make_seeds(self, output: Tensor, target: Target) -> tuple[list[Tensor], Tensor | None]:
        """Return the seeds of a target and the classes that they explain.

        Raises:
            TargetError: If the target does not fit the output.
        """
        try:
            return seeds_of(output, target)
        # a callable may return NaN because it was given NaN
        except TargetError:
            check_finite(self.model, output.detach(), (), ())
            raise

    def plan(
        self,
        inputs: Inputs,
        *,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        output: Output = None,
        reference: Reference = None,
    ) -> Plan:
        """Return which op gets which rule, and why, without propagating relevance.

        Args:
            inputs: As for :meth:`explain`.
            args: As for :meth:`explain`.
            kwargs: As for :meth:`explain`.
            output: As for :meth:`explain`.
            reference: As for :meth:`explain`; of several, the plan is that of the first.
        """
        with suspend_outer_passes(inputs, args, kwargs, reference):
            parsed = parse_inputs(inputs, args, kwargs)
            first = read_references(self._default_to_chosen(reference), parsed)[0]
            with self._runner.trace(parsed, output, NO_LAYERS, reference=first) as (
                passed,
                facts,
                assignment,
            ):
                note = "" if self.chosen is None else str(self.chosen)
                return Plan.of(passed.list_reached(facts), assignment, facts.unseen, note)

    def _default_to_chosen(self, reference: Reference) -> Reference:
        return self.chosen.reference if reference is None and self.chosen is not None else reference

    @property
    def _runner(self) -> ModelRunner:
        return ModelRunner(self.model, self.composite, self.strict, self._user_ops, self._compared)
