"""The only impure part: the torch-function mode, the walk over the autograd graph, the account."""

from lrprism.engine.audit import Audit, Row, format_table
from lrprism.engine.trace import Relevances, Trace, trace, unwrap

__all__ = ["Audit", "Relevances", "Row", "Trace", "format_table", "trace", "unwrap"]
