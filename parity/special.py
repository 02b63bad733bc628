"""Ways to ask that only one trap needs: LRP-γ asked twice, and LRP-αβ with α = 1.4."""

import copy

from autolrp import BASE, LRPConfig
from captum.attr import LRP as CaptumLRP
from captum.attr._utils.lrp_rules import GammaRule
from torch import Tensor, nn
from zennit import rules
from zennit.attribution import Gradient
from zennit.composites import LayerMapComposite

import lrprism as lp
from lrprism import rules as own_rules
from lrprism import select
from parity.peers import Explain, by_autolrp, layer_map, start_at

EPS = 1e-9


def _lrprism(rule: own_rules.AbstractRule, calls: int) -> Explain:
    def explain(model: nn.Module, x: Tensor, classes: Tensor) -> Tensor:
        explainer = lp.LRP(model, [(select.kind(select.Kind.LINEAR), rule)], strict=True)
        maps = [explainer.explain(x, classes).relevance for _ in range(calls)]
        assert isinstance(maps[-1], Tensor)
        return maps[-1]

    return explain


def _zennit_gamma(model: nn.Module, x: Tensor, classes: Tensor) -> Tensor:
    rule = rules.Gamma(0.25, stabilizer=EPS)
    with Gradient(copy.deepcopy(model), LayerMapComposite(layer_map(rule, rule))) as attributor:
        maps = [attributor(x.clone().requires_grad_(), start_at(classes))[1] for _ in range(2)]
    return maps[-1].detach()


def _zennit_alpha_beta(model: nn.Module, x: Tensor, classes: Tensor) -> Tensor:
    rule = rules.AlphaBeta(alpha=1.4, beta=0.4, stabilizer=EPS)
    with Gradient(copy.deepcopy(model), LayerMapComposite(layer_map(rule, rule))) as attributor:
        return attributor(x.clone().requires_grad_(), start_at(classes))[1].detach()


def _captum_gamma(model: nn.Module, x: Tensor, classes: Tensor) -> Tensor:
    copied = copy.deepcopy(model)
    for layer in copied.modules():
        if isinstance(layer, nn.Linear):
            # Captum reads a rule from an attribute of the layer
            layer.rule = GammaRule(0.25)
    explainer = CaptumLRP(copied)
    maps = [explainer.attribute(x.clone().requires_grad_(), target=classes) for _ in range(2)]
    return maps[-1].detach()


def _autolrp(rule: tuple[str, dict[str, float]], calls: int) -> Explain:
    config = LRPConfig({**BASE, "MmBackward": rule}, eps=EPS)

    def explain(model: nn.Module, x: Tensor, classes: Tensor) -> Tensor:
        return [by_autolrp(config)(model, x, classes) for _ in range(calls)][-1]

    return explain


def second_call_runs() -> dict[str, Explain | None]:
    """LRP-γ, set once and asked twice."""
    return {
        "lrprism": _lrprism(own_rules.Gamma(0.25, EPS), 2),
        "zennit": _zennit_gamma,
        "captum": _captum_gamma,
        "autolrp": _autolrp(("gamma", {"gamma": 0.25}), 2),
    }


def alpha_beta_runs() -> dict[str, Explain | None]:
    """LRP-αβ; Captum has no such rule."""
    return {
        "lrprism": _lrprism(own_rules.AlphaBeta(1.4, 0.4, EPS), 1),
        "zennit": _zennit_alpha_beta,
        "captum": None,
        "autolrp": _autolrp(("alpha_beta", {"alpha": 1.4, "beta": 0.4}), 1),
    }
