import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrprism.errors import DataError, ResultsError
from lrprism.spectral.runs import file_hash, read_run, versions, write_json


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            None,
            r"a run\.json that can be read\. Found .*: No such file or directory\. Give the folder",
        ),
        ("{", r"run\.json should be JSON\. Found an error: .*\. Run again to write it anew\."),
        ("[1]", r"should hold a JSON object\. Found a list\. Run again\."),
    ],
)
def test_a_missing_or_corrupt_run_is_refused(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(DataError, match=message):
        read_run(tmp_path)


def test_json_takes_numpy_paths_and_missing_numbers(tmp_path: Path) -> None:
    data: dict[str, Any] = {
        "std": np.array([1.5, np.nan]),
        "count": np.int64(3),
        "ok": np.bool_(True),
        "file": Path("a") / "b",
        "name": "kochia ε",
        "rows": ({1: float("inf")},),
    }
    path = write_json(tmp_path / "run.json", data)
    expected = {
        "std": [1.5, None],
        "count": 3,
        "ok": True,
        "file": "a/b",
        "name": "kochia ε",
        "rows": [{"1": None}],
    }
    assert json.loads(path.read_text(encoding="utf-8")) == expected
    assert names(tmp_path) == ["run.json"]


def test_what_json_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ResultsError, match=r"run\.json should hold numbers, .* complex .* Convert the value\."
    ):
        write_json(tmp_path / "run.json", {"z": 1j})
    with pytest.raises(
        ResultsError, match=r"Found .*run\.json: No such file or directory\. Choose another place"
    ):
        write_json(tmp_path / "missing" / "run.json", {})
    assert names(tmp_path) == []


def test_file_hash_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert file_hash(tmp_path / "file") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(DataError, match=r"missing should be a file that can be read\. Found: No such file"):
        file_hash(tmp_path / "missing")


def test_versions_name_what_is_installed() -> None:
    installed = versions()
    assert {"python", "lrprism", "torch", "numpy"} <= installed.keys()
    assert next(iter(installed)) == "python"
    assert list(versions(["numpy", "no-such-package-anywhere"])) == ["python", "numpy"]
