"""The demo: a real scene, a trained network, relevance per band, and how far to trust it."""

from pathlib import Path
from typing import Any

from lrprism.spectral.runs import read_run
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.workbench.explain import explain_into
from lrprism.spectral.workbench.explanation_settings import ExplanationSettings
from lrprism.spectral.workbench.preparation import Preparation
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.sources import INDIAN_PINES
from lrprism.spectral.workbench.split_settings import SplitSettings
from lrprism.spectral.workbench.train import TrainingSettings, train_into

TRAINING = TrainingSettings(
    source=INDIAN_PINES,
    preparation=Preparation(average_pairs=True, window=7),
    split=SplitSettings("blocks", test_fraction=0.3, per_class=200),
    training=TrainingConfig(epochs=10, augment=True, initialize=True),
)


def demonstrate(
    folder: Path, training: TrainingSettings, explanation: ExplanationSettings, reporter: Reporter
) -> dict[str, Any]:
    """Train on Indian Pines and explain test patches of every class, all in one run folder.

    Args:
        folder: The folder to write into; it must exist.
        training: The training; :data:`TRAINING` is the demo's.
        explanation: The explanation.
        reporter: Shows the progress.

    Returns:
        The content of ``run.json``: training, explanation, and the verdict on it.
    """
    explanation.check_rule()  # a wrong name should not cost a training first
    train_into(folder, training, reporter)
    explain_into(folder, folder, explanation, reporter)
    return read_run(folder)
