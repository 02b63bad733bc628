"""Which of several trainings gave a good network."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from lrprism.spectral.workbench.retrained_relevance import SeedRelevance

_NORMAL: Final = 1.4826
"""The median distance from the median, times this, is the standard deviation of a normal distribution."""
_BELOW: Final = 2.0
_SCORES: Final = ("accuracy", "macro_f1", "kappa")


def choose_good(networks: Sequence[SeedRelevance], least_accuracy: float | None = None) -> list[str | None]:
    r"""Say of each training why its network is not good; None of the good ones.

    One that diverged or is no better than chance is not; of the rest, one whose accuracy a lies below

    .. math:: \operatorname{med}(a) - 2 \max(1.4826 \operatorname{med} |a - \operatorname{med}(a)|, e), \quad
              e = \sqrt{\max(p (1 - p), 1 / N) / N}, \quad p = \operatorname{med}(a)

    with e the standard error of an accuracy on N test samples, as a difference within it means nothing; or
    below a bound that the user states.

    Args:
        networks: The trainings.
        least_accuracy: The bound of the user, 0 to 1.
    """
    believed = [network.scores for network in networks if network.doubt is None and network.scores]
    if not believed:
        return [network.doubt for network in networks]
    accuracy = np.array([scores["accuracy"] for scores in believed])
    bound, why = least_accuracy, "the bound asked for"
    if bound is None:
        middle, count = float(np.median(accuracy)), int(np.sum(believed[0]["confusion"]))
        error = float(np.sqrt(max(middle * (1 - middle), 1 / count) / count))
        bound = middle - _BELOW * max(_NORMAL * float(np.median(np.abs(accuracy - middle))), error)
        why = f"well below the median of all, {middle:.3f}"
    return [
        network.doubt
        if network.doubt is not None or network.scores is None
        else f"accuracy {network.scores['accuracy']:.3f} is below {bound:.3f}, {why}"
        # rounding: the bound itself is good
        if network.scores["accuracy"] < bound - 1e-12
        else None
        for network in networks
    ]


def tabulate_networks(networks: Sequence[SeedRelevance], reasons: Sequence[str | None]) -> pd.DataFrame:
    """List the trainings with their scores on the test part, and why some are left out.

    Args:
        networks: The trainings.
        reasons: From :func:`choose_good`.

    Returns:
        A row per training: seed, accuracy, macro_f1, kappa, is_good, reason.
    """
    return pd.DataFrame([
        {
            "seed": network.seed,
            **{name: (network.scores or {}).get(name) for name in _SCORES},
            "is_good": reason is None,
            "reason": reason or "",
        }
        for network, reason in zip(networks, reasons, strict=True)
    ])  # fmt: skip
