from .config import TrainingConfig
from .devices import Devices, resolve_device
from .gradients import centre_gradients
from .initialisation import initialize
from .loop import TrainingResult, check_devices, fit
from .metrics import EpochRecord, Metrics, evaluate
from .prediction import predict
from .seeds import summarize_seeds

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
    "predict",
    "resolve_device",
    "summarize_seeds",
]
