"""What a network learns, as the training loop asks for it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self, final

import numpy.typing as npt
from torch import Tensor, nn

from lrprism.spectral.training.config import TrainingConfig


@dataclass(frozen=True)
class AbstractScores(ABC):
    """Scores of predictions on one set of samples: a frozen dataclass of plain numbers, texts and tuples."""

    @property
    @abstractmethod
    def samples(self) -> int:
        """Number of samples, or of pixels where each has a target of its own."""


class Losses(NamedTuple):
    """The losses of a training, each a module from outputs and targets to a scalar.

    Args:
        training: The loss of a training step, with weights if there are any.
        validation: The loss on the validation part, of all samples alike.
    """

    training: nn.Module
    validation: nn.Module


@final
@dataclass(frozen=True)
class EpochRecord:
    """The losses, the scores and the time of an epoch.

    Args:
        epoch: Number of the epoch, from 1.
        training_loss: Mean loss of the epoch's steps, over all processes.
        validation_loss: Loss on the validation part after the epoch.
        scores: Scores on the validation part by name, those that the task keeps of each epoch.
        seconds: Time spent on training so far; the time between a kill and a resumption is left out.
    """

    epoch: int
    training_loss: float
    validation_loss: float
    scores: dict[str, float]
    seconds: float


@dataclass(frozen=True)
class AbstractTask(ABC):
    """What a network learns: loss, scores, best epoch, and the names of its outputs.

    Outputs are ``[N, outputs, ...]``; targets ``[N, ...]`` have any shape that the task reads, such as
    ``[N]`` classes, ``[N, traits]`` numbers or ``[N, y, x]`` classes of pixels.

    Args:
        names: Name of each output; empty where nobody has named them.
    """

    name: ClassVar[str]
    """The word for the task, as in ``--task``."""
    noun: ClassVar[str]
    """The word for the outputs, such as "classes"."""
    is_spatial: ClassVar[bool] = False
    group: ClassVar[str] = "group"
    """What samples, or pixels, that are right or wrong together are called."""
    """True if targets lie beside the pixels, ``[N, y, x]``: the augmentation turns them with the patches."""

    names: tuple[str, ...] = ()

    @abstractmethod
    def check(self, outputs: Tensor, targets: Tensor, *, samples: int) -> None:
        """Check that targets are there for each sample and fit what the network returns.

        Args:
            outputs: Outputs of the network for one sample or more.
            targets: The targets of a part.
            samples: Number of samples of the part.

        Raises:
            DataError: If targets are missing, or none that the network can learn.
            ModelError: If the outputs have the wrong shape.
        """

    @abstractmethod
    def build_losses(self, targets: Tensor, outputs: int, config: TrainingConfig) -> Losses:
        """Build the losses of a training.

        Args:
            targets: The targets of the training part.
            outputs: Number of outputs of the network.
            config: The settings.
        """

    @abstractmethod
    def evaluate(
        self, outputs: Tensor, targets: Tensor, *, groups: Sequence[Any] | npt.NDArray[Any] | None = None
    ) -> AbstractScores:
        """Compare outputs with targets.

        Args:
            outputs: The outputs of a part.
            targets: Its targets.
            groups: Plant, field or day of each sample, for intervals; None where none are known.

        Raises:
            DataError: If the targets are none for these outputs.
            ModelError: If the outputs have the wrong shape.
        """

    @abstractmethod
    def score_epoch(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Return the scores on the validation part that the history keeps.

        Args:
            outputs: The outputs of the validation part.
            targets: Its targets.
        """

    @abstractmethod
    def rank_epoch(self, epoch: EpochRecord) -> tuple[float, float]:
        """Return two numbers by which the best epoch is chosen: larger is better, the second breaks ties.

        Args:
            epoch: The epoch.
        """

    @abstractmethod
    def describe_epoch(self, epoch: EpochRecord) -> str:
        """Say in a few words how good an epoch was on the validation part.

        Args:
            epoch: The epoch.
        """

    @abstractmethod
    def describe_test(self, test: Mapping[str, Any]) -> str:
        """Say in one line how good a network was on the test part, without the number of samples.

        Args:
            test: What :meth:`record_scores` returned.
        """

    @abstractmethod
    def find_doubt(self, test: Mapping[str, Any]) -> str | None:
        """Say that a network has learned nothing that could be explained; None if it has.

        Args:
            test: What :meth:`record_scores` returned.
        """

    @abstractmethod
    def list_quantities(self, scores: Any) -> Iterator[tuple[str, str, float | None]]:
        """Yield each score as quantity, name of the output (empty for all together), and value.

        Args:
            scores: The scores of a test.

        Raises:
            InputError: If they are of other outputs than those named.
        """

    @abstractmethod
    def record_scores(self, scores: Any) -> dict[str, Any]:
        """Return scores as plain JSON for the record of a run, by the names of the outputs.

        Args:
            scores: The scores of a test.
        """

    @abstractmethod
    def read_scores(self, record: Mapping[str, Any]) -> AbstractScores:
        """Rebuild scores from ``dataclasses.asdict`` of them, read from JSON.

        Args:
            record: The plain values.
        """

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return all that is needed to build the task again, as plain JSON with its ``"name"``."""

    @classmethod
    @abstractmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild what :meth:`describe` returned.

        Args:
            record: The plain values.
        """
