"""The explanation of patches by a trained network, as a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, final

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from lrprism.attribution import LRP, predicted_class
from lrprism.attribution.seeds import AbstractTarget, cut, seed_of
from lrprism.attribution.target import side
from lrprism.composites import AbstractComposite, Within
from lrprism.engine import Account
from lrprism.errors import InputError
from lrprism.spectral.bands.statistics import COMPARED_WITH
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.networks import NETWORK
from lrprism.spectral.workbench.references import MakeReference, describe_reference
from lrprism.spectral.workbench.sources import Samples, network_inputs


@dataclass(frozen=True, eq=False)
class PatchExplainer:
    """Explains the patches of some samples with a trained network.

    Args:
        model: The network with its preprocessing in front.
        composite: Assigns a rule to each op of the network.
        samples: The source of the patches.
        class_names: Name of each class, class 0 first.
        target: ``"predicted"``, ``"true"``, the number of a class or its name.
        reference: Makes what the patches are compared with; None for zero.
        reference_name: Its name.
    """

    model: Pipeline
    composite: AbstractComposite
    samples: Samples
    class_names: Sequence[str]
    target: str
    reference: MakeReference | None = None
    reference_name: str = "zero"

    @cached_property
    def _lrp(self) -> LRP:
        return LRP(self.model, Within(NETWORK, self.composite), strict=True)

    def explain(self, numbers: Numbers) -> tuple[xr.Dataset, Account]:
        """Explain some samples at once.

        Args:
            numbers: Numbers of the samples.

        Returns:
            The patches with their relevance beside them, and the account.
        """
        return self.explain_patches(self.samples.cut(numbers))

    def explain_patches(self, patches: PatchSet) -> tuple[xr.Dataset, Account]:
        """Explain some patches at once.

        Args:
            patches: The patches, in the data's own units.

        Returns:
            The patches with their relevance beside them, and the account.
        """
        device = next(self.model.parameters()).device
        # Lightning moves the model, not the samples that it is asked for
        inputs = network_inputs(patches).to(device)
        target = NetworkClass(class_target(self.target, patches["label"].values, self.class_names))
        reference = None if self.reference is None else self.reference(inputs)
        explanation = self._lrp.explain(inputs, target, audit=True, reference=reference)
        relevance, classes = _expect_tensor(explanation.relevance), _expect_tensor(explanation.target)
        dataset = self._build_dataset(patches, relevance, explanation.output, classes)
        return dataset, _expect_account(explanation.audit)

    def build_template(self, patches: PatchSet) -> xr.Dataset:
        """Return the dataset of an explanation without its values: names, dtypes, coordinates, attributes.

        Args:
            patches: A patch, in the data's own units.

        Raises:
            InputError: If the target is neither a word nor a class.
        """
        # a wrong target should cost no layout on disk
        class_target(self.target, patches["label"].values, self.class_names)
        inputs = network_inputs(patches)
        device = next(self.model.parameters()).device
        with torch.no_grad():  # only the network knows how many logits it returns, and in which dtype
            output = self.model(inputs.to(device))
        return self._build_dataset(patches, torch.zeros_like(inputs), output, predicted_class(output))

    def _build_dataset(
        self, patches: PatchSet, relevance: Tensor, output: Tensor, target: Tensor
    ) -> xr.Dataset:
        """Lay relevance out beside the patches that it explains."""
        names = list(self.class_names)
        dataset = patches.copy()
        values = relevance.cpu().numpy()
        dataset["relevance"] = (("sample", "band", "y", "x"), values, {"units": "logit"})
        dataset["target"] = ("sample", target.cpu().numpy())
        dataset["predicted"] = ("sample", predicted_class(output).cpu().numpy())
        logits = output.detach().cpu().numpy()
        dataset["output"] = (("sample", "class" if logits.shape[1] == len(names) else "logit"), logits)
        dataset = dataset.assign_coords(class_name=("class", names))
        dataset["wavelength"].attrs["units"] = dataset["fwhm"].attrs["units"] = "nm"
        dataset.attrs = {
            **patches.attrs,
            "class_names": names,
            "composite": repr(self.composite),
            "reference": self.reference_name,
            COMPARED_WITH: describe_reference(self.reference_name),
            "data_sha256": self.samples.hash,
        }
        return dataset


@final
@dataclass(frozen=True, eq=False)
class NetworkClass(AbstractTarget):
    """A class of a trained network, which tells two classes apart by one logit or by one for each.

    Args:
        number: The class of all samples, or one per sample; None for the predicted ones.
    """

    number: Tensor | int | None

    def seed(self, output: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the seed of the class: of one logit, the logit for class 1 and minus the logit for class 0.

        Args:
            output: The output of the network.
        """
        return seed_of(output, side(self.number) if output.shape[1] == 1 else self.number)

    def cut(self, rows: slice, count: int) -> "NetworkClass":
        """Return the classes of some samples."""
        return NetworkClass(cut(self.number, rows, count))


def class_target(
    target: str, labels: np.ndarray[Any, Any], class_names: Sequence[str]
) -> Tensor | int | None:
    """Read a target in words.

    Args:
        target: ``"predicted"``, ``"true"``, the number of a class or its name.
        labels: True class of each sample.
        class_names: Name of each class, class 0 first.

    Returns:
        None for the predicted classes, else the class or classes.

    Raises:
        InputError: If it is neither a word nor a class.
    """
    if target == "predicted":
        return None
    if target == "true":
        return torch.from_numpy(labels)
    names = [name.casefold() for name in class_names]
    # a name first: a class may be called "2"
    if target.casefold() in names:
        return names.index(target.casefold())
    if target.isdecimal() and int(target) < len(names):
        return int(target)
    raise InputError(
        f"target should be predicted, true, a class number from 0 to {len(names) - 1}, or one of "
        f"{', '.join(class_names)}. Found '{target}'."
    )


def _expect_tensor(value: object) -> Tensor:
    if not isinstance(value, Tensor):
        raise TypeError(f"one input and a class target give one tensor. Found {type(value).__name__}.")
    return value


def _expect_account(value: object) -> Account:
    if not isinstance(value, Account):
        raise TypeError(f"an explanation with audit=True has an account. Found {type(value).__name__}.")
    return value


class SampleExplainer(Protocol):
    """Explains samples with a network."""

    @property
    def model(self) -> nn.Module:
        """The network."""

    def explain(self, numbers: Numbers) -> tuple[xr.Dataset, Account]:
        """Explain the samples of these numbers at once."""
