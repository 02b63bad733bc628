"""Ops whose own gradient is the rule, and ops written out in others: no warning, and strict mode accepts."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from expected_warnings import NO_CONVOLUTION
from lrprism import presets
from lrprism.ops import Kind
from small_models import LRP_0, Model, numbers_of, relevances


def gradient_times_input(function: Callable[..., Tensor], *inputs: Tensor) -> tuple[Tensor, ...]:
    leaves = [tensor.clone().requires_grad_() for tensor in inputs]
    gradients = torch.autograd.grad(function(*leaves).sum(), leaves)
    return tuple(tensor * gradient for tensor, gradient in zip(inputs, gradients, strict=True))


A = numbers_of(4, 4) + 4 * torch.eye(4).double()
SPARSE = (A * (A > 0)).to_sparse()
TRIANGLE = torch.linalg.cholesky(A @ A.T)
LU = torch.linalg.lu_factor(A)
WINDOW = torch.ones(4).double()


def spectrogram(x: Tensor) -> Tensor:
    return torch.stft(x, 4, 2, window=WINDOW, return_complex=True)


LINEAR: dict[str, Callable[[Tensor], Tensor]] = {
    "sparse.mm": lambda x: torch.sparse.mm(SPARSE, x),
    "mm with sparse": lambda x: SPARSE @ x,
    "sparse on the right": lambda x: torch.mm(x, SPARSE),
    "sparse.addmm": lambda x: torch.sparse.addmm(torch.zeros(4, 4).double(), SPARSE, x),
    "fftshift": lambda x: torch.fft.fftshift(x, 1),
    "ifftshift": lambda x: torch.fft.ifftshift(x),
    "complex": lambda x: torch.view_as_real(torch.complex(x, x.T)),
    "stft": lambda x: torch.view_as_real(spectrogram(x.flatten())),
    "istft": lambda x: torch.istft(spectrogram(x.flatten()), 4, 2, window=WINDOW),
    "solve": lambda x: torch.linalg.solve(A, x),
    "solve a vector": lambda x: torch.linalg.solve(A, x[0]),
    "aten solve": lambda x: torch.ops.aten.linalg_solve(A, x),
    "solve_triangular": lambda x: torch.linalg.solve_triangular(TRIANGLE, x, upper=False),
    "cholesky_solve": lambda x: torch.cholesky_solve(x, TRIANGLE),
    "lu_solve": lambda x: torch.linalg.lu_solve(*LU, x),
    "trapezoid": lambda x: torch.trapezoid(x, WINDOW.cumsum(0), dim=1),
    "cumulative_trapezoid": lambda x: torch.cumulative_trapezoid(x, dim=0),
    "gradient": lambda x: torch.gradient(x, dim=1)[0],
    "gradients": lambda x: torch.stack(torch.gradient(x)),
    "multi_dot": lambda x: torch.linalg.multi_dot([x, A, A]),
    "chain_matmul": lambda x: torch.linalg.multi_dot([A, x, A]),
    "vecdot": lambda x: torch.linalg.vecdot(x, A),
    "put": lambda x: torch.zeros(16).double().put(torch.arange(16), x),
    "cross": lambda x: torch.linalg.cross(x[:, :3], A[:, :3]),
    "segment sum": lambda x: torch.segment_reduce(x, "sum", lengths=torch.tensor([1, 3])),
    "segment mean": lambda x: torch.segment_reduce(x, "mean", lengths=torch.tensor([1, 3])),
    "segment max": lambda x: torch.segment_reduce(x, "max", lengths=torch.tensor([1, 3])),
    "conv_tbc": lambda x: torch.conv_tbc(x[:, :, None], A[:3, None, :], torch.zeros(4).double(), 1),
    "ldexp": lambda x: torch.ldexp(x, torch.tensor([1.0, 2.0, -1.0, 0.0])),
    "combinations": lambda x: torch.combinations(x[0]),
    "cartesian_prod": lambda x: torch.cartesian_prod(x[0], x[1]),
    "cdist": lambda x: torch.cdist(x, x.flip(0) * 2),
    "nuclear norm": lambda x: torch.linalg.matrix_norm(x, "nuc"),
    "singular values": torch.linalg.svdvals,
    "affine_grid": lambda x: F.affine_grid(x[:1, :3].repeat(1, 2, 1), [1, 1, 3, 2], align_corners=False),
    "diagflat": torch.diagflat,
}


@pytest.mark.parametrize("function", LINEAR.values(), ids=LINEAR)
def test_the_gradient_is_the_rule(function: Callable[[Tensor], Tensor]) -> None:
    x = numbers_of(4, 4)
    torch.testing.assert_close(relevances(function, x), gradient_times_input(function, x))


UNKNOWN: dict[str, Callable[[Tensor], Tensor]] = {
    "solve": lambda x: torch.linalg.solve(x, A),
    "linalg_lu_solve|lu_solve": lambda x: torch.linalg.lu_solve(x, LU[1], A),
    "cholesky_solve": lambda x: torch.cholesky_solve(A, x),
    "solve_triangular": lambda x: torch.linalg.solve_triangular(x, A, upper=True),
    "householder_product": lambda x: torch.linalg.householder_product(x, A[0]),
    "trapezoid": lambda x: torch.trapezoid(A, x),
    "grid_sampler": lambda x: F.grid_sample(A[None, None], x.view(1, 2, 4, 2), align_corners=False),
    "lgamma": torch.lgamma,
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_has_no_rule_is_named(name: str) -> None:
    with pytest.raises(lp.ModelError, match=name):
        lp.LRP(Model(UNKNOWN[name]), LRP_0, strict=True).explain(numbers_of(4, 4), torch.ones_like)


DISTANCES: list[Callable[[Tensor, Tensor], Tensor]] = [
    lambda p, q: (p - q).norm(dim=1),
    lambda p, q: F.pairwise_distance(p, q, eps=0),
    lambda p, q: torch.cdist(p[:, None], q[:, None]).flatten(),
]


def test_a_distance_has_one_map_however_it_is_written() -> None:
    p, q = numbers_of(2, 3), numbers_of(3, 2).T
    difference = p - q
    unit = difference / difference.norm(dim=1, keepdim=True)
    for function in DISTANCES:
        torch.testing.assert_close(relevances(function, p, q), (p * unit, -q * unit))


def test_hypot_shares_by_squares() -> None:
    x, y = numbers_of(2, 3), numbers_of(3, 2).T
    h = torch.hypot(x, y)
    torch.testing.assert_close(relevances(torch.hypot, x, y), (x**2 / h, y**2 / h))


@pytest.mark.parametrize("base", ["e", "2"])
def test_logaddexp_is_logsumexp_of_two(base: str) -> None:
    x, y = numbers_of(2, 3), numbers_of(3, 2).T
    scale = 1.0 if base == "e" else torch.tensor(2.0).double().log()
    by_hand = relevances(lambda x, y: torch.logsumexp(torch.stack([x * scale, y * scale]), 0) / scale, x, y)
    function = torch.logaddexp if base == "e" else torch.logaddexp2
    torch.testing.assert_close(relevances(function, x, y), by_hand)


def test_a_live_exponent_of_two_is_a_factor() -> None:
    x, y = numbers_of(2, 3), numbers_of(3, 2).T
    torch.testing.assert_close(relevances(torch.ldexp, x, y), relevances(lambda x, y: x * y.exp2(), x, y))


def test_a_whole_exponent_below_zero_scales_too() -> None:
    # torch's own gradient is 0 there: a whole power of 2 rounds down
    x, exponent = numbers_of(2, 3), torch.tensor([-1, 0, 2])
    torch.testing.assert_close(relevances(lambda x: torch.ldexp(x, exponent), x), (torch.ldexp(x, exponent),))


def test_a_live_grid_carries_no_relevance() -> None:
    image, grid = numbers_of(1, 1, 4, 4), numbers_of(1, 2, 3, 2).tanh()

    def function(image: Tensor, grid: Tensor) -> Tensor:
        return F.grid_sample(image, grid, align_corners=False)

    (for_image,) = gradient_times_input(lambda image: function(image, grid), image)
    torch.testing.assert_close(relevances(function, image, grid), (for_image, torch.zeros_like(grid)))
    rows = lp.LRP(Model(function), LRP_0).plan((image, grid))
    assert any("grid_sampler" in str(row) and Kind.SCALING.value in str(row) for row in rows)


def test_correlation_and_polar_are_their_formulas() -> None:
    x = numbers_of(3, 4)
    relevances(torch.corrcoef, x)
    r, angle = numbers_of(2, 3).abs(), numbers_of(3, 2).T
    for_r, for_angle = relevances(lambda r, t: torch.polar(r, t).real, r, angle)
    torch.testing.assert_close(for_r + for_angle, r * angle.cos())


@NO_CONVOLUTION
def test_the_experts_of_a_mixture_are_linear_layers_on_their_tokens() -> None:
    weight, ends = numbers_of(3, 16, 8).float(), torch.tensor([2, 5, 8], dtype=torch.int32)
    x = numbers_of(8, 16).float()

    def by_hand(x: Tensor) -> Tensor:
        parts = zip(x.tensor_split([2, 5]), weight, strict=True)
        return torch.cat([part @ expert for part, expert in parts])

    calls = [lambda x: torch._grouped_mm(x, weight, offs=ends)]
    if hasattr(F, "grouped_mm"):
        calls.append(lambda x: F.grouped_mm(x, weight, offs=ends))
    for composite in (LRP_0, presets.Epsilon(0.1), presets.AttnLRP(), presets.EpsilonPlus()):
        expected = lp.LRP(Model(by_hand), composite).explain(x, torch.ones_like).relevance
        for call in calls:
            explainer = lp.LRP(Model(call), composite, strict=True)
            explanation = explainer.explain(x, torch.ones_like, audit=True)
            torch.testing.assert_close(explanation.relevance, expected)
            assert abs(explanation.audit.unaccounted) < 1e-3


def test_a_layer_over_time_gets_its_rule() -> None:
    weight, bias, x = numbers_of(3, 2, 4), numbers_of(4), numbers_of(5, 1, 2)
    explainer = lp.LRP(
        Model(lambda x: torch.conv_tbc(x, weight, bias, 1)), presets.EpsilonPlus(), strict=True
    )
    conv = nn.Conv1d(2, 4, 3, padding=1).double()
    conv.weight.data, conv.bias.data = weight.permute(2, 1, 0), bias
    other = lp.LRP(Model(lambda x: conv(x.permute(1, 2, 0)).permute(2, 0, 1)), presets.EpsilonPlus())
    torch.testing.assert_close(
        explainer.explain(x, torch.ones_like).relevance, other.explain(x, torch.ones_like).relevance
    )


ROUNDING = torch.tensor([0.5, 0.25, 1.0, 2.0]), torch.zeros(4, dtype=torch.int32)
HERE_TOO: dict[str, Callable[[Tensor], Tensor]] = {
    "as_tensor": torch.as_tensor,
    "as_tensor of another type": lambda x: torch.as_tensor(x, dtype=torch.float32).double(),
    "asarray, a copy": lambda x: torch.asarray(x, copy=True),
    "a power for each": lambda x: (x[..., None] ** torch.arange(1, 3)).sum(-1),
    "rounding": lambda x: torch.fake_quantize_per_tensor_affine(x.float(), 0.1, 0, -128, 127).double(),
    "rounding by channel": lambda x: torch.fake_quantize_per_channel_affine(
        x.float(), *ROUNDING, 1, -128, 127
    ).double(),
}


@pytest.mark.parametrize("name", HERE_TOO)
def test_each_entry_keeps_what_it_becomes(name: str) -> None:
    x = numbers_of(4, 4)
    (found,) = relevances(Model(HERE_TOO[name]), x)
    torch.testing.assert_close(found, HERE_TOO[name](x), rtol=1e-6, atol=1e-7)


def test_a_fit_is_linear_and_its_residuals_are_squares() -> None:
    points, x = numbers_of(6, 3), numbers_of(6, 4)

    def solution(x: Tensor) -> Tensor:
        return torch.linalg.lstsq(points, x).solution.sum(0, keepdim=True)

    (found,) = relevances(Model(solution), x)
    (expected,) = gradient_times_input(lambda x: torch.linalg.pinv(points) @ x, x)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)

    def residuals(x: Tensor) -> Tensor:
        return torch.linalg.lstsq(points, x, driver="gels").residuals[None]

    (found,) = relevances(Model(residuals), x)
    rest = x - points @ torch.linalg.pinv(points) @ x
    torch.testing.assert_close(found, x * rest, rtol=1e-9, atol=1e-9)


def test_a_fit_by_a_live_matrix_has_no_rule() -> None:
    with pytest.raises(lp.ModelError, match="lstsq"):
        lp.LRP(Model(lambda x: torch.linalg.lstsq(x, A).solution), strict=True).explain(A, 0)


def test_the_attention_of_exported_programs_is_attention() -> None:
    operands = numbers_of(1, 2, 3, 4), numbers_of(1, 2, 3, 4) + 1, numbers_of(1, 2, 3, 4) - 1

    def fused(*operands: Tensor) -> Tensor:
        attend = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
        return attend(*operands, is_causal=True, scale=0.3)[0].flatten(1)

    def known(*operands: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(*operands, is_causal=True, scale=0.3).flatten(1)

    composite = presets.AttnLRP()
    expected = lp.LRP(Model(known), composite).explain(operands, 0).relevance
    relevance = lp.LRP(Model(fused), composite, strict=True).explain(operands, 0).relevance
    torch.testing.assert_close(relevance, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("training", [False, True])
def test_rounding_by_what_was_seen_notes_nothing(training: bool) -> None:
    x, one = numbers_of(2, 3).float(), torch.ones(1)
    noted = [
        torch.tensor([-1.0]),
        torch.tensor([2.0]),
        torch.tensor([0.1]),
        torch.zeros(1, dtype=torch.int32),
    ]

    class Rounded(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.fused_moving_avg_obs_fake_quant(
                x, one.long(), one.long(), *self.noted, 0.5, 0, 255, -1
            )

    model = Rounded().train(training)
    model.noted = noted
    before = [tensor.clone() for tensor in noted]
    explanation = lp.LRP(model, LRP_0, strict=True).explain(x, torch.ones_like, audit=True)
    torch.testing.assert_close(noted, before, rtol=0, atol=0)
    torch.testing.assert_close(explanation.relevance, model(x), rtol=1e-6, atol=1e-7)
