"""Triangular systems give the map of the forward substitution that they stand for."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import lrprism as lp
from lrprism import presets
from small_models import LRP_0, Model, close, explained, numbers

MATRIX, RIGHT = (2, 4, 4), (2, 4, 3)


def substitute(a: Tensor, b: Tensor, *, unitriangular: bool = False) -> Tensor:
    """Forward substitution, step by step, by a lower triangle."""
    rows: list[Tensor] = []
    for i in range(a.shape[-1]):
        row = b[..., i, :]
        if rows:
            row = row - (a[..., i : i + 1, :i] @ torch.stack(rows, -2))[..., 0, :]
        rows.append(row if unitriangular else row / a[..., i, i, None])
    return torch.stack(rows, -2)


def turn(a: Tensor) -> Tensor:
    """The matrix whose lower triangle is the upper one of ``a``, from end to end."""
    return a.flip(-1, -2)


def solve(a: Tensor, b: Tensor, **form: Any) -> Tensor:
    return torch.linalg.solve_triangular(a, b, **form)


FORMS: dict[str, tuple[Callable[..., Tensor], Callable[..., Tensor]]] = {
    "lower": (lambda a, b: solve(a, b, upper=False), substitute),
    "unitriangular": (
        lambda a, b: solve(a, b, upper=False, unitriangular=True),
        lambda a, b: substitute(a, b, unitriangular=True),
    ),
    "upper": (
        lambda a, b: solve(a, b, upper=True),
        lambda a, b: substitute(turn(a), b.flip(-2)).flip(-2),
    ),
    "from the right": (
        lambda a, b: solve(a, b.mT, upper=True, left=False),
        lambda a, b: substitute(a.mT, b).mT,
    ),
    "aten": (lambda a, b: torch.ops.aten.linalg_solve_triangular(a, b, upper=False), substitute),
    "behind a gate": (
        lambda a, b: solve(a.sigmoid(), b, upper=False),
        lambda a, b: substitute(a.sigmoid(), b),
    ),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("composite", [LRP_0, presets.AttnLRP()], ids=["LRP-0", "AttnLRP"])
def test_solving_gives_the_map_of_the_steps(name: str, composite: Any) -> None:
    a, b = numbers(MATRIX, RIGHT)
    a = a + 3 * torch.eye(4).double()
    solved, written = (explained(Model(function), a, b, composite=composite) for function in FORMS[name])
    for found, expected in zip(solved, written, strict=True):
        close(found, expected)


def test_two_unknowns_by_hand() -> None:
    # x = (5, 6 - 3 * 5) = (5, -9); of the product 3 * 5 = 15 that is taken away, half goes to each factor
    a, b = torch.tensor([[1.0, 0.0], [3.0, 1.0]]).double(), torch.tensor([[5.0], [6.0]]).double()
    of_a, of_b = explained(Model(FORMS["unitriangular"][0]), a, b)
    close(of_a, torch.tensor([[0.0, 0.0], [-7.5, 0.0]]).double())
    close(of_b, torch.tensor([[5.0 - 7.5], [6.0]]).double())


def test_a_gate_takes_nothing() -> None:
    a, b = numbers(MATRIX, RIGHT)
    of_a, of_b = explained(Model(FORMS["behind a gate"][0]), a, b)
    assert not of_a.any()
    close(of_b.sum(), solve(a.sigmoid(), b, upper=False).sum())


@pytest.mark.parametrize("shapes", [((4, 4), RIGHT), (MATRIX, (4, 3))])
def test_a_broadcast_operand_sums_its_relevance(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    a, b = numbers(*shapes)
    a = a + 3 * torch.eye(4).double()
    solve_lower, written = FORMS["lower"]
    expected = explained(Model(written), a, b)
    for found, of_steps in zip(explained(Model(solve_lower), a, b), expected, strict=True):
        close(found, of_steps)


def test_complex_systems_conserve_relevance() -> None:
    parts = numbers(MATRIX, MATRIX, RIGHT, RIGHT)
    identity = 3 * torch.eye(4).double()

    def function(*parts: Tensor) -> Tensor:
        a, b = torch.complex(parts[0] + identity, parts[1]), torch.complex(parts[2], parts[3])
        return torch.view_as_real(solve(a, b, upper=False, unitriangular=True))

    relevance = explained(Model(function), *parts)
    with torch.no_grad():
        close(sum(tensor.sum() for tensor in relevance), function(*parts).sum())


def test_the_account_adds_up() -> None:
    a, b = numbers(MATRIX, RIGHT)
    model = Model(FORMS["unitriangular"][0])
    explainer = lp.LRP(model, presets.AttnLRP(), strict=True)
    audit = explainer.explain((a, b), torch.ones_like, audit=True).audit
    assert audit is not None
    assert abs(audit.unaccounted) <= 1e-12 * abs(audit.explained)
    assert [row.op for row in audit] == ["solve_triangular"]
