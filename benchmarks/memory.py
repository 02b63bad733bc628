"""Peak memory of one explanation, above the loaded model and its input: a fresh process for each figure.

On a processor it is the largest resident set during the call, less the pages of files (code of libraries,
which grow as it is used) and less what was resident before. Freed memory goes back to the system at once, so
that a peak is what is in use, not what the allocator keeps. On a GPU it is what torch's allocator counts.
"""

import ctypes
import multiprocessing
import warnings
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch import nn

from benchmarks.contestants import Contestant, Run
from benchmarks.subjects import Subject

_M_MMAP_THRESHOLD = -3  # of mallopt(3)
_PAGES = 64 * 1024  # bytes; larger tensors get pages of their own, which go back when they are freed


def precision(device: str, *, narrow: bool) -> AbstractContextManager[object]:
    """Return autocast to bfloat16, or nothing."""
    return torch.autocast(torch.device(device).type, torch.bfloat16) if narrow else nullcontext()


def peak(subject: Subject, contestant: Contestant, device: str = "cpu", *, narrow: bool = False) -> int:
    """Return the bytes of one call in a process of its own.

    Args:
        subject: The model.
        contestant: The contestant that explains it.
        device: The device.
        narrow: Whether under autocast to bfloat16.

    Raises:
        MemoryError: If the process was killed, most likely for its memory.
    """
    context = multiprocessing.get_context("spawn")  # a fork of a process with threads of OpenMP can hang
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            threads = torch.get_num_threads()
            return pool.submit(measure_call, subject, contestant, device, threads, narrow=narrow).result()
        except BrokenProcessPool as error:
            raise MemoryError("the process was killed") from error


def measure_call(subject: Subject, contestant: Contestant, device: str, threads: int, *, narrow: bool) -> int:
    """Load the model, get ready, and measure one call: the body of the fresh process."""
    warnings.simplefilter("ignore")  # as where the time is measured
    _return_freed_memory()
    torch.set_num_threads(threads)
    loaded = subject.load(device)
    with contestant.enter(loaded) as ready, precision(device, narrow=narrow):
        run = ready(loaded.sample(0))
        # outside the measurement
        _start_threads(device)
        return _on_gpu(run) if device.startswith("cuda") else _resident(run)


def _return_freed_memory() -> None:
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_MMAP_THRESHOLD, _PAGES)
        library.malloc_trim(0)  # what was kept until now


def _start_threads(device: str) -> None:
    """Let torch start its threads and load its kernels, which the first call of a process pays for."""
    leaf = torch.rand(2, 3, 16, 16, device=device, requires_grad=True)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 14 * 14, 2)).to(device)
    model(leaf).sum().backward()


def _on_gpu(run: Run) -> int:
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    result = run()
    torch.cuda.synchronize()
    del result
    return torch.cuda.max_memory_allocated() - before


def _resident(run: Run) -> int:
    # pages of files do not count: code is loaded as it is used
    before = _status()["RssAnon"]
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets VmHWM, the largest resident set
    result = run()
    after = _status()
    del result
    return max(after["VmHWM"] - after["RssFile"] - before, 0)


def _status() -> dict[str, int]:
    """Return the memory that Linux counts for this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    entries = [line.partition(":") for line in lines if line.endswith(" kB")]
    return {name: 1024 * int(value.split()[0]) for name, _, value in entries}
