"""A pass over all batches on several devices; imported late: Lightning takes seconds."""

from collections.abc import Callable, Sequence
from typing import Any

import lightning
from torch.utils.data import DataLoader, Dataset

from lrprism.spectral.training import Devices
from lrprism.spectral.training.lightning_quirks import keyboard_interrupt, quiet_lightning
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.patch_explainer import SampleExplainer
from lrprism.spectral.workbench.relevance_store import RelevanceStore, sample_arrays


class _ExplainingModule(lightning.LightningModule):
    """One batch of samples a step; nothing is trained."""

    def __init__(self, explainer: SampleExplainer, store: RelevanceStore, numbers: Numbers) -> None:
        super().__init__()
        self.model, self._explainer, self._store, self._numbers = explainer.model, explainer, store, numbers

    def predict_step(self, batch: int) -> int:
        dataset, account = self._explainer.explain(self._numbers[self._store.batch_slice(batch)])
        self._store.write(batch, sample_arrays(dataset), account)
        return batch


class _BatchNumbers(Dataset[int]):
    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: int) -> int:
        return self._numbers[index]


class _Progress(lightning.Callback):
    def __init__(self, advance: Any) -> None:
        self._advance = advance

    def on_predict_batch_end(self, *_: Any, **__: Any) -> None:
        self._advance()


def explain_over_devices(
    explainer: SampleExplainer,
    store: RelevanceStore,
    numbers: Numbers,
    devices: Devices,
    advance: Callable[[], None],
) -> bool:
    """Explain every batch that is not yet in the store, each device its share of them.

    Args:
        explainer: Explains a batch.
        store: Takes the results.
        numbers: Numbers of all samples.
        devices: Devices to run on.
        advance: Shows that a batch is done.

    Returns:
        True in the process that goes on; the others are done.

    Raises:
        InputError: If the devices are not there.
    """
    with quiet_lightning(), keyboard_interrupt():
        # LRP needs gradients, which Lightning's inference mode forbids
        trainer = devices.trainer(callbacks=[_Progress(advance)], inference_mode=False)
        # the workers get numbers of batches: each process cuts its own samples
        missing = _BatchNumbers(store.batches())
        loader: DataLoader[int] = DataLoader(missing, batch_size=1, collate_fn=_unpack_single)
        trainer.predict(_ExplainingModule(explainer, store, numbers), loader, return_predictions=False)
        # without it the first process would join batches that others still write
        trainer.strategy.barrier("every batch is written")
    return bool(trainer.is_global_zero)


def _unpack_single(batches: list[int]) -> int:
    return batches[0]
