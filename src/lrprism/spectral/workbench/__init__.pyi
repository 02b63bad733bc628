from .adopt import AdoptionSettings, adopt_into
from .composites import COMPOSITES
from .demo import demonstrate
from .explain import explain_into, plan_explanation
from .explanation_settings import ExplanationSettings
from .networks import NetworkSettings
from .preparation import Preparation
from .references import REFERENCES
from .scene_files import SceneFile
from .simulate import describe_truth, simulate_into
from .sources import Samples, open_samples
from .split_settings import VALIDATIONS, SplitSettings
from .train import TrainingSettings, plan_training, train_into

__all__ = [
    "COMPOSITES",
    "REFERENCES",
    "VALIDATIONS",
    "AdoptionSettings",
    "ExplanationSettings",
    "NetworkSettings",
    "Preparation",
    "Samples",
    "SceneFile",
    "SplitSettings",
    "TrainingSettings",
    "adopt_into",
    "demonstrate",
    "describe_truth",
    "explain_into",
    "open_samples",
    "plan_explanation",
    "plan_training",
    "simulate_into",
    "train_into",
]
