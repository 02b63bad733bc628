"""Captum's tools take the explainer as one of Captum's methods, also for the relevance at a layer."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets
from lrprism.attribution.captum_method import AbstractCaptumMethod, expose_wrapped

attr = pytest.importorskip("captum.attr", reason="captum is not installed")
metrics = pytest.importorskip("captum.metrics", reason="captum is not installed")

LRP_0 = presets.Epsilon(0)
X = torch.rand(4, 2, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


class ReluCNN(nn.Module):
    """What Captum's own LRP explains too: convolutions, ReLU, a max pool and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.relu_1 = nn.Conv2d(2, 4, 3, padding=1), nn.ReLU()
        self.second, self.relu_2 = nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()
        self.pool, self.linear = nn.MaxPool2d(2), nn.Linear(36, 3)

    def forward(self, x: Tensor) -> Tensor:
        a = self.relu_2(self.second(self.relu_1(self.first(x))))
        logits: Tensor = self.linear(self.pool(a).flatten(1))
        return logits


@pytest.fixture(scope="module")
def model() -> ReluCNN:
    torch.manual_seed(0)
    return ReluCNN().double().eval()


def build_hand_model() -> nn.Sequential:
    """Return z = (2 x1 - x2 + 1, x1 + x2), f = 3 ReLU(z1) - ReLU(z2) + 0.5."""
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)).double()
    values = [[[2.0, -1.0], [1.0, 1.0]], [1.0, 0.0], [[3.0, -1.0]], [0.5]]
    for parameter, value in zip(model.parameters(), values, strict=True):
        parameter.data = torch.tensor(value, dtype=torch.float64)
    return model


HAND_X = torch.tensor([[2.0, 1.0]], dtype=torch.float64)  # z = (4, 3), f = 12 - 3 + 0.5 = 9.5


# ------------------------------------------------------------------------------------------- a layer


@pytest.mark.parametrize("by_path", [True, False])
def test_relevance_at_a_layer_by_hand(by_path: bool) -> None:
    model = build_hand_model()
    layer = "0" if by_path else model[0]
    relevance, delta = lp.LRP(model, LRP_0).attribute(HAND_X, layer=layer, return_convergence_delta=True)
    # 3 * 4 and -1 * 3; the bias 0.5 stays above the layer
    torch.testing.assert_close(relevance, torch.tensor([[12.0, -3.0]], dtype=torch.float64))
    torch.testing.assert_close(delta, torch.tensor([0.5], dtype=torch.float64))
    # behind z1 = 4 - 1 + 1 the bias of the layer itself is missing too: 12 * 1/4
    whole, delta = lp.LRP(model, LRP_0).attribute(HAND_X, return_convergence_delta=True)
    torch.testing.assert_close(whole, torch.tensor([[12.0 - 2, -3.0 - 1]], dtype=torch.float64))
    torch.testing.assert_close(delta, torch.tensor([0.5 + 3], dtype=torch.float64))


def test_with_baselines_a_layer_holds_the_difference_by_hand() -> None:
    model, baselines = build_hand_model(), torch.tensor([[1.0, 1.0]], dtype=torch.float64)
    # z0 = (2, 2), f0 = 6 - 2 + 0.5; differences 3 * (4 - 2) and -1 * (3 - 2): nothing for biases
    relevance, delta = lp.LRP(model, LRP_0).attribute(
        HAND_X, baselines=baselines, layer="0", return_convergence_delta=True
    )
    torch.testing.assert_close(relevance, torch.tensor([[6.0, -1.0]], dtype=torch.float64))
    torch.testing.assert_close(delta, torch.zeros(1, dtype=torch.float64))


@pytest.mark.parametrize("name", ["first", "relu_1", "second", "relu_2", "pool"])
@pytest.mark.parametrize("composite", [LRP_0, presets.EpsilonGamma()])
def test_the_layer_and_what_stayed_above_it_are_what_was_explained(
    model: ReluCNN, name: str, composite: Any
) -> None:
    explanation = lp.LRP(model, composite).explain(X, 1, layers=[name], audit=True)
    order = ["first", "relu_1", "second", "relu_2", "pool", "linear"]
    above = [row for row in explanation.audit.rows if row.module in order[order.index(name) + 1 :]]
    assert above
    # flatten is an op of the model itself and keeps nothing
    kept = sum(row.lost for row in above)
    total = float(explanation.layers[name].sum()) + kept
    assert total == pytest.approx(explanation.audit.explained, rel=1e-10)
    delta = lp.LRP(model, composite).attribute(X, 1, layer=name, return_convergence_delta=True)[1]
    assert float(delta.sum()) == pytest.approx(kept, rel=1e-10)


