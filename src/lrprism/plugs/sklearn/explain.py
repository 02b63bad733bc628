"""Relevance of the features that go into a fitted estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lrprism.attribution import LRP
from lrprism.attribution import target as targets
from lrprism.composites import AbstractComposite
from lrprism.composites.composite import Entry
from lrprism.errors import InputError, TargetError
from lrprism.plugs.sklearn.convert import to_torch
from lrprism.plugs.sklearn.steps import to_tensor


def explain(
    estimator: Any,
    X: npt.ArrayLike,
    target: Any = None,
    *,
    composite: AbstractComposite | Sequence[Entry] | None = None,
    reference: npt.ArrayLike | None = None,
    batch_size: int | None = None,
) -> npt.NDArray[np.float64]:
    r"""Return the relevance of each feature of each sample, ``[N, features]``.

    It adds up to the explained output :math:`f` of :func:`to_torch`, less what biases keep; with a reference
    to :math:`f(x) - f(\mathrm{reference})`, and biases keep nothing. In a pipeline it is the relevance of
    what goes into the first step, in the units of the last step's output.

    Args:
        estimator: A fitted estimator that :func:`to_torch` takes, such as a pipeline.
        X: The samples, ``[N, features]``, as the estimator takes them.
        target: The class to explain, or one for each sample, as in ``estimator.classes_``; for a regressor
            with several outputs the number of the output. None for the predicted class or the only output.
        composite: Who gets which rule; :class:`lrprism.presets.EpsilonGamma` if None.
        reference: A sample ``[features]``, such as the mean of the training samples, or one for each sample.
        batch_size: The most samples at a time; None for all at once.

    Raises:
        ModelError: If the estimator has no form that can be explained.
        InputError: If the samples are not ``[N, features]``.
        TargetError: If a class is none of the estimator's.
        NotFittedError: If the estimator is not fitted.
    """
    module = to_torch(estimator)
    x = to_tensor(X)
    if x.dim() != 2:
        raise InputError(
            f"X should be samples (N, features). Found shape {tuple(x.shape)}. Try X.reshape(1, -1)."
        )
    other = None if reference is None else to_tensor(reference)
    classes = getattr(estimator, "classes_", None)
    wanted = _read_number(target) if classes is None else _read_classes(classes, target)
    explainer = LRP(module, composite)
    relevance: Tensor = explainer.explain(x, wanted, reference=other, batch_size=batch_size).relevance
    return relevance.numpy()


def _read_number(target: Any) -> Any:
    """Return the number of an output of a regressor."""
    return None if target is None else torch.as_tensor(target) if np.ndim(target) else int(target)


def _read_classes(classes: npt.NDArray[Any], target: Any) -> Any:
    """Return the target that classes by their labels mean.

    Raises:
        TargetError: If one is unknown.
    """
    # None of a binary classifier would be its one output, whichever class it predicts
    is_binary = len(classes) == 2
    if target is None:
        return targets.side() if is_binary else None
    labels = np.atleast_1d(np.asarray(target))
    numbers = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
    if not np.array_equal(classes[numbers], labels):
        unknown = [label for label in labels.tolist() if label not in classes.tolist()]
        raise TargetError(f"target should be among the classes {classes.tolist()}. Found {unknown[0]!r}.")
    number = int(numbers[0]) if np.ndim(target) == 0 else torch.from_numpy(numbers)
    return targets.side(number) if is_binary else number
