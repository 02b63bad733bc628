"""Maxima of a difference against winners found one by one."""

from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from differences import doubles, drawn, explain_with_gap, relevance_of
from small_models import close

IMAGE = (2, 3, 6, 6)


def share_window(x: Tensor, r: Tensor, seed: float) -> Tensor:
    """Relevance of the numbers of one window: x's winner gets ``m - y_r``, that of r gets ``y - m``."""
    i, j = int(x.argmax()), int(r.argmax())
    relevance = torch.zeros_like(x)
    y, y_r = x[i], r[j]
    # both runs have one winner: the output follows it
    m = torch.maximum(y, y_r)
    relevance[i] += seed * (m - y_r)
    relevance[j] += seed * (y - m)
    return relevance


def share_max_pool(x: Tensor, r: Tensor, seed: Tensor, size: int, stride: int, padding: int) -> Tensor:
    """Relevance of an image ``[height, width]`` under max pooling, window by window."""
    inside = torch.zeros_like(x)
    for row, column in product(range(seed.shape[0]), range(seed.shape[1])):
        places = [
            (y, z)
            for y, z in product(range(size), range(size))
            if 0 <= row * stride + y - padding < x.shape[0]
            and 0 <= column * stride + z - padding < x.shape[1]
        ]
        rows = torch.tensor([row * stride + y - padding for y, _ in places])
        columns = torch.tensor([column * stride + z - padding for _, z in places])
        shares = share_window(x[rows, columns], r[rows, columns], float(seed[row, column]))
        inside.index_put_((rows, columns), shares, accumulate=True)
    return inside


@pytest.mark.parametrize(
    ("size", "stride", "padding"), [(2, 2, 0), (3, 1, 1), (3, 2, 1), (2, 1, 0), (4, 2, 0)]
)
@pytest.mark.parametrize("samples", [1, 2])
def test_max_pooling_pays_both_winners(size: int, stride: int, padding: int, samples: int) -> None:
    x, r = drawn(*IMAGE), drawn(*IMAGE, seed=9)[:samples]
    k = drawn(*F.max_pool2d(x, size, stride, padding).shape[1:], seed=3)
    relevance = relevance_of(lambda a: F.max_pool2d(a, size, stride, padding) * k, x, r)
    for n, channel in product(range(2), range(3)):
        expected = share_max_pool(
            x[n, channel], r.expand_as(x)[n, channel], k[channel], size, stride, padding
        )
        close(relevance[n, channel], expected)


def test_winners_by_hand() -> None:
    # of (5, 1) the first wins, of the reference (2, 3) the second: m = 5, the first gets 5 - 3, the other 0
    close(
        relevance_of(lambda a: a.amax(1), doubles([[5.0, 1.0]]), doubles([[2.0, 3.0]])), doubles([[2.0, 0.0]])
    )
    # of (2, 1) and (2, 4): m = 4, the first gets 4 - 4, the second 2 - 4: it was the winner and fell
    close(
        relevance_of(lambda a: a.amax(1), doubles([[2.0, 1.0]]), doubles([[2.0, 4.0]])),
        doubles([[0.0, -2.0]]),
    )
    # one winner that grew
    close(
        relevance_of(lambda a: a.amax(1), doubles([[7.0, 1.0]]), doubles([[4.0, 0.0]])), doubles([[3.0, 0.0]])
    )
    # minima: of (5, 1) and (2, 3), m = 1: the second gets 1 - 2, the first 1 - 1
    close(
        relevance_of(lambda a: a.amin(1), doubles([[5.0, 1.0]]), doubles([[2.0, 3.0]])),
        doubles([[0.0, -1.0]]),
    )


