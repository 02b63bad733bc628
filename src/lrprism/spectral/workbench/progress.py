"""Progress on the standard error: the current work, and the time left."""

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
    """Shows on the standard error what is being done.

    Args:
        shows_progress: Whether to show anything.
        console: The console to print to.
    """

    shows_progress: bool = True
    console: Console = field(default_factory=lambda: Console(stderr=True))

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show a step of unknown length while it lasts, and its time when it is done.

        Args:
            title: The work in words, such as "reading indian-pines".
        """
        started = monotonic()
        # a log file gets the time at the end, not a spinner
        if self.shows_progress and self.console.is_terminal:
            with self.console.status(f"{title} ..."):
                yield
        else:
            yield
        self._print_time(title, started)

    @contextmanager
    def stages(self, title: str) -> Iterator[Callable[[str], None]]:
        """Show a step of several stages while it lasts, each with its words, and its time when it is done.

        Args:
            title: The work in words.

        Yields:
            A function to call with the words of each stage that begins.
        """
        started = monotonic()
        if self.shows_progress and self.console.is_terminal:
            with self.console.status(f"{title} ...") as status:
                yield lambda words: status.update(f"{title}: {words} ...")
        else:
            yield lambda words: self.tell(f"{title}: {words}")
        self._print_time(title, started)

    @contextmanager
    def bar(self, total: int, title: str) -> Iterator[Callable[[], None]]:
        """Show a bar with the work and the time left.

        Args:
            total: Number of pieces.
            title: The work in words.

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
                task = progress.add_task(title, total=total)
                yield partial(progress.advance, task)
        else:
            yield lambda: None
        self._print_time(title, started)

    def track(self, items: Sequence[Item], title: str) -> Iterable[Item]:
        """Yield items behind a :meth:`bar`.

        Args:
            items: The items.
            title: The work in words.
        """
        with self.bar(len(items), title) as advance:
            for item in items:
                yield item
                advance()

    def tell(self, words: str) -> None:
        """Write a line into a log, where a terminal has a bar in its place.

        Args:
            words: The work that begins, such as "training 7 of 25".
        """
        if self.shows_progress and not self.console.is_terminal:
            self.console.print(words, highlight=False, soft_wrap=True)

    def _print_time(self, title: str, started: float) -> None:
        if self.shows_progress:
            self.console.print(
                f"{title}: done in {monotonic() - started:.1f} s", highlight=False, soft_wrap=True
            )
