"""lrprism: which wavelengths and pixels a network used, by relevance propagation through any PyTorch model.

Example:
    >>> import torch
    >>> import lrprism as lp
    >>> model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    >>> explanation = lp.explain(model, torch.rand(5, 3))
    >>> explanation.relevance.shape
    torch.Size([5, 3])
"""

import torch  # noqa: F401 - first: deep inside the imports below, its own would take longer

from lrprism import ops, rules
from lrprism.attribution import LRP, Explanation, explain, target
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

__version__ = "0.1.0"

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
    "explain",
    "keep_freed_memory",
    "ops",
    "presets",
    "rules",
    "select",
    "target",
]
