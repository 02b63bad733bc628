"""Contestants: the plain gradient, lrprism by preset, and the tutorial's loop. The peers are in rivals.py.

A contestant is entered once, outside the timed part: there it may copy the model, make its explainer or set
its hooks. Then it turns each sample into a call that takes no arguments, and that call is what is timed.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

import lrprism as lp
from benchmarks.subjects import HIGH, LOW, Loaded, Sample, Subject
from lrprism import presets
from lrprism.composites import AbstractComposite

Run = Callable[[], Tensor]
Ready = Callable[[Sample], Run]

PRESETS: dict[str, AbstractComposite] = {
    "Epsilon": presets.Epsilon(),
    "EpsilonPlus": presets.EpsilonPlus(),
    "EpsilonGamma": presets.EpsilonGamma(),
    "EpsilonGammaBox": presets.EpsilonGammaBox(LOW, HIGH),
    "EpsilonAlpha2Beta1": presets.EpsilonAlpha2Beta1(),
    "Hyper3DNetTutorial": presets.Hyper3DNetTutorial(),
    "AttnLRP": presets.AttnLRP(),
}
MANY = 16  # classes that the question "16 classes" explains at once


@dataclass(frozen=True)
class Contestant:
    """A way to explain.

    Args:
        library: The library.
        preset: Its rules; empty for the gradient.
        enter: Gets ready for a model, and leaves nothing behind.
        extra: What is asked beyond a plain explanation: a key of :data:`EXTRAS`, or empty.
    """

    library: str
    preset: str
    enter: Callable[[Loaded], AbstractContextManager[Ready]]
    extra: str = ""

    @property
    def name(self) -> str:
        """Library, preset and extra question in one name."""
        return " ".join(filter(None, (self.library, self.preset, self.extra)))


def input_gradient(model: nn.Module, sample: Sample) -> Tensor:
    """Return the gradient of the explained logits with respect to the input."""
    leaf = sample.leaf.detach().requires_grad_()
    return torch.autograd.grad(model(leaf).gather(1, sample.classes[:, None]).sum(), leaf)[0]


def input_gradients(classes: int, model: nn.Module, sample: Sample) -> Tensor:
    """Return the gradient of each of the first classes: one forward pass, then one backward pass each."""
    leaf = sample.leaf.detach().requires_grad_()
    logits = model(leaf).sum(0)
    # the last pass frees the graph, as the explanation does
    last = classes - 1
    gradients = [torch.autograd.grad(logits[k], leaf, retain_graph=k < last)[0] for k in range(classes)]
    return torch.stack(gradients)


def output(model: nn.Module, sample: Sample) -> Tensor:
    """Return the logits, without a graph."""
    with torch.no_grad():
        return model(sample.leaf)


@contextmanager
def apply(function: Callable[[nn.Module, Sample], Tensor], loaded: Loaded) -> Iterator[Ready]:
    """Apply a function to the model and each sample."""
    yield lambda sample: partial(function, loaded.from_leaf, sample)


def _explain(explainer: lp.LRP, sample: Sample, target: Any, options: dict[str, Any]) -> Tensor:
    relevance = explainer.explain(sample.x, sample.classes if target is None else target, **options).relevance
    assert isinstance(relevance, Tensor)
    return relevance


@contextmanager
def ours(preset: str, loaded: Loaded, *, target: Any = None, **options: Any) -> Iterator[Ready]:
    """Explain by an explainer that is made once."""
    explainer = lp.LRP(loaded.model, PRESETS[preset], strict=True)
    yield lambda sample: partial(_explain, explainer, sample, target, options)


@contextmanager
def first_call(preset: str, loaded: Loaded) -> Iterator[Ready]:
    """Explain, each time, a model that no explainer has met before."""

    def ready(sample: Sample) -> Run:
        fresh = copy.deepcopy(loaded.model)
        return lambda: _explain(lp.LRP(fresh, PRESETS[preset], strict=True), sample, None, {})

    yield ready


@contextmanager
def loop(loaded: Loaded) -> Iterator[Ready]:
    """Run the tutorial's loop over the layers of Hyper3DNetLite, as tests/oracles.py writes it out."""
    from oracles import tutorial  # late: it lies in tests/, which the short run does not need

    steps = layers(loaded.model)
    yield lambda sample: lambda: tutorial(steps, sample.x)[0]


_LRP_0 = ("conv3d_1", "block_3.pointwise", "pool", "linear")


def layers(model: nn.Module) -> list[tuple[nn.Module, str]]:
    """Return Hyper3DNetLite as the tutorial lists it: module after module, the two reshapes among them."""
    steps: list[tuple[nn.Module, str]] = []
    for path, module in model.named_modules():
        # relevance passes an activation unchanged
        if isinstance(module, nn.ReLU):
            steps.append((module, "pass"))
        elif not list(module.children()):
            steps.append((module, "zero" if path in _LRP_0 else "gamma"))
        # the network reshapes in forward, where no module shows it
        if path == "relu_2":
            steps.append((nn.Flatten(1, 2), "shape"))
        if path == "pool":
            steps.append((nn.Flatten(), "shape"))
    return steps


EXTRAS: dict[str, Callable[[str], Callable[[Loaded], AbstractContextManager[Ready]]]] = {
    "first call": lambda preset: partial(first_call, preset),
    "audit": lambda preset: partial(ours, preset, audit=True),
    "16 classes": lambda preset: partial(ours, preset, target=lp.target.each(*range(MANY))),
    "in parts of 8": lambda preset: partial(ours, preset, batch_size=8),
}
GRADIENT = Contestant("gradient", "", partial(apply, input_gradient))
FORWARD = Contestant("forward", "", partial(apply, output))


def own(subject: Subject) -> list[Contestant]:
    """Return everyone but the peers: gradient and forward pass first."""
    contestants = [GRADIENT, FORWARD]
    contestants += [Contestant("lrprism", preset, partial(ours, preset)) for preset in subject.presets]
    contestants += [
        Contestant("lrprism", subject.main, EXTRAS[extra](subject.main), extra) for extra in subject.extras
    ]
    # the loop is written for this one network
    if "Hyper3DNetTutorial" in subject.presets:
        contestants.append(Contestant("tutorial", "Hyper3DNetTutorial", loop))
    return contestants
