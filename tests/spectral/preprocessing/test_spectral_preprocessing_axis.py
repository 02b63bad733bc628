"""Properties of every linear step: one matrix and one constant per pixel, and LRP-0 through them."""

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism.errors import InputError
from lrprism.spectral.preprocessing import (
    PCA,
    AveragePairs,
    MinMax,
    Resample,
    SavitzkyGolay,
    ScaleByStd,
    SelectBands,
    ZScore,
)
from lrprism.spectral.preprocessing.axis import as_numbers
from oracles import dense

BANDS = 7
torch.manual_seed(0)
MEAN, STD = torch.randn(BANDS, dtype=torch.float64), torch.rand(BANDS, dtype=torch.float64) + 0.5
NM = torch.linspace(400, 700, BANDS, dtype=torch.float64)
WITHOUT_CONSTANT: dict[str, nn.Module] = {
    "AveragePairs": AveragePairs(BANDS).double(),
    "SelectBands": SelectBands(BANDS, [6, 0, 2]),
    "Resample": Resample([450.0, 560.0, 700.0], [40.0, 100.0, 60.0], NM),
    "ScaleByStd": ScaleByStd(STD),
    "SavitzkyGolay": SavitzkyGolay(5, 2, bands=BANDS).double(),
    "SavitzkyGolay derivative": SavitzkyGolay(5, 3, 1, bands=BANDS).double(),
}
WITH_CONSTANT: dict[str, nn.Module] = {
    "ZScore": ZScore(MEAN, STD),
    "MinMax": MinMax(MEAN, MEAN + STD),
    "PCA": PCA(MEAN, torch.randn(3, BANDS, dtype=torch.float64), [2.0, 0.5, 1.0]),
}
STEPS = WITHOUT_CONSTANT | WITH_CONSTANT
X = torch.randn(2, BANDS, 3, 2, dtype=torch.float64)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_one_matrix_over_the_bands_of_every_pixel(name: str) -> None:
    matrix, constant = dense(STEPS[name], (BANDS,))
    expected = torch.einsum("bk,nbyx->nkyx", matrix, X) + constant[:, None, None]
    torch.testing.assert_close(STEPS[name](X), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", STEPS)
def test_lrp_0_gives_a_band_its_value_times_the_transposed_matrix(name: str) -> None:
    step = STEPS[name]
    matrix, constant = dense(step, (BANDS,))
    outputs = step(X)[0].numel()
    model = nn.Sequential(step, nn.Flatten(), nn.Linear(outputs, 2, bias=False).double())
    explanation = lp.LRP(model, lp.presets.Epsilon(0), strict=True).explain(X, 1, audit=True)
    g = model[2].weight[1].detach().view(1, -1, 3, 2)
    expected = X * torch.einsum("bk,nkyx->nbyx", matrix, g.expand(2, -1, -1, -1))
    torch.testing.assert_close(explanation.relevance, expected, rtol=0, atol=1e-12)
    audit = explanation.audit
    assert audit is not None
    absorbed = sum(row.to_bias + row.to_constant for row in audit)
    assert absorbed == pytest.approx(2 * float((constant[:, None, None] * g[0]).sum()), abs=1e-11)
    assert audit.unaccounted == pytest.approx(0, abs=1e-11)
    assert sum(row.to_rule + row.to_unknown + row.to_stabilizer for row in audit) == pytest.approx(
        0, abs=1e-11
    )


@pytest.mark.parametrize("name", WITHOUT_CONSTANT)
def test_a_step_without_a_constant_conserves_relevance(name: str) -> None:
    model = nn.Sequential(STEPS[name], nn.Flatten(), nn.Linear(STEPS[name](X)[0].numel(), 2, False).double())
    explanation = lp.LRP(model, lp.presets.Epsilon(0)).explain(X, 0)
    assert isinstance(explanation.relevance, Tensor)
    torch.testing.assert_close(
        explanation.relevance.sum((1, 2, 3)), explanation.output[:, 0], rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("name", STEPS)
def test_what_was_fitted_is_saved_and_nothing_is_trained(name: str) -> None:
    step = STEPS[name]
    assert not list(step.parameters())
    assert step.state_dict().keys() == dict(step.named_buffers()).keys() != set()


@pytest.mark.parametrize("name", STEPS)
def test_spectra_and_single_precision_give_the_same(name: str) -> None:
    spectra = X[:, :, 0, 0]
    torch.testing.assert_close(STEPS[name](spectra), STEPS[name](X)[:, :, 0, 0], rtol=1e-12, atol=1e-12)
    result = STEPS[name](spectra.float())
    assert result.dtype is torch.float32
    torch.testing.assert_close(result.double(), STEPS[name](spectra), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("shape", [(2, BANDS + 1, 3, 3), (BANDS,)])
def test_other_bands_are_refused(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=rf"{name.split()[0]} should get 7 bands on axis 1\. Found shape \("):
        STEPS[name](torch.zeros(shape))


def test_a_batch_norm_behind_a_step_is_not_merged_with_it() -> None:
    model = nn.Sequential(STEPS["PCA"], nn.BatchNorm1d(3), nn.Linear(3, 2)).double()
    rows = lp.LRP(model, lp.presets.Epsilon(0)).plan(X[:, :, 0, 0])
    assert [(row.module, row.op) for row in rows if row.op.endswith("linear")] == [
        ("0", "linear"),
        ("2", "batch_norm + linear"),
    ]


def test_numbers_keep_the_type_of_a_tensor_and_are_a_copy() -> None:
    tensor = torch.ones(2, dtype=torch.float64)
    numbers = as_numbers("mean", tensor)
    tensor += 1
    assert numbers.dtype is torch.float64
    assert numbers.tolist() == [1, 1]
    assert as_numbers("mean", [1, 2]).dtype is torch.float32


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], r"shape \(0,\)"),
        ([[1.0]], r"shape \(1, 1\)"),
        ([1.0, float("nan"), float("inf")], r"shape \(3,\) with 2 NaN or inf"),
    ],
)
def test_numbers_that_cannot_be_used_are_refused(values: list[float], words: str) -> None:
    with pytest.raises(
        InputError, match=rf"^std should be finite numbers on 1 axes.* Found {words}\. Fit the"
    ):
        ScaleByStd(values)


@pytest.mark.parametrize("step", [ZScore, MinMax])
def test_two_lists_of_different_length_are_refused(step: type[ZScore | MinMax]) -> None:
    with pytest.raises(InputError, match=r"should have as many numbers each\. Found 2 and 3\. Take both"):
        step([0.0, 0.0], [1.0, 1.0, 1.0])
