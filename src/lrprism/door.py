"""The names of ``import lrprism``, imported when the first of them is used."""

import torch  # noqa: F401 - first: deep inside the imports below, its own would take longer

from lrprism import evaluation, ops, plugs, rules
from lrprism.attribution import LRP, Explanation, explain, reference, target
from lrprism.composites import Composite, Within, presets
from lrprism.composites import selectors as select
from lrprism.errors import (
    ConservationError,
    DataError,
    InputError,
    LRPrismError,
    ModelError,
    RelevanceWarning,
    ResultsError,
    RuleError,
    TargetError,
)
from lrprism.memory import keep_freed_memory

__all__ = [
    "LRP",
    "Composite",
    "ConservationError",
    "DataError",
    "Explanation",
    "InputError",
    "LRPrismError",
    "ModelError",
    "RelevanceWarning",
    "ResultsError",
    "RuleError",
    "TargetError",
    "Within",
    "evaluation",
    "explain",
    "keep_freed_memory",
    "ops",
    "plugs",
    "presets",
    "reference",
    "rules",
    "select",
    "target",
]
