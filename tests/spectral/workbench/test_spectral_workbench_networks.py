from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism.spectral.workbench.networks import NetworkSettings, rebuild_network

NM = np.linspace(400.0, 900.0, 6)

OWN = """
from torch import nn

class Net(nn.Sequential):
    layout = "spectrum"

    def __init__(self, bands, classes, hidden=4):
        super().__init__(nn.Linear(bands, hidden), nn.ReLU(), nn.Linear(hidden, classes))

def silent(bands):
    return nn.Sequential(nn.Conv2d(bands, 3, 5), nn.Flatten())
"""


def patches() -> torch.Tensor:
    noise = torch.rand(40, 6, 5, 5, generator=torch.Generator().manual_seed(0))
    return noise * torch.arange(1, 7)[:, None, None]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "own_networks.py").write_text(OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return "own_networks"


@pytest.mark.parametrize("steps", [("std",), ("snv", "zscore", "pca:3"), ("minmax",), ()])
def test_weights_of_a_fitted_network_fit_the_one_built_from_its_record(steps: tuple[str, ...]) -> None:
    settings = NetworkSettings("hyper3dnetlite", steps)
    fitted = settings.build(patches(), NM, 3).eval()
    again = rebuild_network(settings.record(NM, classes=3, window=5), Path("none")).eval()
    again.load_state_dict(fitted.state_dict())
    torch.testing.assert_close(again(patches()), fitted(patches()))


def test_steps_are_fitted_to_the_patches_in_order() -> None:
    model = NetworkSettings("hyper3dnetlite", ("zscore", "pca:2")).build(patches(), NM, 3)
    flat = patches().double().permute(1, 0, 2, 3).flatten(1).numpy()
    scaled = (flat - flat.mean(1, keepdims=True)) / flat.std(1, keepdims=True)
    variances = np.linalg.eigvalsh(np.cov(scaled))[::-1]
    seen = model.steps(patches()).permute(1, 0, 2, 3).flatten(1).var(1).numpy()
    np.testing.assert_allclose(seen, variances[:2], rtol=1e-4)
    assert model.layout == "volume"


def test_a_rebuild_network_the_user_s_own_gets_the_sizes_that_it_asks_for(own: str) -> None:
    settings = NetworkSettings(f"{own}:Net", ("pca:2",))
    fitted = settings.build(patches(), NM, 3)
    assert [tuple(parameter.shape) for parameter in fitted.network.parameters()] == [
        (4, 2),
        (4,),
        (3, 4),
        (3,),
    ]
    assert fitted.layout == "spectrum"
    record = settings.record(NM, 3, 5)
    again = rebuild_network(record, Path("none"), trusted=f"{own}:Net")
    again.load_state_dict(fitted.state_dict())
    assert torch.equal(again(patches()), fitted(patches()))


def test_a_network_that_a_file_names_is_not_imported_unasked(own: str) -> None:
    record = NetworkSettings(f"{own}:Net").record(NM, 3, 5)
    with pytest.raises(lp.InputError, match=r"Found no permission\. If you trust it, add --model own_netw"):
        rebuild_network(record, Path("run"))
    with pytest.raises(lp.InputError, match=r"Found other:Net\. If"):
        rebuild_network(record, Path("run"), trusted="other:Net")


def test_a_network_that_says_nothing_needs_a_layout(own: str) -> None:
    with pytest.raises(lp.InputError, match=r"should say what it takes\. Found no attribute layout\. Give"):
        NetworkSettings(f"{own}:silent").build(patches(), NM, 3)
    model = NetworkSettings(f"{own}:silent", layout="patch").build(patches(), NM, 3)
    assert model(patches()).shape == (40, 3)


def test_an_exported_program_lies_in_the_run_folder(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Conv2d(6, 3, 5), nn.Flatten()).eval()
    batch = {"input": {0: torch.export.Dim("batch", min=1)}}
    program = torch.export.export(network, (patches()[:2],), dynamic_shapes=batch)
    torch.export.save(program, tmp_path / "mine.pt2")
    settings = NetworkSettings(str(tmp_path / "mine.pt2"), ("zscore",), "patch")
    fitted = settings.build(patches(), NM, 3)
    run = tmp_path / "run"
    run.mkdir()
    settings.copy_program(run)
    (tmp_path / "mine.pt2").unlink()
    again = rebuild_network(settings.record(NM, 3, 5), run)
    again.load_state_dict(fitted.state_dict())
    scaled = (patches() - patches().mean((0, 2, 3), keepdim=True)) / patches().std(
        (0, 2, 3), keepdim=True, correction=0
    )
    torch.testing.assert_close(again(patches()), network(scaled), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "vgg"}, r"the network should be one of cnn1d, .*Found 'vgg'"),
        ({"layout": "cube"}, r"layout should be one of patch, volume, spectrum\. Found 'cube'"),
    ],
)
def test_unknown_names_are_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(lp.InputError, match=message):
        NetworkSettings(**settings)  # type: ignore[arg-type]


def test_a_record_of_another_version_is_refused() -> None:
    with pytest.raises(lp.DataError, match=r"'run' should hold a network of this version\. Found no 'steps'"):
        rebuild_network({"name": "hyper3dnetlite", "scaling": "std"}, Path("run"))
