"""Whatever state model and process are in: the same map, and everything as it was afterwards."""

import copy
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules import module as hooks
from torch.overrides import _get_current_function_mode_stack

import expected_warnings
import lrprism as lp
from lrprism import presets, select
from lrprism.rules import Pass

PRESETS = [
    presets.Epsilon(),
    presets.EpsilonGamma(),
    presets.EpsilonPlus(),
    presets.EpsilonPlusFlat(),
    presets.EpsilonAlpha2Beta1(),
    presets.EpsilonAlpha2Beta1Flat(),
    presets.EpsilonGammaBox(-1.0, 1.0),
    presets.AttnLRP(),
    presets.CPLRP(),
    presets.Hyper3DNetTutorial(),
]
by_name = {"ids": lambda each: type(each).__name__}


class Noisy(nn.Module):
    """Draws random numbers and counts its calls in a buffer and in an assigned one."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.mean = 0.9 * self.mean + 0.1 * x.detach().mean((0, 2, 3))
        return x + 0 * torch.rand_like(x)


class Failing(nn.Module):
    def forward(self, _: Tensor) -> Tensor:
        raise ArithmeticError("in the middle of forward")


def convnet(middle: nn.Module | None = None) -> nn.Sequential:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Dropout2d(0.5))
    model.extend([middle or nn.Identity(), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.SiLU()])
    model.extend([nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(4, 3)])
    return model


X = torch.rand(3, 2, 8, 8, generator=torch.Generator().manual_seed(0))


def process() -> list[Any]:
    """Everything of the process that an explanation could change."""
    return [
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.get_autocast_dtype("cpu"),
        torch.get_default_dtype(),
        torch.is_anomaly_enabled(),
        torch.get_rng_state().tolist(),
        len(_get_current_function_mode_stack()),
        torch._C._autograd._top_saved_tensors_default_hooks(True),
        *(
            dict(getattr(hooks, name))
            for name in dir(hooks)
            if name.startswith("_global_") and "hooks" in name
        ),
    ]


def everything(model: nn.Module) -> list[Any]:
    """Everything of a model that an explanation could change."""
    state: list[Any] = []
    for path, module in model.named_modules():
        held = {
            name: (
                id(value),
                dict(value) if "hooks" in name else sorted(value) if type(value) is dict else None,
            )
            for name, value in vars(module).items()
        }
        state.append((path, id(module), type(module), type(module).forward, module.training, held))
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        grad = None if tensor.grad is None else (id(tensor.grad), tensor.grad.tolist())
        state.append(
            (name, id(tensor), type(tensor), tensor._version, tensor.requires_grad, tensor.is_leaf, grad)
        )
        state.append((tensor.tolist(), tensor.data_ptr(), dict(tensor._backward_hooks or {})))
    return [*state, list(model.state_dict())]


def train_a_little() -> nn.Sequential:
    """A model with gradients, frozen parameters and hooks of its user's own."""
    model = convnet(Noisy()).train()
    model(X).sum().backward()
    model[0].requires_grad_(False)
    model[5].eval()
    model[5].register_forward_hook(lambda *_: None)
    return model


def failing_backward(model: nn.Module) -> None:
    rule = [(select.kind(select.Kind.CONVOLUTION), Pass())]
    with pytest.raises(lp.RuleError, match="Pass should serve an op that keeps the shape"):
        lp.LRP(model, rule).explain(X, "all", audit=True)


def failing_forward(model: nn.Module) -> None:
    with pytest.raises(ArithmeticError, match="in the middle of forward"):
        lp.LRP(nn.Sequential(model, Failing())).explain(X, audit=True)


def failing_target(model: nn.Module) -> None:
    with pytest.raises(lp.TargetError, match="should be a class from 0 to 2"):
        lp.LRP(model).explain(X, 9, layers=["*"])


