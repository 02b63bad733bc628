"""What a model may ask of torch while it is explained: hooks hear, gradients are refused."""

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import lrprism as lp
from lrprism import presets

LRP_0 = presets.Epsilon(0)
X = torch.rand(2, 1, 6, 6, generator=torch.Generator().manual_seed(0))


class Hooked(nn.Module):
    """Keeps the gradient of its features, as for Grad-CAM; ``scale`` is what its hook returns of it."""

    def __init__(self, scale: float | None = None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.linear = nn.Conv2d(1, 4, 3), nn.Linear(64, 3)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv(x).relu()
        if h.requires_grad:
            h.register_hook(self.save)
        return self.linear(h.flatten(1))

    def save(self, g: Tensor) -> Tensor | None:
        self.heard = g
        return None if self.scale is None else g * self.scale


@pytest.mark.parametrize("audit", [False, True])
def test_a_hook_on_a_tensor_hears_and_changes_nothing(*, audit: bool) -> None:
    model = Hooked(scale=0.0)
    found = lp.LRP(model, LRP_0, strict=True).explain(X, 1, audit=audit)
    x = X.clone().requires_grad_()
    plain = Hooked()
    (g,) = torch.autograd.grad(plain(x)[:, 1].sum(), x)
    torch.testing.assert_close(found.relevance, X * g)
    torch.testing.assert_close(model.heard, plain.heard)  # under LRP-0 the modified gradient is the gradient


@pytest.mark.parametrize("audit", [False, True])
def test_under_a_counter_of_operations(*, audit: bool) -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    x = torch.rand(2, 4)
    expected = lp.LRP(model).explain(x).relevance
    with FlopCounterMode(display=False) as counter:
        found = lp.LRP(model).explain(x, audit=audit)
    torch.testing.assert_close(found.relevance, expected)
    assert counter.get_total_flops() > 0


def test_a_hook_under_audit_does_not_end_the_interpreter() -> None:
    # in a process of its own: what failed here was a segmentation fault
    script = (
        "import torch, lrprism as lp\n"
        "class M(torch.nn.Module):\n"
        "    def forward(self, x):\n"
        "        h = 2 * x\n"
        "        h.register_hook(print)\n"
        "        h.retain_grad()\n"
        "        return 3 * h\n"
        "print(lp.LRP(M()).explain(torch.ones(1, 2), 0, audit=True).relevance.tolist())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["tensor([[3., 0.]])", "[[6.0, 0.0]]"]


@pytest.mark.parametrize("audit", [False, True])
def test_a_gradient_taken_in_forward_is_refused_with_its_place(*, audit: bool) -> None:
    class Forces(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.energy = nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 1))

        def forward(self, x: Tensor) -> Tensor:
            x = x.clone().requires_grad_(True)
            e = self.energy(x)
            (force,) = torch.autograd.grad(e.sum(), x, create_graph=True)
            return torch.cat([e, force], 1)

    model: Any = Forces()
    words = r"forward should take no gradient .*\. Found torch\.autograd\.grad at .*questions\.py:\d+: relev"
    with pytest.raises(lp.ModelError, match=words):
        lp.LRP(model, LRP_0).explain(torch.rand(2, 4), 1, audit=audit)
    # the way out that the message names
    assert lp.LRP(model.energy, LRP_0).explain(
        torch.rand(2, 4), lambda e: torch.ones_like(e)
    ).output.shape == (2, 1)
