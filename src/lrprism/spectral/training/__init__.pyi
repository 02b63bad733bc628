from .config import TrainingConfig
from .devices import Devices, resolve_device
from .gradients import centre_gradients
from .initialisation import initialize
from .loop import TrainingResult, check_devices, fit
from .metrics import Metrics, evaluate
from .pixel_scores import PixelScores, score_pixels
from .prediction import predict
from .seeds import summarize_seeds
from .tasks.classification import Classification
from .tasks.regression import Regression, measure_traits
from .tasks.segmentation import Segmentation
from .tasks.task import AbstractTask, EpochRecord
from .trait_scores import Estimate, RegressionScores, TraitScores, score_traits

__all__ = [
    "AbstractTask",
    "Classification",
    "Devices",
    "EpochRecord",
    "Estimate",
    "Metrics",
    "PixelScores",
    "Regression",
    "RegressionScores",
    "Segmentation",
    "TrainingConfig",
    "TrainingResult",
    "TraitScores",
    "centre_gradients",
    "check_devices",
    "evaluate",
    "fit",
    "initialize",
    "measure_traits",
    "predict",
    "resolve_device",
    "score_pixels",
    "score_traits",
    "summarize_seeds",
]
