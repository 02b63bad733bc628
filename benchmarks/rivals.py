"""The peers: zennit, captum and autoLRP. Their composites and configurations are those of parity/peers.py.

Each copies what it changes, and zennit sets its hooks and merges batch norm, before the clock starts. autoLRP
explains one number, which it counts as 1: it gets the sum of the explained logits of the whole batch, among
which it shares that 1 by their size.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from parity import peers  # first: it makes torchvision importable, which zennit imports

# isort: split
import autolrp
from autolrp import ATTNLRP, BASE, CPLRP, LAYERNORM_NODES, LRPConfig, on
from captum.attr import LRP as CaptumLRP
from torch import Tensor, nn
from torchvision.models import ResNet
from zennit.attribution import Gradient
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.torchvision import ResNetCanonizer

from benchmarks.contestants import Contestant, Ready
from benchmarks.subjects import Loaded, Sample, Subject

SUMS = 1e-12  # zennit's stabiliser of residual sums, as in parity/peers.py: lrprism does not damp a sum
NORMS = on(LAYERNORM_NODES, "detach_std")  # its default passes relevance through a layer norm unchanged
AUTOLRP = {
    # attention weights and the scale of a layer norm are constants in all of our presets but one
    **{
        name: LRPConfig({**config.rule, **CPLRP, **NORMS}, config.eps)
        for name, config in peers.AUTOLRP.items()
    },
    "AttnLRP": LRPConfig({**BASE, **ATTNLRP, **NORMS}),
}
ZENNIT = ("Epsilon", "EpsilonPlus", "EpsilonGamma", "EpsilonGammaBox", "EpsilonAlpha2Beta1")
CAPTUM = ("Epsilon",)


@contextmanager
def zennit(preset: str, loaded: Loaded) -> Iterator[Ready]:
    """Explain by zennit, with the canonizer that its documentation recommends for the model."""
    canonizer = ResNetCanonizer() if isinstance(loaded.model, ResNet) else SequentialMergeBatchNorm()
    composite = peers.zennit_composite(preset, [canonizer], SUMS)
    with Gradient(copy.deepcopy(loaded.from_leaf), composite) as attributor:
        yield lambda sample: partial(_by_zennit, attributor, sample)


def _by_zennit(attributor: Gradient, sample: Sample) -> Tensor:
    leaf = sample.leaf.clone().requires_grad_()
    return attributor(leaf, peers.start_at(sample.classes))[1].detach()


@contextmanager
def captum(loaded: Loaded) -> Iterator[Ready]:
    """Explain by captum with its default rules: LRP-ε, ε = 1e-9."""
    explainer = CaptumLRP(copy.deepcopy(loaded.from_leaf))
    yield lambda sample: partial(_by_captum, explainer, sample)


def _by_captum(explainer: CaptumLRP, sample: Sample) -> Tensor:
    leaf = sample.leaf.clone().requires_grad_()
    return explainer.attribute(leaf, target=sample.classes).detach()


@contextmanager
def autolrp_at(preset: str, loaded: Loaded) -> Iterator[Ready]:
    """Explain by autoLRP, from the sum of the explained logits."""
    yield lambda sample: partial(_by_autolrp, loaded.from_leaf, AUTOLRP[preset], sample)


def _by_autolrp(model: nn.Module, config: LRPConfig, sample: Sample) -> Tensor:
    wrapped = autolrp.tensor(sample.leaf)
    chosen = model(wrapped).gather(1, sample.classes[:, None])
    chosen.sum().lrp(config=config)
    logits = chosen.detach().as_subclass(Tensor)
    scale = logits.abs().sum() * logits.sign()
    return wrapped.relevance.as_subclass(Tensor) * scale.view(-1, *[1] * (sample.leaf.dim() - 1))


def rivals(subject: Subject) -> list[Contestant]:
    """Return the peers, each with the presets that it has."""
    contestants = []
    for preset in subject.presets:
        if preset in ZENNIT:
            contestants.append(Contestant("zennit", preset, partial(zennit, preset)))
        if preset in CAPTUM:
            contestants.append(Contestant("captum", preset, captum))
        if preset in AUTOLRP:
            contestants.append(Contestant("autolrp", preset, partial(autolrp_at, preset)))
    return contestants
