import signal
import subprocess
import sys
import webbrowser
from pathlib import Path
from urllib.request import urlopen

import pytest

from made_up_results import write_small_page
from processes import environment


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


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_scene_is_served_until_ctrl_c(tmp_path: Path, ending: signal.Signals) -> None:
    write_small_page(tmp_path, 20)
    # as a shell starts what runs in the background
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    command = [sys.executable, "-m", "lrprism", "view", str(tmp_path), "--serve", "--print"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        signal.signal(signal.SIGINT, before)
        try:
            assert process.stdout is not None
            url, *words = process.stdout.readline().split()
            assert words == ["until", "Ctrl-C"]
            with urlopen(url, timeout=30) as answer:
                assert b"connect-src 'self'" in answer.read()
            process.send_signal(ending)
            output, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_port_belongs_to_a_server(lrprism: object, results: Path) -> None:
    code, _, errors = lrprism("view", results, "--port", "8000")
    assert code == 2
    assert errors.startswith("error: --port should come with --serve. Found --port 8000 alone.")


def test_samples_are_not_served(lrprism: object, results: Path) -> None:
    code, _, errors = lrprism("view", results, "--serve", "--print")
    assert code == 2
    assert errors.startswith("error: results should hold relevance.zarr.")
