"""The settings of a training: one frozen dataclass, stored in ``run.json`` as it is."""

import math
from dataclasses import dataclass, field
from typing import Literal, final

from lrprism.errors import InputError
from lrprism.spectral.training.devices import Devices


@final
@dataclass(frozen=True)
class TrainingConfig:
    """Settings of :func:`lrprism.spectral.training.fit`.

    Adam with decoupled weight decay: the learning rate climbs to its peak over the first quarter of the steps
    and falls to nearly nothing at the end (one cycle). Or Adadelta, which finds its own step lengths: the
    learning rate, usually 1, stays as it is.

    Args:
        epochs: Passes over the training part, at least 1.
        batch_size: Patches per step of each process, at least 1.
        optimizer: ``"adamw"`` or ``"adadelta"``.
        learning_rate: Peak of the learning rate, above 0.
        weight_decay: Decoupled weight decay, 0 or more.
        seed: Seed of the weights (with ``initialize``), the order of the patches and the augmentation.
        devices: Devices to run on. With several processes (strategy ``"ddp"``) each takes its share of every
            epoch, and a step learns from ``batch_size`` patches of each.
        precision: ``"32-true"``; or ``"bf16-mixed"``, ``"16-mixed"`` (on a GPU only), in which the products
            of a training step are computed in 16 bits. Weights and validation keep 32 bits.
        class_weights: Whether rare classes weigh more in the training loss, by one over the square root of
            their number of patches.
        patience: Number of epochs without a better one after which to stop; ``None`` never stops early.
        augment: Whether patches are turned by quarter turns, mirrored, and made darker or brighter as a whole
            by up to 15 %, at random while training.
        initialize: Whether the network starts from :func:`lrprism.spectral.training.initialize` rather
            than from the weights it has.
        centre_gradients: Whether :func:`lrprism.spectral.training.centre_gradients` is applied before each
            step.
        best_by: What chooses the best epoch on the validation part: ``"score"``, that of the task, such as
            macro F1, or ``"loss"``.

    Raises:
        InputError: If a setting is out of its range.

    Source: Smith and Topin, "Super-convergence", 2018 (one cycle); Loshchilov and Hutter, "Decoupled weight
    decay regularization", 2019; Zeiler, "ADADELTA: an adaptive learning rate method", 2012; Micikevicius et
    al., "Mixed precision training", 2018.
    """

    epochs: int = 12
    batch_size: int = 8
    optimizer: Literal["adamw", "adadelta"] = "adamw"
    learning_rate: float = 3e-4
    weight_decay: float = 1e-4
    seed: int = 0
    devices: Devices = field(default_factory=Devices)
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    class_weights: bool = True
    patience: int | None = None
    augment: bool = False
    initialize: bool = False
    centre_gradients: bool = True
    best_by: Literal["score", "loss"] = "score"

    def __post_init__(self) -> None:  # noqa: D105 - the class docstring names the errors
        for name, least in (("epochs", 1), ("batch_size", 1), ("seed", 0), ("patience", 1)):
            _check_whole_number(name, getattr(self, name), least)
        for name, zero in (("learning_rate", False), ("weight_decay", True)):
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
                bound = "0 or more" if zero else "above 0"
                raise InputError(
                    f"{name} should be a finite number, {bound}. Found {value}. Try its default."
                )
        _check_choice("best_by", self.best_by, ("score", "loss"))
        _check_choice("optimizer", self.optimizer, ("adamw", "adadelta"))
        _check_choice("precision", self.precision, ("32-true", "bf16-mixed", "16-mixed"))


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        names = ", ".join(f"'{choice}'" for choice in choices[:-1]) + f" or '{choices[-1]}'"
        raise InputError(f"{name} should be {names}. Found {value!r}. Choose one of them.")


def _check_whole_number(name: str, value: object, least: int) -> None:
    if value is None and name == "patience":  # never stop early
        return
    # bool is a subclass of int: True would pass for 1
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(f"{name} should be a whole number of at least {least}. Found {value!r}. Raise it.")
