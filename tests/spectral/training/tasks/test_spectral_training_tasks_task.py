"""The loop trains any task: here one of our own, with a class for each pixel and pixels left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from lrprism.spectral.training import AbstractTask, Devices, EpochRecord, TrainingConfig, fit
from lrprism.spectral.training.tasks.task import AbstractScores, Losses

CPU = Devices("cpu")


@dataclass(frozen=True)
class Right(AbstractScores):
    right: int
    samples: int = 0


class PixelTask(AbstractTask):
    """A class for each pixel; -1 is no label."""

    name: ClassVar[str] = "pixels"
    noun: ClassVar[str] = "classes"
    is_spatial: ClassVar[bool] = True

    def check(self, outputs: Tensor, targets: Tensor, *, samples: int) -> None:
        assert outputs.shape[2:] == targets.shape[1:]
        assert len(targets) == samples

    def build_losses(self, targets: Tensor, outputs: int, config: TrainingConfig) -> Losses:
        del targets, outputs, config
        return Losses(*(nn.CrossEntropyLoss(ignore_index=-1) for _ in range(2)))

    def evaluate(self, outputs: Tensor, targets: Tensor, *, groups: Any = None) -> Right:
        del groups
        known = targets >= 0
        return Right(int((outputs.argmax(1) == targets)[known].sum()), int(known.sum()))

    def score_epoch(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        right = self.evaluate(outputs, targets)
        return {"share": right.right / right.samples}

    def rank_epoch(self, epoch: EpochRecord) -> tuple[float, float]:
        return epoch.scores["share"], -epoch.validation_loss

    def describe_epoch(self, epoch: EpochRecord) -> str:
        return f"share {epoch.scores['share']}"

    def describe_test(self, test: Mapping[str, Any]) -> str:
        return str(test)

    def find_doubt(self, test: Mapping[str, Any]) -> str | None:
        del test
        return None

    def list_quantities(self, scores: Right) -> Iterator[tuple[str, str, float | None]]:
        yield "right", "", scores.right

    def record_scores(self, scores: Right) -> dict[str, Any]:
        return {"right": scores.right}

    def read_scores(self, record: Mapping[str, Any]) -> Right:
        return Right(**record)

    def describe(self) -> dict[str, Any]:
        return {"name": self.name}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        del record
        return cls()


def draw_pixels(samples: int, seed: int) -> TensorDataset:
    """The sign of the first band is the class of a pixel; a fifth of the pixels has none."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(samples, 2, 4, 4, generator=generator)
    targets = (x[:, 0] > 0).long()
    targets[torch.rand(targets.shape, generator=generator) < 0.2] = -1
    return TensorDataset(x, targets)


def test_targets_turn_with_their_patches_and_pixels_without_a_label_are_left_out() -> None:
    torch.manual_seed(0)
    model = nn.Conv2d(2, 2, 1)
    # only a target that was turned with its patch can be learned from one pixel at a time
    config = TrainingConfig(epochs=6, learning_rate=0.2, augment=True, centre_gradients=False, devices=CPU)
    result = fit(model, draw_pixels(60, 0), draw_pixels(20, 1), config, task=PixelTask(), progress=False)
    assert result.best.scores["share"] > 0.95
    assert result.best.epoch == max(result.history, key=PixelTask().rank_epoch).epoch
