import io
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from lrprism.spectral.training import Classification, EpochRecord
from lrprism.spectral.training.progress import TrainingProgress


def trainer_at(step: int, *, epoch: int, first_process: bool = True) -> Any:
    """Lightning's trainer in a training of 2 epochs of 2 steps."""
    return SimpleNamespace(
        current_epoch=epoch, max_epochs=2, global_step=step, estimated_stepping_batches=4,
        is_global_zero=first_process,
    )  # fmt: skip


def test_a_terminal_shows_one_bar_that_names_what_is_done() -> None:
    output = io.StringIO()
    bar = TrainingProgress("Hyper3DNetLite", Console(file=output, force_terminal=True, width=120))
    trainer = trainer_at(0, epoch=0)
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
    bar = TrainingProgress("network", console)
    trainer = trainer_at(0, epoch=0)
    module: Any = None
    bar.on_train_start(trainer, module)
    bar.on_exception(trainer, module, KeyboardInterrupt())
    bar.on_train_batch_end(trainer, module, {"loss": 1.0}, None, 0)
    assert bar._bar is None


def test_a_resumed_bar_begins_where_the_training_does() -> None:
    output = io.StringIO()
    bar = TrainingProgress("network", Console(file=output, force_terminal=True, width=120))
    trainer, module = trainer_at(2, epoch=1), cast(Any, None)
    bar.on_train_start(trainer, module)
    assert bar._bar
    assert bar._bar.tasks[0].percentage == 50
    bar.on_train_batch_end(trainer, module, {"loss": 1.0}, None, 0)
    assert bar._bar.tasks[0].percentage == 75
    bar.on_train_end(trainer, module)
    assert "training network, epoch 2 of 2, loss 1.000" in output.getvalue()


@pytest.mark.parametrize(("first", "left"), [(0, 3), (2, 10)])
def test_the_time_left_is_reckoned_from_the_steps_of_this_call(
    first: int, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = io.StringIO()
    line = TrainingProgress("network", Console(file=output))
    epoch = EpochRecord(2, training_loss=0.5, validation_loss=0.5, scores={"macro_f1": 1.0}, seconds=9)
    module: Any = SimpleNamespace(history=[epoch], task=Classification())
    monkeypatch.setattr("lrprism.spectral.training.progress.monotonic", lambda: 100.0)
    line.on_train_start(trainer_at(first, epoch=1), module)
    # 10 s later step 3 of 4 is done: 3 steps since step 0 leave 10 / 3 s, 1 step since step 2 leaves 10 s
    monkeypatch.setattr("lrprism.spectral.training.progress.monotonic", lambda: 110.0)
    line.on_train_epoch_end(trainer_at(3, epoch=1), module)
    assert f"training network, epoch 2 of 2, loss 0.500, validation macro F1 1.000, about {left} s left" in (
        output.getvalue()
    )


def test_only_the_first_process_speaks() -> None:
    for terminal in (True, False):
        output = io.StringIO()
        bar = TrainingProgress("network", Console(file=output, force_terminal=terminal))
        trainer, module = trainer_at(0, epoch=0, first_process=False), cast(Any, None)
        bar.on_train_start(trainer, module)
        bar.on_train_batch_end(trainer, module, {"loss": 1.0}, None, 0)
        bar.on_train_epoch_end(trainer, module)
        bar.on_train_end(trainer, module)
        assert output.getvalue() == ""
