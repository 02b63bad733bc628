from pathlib import Path


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
        "15 Stone-Steel-Towers (93)",
    ):
        assert words in text
