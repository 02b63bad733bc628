"""One rule per file: a frozen dataclass and its formula, nothing else."""

from lrprism.rules._base import AbstractRule, Part, Sign, Term
from lrprism.rules.epsilon import Epsilon
from lrprism.rules.gamma import Gamma

__all__ = ["AbstractRule", "Epsilon", "Gamma", "Part", "Sign", "Term"]
