"""The page and the file of a small made-up run."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import goals, results
from benchmarks.__main__ import main, options
from benchmarks.goals import Goal
from benchmarks.judging import Verdict
from benchmarks.markdown import table, version_of
from benchmarks.page import render
from benchmarks.results import Entry, Measured, Part, Point, Results
from benchmarks.timing import Summary

RIGHT = Verdict(2e-8, 3e-6)


def _entry(
    library: str,
    preset: str,
    ratio: float,
    extra: str = "",
    *,
    verdict: Verdict | None = RIGHT,
    memory: int | None = None,
) -> Entry:
    time = Summary(0.1 * ratio, ratio, 0.9 * ratio, 1.1 * ratio, 5)
    return Entry(library, preset, extra, time, verdict, "", memory)


def _made_up() -> Results:
    net = [
        _entry("gradient", "", 1.0, verdict=None, memory=100_000_000),
        _entry("forward", "", 0.4, verdict=None),
        _entry("lrprism", "Epsilon", 1.04, memory=120_000_000),
        _entry("lrprism", "EpsilonPlus", 1.5),
        _entry("lrprism", "EpsilonGamma", 1.9, memory=140_000_000),
        _entry("lrprism", "EpsilonGamma", 2.5, "first call"),
        _entry("lrprism", "EpsilonGamma", 2.28, "audit"),
        _entry("lrprism", "EpsilonGamma", 19.0, "16 classes"),
        _entry("zennit", "Epsilon", 0.9),
        _entry("zennit", "EpsilonPlus", 0.8, verdict=Verdict(0.374, 1.0)),
        _entry("zennit", "EpsilonGamma", 7.0, verdict=Verdict(finite=False)),
        Entry("captum", "Epsilon", failure="Conv3d has no | rule"),
        _entry("autolrp", "EpsilonGamma", 6.0, verdict=Verdict(1e6, 1e9)),
    ]
    mlp = [_entry("gradient", "", 1.0, verdict=None), _entry("lrprism", "EpsilonGamma", 2.5)]
    models = [
        Measured("net", "A net", "EpsilonGamma", net, 3e-12),
        Measured("mlp", "An MLP", "EpsilonGamma", mlp),
    ]
    growth = [
        Point("batch", size, library, factor * size, 10 * size)
        for size in (1, 4, 16)
        for library, factor in (("gradient", 1.0), ("lrprism", 1.5))
    ]
    imports, parts = {"torch": 1.0, "lrprism": 1.04}, [Part(0, 2.0, 500_000_000), Part(8, 2.2, 20_000_000)]
    return Results([("command", "`make bench`")], "cpu", "float32", models, imports, growth, parts)


PAGE = render([_made_up()])


@pytest.mark.parametrize(
    "row",
    [
        "| command | `make bench` |",
        "| goal (limit) |  | 1.05 (1.10) | 1.45 (1.60) | 1.60 (1.80) |  |",
        "| A net | 100 ms | 1.04 | 1.50† | 1.90‡ | ± 10 % |",
        "| An MLP | 100 ms | 2.50† | ± 10 % |",
        "| A net | Epsilon | 1.04 (slower) | – | 0.90 | fails: Conv3d has no \\| rule | – |",
        "| A net | EpsilonPlus | 1.50 | – | wrong: sum off by 37 % (0.80) | – | – |",
        "| A net | EpsilonGamma | 1.90 | – | wrong: not finite (7.00) | – "
        "| wrong: sum off by more than 1000 % (6.00) |",
        "| A net | Epsilon | 2e-08, 3e-06 | – | 2e-08, 3e-06 | – | – |",
        "| A net | EpsilonGamma | 2.50 | 1.90 | 1.20 | – |",
        "| An MLP | EpsilonGamma | – | 2.50 | – | – |",
        "| A net | EpsilonGamma | 10.00 | 10.50 (11.50) |",  # F = 0.4, B = 0.6: (0.4 + 16 * 0.6) / 1 = 10
        "| A net | Epsilon | 100 MB | 1.20 | – | – | – | – |",
        "| A net | EpsilonGamma | 100 MB | 1.40† | – | – | – | – |",
        "| 1.00 s | 1.04 s | 1.04 | 1.05 |",
        "| batch, 1 to 16 | 1.00 | 1.00 | 1.00 | 1.00 | 1.50 | 1.50 |",
        "| all at once | 500 MB | 2.00 s | 1.00 |",
        "| `batch_size=8` | 20.0 MB | 2.20 s | 1.10 |",
    ],
)
def test_the_page_says(row: str) -> None:
    assert f"{row}\n" in PAGE


def test_the_page_says_how_far_an_account_is_open() -> None:
    assert "the largest share that it leaves open is 3e-12" in " ".join(PAGE.split())


def test_a_second_run_gives_a_table_of_times() -> None:
    other = _made_up()
    other.device, other.precision, other.setting = "cuda", "bfloat16", [("GPU", "one of them")]
    page = render([_made_up(), other])
    assert "## Absolute times: cuda, bfloat16\n" in page
    assert "| GPU | one of them |\n" in page
    assert (
        "| A net | EpsilonPlus | 100 ms | 150 ms | – | wrong: sum off by 37 % (80.0 ms) | – | – |\n" in page
    )


def test_a_run_of_one_question_gives_a_page_of_one_question() -> None:
    page = render([Results([], imports={"torch": 1.0, "lrprism": 1.2})])
    assert "| 1.00 s | 1.20 s | 1.20† | 1.05 |\n" in page
    assert "## Memory" not in page


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path, page = tmp_path / "benchmarks.json", tmp_path / "benchmarks.md"
    results.write(path, [_made_up()])
    assert "NaN" not in path.read_text(encoding="utf-8")
    main(["--read", str(path), "--page", str(page), "--threads", "1"])
    assert page.read_text(encoding="utf-8") == PAGE
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        "benchmarks-growth.png",
        "benchmarks-growth.svg",
    }


@pytest.mark.parametrize(
    ("goal", "value", "expected"),
    [
        (Goal(1.05, 1.1), 1.05, "1.05"),
        (Goal(1.05, 1.1), 1.06, "1.06†"),
        (Goal(1.05, 1.1), 1.11, "1.11‡"),
        (goals.single_goal(1.25), 1.3, "1.30†"),
    ],
)
def test_a_number_beyond_its_goal_is_marked(goal: Goal, value: float, expected: str) -> None:
    assert goal.mark(value) == expected


def test_the_mlp_has_a_goal_of_its_own() -> None:
    assert str(goals.of_preset("mlp", "Epsilon")) == "2.00 (3.00)"
    assert str(goals.of_preset("vgg16", "Epsilon")) == "1.05 (1.10)"


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert table(("a", "b"), [("x|y", "z")]) == "| a | b |\n| --- | --- |\n| x\\|y | z |\n"


def test_a_library_that_is_missing_has_no_version() -> None:
    assert version_of("no-such-library-as-this") == ""
    assert version_of("torch")


def test_an_unknown_model_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(["--only", "mlp,nothing"])
    assert "--only should name some of mlp, " in capsys.readouterr().err


def test_on_a_gpu_only_models_are_measured() -> None:
    assert options(["--device", "cuda"]).only.endswith("vit,bert")
    assert options([]).only.endswith("bert,imports,growth,parts")


def test_a_run_that_keeps_freed_memory_has_tables_of_its_own_behind_the_first() -> None:
    page = render([_made_up(), replace(_made_up(), keeps_memory=True)])
    heads = [
        page.index(words)
        for words in ("## Fixed cost", "no other library takes turns", "freed memory is kept")
    ]
    assert heads == sorted(heads)
    assert page.count("| A net | 100 ms | 1.04 |") == 2
    assert page.count("| An MLP | 100 ms | 2.50† |") == 2
    assert heads[0] < page.rindex("| An MLP | 100 ms |") < heads[2] < page.rindex("| A net | 100 ms | 1.04 |")
