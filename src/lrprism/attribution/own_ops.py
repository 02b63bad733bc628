"""The ops that a user gives to functions, ``ops=``: read them, and say which of them had no part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any, NamedTuple

import torch
from torch import nn

from lrprism.engine import Trace
from lrprism.errors import InputError
from lrprism.ops import TABLE, AbstractOp, OwnOps, every_name_of


class UserOps(NamedTuple):
    """The ops of a user's functions.

    Args:
        ops: The op under every name of its function.
        names: For each function as it was given, all of its names.
    """

    ops: dict[Callable[..., Any], AbstractOp]
    names: list[tuple[str, set[Any]]]

    def describe_idle(self, forward_pass: Trace, without_op: Sequence[str]) -> Iterator[str]:
        """Say of which functions the ops had no part in a forward pass.

        Args:
            forward_pass: The forward pass.
            without_op: What ran there without an op.
        """
        idle = [(name, names) for name, names in self.names if names.isdisjoint(forward_pass.named)]
        blocked = [name for name, names in idle if not names.isdisjoint(forward_pass.blocked)]
        unmet = [name for name, _ in idle if name not in blocked]
        if blocked:
            yield (
                "an autograd.Function with an op should take the result of a torch call and leave it as it "
                f"is. Found that {', '.join(blocked)} takes what another Function returned or writes to its "
                "input, so that its op has no part. Return a new tensor from its forward, and put a clone() "
                "between two Functions: Outer.apply(Inner.apply(x).clone())."
            )
        if unmet:
            ran = f" What ran without one: {', '.join(without_op)}." if without_op else ""
            yield (
                "ops should name functions that the model calls. "
                f"Found no call of {', '.join(unmet)}, so that its op has no part.{ran} Name the torch "
                "function that forward itself calls, or the autograd.Function that it applies, or leave it "
                "out."
            )


def read_ops(ops: OwnOps) -> UserOps:
    """Return the user's ops under every name of their functions.

    Raises:
        InputError: If one of them is known already, or no function or no op.
    """
    if not isinstance(ops, Mapping):
        raise InputError(f"ops should be a mapping. Found {type(ops).__name__}. {_EXAMPLE}")
    user_ops = UserOps({}, [])
    for key, op in ops.items():
        # MyFunction.apply stands for MyFunction
        function = getattr(key, "__self__", key) if _is_apply(key) else key
        _check_pair(function, op)
        names = {function} if isinstance(function, type) else every_name_of(function)
        rivals = (TABLE.get(name) or user_ops.ops.get(name) for name in names)
        conflict = next((rival for rival in rivals if rival is not None), None)
        if conflict is not None:
            raise InputError(
                "ops should name functions that have no op yet. "
                f"Found {getattr(function, '__name__', function)}, which is {conflict.kind.value} already. "
                "Leave it out, or choose its rule in the composite."
            )
        user_ops.ops.update(dict.fromkeys(names, op))
        user_ops.names.append((_name_function(function), names))
    return user_ops


def _check_pair(function: Any, op: Any) -> None:
    """Check that a user gives an op to a function.

    Raises:
        InputError: If it is no function or no op.
    """
    # nn.Softplus, or one of its instances: a rule for it belongs to the composite
    is_other_class = isinstance(function, type) and not issubclass(function, torch.autograd.Function)
    if isinstance(function, nn.Module) or is_other_class:
        kind = "class" if isinstance(function, type) else "module"
        raise InputError(
            "ops should map functions to ops of lrprism.ops.own. "
            f"Found the {kind} {_name_function(function)}. Name the torch function or the "
            "autograd.Function that its forward calls, or choose the module's rule in the composite: "
            "select.module_type."
        )
    if not callable(function) or not isinstance(op, AbstractOp):
        raise InputError(
            f"ops should map torch functions to ops of lrprism.ops.own. Found {function!r}: {op!r}. "
            f"{_EXAMPLE}"
        )


_EXAMPLE = "Try {torch.lgamma: own.activation('lgamma')}."


def _name_function(function: Any) -> str:
    """Return the name of a function in messages."""
    if isinstance(function, nn.Module):
        return type(function).__name__
    # the forward of an autograd.Function, perhaps: its class is part of the name
    if isinstance(function, FunctionType):
        return function.__qualname__.rpartition("<locals>.")[2]
    return str(getattr(function, "__name__", function))


def _is_apply(function: Any) -> bool:
    """Return True if a function is the ``apply`` of an autograd Function."""
    owner = getattr(function, "__self__", None)
    return isinstance(owner, type) and issubclass(owner, torch.autograd.Function)
