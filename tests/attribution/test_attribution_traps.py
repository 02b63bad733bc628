"""Models that other libraries get silently wrong, each with the answer worked out beside it."""

import copy
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import expected_warnings
import lrprism as lp
from lrprism import presets

LRP_0 = presets.Epsilon(0)


class Lambda(nn.Module):
    """A model from a function of its input and a few layers."""

    def __init__(self, function: Callable[..., Tensor], **layers: nn.Module) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(self, *inputs)


def relevance(model: nn.Module, x: Tensor, composite: lp.Composite | None = LRP_0, **options: Any) -> Tensor:
    relevance = lp.LRP(model, composite, strict=True).explain(x, **options).relevance
    assert isinstance(relevance, Tensor)
    return relevance


def snapshot(model: nn.Module) -> list[Any]:
    """Everything of a model that an explanation could change."""
    state: list[Any] = [torch.get_rng_state().tolist()]
    for path, module in model.named_modules():
        hooks = [len(value) for key, value in sorted(vars(module).items()) if key.endswith("hooks")]
        state.append((path, module.training, sorted(vars(module)), hooks))
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        state.append((name, id(tensor), tensor._version, tensor.requires_grad, tensor.tolist()))
    return state


def small_convnet() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(inplace=True),
        nn.Dropout2d(0.5),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 6, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.5, inplace=True),
        nn.Linear(6, 3),
    )


X = torch.rand(3, 2, 8, 8, generator=torch.Generator().manual_seed(0))


def test_residual_blocks_do_not_double_relevance() -> None:
    # four blocks x + f(x) without biases: LRP-0 conserves, so the sum is the logit (elsewhere 16 times it)
    torch.manual_seed(0)
    blocks = {f"f{i}": nn.Linear(6, 6, bias=False).double() for i in range(4)}

    def residual(self: Any, x: Tensor) -> Tensor:
        for name in blocks:
            x = x + getattr(self, name)(x).relu()
        return x

    model, x = Lambda(residual, **blocks), torch.rand(5, 6, dtype=torch.float64)
    torch.testing.assert_close(relevance(model, x).sum(1), model(x).amax(1), rtol=1e-12, atol=1e-12)


def test_two_inputs_of_one_shape_get_their_own_relevance() -> None:
    # z = 2 a - b: R_a = 2 a, R_b = -b
    model = Lambda(lambda _, a, b: 2 * a - b)
    a, b = torch.tensor([[1.0]]), torch.tensor([[0.5]])
    relevance = lp.LRP(model, LRP_0).explain((a, b), lambda z: torch.ones_like(z)).relevance
    assert [tensor.item() for tensor in relevance] == [2.0, -0.5]


def test_adaptive_pooling_and_mean_agree() -> None:
    torch.manual_seed(0)
    conv, linear = nn.Conv2d(2, 4, 3), nn.Linear(4, 3)
    pooled = Lambda(
        lambda self, x: self.linear(F.adaptive_avg_pool2d(self.conv(x).relu(), 1).flatten(1)),
        conv=conv,
        linear=linear,
    )
    meant = Lambda(lambda self, x: self.linear(self.conv(x).relu().mean((2, 3))), conv=conv, linear=linear)
    torch.testing.assert_close(relevance(pooled, X, None), relevance(meant, X, None))


@pytest.mark.parametrize(
    "name", ["gelu", "silu", "sigmoid", "tanh", "softplus", "mish", "relu6", "hardswish"]
)
@expected_warnings.LOGITS_BEHIND
def test_activations_pass_relevance_on_in_whatever_form_they_are_called(name: str) -> None:
    # f(a) explained with seed 1: R(f) = f(a), and R_in = R_out
    x = torch.tensor([[0.3, -0.7, 2.0, 8.0]], dtype=torch.float64)
    function = getattr(F, name)
    torch.testing.assert_close(
        relevance(Lambda(lambda _, a: function(a)), x, target=torch.ones_like), function(x)
    )


@pytest.mark.parametrize("composite", [LRP_0, presets.Epsilon(), presets.EpsilonGamma()])
@expected_warnings.LITTLE_ARRIVES
def test_all_zero_input_gives_zeros(composite: lp.Composite) -> None:
    assert not relevance(small_convnet(), torch.zeros_like(X), composite).any()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("composite", [LRP_0, presets.Epsilon(1e-9), presets.EpsilonGamma(0.25, 1e-9)])
def test_half_precision_gives_no_nan(dtype: torch.dtype, composite: lp.Composite) -> None:
    x = X.clone()
    x[0] = 0
    result = relevance(small_convnet().to(dtype), x.to(dtype), composite)
    assert torch.isfinite(result).all()