def give_rules(model: nn.Module, eps: float) -> nn.Module:
    """Return the model with Captum's rules on its layers; Captum takes them off again after each call."""
    rules = pytest.importorskip("captum.attr._utils.lrp_rules")
    theirs = copy.deepcopy(model)
    for name in ("first", "second", "pool", "linear"):
        # their pool would share by ε; ours gives all to the winner, which is LRP-0
        getattr(theirs, name).rule = rules.EpsilonRule(1e-9 if name == "pool" else eps)
    return theirs


@pytest.mark.parametrize("eps", [1e-9, 0.05])
@pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients")
def test_layers_and_deltas_are_those_of_captum_where_it_is_exact(model: ReluCNN, eps: float) -> None:
    explainer = lp.LRP(model, presets.Epsilon(eps))
    expected = attr.LRP(give_rules(model, eps)).attribute(X.clone(), target=1)
    torch.testing.assert_close(explainer.attribute(X, 1), expected, rtol=0, atol=1e-6)
    assert float(expected.detach().abs().max()) > 5e-3
    for name in ("first", "second", "pool"):
        theirs = give_rules(model, eps)
        layer = attr.LayerLRP(theirs, getattr(theirs, name))
        pair = layer.attribute(X.clone(), target=1, return_convergence_delta=True)
        found = explainer.attribute(X, 1, layer=getattr(model, name), return_convergence_delta=True)
        torch.testing.assert_close(found, pair, rtol=0, atol=1e-6)


def test_a_list_of_layers_gives_lists(model: ReluCNN) -> None:
    explainer = lp.LRP(model)
    maps, deltas = explainer.attribute(X, 1, layer=[model.pool, "first"], return_convergence_delta=True)
    assert [tuple(one.shape) for one in maps] == [(4, 4, 3, 3), (4, 4, 6, 6)]
    for relevance, delta, name in zip(maps, deltas, ["pool", "first"], strict=True):
        alone = explainer.attribute(X, 1, layer=name, return_convergence_delta=True)
        torch.testing.assert_close((relevance, delta), alone)
    assert len(explainer.attribute(X, 1, layer=["pool"])) == 1


def test_every_class_at_a_layer(model: ReluCNN) -> None:
    relevance, delta = lp.LRP(model).attribute(X, "all", layer="pool", return_convergence_delta=True)
    assert relevance.shape == (3, 4, 4, 3, 3)
    one = lp.LRP(model).attribute(X, 2, layer="pool", return_convergence_delta=True)
    torch.testing.assert_close((relevance[2], delta[2]), one)


def test_a_layer_that_runs_twice_gives_a_tuple() -> None:
    shared = nn.Linear(3, 3)
    relevance = lp.LRP(nn.Sequential(shared, nn.ReLU(), shared)).attribute(torch.rand(2, 3), 0, layer=shared)
    assert [tuple(one.shape) for one in relevance] == [(2, 3), (2, 3)]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            nn.ReLU(),
            r"^layers should be modules of the model\. Found a ReLU that is not part of the ReluCNN\. Take "
            r"the module from the model that is explained\.$",
        ),
        (3, r"^layers should be modules, or their paths as text\. Found 3\.$"),
        ("nothing", r"^layers should name modules of the model\. Found 'nothing'; it has first, relu_1"),
        (
            "relu_*",
            r"^layer should name one module\. Found 'relu_\*' for relu_1, relu_2\. Give a list of layers",
        ),
    ],
)
def test_a_layer_that_is_not_one_module_is_refused(model: ReluCNN, layer: Any, message: str) -> None:
    with pytest.raises(lp.InputError, match=message):
        lp.LRP(model).attribute(X, 1, layer=layer)


# ------------------------------------------------------------------------------------- Captum's tools


def tunnel(model: nn.Module, x: Any, **options: Any) -> Any:
    torch.manual_seed(1)
    return attr.NoiseTunnel(lp.LRP(model, LRP_0)).attribute(x, nt_samples=6, stdevs=0.1, target=1, **options)


def draw_maps(model: nn.Module, **options: Any) -> tuple[Tensor, Tensor]:
    """Return the maps and deltas of the same noisy samples, ``[4, 6, ...]`` and ``[24]``."""
    torch.manual_seed(1)
    noisy = X.repeat_interleave(6, 0) + torch.normal(0, torch.tensor(0.1).repeat(24, 2, 6, 6))
    maps, deltas = lp.LRP(model, LRP_0).attribute(noisy, 1, return_convergence_delta=True, **options)
    return maps.unflatten(0, (4, 6)), deltas


@pytest.mark.parametrize("layer", [None, "second"])
def test_a_noise_tunnel_is_the_mean_the_square_and_the_variance_of_noisy_maps(
    model: ReluCNN, layer: str | None
) -> None:
    maps, deltas = draw_maps(model, layer=layer)
    expected = {
        "smoothgrad": maps.mean(1),
        "smoothgrad_sq": maps.square().mean(1),
        "vargrad": maps.var(1, unbiased=False),
    }
    for kind, value in expected.items():
        found, delta = tunnel(model, X, nt_type=kind, layer=layer, return_convergence_delta=True)
        torch.testing.assert_close(found, value)
        torch.testing.assert_close(delta, deltas)
    torch.testing.assert_close(tunnel(model, X, nt_type="smoothgrad", layer=layer), expected["smoothgrad"])


