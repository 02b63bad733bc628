"""Torch-function modes: one that can see the calls inside an op, and the stack of those that are on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack


class WatchingMode(TorchFunctionMode):
    """A mode that torch switches off while it handles a call, and that can be switched on again inside."""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """See the torch calls that are made inside an op."""
        _push_mode(self)
        try:
            yield
        finally:
            _pop_mode(self)


def read_stack() -> list[Any]:
    """Return the modes that are on, the innermost last."""
    # torch has no public name for this; tests/engine/test_engine_function_modes.py fails if it goes
    modes: list[Any] = _get_current_function_mode_stack()  # type: ignore[no-untyped-call]
    return modes


def replace_stack(modes: Sequence[Any]) -> None:
    """Switch off every mode that is on, and others on, the innermost last."""
    for mode in reversed(read_stack()):
        _pop_mode(mode)
    for mode in modes:
        _push_mode(mode)


# By the methods of the base class: a mode's own may do more, as that of torch.set_default_device does.


def _push_mode(mode: Any) -> None:
    TorchFunctionMode.__enter__(mode)  # type: ignore[no-untyped-call]  # torch gives it no types


def _pop_mode(mode: Any) -> None:
    TorchFunctionMode.__exit__(mode, None, None, None)  # type: ignore[no-untyped-call]  # as above
