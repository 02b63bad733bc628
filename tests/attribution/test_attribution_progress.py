"""Progress of an explanation in batches."""

import re
from typing import Any

import pytest
import torch

import lrprism as lp
from function_models import make_linear
from lrprism.attribution.progress import make_report

MODEL = make_linear([[1.0, 2.0], [3.0, 4.0]])
X = torch.rand(5, 2, dtype=torch.float64)


def steps_of(**options: Any) -> list[tuple[int, int]]:
    steps: list[tuple[int, int]] = []
    lp.LRP(MODEL).explain(X, progress=lambda done, count: steps.append((done, count)), **options)
    return steps


def test_a_function_hears_of_each_batch() -> None:
    assert steps_of(batch_size=2) == [(2, 5), (4, 5), (5, 5)]
    assert steps_of(batch_size=5) == steps_of() == [(5, 5)]


def test_each_reference_counts_all_samples_again() -> None:
    references = lp.reference.each(torch.zeros_like(X[:1]), torch.ones_like(X[:1]))
    assert steps_of(batch_size=3, reference=references) == [(3, 10), (5, 10), (8, 10), (10, 10)]


def test_true_writes_one_line_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    lp.LRP(MODEL).explain(X, batch_size=2, progress=True)
    out, err = capsys.readouterr()
    lines = [line.rstrip() for line in err.removeprefix("\r").split("\r")]
    assert out == ""
    assert [re.sub(r"\d+ s\b", "T", line) for line in lines] == [
        "explained 2 of 5 samples in T, about T left",
        "explained 4 of 5 samples in T, about T left",
        "explained 5 of 5 samples in T",
    ]
    assert err.count("\n") == 1
    # nothing of a longer line is left behind a shorter one
    assert len(err.rstrip("\n").split("\r")[-1]) >= len(lines[1])


def test_nothing_is_written_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    lp.LRP(MODEL).explain(X, batch_size=2)
    assert capsys.readouterr() == ("", "")


def test_another_progress_is_refused() -> None:
    expected = "progress should be True, False or a function of two numbers. Found 'bar'."
    with pytest.raises(lp.InputError, match=expected):
        lp.LRP(MODEL).explain(X, progress="bar")


def test_a_report_of_false_takes_any_numbers() -> None:
    make_report(False, 1)(0, 0)


def test_no_samples_end_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    make_report(True, 1)(0, 0)
    assert capsys.readouterr().err == "\rexplained 0 of 0 samples in 0 s\n"
