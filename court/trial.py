"""What a benchmark tells the court: its source and protocol, its cases, and the methods that it runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

Scores = Mapping[str, float]


@dataclass(frozen=True)
class Case:
    """One data set with one trained network.

    Args:
        premise: Numbers of the network that say whether it is worth explaining, such as its accuracy.
        methods: Names and what returns their relevance.
        score: Judges what a method returned.
    """

    premise: Scores
    methods: Mapping[str, Callable[[], Any]]
    score: Callable[[Any], Scores]


@dataclass(frozen=True)
class Goal:
    """A number that a method of ours should reach.

    Args:
        metric: Its name among the scores.
        value: The number.
        group: The group of cases that is meant.
        below_best: How far the number may be from the best method of the run, in the place of ``value``.
    """

    metric: str
    value: float = 0.0
    group: str = ""
    below_best: float | None = None


@dataclass(frozen=True)
class Trial:
    """A benchmark of others.

    Args:
        name: Its key on the command line and among the results.
        title: Its heading.
        task: The task and its truth, in a sentence or two.
        source: Where it comes from, and its licence.
        same: Whether our protocol is the published one: "yes" or "no", and what differs.
        cases: Names of the cases; what stands in front of a slash groups them in the tables.
        metrics: The scores that the tables show, the first one first.
        prepare: Builds a case; trained weights are kept in the folder that it is given.
        published: Numbers of others: group, method, and metric with number.
        published_note: Where they stand.
        goals: What we hoped for.
        errors: Those of the metrics of which less is better.
    """

    name: str
    title: str
    task: str
    source: str
    same: str
    cases: Sequence[str]
    metrics: Sequence[str]
    prepare: Callable[[str, Path], Case]
    published: Sequence[tuple[str, str, Scores]] = ()
    published_note: str = ""
    goals: Sequence[Goal] = ()
    errors: Sequence[str] = ()


def train_once(path: Path, empty: nn.Module, train: Callable[[], nn.Module]) -> nn.Module:
    """Return the network whose weights are kept at ``path``, training it if there are none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        torch.save(train().state_dict(), unfinished)
        unfinished.replace(path)
    empty.load_state_dict(torch.load(path, weights_only=True))
    return empty.eval()