USES: dict[str, Callable[[nn.Module], Any]] = {
    "an explanation": lambda model: lp.LRP(model).explain(X, layers=["*"]),
    "an account of all classes": lambda model: lp.LRP(model).explain(X, "all", audit=True),
    "relevance beside the gradient": lambda model: lp.LRP(model, presets.EpsilonPlusFlat()).explain(X),
    "a plan": lambda model: lp.LRP(model).plan(X),
    "an exception in forward": failing_forward,
    "an exception in backward": failing_backward,
    "a wrong target": failing_target,
}
CONTEXTS: dict[str, Callable[[], Any]] = {
    "as usual": nullcontext,
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
}


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("use", USES)
def test_nothing_of_model_and_process_changes(use: str, context: str) -> None:
    model = train_a_little()
    before = everything(model)
    with CONTEXTS[context]():
        around = process()
        USES[use](model)
        assert process() == around
    assert everything(model) == before


def test_threads_explain_and_run_one_model_side_by_side() -> None:
    model = convnet().eval()
    expected = {type(composite): lp.LRP(model, composite).explain(X).relevance for composite in PRESETS[:3]}
    before, wrong, kinds = everything(model), list[str](), set[str]()

    def explain(composite: Any) -> None:
        for _ in range(8):
            explanation = lp.LRP(model, composite).explain(X, audit=True)
            if (
                not torch.equal(explanation.relevance, expected[type(composite)])
                or abs(explanation.audit.unaccounted) > 1e-4
            ):
                wrong.append(composite)

    def run() -> None:
        for _ in range(8):
            assert not _get_current_function_mode_stack()
            kinds.add(model(X).grad_fn.name())

    threads = [threading.Thread(target=explain, args=(composite,)) for composite in PRESETS[:3]]
    threads.append(threading.Thread(target=run))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert kinds == {"AddmmBackward0"}
    assert everything(model) == before


@pytest.mark.parametrize("composite", PRESETS, **by_name)
def test_the_state_of_the_model_does_not_matter(composite: Any) -> None:
    model = convnet().eval()
    model[1].running_mean += 0.1
    expected = lp.LRP(model, composite).explain(X, layers=["4"])
    for name, context in CONTEXTS.items():
        if name == "autocast":
            continue
        for prepared in (model.train(), model.eval(), model.requires_grad_(False), copy.deepcopy(model)):
            with context():
                explanation = lp.LRP(prepared, composite).explain(X.clone(), layers=["4"])
            assert torch.equal(explanation.relevance, expected.relevance)
            assert torch.equal(explanation.layers["4"], expected.layers["4"])


# a step that float16 can hold as well
COARSE = [
    presets.Epsilon(1e-4),
    presets.EpsilonGamma(0.25, 1e-4),
    presets.EpsilonPlus(1e-4),
    presets.EpsilonPlusFlat(1e-4),
    presets.EpsilonAlpha2Beta1(1e-4),
    presets.EpsilonAlpha2Beta1Flat(1e-4),
    presets.EpsilonGammaBox(-1.0, 1.0, eps=1e-4),
    presets.AttnLRP(),
    presets.CPLRP(),
]


@pytest.mark.parametrize("composite", COARSE, **by_name)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@expected_warnings.LITTLE_ARRIVES
def test_half_precision_is_near_the_full_one(composite: Any, dtype: torch.dtype) -> None:
    model = convnet().eval()
    expected = lp.LRP(model, composite).explain(X, 1).relevance
    relevance = lp.LRP(copy.deepcopy(model).to(dtype), composite).explain(X.to(dtype), 1).relevance
    assert (relevance.float() - expected).norm() < 4 * torch.finfo(dtype).eps * expected.norm()
    if dtype is torch.bfloat16:
        with torch.autocast("cpu", dtype=dtype):
            mixed = lp.LRP(model, composite).explain(X, 1).relevance
        assert mixed.dtype is torch.float32
        assert (mixed - expected).norm() < 4 * torch.finfo(dtype).eps * expected.norm()


@pytest.mark.parametrize("composite", PRESETS, **by_name)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_finite_where_inputs_are_zero(composite: Any, dtype: torch.dtype) -> None:
    x = X.to(dtype).clone()
    x[0], x[1, 0] = 0, 0
    explanation = lp.LRP(convnet().to(dtype), composite).explain(x, "all", audit=True)
    assert torch.isfinite(explanation.relevance).all()
    assert explanation.relevance.any()
