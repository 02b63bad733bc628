"""All tasks by name, and the task of a run."""

from collections.abc import Mapping
from typing import Any, Final

from lrprism.errors import DataError
from lrprism.spectral.training.tasks.classification import Classification
from lrprism.spectral.training.tasks.regression import Regression
from lrprism.spectral.training.tasks.segmentation import Segmentation
from lrprism.spectral.training.tasks.task import AbstractTask

TASKS: Final[dict[str, type[AbstractTask]]] = {
    task.name: task for task in (Classification, Regression, Segmentation)
}
"""The tasks, by the word that the command line and ``run.json`` have for them."""


def read_task(record: Mapping[str, Any]) -> AbstractTask:
    """Rebuild the task of a trained network.

    Args:
        record: The record of its training, with ``"task"`` as :meth:`AbstractTask.describe` returned it.

    Raises:
        DataError: If the record names no task of this version.
    """
    task = record.get("task")
    name = task.get("name") if isinstance(task, dict) else None
    if not isinstance(task, dict) or name not in TASKS:
        raise DataError(
            f"the run should name its task: {', '.join(TASKS)}. Found {name or 'none'} in its record. Train "
            "the network again."
        )
    return TASKS[name].from_record(task)
