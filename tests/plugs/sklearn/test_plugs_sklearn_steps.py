"""What scalers and linear models of scikit-learn do, as modules."""

import numpy as np
import pytest
import torch

import lrprism as lp
from lrprism import presets

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
from lrprism.plugs.sklearn.steps import Scale, build_linear, to_tensor

X = torch.tensor([[4.0, 9.0]], dtype=torch.float64)


def test_a_scale_by_hand() -> None:
    assert Scale([2.0, 3.0], [2.0, 3.0])(X).tolist() == [[1.0, 2.0]]
    assert Scale([2.0, 3.0])(X).tolist() == [[2.0, 6.0]]
    assert Scale(None, [2.0, 3.0])(X).tolist() == [[2.0, 3.0]]
    assert Scale()(X).tolist() == X.tolist()


def test_relevance_passes_a_scale_to_its_feature() -> None:
    explainer = lp.LRP(Scale([2.0, 3.0], [2.0, 3.0]), presets.Epsilon(0))
    # y = (1, 2); of the second the shift keeps -3/3
    assert explainer.explain(X, 1).relevance.tolist() == [[0.0, 9.0 / 3]]
    # against (2, 6) it is (9 - 6) / 3
    reference = torch.tensor([[2.0, 6.0]], dtype=torch.float64)
    assert explainer.explain(X, 1, reference=reference).relevance.tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize(
    ("weight", "bias", "expected"),
    [
        ([1.0, 2.0], 0.5, [[22.5]]),
        ([[1.0, 2.0], [3.0, 0.0]], [1.0, -1.0], [[23.0, 11.0]]),
        ([1, 2], None, [[22]]),
    ],
)
def test_a_linear_layer_from_the_numbers_of_an_estimator(
    weight: object, bias: object, expected: object
) -> None:
    assert build_linear(weight, bias)(X).tolist() == expected


def test_a_tensor_does_not_share_the_memory_of_the_array() -> None:
    values = np.ones(2, dtype=np.float32)
    tensor = to_tensor(values)
    values[0] = 5
    assert tensor.tolist() == [1.0, 1.0]
    assert tensor.dtype is torch.float64
    assert to_tensor(np.arange(3)[::-1]).tolist() == [2.0, 1.0, 0.0]
    assert to_tensor(2).shape == ()
