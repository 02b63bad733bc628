"""The bench on which every map of one network is judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any, Final

from torch import Tensor, nn

from evidence.candidates import Map
from evidence.problem import Problem
from evidence.settings import WINDOW
from evidence.training import Pair
from lrprism import evaluation
from lrprism.evaluation import AbstractImputer, Method, Regions

Row = dict[str, Any]

MATCHED: Final = ("mean", "interpolation")
"""The imputers by which ``auto`` chooses."""
REPEATS: Final = 3


@dataclass(frozen=True, eq=False)
class Bench:
    """Samples, the truth about them, and what stands for a removed window.

    Args:
        model: The network.
        problem: Its data.
        samples: The samples that are explained, correctly classified.
        leaf: The share of leaf in their pixels, ``[N, y, x]``; None for spectra.
        imputers: By name.
        removed: Number of samples whose windows are removed.
        seed: Seed of ties and draws.
    """

    model: nn.Module
    problem: Problem
    samples: Pair
    leaf: Tensor | None
    imputers: dict[str, AbstractImputer]
    removed: int
    seed: int

    @property
    def regions(self) -> Regions:
        """Windows of bands, over all pixels."""
        return evaluation.bands(self.samples.x, WINDOW)

    def explain(self, method: Method) -> tuple[Tensor, float]:
        """Return the relevance of the samples, and the processor time it takes in seconds."""
        begin = process_time()
        relevance = evaluation.attribute(method, self.model, self.samples.x, self.samples.y)
        return relevance, process_time() - begin

    def time_gradient(self) -> float:
        """Return the processor time of one plain gradient of all samples: the least of three."""
        seconds = []
        for _ in range(REPEATS):
            begin, x = process_time(), self.samples.x.clone().requires_grad_()
            self.model(x).gather(1, self.samples.y[:, None]).sum().backward()
            seconds.append(process_time() - begin)
        return min(seconds)

    def judge(self, how: Map, relevance: Tensor, imputers: Sequence[str]) -> Row:
        """Return the numbers of a map.

        Args:
            how: How it was made.
            relevance: Relevance of the samples, ``[N, band, ...]``.
            imputers: Names of the imputers for SRG; none leaves it out.
        """
        row: Row = {"method": str(how), **recover(relevance, self.problem.mask)}
        if self.leaf is not None:
            row["leaf"] = share_inside(relevance, self.leaf)
        if imputers:
            row["srg"] = {name: self._measure_srg(relevance, name) for name in imputers}
        return row

    def _measure_srg(self, relevance: Tensor, imputer: str) -> float:
        """Return the mean SRG of the first samples. Shapes: ``relevance``: ``[N, band, ...]``."""
        x, target = self.samples.x[: self.removed], self.samples.y[: self.removed]
        curves = evaluation.measure_curves(
            *(self.model, x, target, relevance[: self.removed]),
            regions=self.regions,
            imputer=self.imputers[imputer],
            seed=self.seed,
        )
        return float(curves.srg.mean())


def recover(relevance: Tensor, mask: Tensor) -> Row:
    """Return how well a map recovers the bands that carry the class.

    Shapes: ``relevance``: ``[N, band, ...]``; ``mask``: ``[band]``.
    """
    magnitude, positive = (
        part.flatten(2).sum(2).mean(0) if part.dim() > 2 else part.mean(0)
        for part in (relevance.double().abs(), relevance.double().clamp(min=0))
    )
    return {
        "auc": float(evaluation.roc_auc(magnitude, mask)),
        "ap": float(evaluation.average_precision(magnitude, mask)),
        "p_at_k": float(evaluation.precision_at_k(magnitude, mask)),
        "mass": float(evaluation.mass_accuracy(positive, mask)),
    }


def share_inside(relevance: Tensor, leaf: Tensor) -> float:
    r"""Return the share of positive relevance inside the leaf, pixels weighed by their share of leaf.

    .. math:: \frac{\sum_{nbyx} \max(R_{nbyx}, 0)\, l_{nyx}}{\sum_{nbyx} \max(R_{nbyx}, 0)}

    Shapes: ``relevance``: ``[N, band, y, x]``; ``leaf``: ``[N, y, x]``.
    """
    positive = relevance.double().clamp(min=0).sum(1)
    return float((positive * leaf).sum() / positive.sum())
