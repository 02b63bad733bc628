"""Judge explanations of a trained network on its test part; write tables, words and curves."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lrprism.attribution import LRP
from lrprism.composites import AbstractComposite, Within
from lrprism.errors import DataError, InputError
from lrprism.evaluation import Judgement, Method, Protocol, judge
from lrprism.spectral.files import write_whole
from lrprism.spectral.plots import removal_curves, save
from lrprism.spectral.runs import file_hash, read_run, versions, write_json
from lrprism.spectral.runs.record import RUN_FILE
from lrprism.spectral.workbench.composites import COMPOSITES, find_composite
from lrprism.spectral.workbench.networks import NETWORK
from lrprism.spectral.workbench.parts import limit_per_class
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.record import SPLIT, WEIGHTS
from lrprism.spectral.workbench.sources import Numbers, Samples, network_inputs, open_samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork

_TRAINING_SAMPLES = 1000
"""Training samples that the imputers and controls are made from, at most."""
RULES = ("tutorial", "epsilon", "epsilon-gamma", "epsilon-plus", "epsilon-plus-flat", "epsilon-alpha2-beta1")
"""The rules that are judged by default."""


@dataclass(frozen=True)
class EvaluationSettings:
    """The rules to judge, and the way to judge them.

    Args:
        rules: Names in :data:`lrprism.spectral.workbench.COMPOSITES`.
        samples: Most samples of the test part; those that the network gets right count.
        width: Bands that are removed together.
        greedy: Samples of which the greedy ceiling is searched; it takes long on large patches.
        seed: Seed of everything drawn at random.
        model: A network of the user's own that the run may import, ``"package.module:factory"``.
    """

    rules: tuple[str, ...] = RULES
    samples: int = 250
    width: int = 5
    greedy: int = 0
    seed: int = 0
    model: str | None = None


def plan_evaluation(network: Path, settings: EvaluationSettings) -> dict[str, Any]:
    """List all that a judgement depends on but the data, as plain JSON.

    Args:
        network: The run folder of the trained network.
        settings: The rules to judge, and the way to judge them.

    Raises:
        DataError: If the folder holds no run, or no weights.
    """
    read_run(network)
    plan = {"evaluation": {**asdict(settings), "rules": list(settings.rules)}, "versions": versions()}
    return {**plan, "weights_sha256": file_hash(network / WEIGHTS)}


def evaluate_into(folder: Path, network: Path, settings: EvaluationSettings, reporter: Reporter) -> Judgement:
    """Judge rules on the test part; write ``evaluation.csv``, ``curves.csv``, ``judgement.txt``, a figure.

    Args:
        folder: The folder to write into; it must exist.
        network: The run folder of the trained network.
        settings: The rules to judge, and the way to judge them.
        reporter: Shows the progress.

    Raises:
        DataError: If the network or its data cannot be read, or the data are others than it was trained on.
        InputError: If a rule is unknown, or the windows do not fit the bands.
        ModelError: If the network is at chance level, or has one logit for two classes.
    """
    composites = {name: find_composite(name) for name in settings.rules}
    if not composites or settings.samples < 1:
        raise InputError(
            f"rules should be some of {', '.join(COMPOSITES)}, samples at least 1. Found "
            f"{len(composites)} rules, samples {settings.samples}."
        )
    trained = TrainedNetwork.load(network, settings.model)
    source = trained.record["source"]
    with reporter.step(f"reading {source}"):
        samples = open_samples(source, trained.preparation)
        training, tested = _choose_parts(samples, trained, settings)
    learned, (x, target) = _read_samples(samples, training), _read_samples(samples, tested)
    wavelengths = torch.from_numpy(samples.cut(tested[:1])["wavelength"].values.copy())
    protocol = Protocol.for_bands(learned[0], settings.width, wavelengths=wavelengths, seed=settings.seed)
    with reporter.step(f"judging {len(composites)} rules on {len(tested)} samples"):
        judgement = judge(
            trained.model,
            x,
            target,
            methods={name: _explain_by(composite) for name, composite in composites.items()},
            protocol=replace(protocol, greedy=settings.greedy),
            training=learned,
        )
    with reporter.step("writing tables and curves"):
        _write_judgement(folder, judgement, str(samples.attrs["attribution"]))
        record = plan_evaluation(network, settings) | {"data_sha256": samples.hash}
        write_json(folder / RUN_FILE, record | {"training": trained.record})
    return judgement


def _choose_parts(
    samples: Samples, trained: TrainedNetwork, settings: EvaluationSettings
) -> tuple[Numbers, Numbers]:
    """Draw samples of the training and of the test part, as many of each class as there can be.

    Raises:
        DataError: If the data are others than those that the network was trained on.
    """
    if samples.hash != trained.record["data_sha256"]:
        raise DataError(
            f"'{samples.source}' should hold the data that the network was trained on. Found others. "
            "Restore the file, or train again."
        )
    table = pd.read_csv(trained.folder / SPLIT)
    training, tested = (
        table.loc[table["part"] == part, "sample"].to_numpy(np.int64) for part in ("train", "test")
    )
    # a network trained elsewhere does not say on which samples
    reference = training if training.size else tested
    return (
        _draw_samples(samples, reference, _TRAINING_SAMPLES, settings.seed),
        _draw_samples(samples, tested, settings.samples, settings.seed),
    )


def _draw_samples(samples: Samples, numbers: Numbers, most: int, seed: int) -> Numbers:
    """Draw at most ``most`` samples, the classes as even as their sizes allow."""
    labels = samples.labels_of(numbers)
    sizes = np.bincount(labels)
    # the largest number per class that stays within the limit
    per_class = max(
        (count for count in range(1, int(sizes.max()) + 1) if np.minimum(sizes, count).sum() <= most),
        default=1,
    )
    return limit_per_class(numbers, labels, per_class, seed)


def _read_samples(samples: Samples, numbers: Numbers) -> tuple[Tensor, Tensor]:
    patches = samples.cut(numbers)
    return network_inputs(patches).float(), torch.from_numpy(patches["label"].values.astype(np.int64))


def _explain_by(composite: AbstractComposite) -> Method:
    def explain(model: Any, x: Tensor, target: Tensor) -> Tensor:
        relevance: Tensor = LRP(model, Within(NETWORK, composite), strict=True).explain(x, target).relevance
        return relevance

    return explain


def _write_judgement(folder: Path, judgement: Judgement, attribution: str) -> None:
    pd.DataFrame(judgement.rows()).to_csv(folder / "evaluation.csv", index=False)
    table = tabulate_curves(judgement)
    table.to_csv(folder / "curves.csv", index=False)
    with write_whole(folder / "judgement.txt") as partial:
        partial.write_text(f"{judgement}\n", encoding="utf-8")
    figure = removal_curves(table, output=judgement.findings.protocol.output)
    save(figure, folder / "figures", "removal-curves", dpi=200, attribution=attribution)


def tabulate_curves(judgement: Judgement) -> pd.DataFrame:
    """Return the mean curves: imputer, method, control, curve (MIF or LIF), fraction removed and value."""
    tables = []
    controls: Sequence[str] = judgement.findings.controls
    for method, per_imputer in judgement.curves.items():
        for imputer, pair in per_imputer.items():
            for curve, values in (("MIF", pair.mif), ("LIF", pair.lif)):
                means = {"fraction": pair.fraction.tolist(), "value": values.double().mean(0).tolist()}
                names = {"imputer": imputer, "method": method, "control": method in controls, "curve": curve}
                tables.append(pd.DataFrame({**names, **means}))
    return pd.concat(tables, ignore_index=True)
