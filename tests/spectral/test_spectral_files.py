import os
from pathlib import Path

import pytest

from lrprism.errors import ResultsError
from lrprism.spectral.files import report_write_errors, take_name, write_whole


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def refuse_rename_of(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if part in self.name:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)


def test_a_file_appears_when_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "bands.csv"
    with write_whole(path) as partial:
        path.parent.mkdir(parents=True)
        partial.write_text("band")
        assert names(path.parent) == [partial.name]
        assert partial.name.startswith(f".bands.csv.partial-{os.getpid()}-")
    assert names(path.parent) == ["bands.csv"]
    assert path.read_text() == "band"


def test_a_folder_appears_when_it_is_written(tmp_path: Path) -> None:
    with write_whole(tmp_path / "store") as partial:
        partial.mkdir()
        (partial / "chunk").touch()
    assert names(tmp_path) == ["store"]
    assert names(tmp_path / "store") == ["chunk"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_keeps_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "bands.csv"
    path.write_text("old")
    with pytest.raises(error), write_whole(path) as partial:  # noqa: PT012 - what is half written is the point
        partial.write_text("half")
        raise error
    assert names(tmp_path) == ["bands.csv"]
    assert path.read_text() == "old"


def test_a_file_is_on_disk_before_it_takes_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr("os.fsync", lambda _: seen.append(names(tmp_path)))
    with write_whole(tmp_path / "bands.csv", unique=False) as partial:
        partial.write_text("band")
    assert seen == [[".bands.csv.partial"]]


def test_a_write_that_is_killed_leaves_one_hidden_file_at_most(tmp_path: Path) -> None:
    (tmp_path / ".bands.csv.partial").write_text("what a kill left")
    with write_whole(tmp_path / "bands.csv", unique=False) as partial:
        assert not partial.exists()
        partial.write_text("band")
    assert names(tmp_path) == ["bands.csv"]


def test_a_refusal_to_write_is_told_in_the_words_of_the_caller(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message = "A map should go elsewhere. Found {path}: {reason}. Move it."
    with (
        pytest.raises(
            ResultsError, match=r"go elsewhere\. Found .*map: (File exists|Not a directory)\. Move"
        ),
        write_whole(tmp_path / "file" / "map", message=message) as partial,
    ):
        partial.write_text("map")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(13, "Permission denied"), "Permission denied"),
        (OSError("cut off"), "cut off"),
        (OSError(), "unknown"),
    ],
)
def test_the_reason_of_a_refusal(error: OSError, reason: str) -> None:
    with pytest.raises(ResultsError, match=rf"Found maps: {reason}\. Choose another place"):  # noqa: SIM117
        with report_write_errors(Path("maps")):
            raise error


def test_the_old_folder_keeps_its_name_where_the_new_one_cannot_take_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("new", "store"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    refuse_rename_of("new", monkeypatch)
    with pytest.raises(OSError, match="No space left"):
        take_name(tmp_path / "new", tmp_path / "store")
    assert names(tmp_path) == ["new", "store"]
    assert names(tmp_path / "store") == ["store"]


def test_a_link_is_replaced_and_its_target_kept(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with write_whole(tmp_path / "link") as partial:
        partial.write_text("new")
    assert (tmp_path / "target").read_text() == "kept"
    assert (tmp_path / "link").read_text() == "new"
    assert not (tmp_path / "link").is_symlink()


def test_a_file_does_not_replace_a_folder(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "chunk").touch()
    with (
        pytest.raises(ResultsError, match=r"Found .*store: Is a directory"),
        write_whole(tmp_path / "store") as partial,
    ):
        partial.write_text("band")
    assert names(tmp_path) == ["store"]
    assert names(tmp_path / "store") == ["chunk"]