@pytest.mark.parametrize("function", [F.sigmoid, F.softplus, F.logsigmoid])
@expected_warnings.LITTLE_ARRIVES
def test_an_activation_that_is_not_zero_at_zero_gives_no_nan(function: Callable[[Tensor], Tensor]) -> None:
    torch.manual_seed(0)
    conv, linear = nn.Conv2d(2, 4, 3, bias=False), nn.Linear(4 * 36, 3)
    model = Lambda(
        lambda self, x: 100 * self.linear(function(self.conv(x)).flatten(1)), conv=conv, linear=linear
    )
    for composite in (LRP_0, presets.EpsilonGamma()):
        assert not relevance(model, torch.zeros_like(X), composite).any()


def test_clamp_passes_relevance_on_as_relu6_does() -> None:
    x = torch.tensor([[0.3, -0.7, 2.0, 8.0]])
    result = relevance(Lambda(lambda _, a: a.clamp(0.0, 6.0)), x, target=torch.ones_like)
    assert torch.equal(result, relevance(Lambda(lambda _, a: F.relu6(a)), x, target=torch.ones_like))
    assert result[0].tolist() == pytest.approx([0.3, 0.0, 2.0, 6.0])


def test_the_second_identical_call_gives_the_same() -> None:
    explainer = lp.LRP(small_convnet())
    assert torch.equal(explainer.explain(X).relevance, explainer.explain(X).relevance)


@pytest.mark.parametrize("composite", [LRP_0, presets.EpsilonGamma()])
def test_train_mode_gives_the_map_of_eval_mode(composite: lp.Composite) -> None:
    model = small_convnet()
    model[1].running_mean += 0.3
    expected = relevance(copy.deepcopy(model).eval(), X, composite)
    assert torch.equal(relevance(model.train(), X, composite), expected)


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_calls_without_gradients(context: Callable[[], Any]) -> None:
    model = small_convnet()
    expected = relevance(model, X)
    model.requires_grad_(False)
    with context():
        assert torch.equal(relevance(model, X), expected)
        assert torch.equal(relevance(model, X.clone()), expected)


def test_no_grad_inside_the_model_does_not_stop_relevance() -> None:
    def frozen_backbone(self: Any, x: Tensor) -> Tensor:
        with torch.no_grad():
            hidden = self.a(x).relu()
        return self.b(hidden)

    torch.manual_seed(0)
    a, b = nn.Linear(4, 5), nn.Linear(5, 2)
    x = torch.rand(2, 4)
    result = relevance(Lambda(frozen_backbone, a=a, b=b), x)
    assert torch.equal(result, relevance(nn.Sequential(a, nn.ReLU(), b), x))
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_untouched(*, fails: bool) -> None:
    model = small_convnet().train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = (
        X if not fails else torch.rand(3, 2, 8, 1)
    )  # too narrow for the pooling: fails in the middle of forward
    before = snapshot(model)
    if fails:
        with pytest.raises(RuntimeError, match="Output size is too small"):
            lp.explain(model, x)
    else:
        lp.LRP(model).explain(x, layers=["*"], audit=True)
    assert snapshot(model) == before
    assert not torch.nn.modules.module._global_forward_hooks
    assert not torch.nn.modules.module._global_forward_pre_hooks
    model(X).sum().backward()
    optimizer.step()
    assert snapshot(model) != before


def test_two_threads_explain_one_model_at_once() -> None:
    model = small_convnet()
    inputs = [torch.rand(2, 2, 8, 8) for _ in range(2)]
    expected = [relevance(model, x) for x in inputs]
    wrong: list[int] = []

    def work(number: int) -> None:
        explainer = lp.LRP(model, LRP_0)
        for _ in range(20):
            explanation = explainer.explain(inputs[number], layers=["5"])
            if not torch.equal(explanation.relevance, expected[number]) or explanation.layers["5"].shape != (
                2,
                6,
                4,
                4,
            ):
                wrong.append(number)

    before = snapshot(model)[1:]
    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert snapshot(model)[1:] == before


