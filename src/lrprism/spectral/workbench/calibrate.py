"""How well maps find what is planted into one's own data: ``lrprism evaluate --calibrate``."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd
import torch
from torch import Tensor

from lrprism.engine import format_table
from lrprism.errors import LRPrismError
from lrprism.evaluation import Bootstrap, Interval, attribute, make_controls, recover, roc_auc
from lrprism.evaluation.recovery import reduce_to_mask
from lrprism.spectral.files import write_whole
from lrprism.spectral.workbench.candidates import Candidate, describe_ties, list_candidates
from lrprism.spectral.workbench.composites import DEFAULT_RULE
from lrprism.spectral.workbench.part_samples import open_own_samples
from lrprism.spectral.workbench.planted_network import PlantedNetwork, train_planted_network
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.references import choose_reference
from lrprism.spectral.workbench.trained_network import TrainedNetwork

TABLE: Final = "calibration.csv"
WORDS: Final = "calibration.txt"
_METRICS: Final = {"auc": "AUC", "average_precision": "AP", "precision_at_k": "P@K"}
_SHOWN: Final = 8
_SURE: Final = 0.9
_HALF: Final = 0.5
_MANY: Final = 10
"""From this number of planted bands on, P@K is fine enough to speak of single ones."""
_LIMITS: Final = (
    "what is planted is Gaussian, added to all pixels of a patch, and carries classes of its own: what the "
    "classes of your data rest on may be wider, weaker, or lie in the shape of a patch.",
    "it is one network, trained once: another training may rank close candidates otherwise. Intervals are "
    "from its samples alone.",
    "a network may use only some of what was planted, or its neighbours: a map that says so counts as wrong.",
    "controls that see the classes of the data see what was planted, with no network at all: that they are "
    "better does not make them explanations.",
)


@dataclass(frozen=True, eq=False)
class Score:
    """How well a way to explain, or a control, finds what was planted.

    Args:
        name: Its name.
        candidate: The way to explain; None for a control that knows no network.
        figures: AUC, average precision and precision among the first K, with intervals.
        magnitude: The size of relevance in each band, ``[sample, band]``.
        behind: The AUC of the winner less its own, over the same samples; None for a control.
    """

    name: str
    candidate: Candidate | None
    figures: Mapping[str, Interval]
    magnitude: Tensor
    behind: Interval | None = None

    def row(self) -> dict[str, Any]:
        """Return the figures as a flat record."""
        way = self.candidate
        row: dict[str, Any] = {
            "name": self.name,
            "control": way is None,
            "rule": way and way.rule,
            "reference": way and way.reference,
            "pool_nm": way and way.pool,
        }
        for metric, interval in {**self.figures, "auc_behind": self.behind}.items():
            if interval is not None:
                row |= {
                    metric: interval.value,
                    f"{metric}_low": interval.low,
                    f"{metric}_high": interval.high,
                }
        return row


@dataclass(frozen=True, eq=False)
class Calibration:
    """Ways to explain, ranked by how well they find what was planted.

    Args:
        planted: The network and what was planted.
        scores: Of the ways to explain, the best first.
        controls: Of maps that know no network.
        notes: What was left out.
    """

    planted: PlantedNetwork
    scores: tuple[Score, ...]
    controls: tuple[Score, ...]
    notes: tuple[str, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return a record of each way to explain, the best first, and of each control."""
        return [score.row() for score in (*self.scores, *self.controls)]

    def __str__(self) -> str:
        """What was planted, the table, the winner, how far to trust it, and what this cannot show."""
        head = ["way to explain", *_METRICS.values(), "AUC behind the best"]
        shown = (*self.scores[:_SHOWN], *self.controls)
        table = format_table(head, [_format_line(score) for score in shown])
        left = len(self.scores) - _SHOWN
        blocks = [
            "\n".join(
                ["Calibration on planted features", *(f"  {line}" for line in self.planted.describe())]
            ),
            table + (f"\n\n{left} more ways in {TABLE}" if left > 0 else ""),
            "\n".join(["How far to trust", *(f"  {line}" for line in self._describe_trust())]),
            "\n".join(["What this cannot show", *(f"  {line}" for line in _LIMITS)]),
        ]
        return "\n\n".join(blocks)

    def _describe_trust(self) -> list[str]:
        best, *others = self.scores
        assert best.candidate is not None  # a control is never among the scores
        lead = "it was the only candidate"
        if others:
            tied = sum(score.behind is not None and score.behind.low <= 0 for score in others)
            behind = others[0].behind
            lead = f"{behind.value if behind else 0:.3f} AUC ahead of {others[0].name}{describe_ties(tied)}"
        lines = [
            f"best: {best.name}, {lead}.",
            _describe_reading(best, int(self.planted.truth.bands.sum())),
            f"the same way on your classes: lrprism explain RUN {best.candidate.options}; read "
            f"{best.candidate.map_to_read}.",
            *(
                f"where no rule is named, {score.name} explains: AUC {score.figures['auc']}, P@K "
                f"{score.figures['precision_at_k']}."
                for score in others
                if score.candidate == Candidate(DEFAULT_RULE, choose_reference(DEFAULT_RULE, None))
            ),
            *(f"note: {note}" for note in self.notes),
        ]
        if int(self.planted.truth.bands.sum()) < _MANY:
            lines.append("note: few bands carry the class, so that these figures are coarse.")
        if not self.planted.has_learned:
            lines.append("note: the network learned only part of what was planted: maps may look worse.")
        return lines


