from pathlib import Path

from lrprism.spectral.io.sample_folder import FOLDER, list_files, read_facts
from lrprism.spectral.io.sample_format import SampleOptions


def test_files_are_sorted_and_hidden_ones_left_out(tmp_path: Path) -> None:
    for name in ("b/2.npy", "b/1.NPY", "a/x/3.npy", "c.txt", ".cache/4.npy"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files = list_files(tmp_path, (".npy",))
    assert [file.relative_to(tmp_path).as_posix() for file in files] == ["a/x/3.npy", "b/1.NPY", "b/2.npy"]
    facts, notes = read_facts(tmp_path, files, SampleOptions())
    assert facts.columns[FOLDER].tolist() == ["a", "b", "b"]
    assert facts.label_column == FOLDER
    assert notes == ["sub-folders are taken for the classes"]


def test_a_flat_folder_has_no_classes(tmp_path: Path) -> None:
    (tmp_path / "1.npy").touch()
    facts, notes = read_facts(tmp_path, list_files(tmp_path, (".npy",)), SampleOptions())
    assert (facts.names, list(facts.columns), facts.label_column, notes) == (["1.npy"], [], None, [])
