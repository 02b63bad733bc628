"""Part ``calibrate``: features planted into the cell's own data, candidates ranked by how they find them."""

from evidence.bench import Row, recover
from evidence.candidates import CANDIDATES
from evidence.cells import Cell
from evidence.maps import list_methods, prepare_bench, read_pooled
from evidence.problem import make_problem, scale
from evidence.training import accuracy, train
from lrprism.spectral import simulate


def measure_calibration(cell: Cell) -> tuple[Row, list[Row]]:
    """Return the choice by planted features, and how each candidate finds these.

    The truth of the cell's own data takes no part: new classes are planted into its samples, and the same
    network is trained on them.
    """
    data = make_problem(cell).data
    planted = simulate.plant(data.x, data.y, data.wavelengths, part=data.part, seed=cell.seed)
    problem = scale(planted, cell.scaling)
    model = train(cell.network, problem.train, problem.validation, cell.seed)
    bench = prepare_bench(cell, problem, model)
    methods = dict(list_methods(problem, cell.seed))
    rows = []
    for how in CANDIDATES:
        relevance, _ = bench.explain(read_pooled(bench, methods, how))
        rows.append({"method": str(how), **recover(relevance, problem.mask)})
    best = max(rows, key=lambda row: row["auc"])
    facts = {
        "accuracy": accuracy(model, problem.test),
        "samples": len(bench.samples.x),
        "best": best["method"],
    }
    return facts, rows
