"""The loop that trains networks, and the numbers that say how good they are."""

from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.devices import Devices, resolve_device
from lrprism.spectral.training.epochs import EpochRecord
from lrprism.spectral.training.gradients import centre_gradients
from lrprism.spectral.training.initialisation import initialize
from lrprism.spectral.training.loop import TrainingResult, check_devices, fit
from lrprism.spectral.training.metrics import Metrics, evaluate
from lrprism.spectral.training.prediction import predict
from lrprism.spectral.training.seeds import over_seeds

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
