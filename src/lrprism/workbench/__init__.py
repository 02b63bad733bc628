"""From a data file to a run folder: training, explaining, and the demo that does both."""

from lrprism.workbench.batches import Devices
from lrprism.workbench.demo import demonstrate
from lrprism.workbench.explaining import COMPOSITES, ExplanationSettings, explain_into, plan_of
from lrprism.workbench.sources import Preparation, Samples, open_samples
from lrprism.workbench.training import TrainingSettings, train_into

__all__ = [
    "COMPOSITES",
    "Devices",
    "ExplanationSettings",
    "Preparation",
    "Samples",
    "TrainingSettings",
    "demonstrate",
    "explain_into",
    "open_samples",
    "plan_of",
    "train_into",
]
