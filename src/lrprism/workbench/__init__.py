"""From a data file to a run folder: training, explaining, and the demo that does both."""

from lrprism.workbench.demo import demonstrate
from lrprism.workbench.explaining import COMPOSITES, ExplanationSettings, explain_into, plan_of
from lrprism.workbench.networks import NetworkSettings
from lrprism.workbench.sources import Preparation, Samples, open_samples
from lrprism.workbench.splitting import SCHEMES, VALIDATIONS, SplitSettings
from lrprism.workbench.steps import STEPS, parse_steps
from lrprism.workbench.training import (
    AdoptionSettings,
    TrainingSettings,
    adopt_into,
    train_into,
    training_plan,
)

__all__ = [
    "COMPOSITES",
    "SCHEMES",
    "STEPS",
    "VALIDATIONS",
    "AdoptionSettings",
    "ExplanationSettings",
    "NetworkSettings",
    "Preparation",
    "Samples",
    "SplitSettings",
    "TrainingSettings",
    "adopt_into",
    "demonstrate",
    "explain_into",
    "open_samples",
    "parse_steps",
    "plan_of",
    "train_into",
    "training_plan",
]
