from pathlib import Path

import numpy as np


def test_inspect_a_patch_file(lrprism: object, patch_file: Path) -> None:
    code, text, _ = lrprism("inspect", patch_file, "--wavelengths", "400:950")
    assert code == 0
    assert "24 sample, 12 band, 5 y, 5 x" in text
    assert "12, from 400.0 to 950.0 nm" in text
    assert "class 2 (8)" in text


def test_inspect_indian_pines(lrprism: object) -> None:
    code, text, _ = lrprism("inspect", "indian-pines")
    assert code == 0
    for words in (
        "200 band, 145 y, 145 x",
        "not in rising order",
        "-0.09 to 17.208",
        "CC BY 3.0",
        "16 Stone-Steel-Towers (93)",
    ):
        assert words in text


def test_inspect_an_array_whose_axes_are_alike(lrprism: object, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((6, 4, 6), dtype=np.float32))
    np.savetxt(tmp_path / "nm.txt", np.linspace(400, 900, 6))
    code, _, error = lrprism("inspect", tmp_path / "a.npy", "--wavelengths", tmp_path / "nm.txt")
    assert code == 2
    assert "Say which with band_axis=, on the command line --band-axis" in " ".join(error.split())
    code, text, _ = lrprism(
        "inspect", tmp_path / "a.npy", "--wavelengths", tmp_path / "nm.txt", "--band-axis", "0"
    )
    assert code == 0
    assert "6 band, 4 y, 6 x" in text
