import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import torch
import lrprism as lp

torch.set_num_threads(1)
done = lp.keep_freed_memory() if sys.argv[1] == "keep" else None
x = torch.ones(2**24)  # 64 MiB
for _ in range(10):
    y = x + 1
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    y = x + 1
print(done, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> tuple[str, int]:
    ran = subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True)
    done, count = ran.stdout.split()
    return done, int(count)


@pytest.mark.skipif(sys.platform != "linux", reason="mallopt is glibc's")
def test_freed_memory_is_not_fetched_again_page_by_page() -> None:
    done, kept = faults("keep")
    assert done == "True"
    assert kept < faults("as it is")[1] / 3