EXTREMES: dict[str, tuple[Callable[[Tensor], Tensor], tuple[int, ...]]] = {
    "max_pool1d": (lambda x: F.max_pool1d(x, 3, 2), (2, 3, 9)),
    "max_pool1d without stride": (nn.MaxPool1d(2), (2, 3, 8)),
    "max_pool3d": (lambda x: F.max_pool3d(x, 2), (2, 1, 4, 4, 4)),
    "dilated, with a ceiling": (lambda x: F.max_pool2d(x, 2, 2, dilation=2, ceil_mode=True), IMAGE),
    "padded, with a ceiling": (lambda x: F.max_pool2d(x, 2, 2, 1, ceil_mode=True), (2, 3, 5, 5)),
    "with indices": (lambda x: F.max_pool2d(x, 2, return_indices=True)[0], IMAGE),
    "adaptive": (lambda x: F.adaptive_max_pool2d(x, 4), IMAGE),
    "adaptive along a line": (lambda x: F.adaptive_max_pool1d(x, 4), (2, 3, 9)),
    "behind a ReLU": (lambda x: F.max_pool2d(x.relu(), 2), IMAGE),
    "minimum by signs": (lambda x: -F.max_pool2d(-x, 2), IMAGE),
    "max over a dimension": (lambda x: x.max(1).values, IMAGE),
    "min over a dimension": (lambda x: x.min(2)[0], IMAGE),
    "amax over two": (lambda x: x.amax((2, 3)), IMAGE),
    "amin that keeps": (lambda x: x.amin(1, keepdim=True), IMAGE),
    "max of all": (lambda x: torch.stack([row.max() for row in x]), IMAGE),
    "aminmax": (lambda x: sum(torch.aminmax(x.flatten(1), dim=1)), IMAGE),
    "maximum": (lambda x: torch.maximum(x, x.roll(1, 1)), IMAGE),
    "maximum of three": (lambda x: torch.maximum(torch.maximum(x, x.sin()), x.cos()), IMAGE),
    "minimum": (lambda x: torch.minimum(x, x.sin()), IMAGE),
    "fmax": (lambda x: torch.fmax(x, x.sin()), IMAGE),
    "max with a constant": (lambda x: torch.max(x, torch.zeros((), dtype=x.dtype)), IMAGE),
    "min with a constant": (lambda x: torch.minimum(x, x.new_tensor(0.5)), IMAGE),
    "broadcast": (lambda x: torch.maximum(x, x.mean((2, 3), keepdim=True)), IMAGE),
    "maxout": (lambda x: x.view(len(x), 3, 2, 18).amax(2), IMAGE),
    "of a stack": (lambda x: torch.stack([x, x.sin(), x.cos()]).max(0)[0], IMAGE),
    "with many ties": (lambda x: F.max_pool2d(x.round(), 2), IMAGE),
    "amax with many ties": (lambda x: x.round().amax((2, 3)), IMAGE),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_nothing_is_lost_by_a_choice(name: str) -> None:
    function, shape = EXTREMES[name]
    x, r = drawn(*shape), drawn(*shape, seed=9)
    for reference in (r, r[:1], 0.0):
        relevance_of(function, x, reference)


@pytest.mark.parametrize("samples", [1, 2])
def test_the_larger_of_two_tensors_by_the_same_rule(samples: int) -> None:
    a, b = drawn(2, 3), drawn(2, 3, seed=1)
    a_r, b_r = drawn(2, 3, seed=2)[:samples], drawn(2, 3, seed=3)[:samples]
    of_a, of_b = relevance_of(torch.maximum, (a, b), (a_r, b_r))
    for place in product(range(2), range(3)):
        window, other = (
            torch.stack([x.expand(2, 3)[place], y.expand(2, 3)[place]]) for x, y in ((a, b), (a_r, b_r))
        )
        close(torch.stack([of_a[place], of_b[place]]), share_window(window, other, 1.0))


def test_what_wins_in_neither_run_gets_nothing() -> None:
    x, r = drawn(1, 4), drawn(1, 4, seed=9)
    relevance = relevance_of(lambda a: a.amax(1), x, r)
    losers = set(range(4)) - {int(x.argmax()), int(r.argmax())}
    assert not relevance[0, list(losers)].any()


def test_relu_is_the_maximum_of_zero() -> None:
    x, r = drawn(2, 6), drawn(1, 6, seed=9)
    expected = x.relu() - r.relu()
    for relu in (F.relu, lambda a: a.clamp(min=0), lambda a: torch.maximum(a, torch.zeros_like(a))):
        close(relevance_of(relu, x, r), expected)


def test_places_of_winners_have_no_exact_way() -> None:
    # unpooling moves the winners to places that differ between the runs
    def unpool(x: Tensor) -> Tensor:
        return F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2) * k

    k = drawn(6, 6, seed=3)
    _, lost, messages = explain_with_gap(unpool, drawn(*IMAGE), drawn(*IMAGE, seed=9))
    assert set(lost) == {"max_unpool2d"}
    assert "no rule is known for max_unpool2d in (model)" in messages[0]
