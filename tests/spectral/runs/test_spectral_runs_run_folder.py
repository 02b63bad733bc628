import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lrprism.errors import ResultsError
from lrprism.spectral.runs import read_run, write_json, write_run


def write_seed(folder: Path, seed: int, *, overwrite: bool = False) -> None:
    with write_run(folder, overwrite=overwrite) as partial:
        write_json(partial / "run.json", {"seed": seed})
        (partial / "figures").mkdir()
        (partial / "figures" / "spectrum.svg").write_text("<svg/>")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_run_appears_whole_at_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "parents" / "run"
    with write_run(folder) as partial:
        assert partial.parent == folder.parent
        assert partial.name.startswith(f".run.partial-{os.getpid()}")
        write_json(partial / "run.json", {"seed": 3})
        assert not folder.exists()
    assert names(folder.parent) == ["run"]
    assert read_run(folder) == {"seed": 3}


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write_seed(tmp_path / "run", 1)
    assert names(tmp_path / "run") == ["figures", "run.json"]
    assert names(tmp_path) == ["run"]


def test_a_relative_path_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_seed(Path("run"), 1)
    assert read_run("run") == {"seed": 1}


def test_an_earlier_run_is_refused_without_overwrite(tmp_path: Path) -> None:
    write_seed(tmp_path / "run", 1)
    with pytest.raises(ResultsError, match=r"Found an earlier run in .*run\. Choose .* with --overwrite\."):
        write_seed(tmp_path / "run", 2)
    assert read_run(tmp_path / "run") == {"seed": 1}


def test_overwrite_leaves_nothing_of_the_old_run(tmp_path: Path) -> None:
    write_seed(tmp_path / "run", 1)
    (tmp_path / "run" / "old.csv").touch()
    write_seed(tmp_path / "run", 2, overwrite=True)
    assert names(tmp_path / "run") == ["figures", "run.json"]
    assert read_run(tmp_path / "run") == {"seed": 2}
    assert names(tmp_path) == ["run"]


def test_the_old_run_is_whole_until_the_end(tmp_path: Path) -> None:
    write_seed(tmp_path / "run", 1)
    with write_run(tmp_path / "run", overwrite=True) as partial:
        write_json(partial / "run.json", {"seed": 2})
        assert names(tmp_path / "run") == ["figures", "run.json"]
        assert read_run(tmp_path / "run") == {"seed": 1}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_keeps_the_old_run_and_leaves_no_trace(
    tmp_path: Path, error: type[BaseException]
) -> None:
    write_seed(tmp_path / "run", 1)

    def interrupted() -> None:
        with write_run(tmp_path / "run", overwrite=True) as partial:
            write_json(partial / "run.json", {"seed": 2})
            raise error

    with pytest.raises(error):
        interrupted()
    assert read_run(tmp_path / "run") == {"seed": 1}
    assert names(tmp_path) == ["run"]


def test_a_folder_that_is_no_run_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").touch()
    for overwrite in (False, True):
        with pytest.raises(ResultsError, match=r"Found 1 other files in .*home, thesis\.tex .* no run\.json"):
            write_seed(tmp_path / "home", 1, overwrite=overwrite)
    assert names(tmp_path / "home") == ["thesis.tex"]


def test_files_links_and_mount_points_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    for path, kind in (
        (tmp_path / "file", "a file"),
        (tmp_path / "link", "a link"),
        (Path("/"), "a mount point"),
    ):
        with pytest.raises(ResultsError, match=rf"a plain folder\. Found {kind}: .* Choose another folder\."):
            write_seed(path, 1, overwrite=True)
    assert (tmp_path / "file").read_text() == "kept"


def test_a_parent_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        ResultsError, match=r"where they can be written\. Found .*run: Not a directory\. Choose"
    ):
        write_seed(tmp_path / "file" / "run", 1)


def test_a_parent_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")  # what mkdir says; root may write everywhere

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(ResultsError, match=r"Found .*run: Permission denied\. Choose another place\."):
        write_seed(tmp_path / "run", 1)


def test_a_run_without_run_json_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ResultsError, match=r"A run should hold a run\.json\. Found none in"),
        write_run(tmp_path / "a"),
    ):
        pass
    assert names(tmp_path) == []


def test_a_failed_rename_restores_the_old_run_and_says_where_the_new_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_seed(tmp_path / "run", 1)
    rename = Path.rename

    def fails_for_partial(self: Path, target: Path) -> Path:
        if "partial" in self.name:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_for_partial)
    with pytest.raises(ResultsError, match=r"No space left .* The finished results are whole in .*partial"):
        write_seed(tmp_path / "run", 2, overwrite=True)
    assert read_run(tmp_path / "run") == {"seed": 1}
    partial = next(tmp_path.glob(".run.partial-*"))
    assert read_run(partial) == {"seed": 2}
    assert len(names(tmp_path)) == 2


def test_a_run_written_meanwhile_by_someone_else_is_not_replaced(tmp_path: Path) -> None:
    def slow() -> None:
        with write_run(tmp_path / "run") as partial:
            write_json(partial / "run.json", {"seed": 1})
            write_seed(tmp_path / "run", 2)

    with pytest.raises(ResultsError, match=r"Found an earlier run .* The finished results are whole in"):
        slow()
    assert read_run(tmp_path / "run") == {"seed": 2}


def test_a_kill_leaves_the_old_run_whole(tmp_path: Path) -> None:
    with write_run(tmp_path / "run") as folder:
        write_json(folder / "run.json", {"seed": 0})
        (folder / "relevance.nc").write_text("old")
    script = """
import os, signal, sys
from lrprism.spectral.runs import write_json, write_run
with write_run(sys.argv[1], overwrite=True) as folder:
    write_json(folder / "run.json", {"seed": 1})
    (folder / "relevance.nc").write_text("half of the n")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "run")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert read_run(tmp_path / "run") == {"seed": 0}
    assert (tmp_path / "run" / "relevance.nc").read_text() == "old"
