from pathlib import Path

import pytest
import torch
from torch import nn

from court import page, results, running
from court.trial import Case, Goal, Trial, train_once

CALLS: list[str] = []


def prepare(case: str, models: Path) -> Case:  # noqa: ARG001 - nothing is trained
    def explain(name: str, value: float) -> float:
        CALLS.append(f"{case} {name}")
        return value

    methods = {
        "Epsilon": lambda: explain("Epsilon", 0.8 if case.endswith("0") else 0.9),
        "Occlusion": lambda: explain("Occlusion", 0.7),
        "random": lambda: explain("random", 0.99),
    }
    return Case({"accuracy": 0.95}, methods, lambda value: {"score": value, "error": 1 - value})


TRIAL = Trial(
    name="toy",
    title="Toy",
    task="A task.",
    source="Nobody.",
    same="yes",
    cases=("a/0", "a/1", "b/0"),
    metrics=("score", "error"),
    prepare=prepare,
    published=(("a", "Theirs", {"score": 0.5}),),
    goals=(Goal("score", 0.86, "a"), Goal("error", 0.16, "a"), Goal("score", group="a", below_best=0.2)),
    errors=("error",),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    CALLS.clear()
    for case in ("a/0", "a/1"):
        running.run(TRIAL, case, tmp_path / "court.jsonl", tmp_path)
    return tmp_path / "court.jsonl"


def test_a_second_run_runs_what_has_no_result(path: Path, tmp_path: Path) -> None:
    assert len(CALLS) == 6
    before = results.read(path)
    results.keep(path, {key for key in before if key != ("toy", "a/1", "Occlusion")})
    running.run(TRIAL, "a/1", path, tmp_path)
    assert CALLS[6:] == ["a/1 Occlusion"]
    assert results.read(path).keys() == before.keys()


def test_results_come_back_as_they_were_written(path: Path) -> None:
    result = results.read(path)["toy", "a/0", "Epsilon"]
    assert result.scores == {"score": 0.8, "error": 0.2}
    assert results.read(path)["toy", "a/0", results.PREMISE].scores == {"accuracy": 0.95}
    assert results.read(path.with_name("nothing.jsonl")) == {}


def test_the_page_says_what_the_results_say(path: Path) -> None:
    text = page.write([TRIAL], results.read(path))
    assert "| Epsilon | **0.850 ± 0.071** | **0.150 ± 0.071** |\n" in text
    assert "| random | 0.990 ± 0.000 | 0.010 ± 0.000 |\n" in text  # a control is never the best
    assert "| *published:* Theirs | 0.500 |  |\n" in text
    assert "Networks: 2; accuracy 0.950 ± 0.000." in text
    assert "- Without a result: b/0." in text
    assert "| Toy, a | score at least 0.86 | Epsilon | 0.8500 | missed |" in text
    assert "| Toy, a | error at most 0.16 | Epsilon | 0.1500 | met |" in text
    assert "| Toy, a | score within 0.2 of the best method of the run | Epsilon | 0.8500 | met |" in text


def test_a_goal_without_results_is_not_judged() -> None:
    assert "| Toy, a | score at least 0.86 |  |  | not run |" in page.write([TRIAL], {})


def test_a_network_is_trained_once(tmp_path: Path) -> None:
    trained: list[int] = []

    def train() -> nn.Module:
        trained.append(1)
        return nn.Linear(2, 1)

    first, second = (train_once(tmp_path / "one.pt", nn.Linear(2, 1), train) for _ in range(2))
    assert len(trained) == 1
    assert torch.equal(first.weight, second.weight)
    assert not second.training
    assert [file.name for file in tmp_path.iterdir()] == ["one.pt"]
