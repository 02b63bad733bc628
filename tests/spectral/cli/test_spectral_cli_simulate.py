from pathlib import Path

import pytest

from lrprism.spectral import read_truth


def test_what_is_simulated_can_be_inspected(lrprism: object, tmp_path: Path) -> None:
    path = tmp_path / "leaves.hdf5"
    arguments = ("--out", path, "--samples", "40", "--window", "9", "--planted", "500,700", "--decoys", "2")
    code, text, _ = lrprism("simulate", *arguments, "--quiet")
    assert code == 0
    assert "500.0 nm, 30.0 nm wide, carries the class." in text
    assert str(path) in text
    code, text, _ = lrprism("inspect", path)
    assert code == 0
    assert "40 sample, 300 band, 9 y, 9 x" in text
    assert [feature.role for feature in read_truth(path).features] == ["class", "class", "decoy", "decoy"]


def test_a_blind_feature_comes_with_its_split(lrprism: object, tmp_path: Path) -> None:
    path = tmp_path / "leaves.hdf5"
    code, text, _ = lrprism(
        "simulate", "--out", path, "--samples", "40", "--window", "5", "--blind", "--quiet"
    )
    assert code == 0
    assert f"Train with lrprism train {path} --split {tmp_path / 'leaves.split.csv'}" in text
    assert (tmp_path / "leaves.split.csv").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--trait", "colour"), "trait should be one of chlorophyll"),
        (
            ("--trait", "water", "--planted", "3"),
            "a trait or in planted features. Found --trait water and --pl",
        ),
        (("--trait", "water", "--decoys", "2", "--planted", "3"), "water and --planted and --decoys. Leave"),
        (("--samples", "5"), "samples should be 12 or more, 4 for each of 3 classes. Found 5"),
        (("--planted", "300,500"), "a feature should lie within the bands that are not noise"),
        (("--planted", "many"), "features should be a number of them, such as 3, or wavelengths in nm"),
        (("--confounder", "ghost"), "confounder should be one of band, stripe. Found 'ghost'"),
    ],
)
def test_bad_input_ends_with_one_line(
    lrprism: object, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    code, _, errors = lrprism("simulate", "--out", tmp_path / "leaves.hdf5", *options)
    assert code == 2
    assert message in errors
    assert errors.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_file_is_not_replaced_unless_asked(lrprism: object, tmp_path: Path) -> None:
    path = tmp_path / "leaves.hdf5"
    path.write_text("mine")
    arguments = ("simulate", "--out", path, "--samples", "40", "--window", "5", "--quiet")
    code, _, errors = lrprism(*arguments)
    assert code == 2
    assert "replace the file with --overwrite" in errors
    assert path.read_text() == "mine"
    assert lrprism(*arguments, "--overwrite")[0] == 0
