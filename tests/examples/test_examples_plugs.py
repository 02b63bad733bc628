"""The examples for other people's tools run as they stand and find the planted squares."""

import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
from matplotlib import image

ROOT = Path(__file__).parents[2] / "examples" / "plugs"
NEEDS = {
    "captum_noise_tunnel": "captum",
    "captum_layer": "captum",
    "quantus_metrics": "quantus",
    "sklearn_pipeline": "sklearn",
}


@pytest.fixture(autouse=True)
def beside_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an example import the pictures beside it, as a script may."""
    monkeypatch.syspath_prepend(ROOT)


def run(name: str, *arguments: str, main: bool = True) -> dict[str, Any]:
    pytest.importorskip(NEEDS[name], reason=f"{NEEDS[name]} is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [name, *arguments])
        return runpy.run_path(str(ROOT / f"{name}.py"), run_name="__main__" if main else name)


def test_the_noise_tunnel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("captum_noise_tunnel", "--out", str(tmp_path / "tunnel.png"))
    printed = capsys.readouterr().out
    numbers = {
        name: float(value)
        for name, value in re.findall(r"(square|delta|infidelity|sensitivity_max) ([\d.e+-]+)", printed)
    }
    assert numbers["square"] > 0.5
    assert numbers["delta"] < 1e-3
    assert 0 < numbers["infidelity"] < 0.1
    assert 0 < numbers["sensitivity_max"] < 0.2
    picture = image.imread(tmp_path / "tunnel.png")
    assert picture[..., :3].std() > 0.05


def test_the_layers_and_their_sums(capsys: pytest.CaptureFixture[str]) -> None:
    run("captum_layer")
    rows = [[*map(float, line.split())] for line in capsys.readouterr().out.splitlines()[1:]]
    assert [int(row[0]) for row in rows] == [0, 2, 3, 5]
    for _, relevance, above, explained, share in rows:
        assert relevance + above == pytest.approx(explained, abs=2e-3)
        assert share > 0.2
    # what stays above a layer can only grow on the way down, as biases of this network are explained away
    assert rows[0][2] == pytest.approx(rows[1][2])


@pytest.mark.filterwarnings("default")  # Quantus warns of how it is set up
def test_the_metrics_of_quantus() -> None:
    module = run("quantus_metrics", main=False)
    pictures = module["draw_pictures"](8, seed=1)
    network = module["train_network"](module["draw_pictures"](400, seed=0))
    composite = module["lp"].presets.EpsilonPlus()
    ours = module["measure"](network, pictures, module["plug"].explain, composite=composite)
    random = module["measure"](network, pictures, module["explain_at_random"])
    faithful, _, layers, logit, mass = ours
    assert ours[faithful] > 0.5 > random[faithful]
    assert ours[layers] < random[layers]
    assert ours[logit] < random[logit]
    assert ours[mass] > 0.5 > 0.1 > random[mass]


def test_three_pipelines_of_one_scene(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("sklearn_pipeline", "--out", str(tmp_path / "bands.png"))
    lines = capsys.readouterr().out.splitlines()[:3]
    found = [re.search(r"^(.*): accuracy (\S+), strongest at .* nm, missing (\S+)$", line) for line in lines]
    assert [match[1] for match in found if match] == [
        "MLP",
        "PCA + logistic regression",
        "linear discriminant",
    ]
    assert all(float(match[2]) > 0.8 for match in found if match)
    assert all(float(match[3]) < 1e-5 for match in found if match)
    picture = image.imread(tmp_path / "bands.png")
    assert picture[..., :3].std() > 0.05
