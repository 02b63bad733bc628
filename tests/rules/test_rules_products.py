"""The shares of factors that look more or less like a gate."""

import pytest

from lrprism.rules import Gating
from lrprism.rules.products import share_among_signals


@pytest.mark.parametrize(
    ("gatings", "shares"),
    [
        ([Gating.NONE, Gating.GATE], (1.0, 0.0)),
        ([Gating.GATE, Gating.ACTIVATION], (0.0, 1.0)),
        ([Gating.BOUNDED, Gating.ACTIVATION, Gating.ACTIVATION], (0.0, 0.5, 0.5)),
        ([Gating.SELF, Gating.GATE], (0.0, 1.0)),
        ([Gating.GATE, Gating.GATE], (0.5, 0.5)),
        ([Gating.NONE], (1.0,)),
    ],
)
def test_factors_least_like_a_gate_share_all(gatings: list[Gating], shares: tuple[float, ...]) -> None:
    assert share_among_signals(gatings) == shares
