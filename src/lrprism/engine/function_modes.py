"""A torch-function mode that can see the torch calls inside a call which it has already taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch.overrides import TorchFunctionMode


class WatchingMode(TorchFunctionMode):
    """A mode that torch switches off while it handles a call, and that can be switched on again inside."""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """See the torch calls that are made inside an op."""
        super().__enter__()  # type: ignore[no-untyped-call]  # torch gives it no types
        try:
            yield
        finally:
            super().__exit__(None, None, None)  # type: ignore[no-untyped-call]  # as above
