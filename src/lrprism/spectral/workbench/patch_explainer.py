"""The explanation of patches by a trained network, as a dataset."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor, nn

from lrprism.attribution import LRP, predicted_class
from lrprism.composites import AbstractComposite, Within
from lrprism.engine import Account
from lrprism.engine.per_sample import PerSample
from lrprism.spectral.bands.class_codes import CLASS_CODES
from lrprism.spectral.bands.statistics import COMPARED_WITH, TASK
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.training.tasks.regression import Regression
from lrprism.spectral.training.tasks.segmentation import Segmentation
from lrprism.spectral.training.tasks.task import AbstractTask
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.explained_regions import RegionMean, average_region
from lrprism.spectral.workbench.explained_targets import choose_trait, read_target
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
        task: What the network learned.
        target: ``"predicted"``, ``"true"``, the number of a class or its name; the number of a trait or its
            name.
        reference: Makes what the patches are compared with; None for zero.
        reference_name: Its name.
        codes: Code of each class in the labels of the training, class 0 first; none where they are words.
    """

    model: Pipeline
    composite: AbstractComposite
    samples: Samples
    task: AbstractTask
    target: str
    reference: MakeReference | None = None
    reference_name: str = "zero"
    codes: tuple[int, ...] = ()

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
        has_classes = self.samples.targets is None and self.samples.pixels is None
        measured = None if has_classes else self.samples.targets_of(numbers)
        return self.explain_patches(self.samples.cut(numbers), measured)

    def explain_patches(
        self,
        patches: PatchSet,
        measured: npt.NDArray[np.generic] | None = None,
        reference: Tensor | None = None,
    ) -> tuple[xr.Dataset, Account]:
        """Explain some patches at once.

        Args:
            patches: The patches, in the data's own units.
            measured: For a regression the measured traits, ``[sample, trait]``; for a segmentation the true
                class of each pixel, ``[sample, y, x]``. None where not known; of a segmentation the decision
                on the centre pixel is explained then.
            reference: What each is compared with, ``[N, band, y, x]``; None for that of the explainer.

        Returns:
            The patches with their relevance beside them, and the account.
        """
        device = next(self.model.parameters()).device
        # Lightning moves the model, not the samples that it is asked for
        inputs = network_inputs(patches).to(device)
        target = read_target(self.target, self.task, patches["label"].values, measured)
        if reference is None:
            against = None if self.reference is None else self.reference(inputs)
        else:
            against = reference.to(inputs)
        explanation = self._lrp.explain(inputs, target, audit=True, reference=against)
        relevance, classes = _expect_tensor(explanation.relevance), _expect_tensor(explanation.target)
        dataset = self._build_dataset(patches, relevance, explanation.output, classes, measured)
        account = _expect_account(explanation.audit)
        return _add_sums(dataset, account.per_sample), account

    def look_up(self, places: Numbers, relevance: xr.Dataset) -> xr.Dataset:
        """Return some of the samples that were explained, with their patches.

        Args:
            places: Their places among those that were explained.
            relevance: All that were explained.
        """
        return relevance.isel(sample=places)

    def build_template(self, patches: PatchSet) -> xr.Dataset:
        """Return the dataset of an explanation without its values: names, dtypes, coordinates, attributes.

        Args:
            patches: A patch, in the data's own units.

        Raises:
            InputError: If the target is neither a word nor a class.
        """
        # a wrong target should cost no layout on disk
        read_target(self.target, self.task, patches["label"].values)
        inputs = network_inputs(patches)
        device = next(self.model.parameters()).device
        with torch.no_grad():  # only the network knows how many logits it returns, and in which dtype
            output = self.model(inputs.to(device))
        target = torch.zeros(len(output), dtype=torch.int64)
        template = self._build_dataset(patches, torch.zeros_like(inputs), output, target)
        zeros = torch.zeros(len(output), dtype=torch.float64)
        return _add_sums(template, PerSample(zeros, zeros))

    def _build_dataset(
        self,
        patches: PatchSet,
        relevance: Tensor,
        output: Tensor,
        target: Tensor,
        measured: npt.NDArray[np.generic] | None = None,
    ) -> xr.Dataset:
        """Lay relevance out beside the patches that it explains."""
        names = list(self.task.names)
        dataset = patches.copy()
        dataset["relevance"] = (("sample", "band", "y", "x"), relevance.cpu().numpy())
        dataset["target"] = ("sample", target.cpu().numpy())
        outputs = output.detach().cpu().numpy()
        if outputs.ndim == 2:  # the pixels of a window have logits each
            dataset["output"] = (("sample", "class" if outputs.shape[1] == len(names) else "logit"), outputs)
        if isinstance(self.task, Regression):
            dataset = self._add_values(dataset, self.task, measured)
        elif isinstance(self.task, Segmentation):
            dataset = self._add_region(dataset, output, measured)
        else:
            dataset["predicted"] = ("sample", predicted_class(output).cpu().numpy())
            dataset["relevance"].attrs["units"] = "logit"
        dataset = dataset.assign_coords(class_name=("class", names))
        dataset["wavelength"].attrs["units"] = dataset["fwhm"].attrs["units"] = "nm"
        dataset.attrs = {
            **patches.attrs,
            TASK: self.task.name,
            "class_names": names,
            "composite": repr(self.composite),
            "reference": self.reference_name,
            COMPARED_WITH: describe_reference(self.reference_name),
            "data_sha256": self.samples.hash,
        }
        # the codes of other data are not those of the training
        dataset.attrs.pop(CLASS_CODES, None)
        if self.codes:
            dataset.attrs[CLASS_CODES] = list(self.codes)
        return dataset

    def _add_region(
        self, dataset: xr.Dataset, output: Tensor, pixels: npt.NDArray[np.generic] | None
    ) -> xr.Dataset:
        """Add the region that is explained, its mean logits, and the class predicted at the centre."""
        target = read_target(self.target, self.task, dataset["label"].values, pixels)
        assert isinstance(target, RegionMean)
        region, _ = target.mark(output)
        logits = average_region(output.detach(), region)
        centre = replace(target, number=None, only_centre=True).mark(output)[1]
        dataset["region"] = (("sample", "y", "x"), region.cpu().numpy())
        dataset["output"] = (("sample", "class"), logits.cpu().numpy())
        dataset["predicted"] = ("sample", centre.cpu().numpy())
        dataset["relevance"].attrs["units"] = "logit"
        return dataset

    def _add_values(
        self, dataset: xr.Dataset, task: Regression, measured: npt.NDArray[np.generic] | None
    ) -> xr.Dataset:
        """Add predicted and measured values of the explained trait, in the place of classes."""
        trait = choose_trait(self.target, task)
        unit = {"units": task.name_unit(trait)}
        predicted = dataset["output"].values[:, trait].astype(np.float64)
        # the pixels of a scene have no measured value each
        true = np.full(len(predicted), np.nan) if measured is None else measured[:, trait]
        dataset = dataset.drop_vars("label")
        dataset["predicted"] = ("sample", predicted, unit)
        dataset["true"] = ("sample", np.asarray(true, dtype=np.float64), unit)
        dataset["relevance"].attrs.update(unit)
        return dataset


def _add_sums(dataset: xr.Dataset, sums: PerSample | None) -> xr.Dataset:
    """Add what is explained of each sample, and how much of it arrives at the bands."""
    assert sums is not None  # patches and outputs have the samples in front
    units = {"units": dataset["relevance"].attrs["units"]}
    return dataset.assign(
        explained=("sample", sums.explained.numpy(), units), arrived=("sample", sums.reached.numpy(), units)
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

    def look_up(self, places: Numbers, relevance: xr.Dataset) -> xr.Dataset:
        """Return relevance and patches of some of the samples that were explained."""