IN_PLACE: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "relu_": (lambda x: x.relu_(), lambda x: x.relu()),
    "relu_ by its effect": (lambda x: (x.relu_(), x)[1], lambda x: x.relu()),
    "F.relu(inplace)": (lambda x: F.relu(x, inplace=True) + x, lambda x: x.relu() + x.relu()),
    "F.leaky_relu, positional": (
        lambda x: F.leaky_relu(x, 0.2, True) + x,
        lambda x: 2 * F.leaky_relu(x, 0.2),
    ),
    "a += b": (lambda x: in_place_add(x, 3 * x), lambda x: 4 * x),
    "mul_ on a view": (
        lambda x: (x[:, 1:3].mul_(2.0), x)[1],
        lambda x: x * torch.tensor([1.0, 2.0, 2.0, 1.0]),
    ),
    "a slice assigned": (
        lambda x: assign_data(x.clone(), x),
        lambda x: torch.cat([x[:, :1], 5 * x[:, :1], x[:, 2:]], 1),
    ),
    "a buffer filled": (
        lambda x: assign_data(torch.zeros(2, 4), x),
        lambda x: torch.cat([0 * x[:, :1], 5 * x[:, :1], 0 * x[:, 2:]], 1),
    ),
    "a view of what is written later": (lambda x: write_later(x.clone()), lambda x: x[:, 1:] * 3),
    "the write of a write": (lambda x: x.clone().mul_(2.0).add_(x).neg_(), lambda x: -3 * x),
    "zero_ and copy_": (lambda x: torch.empty_like(x).zero_().copy_(x), lambda x: x * 1),
    "unsqueeze_, then written": (
        lambda x: (2 * x).unsqueeze_(0).mul_(2.0).squeeze(0),
        lambda x: 4 * x,
    ),
    "t_ by its effect, then written": (lambda x: transpose_data(2 * x), lambda x: 2 * x + torch.ones(2, 4)),
    "masked_fill_": (lambda x: x.clone().masked_fill_(x > 0.5, 0.0), lambda x: x.masked_fill(x > 0.5, 0.0)),
}


def in_place_add(x: Tensor, y: Tensor) -> Tensor:
    x += y
    return x


def assign_data(target: Tensor, x: Tensor) -> Tensor:
    target[:, 1] = 5 * x[:, 0]
    return target


def transpose_data(x: Tensor) -> Tensor:
    x.t_()
    x.add_(torch.ones(4, 2))
    return x.t()


def write_later(x: Tensor) -> Tensor:
    view = x[:, 1:]
    x.mul_(3.0)
    return view


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_ops_give_the_map_of_their_twins(name: str, *, audit: bool) -> None:
    torch.manual_seed(0)
    in_place, out_of_place = IN_PLACE[name]
    first, last = nn.Linear(4, 4), nn.Linear(3 if "later" in name else 4, 2)
    x = torch.rand(2, 4)
    expected = relevance(
        Lambda(lambda self, x: self.last(out_of_place(self.first(x))), first=first, last=last), x, None
    )
    model = Lambda(lambda self, x: self.last(in_place(self.first(x))), first=first, last=last)
    torch.testing.assert_close(relevance(model, x, None, audit=audit), expected)


def test_an_input_written_in_place_stays_as_it_was() -> None:
    x = torch.rand(2, 4)
    before = x.clone()
    model = Lambda(lambda _, x: x.mul_(2.0))
    assert torch.equal(relevance(model, x, target=torch.ones_like), 2 * before)
    assert torch.equal(x, before)


def count_in_place(model: Any) -> None:
    model.count.add_(1)


def count_by_assignment(model: Any) -> None:
    model.count += 1


@pytest.mark.parametrize("count", [count_in_place, count_by_assignment])
def test_a_buffer_counted_up_in_forward_stays_as_it_was(count: Callable[[Any], None]) -> None:
    model = Lambda(lambda self, x: (count(self), x * self.count)[1])
    model.register_buffer("count", torch.tensor(1.0))
    before = model.count
    assert relevance(model, torch.ones(1, 1), target=torch.ones_like).item() == 2.0
    assert model.count is before
    assert model.count.item() == 1.0


def test_an_optimizer_made_before_still_trains() -> None:
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    lp.explain(model, torch.rand(2, 3))
    before = model.weight.detach().clone()
    model(torch.rand(2, 3)).sum().backward()
    optimizer.step()
    assert not torch.equal(model.weight, before)


def test_wrappers_are_looked_through() -> None:
    model, x = small_convnet(), X
    expected = relevance(model, x)
    assert torch.equal(relevance(nn.DataParallel(model), x), expected)
    assert torch.equal(relevance(torch.compile(model, backend="eager"), x), expected)


def test_a_script_module_is_refused_by_name() -> None:
    with warnings.catch_warnings():
        # torch.jit is on its way out (by a DeprecationWarning or a FutureWarning)
        warnings.filterwarnings("ignore", r"`torch\.jit\.")
        scripted = torch.jit.script(nn.Linear(2, 2))
    with pytest.raises(
        lp.ModelError, match=r"nothing inside a ScriptModule can be seen\. Found 1\. Pass the module that was"
    ):
        lp.LRP(nn.Sequential(nn.Linear(2, 2), scripted))


def test_an_op_without_a_rule_is_said_and_refused_when_strict() -> None:
    class Wave(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.lgamma(x)

    model = nn.Sequential(nn.Linear(3, 2), Wave())
    with pytest.warns(
        lp.RelevanceWarning, match="no rule is known for lgamma in 1: the plain gradient is used there"
    ):
        lp.explain(model, torch.rand(1, 3))
    with pytest.raises(
        lp.ModelError,
        match=r"every op should have a rule \(strict=True\), but no rule is known for lgamma",
    ):
        relevance(model, torch.rand(1, 3))
