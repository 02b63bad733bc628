"""All relevance to the signal, none to the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from lrprism.rules.products import AbstractProductRule, Gating, share_among_signals


@final
@dataclass(frozen=True)
class SignalTakesAll(AbstractProductRule):
    r"""Signal-take-all: a gate scales and carries no relevance, the signal gets all of it.

    .. math:: o = a \cdot \mathrm{gate}: \quad R_a = R_o, \quad R_\mathrm{gate} = 0; \qquad
              O = A V: \quad R_V = V \odot \Bigl(A^\top \frac{R_O}{O}\Bigr), \quad R_A = 0

    The output of a sigmoid, a softmax or a norm is a gate; among the others, so is that of an activation
    with an upper bound (ReLU6), and then that of any activation. Factors equally like a gate share equally.

    Conserves: the sum of relevance.
    Use: recurrent networks, squeeze-and-excite and other gates; attention in CP-LRP.
    References: Arras et al. 2019, Explaining and interpreting LSTMs, in Explainable AI, Springer; Ali et al.
    2022, XAI for transformers: better explanations through conservative propagation, ICML.

    Example:
        >>> SignalTakesAll().shares([Gating.NONE, Gating.GATE])
        (1.0, 0.0)
    """

    def shares(self, gatings: Sequence[Gating]) -> tuple[float, ...]:
        """Return equal shares for the factors that look least like a gate, zero for the others."""
        return share_among_signals(gatings)
