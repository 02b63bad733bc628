import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

import lrprism as lp
from expected_warnings import LITTLE_ARRIVES
from lrprism import presets
from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks import NETWORKS, NetworkEntry, build_network
from lrprism.spectral.preprocessing import LAYOUTS

SMALL = {
    "cnn1d": (60, 4, 1),
    "hybridsn": (14, 3, 9),
    "hyper3dnetlite": (3, 3, 5),
    "hyper3dnetlite-published": (3, 3, 5),
    "mlp": (12, 3, 1),
    "spectralformer": (6, 3, 3),
    "ssrn": (20, 3, 5),
    "transformer1d": (40, 3, 1),
    "unet": (3, 3, 9),
}


def build_with_samples(name: str) -> tuple[nn.Module, Tensor]:
    """Build a network whose batch norms have seen some samples, and two samples in its layout."""
    torch.manual_seed(0)
    bands, classes, window = SMALL[name]
    model = build_network(name, bands, classes, window)
    shapes = {
        "patch": (bands, window, window),
        "volume": (1, bands, window, window),
        "spectrum": (bands,),
    }
    shape = shapes[NETWORKS[name].layout]
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.momentum = None
    with torch.no_grad():
        model.train()(torch.rand(8, *shape))
    return model.eval(), torch.rand(2, *shape)


@LITTLE_ARRIVES
@pytest.mark.parametrize("name", SMALL)
def test_the_account_of_every_network_adds_up(name: str) -> None:
    model, x = build_with_samples(name)
    # a network without convolutions gets nothing of EpsilonGamma but ε
    own = {"spectralformer": presets.AttnLRP(), "transformer1d": presets.AttnLRP(), "mlp": presets.Epsilon()}
    composite = own.get(name, presets.EpsilonGamma())

    def seed(output: Tensor) -> Tensor:
        return torch.zeros_like(output).scatter_(1, output.argmax(1, keepdim=True), 1.0)

    explanation = lp.LRP(model, composite, strict=True).explain(x, seed, audit=True)
    audit = explanation.audit
    assert audit is not None
    assert not audit.unseen
    assert explanation.relevance.shape == x.shape
    assert explanation.relevance.any()
    torch.testing.assert_close(explanation.output, model(x))
    assert abs(audit.unaccounted) <= 1e-5 * abs(audit.explained)


def test_every_name_builds_its_class() -> None:
    assert sorted(SMALL) == sorted(NETWORKS)
    for name, sizes in SMALL.items():
        assert type(build_network(name, *sizes)) is NETWORKS[name].network


@pytest.mark.parametrize("entry", NETWORKS.values(), ids=lambda entry: entry.name)
def test_an_entry_is_complete(entry: NetworkEntry) -> None:
    assert NETWORKS[entry.name] is entry
    assert entry.help
    assert "\n" not in entry.help
    assert entry.layout in LAYOUTS


def test_a_new_entry_is_a_network_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NETWORKS, "mine", NetworkEntry("mine", NETWORKS["cnn1d"].network, "a spectrum"))
    assert build_network("mine", 9, 2, 5)(torch.ones(1, 9)).shape == (1, 2)
    with pytest.raises(InputError, match=r"one of .*mine"):
        build_network("resnet", 3, 2, 5)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match=r"one of cnn1d, hybridsn, .*, unet\. Found 'resnet'\. Choose"):
        build_network("resnet", 3, 2, 5)


def test_the_networks_own_refusal_arrives() -> None:
    with pytest.raises(ModelError, match=r"bands of HybridSN"):
        build_network("hybridsn", 3, 2, 25)
