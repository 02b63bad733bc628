"""Lightning's messages and signals that a user's terminal should not see."""

import logging
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Silence Lightning's advertisements and its own deprecated calls."""
    loggers = [
        logging.getLogger(name) for name in ("lightning.pytorch", "lightning.pytorch.utilities.rank_zero")
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            # Lightning 2.6 asks `isinstance(treespec, LeafSpec)`, which torch 2.13 deprecates: not our call
            warnings.filterwarnings("ignore", message=r".*treespec, LeafSpec", category=FutureWarning)
            # batches are cut in the main process on purpose: they are slices of an array that is there
            warnings.filterwarnings("ignore", message=r".*does not have many workers")
            # the weights of a depthwise convolution have one stride that means nothing, and channels-last
            # gradients another: the buckets of DDP copy them, which costs next to nothing
            warnings.filterwarnings("ignore", message=r"Grad strides do not match bucket view strides")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def keyboard_interrupt() -> Iterator[None]:
    """Pass Ctrl-C on: Lightning would end the process and leave Ctrl-C dead.

    Raises:
        KeyboardInterrupt: If the user pressed Ctrl-C.
        SystemExit: If the process is to end for another reason.
    """
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as error:
        if not isinstance(error.__context__, KeyboardInterrupt):
            raise
        signal.signal(signal.SIGINT, handler)
        raise KeyboardInterrupt from None
