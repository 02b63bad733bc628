"""Explain labelled samples with a trained network and write relevance, tables and figures."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import xarray as xr
from torch import Tensor

from lrprism._errors import DataError, InputError
from lrprism.attribution import LRP, Explanation, predicted_class
from lrprism.composites import AbstractComposite, presets
from lrprism.engine import Audit
from lrprism.models import Hyper3DNetLite, load_weights
from lrprism.report import file_hash, read_run, versions, write_json
from lrprism.report.tables import conservation_table
from lrprism.spectral import PatchSet, band_table
from lrprism.training import resolve_device
from lrprism.workbench.figures import draw_figures
from lrprism.workbench.progress import Reporter
from lrprism.workbench.sources import Numbers, Preparation, Samples, network_inputs, open_samples
from lrprism.workbench.training import SPLIT, WEIGHTS, at_most

COMPOSITES: dict[str, AbstractComposite] = {
    "tutorial": presets.Hyper3DNetTutorial(),
    "epsilon-gamma": presets.EpsilonGamma(),
    "epsilon": presets.Epsilon(),
    "lrp-0": presets.Epsilon(0),
    "epsilon-plus": presets.EpsilonPlus(),
    "epsilon-plus-flat": presets.EpsilonPlusFlat(),
    "epsilon-alpha2-beta1": presets.EpsilonAlpha2Beta1(),
    "epsilon-alpha2-beta1-flat": presets.EpsilonAlpha2Beta1Flat(),
}
"""The composites that the command line knows by name."""


@dataclass(frozen=True)
class ExplanationSettings:
    """What to explain, and how.

    Args:
        source: The data; None for the data that the network was trained on.
        rule: A name in :data:`COMPOSITES`.
        target: ``"predicted"``, ``"true"``, the number of a class or its name.
        per_class: At most so many samples of each true class; all of them if None.
        batch_size: Patches at a time.
        device: Where to run; see :func:`lrprism.training.resolve_device`.
        seed: Seed of the draw of samples.
        heatmaps: How many samples of each explained class get a grid of heatmaps.
    """

    source: str | None = None
    rule: str = "tutorial"
    target: str = "predicted"
    per_class: int | None = 20
    batch_size: int = 32
    device: str = "auto"
    seed: int = 0
    heatmaps: int = 1


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network with its weights and what it was trained on.

    Args:
        model: The network in evaluation mode.
        record: What ``run.json`` says about its training.
        folder: Its run folder.
    """

    model: Hyper3DNetLite
    record: dict[str, Any]
    folder: Path

    @classmethod
    def load(cls, folder: Path) -> "TrainedNetwork":
        """Load what :func:`train_into` wrote.

        Args:
            folder: The run folder.

        Raises:
            DataError: If the folder holds no trained network, or its files cannot be read.
            ModelError: If the weights are those of another network.
        """
        record = read_run(folder).get("training")
        if not isinstance(record, dict) or not isinstance(record.get("network"), dict):
            raise DataError(
                f"'{folder}' should hold a trained network. Found none in its run.json. Run lrprism train."
            )
        spec = record["network"]
        model = Hyper3DNetLite(spec["bands"], spec["classes"], spec["window"])
        load_weights(model, folder / WEIGHTS)
        return cls(model.eval(), record, folder)

    @property
    def preparation(self) -> Preparation:
        """What was done to the data before the network saw it."""
        return Preparation.from_record(self.record["preparation"])


def explain_into(
    folder: Path, network: Path, settings: ExplanationSettings, reporter: Reporter
) -> dict[str, Any]:
    """Explain samples; write relevance, two tables, figures and ``run.json``.

    Args:
        folder: Where to write; it must exist.
        network: The run folder of the trained network.
        settings: What to explain, and how.
        reporter: Where to say what is being done.

    Returns:
        What ``run.json`` holds about the explanation.

    Raises:
        DataError: If the network or the data cannot be read, or they do not fit each other.
        InputError: If the rule, the target or the device is unknown.
    """
    composite = named_composite(settings.rule)
    trained = TrainedNetwork.load(network)
    with reporter.step(f"reading {settings.source or trained.record['source']}"):
        samples = open_samples(settings.source or trained.record["source"], trained.preparation)
        numbers, part = _chosen(samples, trained, settings)
        patches = samples.cut(numbers)
        _check_fit(patches, trained, samples)
    relevance, conservation = _explain(patches, trained, settings, composite, reporter)
    with reporter.step("writing tables"):
        relevance.to_netcdf(
            folder / "relevance.nc",
            engine="h5netcdf",
            encoding={"relevance": {"zlib": True}, "patch": {"zlib": True}},
        )
        bands = band_table(relevance)
        bands.to_csv(folder / "bands.csv", index=False)
        conservation.to_csv(folder / "conservation.csv", index=False)
    figures = draw_figures(folder / "figures", relevance, conservation, settings.heatmaps, reporter)
    record = {
        "settings": asdict(settings),
        "composite": repr(composite),
        "data_sha256": samples.hash,
        "weights_sha256": file_hash(trained.folder / WEIGHTS),
        "samples": {"part": part, "count": len(numbers), "numbers": numbers.tolist()},
        "conservation": _summary(conservation),
        "figures": [str(path.relative_to(folder)) for path in figures],
    }
    write_json(
        folder / "run.json", {"versions": versions(), "training": trained.record, "explanation": record}
    )
    return record


