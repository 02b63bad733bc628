"""The judgement of several attribution methods on one model and its data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import TypeVar

from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.evaluation.controls import RANDOM, draw_ranking, make_controls
from lrprism.evaluation.curves import (
    Curves,
    Reliability,
    measure_curves,
    measure_reliability,
    score_regions,
)
from lrprism.evaluation.deletion import measure_drops
from lrprism.evaluation.findings import CEILING, Findings, Record
from lrprism.evaluation.greedy import find_greedy_curves
from lrprism.evaluation.judgement import Judgement
from lrprism.evaluation.predict import Method, Model, attribute
from lrprism.evaluation.protocol import Protocol, Truth
from lrprism.evaluation.randomisation import measure_random_logit, measure_randomisation
from lrprism.evaluation.ranks import correlate_ranks
from lrprism.evaluation.recovery import recover
from lrprism.evaluation.samples import Samples, check_training, choose_samples
from lrprism.evaluation.shares import judge_blind, measure_shares
from lrprism.evaluation.stability import measure_sensitivity

Item = TypeVar("Item")
_ROUNDING = 1e-5
"""Maps are the same if they differ by this share of the largest value at most."""


@dataclass(frozen=True, eq=False)
class _Case:
    """The model, samples and settings that all methods share."""

    model: Model
    samples: Samples
    protocol: Protocol
    truth: Truth
    tell: Callable[[str], None]


def judge(
    model: Model,
    x: Tensor,
    target: Tensor,
    *,
    methods: Mapping[str, Method],
    protocol: Protocol,
    training: tuple[Tensor, Tensor] | None = None,
    truth: Truth | None = None,
    tell: Callable[[str], None] | None = None,
) -> Judgement:
    """Judge attribution methods on a model: figures with intervals, and what they mean in words.

    Only samples that the model gets right count. A random ranking and three controls that know the data alone
    are always judged beside the methods.

    Args:
        model: The model, logits ``[N, classes]``.
        x: Samples that the model was not trained on, ``[N, ...]``; at least 200 of them should be right.
        target: Their true classes, ``[N]``.
        methods: Attribution functions ``(model, x, target) -> relevance`` by name.
        protocol: Regions, imputers and the rest, such as ``Protocol.for_bands(training_samples)``.
        training: Training samples and their classes for the controls; the samples themselves if not given.
        truth: What is known of the features.
        tell: Function that is called with the work that begins, in words, as it may take minutes; by default
            nothing is said.

    """
    samples = choose_samples(model, x, target, at_least=protocol.at_least)
    data = (x, target) if training is None else training
    check_training(x, data)
    controls = make_controls(*data, axis=protocol.axis, seed=protocol.bootstrap.seed)
    _check_names(methods, controls)
    case = _Case(model, samples, protocol, truth or Truth(), tell or _say_nothing)
    relevances = _attribute_all(case, {**methods, **controls})
    scores = _score_all(case, relevances)
    curves = _remove_by_all(case, scores)
    ceilings = _find_ceilings(case)
    records = [
        *_record_curves(case, curves),
        *_record_ceilings(case, ceilings),
        *_record_deletion(case, scores),
        *chain.from_iterable(_record_truth(case, *pair) for pair in relevances.items()),
        *_record_all_model_tests(case, methods),
    ]
    findings = Findings(
        protocol=protocol,
        samples=samples,
        methods=tuple(methods),
        controls=tuple(controls),
        records=tuple(records),
        curves=curves,
        ceilings=ceilings,
        reliabilities=_measure_reliabilities(case),
        controls_from="the samples that are explained" if training is None else "the training samples",
        twins=_find_twins({name: relevances[name] for name in methods}),
    )
    return Judgement.of(findings)


def _say_nothing(words: str) -> None:
    """Take the words of a stage, and show nothing."""


def _count(case: _Case, work: str, items: Mapping[str, Item]) -> Iterator[tuple[str, Item]]:
    """Yield methods by their names, and tell which of how many begins."""
    for place, (name, item) in enumerate(items.items(), start=1):
        case.tell(f"{work} {name}, {place} of {len(items)}")
        yield name, item


def _check_names(methods: Mapping[str, Method], controls: Mapping[str, Method]) -> None:
    """Check the names of methods.

    Raises:
        InputError: If there is no method, or one has the name of a control or of the ceiling.
    """
    reserved = [*controls, CEILING]
    if not methods or methods.keys() & {*reserved}:
        raise InputError(
            f"methods should be at least one, with names other than {', '.join(map(repr, reserved))}. "
            f"Found {', '.join(map(repr, methods)) or 'none'}."
        )


def _attribute_all(case: _Case, methods: Mapping[str, Method]) -> dict[str, Tensor]:
    x, target = case.samples.x, case.samples.target
    return {name: attribute(method, case.model, x, target, name) for name, method in methods.items()}


def _find_twins(relevances: Mapping[str, Tensor]) -> dict[str, str]:
    """Return the methods whose maps are those of an earlier one up to rounding, and the name of that one."""
    twins: dict[str, str] = {}
    for name, relevance in relevances.items():
        for other in relevances:
            if other == name:
                break
            largest = relevances[other].abs().amax()
            if other not in twins and (relevance - relevances[other]).abs().amax() <= _ROUNDING * largest:
                twins[name] = other
                break
    return twins


def _score_all(case: _Case, relevances: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the scores of regions of each method, ``[N, regions]``."""
    regions = case.protocol.regions
    scores = {name: score_regions(relevance, regions) for name, relevance in relevances.items()}
    # sums of a random map would rank by the size of a region
    ranking = draw_ranking(len(case.samples.x), regions, seed=case.protocol.bootstrap.seed)
    return {**scores, RANDOM: ranking.to(case.samples.x)}


