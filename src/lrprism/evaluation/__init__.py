"""Judging explanations: is relevance faithful to the model, for any model and any attribution function.

An attribution function is ``(model, x, target) -> relevance`` like ``x``; a model returns logits
``[N, classes]``. :func:`judge` puts several of them to all tests; each test can be used by itself.

Example:
    >>> import torch
    >>> from lrprism import evaluation
    >>> x = torch.randn(300, 12, generator=torch.Generator().manual_seed(0))
    >>> model = torch.nn.Linear(12, 2)
    >>> target = model(x).argmax(1)  # a model that is always right
    >>> protocol = evaluation.Protocol.for_bands(x, width=3)
    >>> def weigh(model, x, target):
    ...     return x * model.weight[target].detach()
    >>> print(repr(evaluation.judge(model, x, target, methods={"w x": weigh}, protocol=protocol)))
    <Judgement of 1 methods on 300 samples: print() shows tables and words>
"""

from lrprism.evaluation import benchmarks
from lrprism.evaluation.bootstrap import Bootstrap, Interval
from lrprism.evaluation.choice import Candidate, Ranking, choose
from lrprism.evaluation.conditional import GaussianConditional
from lrprism.evaluation.controls import draw_ranking, make_controls, measure_anova
from lrprism.evaluation.curves import (
    Curves,
    Reliability,
    measure_curves,
    measure_reliability,
    rank_regions,
    score_regions,
)
from lrprism.evaluation.deletion import fine_tune, measure_deletion, measure_drops
from lrprism.evaluation.findings import Findings, Record
from lrprism.evaluation.greedy import find_greedy_curves
from lrprism.evaluation.imputers import AbstractImputer, Constant, Interpolation, Swap
from lrprism.evaluation.judge import judge
from lrprism.evaluation.judgement import Judgement
from lrprism.evaluation.predict import Method, Model, Output, attribute, read_logits, read_target
from lrprism.evaluation.protocol import Protocol, Truth
from lrprism.evaluation.randomisation import (
    Randomisation,
    measure_entropy,
    measure_random_logit,
    measure_randomisation,
    randomise,
)
from lrprism.evaluation.ranks import correlate_ranks
from lrprism.evaluation.recovery import (
    Recovery,
    average_precision,
    emd_similarity,
    mass_accuracy,
    precision_at_k,
    recover,
    roc_auc,
)
from lrprism.evaluation.regions import Regions, bands, grid, label_map
from lrprism.evaluation.samples import Samples, choose_samples
from lrprism.evaluation.shares import BlindVerdict, Share, judge_blind, measure_shares
from lrprism.evaluation.stability import Sensitivity, measure_sensitivity

__all__ = [
    "AbstractImputer",
    "BlindVerdict",
    "Bootstrap",
    "Candidate",
    "Constant",
    "Curves",
    "Findings",
    "GaussianConditional",
    "Interpolation",
    "Interval",
    "Judgement",
    "Method",
    "Model",
    "Output",
    "Protocol",
    "Randomisation",
    "Ranking",
    "Record",
    "Recovery",
    "Regions",
    "Reliability",
    "Samples",
    "Sensitivity",
    "Share",
    "Swap",
    "Truth",
    "attribute",
    "average_precision",
    "bands",
    "benchmarks",
    "choose",
    "choose_samples",
    "correlate_ranks",
    "draw_ranking",
    "emd_similarity",
    "find_greedy_curves",
    "fine_tune",
    "grid",
    "judge",
    "judge_blind",
    "label_map",
    "make_controls",
    "mass_accuracy",
    "measure_anova",
    "measure_curves",
    "measure_deletion",
    "measure_drops",
    "measure_entropy",
    "measure_random_logit",
    "measure_randomisation",
    "measure_reliability",
    "measure_sensitivity",
    "measure_shares",
    "precision_at_k",
    "randomise",
    "rank_regions",
    "read_logits",
    "read_target",
    "recover",
    "roc_auc",
    "score_regions",
]