def named_composite(rule: str) -> AbstractComposite:
    """Return the composite of a name in :data:`COMPOSITES`.

    Args:
        rule: The name.

    Raises:
        InputError: If there is none of that name.
    """
    if rule not in COMPOSITES:
        raise InputError(f"rule should be one of {', '.join(COMPOSITES)}. Found '{rule}'.")
    return COMPOSITES[rule]


def _chosen(samples: Samples, trained: TrainedNetwork, settings: ExplanationSettings) -> tuple[Numbers, str]:
    """The samples to explain: of the test part where the network was trained on this data, else of all."""
    numbers, part = samples.numbers, "all"
    if samples.hash == trained.record["data_sha256"]:
        table = pd.read_csv(trained.folder / SPLIT)
        numbers, part = table.loc[table["part"] == "test", "sample"].to_numpy(np.int64), "test"
    if settings.per_class is not None:
        numbers = at_most(numbers, samples.labels_of(numbers), settings.per_class, settings.seed)
    return numbers, part


def _check_fit(patches: PatchSet, trained: TrainedNetwork, samples: Samples) -> None:
    spec = trained.record["network"]
    found = (patches.sizes["band"], patches.sizes["x"])
    if found != (spec["bands"], spec["window"]):
        raise DataError(
            f"'{samples.source}' should give patches of {spec['bands']} bands and {spec['window']} pixels, "
            f"as the network was trained. Found {found[0]} bands and {found[1]} pixels. Explain data of the "
            "same sensor and window."
        )


def _explain(
    patches: PatchSet,
    trained: TrainedNetwork,
    settings: ExplanationSettings,
    composite: AbstractComposite,
    reporter: Reporter,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Relevance of all patches, batch by batch, and the account of all batches together."""
    device = resolve_device(settings.device)
    explainer = LRP(trained.model.to(device), composite, strict=True)
    class_names = trained.record["class_names"]
    starts = range(0, patches.sizes["sample"], settings.batch_size)
    found: list[Explanation] = []
    for start in reporter.track(starts, f"explaining {patches.sizes['sample']} patches by {settings.rule}"):
        batch = patches.isel(sample=slice(start, start + settings.batch_size))
        inputs = network_inputs(batch, trained.record["band_std"]).to(device)
        target = _target(settings.target, batch["label"].values, class_names)
        found.append(explainer.explain(inputs, target, audit=True))
    relevance = torch.cat([_tensor(each.relevance).squeeze(1).cpu() for each in found])
    output = torch.cat([each.output.cpu() for each in found])
    targets = torch.cat([_tensor(each.target).cpu() for each in found])
    audits = [each.audit for each in found if isinstance(each.audit, Audit)]
    dataset = _dataset(patches, class_names, composite, (relevance, output, targets))
    return dataset, conservation_table(audits, patches.sizes["sample"])


def _tensor(value: object) -> Tensor:
    if not isinstance(value, Tensor):
        raise TypeError(f"one input and a class target give one tensor. Found {type(value).__name__}.")
    return value


def _target(target: str, labels: np.ndarray[Any, Any], class_names: Sequence[str]) -> Tensor | int | None:
    """Read a target in words: None for the predicted classes.

    Raises:
        InputError: If it is neither a word nor a class.
    """
    if target == "predicted":
        return None
    if target == "true":
        return torch.from_numpy(labels)
    names = [name.casefold() for name in class_names]
    if target.casefold() in names:
        return names.index(target.casefold())
    if target.isdecimal() and int(target) < len(names):
        return int(target)
    raise InputError(
        f"target should be predicted, true, a class number from 0 to {len(names) - 1}, or one of "
        f"{', '.join(class_names)}. Found '{target}'."
    )


def _dataset(
    patches: PatchSet,
    class_names: Sequence[str],
    composite: AbstractComposite,
    tensors: tuple[Tensor, Tensor, Tensor],
) -> xr.Dataset:
    """Lay relevance out beside the patches that it explains."""
    relevance, output, targets = (tensor.numpy() for tensor in tensors)
    dataset = patches.copy()
    dataset["relevance"] = (("sample", "band", "y", "x"), relevance, {"units": "logit"})
    dataset["target"] = ("sample", targets)
    dataset["predicted"] = ("sample", predicted_class(tensors[1]).numpy())
    dataset["output"] = (("sample", "class" if output.shape[1] == len(class_names) else "logit"), output)
    dataset = dataset.assign_coords(class_name=("class", list(class_names)))
    dataset["wavelength"].attrs["units"] = dataset["fwhm"].attrs["units"] = "nm"
    dataset.attrs = {**patches.attrs, "class_names": list(class_names), "composite": repr(composite)}
    return dataset


def _summary(table: pd.DataFrame) -> dict[str, float]:
    """Mean per sample of what went in, what arrived and where the rest stayed, in logit units."""
    sinks = ("to_bias", "to_stabilizer", "to_rule", "to_constant", "to_unknown")
    explained, arrived = float(table["relevance_out"].iloc[-1]), float(table["relevance_in"].iloc[0])
    taken = {name: float(table[name].sum()) for name in sinks}
    return {
        "explained": explained,
        "at_input": arrived,
        **taken,
        "unaccounted": explained - arrived - sum(taken.values()),
    }
