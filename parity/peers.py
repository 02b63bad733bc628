"""One way to ask each library: ``explain(model, x, classes)``. Each gets its own copy of the model."""

import copy
from collections.abc import Callable

import autolrp
import torch
from autolrp import BASE, CPLRP, LRPConfig
from captum.attr import LRP as CaptumLRP
from torch import Tensor, nn
from zennit import composites, rules, types
from zennit.attribution import Gradient
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.layer import Sum
from zennit.torchvision import ResNetCanonizer

import lrprism as lp
from lrprism import presets
from parity.models import HIGH, LOW

Explain = Callable[[nn.Module, Tensor, Tensor], Tensor]

OURS = {
    "Epsilon": presets.Epsilon(),
    "Epsilon, eps 1e-9": presets.Epsilon(1e-9),
    "EpsilonPlus": presets.EpsilonPlus(),
    "EpsilonPlusFlat": presets.EpsilonPlusFlat(),
    "EpsilonAlpha2Beta1": presets.EpsilonAlpha2Beta1(),
    "EpsilonAlpha2Beta1Flat": presets.EpsilonAlpha2Beta1Flat(),
    "EpsilonGamma": presets.EpsilonGamma(),
    "EpsilonGammaBox": presets.EpsilonGammaBox(LOW, HIGH),
}


def by_lrprism(preset: str) -> Explain:
    """Ask lrprism with one of its presets."""

    def explain(model: nn.Module, x: Tensor, classes: Tensor) -> Tensor:
        relevance = lp.LRP(copy.deepcopy(model), OURS[preset], strict=True).explain(x, classes).relevance
        assert isinstance(relevance, Tensor)
        return relevance

    return explain


def layer_map(
    convolution: rules.Hook, dense: rules.Hook, pooling: float = 1e-6
) -> list[tuple[tuple[type, ...], rules.Hook]]:
    """Return zennit's base map with the rules of two kinds of layer and a stabiliser for pooling."""
    return [
        ((types.Activation,), rules.Pass()),
        ((Sum, types.AvgPool), rules.Norm(pooling)),
        ((types.BatchNorm,), rules.Pass()),
        ((types.Convolution,), convolution),
        ((nn.Linear,), dense),
    ]


def zennit_composite(preset: str, canonizers: list[object], sums: float) -> composites.Composite:
    """Return zennit's composite of a preset, with the stabiliser of residual sums."""
    first = [((Sum,), rules.Norm(sums))]  # zennit takes the first match
    epsilon = {"Epsilon": 1e-6, "Epsilon, eps 1e-9": 1e-9}
    if preset in epsilon:
        rule = rules.Epsilon(epsilon[preset])
        return composites.LayerMapComposite(
            first + layer_map(rule, rule, epsilon[preset]), canonizers=canonizers
        )
    if preset == "EpsilonGamma":  # EpsilonGammaBox without the box; zennit has no name for it
        entries = layer_map(rules.Gamma(0.25), rules.Epsilon(1e-6))
        return composites.LayerMapComposite(first + entries, canonizers=canonizers)
    if preset == "EpsilonGammaBox":
        return composites.EpsilonGammaBox(low=LOW, high=HIGH, layer_map=first, canonizers=canonizers)
    return getattr(composites, preset)(layer_map=first, canonizers=canonizers)


def start_at(classes: Tensor) -> Callable[[Tensor], Tensor]:
    """Return the relevance that zennit starts with: the logits of the classes, zero elsewhere."""
    return lambda output: output * nn.functional.one_hot(classes, output.shape[1])


def by_zennit_with(composite: composites.Composite) -> Explain:
    """Ask zennit with a composite."""

    def explain(model: nn.Module, x: Tensor, classes: Tensor) -> Tensor:
        with Gradient(copy.deepcopy(model), composite) as attributor:
            return attributor(x.clone().requires_grad_(), start_at(classes))[1].detach()

    return explain


def by_zennit(preset: str, *, resnet: bool = False, sums: float = 1e-12) -> Explain:
    """Ask zennit with the composite of that name and the canonizer that its documentation recommends.

    Args:
        preset: Name of the composite.
        resnet: Whether the model is a residual network of torchvision.
        sums: Stabiliser of residual sums. zennit's own is 1e-6; lrprism does not damp a sum.
    """
    canonizer = ResNetCanonizer() if resnet else SequentialMergeBatchNorm()
    return by_zennit_with(zennit_composite(preset, [canonizer], sums))


def by_captum(model: nn.Module, x: Tensor, classes: Tensor) -> Tensor:
    """Ask Captum with its default rules: LRP-ε with ε = 1e-9 for every layer that it knows."""
    leaf = x.clone().requires_grad_()
    return CaptumLRP(copy.deepcopy(model)).attribute(leaf, target=classes).detach()


AUTOLRP_CPLRP = LRPConfig({**BASE, **CPLRP}, eps=1e-9)
AUTOLRP = {
    "Epsilon": LRPConfig(eps=1e-6),
    "Epsilon, eps 1e-9": LRPConfig(eps=1e-9),
    "EpsilonPlus": LRPConfig.composite(),
    "EpsilonAlpha2Beta1": LRPConfig(
        {**BASE, "ConvolutionBackward": ("alpha_beta", {"alpha": 2.0, "beta": 1.0})}, eps=1e-6
    ),
    "EpsilonGamma": LRPConfig({**BASE, "ConvolutionBackward": ("gamma", {"gamma": 0.25})}, eps=1e-6),
}


def by_autolrp(config: LRPConfig) -> Explain:
    """Ask autoLRP, one sample at a time: it explains one number, which it counts as 1."""

    def explain(model: nn.Module, x: Tensor, classes: Tensor) -> Tensor:
        patched, maps = copy.deepcopy(model), []
        for sample, number in zip(x, classes.tolist(), strict=True):
            wrapped = autolrp.tensor(sample.unsqueeze(0))
            # autoLRP starts at 1: its map is a share of the logit
            logit = patched(wrapped)[0, number]
            logit.lrp(config=config)
            maps.append(wrapped.relevance.as_subclass(Tensor) * logit.detach().as_subclass(Tensor))
        return torch.cat(maps)

    return explain


USUAL: dict[str, Explain] = {
    "lrprism": by_lrprism("Epsilon, eps 1e-9"),
    "zennit": by_zennit("Epsilon, eps 1e-9"),
    "captum": by_captum,
    "autolrp": by_autolrp(AUTOLRP["Epsilon, eps 1e-9"]),
}