def test_a_noise_tunnel_in_small_batches_and_with_several_inputs(model: ReluCNN) -> None:
    whole = tunnel(model, X, nt_type="smoothgrad")
    torch.testing.assert_close(tunnel(model, X, nt_type="smoothgrad", nt_samples_batch_size=6), whole)
    assert tunnel(model, X, nt_type="smoothgrad", nt_samples_batch_size=4).shape == X.shape
    (packed,) = tunnel(model, (X,), nt_type="smoothgrad")
    torch.testing.assert_close(packed, whole)


@pytest.mark.parametrize("baselines", [0.5, X.flip(0) / 2, X[:1] / 2])
def test_a_noise_tunnel_hands_baselines_on(model: ReluCNN, baselines: Any) -> None:
    rows = (
        baselines.repeat_interleave(6, 0)
        if isinstance(baselines, Tensor) and len(baselines) > 1
        else baselines
    )
    maps, deltas = draw_maps(model, baselines=rows)
    torch.testing.assert_close(deltas, torch.zeros_like(deltas), rtol=0, atol=1e-9)
    found = tunnel(model, X, nt_type="smoothgrad", baselines=baselines)
    torch.testing.assert_close(found, maps.mean(1))
    (packed,) = tunnel(model, (X,), nt_type="smoothgrad", baselines=(baselines,))
    torch.testing.assert_close(packed, found)


def test_a_noise_tunnel_draws_baselines_and_hands_arguments_on(model: ReluCNN) -> None:
    many = torch.rand(7, 2, 6, 6).double()
    found, delta = tunnel(
        model,
        X,
        nt_type="smoothgrad",
        baselines=many,
        draw_baseline_from_distrib=True,
        return_convergence_delta=True,
    )
    assert found.shape == X.shape
    torch.testing.assert_close(delta, torch.zeros_like(delta), rtol=0, atol=1e-9)

    class Scaled(nn.Module):
        def forward(self, x: Tensor, factor: Tensor) -> Tensor:
            logits: Tensor = model(x) * factor
            return logits

    factor = torch.tensor([[1.0], [2.0], [3.0], [4.0]]).double()
    scaled = tunnel(Scaled(), X, nt_type="smoothgrad", additional_forward_args=factor)
    torch.testing.assert_close(scaled, tunnel(model, X, nt_type="smoothgrad") * factor[..., None, None])


def test_the_metrics_of_captum(model: ReluCNN) -> None:
    explainer = lp.LRP(model, LRP_0)
    sensitivity = metrics.sensitivity_max(explainer.attribute, X, perturb_radius=1e-7, target=1)
    assert sensitivity.shape == (4,)
    # a small step inside one linear piece moves the map by as little
    assert 0 < float(sensitivity.max()) < 1e-4

    def move(x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.ones_like(x), torch.zeros_like(x)

    # to zero, where f is the same network's bias term: the mean squared difference from the sum of relevance
    relevance, delta = explainer.attribute(X, 1, baselines=0.0, return_convergence_delta=True)
    infidelity = metrics.infidelity(model, move, X, relevance, target=1)
    torch.testing.assert_close(infidelity, torch.zeros(4).double(), rtol=0, atol=1e-12)
    torch.testing.assert_close(delta, torch.zeros(4).double(), rtol=0, atol=1e-12)


def test_the_face_of_an_attribution(model: ReluCNN) -> None:
    explainer = lp.LRP(model)
    assert isinstance(explainer, AbstractCaptumMethod)
    assert explainer.forward_func is model
    assert explainer.multiplies_by_inputs
    assert explainer.has_convergence_delta()
    relevance, delta = explainer.attribute(X, 1, return_convergence_delta=True)
    torch.testing.assert_close(explainer.compute_convergence_delta(relevance, model(X)[:, 1]), delta)
    torch.testing.assert_close(explainer.compute_convergence_delta((relevance,), model(X)[:, 1:2]), delta)


def test_a_delta_wants_one_output_per_sample(model: ReluCNN) -> None:
    message = (
        r"^output should be one number per sample\. Found shape \(4, 3\) for attributions of \(4, 2, 6, 6\)\."
        r" Take the explained entry of each sample, such as output\[:, 3\]\.$"
    )
    with pytest.raises(lp.InputError, match=message):
        lp.LRP(model).compute_convergence_delta(X, model(X))


def test_a_wrapped_method_is_found_and_does_the_same() -> None:
    class Doubling:
        @expose_wrapped
        def double(self, x: int) -> int:
            """Double it."""
            return 2 * x

    method: Any = Doubling().double
    assert method(3) == method.__wrapped__(Doubling(), 3) == 6
    assert method.__doc__ == "Double it."
