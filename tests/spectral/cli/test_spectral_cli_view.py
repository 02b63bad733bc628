import webbrowser
from pathlib import Path

import pytest


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "run.json").write_text("{}")
    (tmp_path / "explorer.html").write_text("page")
    return tmp_path


def test_the_page_is_opened_and_its_place_printed(
    lrprism: object, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)
    code, text, _ = lrprism("view", results)
    assert (code, text.strip()) == (0, str(results / "explorer.html"))
    assert opened == [(results / "explorer.html").as_uri()]
    assert lrprism("view", results, "--print")[0] == 0
    assert len(opened) == 1


def test_where_there_is_no_browser_the_page_is_named(
    lrprism: object, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    code, text, _ = lrprism("view", results)
    assert code == 0
    assert text.splitlines()[1] == "No browser was found here: open the file in one."


def test_no_results_are_one_line(lrprism: object, tmp_path: Path) -> None:
    code, _, errors = lrprism("view", tmp_path / "none")
    assert code == 2
    assert errors.startswith("error: ")
    assert len(errors.strip().splitlines()) == 1
