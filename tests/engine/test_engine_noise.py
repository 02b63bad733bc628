"""Random numbers of train mode count by their mean; what cannot be known is said."""

import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from lrprism import presets

LRP_0 = presets.Epsilon(0)
X = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
P = 0.3


class Model(nn.Module):
    """Two layers with noise between them in training mode."""

    def __init__(self, noise: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b = nn.Linear(4, 8, bias=False).double(), nn.Linear(8, 3, bias=False).double()
        self.noise = noise

    def forward(self, x: Tensor) -> Tensor:
        h = self.a(x)
        return self.b(torch.relu(self.noise(h) if self.training else h))


def filled(h: Tensor, fill: Callable[[Tensor], Any]) -> Tensor:
    tensor = torch.empty_like(h)
    fill(tensor)
    return tensor


def drop_path(h: Tensor) -> Tensor:
    """The random depth of many transformers: a floor of numbers from 1 - p to 2 - p."""
    mask = (1 - P) + torch.rand((len(h), 1), dtype=h.dtype)
    mask.floor_()
    return h.div(1 - P) * mask


def drop_path_of_timm(h: Tensor) -> Tensor:
    mask = h.new_empty((len(h), 1)).bernoulli_(1 - P)
    return h * mask.div_(1 - P)


KEPT = 1 - P
KNOWN: dict[str, Callable[[Tensor], Tensor]] = {
    "F.dropout": lambda h: F.dropout(h, P),
    "bernoulli of a tensor": lambda h: h * torch.bernoulli(torch.full_like(h, KEPT)) / KEPT,
    "bernoulli, p as a number": lambda h: h * torch.bernoulli(h, p=KEPT) / KEPT,
    "Tensor.bernoulli": lambda h: h * torch.full_like(h, KEPT).bernoulli() / KEPT,
    "bernoulli_": lambda h: h * filled(h, lambda t: t.bernoulli_(KEPT)) / KEPT,
    "rand_like above p": lambda h: h * (torch.rand_like(h) > P) / KEPT,
    "rand_like below 1 - p": lambda h: (torch.rand_like(h) < KEPT) * h / KEPT,
    "p below rand": lambda h: h * torch.rand(h.shape).ge(P).to(h.dtype) / KEPT,
    "a float mask": lambda h: h * (torch.rand_like(h) >= P).double() / KEPT,
    "a scaled mask": lambda h: h * ((torch.rand_like(h) > P) / KEPT),
    "a mask turned over": lambda h: h * ~(torch.rand_like(h) < P) / KEPT,
    "where": lambda h: torch.where(torch.rand_like(h) > P, h / KEPT, 0.0),
    "where, turned over": lambda h: torch.where(torch.rand_like(h) <= P, torch.zeros_like(h), h / KEPT),
    "masked_fill": lambda h: h.masked_fill(torch.rand_like(h) < P, 0.0) / KEPT,
    "a mask of one row": lambda h: h * (torch.rand(8, dtype=h.dtype) > P).unsqueeze(0) / KEPT,
    "uniform_": lambda h: h * (filled(h, lambda t: t.uniform_(-1, 1)) > 2 * P - 1) / KEPT,
    "floor": lambda h: h * torch.floor(torch.rand_like(h) + KEPT) / KEPT,
    "drop path": drop_path,
    "drop path of timm": drop_path_of_timm,
    "thresholds in a tensor": lambda h: h * (torch.rand_like(h) > torch.full((8,), P, dtype=h.dtype)) / KEPT,
    "randn_like": lambda h: h + 0.5 * torch.randn_like(h),
    "randn": lambda h: h + torch.randn(8, dtype=h.dtype),
    "normal_": lambda h: h * filled(h, lambda t: t.normal_(1.0, 0.5)),
    "torch.normal": lambda h: h + torch.normal(0.0, 1.0, h.shape, dtype=h.dtype),
    "normal of a tensor": lambda h: h * torch.normal(torch.ones_like(h), 0.5),
    "uniform around one": lambda h: h * (0.5 + torch.rand_like(h)),
    "uniform around zero": lambda h: h + (torch.rand_like(h) - 0.5) * 0.2,
    "a mask in another shape": lambda h: h * (torch.rand(24) > P).to(h.dtype).view(3, 8) / KEPT,
    "a mask with another axis": lambda h: h * (torch.rand(3) > P).to(h.dtype)[:, None] / KEPT,
    "masks joined": lambda h: h * torch.cat([(torch.rand(1, 8) > P).to(h.dtype) for _ in h]) / KEPT,
    "masks stacked": lambda h: torch.where(torch.stack([torch.rand(8) > P] * 3), h / KEPT, 0.0),
    "a mask grown": lambda h: (
        h * F.interpolate((torch.rand(3, 1, 4) > P).to(h.dtype), scale_factor=2)[:, 0] / KEPT
    ),
    "a whole number as mask": lambda h: h * (torch.rand_like(h) > P).long() / KEPT,
    "weights with noise": lambda h: F.linear(h, torch.eye(8).to(h) + torch.randn(8, 8).to(h)),
    "a mask made without gradients": lambda h: (
        h * torch.inference_mode()(lambda: torch.rand_like(h.detach()) > P)() / KEPT
    ),
    "a draw that is unlikely": lambda h: 0 * h if torch.bernoulli(torch.tensor(0.01)) else h,
    "a layer skipped at random": lambda h: h if torch.rand(()) > 0.1 else 0 * h,
}


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("name", KNOWN)
def test_the_map_of_train_mode_is_that_of_evaluation(name: str, *, audit: bool) -> None:
    model = Model(KNOWN[name])
    explainer = lp.LRP(model, LRP_0, strict=True)
    expected = explainer.explain(X)
    model.train()
    explanation = explainer.explain(X, audit=audit)
    torch.testing.assert_close(explanation.output, expected.output, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(explanation.relevance, expected.relevance, rtol=1e-12, atol=1e-14)


UNKNOWN: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "a random order": (lambda h: h[:, torch.rand(8).argsort()], "argsort"),
    "randperm": (lambda h: h[:, torch.randperm(8)], "randperm"),
    "a random index": (lambda h: h.index_fill(1, torch.randint(8, (2,)), 0.0), "randint"),
    "gumbel softmax": (lambda h: h * F.gumbel_softmax(h), "exponential"),
    "a number drawn for a branch": (lambda h: h if torch.rand(1).item() < 2 else 0 * h, "item"),
    "a power of noise": (lambda h: h * torch.rand_like(h) ** 2, "pow"),
    "a random projection": (lambda h: h @ torch.randn(8, 8).to(h), "matmul"),
    "an orthogonal matrix": (lambda h: h @ torch.linalg.qr(torch.randn(8, 8).to(h))[0], "linalg_qr"),
    "one over noise": (lambda h: h / (1 + torch.rand_like(h)), "div"),
    "noise written to a part": (lambda h: h * filled(h, lambda t: t[0].normal_()), "normal"),
    "noise as a whole number": (lambda h: h * (1 + int(torch.rand(1) * 5)), "int"),
    "a draw as a number": (lambda h: h * torch.bernoulli(torch.tensor(0.9)).item(), "item"),
    "blocks dropped": (
        lambda h: h * (1 - F.max_pool1d((torch.rand(3, 1, 8) < P).to(h.dtype), 3, 1, 1)[:, 0]),
        "max_pool1d",
    ),
    "Python's random": (lambda h: h * (random.random() + 1), "Python's random"),
    "NumPy's random": (lambda h: h * float(numpy.random.rand() + 1), r"numpy\.random"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_noise_whose_mean_is_not_known_is_said(name: str) -> None:
    noise, name_in_warning = UNKNOWN[name]
    model = Model(noise).train()
    state, of_numpy = random.getstate(), numpy.random.get_state()[1].tolist()
    with pytest.warns(
        lp.RelevanceWarning, match=rf"^random numbers of train mode should be off.*{name_in_warning}.*eval"
    ):
        lp.LRP(model, LRP_0).explain(X)
    assert random.getstate() == state
    assert numpy.random.get_state()[1].tolist() == of_numpy
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lp.LRP(model.eval(), LRP_0).explain(X)


def of_a_generator(h: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    mask = torch.rand(8, generator=generator) > P
    return h * mask @ torch.linalg.qr(torch.randn(8, 8, dtype=h.dtype, generator=generator))[0]


def of_a_fork(h: Tensor) -> Tensor:
    with torch.random.fork_rng([]):
        torch.manual_seed(5)
        return h * torch.randn(8, dtype=h.dtype).sign() * torch.randn(8, dtype=h.dtype)


@pytest.mark.parametrize("fixed", [of_a_generator, of_a_fork])
def test_numbers_that_forward_seeds_are_no_noise(fixed: Callable[[Tensor], Tensor]) -> None:
    model = Model(fixed).train()
    explanation = lp.LRP(model, LRP_0, strict=True).explain(X, audit=True)
    torch.testing.assert_close(explanation.output, model(X))


KEEPING: dict[str, Callable[[], Tensor]] = {
    "normal": lambda: torch.randn(8, dtype=X.dtype),
    "a mask": lambda: (torch.rand(8) > 0.5).to(X.dtype),
    "bernoulli": lambda: torch.full((8,), 0.5, dtype=X.dtype).bernoulli(),
    "a parameter": lambda: nn.Parameter(torch.rand(8, dtype=X.dtype)),
    "singular values": lambda: torch.linalg.svdvals(torch.randn(8, 8, dtype=X.dtype)),
}


@pytest.mark.parametrize("name", KEEPING)
def test_numbers_that_the_model_keeps_are_as_drawn_and_said(name: str) -> None:
    class Keeping(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            if not hasattr(self, "kept"):
                self.kept = KEEPING[name]()
            return torch.cat([x, x], 1) * self.kept

    model, plain = Keeping(), Keeping()
    torch.manual_seed(3)
    plain(X)
    torch.manual_seed(3)
    with pytest.warns(lp.RelevanceWarning, match="random numbers of train mode"):
        explanation = lp.LRP(model, LRP_0).explain(X, 0)
    torch.testing.assert_close(model.kept, plain.kept)
    torch.testing.assert_close(explanation.output, plain(X))


def test_noise_of_a_model_in_evaluation_mode_is_its_own() -> None:
    class Sampling(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + torch.randn_like(x)

    model = Sampling().eval()
    torch.manual_seed(3)
    with pytest.warns(
        lp.RelevanceWarning, match=r"^random numbers should be off.*randn_like.*a seed of its own"
    ):
        explanation = lp.LRP(model, LRP_0, strict=True).explain(X, 0)
    torch.manual_seed(3)
    torch.testing.assert_close(explanation.output, model(X))


@pytest.mark.parametrize(
    ("draw", "name"), [(random.random, "Python's random"), (numpy.random.rand, "numpy.random")]
)
def test_a_draw_of_a_model_in_evaluation_mode_is_said_where_outputs_are_compared(
    draw: Callable[[], float], name: str
) -> None:
    class Drawing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * draw()

    with pytest.warns(lp.RelevanceWarning, match=rf"^random numbers should be off.*{name}"):
        lp.LRP(Drawing().eval(), LRP_0).explain(X, 0, audit=True)
