from pathlib import Path

from tests.spectral.workbench.test_spectral_workbench_compare import write_results


def test_two_classes_from_the_command_line(lrprism: object, tmp_path: Path) -> None:
    results, out = write_results(tmp_path / "a"), tmp_path / "out"
    code, text, _ = lrprism("compare", results, "--classes", "rye, hay", "--out", out, "--quiet")
    assert code == 0
    assert text.startswith("rye (20 samples) less hay (20 samples):\n")
    assert {"contrast.csv", "run.json", "figures"} <= {path.name for path in out.iterdir()}

    code, _, errors = lrprism("compare", results, "--out", tmp_path / "b", "--quiet")
    assert code == 2
    assert "a comparison should be of two classes of one result, --classes A,B;" in errors
    assert not (tmp_path / "b").exists()
