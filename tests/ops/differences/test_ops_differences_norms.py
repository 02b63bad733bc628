"""Norms of a difference against their pieces: mean, square, mean, root, product, each by its own rule."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from differences import doubles, drawn, explain_difference, explain_with_gap, relevance_of
from small_models import Model, close

EPS = 1e-3


def share_norm(a: Tensor, r: Tensor, seed: Tensor, *, is_centred: bool) -> Tensor:
    """Relevance of one group of numbers ``[n]``, piece by piece; the seed holds the weights.

    Args:
        a: The numbers.
        r: Those of the reference.
        seed: The gradient at each normalised number.
        is_centred: Whether their mean is taken out.
    """
    c, c_r = (x - x.mean() if is_centred else x for x in (a, r))
    v, v_r = (x.square().mean() + EPS for x in (c, c_r))
    u, u_r = v**-0.5, v_r**-0.5
    # the product c u: each factor beside the mean of the other
    at_c = seed * (u + u_r) / 2
    relevance_of_u = (seed * (c + c_r) / 2).sum() * (u - u_r)
    # all of it is that of v, by the secant of the root, and of each square by its part in the mean
    relevance_of_v = relevance_of_u
    squares = (c.square() - c_r.square()) / len(a)
    relevance_of_squares = relevance_of_v * squares / squares.sum()
    # a square is a product with itself: all of its relevance is that of its one factor
    relevance = at_c * (c - c_r) + relevance_of_squares
    g = relevance / (c - c_r)
    return (a - r) * (g - g.mean() if is_centred else g)


def share_groups(x: Tensor, r: Tensor, seed: Tensor, groups: int, *, is_centred: bool) -> Tensor:
    """Relevance of samples ``[N, ...]`` in which each of so many groups is normalised by itself."""
    rows = [tensor.expand_as(x).reshape(len(x) * groups, -1) for tensor in (x, r, seed)]
    shared = [share_norm(*row, is_centred=is_centred) for row in zip(*rows, strict=True)]
    return torch.stack(shared).view_as(x)


def with_weights(norm: nn.Module) -> nn.Module:
    """The norm with random weights."""
    for number, parameter in enumerate(norm.parameters()):
        parameter.data = drawn(*parameter.shape, seed=20 + number)
    return norm.double()


def shape_weight(norm: nn.Module, x: Tensor) -> Tensor:
    """The weights of a norm in the shape of a sample."""
    weight = norm.weight.detach()
    per_channel = isinstance(norm, (nn.GroupNorm, nn.InstanceNorm1d, nn.InstanceNorm2d))
    return (weight.view(-1, *(1,) * (x.dim() - 2)) if per_channel else weight).expand(x.shape[1:])


NORMS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], int, bool]] = {
    "layer norm": (lambda: nn.LayerNorm(6, eps=EPS), (3, 6), 1, True),
    "layer norm of a sequence": (lambda: nn.LayerNorm(6, eps=EPS), (3, 4, 6), 4, True),
    "layer norm over two dimensions": (lambda: nn.LayerNorm((4, 6), eps=EPS), (3, 4, 6), 1, True),
    "group norm": (lambda: nn.GroupNorm(3, 6, eps=EPS), (2, 6, 5), 3, True),
    "group norm of images": (lambda: nn.GroupNorm(1, 4, eps=EPS), (2, 4, 3, 3), 1, True),
    "instance norm": (lambda: nn.InstanceNorm1d(4, eps=EPS, affine=True), (3, 4, 5), 4, True),
    "instance norm of images": (lambda: nn.InstanceNorm2d(3, eps=EPS, affine=True), (2, 3, 4, 4), 3, True),
    "rms norm": (lambda: nn.RMSNorm(6, eps=EPS), (3, 6), 1, False),
    "rms norm of a sequence": (lambda: nn.RMSNorm(6, eps=EPS), (3, 4, 6), 4, False),
}


@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize("is_shared", [False, True])
def test_norms_are_shared_by_their_pieces(name: str, *, is_shared: bool) -> None:
    make, shape, groups, is_centred = NORMS[name]
    norm = with_weights(make())
    x = drawn(*shape)
    r = drawn(*shape, seed=9)[: 1 if is_shared else None]
    k = drawn(*shape[1:], seed=30)
    relevance = relevance_of(Model(lambda x: norm(x) * k, norm), x, r)
    close(relevance, share_groups(x, r, k * shape_weight(norm, x), groups, is_centred=is_centred))


def test_a_norm_of_two_numbers_by_hand() -> None:
    # without eps, rms norm takes (3, 4) / sqrt(12.5) and (3, 0) / sqrt(4.5); read is the first number alone
    x, r = doubles([[3.0, 4.0]]), doubles([[3.0, 0.0]])
    relevance = relevance_of(lambda a: F.rms_norm(a, (2,), eps=0.0)[:, 0], x, r)
    # the first did not change: all that u lost comes from the second one's square
    close(relevance, doubles([[0.0, 3 / 12.5**0.5 - 3 / 4.5**0.5]]))


@pytest.mark.parametrize("is_rms", [False, True])
def test_a_fused_norm_gives_the_map_of_one_written_by_hand(*, is_rms: bool) -> None:
    x, r, k = drawn(3, 6), drawn(3, 6, seed=9), drawn(6, seed=2)

    def write_out(a: Tensor) -> Tensor:
        c = a if is_rms else a - a.mean(-1, keepdim=True)
        return c * torch.rsqrt(c.square().mean(-1, keepdim=True) + EPS) * k

    fused = (
        (lambda a: F.rms_norm(a, (6,), eps=EPS) * k)
        if is_rms
        else (lambda a: F.layer_norm(a, (6,), eps=EPS) * k)
    )
    close(relevance_of(fused, x, r), relevance_of(write_out, x, r))


ADAPTIVE: dict[str, tuple[Callable[..., Tensor], tuple[int, ...], tuple[int, ...]]] = {
    "layer norm": (lambda x, w: F.layer_norm(x, (6,), w, w.sin()), (3, 6), (6,)),
    "layer norm by keywords": (lambda x, w: F.layer_norm(x, (6,), bias=w, weight=w.cos()), (3, 6), (6,)),
    "rms norm": (lambda x, w: F.rms_norm(x, (6,), w), (3, 6), (6,)),
    "group norm": (lambda x, w: F.group_norm(x, 2, w, w.sin()), (2, 4, 5), (4,)),
    "modulated, as in diffusion": (lambda x, w: F.layer_norm(x, (6,)) * (1 + w) + w.sin(), (3, 6), (3, 6)),
    "instance norm with the style of another": (
        lambda x, y: F.instance_norm(x) * y.std(2, keepdim=True) + y.mean(2, keepdim=True),
        (2, 3, 5),
        (2, 3, 5),
    ),
}


@pytest.mark.parametrize("name", ADAPTIVE)
def test_weights_that_the_network_computes_get_their_share(name: str) -> None:
    function, *shapes = ADAPTIVE[name]
    inputs = tuple(drawn(*shape, seed=number) for number, shape in enumerate(shapes))
    references = tuple(drawn(*shape, seed=9 + number) for number, shape in enumerate(shapes))
    k = torch.arange(1, inputs[0].numel() + 1).view_as(inputs[0]).cos()
    of_x, of_w = relevance_of(lambda *tensors: function(*tensors) * k, inputs, references)
    assert of_x.any()
    assert of_w.any()


WAYS: dict[str, tuple[Callable[[Tensor], Tensor], tuple[int, ...]]] = {
    "without weights": (lambda x: F.layer_norm(x, (6,)), (3, 6)),
    "of numbers behind a ReLU": (lambda x: F.layer_norm(x.relu(), (6,)), (3, 6)),
    "local response norm": (lambda x: F.local_response_norm(x, 3), (2, 4, 3, 3)),
    "by the standard deviation": (
        lambda x: (x - x.mean(1, keepdim=True)) / (x.std(1, keepdim=True) + EPS),
        (3, 6),
    ),
    "global response norm": (
        lambda x: x * (y := x.norm(2, (2, 3), keepdim=True)) / (y.mean(1, keepdim=True) + EPS) + x,
        (2, 3, 4, 4),
    ),
    "one behind another": (lambda x: F.rms_norm(F.layer_norm(x, (6,)).sin(), (6,)), (3, 6)),
}


@pytest.mark.parametrize("name", WAYS)
def test_nothing_is_lost_on_any_way_to_a_norm(name: str) -> None:
    function, shape = WAYS[name]
    x, r = drawn(*shape), drawn(*shape, seed=9)
    k = torch.arange(1, x[0].numel() + 1).view_as(x[0]).cos()
    for reference in (r, r[:1]):
        relevance_of(lambda x: function(x) * k, x, reference)


def test_statistics_of_the_batch_have_no_exact_way() -> None:
    norm = nn.BatchNorm1d(6, track_running_stats=False).double()
    k = drawn(6, seed=2)
    _, lost, messages = explain_with_gap(
        Model(lambda x: norm(x).sin() * k, norm), drawn(3, 6), drawn(3, 6, seed=9)
    )
    assert set(lost) == {"batch_norm"}
    assert "no rule is known for batch_norm in layers.0" in messages[0]


def test_a_norm_by_running_statistics_scales() -> None:
    for norm, shape in (
        (nn.BatchNorm2d(3), (2, 3, 4, 4)),
        (nn.InstanceNorm2d(3, track_running_stats=True), (2, 3, 4, 4)),
    ):
        norm = norm.double().eval()
        norm.running_var.copy_(doubles([0.5, 2.0, 3.0]))
        norm.running_mean.copy_(doubles([1.0, -2.0, 0.5]))
        x, r = drawn(*shape), drawn(1, *shape[1:], seed=9)
        scale = (norm.running_var + norm.eps).rsqrt().view(3, 1, 1)
        close(relevance_of(norm, x, r), (x - r) * scale)


def test_a_norm_of_nothing_but_equal_numbers_stays_finite() -> None:
    x, r = torch.full((1, 4), 2.0).double(), torch.full((1, 4), 5.0).double()
    explanation = explain_difference(nn.LayerNorm(4).double(), x, r)
    assert explanation.relevance.isfinite().all()
    close(explanation.change, torch.zeros(1, 4).double())
