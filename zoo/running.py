"""Runs the checks in processes of their own: a network may take too long, or all memory."""

import multiprocessing
import resource
import signal
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import Any

import torch

from benchmarks.markdown import version_of
from zoo.checks import Answer, check, composites_for
from zoo.models import entries_of
from zoo.models.entry import Entry
from zoo.results import Result

SECONDS = 60  # processor time of one network and composite
MEMORY = 9 * 2**30
_FRESH = 40  # networks until a process is replaced


def run(keys: list[str], at_a_time: int) -> Iterator[Result]:
    """Check the networks of these names, in so many processes."""
    waiting, workers = list(reversed(keys)), [_Worker() for _ in range(at_a_time)]
    while waiting or any(worker.key for worker in workers):
        for number, worker in enumerate(workers):
            if not worker.key and waiting:
                # caches of libraries grow
                if worker.served >= _FRESH:
                    worker.stop()
                    workers[number] = worker = _Worker()
                worker.start(waiting.pop())
        wait([worker.line for worker in workers if worker.key], timeout=5)
        for number, worker in enumerate(workers):
            if results := worker.collect():
                yield from results
                if not worker.process.is_alive():
                    workers[number] = _Worker()
    for worker in workers:
        worker.stop()


class _Worker:
    """A process that checks networks in turn."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other,), daemon=True)
        self.process.start()
        other.close()
        self.key, self.served, self.since = "", 0, 0.0

    def start(self, key: str) -> None:
        """Hand over a name."""
        self.key, self.since = key, time.monotonic()
        self.served += 1
        self.line.send(key)

    def collect(self) -> list[Result]:
        """Return the results of the network, if it is finished or given up."""
        if not self.key:
            return []
        try:
            results: list[Result] = self.line.recv() if self.line.poll() else []
        # the system kills a process that takes all memory
        except EOFError:
            self.stop()
            results = [_result(self.key, "", "all", Answer("failed", "the process died (out of memory?)"))]
        # code in C++ does not hear the signal
        if not results and time.monotonic() - self.since > 10 * SECONDS:
            self.stop()
            results = [_result(self.key, "", "all", Answer("slow", f"over {SECONDS} s"))]
        if results:
            self.key = ""
        return results

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()


def _serve(line: Connection) -> None:
    """Check the network of each name that arrives."""
    torch.set_num_threads(1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGPROF, _give_up)
    entries: dict[str, Entry] = {}
    while True:
        key = line.recv()
        if key not in entries:
            entries |= {entry.key: entry for entry in entries_of(key.partition("/")[0])}
        line.send(check_entry(entries[key]))


class _TooSlowError(BaseException):
    """The time is over; no handler of a library should catch it."""


def _give_up(_number: int, _frame: FrameType | None) -> None:
    raise _TooSlowError


def check_entry(entry: Entry) -> list[Result]:
    """Return the results of one network, one for each composite."""
    kind, composites = "", {}
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        subject = entry.draw()
        kind = type(subject.model).__name__
        composites = composites_for(entry, subject)
    except (Exception, _TooSlowError) as error:  # whatever a library raises: the network does not count
        return [_result(entry.key, kind, "all", Answer("unbuilt", _say(error)))]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return [_time_check(entry, kind, name, composite) for name, composite in composites.items()]


def _time_check(entry: Entry, kind: str, name: str, composite: Any) -> Result:
    before = time.process_time()
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        answer = check(entry, composite)
    except _TooSlowError:
        answer = Answer("slow", f"over {SECONDS} s of processor time")
    except Exception as error:  # lrprism should raise no errors but its own
        answer = Answer("failed", f"{_say(error)} ({_place(error)})")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return _result(entry.key, kind, name, answer, time.process_time() - before)


def _say(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))


def _result(key: str, kind: str, composite: str, answer: Answer, seconds: float = 0.0) -> Result:
    return Result(
        key,
        kind,
        composite,
        answer.outcome,
        answer.reason,
        float(f"{answer.unaccounted:.1e}"),
        answer.precision,
        round(seconds, 1),
        datetime.now(UTC).date().isoformat(),
        ", ".join(f"{name} {version_of(name)}" for name in ("torch", key.partition("/")[0])),
    )
