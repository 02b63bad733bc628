"""The errors that lrprism raises on a user's mistake.

::

    LRPrismError
    ├── InputError    (ValueError)  an input or a setting that cannot be used
    ├── TargetError   (ValueError)  a target that does not fit the model's output
    ├── ModelError    (TypeError)   a model that cannot be explained
    ├── RuleError     (ValueError)  a rule with impossible settings, or on an op it cannot serve
    ├── DataError     (ValueError)  a data file or scene that is not what it should be
    ├── ResultsError  (OSError)     a results folder that cannot be read or written
    └── ConservationError (ArithmeticError)  an explanation that loses more relevance than allowed

Each message is one line: what should hold, what was found, what to do.
"""


class LRPrismError(Exception):
    """Base of every error that lrprism raises on purpose."""


class InputError(LRPrismError, ValueError):
    """An input or a setting that cannot be used."""


class TargetError(LRPrismError, ValueError):
    """A target that does not fit the model's output."""


class ModelError(LRPrismError, TypeError):
    """A model that cannot be explained."""


class RuleError(LRPrismError, ValueError):
    """A rule with impossible settings, or on an op that it cannot serve."""


class DataError(LRPrismError, ValueError):
    """A data file or scene that is not what it should be."""


class ResultsError(LRPrismError, OSError):
    """A results folder that cannot be read or written."""


class ConservationError(LRPrismError, ArithmeticError):
    """An explanation that loses more relevance than the caller allows."""


class RelevanceWarning(UserWarning):
    """An explanation may not be what it is taken for, such as where relevance passes an op without a rule."""
