"""The file of results: the newest counts, and what is to be run again is taken out."""

from dataclasses import replace
from pathlib import Path

from zoo import results
from zoo.results import Result

ONE = Result("timm/b", "B", "Epsilon", "clean", "", 1e-7, "float32", 0.5, "2026-11-26", "torch 2.13.0")
OTHER = replace(ONE, key="timm/a", outcome="refused", reason="a bar | and\na line")


def test_a_file_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert results.read(tmp_path / "none.jsonl") == {}


def test_the_newest_result_counts(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "zoo.jsonl"
    results.append(path, [ONE, OTHER])
    results.append(path, [replace(ONE, outcome="wrong")])
    assert results.read(path) == {
        ("timm/b", "Epsilon"): replace(ONE, outcome="wrong"),
        ("timm/a", "Epsilon"): OTHER,
    }


def test_forgetting_leaves_the_rest_in_order(tmp_path: Path) -> None:
    path = tmp_path / "zoo.jsonl"
    gone = replace(ONE, key="timm/gone")
    results.append(path, [ONE, gone, OTHER])
    results.forget(path, {"timm/gone"})
    assert list(results.read(path).values()) == [OTHER, ONE]
    assert [path.name for path in tmp_path.iterdir()] == ["zoo.jsonl"]
