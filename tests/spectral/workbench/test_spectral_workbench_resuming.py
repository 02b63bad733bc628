import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr

import lrprism as lp
from lrprism.spectral.runs import UnfinishedRun
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench import ExplanationSettings, explain_into, plan_explanation
from processes import environment
from small_runs import SILENT, write_patches

SCRIPT = Path(__file__).parent / "kill_and_resume.py"
SETTINGS = ExplanationSettings(devices=Devices("cpu"), batch_size=1, per_class=None, figures="none")


@pytest.fixture(scope="module")
def whole(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    explain_into(folder, trained, SETTINGS, SILENT)
    return folder


def assert_equal(one: Path, other: Path) -> None:
    first, second = (xr.open_zarr(each / "relevance.zarr").load() for each in (one, other))
    xr.testing.assert_identical(first, second)
    for name in ("bands.csv", "conservation.csv"):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    records = [json.loads((each / "run.json").read_text())["explanation"] for each in (one, other)]
    assert records[0] == records[1]


def test_killed_at_any_moment_it_goes_on_and_ends_equal(
    trained: Path, whole: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    moments = pytestconfig.getoption("--kills")
    ran = subprocess.run(
        [sys.executable, SCRIPT, trained, tmp_path, str(moments)],
        capture_output=True, text=True, timeout=600,
        env=environment(),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    kills, finished = (int(word) for word in ran.stdout.split()[-2:])
    assert kills == moments
    for number in range(finished):
        assert_equal(tmp_path / f"out-{number}", whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"out-{number}" for number in range(finished)]


def test_two_processes_give_what_one_gives(trained: Path, whole: Path, tmp_path: Path) -> None:
    command = [
        Path(sys.executable).with_name("lrprism"), "explain", trained, "--out", tmp_path / "two",
        "--per-class", "0", "--batch-size", "1", "--figures", "none",
        "--accelerator", "cpu", "--devices", "2", "--strategy", "ddp",
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("reached the input") == 1
    first, second = (xr.open_zarr(each / "relevance.zarr").load() for each in (tmp_path / "two", whole))
    xr.testing.assert_identical(first, second)


def test_other_settings_do_not_go_on_with_the_work(trained: Path, tmp_path: Path) -> None:
    plan = plan_explanation(trained, SETTINGS)
    work = UnfinishedRun.open(tmp_path / "out", plan).work
    with pytest.raises(lp.ResultsError, match=r"settings it was begun with\. Found others .* --overwrite"):
        UnfinishedRun.open(tmp_path / "out", {**plan, "weights_sha256": "other"})
    (work / "left").touch()
    UnfinishedRun.open(tmp_path / "out", {**plan, "weights_sha256": "other"}, overwrite=True)
    assert sorted(path.name for path in work.iterdir()) == ["plan.json"]


def test_other_data_do_not_go_on_with_the_work(trained: Path, tmp_path: Path) -> None:
    data = write_patches(tmp_path / "new.hdf5", samples=5)
    settings = ExplanationSettings(source=str(data), devices=Devices("cpu"), figures="none")
    explain_into(tmp_path, trained, settings, SILENT)
    data.unlink()
    write_patches(data, samples=6)
    with pytest.raises(lp.ResultsError, match=r"taken up with the same data. Found data of hash"):
        explain_into(tmp_path, trained, settings, SILENT)
