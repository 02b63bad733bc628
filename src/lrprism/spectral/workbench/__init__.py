"""From a data file to a run folder: training, explaining, and the demo that does both."""

from lrprism.spectral.workbench.demo import demonstrate
from lrprism.spectral.workbench.explaining import COMPOSITES, ExplanationSettings, explain_into, plan_of
from lrprism.spectral.workbench.networks import NetworkSettings
from lrprism.spectral.workbench.sources import Preparation, Samples, open_samples
from lrprism.spectral.workbench.splitting import SCHEMES, VALIDATIONS, SplitSettings
from lrprism.spectral.workbench.steps import STEPS, parse_steps
from lrprism.spectral.workbench.training import (
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
