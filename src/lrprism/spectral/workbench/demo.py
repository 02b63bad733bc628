"""The demo: a real scene, a trained network, relevance per band, and how far to trust it."""

from pathlib import Path
from typing import Any

from lrprism.spectral.runs import read_run, write_json
from lrprism.spectral.runs.record import RUN_FILE
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.workbench.candidates import Candidate
from lrprism.spectral.workbench.choice import Choice
from lrprism.spectral.workbench.explain import explain_into
from lrprism.spectral.workbench.explanation_settings import ExplanationSettings
from lrprism.spectral.workbench.preparation import Preparation
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.sources import INDIAN_PINES
from lrprism.spectral.workbench.split_settings import SplitSettings
from lrprism.spectral.workbench.train import TrainingSettings, train_into
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from lrprism.spectral.workbench.trust import measure_trust

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
        The content of ``run.json``: training, explanation, and how far it can be trusted.
    """
    explanation.check_rule()  # a wrong name should not cost a training first
    train_into(folder, training, reporter)
    record = explain_into(folder, folder, explanation, reporter)
    run = read_run(folder)
    if record is not None:  # of several processes one goes on
        candidate = Candidate(explanation.rule, explanation.reference_name)
        if record["choice"] is not None:
            candidate = Choice.from_record(record["choice"]).winner
        run["trust"] = measure_trust(TrainedNetwork.load(folder), candidate, explanation.seed, reporter)
        write_json(folder / RUN_FILE, run)
    return run
