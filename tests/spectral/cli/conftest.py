"""The command line as a person types it."""

import sys
from pathlib import Path

import pytest

from lrprism.spectral.cli import main

Run = tuple[int, str, str]


@pytest.fixture
def lrprism(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.path", list(sys.path))  # the command adds the folder it is called in

    def run(*arguments: str | Path) -> Run:
        monkeypatch.setattr("sys.argv", ["lrprism", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        return int(caught.value.code or 0), captured.out, captured.err

    return run
