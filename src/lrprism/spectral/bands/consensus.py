"""Agreement of several trainings of one network on the bands that it uses."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr, stdtrit

from lrprism.errors import DataError, InputError
from lrprism.spectral.bands.exchange import FEWEST_TRAININGS
from lrprism.spectral.bands.intervals import LEVEL, widen_for_few

EVERY: Final = "every"
"""The word for a group of bands that has more than its fair share in every network."""
SOME: Final = "some"
NONE: Final = "none"
_DRAWS: Final = 400

Floats = npt.NDArray[np.float64]


def signed_shares(relevance: npt.ArrayLike) -> Floats:
    r"""Divide relevance by the sum of its magnitudes over the bands, so that trainings can be compared.

    .. math:: s_b = \frac{R_b}{\sum_j |R_j|}

    0 where there is no relevance at all. Shapes: ``relevance`` and result: ``[..., band]``.

    Args:
        relevance: Mean relevance of the samples of a class, in the unit of the output.

    Raises:
        DataError: If it is not finite.

    Example:
        >>> signed_shares([3.0, -1.0, 0.0])
        array([ 0.75, -0.25,  0.  ])
    """
    values = _check_finite(relevance)
    size = np.abs(values).sum(axis=-1, keepdims=True)
    shares: Floats = np.divide(values, size, out=np.zeros_like(values), where=size > 0)
    return shares


def group_shares(shares: npt.ArrayLike, groups: npt.ArrayLike) -> Floats:
    r"""Return the share of each group of bands: what cancels between bands of a group counts for nothing.

    .. math:: S_g = \frac{|\sum_{b \in g} s_b|}{\sum_h |\sum_{b \in h} s_b|}

    Bands of a group can stand for each other, so that only their sum is of use to the network. With each
    band as a group of its own, :math:`S_b = |s_b|`. Shapes: ``shares``: ``[..., band]``; ``groups``:
    ``[band]``; result ``[..., group]``.

    Args:
        shares: Signed shares.
        groups: Number of the group of each band, from 0, such as :func:`exchangeable_groups` gives.

    Raises:
        DataError: If the shares are not finite.
        InputError: If there is not a group for each band.

    Example:
        >>> group_shares([0.4, -0.1, 0.5], [0, 0, 1])
        array([0.375, 0.625])
    """
    values, numbers = _check_finite(shares), np.asarray(groups)
    if numbers.shape != values.shape[-1:] or numbers.dtype.kind not in "iu" or numbers.min() < 0:
        raise InputError(
            f"groups should hold a number from 0 for each of {values.shape[-1]} bands. Found shape "
            f"{numbers.shape} of {numbers.dtype}. Pass the groups of the same bands."
        )
    return np.abs(signed_shares(values @ (numbers[:, None] == np.arange(numbers.max() + 1))))


def summarize_shares(
    shares: npt.ArrayLike, sampling: npt.ArrayLike | None = None, *, redrawn: bool = False
) -> pd.DataFrame:
    r"""Summarise the shares of several trainings: mean with its 95 % interval, and the range.

    .. math:: \bar s \pm \sqrt{\Bigl(t_{0.975, n-1} \frac{\mathrm{sd}}{\sqrt n}\Bigr)^2
                               + (z_{0.975}\, \mathrm{se})^2}

    with sd the standard deviation over n trainings, and se that of the mean over other samples, which all
    trainings have in common. The ends are cut off at 0 and 1. The interval is of the mean over all trainings
    on these training samples; a single one lies between ``least`` and ``most``, the range of those made.

    What the training samples themselves are off by is in none of the trainings, unless each drew its samples
    again. Then sd is how far another training set would move the share, and is multiplied by
    :math:`\sqrt{1 + 1/n}` in place of :math:`1/\sqrt n`: the mean is of n draws about these samples, which
    are one draw themselves. Only such intervals speak of other training sets, of the same size: what networks
    learn of chance in few samples takes relevance from the bands that matter in each of them.

    Shapes: ``shares``: ``[training, band]``; ``sampling``: ``[band]``.

    Args:
        shares: Shares from 0 to 1.
        sampling: Standard error of the mean over other samples, from :func:`measure_sampling`; None for
            intervals that speak of trainings alone.
        redrawn: Whether each training drew its samples again.

    Returns:
        A row per band: mean, sd, low, high, least, most, n; sd, low and high NaN of one training.

    Raises:
        DataError: If the shares are not finite numbers from 0 to 1, or not of rank 2.

    Source: Student, "The probable error of a mean", 1908.

    Example:
        >>> summarize_shares([[0.4], [0.6]])[["mean", "low", "high", "least", "most"]]
           mean  low  high  least  most
        0   0.5  0.0   1.0    0.4   0.6
    """
    values = _check_trainings(shares)
    n, level = len(values), (1 + LEVEL) / 2
    mean = values.mean(axis=0)
    sd = values.std(axis=0, ddof=1) if n > 1 else np.full(mean.shape, np.nan)
    error = np.zeros_like(mean) if sampling is None else np.asarray(sampling, dtype=np.float64)
    t = float(stdtrit(n - 1, level)) if n > 1 else np.nan
    half = np.hypot(t * sd * np.sqrt(1 / n + redrawn), float(stdtrit(1e9, level)) * error)
    table = pd.DataFrame({"mean": mean, "sd": sd})
    table["low"], table["high"] = np.clip(mean - half, 0, 1), np.clip(mean + half, 0, 1)
    table["least"], table["most"], table["n"] = values.min(axis=0), values.max(axis=0), n
    return table


def measure_sampling(
    relevance: npt.ArrayLike,
    samples: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    *,
    seed: int = 0,
) -> Floats:
    r"""Measure how far mean shares vary over other samples, by drawing samples or groups of them again.

    .. math:: \mathrm{se}_g = f_k \operatorname{sd}_{*} \frac1n \sum_t S_g(\bar R^*_t), \quad
              \bar R^*_{tb} = \frac{\sum_k w_k \sum_{s \in k} R_{tsb}}{\sum_k w_k n_k}

    with :math:`w_k` the times that the plant, field or square k is drawn, the same for all trainings, in 400
    draws, and :math:`f_k` for few of them, see :func:`lrprism.spectral.bands.intervals.widen_for_few`: 1.96
    such errors are half of a 95 % interval.

    Shapes: ``relevance``: ``[training, sample, band]``; ``samples``: ``[sample]``; ``groups``: ``[band]``;
    result ``[group]``.

    Args:
        relevance: Relevance of the samples of one class in each training.
        samples: The plant, field or square of each sample; None where each stands for itself.
        groups: Number of the group of each band; None where each band is one.
        seed: Seed of the draws.

    Returns:
        The standard errors; NaN where there is one sample, or all are of one plant, field or square.

    Raises:
        DataError: If the relevance is not finite.
        InputError: If it is not of rank 3, or there is not a name for each sample or band.
    """
    values = _check_finite(relevance)
    count = values.shape[1] if values.ndim == 3 else 0
    names = np.arange(count) if samples is None else np.asarray(samples)
    if names.shape != (count,) or not count:
        raise InputError(
            f"relevance should be [training, sample, band] with a name for each sample or none. Found shape "
            f"{values.shape} and names of shape {names.shape}."
        )
    bands = np.arange(values.shape[2]) if groups is None else np.asarray(groups)
    _, own = np.unique(names, return_inverse=True)
    plants = int(own.max()) + 1
    if plants < 2:
        return np.full(int(bands.max()) + 1, np.nan)
    totals = np.stack([values[:, own == plant].sum(axis=1) for plant in range(plants)])
    times = np.random.default_rng(seed).multinomial(plants, np.full(plants, 1 / plants), size=_DRAWS)
    # shares know no scale: a sum does for a mean
    drawn = [group_shares(signed_shares(np.tensordot(w, totals, 1)), bands).mean(axis=0) for w in times]
    return widen_for_few(plants) * np.asarray(np.std(drawn, axis=0))


def judge_uses(shares: npt.ArrayLike, fair: npt.ArrayLike) -> pd.DataFrame:
    r"""Say of each group of bands whether every network uses it, some do, or none does.

    A network uses a group if the share is above the fair one, :math:`S_{tg} > f_g`. Where some networks do,
    ``instead`` is the group that has most more in the others,

    .. math:: h^* = \arg\max_h \; \bar S_h|_{S_g \le f_g} - \bar S_h|_{S_g > f_g}

    if that difference is beyond chance by Welch's test, one-sided at 5 % over the number of groups; else -1.
    Of fewer than 5 networks nothing is said.

    Shapes: ``shares``: ``[training, group]``; ``fair``: ``[group]``.

    Args:
        shares: Shares of the groups.
        fair: What each would have if all bands had the same: its bands over all bands.

    Returns:
        A row per group: use, "every", "some", "none" or nothing; users, the number of networks; instead.

    Raises:
        DataError: If the shares are not finite numbers from 0 to 1, or not of rank 2.
        InputError: If there is not a fair share for each group.

    Source: Welch, "The generalization of Student's problem when several different population variances are
    involved", 1947.

    Example:
        >>> judge_uses([[0.6, 0.3, 0.1]] * 4 + [[0.6, 0.1, 0.3]] * 4, [0.5, 0.2, 0.4])["use"].tolist()
        ['every', 'some', 'none']
    """
    values, limit = _check_trainings(shares), np.asarray(fair, dtype=np.float64)
    if limit.shape != values.shape[1:]:
        raise InputError(
            f"fair should hold a share for each of {values.shape[1]} groups. Found shape {limit.shape}."
        )
    above = values > limit * (1 + 1e-9)  # rounding: the fair share itself is not more
    users, trainings = above.sum(axis=0), len(values)
    words = np.where(users == trainings, EVERY, np.where(users == 0, NONE, SOME)).tolist()
    if trainings < FEWEST_TRAININGS:
        words = [""] * len(words)
    instead = [
        _find_substitute(values, above[:, group]) if word == SOME else -1 for group, word in enumerate(words)
    ]
    return pd.DataFrame({"use": words, "users": users, "instead": instead})


def _find_substitute(shares: Floats, uses: npt.NDArray[np.bool_]) -> int:
    """Return the group that has more where a network does not use another one; -1 if none stands out."""
    without, with_ = shares[~uses], shares[uses]
    # the spread of a single network is not known
    if min(len(without), len(with_)) < 2:
        return -1
    gain = without.mean(axis=0) - with_.mean(axis=0)
    best = int(gain.argmax())
    errors = np.array([part[:, best].var(ddof=1) / len(part) for part in (without, with_)])
    if not errors.sum() > 1e-20:  # the same in all of them
        return best if gain[best] > 1e-9 else -1
    freedom = errors.sum() ** 2 / (errors**2 / [len(without) - 1, len(with_) - 1]).sum()
    p = 1 - float(stdtr(freedom, gain[best] / np.sqrt(errors.sum())))
    return best if p < (1 - LEVEL) / shares.shape[1] else -1


def _check_finite(values: npt.ArrayLike) -> Floats:
    numbers = np.asarray(values, dtype=np.float64)
    bad = int((~np.isfinite(numbers)).sum())
    if bad or not numbers.size or not numbers.ndim:
        found = f"{bad} of {numbers.size} values NaN or infinite" if bad else "no band"
        raise DataError(f"relevance should be finite numbers per band. Found {found}. Explain again.")
    return numbers


def _check_trainings(shares: npt.ArrayLike) -> Floats:
    values = _check_finite(shares)
    if values.ndim != 2 or values.min() < 0 or values.max() > 1 + 1e-9:
        raise DataError(
            f"shares should be [training, band] from 0 to 1. Found shape {values.shape}, from "
            f"{values.min():.3g} to {values.max():.3g}. Pass those of group_shares."
        )
    return values
