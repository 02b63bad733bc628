"""The loop that trains networks, and the numbers that say how good they are."""

from lrprism.training.classifier import EpochRecord
from lrprism.training.config import TrainingConfig
from lrprism.training.devices import resolve_device
from lrprism.training.gradients import centre_gradients
from lrprism.training.initialisation import initialize
from lrprism.training.loop import TrainingResult, fit
from lrprism.training.metrics import Metrics, evaluate
from lrprism.training.prediction import predict

__all__ = [
    "EpochRecord",
    "Metrics",
    "TrainingConfig",
    "TrainingResult",
    "centre_gradients",
    "evaluate",
    "fit",
    "initialize",
    "predict",
    "resolve_device",
]
