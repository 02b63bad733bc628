"""What a classifier and a regressor of spectra share: settings, training, outputs, relevance."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from lrprism.composites import AbstractComposite
from lrprism.composites.composite import Entry
from lrprism.errors import InputError
from lrprism.plugs.sklearn import explain, to_tensor
from lrprism.spectral.networks import NETWORKS, build_network
from lrprism.spectral.training import AbstractTask, Devices, EpochRecord, TrainingConfig, fit, predict

Array = npt.NDArray[Any]


class Lesson(NamedTuple):
    """What a network learns from.

    Args:
        x: Spectra, ``[N, band]``, float32.
        y: Their targets, ``[N]`` or ``[N, output]``.
        outputs: Number of outputs of the network.
        task: What it learns.
        validated: Numbers of the samples that choose the best epoch; the others are learned from. None to do
            both with all.
        scale: What stands behind the network.
    """

    x: Tensor
    y: Tensor
    outputs: int
    task: AbstractTask
    validated: Array
    scale: nn.Module


class AbstractSpectralEstimator(BaseEstimator, ABC):  # type: ignore[misc] # scikit-learn has no types
    """A network for spectra, trained by :func:`lrprism.spectral.training.fit`, as scikit-learn wants it.

    Args:
        network: A network for single spectra: ``"mlp"``, ``"cnn1d"`` (at least 9 bands), ``"transformer1d"``.
        epochs: Passes over the training part.
        batch_size: Spectra per step.
        learning_rate: Peak of the learning rate.
        weight_decay: Decoupled weight decay.
        validation_fraction: Share of the samples that choose the best epoch and are not learned from; of a
            classifier the share of each class, rounded down. Where none are left, the best epoch is that of
            the training part.
        device: ``"cpu"``, ``"cuda:1"``, or ``"auto"``; the fitted network is on the CPU.
        random_state: A seed, for the same weights each time; None for another each time.

    Attributes:
        module_: The fitted network in float64, from spectra ``[N, band]`` to outputs.
        history_: Each epoch.
        mean_: Mean of the training samples, ``[band]``: the reference of :meth:`explain`.
        n_features_in_: Number of bands.
    """

    def __init__(
        self,
        network: str = "mlp",
        *,
        epochs: int = 50,
        batch_size: int = 32,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-4,
        validation_fraction: float = 0.2,
        device: str = "cpu",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        """Keep the settings as they are; :meth:`fit` looks at them."""
        self.network = network
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.device = device
        self.random_state = random_state

    module_: nn.Module
    history_: tuple[EpochRecord, ...]
    mean_: Array

    @abstractmethod
    def _prepare(self, X: Any, y: Any, random: np.random.RandomState) -> Lesson:
        """Check the data and return what the network learns from."""

    def fit(self, X: Any, y: Any) -> AbstractSpectralEstimator:
        """Train the network.

        Args:
            X: Spectra, ``[N, band]``.
            y: What is known of each.

        Returns:
            The estimator itself.

        Raises:
            InputError: If a setting is none that works.
            DataError: If the data cannot be learned.
            ModelError: If the network cannot be built for as many bands, or the loss is not finite.
            ValueError: If the data have missing values, no rows, or other lengths.
        """
        self._check_settings()
        random = check_random_state(self.random_state)
        lesson = self._prepare(X, y, random)
        seed = int(random.randint(2**31 - 1))
        learned = np.setdiff1d(np.arange(len(lesson.x)), lesson.validated)
        validated = lesson.validated if len(lesson.validated) else learned
        # the user's own random numbers go on as if no network had been drawn
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = build_network(self.network, lesson.x.shape[1], lesson.outputs, 1)
        train, validation = (TensorDataset(lesson.x[part], lesson.y[part]) for part in (learned, validated))
        config = TrainingConfig(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            seed=seed,
            devices=Devices.from_name(self.device),
        )
        result = fit(network, train, validation, config, task=lesson.task, progress=False)
        # float64: sums of relevance are exact, and a prediction does not depend on its batch
        self.module_ = nn.Sequential(network, lesson.scale).cpu().double().eval()
        self.history_ = result.history
        self.mean_ = lesson.x[learned].double().mean(0).numpy()
        return self

    def explain(
        self,
        X: Any,
        target: Any = None,
        *,
        composite: AbstractComposite | Sequence[Entry] | None = None,
        reference: npt.ArrayLike | None = None,
        batch_size: int | None = None,
    ) -> npt.NDArray[np.float64]:
        r"""Return the relevance of each band, ``[N, band]``, which adds up to the change from the reference.

        .. math:: \sum_b R_{nb} = f(x_n) - f(\mathrm{reference})

        Args:
            X: Spectra, ``[N, band]``.
            target: A class, or one per sample, as in ``classes_``; of a regressor the number of the output.
                None for the predicted class or the only output.
            composite: Who gets which rule; :class:`lrprism.presets.EpsilonGamma` if None.
            reference: A spectrum to compare with, or one for each; the mean of the training samples if None.
            batch_size: The most spectra at a time.
        """
        x = self._check_inputs(X)
        other = self.mean_ if reference is None else reference
        return explain(self, x, target, composite=composite, reference=other, batch_size=batch_size)

    def to_torch(self) -> nn.Module:
        """Return a copy of the fitted network, for :func:`lrprism.plugs.sklearn.to_torch`."""
        check_is_fitted(self)
        return copy.deepcopy(self.module_)

    def _compute_outputs(self, X: Any) -> Array:
        """Return the outputs of the network, ``[N, outputs]``."""
        x = self._check_inputs(X)
        outputs: Array = predict(self.module_, to_tensor(x)).numpy()
        return outputs

    def _check_inputs(self, X: Any) -> Array:
        check_is_fitted(self)
        x: Array = validate_data(self, X, dtype=np.float64, reset=False)
        return x

    def _check_settings(self) -> None:
        """Refuse settings that the training itself does not look at.

        Raises:
            InputError: If one of them does not work.
        """
        names = [name for name, entry in NETWORKS.items() if entry.layout == "spectrum"]
        if self.network not in names:
            raise InputError(
                f"network should be one for single spectra: {', '.join(names)}. Found {self.network!r}. "
                "Train the others with lp.spectral.train."
            )
        if not 0 <= self.validation_fraction < 1:
            raise InputError(
                f"validation_fraction should be at least 0 and below 1. Found {self.validation_fraction!r}. "
                "Try 0.2."
            )


def check_count(samples: int) -> None:
    """Refuse a single sample, from which nothing can be learned.

    Args:
        samples: Number of samples.

    Raises:
        InputError: If there are fewer than 2.
    """
    if samples < 2:
        raise InputError(f"X should hold at least 2 samples. Found n_samples = {samples}. Give more.")


def draw_validated(groups: Array, fraction: float, random: np.random.RandomState) -> Array:
    """Draw the samples that choose the best epoch, the same share of each group.

    Args:
        groups: The group of each sample, such as its class, ``[N]``.
        fraction: The share, rounded down for each group.
        random: Source of the draw.

    Returns:
        Their numbers, in ascending order.
    """
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    drawn = [random.permutation(numbers)[: int(fraction * len(numbers))] for numbers in members]
    return np.sort(np.concatenate(drawn))
