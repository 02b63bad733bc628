import pytest

from lrprism.errors import DataError
from lrprism.spectral.training import Classification
from lrprism.spectral.training.tasks.registry import TASKS, read_task


def test_every_task_is_found_by_its_name() -> None:
    assert all(task.name == name and task.noun for name, task in TASKS.items())
    task = Classification(("oak", "elm"))
    assert read_task({"task": task.describe()}) == task


@pytest.mark.parametrize(("record", "name"), [({}, "none"), ({"task": {"name": "poetry"}}, "poetry")])
def test_a_record_without_a_task_is_refused(record: dict[str, object], name: str) -> None:
    with pytest.raises(
        DataError, match=rf"should name its task: classification.* Found {name} in its record"
    ):
        read_task(record)
