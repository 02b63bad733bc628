"""What is being done, and how long is left."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")


@dataclass(frozen=True)
class Reporter:
    """Says on the standard error what is being done.

    Args:
        shows_progress: Whether to say anything.
        console: Where to say it.
    """

    shows_progress: bool = True
    console: Console = field(default_factory=lambda: Console(stderr=True))

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show a step of unknown length while it lasts, and its time when it is done.

        Args:
            what: What is being done, such as "reading indian-pines".
        """
        started = monotonic()
        if self.shows_progress and self.console.is_terminal:
            with self.console.status(f"{what} ..."):
                yield
        else:
            yield
        self._done(what, started)

    @contextmanager
    def bar(self, total: int, what: str) -> Iterator[Callable[[], None]]:
        """Show a bar that names what is being done and how long is left.

        Args:
            total: How many pieces there are.
            what: What is being done with them.

        Yields:
            A function to call after each piece.
        """
        started = monotonic()
        if self.shows_progress and self.console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            with Progress(*columns, console=self.console, transient=True) as progress:
                task = progress.add_task(what, total=total)
                yield partial(progress.advance, task)
        else:
            yield lambda: None
        self._done(what, started)

    def track(self, items: Sequence[Item], what: str) -> Iterable[Item]:
        """Yield items behind a :meth:`bar`.

        Args:
            items: What to go over.
            what: What is being done with them.
        """
        with self.bar(len(items), what) as advance:
            for item in items:
                yield item
                advance()

    def _done(self, what: str, started: float) -> None:
        if self.shows_progress:
            self.console.print(
                f"{what}: done in {monotonic() - started:.1f} s", highlight=False, soft_wrap=True
            )
