"""The checks of the zoo on one network."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

import lrprism as lp
from lrprism import presets
from zoo.models.entry import SEED, Entry, Subject

ACCOUNT = 1e-5  # of the largest sum in the account
SAME = 1e-5  # of the largest entry
TARGETS = ("highest", "lowest")
# Said of a right map of which random biases keep nearly all: it is noted, and counts as clean.
_LITTLE = "of what is explained should arrive at the inputs"
_CONVOLUTIONS = {
    *(F.conv1d, F.conv2d, F.conv3d),
    *(F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d),
}
_HOOKS = tuple(name for name in vars(nn.Module()) if name.endswith("hooks"))


@dataclass(frozen=True)
class Answer:
    """The outcome of one network under one composite.

    Args:
        outcome: ``clean``, ``refused``, ``warned`` or ``wrong``.
        reason: The reason why it is not clean.
        unaccounted: Relevance that no row of the account explains, as a share of the largest sum in it.
        precision: The type in which the account was closed: float64 where float32 rounds too much.
    """

    outcome: str
    reason: str = ""
    unaccounted: float = 0.0
    precision: str = "float32"


def extreme(which: str) -> Callable[[Tensor], Tensor]:
    """Return the target that starts from the highest or lowest number that the output has for each sample."""

    def seed(output: Tensor) -> Tensor:
        # an output without a batch counts as one sample
        flat = output.detach().reshape(output.shape[0] if output.ndim > 1 else 1, -1)
        place = (flat.argmax if which == "highest" else flat.argmin)(1, keepdim=True)
        return torch.zeros_like(flat).scatter_(1, place, 1.0).reshape(output.shape)

    return seed


class _Watch(TorchFunctionMode):
    """Notes whether a convolution runs; a network may hold one that this call has no use for."""

    convolves = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.convolves |= func in _CONVOLUTIONS
        return func(*args, **(kwargs or {}))


def composites_for(entry: Entry, subject: Subject) -> dict[str, Any]:
    """Call a network, and return the composites under which it is explained, by name."""
    with torch.no_grad(), _Watch() as watch:
        subject.choose(subject.call())
    # EpsilonGamma warns where it meets no convolution, and is Epsilon there
    usual = presets.EpsilonGamma() if watch.convolves else presets.Epsilon()
    attention = [presets.AttnLRP()] if entry.library in {"transformers", "x-transformers"} else []
    return {type(composite).__name__: composite for composite in (usual, *attention)}


def check(entry: Entry, composite: Any) -> Answer:
    """Explain the highest and the lowest logit, and say what is not as it should be."""
    subject, twin = entry.draw(), entry.draw()
    with warnings.catch_warnings(record=True) as usual:
        warnings.simplefilter("always")
        expected = _plain(twin)
    before = _state(subject.model)
    worst = Answer("clean")
    for which in TARGETS:
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                problem, share = _explain_both(subject, composite, extreme(which), expected)
        except lp.LRPrismError as error:
            return Answer("refused", f"{type(error).__name__}: {error}")
        # float32 may round too much: ask again in float64
        precision = "float32"
        if problem:
            precision = "float64"
            problem, share = _again_in_double(entry, composite, which, problem)
        problem = problem or changes(subject.model, before, _state(twin.model))
        if problem:
            return Answer("wrong", f"{which} logit: {problem}", share, precision)
        expected_messages = {str(warning.message) for warning in usual}
        # warnings of the network itself do not count
        new = [str(warning.message) for warning in told if str(warning.message) not in expected_messages]
        if others := [message for message in new if _LITTLE not in message]:
            return Answer("warned", others[0])
        answer = Answer("clean", new[0] if new else "", share, precision)
        worst = max(worst, answer, key=lambda candidate: (bool(candidate.reason), candidate.unaccounted))
    return worst


def _plain(subject: Subject) -> Tensor:
    torch.manual_seed(SEED)
    with torch.no_grad():
        return subject.choose(subject.call())


def _explain(subject: Subject, composite: Any, target: Any, *, audit: bool) -> lp.Explanation:
    torch.manual_seed(SEED)
    explainer = lp.LRP(subject.model, composite, strict=True)
    return explainer.explain(
        subject.inputs, target, kwargs=dict(subject.kwargs), output=subject.choose, audit=audit
    )


def _explain_both(subject: Subject, composite: Any, target: Any, expected: Tensor) -> tuple[str, float]:
    """Explain with and without an account; return the fault, and the share that the account leaves open."""
    explained = _explain(subject, composite, target, audit=True)
    bare = _explain(subject, composite, target, audit=False)
    share = open_share(explained.audit)
    for name, explanation in (("with an account", explained), ("without an account", bare)):
        if (apart := difference(explanation.output, expected)) > 10 * SAME:
            return f"the output explained {name} is {apart:.1e} from that of a plain call", share
        if not all(relevance.isfinite().all() for relevance in maps(explanation.relevance)):
            return f"the map {name} holds NaN or inf", share
    pairs = zip(maps(explained.relevance), maps(bare.relevance), strict=True)
    if (apart := max((difference(*pair) for pair in pairs), default=0.0)) > SAME:
        return f"the account changes the map by {apart:.1e}", share
    if explained.audit is not None and explained.audit.unseen:
        return f"unseen: {', '.join(explained.audit.unseen)}", share
    return ("" if share <= ACCOUNT else f"the account is open by {share:.1e}"), share


def _again_in_double(entry: Entry, composite: Any, which: str, problem: str) -> tuple[str, float]:
    """Ask again in float64, which tells rounding from a fault."""
    subject, twin = as_double(entry.draw()), as_double(entry.draw())
    torch.set_default_dtype(torch.float64)
    try:
        return _explain_both(subject, composite, extreme(which), _plain(twin))
    except (RuntimeError, ValueError, TypeError) as error:
        return f"{problem} in float32; in float64 it cannot be called: {error}", 0.0
    finally:
        torch.set_default_dtype(torch.float32)


def as_double(subject: Subject) -> Subject:
    """Return a network's call in float64."""

    def double(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value.double() if value.is_floating_point() else value
        if isinstance(value, list | tuple):
            return type(value)(double(entry) for entry in value)
        if isinstance(value, dict):
            return {name: double(entry) for name, entry in value.items()}
        return value

    inputs = subject.inputs
    converted = double(dict(inputs)) if isinstance(inputs, Mapping) else double(inputs)
    return Subject(subject.model.double(), converted, double(dict(subject.kwargs)), subject.output)


def open_share(audit: Any) -> float:
    """Return what no row explains, as a share of the largest sum in the account."""
    sums = [audit.explained, audit.reached, *(row.relevance_out for row in audit)]
    # large rows that cancel may leave a small sum
    scale = max(*(abs(total) for total in sums), sum(abs(row.lost) for row in audit))
    return abs(audit.unaccounted) / scale if scale else abs(audit.unaccounted)


def difference(relevance: Tensor, expected: Tensor) -> float:
    """Return the largest absolute difference, relative to the largest entry."""
    scale = float(expected.abs().max()) if expected.numel() else 0.0
    apart = float((relevance - expected).abs().max()) if expected.numel() else 0.0
    return apart / scale if scale else apart


def maps(relevance: Any) -> Iterator[Tensor]:
    """Yield the tensors of a relevance, however nested."""
    if isinstance(relevance, Tensor):
        yield relevance
    elif isinstance(relevance, Mapping):
        yield from (tensor for value in relevance.values() for tensor in maps(value))
    elif isinstance(relevance, list | tuple):
        yield from (tensor for value in relevance for tensor in maps(value))


def _state(model: nn.Module) -> dict[str, Any]:
    """Return the state that a call may not change, by module: names, flags, hooks, and a copy of tensors."""
    return {
        path: (
            frozenset(vars(module)),
            module.training,
            tuple(len(getattr(module, name) or ()) for name in _HOOKS),
            {
                name: (tensor.detach().clone(), tensor.requires_grad, tensor.grad is None)
                for name, tensor in (*module._parameters.items(), *module._buffers.items())
                if tensor is not None
            },
            frozenset(name for name, value in vars(module).items() if _is_derived(value)),
        )
        for path, module in model.named_modules()
    }


def _is_derived(value: Any) -> bool:
    return isinstance(value, Tensor) and value.grad_fn is not None


_PARTS = ("attributes", "training flag", "hooks", "parameters or buffers", "tensors with a graph")


def changes(model: nn.Module, before: Any, plain: Any) -> str:
    """Name a part that an explanation changed and a plain call leaves as it is; empty for none."""
    after = _state(model)
    # BigBird exchanges its attention in a plain call where the text is short
    states = [state for state in (before, plain) if state.keys() == after.keys()]
    if not states:
        return "the explanation adds or removes modules"
    for path, state_after in after.items():
        for part, now, *allowed in zip(_PARTS, state_after, *(state[path] for state in states), strict=True):
            if not any(_equal(now, value) for value in allowed):
                return f"the explanation changes the {part} of {path or 'the model'}"
    return ""


def _equal(now: Any, allowed: Any) -> bool:
    if not isinstance(now, dict):
        return bool(now == allowed)
    return now.keys() == allowed.keys() and all(
        torch.equal(tensor, allowed[name][0]) and flags == list(allowed[name][1:])
        for name, (tensor, *flags) in now.items()
    )
