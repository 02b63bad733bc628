"""LRP and what it returns: the names that most users need."""

from lrprism.attribution import reference, target
from lrprism.attribution.explanation import Explanation
from lrprism.attribution.lrp import LRP
from lrprism.attribution.one_line import explain
from lrprism.attribution.plan import Plan, PlanRow
from lrprism.attribution.target import predicted_class

__all__ = ["LRP", "Explanation", "Plan", "PlanRow", "explain", "predicted_class", "reference", "target"]
