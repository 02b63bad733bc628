import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import pytest
import typer

import lrprism as lp
from lrprism.spectral.cli.several_values import SeveralValuesCommand, spread_values
from small_several import write_scene

SEVERAL, WITH_VALUE = {"--labels", "--test"}, {"--labels", "--test", "--out"}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("a b --labels 1 2 --out x", "a b --labels 1 --labels 2 --out x"),
        ("a b --labels 1 2 --test c d", "a b --labels 1 --labels 2 --test c --test d"),
        ("a b --labels 1 --labels 2", "a b --labels 1 --labels 2"),
        ("a --out x b --labels 1 2", "a --out x b --labels 1 --labels 2"),
        ("--labels 1 2 -- a b", "--labels 1 --labels 2 -- a b"),
        ("--out x --labels 1 a", "--out x --labels 1 a"),  # one word alone is the scene
        ("--labels 1 --out x a b", "--labels 1 --out x a b"),
        ("a b --labels=1 2 --quiet", "a b --labels=1 --labels 2 --quiet"),
        ("a --quiet b --labels 1 2", "a --quiet b --labels 1 --labels 2"),
        ("a --labels", "a --labels"),  # the parser says what is missing
        ("", ""),
    ],
)
def test_words_behind_an_option_are_its_values(typed: str, read: str) -> None:
    assert spread_values(typed.split(), SEVERAL, WITH_VALUE) == read.split()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("--labels 1 2 a b --out x", "Found 2 a b behind --labels 1: values or scenes"),
        ("--labels 1 b --out x c", "Found b behind --labels 1"),
        ("a --labels 1 b --labels 2", "Found b behind --labels 1"),
        ("--labels 1 --labels 2 a b", "Found a b behind --labels 2"),
    ],
)
def test_an_order_that_can_be_read_in_two_ways(typed: str, found: str) -> None:
    with pytest.raises(lp.InputError, match=rf"{found}.* Type SCENE SCENE --labels FILE FILE"):
        spread_values(typed.split(), SEVERAL, WITH_VALUE)


def test_a_command_repeats_only_what_can_be_repeated() -> None:
    def several(data: list[str], labels: Annotated[list[str], typer.Option()]) -> None:
        del data, labels

    def single(data: list[str], labels: Annotated[str, typer.Option()]) -> None:
        del data, labels

    read = []
    for function in (several, single):
        app = typer.Typer(add_completion=False)
        app.command(cls=SeveralValuesCommand)(function)
        context = typer.main.get_command(app).make_context("x", ["a", "--labels", "1", "2"])
        read.append((context.params["data"], context.params["labels"]))
    assert read == [(["a"], ["1", "2"]), (["a", "2"], "1")]


def test_a_network_is_trained_on_each_scene_but_one(lrprism: object, tmp_path: Path) -> None:
    files = [write_scene(tmp_path, name, seed=seed) for seed, name in enumerate("abc")]
    sources, labels = [file.source for file in files], [str(file.labels) for file in files]
    quick = ["--model", "mlp", "--window", "1", "--epochs", "2", "--batch-size", "16", "--quiet"]
    command = ["train", *sources, "--labels", *labels, *quick, "--split", "scenes", "--out", tmp_path / "run"]
    code, printed, errors = lrprism(*command)  # type: ignore[operator]
    assert code == 0, errors
    table = pd.read_csv(tmp_path / "run" / "scenes.csv")
    assert table["scene"].tolist() == ["a", "b", "c", "mean"]
    assert table["accuracy"][3] == pytest.approx(table["accuracy"][:3].mean())
    assert "Scenes, each by a network that has not seen it:" in printed
    assert "The run keeps the network that has not seen a." in printed
    record = json.loads((tmp_path / "run" / "run.json").read_text())["training"]
    assert record["source"] == sources
    assert record["test"]["accuracy"] == table["accuracy"][0]


def test_another_scene_tests_the_network(lrprism: object, tmp_path: Path) -> None:
    files = [write_scene(tmp_path, name, seed=seed) for seed, name in enumerate("ab")]
    quick = ["--model", "mlp", "--window", "1", "--epochs", "2", "--batch-size", "16", "--quiet"]
    tests = ["--test", files[1].source, "--test-labels", files[1].labels]
    command = [
        "train",
        files[0].source,
        "--labels",
        files[0].labels,
        *tests,
        *quick,
        "--out",
        tmp_path / "run",
    ]
    code, printed, errors = lrprism(*command)  # type: ignore[operator]
    assert code == 0, errors
    assert "tested on whole scenes that the network has not seen: b" in printed
    split = pd.read_csv(tmp_path / "run" / "split.csv")
    assert set(zip(split["scene"], split["part"], strict=True)) == {
        ("a", "train"), ("a", "validation"), ("b", "test"),
    }  # fmt: skip
    command = ["explain", tmp_path / "run", "--per-class", "2", "--figures", "none", "--quiet"]
    code, printed, errors = lrprism(*command, "--out", tmp_path / "e")  # type: ignore[operator]
    assert code == 0, errors
    assert set(pd.read_csv(tmp_path / "e" / "samples.csv")["scene"]) == {"b"}


def test_what_cannot_be_read_is_said_in_a_line(lrprism: object) -> None:
    code, _, errors = lrprism("train", "--labels", "1", "2", "a", "--out", "x")  # type: ignore[operator]
    assert code == 2
    assert "--labels should come behind the scenes, followed by its values. Found 2 a" in errors
