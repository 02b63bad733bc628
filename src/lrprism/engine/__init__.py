"""The only impure part: the torch-function mode, the forward and the backward pass, the account."""

from lrprism.engine.account import Account, Row, format_table
from lrprism.engine.answers import check_surroundings, explain_forward_mode
from lrprism.engine.assignment import Assignment, Choice
from lrprism.engine.backward import Relevances, propagate
from lrprism.engine.comparison import CallsDifferError
from lrprism.engine.facts import Facts
from lrprism.engine.forward import constants, trace
from lrprism.engine.model import unwrap
from lrprism.engine.outer_pass import suspend_outer_passes
from lrprism.engine.passes import Request, Trace
from lrprism.engine.per_sample import PerSample

__all__ = [
    "Account",
    "Assignment",
    "CallsDifferError",
    "Choice",
    "Facts",
    "PerSample",
    "Relevances",
    "Request",
    "Row",
    "Trace",
    "check_surroundings",
    "constants",
    "explain_forward_mode",
    "format_table",
    "propagate",
    "suspend_outer_passes",
    "trace",
    "unwrap",
]
