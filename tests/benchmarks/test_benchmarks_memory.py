"""The peak of a call, by hand."""

import sys

import pytest
import torch
from torch import Tensor

from benchmarks import memory

MB = 1_000_000
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux_only
def test_the_peak_counts_what_is_in_use_at_the_worst_moment() -> None:
    def run() -> Tensor:
        first = torch.ones(25 * MB)  # 100 MB
        second = first + 1  # 200 MB in use
        del first
        return second[:10] + torch.ones(5 * MB)[:10]  # 120 MB in use

    # a test before this one may have told the allocator to keep what is freed
    memory._return_freed_memory()
    resident = torch.ones(25 * MB)  # before the call: not counted
    assert memory._resident(run) == pytest.approx(200 * MB, rel=0.1)
    assert memory._resident(lambda: resident[:10]) < 10 * MB


def test_a_device_without_autocast_computes_as_usual() -> None:
    a = torch.rand(4, 4)
    with memory.precision("cpu", narrow=False):
        assert (a @ a).dtype is torch.float32
    with memory.precision("cpu", narrow=True):
        assert (a @ a).dtype is torch.bfloat16