def _measure_reliabilities(case: _Case) -> dict[str, Reliability]:
    x, target = case.samples.x, case.samples.target
    return {
        imputer.name: measure_reliability(case.model, x, target, imputer)
        for imputer in case.protocol.imputers
    }


def _remove_by_all(case: _Case, scores: Mapping[str, Tensor]) -> dict[str, dict[str, Curves]]:
    """Return the curves of each method under each imputer."""
    counted = _count(case, "removing regions by", scores)
    return {name: _measure_all_curves(case, ranked) for name, ranked in counted}


def _measure_all_curves(case: _Case, scores: Tensor) -> dict[str, Curves]:
    protocol, samples = case.protocol, case.samples
    return {
        imputer.name: measure_curves(
            case.model,
            samples.x,
            samples.target,
            scores,
            regions=protocol.regions,
            imputer=imputer,
            output=protocol.output,
            seed=protocol.bootstrap.seed,
        )
        for imputer in protocol.imputers
    }


def _record_curves(case: _Case, curves: Mapping[str, Mapping[str, Curves]]) -> Iterator[Record]:
    """Record the three areas of each method and imputer."""
    draw = case.protocol.bootstrap
    for method, per_imputer in curves.items():
        for imputer, pair in per_imputer.items():
            yield Record(method, "SRG", imputer, draw.measure(pair.srg))
            yield Record(method, "MIF area", imputer, draw.measure(pair.mif_area))
            yield Record(method, "LIF area", imputer, draw.measure(pair.lif_area))


def _record_ceilings(case: _Case, ceilings: Mapping[str, tuple[Tensor, Curves]]) -> Iterator[Record]:
    for imputer, (_, curves) in ceilings.items():
        yield Record(CEILING, "SRG", imputer, case.protocol.bootstrap.measure(curves.srg))


def _record_deletion(case: _Case, scores: Mapping[str, Tensor]) -> Iterator[Record]:
    """Record how scores of regions follow single deletions, whose losses are measured once for all."""
    samples, protocol = case.samples, case.protocol
    for imputer in protocol.imputers:
        case.tell(f"removing single regions, filled in by {imputer.name}")
        drops = measure_drops(
            case.model, samples.x, samples.target, regions=protocol.regions, imputer=imputer
        )
        for method, of_regions in scores.items():
            correlation = correlate_ranks(of_regions, drops)
            yield Record(method, "deletion", imputer.name, protocol.bootstrap.measure(correlation))


def _record_truth(case: _Case, method: str, relevance: Tensor) -> Iterator[Record]:
    """Record what a map says of planted features, where there are any."""
    truth, axis, draw = case.truth, case.protocol.axis, case.protocol.bootstrap
    if truth.mask is not None:
        recovery = recover(relevance, truth.mask, positions=truth.positions, axis=axis, bootstrap=draw)
        for name in asdict(recovery):
            yield Record(method, name.replace("_", " "), "", getattr(recovery, name))
    if truth.blind is not None and truth.used is not None:
        verdict = judge_blind(relevance, truth.blind, truth.used, axis=axis, bootstrap=draw)
        yield Record(method, "blind feature", "", verdict.blind.ratio, passed=verdict.passed)
        yield Record(method, "used features", "", verdict.used.ratio)
    for name, share in measure_shares(relevance, truth.groups, axis=axis, bootstrap=draw).items():
        record = Record(method, f"share of {name}", "", share.ratio, flagged=share.flagged)
        yield replace(record, rank=share.rank, among=share.among)


def _record_all_model_tests(case: _Case, methods: Mapping[str, Method]) -> Iterator[Record]:
    for name, method in _count(case, "explaining with another class and random weights by", methods):
        yield from _record_model_tests(case, name, method)


def _record_model_tests(case: _Case, name: str, method: Method) -> Iterator[Record]:
    """Record the tests that explain again: another class, other weights, other noise."""
    samples, protocol, draw = case.samples, case.protocol, case.protocol.bootstrap
    rows = protocol.choose_rows(len(samples.x), protocol.few).to(samples.x.device)
    x, target = samples.x[rows], samples.target[rows]
    other_class = measure_random_logit(method, case.model, x, target, classes=samples.classes, bootstrap=draw)
    yield Record(name, "random logit", "", other_class)
    # a model without weights of its own, such as a function, cannot be drawn anew
    if isinstance(case.model, nn.Module) and any(True for _ in case.model.parameters()):
        random = measure_randomisation(method, case.model, x, target, bootstrap=draw)
        yield Record(name, "randomisation", "", random.similarity, passed=random.passed)
        yield Record(name, "sizes at random", "", random.size_similarity)
        yield Record(name, "entropy rise", "", random.entropy_rise)
    if protocol.noise is not None:
        change = measure_sensitivity(method, case.model, x, target, protocol.noise, bootstrap=draw)
        yield Record(name, "sensitivity max", "", change.maximum, dropped=change.dropped)
        yield Record(name, "sensitivity mean", "", change.mean, dropped=change.dropped)


def _find_ceilings(case: _Case) -> dict[str, tuple[Tensor, Curves]]:
    """Return the rows and the greedy curves under each imputer."""
    samples, protocol = case.samples, case.protocol
    if protocol.greedy < 1:
        return {}
    case.tell(f"searching the greedy ceiling of {protocol.greedy} samples")
    rows = protocol.choose_rows(len(samples.x), protocol.greedy).to(samples.x.device)
    x, target = samples.x[rows], samples.target[rows]
    regions, output = protocol.regions, protocol.output
    return {
        imputer.name: (
            rows,
            find_greedy_curves(case.model, x, target, regions=regions, imputer=imputer, output=output),
        )
        for imputer in protocol.imputers
    }
