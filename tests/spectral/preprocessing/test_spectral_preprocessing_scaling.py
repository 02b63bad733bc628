"""Shift and scale per band: fits against numpy, bad statistics."""

import numpy as np
import pytest
import torch

import lrprism as lp
from lrprism.errors import InputError
from lrprism.rules import ZBox
from lrprism.spectral.preprocessing import MinMax, ScaleByStd, ZScore

X = torch.randn(9, 4, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 5 + 100
STEPS = (ZScore, MinMax, ScaleByStd)


def test_the_z_score_of_the_training_part_has_mean_0_and_deviation_1() -> None:
    y = ZScore.fit(X)(X).movedim(1, 0).reshape(4, -1).numpy()
    np.testing.assert_allclose(y.mean(1), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(1), 1, rtol=1e-12)


def test_the_range_of_the_training_part_becomes_0_to_1() -> None:
    y = MinMax.fit(X)(X)
    assert y.amin((0, 2, 3)).tolist() == [0] * 4
    assert y.amax((0, 2, 3)).tolist() == [1] * 4


def test_the_deviation_is_numpy_s_and_zero_stays_zero() -> None:
    step = ScaleByStd.fit(X)
    np.testing.assert_allclose(step.std, X.movedim(1, 0).reshape(4, -1).numpy().std(1), rtol=1e-12)
    assert not bool(step(torch.zeros(1, 4)).any())


@pytest.mark.parametrize("step", STEPS)
def test_batches_give_what_one_tensor_gives_in_its_type(step: type[ZScore | MinMax | ScaleByStd]) -> None:
    fitted, parts = step.fit(X.float()), step.fit(X.float().split(2))
    torch.testing.assert_close(parts.state_dict(), fitted.state_dict())
    assert {buffer.dtype for buffer in fitted.buffers()} == {torch.float32}


@pytest.mark.parametrize("step", STEPS)
def test_a_constant_band_becomes_zero_in_all_data_and_gets_no_relevance(
    step: type[ZScore | MinMax | ScaleByStd],
) -> None:
    still = X.clone()
    still[:, [1, 3]] = 7
    fitted = step.fit(still)
    assert fitted.hidden_bands() == (1, 3)
    assert not bool(fitted(X)[:, [1, 3]].any())
    torch.testing.assert_close(fitted(X)[:, [0, 2]], step.fit(X)(X)[:, [0, 2]])
    model = torch.nn.Sequential(fitted, torch.nn.Conv2d(4, 2, 3), torch.nn.Flatten()).double()
    # against zero the bias and the shift keep some
    for reference in (None, lp.reference.mean(still)):
        explanation = lp.LRP(model, lp.presets.Epsilon()).explain(X, 1, reference=reference, audit=True)
        assert abs(explanation.audit.unaccounted) < 1e-6
        assert not bool(explanation.relevance[:, [1, 3]].any())
        assert bool(explanation.relevance[:, [0, 2]].any())


@pytest.mark.parametrize("step", STEPS)
def test_weights_with_constant_bands_are_loaded(step: type[ZScore | MinMax | ScaleByStd]) -> None:
    still = X.clone()
    still[:, 1] = 7
    loaded = step.placeholder(4).double()
    loaded.load_state_dict(step.fit(still).state_dict())
    assert loaded.hidden_bands() == (1,)


def test_divisors_that_are_not_positive_are_refused() -> None:
    with pytest.raises(InputError, match=r"^std should be positive in each band\. Found 0 in band 1\. Leave"):
        ZScore([0.0, 0.0], [1.0, 0.0])
    with pytest.raises(
        InputError, match=r"^std should be positive in each band\. Found -1 in band 0\. Leave"
    ):
        ScaleByStd([-1.0, 1.0])
    with pytest.raises(InputError, match=r"^high - low should be positive .*Found -2 in band 0\. Leave"):
        MinMax([3.0], [1.0])


@pytest.mark.parametrize("step", STEPS)
def test_rules_for_the_input_serve_the_first_layer_behind_it(
    step: type[ZScore | MinMax | ScaleByStd],
) -> None:
    model = torch.nn.Sequential(step.fit(X), torch.nn.Conv2d(4, 2, 3), torch.nn.Flatten()).double()
    explanation = lp.LRP(model, lp.presets.EpsilonGammaBox(-30.0, 40.0)).explain(X, 1)
    plan = lp.LRP(model, lp.presets.EpsilonGammaBox(-30.0, 40.0)).plan(X)
    assert [row.rule for row in plan if row.op == "conv2d"] == [repr(ZBox(-30.0, 40.0, 1e-6))]
    torch.testing.assert_close(
        explanation.relevance.sum((1, 2, 3)), explanation.output[:, 1], rtol=1e-5, atol=1e-5
    )
