"""Random networks: however a network is asked, run or spelled, the map is one and the same.

By default 60 networks with two composites each: number ``n`` gets composite ``n mod 9`` and one of the other
eight in turn, so that every composite comes up a dozen times. ``--networks 300`` draws as many networks and
gives each of them all nine (``make fuzz``).
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

import lrprism as lp
from lrprism import presets
from random_networks import Drawn, draw

TOLERANCE = 1e-6
_ROUNDING = 1e-8
"""What float64 rounds of the output on the way through fifty ops, some 1e-14 of it, over the tolerance."""
COMPOSITES: dict[str, Callable[[], lp.composites.AbstractComposite]] = {
    "LRP-0": lambda: presets.Epsilon(0),
    "Epsilon": presets.Epsilon,
    "EpsilonGamma": presets.EpsilonGamma,
    "EpsilonPlus": presets.EpsilonPlus,
    "EpsilonPlusFlat": presets.EpsilonPlusFlat,
    "EpsilonAlpha2Beta1": presets.EpsilonAlpha2Beta1,
    "EpsilonAlpha2Beta1Flat": presets.EpsilonAlpha2Beta1Flat,
    "EpsilonGammaBox": lambda: presets.EpsilonGammaBox(-2, 2),
    "AttnLRP": presets.AttnLRP,
}
IS_GRADIENT = ("LRP-0", "AttnLRP")
"""The composites that are gradient times input where a network is piecewise linear."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    count = metafunc.config.getoption("--networks")
    metafunc.parametrize("seed", range(count or 60), ids=lambda seed: f"seed {seed}")


def names_for(seed: int, *, is_full: bool) -> list[str]:
    names = list(COMPOSITES)
    count = len(names)
    step = 1 + seed // count % (count - 1)
    return names if is_full else [names[seed % count], names[(seed + step) % count]]


class Tally:
    """How many maps were compared, and the largest difference that was seen."""

    def __init__(self) -> None:
        self.maps = 0
        self.largest = 0.0
        self.networks = dict.fromkeys(COMPOSITES, 0)


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """The tally of all networks, printed in the end of a run that asked for a number of them."""
    tally = Tally()
    yield tally
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None and request.config.getoption("--networks"):
        counts = ", ".join(f"{name} {count}" for name, count in tally.networks.items())
        reporter.write_line(f"\nnetworks that agree, by composite: {counts}")
        reporter.write_line(f"{tally.maps} maps compared, largest difference {tally.largest:.1e} of the map")


def test_a_random_network_has_one_map(seed: int, tally: Tally, request: pytest.FixtureRequest) -> None:
    drawn = draw(seed)
    for name in names_for(seed, is_full=bool(request.config.getoption("--networks"))):
        checked = Checked(drawn, COMPOSITES[name](), tally, f"seed {seed}, {name}, {drawn.network}")
        with warnings.catch_warnings():
            # what a preset says of a network that is not meant for it is not the point here
            warnings.simplefilter("ignore", lp.RelevanceWarning)
            checked.check(is_gradient=drawn.is_linear and name in IS_GRADIENT)
        tally.networks[name] += 1


