"""SNV and MSC: by hand, and their relevance with the divisor as a constant."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from expected_warnings import LITTLE_ARRIVES
from lrprism.errors import DataError, InputError
from lrprism.spectral.preprocessing import MSC, SNV

torch.manual_seed(0)
X = torch.rand(4, 6, 2, 3, dtype=torch.float64) + 1
REFERENCE = torch.rand(6, dtype=torch.float64)


def explain_step(step: nn.Module) -> tuple[lp.Explanation, Tensor]:
    """Explain class 1 through a step and a linear network; return the weights of the network too."""
    outputs = step(X)[0].numel()
    model = nn.Sequential(step, nn.Flatten(), nn.Linear(outputs, 2, bias=False).double())
    explanation = lp.LRP(model, lp.presets.Epsilon(0), strict=True).explain(X, 1, audit=True)
    return explanation, model[2].weight[1].detach().view(1, 6, 2, 3)


def test_snv_is_numpy_s() -> None:
    x = X.numpy()
    expected = (x - x.mean(1, keepdims=True)) / x.std(1, ddof=1, keepdims=True)
    np.testing.assert_allclose(SNV()(X), expected, rtol=1e-12)


def test_snv_does_not_see_offset_and_gain() -> None:
    torch.testing.assert_close(SNV()(3 * X + 7), SNV()(X), rtol=1e-10, atol=1e-12)


def test_relevance_through_snv_by_the_formula_is_conserved() -> None:
    explanation, g = explain_step(SNV())
    expected = X / X.std(1, keepdim=True) * (g - g.mean(1, keepdim=True))
    torch.testing.assert_close(explanation.relevance, expected, rtol=0, atol=1e-12)
    assert isinstance(explanation.relevance, Tensor)
    torch.testing.assert_close(
        explanation.relevance.sum((1, 2, 3)), explanation.output[:, 1], rtol=0, atol=1e-12
    )
    assert explanation.audit is not None
    assert explanation.audit.unaccounted == pytest.approx(0, abs=1e-11)


def test_relevance_through_snv_by_hand() -> None:
    """x = (1, 2, 3): m = 2, s = 1, y = (-1, 0, 1).

    With g = (3, 0, 0), R = (1, 2, 3) * (3 - 1, 0 - 1, 0 - 1), which adds up to -3 = 3 * y_1.
    """
    network = nn.Linear(3, 1, bias=False)
    network.weight.data = torch.tensor([[3.0, 0.0, 0.0]])
    model = nn.Sequential(SNV(), network)
    explanation = lp.LRP(model, lp.presets.Epsilon(0)).explain(
        torch.tensor([[1.0, 2.0, 3.0]]), torch.ones_like
    )
    torch.testing.assert_close(explanation.relevance, torch.tensor([[2.0, -2.0, -3.0]]))


def test_msc_is_the_least_squares_line_of_numpy_undone() -> None:
    spectra = X.movedim(1, -1).reshape(-1, 6).numpy()
    lines = [np.polyfit(REFERENCE.numpy(), spectrum, 1) for spectrum in spectra]
    expected = np.stack([(spectrum - p) / q for spectrum, (q, p) in zip(spectra, lines, strict=True)])
    result = MSC(REFERENCE)(X).movedim(1, -1).reshape(-1, 6)
    np.testing.assert_allclose(result, expected, rtol=1e-8)


def test_relevance_through_msc_by_the_formula_leaves_the_level_to_the_account() -> None:
    explanation, g = explain_step(MSC(REFERENCE))
    line = (REFERENCE - REFERENCE.mean())[:, None, None]
    slope = ((X - X.mean(1, keepdim=True)) * line).sum(1, keepdim=True) / (line**2).sum()
    expected = X / slope * (g - g.mean(1, keepdim=True))
    torch.testing.assert_close(explanation.relevance, expected, rtol=1e-10, atol=1e-12)
    assert explanation.audit is not None
    assert explanation.audit.unaccounted == pytest.approx(0, abs=1e-9)
    level = 4 * float(REFERENCE.mean() * g.sum())
    assert sum(row.to_constant for row in explanation.audit) == pytest.approx(level, rel=1e-8)


@LITTLE_ARRIVES
@pytest.mark.parametrize(("step", "level"), [(SNV(), 0.0), (MSC([1.0, 2.0, 3.0]), 2.0)])
def test_a_flat_spectrum_stays_finite(step: nn.Module, level: float) -> None:
    x = torch.zeros(1, 3, requires_grad=True)
    y = step(x)
    assert y.tolist() == [[level] * 3]
    y.sum().backward()
    assert x.grad is not None
    assert bool(x.grad.isfinite().all())
    relevance = lp.LRP(nn.Sequential(step, nn.Linear(3, 2))).explain(x.detach()).relevance
    assert isinstance(relevance, Tensor)
    assert not bool(relevance.any())


def test_msc_takes_the_mean_spectrum_of_the_training_part() -> None:
    fitted = MSC.fit(X.split(3))
    torch.testing.assert_close(fitted.reference, X.mean((0, 2, 3)))
    assert fitted.state_dict().keys() == {"reference"}


def test_a_flat_reference_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"^reference should differ from band to band\. Found 2 in each\. Take"
    ):
        MSC([2.0, 2.0])


def test_a_single_band_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"^SNV should get at least 2 bands on axis 1\. Found shape \(3, 1\)\."
    ):
        SNV()(torch.ones(3, 1))


def test_other_bands_than_the_reference_s_are_refused() -> None:
    with pytest.raises(InputError, match=r"^MSC should get 6 bands on axis 1\. Found shape \(3, 5\)\."):
        MSC(REFERENCE)(torch.ones(3, 5))
