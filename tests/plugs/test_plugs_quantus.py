"""Quantus takes our explanations: arrays in, arrays out, and its metrics run."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets
from lrprism.plugs import quantus as plug

LRP_0 = presets.Epsilon(0)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 1, 8, 8)).astype(np.float32)
Y = np.array([0, 2, 1, 2])


def build_model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)),
    ).eval()


@pytest.fixture(scope="module")
def model() -> nn.Module:
    return build_model()


def test_arrays_in_and_out_are_the_map_of_the_explainer(model: nn.Module) -> None:
    expected = lp.LRP(model, LRP_0).explain(torch.from_numpy(X), torch.from_numpy(Y)).relevance
    found = lp.plugs.quantus.explain(model, X, Y, composite=LRP_0)
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected.numpy())


def test_a_linear_layer_by_hand() -> None:
    layer = nn.Linear(2, 2, bias=False)
    layer.weight.data = torch.tensor([[2.0, -1.0], [1.0, 3.0]])
    found = plug.explain(layer, np.array([[1.0, 1.0], [2.0, 1.0]]), [0, 1], composite=LRP_0)
    # a w of the class: (1 * 2, 1 * -1) and (2 * 1, 1 * 3)
    np.testing.assert_allclose(found, [[2.0, -1.0], [2.0, 3.0]])
    # against (0, 1) only the first value differs
    found = plug.explain(
        layer, np.array([[1.0, 1.0]]), [0], composite=LRP_0, reference=torch.tensor([0.0, 1.0])
    )
    np.testing.assert_allclose(found, [[2.0, 0.0]])


def test_perturbed_arrays_are_float64_and_the_weights_are_not(model: nn.Module) -> None:
    found = plug.explain(model, X.astype(np.float64), Y, composite=LRP_0)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, plug.explain(model, X, Y, composite=LRP_0), rtol=1e-6)


@pytest.mark.parametrize("targets", [1, [1], np.array([1]), np.ones(4), np.ones((4, 1), dtype=np.int32)])
def test_targets_as_metrics_give_them(model: nn.Module, targets: Any) -> None:
    expected = plug.explain(model, X, np.array([1, 1, 1, 1]))
    np.testing.assert_array_equal(plug.explain(model, X, targets), expected)


def test_every_option_does_something(model: nn.Module) -> None:
    plain = plug.explain(model, X, Y)
    predicted = model(torch.from_numpy(X)).argmax(1).numpy()
    np.testing.assert_array_equal(plug.explain(model, X), plug.explain(model, X, predicted))
    np.testing.assert_array_equal(plug.explain(model, X, Y, device="cpu"), plain)
    np.testing.assert_allclose(plug.explain(model, X, Y, batch_size=3), plain, rtol=1e-4, atol=1e-6)
    assert np.abs(plug.explain(model, X, Y, reference=0.5) - plain).max() > 1e-3
    assert np.abs(plug.explain(model, X, Y, composite=presets.EpsilonPlus()) - plain).max() > 1e-3

    class Heads(nn.Module):
        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"first": model(x), "second": model(2 * x)}

    first = plug.explain(Heads(), X, Y, output="first")
    np.testing.assert_allclose(first, plain, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        (
            np.ones((1, 1, 8, 8), dtype=int),
            [0],
            r"^inputs should be an array of floats .* Found torch\.int64",
        ),
        (
            X,
            Y / 2,
            r"^targets should be whole numbers, a class per sample .* \[0\.0, 1\.0, 0\.5\]\. Give the",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    model: nn.Module, inputs: Any, targets: Any, message: str
) -> None:
    with pytest.raises(lp.InputError, match=message):
        plug.explain(model, inputs, targets)


def test_a_plug_that_is_not_there() -> None:
    message = "module 'lrprism.plugs' has no attribute 'nothing'. There is: quantus, sklearn."
    with pytest.raises(AttributeError, match=re.escape(message)):
        lp.plugs.nothing  # noqa: B018 - the lookup is what is tested


METRICS: dict[str, tuple[str, dict[str, Any]]] = {
    "faithfulness": ("FaithfulnessCorrelation", {"nr_runs": 10, "subset_size": 16}),
    "robustness": ("MaxSensitivity", {"nr_samples": 3}),
    "randomisation": ("MPRT", {"return_last_correlation": True}),
    "another class": ("RandomLogit", {"num_classes": 3}),
}


@pytest.mark.parametrize("what", METRICS)
@pytest.mark.filterwarnings("default")  # Quantus warns of how it is set up
def test_metrics_of_quantus_ask_for_our_maps_and_score_them(model: nn.Module, what: str) -> None:
    quantus = pytest.importorskip("quantus", reason="quantus is not installed: make plugs")
    name, options = METRICS[what]
    metric = getattr(quantus, name)(disable_warnings=True, **options)
    calls: list[tuple[int, ...]] = []

    def explain(**arguments: Any) -> Any:
        calls.append(arguments["inputs"].shape)
        return plug.explain(**arguments)

    before = {key: value.clone() for key, value in model.state_dict().items()}
    scores = metric(
        model=model,
        x_batch=X,
        y_batch=Y,
        explain_func=explain,
        explain_func_kwargs={"composite": LRP_0},
        device="cpu",
    )
    assert calls
    assert all(shape[1:] == (1, 8, 8) for shape in calls)
    scores = np.asarray(scores, dtype=float)
    assert np.isfinite(scores).all()
    assert scores.std() > 0 or what == "faithfulness"  # the mean over samples
    after = model.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
