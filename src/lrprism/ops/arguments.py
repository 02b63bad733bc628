"""The arguments of a torch call, by position or by name."""

from __future__ import annotations

from typing import Any

from lrprism.ops.nested import detach_tensors
from lrprism.ops.op import Arguments, Keywords


def read_argument(args: Arguments, kwargs: Keywords, position: int, *names: str) -> Any:
    """Return the argument at a position or under one of its names; None if the call leaves it out."""
    if len(args) > position:
        return args[position]
    return next((kwargs[name] for name in names if name in kwargs), None)


def detach_argument(
    args: Arguments, kwargs: Keywords, position: int, *names: str
) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call with one of them detached.

    Args:
        args: The arguments by position.
        kwargs: The arguments by name.
        position: The position of the one to detach.
        names: Its names.
    """
    positional = [detach_tensors(value) if place == position else value for place, value in enumerate(args)]
    return positional, {
        key: detach_tensors(value) if key in names else value for key, value in kwargs.items()
    }
