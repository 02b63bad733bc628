import subprocess
import sys

import pytest

FAULTS = """
import resource
import torch
import lrprism as lp

def faults():
    for _ in range(3):
        y = x + 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(6):
        y = x + 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

torch.set_num_threads(1)
x = torch.ones(2**24)  # 64 MiB
print(faults(), lp.keep_freed_memory(), faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mallopt is glibc's")
def test_freed_memory_is_not_fetched_again_page_by_page() -> None:
    # in a process of its own, because the setting lasts
    ran = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    without_call, done, with_call = ran.stdout.split()
    assert done == "True"
    assert int(with_call) < int(without_call) / 3
