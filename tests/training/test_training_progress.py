import io
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from lrprism.training.progress import TrainingProgress


def test_a_terminal_shows_one_bar_that_names_what_is_done() -> None:
    output = io.StringIO()
    bar = TrainingProgress("Hyper3DNetLite", 4, Console(file=output, force_terminal=True, width=120))
    trainer: Any = SimpleNamespace(current_epoch=0, max_epochs=2, global_step=0)
    module: Any = None
    bar.on_train_start(trainer, module)
    for step in range(4):
        trainer.current_epoch = step // 2
        bar.on_train_batch_end(trainer, module, {"loss": 1.5 - step / 4}, None, step)
    bar.on_train_epoch_end(trainer, module)
    bar.on_train_end(trainer, module)
    assert "training Hyper3DNetLite, epoch 2 of 2, loss 0.750" in output.getvalue()
    assert "0:00:00" in output.getvalue()


def test_an_exception_takes_the_bar_away() -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    bar = TrainingProgress("network", 4, console)
    trainer: Any = SimpleNamespace(current_epoch=0, max_epochs=1)
    module: Any = None
    bar.on_train_start(trainer, module)
    bar.on_exception(trainer, module, KeyboardInterrupt())
    bar.on_train_batch_end(trainer, module, {"loss": 1.0}, None, 0)
    assert bar._bar is None
