"""Layer-wise Relevance Propagation of any PyTorch model."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from lrprism._errors import InputError, ModelError, RelevanceWarning
from lrprism.attribution.explanation import Explanation
from lrprism.attribution.plan import Plan
from lrprism.attribution.target import Target, seeds
from lrprism.composites import AbstractComposite, Composite, presets
from lrprism.composites.composite import Entry
from lrprism.engine import Trace, trace, unwrap
from lrprism.ops import Call, Kind

Inputs = Tensor | tuple[Tensor, ...]


class LRP:
    r"""Explain a model by Layer-wise Relevance Propagation: one forward pass, one backward pass.

    The backward pass carries the modified gradient ``g`` with relevance ``R(a) = a * g(a)`` at every tensor
    ``a``, from ``g = 1`` at the explained logit. Nothing of the model changes, and its mode does not matter:
    dropout is off and batch norm uses its running statistics. Reference: Bach et al. 2015, PLoS ONE 10(7).

    Args:
        model: Any ``nn.Module``; wrappers of ``torch.compile`` and ``DataParallel`` are looked through.
        composite: Who gets which rule: a preset, a :class:`Composite` or a list of ``(selector, rule)``.
        strict: Refuse a model with an op that has no rule, instead of a warning and the plain gradient.

    Raises:
        ModelError: If the model is no module, or holds a ScriptModule.

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
    ) -> None:
        """Look at the model; nothing of it runs yet."""
        self.model = unwrap(model)
        if composite is None:
            composite = presets.EpsilonGamma()
        self.composite = composite if isinstance(composite, AbstractComposite) else Composite(composite)
        self.strict = strict

    def explain(
        self,
        inputs: Inputs,
        target: Target = None,
        *,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        layers: Sequence[str] = (),
        audit: bool = False,
    ) -> Explanation:
        """Return the relevance of ``inputs`` for ``target``.

        Args:
            inputs: A float tensor ``[N, ...]``, or a tuple of them; the model's first positional arguments.
            target: None for the predicted class of each sample, a class, one class per sample, ``"all"``, or
                a callable that maps the output to a seed of its shape. A single-logit output explains
                ``+logit`` for class 1, ``-logit`` for class 0.
            args: Further positional arguments of the model; they get no relevance.
            kwargs: Keyword arguments of the model; they get no relevance.
            layers: Paths (or globs such as ``"block.*"``) of modules at whose output relevance is wanted.
            audit: Keep the account: where each unit of relevance went.

        Raises:
            InputError: If an input is no float tensor or holds NaN or inf, or a layer is unknown or not
                reached.
            TargetError: If the target does not fit the output.
            ModelError: If the output is no tensor that depends on the inputs, or ``strict`` and an op has no
                rule.
            RuleError: If a rule was given to an op that it cannot serve.
        """
        passed = self._trace(inputs, args, kwargs, layers, audit=audit)
        output = _single_output(passed.output)
        starts, classes = seeds(output, target)
        found = passed.backward(starts)
        places = [
            torch.stack(each) if isinstance(target, str) else each[0]
            for each in zip(*found.per_seed, strict=True)
        ]
        relevance = tuple(places[: len(passed.inputs)])
        return Explanation(
            relevance if isinstance(inputs, tuple) else relevance[0],
            output.detach(),
            classes,
            _by_path(passed, places[len(passed.inputs) :]),
            found.audit,
        )

    def plan(
        self, inputs: Inputs, *, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Plan:
        """Return which op gets which rule, and why, without propagating relevance.

        Args:
            inputs: As for :meth:`explain`.
            args: As for :meth:`explain`.
            kwargs: As for :meth:`explain`.
        """
        return Plan.of(self._trace(inputs, args, kwargs, ()).calls)

    def attribute(
        self,
        inputs: Inputs,
        target: Target = None,
        additional_forward_args: Any = None,
        return_convergence_delta: bool = False,
    ) -> Any:
        """Return relevance through Captum's signature, so that tools written for Captum can use it.

        Args:
            inputs: As for :meth:`explain`.
            target: As for :meth:`explain`.
            additional_forward_args: One further positional argument of the model, or a tuple of them.
            return_convergence_delta: Also return what is missing, ``explained output - sum of relevance``,
                ``[N]``; with a leading class axis for ``target="all"``.
        """
        extra = additional_forward_args
        args = () if extra is None else extra if isinstance(extra, tuple) else (extra,)
        explanation = self.explain(inputs, target, args=args)
        if not return_convergence_delta:
            return explanation.relevance
        relevance = (
            explanation.relevance if isinstance(explanation.relevance, tuple) else (explanation.relevance,)
        )
        axis = 2 if isinstance(target, str) else 1
        starts, _ = seeds(explanation.output, target)
        explained = torch.stack([(start * explanation.output).flatten(1).sum(1) for start in starts])
        found = sum(each.flatten(axis).sum(axis) for each in relevance)
        return explanation.relevance, (explained if axis == 2 else explained[0]) - found

    def _trace(
        self,
        inputs: Inputs,
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None,
        layers: Sequence[str],
        *,
        audit: bool = False,
    ) -> Trace:
        checked = _checked(inputs)
        paths = _paths(self.model, layers)
        passed = trace(self.model, checked, args, kwargs, wants=paths.__contains__, audit=audit)
        unreached = sorted(paths - passed.layers.keys())
        if unreached:
            raise InputError(
                f"layers should be modules that run and depend on the inputs. Found {', '.join(unreached)}."
            )
        self.composite.assign(passed.calls, passed.affine)
        _tell_unknown(passed.calls, strict=self.strict)
        return passed


def explain(
    model: nn.Module, inputs: Inputs, target: Target = None, *, composite: AbstractComposite | None = None
) -> Explanation:
    """Return the relevance of ``inputs`` for ``target``: :meth:`LRP.explain` in one line.

    Args:
        model: Any ``nn.Module``.
        inputs: A float tensor ``[N, ...]``, or a tuple of them.
        target: As for :meth:`LRP.explain`.
        composite: Who gets which rule; :class:`presets.EpsilonGamma` if None.
    """
    return LRP(model, composite).explain(inputs, target)


def _by_path(passed: Trace, relevance: Sequence[Tensor]) -> dict[str, Tensor | tuple[Tensor, ...]]:
    """Relevance at the outputs of each module that was asked for; a tuple where there are several."""
    rest = iter(relevance)
    found = {path: tuple(islice(rest, len(outputs))) for path, outputs in passed.layers.items()}
    return {path: each[0] if len(each) == 1 else each for path, each in found.items()}


def _checked(inputs: Inputs) -> tuple[Tensor, ...]:
    """The inputs as a tuple of finite float tensors.

    Raises:
        InputError: If one of them is something else.
    """
    tensors = inputs if isinstance(inputs, tuple) else (inputs,)
    for number, tensor in enumerate(tensors):
        name = f"inputs[{number}]" if isinstance(inputs, tuple) else "inputs"
        if not isinstance(tensor, Tensor):
            raise InputError(
                f"{name} should be a tensor. Found {type(tensor).__name__}. Try torch.as_tensor(...)."
            )
        if not tensor.is_floating_point():
            raise InputError(f"{name} should be a float tensor. Found {tensor.dtype}. Try {name}.float().")
        finite = torch.isfinite(tensor)
        if not finite.all():
            where = tuple(int(i) for i in (~finite).nonzero()[0])
            raise InputError(
                f"{name} should hold finite numbers. Found {tensor[where].item()} at index {where}."
            )
    return tensors


def _paths(model: nn.Module, layers: Sequence[str]) -> set[str]:
    """The module paths that the globs in ``layers`` name.

    Raises:
        InputError: If a glob names none.
    """
    known = [path for path, _ in model.named_modules()]
    found: set[str] = set()
    for glob in [layers] if isinstance(layers, str) else layers:
        matches = {path for path in known if fnmatchcase(path, glob)}
        if not matches:
            raise InputError(
                "layers should name modules of the model. "
                f"Found {glob!r}; it has {', '.join(known[1:13])}, ..."
            )
        found |= matches
    return found


def _single_output(output: Any) -> Tensor:
    if not isinstance(output, Tensor):
        raise ModelError(
            f"the model should return one tensor. Found {type(output).__name__}. "
            "Wrap it in a module that picks one."
        )
    if not output.requires_grad:
        raise ModelError(
            "the model's output should depend on the inputs. Found one that does not. "
            "Look for detach() or numpy in forward."
        )
    return output


def _tell_unknown(calls: Sequence[Call], *, strict: bool) -> None:
    """Say which ops have no rule, or refuse them.

    Raises:
        ModelError: If there are any and ``strict``.
    """
    unknown = sorted(
        {f"{call.name} in {call.module or '(model)'}" for call in calls if call.kind is Kind.UNKNOWN}
    )
    if not unknown:
        return
    message = (
        f"no rule is known for {', '.join(unknown)}: the plain gradient is used there, "
        "and relevance may not be conserved"
    )
    if strict:
        raise ModelError(f"every op should have a rule (strict=True), but {message}.")
    warnings.warn(message, RelevanceWarning, stacklevel=4)
