from pathlib import Path

import numpy as np

from lrprism.spectral.io import read_cube


def test_convert_by_the_ending(lrprism: object, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(120.0).reshape(4, 6, 5))
    words = ("convert", tmp_path / "a.npy", tmp_path / "a.tif", "--wavelengths", "400:800")
    code, text, _ = lrprism(*words, "--bands", "1-3", "--quiet")
    assert code == 0
    assert text.startswith(f"3 band, 4 y, 6 x as GeoTIFF: {tmp_path / 'a.tif'}\n")
    assert "Note: the last axis of (4, 6, 5) is taken for the bands" in text
    assert read_cube(tmp_path / "a.tif")["wavelength"].values.tolist() == [500.0, 600.0, 700.0]

    code, _, errors = lrprism(*words, "--quiet")
    assert code == 2
    assert "error: A cube should be written to a new name. Found" in errors
    for option in ("--overwrite", "--force"):
        assert lrprism(*words, option, "--quiet")[0] == 0
    assert read_cube(tmp_path / "a.tif").sizes["band"] == 5


def test_bad_input_is_one_line(lrprism: object, tmp_path: Path) -> None:
    for words, message in (
        (("no.hdr", "a.tif"), "error: 'no.hdr' should be a file with a cube. Found no such file."),
        (("indian-pines", "a.jpg"), "error: a cube should be written to a name that ends in .nc, "),
        (("indian-pines", tmp_path / "a.nc", "--bands", "3,x"), "error: bands should read like 0,1,3,10-20"),
        (("indian-pines", tmp_path / "a.nc", "--bands", "500"), "error: bands should be numbers in 0..199."),
    ):
        code, _, errors = lrprism("convert", *words, "--quiet")
        assert code == 2
        assert errors.strip().startswith(message)
        assert len(errors.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
