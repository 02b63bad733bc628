"""One rule per file: a frozen dataclass and its formula, nothing else."""

from lrprism.rules.alpha_beta import AlphaBeta
from lrprism.rules.base import AbstractAffineRule, AbstractRule, gives_beside, gives_nothing_at_zero
from lrprism.rules.epsilon import Epsilon
from lrprism.rules.flat import Flat
from lrprism.rules.gamma import Gamma
from lrprism.rules.pass_on import Pass
from lrprism.rules.products import AbstractProductRule, Gating
from lrprism.rules.signal_takes_all import SignalTakesAll
from lrprism.rules.terms import Constant, Contributions, Part, Sign, Term, per_channel
from lrprism.rules.uniform import Uniform
from lrprism.rules.w_square import WSquare
from lrprism.rules.z_box import ZBox
from lrprism.rules.z_plus import ZPlus

__all__ = [
    "AbstractAffineRule",
    "AbstractProductRule",
    "AbstractRule",
    "AlphaBeta",
    "Constant",
    "Contributions",
    "Epsilon",
    "Flat",
    "Gamma",
    "Gating",
    "Part",
    "Pass",
    "Sign",
    "SignalTakesAll",
    "Term",
    "Uniform",
    "WSquare",
    "ZBox",
    "ZPlus",
    "gives_beside",
    "gives_nothing_at_zero",
    "per_channel",
]
