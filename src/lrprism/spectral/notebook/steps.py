"""The steps of ``lrprism train`` and ``lrprism explain`` as functions."""

from __future__ import annotations

import os
from pathlib import Path

from lrprism.errors import InputError
from lrprism.spectral.notebook.results import Results, read_results
from lrprism.spectral.runs import UnfinishedRun
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench import (
    ExplanationSettings,
    TrainingSettings,
    explain_into,
    plan_explanation,
    plan_training,
    train_into,
)
from lrprism.spectral.workbench.progress import Reporter

Folder = str | os.PathLike[str]


def train(
    settings: TrainingSettings, out: Folder, *, overwrite: bool = False, quiet: bool = False
) -> Results:
    """Train a network, as ``lrprism train`` does; after a kill the same call goes on where it stopped.

    Args:
        settings: The data, their preparation and split, the network and the way to train it. The command
            trains with ``TrainingConfig(augment=True, initialize=True)``.
        out: The folder of the run, which appears when all is done.
        overwrite: Whether an earlier run may be replaced.
        quiet: Whether no progress is shown on the standard error.

    Raises:
        DataError: If the data or weights cannot be read, or the data cannot be split.
        InputError: If a setting cannot be used, or several processes are asked for.
        ModelError: If the network does not fit the data, or the weights.
        ResultsError: If the folder cannot take a run, or holds unfinished work of other settings.
    """
    _check_one_process(settings.training.devices)
    with UnfinishedRun.open(Path(out), plan_training(settings), overwrite=overwrite) as unfinished:
        train_into(unfinished.work, settings, Reporter(not quiet))
        unfinished.finish()
    return read_results(out)


def explain(
    run: Results | Folder,
    out: Folder,
    settings: ExplanationSettings | None = None,
    *,
    overwrite: bool = False,
    quiet: bool = False,
) -> Results:
    """Explain samples with a trained network, as ``lrprism explain`` does; see :func:`train`.

    Args:
        run: The results of the training, or their folder.
        out: The folder of the results, which appears when all is done.
        settings: The samples and the way to explain them; None for those of the command.
        overwrite: Whether earlier results may be replaced.
        quiet: Whether no progress is shown on the standard error.

    Raises:
        DataError: If the network or the data cannot be read, or they do not fit each other.
        InputError: If a setting cannot be used, or several processes are asked for.
        ModelError: If a rule is to be chosen for a network at chance level.
        ResultsError: If the folder cannot take a run, or holds unfinished work of other settings.
    """
    settings = settings or ExplanationSettings()
    _check_one_process(settings.devices)
    network = run.folder if isinstance(run, Results) else Path(run).expanduser()
    with UnfinishedRun.open(
        Path(out), plan_explanation(network, settings), overwrite=overwrite
    ) as unfinished:
        explain_into(unfinished.work, network, settings, Reporter(not quiet))
        unfinished.finish()
    return read_results(out)


def _check_one_process(devices: Devices) -> None:
    """Check that the work runs in this process: others would run the notebook from its start.

    Raises:
        InputError: If several are asked for.
    """
    # one device by its number of devices or, with a comma, by its index
    is_one = devices.devices == "1" or (devices.devices.endswith(",") and devices.devices.count(",") == 1)
    if devices.strategy != "auto" or devices.nodes != 1 or not is_one:
        raise InputError(
            f"a step in Python should run in one process. Found {devices}. Use the commands `lrprism train` "
            "and `lrprism explain` for several."
        )
