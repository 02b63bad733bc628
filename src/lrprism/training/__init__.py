"""The loop that trains networks, and the numbers that say how good they are."""

from lrprism.training.config import TrainingConfig
from lrprism.training.devices import Devices, resolve_device
from lrprism.training.epochs import EpochRecord
from lrprism.training.gradients import centre_gradients
from lrprism.training.initialisation import initialize
from lrprism.training.loop import TrainingResult, check_devices, fit
from lrprism.training.metrics import Metrics, evaluate
from lrprism.training.prediction import predict
from lrprism.training.seeds import over_seeds

__all__ = [
    "Devices",
    "EpochRecord",
    "Metrics",
    "TrainingConfig",
    "TrainingResult",
    "centre_gradients",
    "check_devices",
    "evaluate",
    "fit",
    "initialize",
    "over_seeds",
    "predict",
    "resolve_device",
]