def _describe_reading(best: Score, planted: int) -> str:
    """Say what the figures of the winner mean to one who reads its maps."""
    auc, first = best.figures["auc"], best.figures["precision_at_k"]
    if auc.low <= 0.5:
        return f"no map finds what was planted better than chance (AUC {auc}): do not read bands off them."
    # of few bands each is a large share: their figures are coarse
    if first.low >= _SURE and planted >= _MANY:
        advice = "single bands can be read off it"
    elif first.value >= _HALF:
        advice = "read regions off it, not single bands"
    else:
        advice = "take what it names for a hint that needs another proof"
    return (
        f"of the {planted} bands that it ranks highest, {planted * (1 - first.value):.1f} carry nothing of "
        f"the class (P@K {first}); a band that carries it ranks above another in {auc.value:.1%} of the "
        f"cases (AUC {auc}). On data like these, {advice}."
    )


def _format_line(score: Score) -> list[str]:
    behind = "control" if score.behind is None else str(score.behind)
    return [score.name, *(str(score.figures[metric]) for metric in _METRICS), behind]


def calibrate_into(
    folder: Path, trained: TrainedNetwork, rules: tuple[str, ...] | None, seed: int, reporter: Reporter
) -> Calibration:
    """Train a network on planted features, rank ways to explain it; write ``calibration.csv`` and ``.txt``.

    Args:
        folder: The folder to write into; it must exist.
        trained: The network of the run, which says what is trained and how.
        rules: Rules, each alone or with @ and a reference; None for the candidates of rule auto.
        seed: Seed of what is planted.
        reporter: Shows the progress.

    Raises:
        DataError: If the data cannot be read.
        InputError: If a rule is unknown, the network was trained elsewhere, or features do not fit.
        ModelError: If the network does not learn the features.
    """
    samples = open_own_samples(trained)
    planted = train_planted_network(trained, samples, seed, reporter)
    candidates = list_candidates(planted.wavelengths, trained.resolution)
    if rules is not None:
        widths = dict.fromkeys(candidate.pool for candidate in candidates)
        named = dict.fromkeys(map(Candidate.parse, rules))
        candidates = [replace(candidate, pool=nm) for nm in widths for candidate in named]
    with reporter.step(f"explaining what was planted in {len(candidates)} ways"):
        calibration = _rank(planted, candidates, Bootstrap(seed=seed))
    pd.DataFrame(calibration.rows()).to_csv(folder / TABLE, index=False)
    with write_whole(folder / WORDS) as partial:
        partial.write_text(f"{calibration}\n", encoding="utf-8")
    return calibration


def _rank(planted: PlantedNetwork, candidates: list[Candidate], draw: Bootstrap) -> Calibration:
    """Score candidates and controls by what they find of the planted bands."""
    right, mask = planted.right, torch.from_numpy(planted.truth.bands)
    scores, notes = [], []
    for candidate in candidates:
        method = candidate.build_method(planted.record, planted.wavelengths, quiet=True)
        try:  # a network may hold what a reference or a rule cannot pass
            relevance = attribute(method, planted.model, right.x, right.target, name=candidate.name)
        except LRPrismError as error:
            notes.append(f"{candidate.name} is left out: {str(error).rstrip('.')}.")
            continue
        scores.append(_score(candidate.name, candidate, relevance, mask, draw))
    scores.sort(key=lambda score: -score.figures["auc"].value)  # stable: ties keep their order
    scores = [replace(score, behind=_compare(scores[0], score, mask, draw)) for score in scores]
    controls = [
        _score(name, None, attribute(method, planted.model, right.x, right.target, name=name), mask, draw)
        for name, method in make_controls(right.x, right.target, axis=1, seed=draw.seed).items()
    ]
    return Calibration(planted, tuple(scores), tuple(controls), tuple(notes))


def _score(name: str, candidate: Candidate | None, relevance: Tensor, mask: Tensor, draw: Bootstrap) -> Score:
    recovery = recover(relevance, mask, bootstrap=draw)
    figures = {metric: getattr(recovery, metric) for metric in _METRICS}
    return Score(name, candidate, figures, reduce_to_mask(relevance.abs(), mask).double())


def _compare(best: Score, other: Score, mask: Tensor, draw: Bootstrap) -> Interval:
    """Return by how much the AUC of one is above that of another, over the same samples."""
    pair = torch.stack([best.magnitude, other.magnitude], 1)
    return draw.measure(pair, lambda means: roc_auc(means[:, 0], mask) - roc_auc(means[:, 1], mask))
