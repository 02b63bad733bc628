"""Parts ``blind`` and ``confounder``: how much relevance goes where it should not."""

from dataclasses import replace
from typing import Any, Final

import torch

from evidence.bench import Bench, Row, recover
from evidence.candidates import CANDIDATES, CHOSEN, Map
from evidence.cells import Cell
from evidence.maps import list_methods, prepare_bench, read_pooled
from evidence.problem import Problem, make_problem
from evidence.settings import CLEAN, CONFOUNDED
from evidence.training import accuracy, train
from lrprism import evaluation

OTHERS: Final = (Map("Integrated Gradients", "mean"), Map("Integrated Gradients", "mean", pooled=True))
ANOVA: Final = Map("ANOVA F", "none")


def measure_blind(cell: Cell) -> tuple[Row, list[Row]]:
    """Return what a feature gets that was shuffled in training and tells the class where it is explained.

    ANOVA has the samples that are explained, as it has no other: it sees the feature there.
    """
    problem, bench, facts = prepare(cell, blind=True)
    truth = problem.data.truth
    blind, used = torch.from_numpy(truth.blind), torch.from_numpy(truth.bands)
    methods = dict(list_methods(problem, cell.seed))
    maps = {how: bench.explain(read_pooled(bench, methods, how))[0] for how in (*CANDIDATES, *OTHERS)}
    scores = evaluation.measure_anova(bench.samples.x, bench.samples.y)
    maps[ANOVA] = scores.expand_as(bench.samples.x)
    rows = []
    for how, relevance in maps.items():
        verdict = evaluation.judge_blind(relevance, blind, used)
        shares = {"blind": verdict.blind.ratio.value, "used": verdict.used.ratio.value}
        rows.append({"method": str(how), **recover(relevance, used), **shares})
    return facts, rows


def measure_confounder(cell: Cell) -> tuple[Row, list[Row]]:
    """Return whether an artefact in 3 bands is flagged where it is planted, and where it is not.

    The map is the one that is chosen for the network, unpooled: an artefact is narrower than the pooling
    width. Both data sets have the same seed; in the clean one the same bands are asked about.
    """
    how, rows, facts = replace(CHOSEN[cell.network], pooled=False), list[Row](), Row()
    bands = torch.from_numpy(make_problem(cell, confounder="band").data.truth.confounder)
    for name, confounder in ((CONFOUNDED, "band"), (CLEAN, None)):
        problem, bench, facts[name] = prepare(cell, confounder=confounder)
        relevance, _ = bench.explain(dict(list_methods(problem, cell.seed))[how])
        share = evaluation.measure_shares(relevance, {"confounder": bands})["confounder"]
        ratio = {
            "ratio": share.ratio.value,
            "low": share.ratio.low,
            "rank": share.rank,
            "flagged": share.flagged,
        }
        rows.append({"method": name, **ratio})
    return facts, rows


def prepare(cell: Cell, **options: Any) -> tuple[Problem, Bench, Row]:
    """Return the data of a cell, the bench of a network trained on them, and its accuracy."""
    problem = make_problem(cell, **options)
    model = train(cell.network, problem.train, problem.validation, cell.seed)
    bench = prepare_bench(cell, problem, model)
    return problem, bench, {"accuracy": accuracy(model, problem.test), "samples": len(bench.samples.x)}
