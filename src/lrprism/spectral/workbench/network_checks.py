"""Checks of a network against the data and the task that it is built for."""

import torch
from torch import Tensor

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks import NETWORKS
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.workbench.preparation import SEGMENTATION
from lrprism.spectral.workbench.sources import Samples, network_inputs


def check_task(task: str, network: str, per_class: int | None) -> None:
    """Refuse one of our networks that cannot do the task, before any data are read.

    Args:
        task: The word for the task.
        network: Name of the network, or where code of the user's own builds it.
        per_class: Most training samples of each class.

    Raises:
        InputError: If the network classes samples where pixels are asked for or the other way round, or
            windows of many classes should be counted by class.
    """
    if network in NETWORKS and NETWORKS[network].network.classes_pixels != (task == SEGMENTATION):
        fitting = [name for name, entry in NETWORKS.items() if entry.network.classes_pixels]
        if task == SEGMENTATION:
            raise InputError(
                f"the network of a segmentation should class each pixel: {', '.join(fitting)}. Found "
                f"'{network}', which gives one row of logits per patch. Give --model {fitting[0]}."
            )
        raise InputError(
            f"the network of a {task} should give one row of numbers per patch. Found '{network}', which "
            "classes each pixel. Give --task segmentation, or another --model."
        )
    if task == SEGMENTATION and per_class is not None:
        raise InputError(
            f"samples of a segmentation are windows, which hold several classes. Found --per-class "
            f"{per_class}. Leave it out."
        )


def check_window(network: str, samples: Samples) -> None:
    """Refuse a network of patches for single spectra, which it cannot be built for.

    Args:
        network: Name of the network.
        samples: The data.

    Raises:
        ModelError: If it is one.
    """
    if network not in NETWORKS or samples.patches is None or samples.patches.sizes["x"] > 1:
        return
    single = [name for name, entry in NETWORKS.items() if entry.layout == "spectrum"]
    if network not in {*single, "spectralformer"}:
        raise ModelError(
            f"the network of single spectra should be one of {', '.join(single)} or spectralformer. Found "
            f"'{network}', which needs patches. Give --model {single[0]}."
        )


def check_runs(model: Pipeline, samples: Samples, name: str) -> None:
    """Refuse a network that does not turn patches into one row of logits each, or into logits of each pixel.

    Args:
        model: The network with its preprocessing in front.
        samples: The data.
        name: Name of the network.

    Raises:
        ModelError: If it fails, or returns something else.
    """
    # two patches, so that a program exported for a batch of one shows up
    patches = network_inputs(samples.cut(samples.numbers[[0, -1]]))
    training = model.training
    try:
        with torch.no_grad():
            logits = model.eval()(patches)
    # the errors of torch on shapes that do not fit
    except (RuntimeError, TypeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise ModelError(
            f"'{name}' should take any number of patches {tuple(patches.shape[1:])} (band, y, x) after their "
            f"preprocessing. Found: {reason}. Check layout, window, bands and preprocessing; export a "
            "program with a dynamic first dimension."
        ) from error
    finally:
        model.train(training)
    _check_output(logits, samples, name, tuple(patches.shape[2:]))


def _check_output(logits: object, samples: Samples, name: str, window: tuple[int, ...]) -> None:
    """Refuse an output of another shape than the task needs.

    Raises:
        ModelError: If it is one.
    """
    classes, is_regression = len(samples.task.names), samples.targets is not None
    shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
    if samples.pixels is not None:
        if shape != (2, classes, *window):
            raise ModelError(
                f"'{name}' should give {classes} logits for each pixel, {(2, classes, *window)} for 2 "
                f"patches. Found {shape}. Give a network that classes each pixel, or leave out --task "
                "segmentation."
            )
        return
    # one logit tells two classes apart
    shapes = {(2, classes)} | ({(2, 1)} if classes == 2 and not is_regression else set())
    if shape not in shapes:
        raise ModelError(
            f"'{name}' should give one row of {classes} {'numbers' if is_regression else 'logits'} per "
            f"patch, (2, {classes}) for 2 patches. Found {shape}. Check the number of {samples.task.noun}, "
            "or train a network that classes each pixel with --task segmentation."
        )
