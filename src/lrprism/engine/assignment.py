"""The decisions of a composite: a value that the backward pass, the plan and the account read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lrprism.ops import Call
from lrprism.rules import AbstractRule


class Choice(NamedTuple):
    """The rule of one call.

    Args:
        rule: The rule, or None for the op's own way.
        why: The selector that matched, or what the op's own way is.
    """

    rule: AbstractRule | None
    why: str


Assignment = Mapping[Call, Choice]
"""The choice for every call of a forward pass."""
