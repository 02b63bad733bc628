"""The exported program equals the library, on other inputs and without it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism.composites import AbstractComposite
from lrprism.errors import InputError
from lrprism.export import export_program

RUN = """
import sys, torch
sys.modules["lrprism"] = None
x, target, expected = torch.load(sys.argv[2])
got = torch.export.load(sys.argv[1]).module()(x, target)
assert all(torch.equal(a, b) for a, b in zip(got, expected, strict=True))
print("equal", len(got))
"""


def make_cnn() -> nn.Module:
    torch.manual_seed(0)
    layers = [
        nn.Conv1d(1, 8, 5),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Flatten(),
        nn.Linear(64, 4),
    ]
    return nn.Sequential(*layers).eval()


@pytest.mark.parametrize("composite", [None, lp.presets.Epsilon()], ids=["default", "epsilon"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_program_equals_the_library_on_other_inputs(
    composite: AbstractComposite | None, count: int
) -> None:
    model = make_cnn()
    program = export_program(model, torch.rand(2, 1, 20), composite).module()
    x = torch.randn(count, 1, 20)
    for target in (torch.arange(count) % 4, torch.full((count,), -1)):
        expected = lp.LRP(model, composite).explain(x, None if (target < 0).all() else target)
        output, relevance, explained, arrived, is_finite = program(x, target)
        torch.testing.assert_close(output, expected.output)
        torch.testing.assert_close(relevance, expected.relevance, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(explained, expected.output[torch.arange(count), expected.target])
        torch.testing.assert_close(arrived, expected.relevance.sum((1, 2)), rtol=1e-4, atol=1e-5)
        assert is_finite.all()


class Attention(nn.Module):
    """One head over three tokens, with a norm: products and a softmax."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.norm, self.qkv, self.head = nn.LayerNorm(4), nn.Linear(4, 12), nn.Linear(12, 5)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(self.norm(x)).chunk(3, -1)
        return self.head((torch.softmax(q @ k.transpose(1, 2) / 2, -1) @ v).flatten(1))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("make", "shape"), [(make_cnn, (1, 20)), (Attention, (3, 4))], ids=["convolution", "attention"]
)
@pytest.mark.parametrize("count", [1, 5])
def test_a_program_compares_with_its_reference(
    make: Callable[[], nn.Module], shape: tuple[int, ...], count: int
) -> None:
    model, reference, x = make().eval(), torch.rand(1, *shape), torch.randn(count, *shape)
    program = export_program(model, torch.rand(2, *shape), lp.presets.Epsilon(), reference=reference).module()
    target = torch.arange(count) % 4
    expected = lp.LRP(model, lp.presets.Epsilon()).explain(x, target, reference=reference)
    output, relevance, explained, arrived, is_finite = program(x, target)
    torch.testing.assert_close(output, expected.output)
    torch.testing.assert_close(relevance, expected.relevance, rtol=1e-5, atol=1e-5)
    change = (model(x) - model(reference)).gather(1, target[:, None])[:, 0]
    torch.testing.assert_close(explained, change, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(arrived, change, rtol=1e-3, atol=1e-4)
    assert is_finite.all()
    # what is the same in both is given nothing, and divides by nothing
    same, *_ = program(reference, torch.zeros(1, dtype=torch.int64))[1:2]
    assert bool(same.isfinite().all())
    assert float(same.abs().max()) < 1e-4


def test_a_reference_that_is_not_one_sample_is_refused() -> None:
    with pytest.raises(InputError, match=r"should be one sample, \(1, 1, 20\)\. Found \(2, 1, 20\)\. Take"):
        export_program(make_cnn(), torch.rand(2, 1, 20), reference=torch.rand(2, 1, 20))


def test_a_sample_with_nan_is_flagged_and_no_other() -> None:
    x = torch.rand(3, 1, 20)
    x[1, 0, 4] = torch.nan
    program = export_program(make_cnn(), torch.rand(2, 1, 20)).module()
    assert program(x, torch.zeros(3, dtype=torch.int64))[4].tolist() == [True, False, True]


def test_a_file_runs_where_lrprism_cannot_be_imported(tmp_path: Path) -> None:
    program = export_program(make_cnn(), torch.rand(2, 1, 20))
    x, target = torch.rand(5, 1, 20), torch.tensor([0, 1, 2, 3, -1])
    torch.export.save(program, tmp_path / "a.pt2")
    torch.save((x, target, program.module()(x, target)), tmp_path / "x.pt")
    command = [sys.executable, "-c", RUN, str(tmp_path / "a.pt2"), str(tmp_path / "x.pt")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "equal 5", run.stderr


class Deciding(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.linear(x)
        return logits * (2 if x.sum() > 0 else 1)


def test_a_model_whose_values_decide_is_refused() -> None:
    with pytest.raises(lp.ModelError, match="same ops for every input"):
        export_program(Deciding(), torch.rand(2, 3))


def test_an_output_that_is_no_class_is_refused() -> None:
    with pytest.raises(lp.ModelError, match="two classes or more"):
        export_program(nn.Linear(3, 1), torch.rand(2, 3))


def test_weights_are_stored_once(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(400, 400), nn.ReLU(), nn.Linear(400, 3))
    torch.export.save(export_program(model, torch.rand(2, 400)), tmp_path / "a.pt2")
    weights = sum(p.numel() * p.element_size() for p in model.parameters())
    assert (tmp_path / "a.pt2").stat().st_size <= 1.05 * weights + 1e6


def test_the_maps_of_three_inputs_differ() -> None:
    program = export_program(make_cnn(), torch.rand(2, 1, 20)).module()
    x = torch.rand(3, 1, 20)
    maps = [program(x[i : i + 1], torch.tensor([0]))[1] for i in range(3)]
    assert not any(torch.allclose(maps[i], maps[j]) for i, j in [(0, 1), (0, 2), (1, 2)])


class Token(nn.Module):
    def __init__(self, *, fixes: bool) -> None:
        super().__init__()
        self.token, self.linear, self.fixes = nn.Parameter(torch.rand(1, 2)), nn.Linear(5, 2), fixes

    def forward(self, x: Tensor) -> Tensor:
        token = self.token.expand(len(x) if self.fixes else x.shape[0], -1)
        logits: Tensor = self.linear(torch.cat([token, x], 1))
        return logits


def test_len_fixes_the_number_of_samples_and_shape_does_not() -> None:
    with pytest.raises(lp.ModelError, match=r"write x\.shape\[0\]"):
        export_program(Token(fixes=True), torch.rand(2, 3))
    program = export_program(Token(fixes=False), torch.rand(2, 3)).module()
    assert program(torch.rand(5, 3), torch.zeros(5, dtype=torch.int64))[1].shape == (5, 3)
