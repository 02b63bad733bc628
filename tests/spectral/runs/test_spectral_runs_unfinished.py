from pathlib import Path

import pytest

import lrprism as lp
from lrprism.spectral.runs import UnfinishedRun, read_json, write_json


def test_an_unfinished_run_without_its_record_is_not_given_its_name(tmp_path: Path) -> None:
    run = UnfinishedRun.open(tmp_path / "out", {})
    with pytest.raises(lp.ResultsError, match=r"A run should hold a run\.json\. Found none"):
        run.finish()
    assert not (tmp_path / "out").exists()


def test_work_goes_on_with_the_same_plan(tmp_path: Path) -> None:
    with UnfinishedRun.open(tmp_path / "run", {"seed": 1}) as run:
        (run.work / "batch").touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".run.unfinished"]
    with UnfinishedRun.open(tmp_path / "run", {"seed": 1}) as run:
        assert (run.work / "batch").is_file()
        write_json(run.work / "run.json", {"seed": 1})
        run.finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["batch", "plan.json", "run.json"]


def test_another_plan_begins_anew_with_overwrite_alone(tmp_path: Path) -> None:
    with UnfinishedRun.open(tmp_path / "run", {"seed": 1}) as run:
        (run.work / "batch").touch()
    with pytest.raises(lp.ResultsError, match=r"settings it was begun with\. Found others in .*plan\.json"):
        UnfinishedRun.open(tmp_path / "run", {"seed": 2})
    with UnfinishedRun.open(tmp_path / "run", {"seed": 2}, overwrite=True) as run:
        assert not (run.work / "batch").exists()


def test_where_nothing_was_done_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="bad data"), UnfinishedRun.open(tmp_path / "run", {}):
        raise ValueError("bad data")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_was_taken_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    with UnfinishedRun.open(tmp_path / "run", {}) as run:
        write_json(run.work / "run.json", {"seed": 1})
        (tmp_path / "run").mkdir()
        write_json(tmp_path / "run" / "run.json", {"seed": 2})
        with pytest.raises(lp.ResultsError, match=r"an earlier run .* whole in .*\.run\.unfinished"):
            run.finish()
    assert read_json(tmp_path / "run" / "run.json") == {"seed": 2}
