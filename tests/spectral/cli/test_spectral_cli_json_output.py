import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lrprism.spectral.cli.json_output import print_json, print_run


def test_one_document_without_nan(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": np.float64("nan"), "b": np.arange(2), "c": Path("x")})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [0, 1], "c": "x"}


def test_the_record_of_a_run_with_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.json").write_text('{"training": {"seed": 3}}')
    print_run(tmp_path, words=["said"])
    assert json.loads(capsys.readouterr().out) == {
        "folder": str(tmp_path),
        "files": [str(tmp_path / "run.json")],
        "training": {"seed": 3},
        "words": ["said"],
    }


def test_data_and_networks_are_inspected(lrprism: object, patch_file: Path, trained: Path) -> None:
    code, text, _ = lrprism("inspect", patch_file, "--wavelengths", "400:950", "--json")
    facts = json.loads(text)
    assert (code, facts["source"]) == (0, str(patch_file))
    assert facts["classes"] == ["class 0 (8)", "class 1 (8)", "class 2 (8)"]
    assert facts["shape"] == "24 sample, 12 band, 5 y, 5 x"
    code, text, _ = lrprism("inspect", trained, "--json")
    facts = json.loads(text)
    assert (code, facts["rule"], facts["training"]["class_codes"]) == (0, "epsilon", [0, 1, 2])


def test_commands_print_their_record_and_nothing_else(lrprism: object, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--figures", "none", "--per-class", "2", "--out", out, "--json")
    code, text, progress = lrprism("explain", trained, *options)
    assert code == 0, progress
    run = json.loads(text)
    assert run == {
        "folder": str(out),
        "files": sorted(map(str, out.iterdir())),
        **json.loads((out / "run.json").read_text()),
    }
    assert "explaining" in progress
    code, text, _ = lrprism("compare", out, "--classes", "0,2", "--out", tmp_path / "contrast", "--json")
    assert code == 0
    _, title, *_ = json.loads(text)["comparison"]["words"]  # behind what speaks against the maps
    assert title.startswith("class 0 (2 samples) less class 2 (")
    options = ("--rules", "epsilon", "--samples", "6", "--width", "2", "--out", tmp_path / "trust", "--json")
    code, text, errors = lrprism("evaluate", trained, *options)
    assert code == 0, errors
    rows = json.loads(text)["judgement"]
    assert len(rows) == len(pd.read_csv(tmp_path / "trust" / "evaluation.csv"))
