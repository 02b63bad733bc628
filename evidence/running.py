"""Runs cells in processes of their own, one thread each."""

import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from benchmarks.markdown import processor, version_of
from evidence.cells import Cell
from evidence.results import Result


def run(cells: Sequence[Cell], workers: int, command: str) -> Iterator[Result]:
    """Measure cells, and return each result when it is there.

    Args:
        cells: The cells, in the order in which they start.
        workers: Processes at a time.
        command: The command, for the records.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # read by each process when it imports torch
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(measure_cell, [(cell, command) for cell in cells])


def measure_cell(task: tuple[Cell, str]) -> Result:
    """Return the result of one cell, with the machine and the time that it took."""
    import torch

    from evidence.parts import MEASURE  # late: the process that waits needs none of it

    cell, command = task
    torch.set_num_threads(1)
    begin = time.process_time()
    facts, rows = MEASURE[cell.part](cell)
    return Result(
        cell.part,
        cell.network,
        cell.scaling,
        cell.seed,
        facts,
        rows,
        round(time.process_time() - begin, 1),
        command,
        processor(),
        ", ".join(f"{name} {version_of(name)}" for name in ("torch", "lrprism")),
        datetime.now(UTC).date().isoformat(),
    )
