from .config import TrainingConfig
from .devices import Devices, resolve_device
from .gradients import centre_gradients
from .initialisation import initialize
from .loop import TrainingResult, check_devices, fit
from .metrics import Metrics, evaluate
from .prediction import predict
from .seeds import summarize_seeds
from .tasks.classification import Classification
from .tasks.task import AbstractTask, EpochRecord

__all__ = [
    "AbstractTask",
    "Classification",
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
