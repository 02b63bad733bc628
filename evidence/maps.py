"""Part ``maps``: one network trained on planted data, every map of it judged, and the choice of ``auto``."""

from collections.abc import Iterator, Mapping
from time import process_time
from typing import Final

from torch import Tensor, nn

from evidence.bench import MATCHED, Bench, Row
from evidence.candidates import CANDIDATES, Map, build_methods
from evidence.cells import PATCHES, Cell
from evidence.peers import build_peers
from evidence.problem import Problem, make_problem
from evidence.settings import EXPLAINED, REMOVED
from evidence.training import Pair, accuracy, train
from lrprism import evaluation
from lrprism.evaluation import AbstractImputer, Method, choose

ROUNDING: Final = 1e-5


def measure_maps(cell: Cell) -> tuple[Row, list[Row]]:
    """Return the facts of a cell, and a row for each map."""
    problem, begin = make_problem(cell), process_time()
    model = train(cell.network, problem.train, problem.validation, cell.seed)
    trained = process_time() - begin
    bench = prepare_bench(cell, problem, model)
    methods = dict(list_methods(problem, cell.seed))
    begin = process_time()
    rows = list(judge_methods(bench, methods))
    judged, begin = process_time() - begin, process_time()
    chosen = choose_automatically(bench, methods)
    facts: Row = {
        "accuracy": accuracy(model, problem.test),
        "samples": len(bench.samples.x),
        "pooling_nm": problem.pooling.nm,
        "gradient_s": bench.time_gradient(),
        "reliability": measure_reliability(bench),
        "auto": chosen,
        "seconds": {"training": trained, "maps": judged, "auto": process_time() - begin},
    }
    return facts, rows


def prepare_bench(cell: Cell, problem: Problem, model: nn.Module) -> Bench:
    """Return the bench of a trained network."""
    kind = "patches" if cell.network in PATCHES else "spectra"
    chosen = evaluation.choose_samples(model, problem.test.x, problem.test.y)
    rows = chosen.rows[: EXPLAINED[kind]]
    samples = Pair(problem.test.x[rows], problem.test.y[rows])
    leaf = None if problem.leaf is None else problem.leaf[rows]
    return Bench(model, problem, samples, leaf, build_imputers(problem), REMOVED[kind], cell.seed)


def build_imputers(problem: Problem) -> dict[str, AbstractImputer]:
    """Return what can stand for a removed window, fitted to the training part."""
    x = problem.train.x
    return {
        "mean": evaluation.Constant(problem.mean[0], name="mean"),
        "interpolation": evaluation.Interpolation(problem.mean[0], problem.wavelengths),
        "gaussian": evaluation.GaussianConditional(x),
        "swap": evaluation.Swap(x),
    }


def list_methods(problem: Problem, seed: int) -> Iterator[tuple[Map, Method]]:
    """Return every method, unpooled: ours, others', and the controls that know no network."""
    yield from build_methods(problem)
    yield from build_peers(problem, seed)
    controls = evaluation.make_controls(problem.train.x, problem.train.y, seed=seed)
    for name, method in controls.items():
        yield Map(name, "none"), method


def judge_methods(bench: Bench, methods: Mapping[Map, Method]) -> Iterator[Row]:
    """Return a row for each method, unpooled and pooled; a map that was judged before is not judged again."""
    gradient, judged = bench.time_gradient(), list[tuple[Tensor, Row]]()
    for how, method in methods.items():
        relevance, seconds = bench.explain(method)
        for pooled in (False, True):
            made, tensor = (
                Map(how.rule, how.reference, pooled),
                bench.problem.pooling.pool(relevance) if pooled else relevance,
            )
            row = next((row for other, row in judged if is_same(tensor, other)), None)
            if row is None:
                row = bench.judge(made, tensor, name_imputers(bench, made))
                judged.append((tensor, row))
            yield {**row, "method": str(made), "gradients": seconds / gradient}


def is_same(relevance: Tensor, other: Tensor) -> bool:
    """Return True if two maps differ by rounding alone, as all presets do on a network of linear layers."""
    return bool((relevance - other).abs().max() <= ROUNDING * other.abs().max())


def name_imputers(bench: Bench, how: Map) -> tuple[str, ...]:
    """Return the imputers under which the SRG of a map is measured: patches take long, so fewer there."""
    if how in CANDIDATES:
        return tuple(bench.imputers) if bench.leaf is None else MATCHED
    # of our other maps recovery tells enough, and of other methods' pooled maps of patches
    return () if how.is_ours or (how.pooled and bench.leaf is not None) else MATCHED


def measure_reliability(bench: Bench) -> Row:
    """Return for each imputer the share of samples that keep their class when all bands are removed."""
    x, y = bench.samples.x[: bench.removed], bench.samples.y[: bench.removed]
    return {
        name: evaluation.measure_reliability(bench.model, x, y, imputer).on_class
        for name, imputer in bench.imputers.items()
    }


def choose_automatically(bench: Bench, methods: Mapping[Map, Method]) -> Row:
    """Return the candidate with the best SRG of all, the SRG of each, and whether the lead is clear."""
    right = evaluation.choose_samples(bench.model, bench.problem.validation.x, bench.problem.validation.y)
    ranking = choose(
        bench.model,
        right.x[: bench.removed],
        right.target[: bench.removed],
        {str(how): read_pooled(bench, methods, how) for how in CANDIDATES},
        [bench.imputers[name] for name in MATCHED],
        bench.regions,
    )
    srg = {candidate.name: dict(candidate.srg) for candidate in ranking.candidates}
    return {"best": ranking.best, "is_clear": ranking.is_clear, "srg": srg}


def read_pooled(bench: Bench, methods: Mapping[Map, Method], how: Map) -> Method:
    """Return a method, followed by pooling where the map is pooled."""
    method = methods[Map(how.rule, how.reference)]
    if not how.pooled:
        return method
    return lambda model, x, target: bench.problem.pooling.pool(method(model, x, target))
