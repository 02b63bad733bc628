"""The peak of a call, by hand."""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch
from torch import Tensor

from benchmarks import memory

MB = 1_000_000
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def measure_by_hand() -> tuple[int, int]:
    """Measure a call whose peak is known, and one that needs nothing."""

    def run() -> Tensor:
        first = torch.ones(25 * MB)  # 100 MB
        second = first + 1  # 200 MB in use
        del first
        return second[:10] + torch.ones(5 * MB)[:10]  # 120 MB in use

    memory._return_freed_memory()
    resident = torch.ones(25 * MB)  # before the call: not counted
    return memory._resident(run), memory._resident(lambda: resident[:10])


@linux_only
def test_the_peak_counts_what_is_in_use_at_the_worst_moment() -> None:
    # as in a benchmark, a fresh process: memory that earlier tests have freed would be used again
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        peak, nothing = pool.submit(measure_by_hand).result()
    assert peak == pytest.approx(200 * MB, rel=0.1)
    assert nothing < 10 * MB


def test_a_device_without_autocast_computes_as_usual() -> None:
    a = torch.rand(4, 4)
    with memory.precision("cpu", narrow=False):
        assert (a @ a).dtype is torch.float32
    with memory.precision("cpu", narrow=True):
        assert (a @ a).dtype is torch.bfloat16
