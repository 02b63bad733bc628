"""Random networks under a reference: all of the difference arrives, and however it is asked, in one map.

By default 30 networks with LRP-0 and one other composite each; ``--networks 300`` draws as many.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import lrprism as lp
from lrprism import presets
from random_networks import Drawn, draw

TOLERANCE = 1e-6
COMPOSITES: dict[str, Callable[[], Any]] = {
    "Epsilon": presets.Epsilon,
    "EpsilonGamma": presets.EpsilonGamma,
    "EpsilonPlus": presets.EpsilonPlus,
    "EpsilonPlusFlat": presets.EpsilonPlusFlat,
    "EpsilonAlpha2Beta1": presets.EpsilonAlpha2Beta1,
    "EpsilonGammaBox": lambda: presets.EpsilonGammaBox(-2, 2),
    "AttnLRP": presets.AttnLRP,
    "CPLRP": presets.CPLRP,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    count = metafunc.config.getoption("--networks")
    metafunc.parametrize("seed", range(count or 30), ids=lambda seed: f"seed {seed}")


class Compared:
    """One network with one composite and one reference.

    Args:
        drawn: The network and its twin.
        composite: Who gets which rule.
        reference: What its input is compared with.
        label: What failure messages begin with.
    """

    def __init__(self, drawn: Drawn, composite: Any, reference: Tensor, label: str) -> None:
        self.drawn, self.reference, self.label = drawn, reference, label
        self.explainer = lp.LRP(drawn.network, composite, strict=True)
        self.of_twin = lp.LRP(drawn.twin, composite, strict=True)
        with torch.no_grad():
            self.plain = drawn.network(drawn.x.clone())
            self.of_reference = drawn.network(reference.expand_as(drawn.x).clone())
        self.change = self.plain - self.of_reference

    def explain(self, *, of: lp.LRP | None = None, **options: Any) -> lp.Explanation:
        x = self.drawn.x.clone()
        explanation = (of or self.explainer).explain(x, "all", **{"reference": self.reference, **options})
        assert torch.equal(x, self.drawn.x), f"the input was written to: {self.label}"
        return explanation

    def same(self, what: str, tensor: Tensor, expected: Tensor, scale: Tensor | float = 0.0) -> None:
        scale = max(float(expected.abs().max()), 1e-8 * float(self.plain.abs().max()), float(scale), 1e-12)
        away = float((tensor - expected).abs().max()) / scale
        assert away <= TOLERANCE, f"{what}: {away:.1e} of the map away: {self.label}"

    def check(self, *, is_exact: bool) -> None:
        explanation = self.explain(audit=True)
        relevance, account = explanation.relevance, explanation.audit
        self.same("the output", explanation.output, self.plain)
        self.same("the output for the reference", explanation.reference_output, self.of_reference)
        in_flight = max([abs(row.relevance_out) for row in account], default=0.0)
        assert abs(account.unaccounted) <= TOLERANCE * max(in_flight, 1e-12), f"{self.label}\n{account}"
        if is_exact:
            # differences of what is in flight are rounded in float32 where a network converts to it
            self.same("the sum", relevance.flatten(2).sum(2), self.change.T, scale=in_flight)
        self.same("without an account", self.explain().relevance, relevance)
        self.same("of its twin", self.explain(of=self.of_twin).relevance, relevance)
        self.same("one by one", self.explain(batch_size=1).relevance, relevance)
        self.same("with layers", self.explain(layers=["*"]).relevance, relevance)
        row = self.reference.expand_as(self.drawn.x).clone()
        self.same("with a reference for each", self.explain(reference=row).relevance, relevance)
        self.drawn.network.train()
        try:
            self.same("in train mode", self.explain().relevance, relevance)
        finally:
            self.drawn.network.eval()


@pytest.mark.filterwarnings("ignore::lrprism.RelevanceWarning")
def test_a_random_network_shares_its_difference(seed: int) -> None:
    drawn = draw(seed)
    references = {"the mean": drawn.x.mean(0, keepdim=True) + 0.1, "one for each": drawn.x.flip(0) * 0.5}
    names = list(COMPOSITES)
    name = names[seed % len(names)]
    which = list(references)[seed // len(names) % 2]
    for is_exact, composite, kind in (
        (True, presets.Epsilon(0), "the mean"),
        (True, presets.Epsilon(0), "one for each"),
        (False, COMPOSITES[name](), which),
    ):
        label = f"seed {seed}, {'LRP-0' if is_exact else name}, {kind}, {drawn.network}"
        Compared(drawn, composite, references[kind], label).check(is_exact=is_exact)