class Checked:
    """One network under one composite.

    Args:
        drawn: The network and its twin.
        composite: Who gets which rule.
        tally: Where differences are noted.
        label: What failure messages begin with: the seed and the network.
    """

    def __init__(self, drawn: Drawn, composite: object, tally: Tally, label: str) -> None:
        self.drawn = drawn
        self.tally = tally
        self.label = label
        self.smallest = 0.0
        self.explainer = lp.LRP(drawn.network, composite, strict=True)
        self.of_twin = lp.LRP(drawn.twin, composite, strict=True)

    def check(self, *, is_gradient: bool) -> None:
        with torch.no_grad():
            plain = self.drawn.network(self.drawn.x.clone())
        self.smallest = _ROUNDING * float(plain.abs().max())
        bare = self.explain("without an account", "all")
        expected = bare.relevance
        self.same("the output", bare.output, plain)
        if is_gradient:
            self.same("gradient times input", expected, self.gradient_times_input())
        self.check_classes(plain, expected)
        audited = self.explain("with an account", "all", audit=True)
        self.same("with an account", audited.relevance, expected)
        self.check_account("with an account", audited)
        for what, options in {"one by one": {"batch_size": 1}, "with layers": {"layers": ["*"]}}.items():
            self.same(what, self.explain(what, "all", **options).relevance, expected)
        self.same("of its twin", self.explain("of its twin", "all", of=self.of_twin).relevance, expected)
        self.check_train_mode(plain, expected)

    def check_classes(self, plain: Tensor, expected: Tensor) -> None:
        rows = torch.arange(len(plain))
        highest, lowest = plain.argmax(1), plain.argmin(1)
        explanation = self.explain("of the highest logit", None)
        self.same("of the highest logit", explanation.relevance, expected[highest, rows])
        explanation = self.explain("of the lowest logit", lowest, audit=True)
        self.same("of the lowest logit", explanation.relevance, expected[lowest, rows])
        self.check_account("of the lowest logit", explanation)

    def check_train_mode(self, plain: Tensor, expected: Tensor) -> None:
        """Ask in train mode, by itself and with everything else at once; the twins share modules."""
        network, twin = self.drawn.network, self.drawn.twin
        before = copy.deepcopy(network.state_dict())
        lowest, rows = plain.argmin(1), torch.arange(len(plain))
        try:
            network.train()
            explanation = self.explain("in train mode", "all")
            self.same("in train mode", explanation.relevance, expected)
            self.same("the output in train mode", explanation.output, plain)
            network.eval(), twin.train()
            options = {"audit": True, "batch_size": 2, "layers": ["*"], "of": self.of_twin}
            explanation = self.explain("with all at once", lowest, **options)
            self.same("with all at once", explanation.relevance, expected[lowest, rows])
            self.check_account("with all at once", explanation)
        finally:
            network.eval(), twin.eval()
        for name, tensor in network.state_dict().items():
            self.same(f"{name} of the model", tensor, before[name])

    def gradient_times_input(self) -> Tensor:
        x = self.drawn.x.clone().requires_grad_()
        # the twin that overwrites nothing: autograd refuses what was overwritten
        network = self.drawn.twin if self.drawn.network.in_place else self.drawn.network
        logits = network(x)
        return torch.stack(
            [x * torch.autograd.grad(logit.sum(), x, retain_graph=True)[0] for logit in logits.T]
        )

    def explain(
        self, what: str, target: object, *, of: lp.LRP | None = None, **options: object
    ) -> lp.Explanation:
        x = self.drawn.x.clone()
        try:
            explanation = (of or self.explainer).explain(x, target, **options)
        except Exception as error:
            error.add_note(f"{what}: {self.label}")
            raise
        self.same(f"the input, {what}", x, self.drawn.x)
        return explanation

    def same(self, what: str, tensor: Tensor, expected: Tensor) -> None:
        """Compare by the largest number there is: small ones are differences of large ones.

        A map may be zero, as behind the mean of what an instance norm made: what is left is rounding of the
        relevance that was put in.
        """
        tensor, expected = tensor.detach(), expected.detach()
        assert tensor.shape == expected.shape, f"{what}: {tuple(tensor.shape)}: {self.label}"
        scale = expected.abs().max().clamp(min=max(self.smallest, 1e-12))
        difference = float((tensor.double() - expected.double()).abs().max() / scale)
        self.tally.maps += 1
        self.tally.largest = max(self.tally.largest, difference)
        assert difference <= TOLERANCE, f"{what}: {difference:.1e} of the map away: {self.label}"

    def check_account(self, what: str, explanation: lp.Explanation) -> None:
        audit = explanation.audit
        scale = max([abs(audit.explained), *(abs(row.relevance_out) for row in audit.rows)])
        away = abs(audit.unaccounted) / scale
        assert away <= TOLERANCE, f"the account {what}: {away:.1e} unaccounted for: {self.label}\n{audit}"
