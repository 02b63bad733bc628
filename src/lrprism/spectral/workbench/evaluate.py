"""Judge explanations of a trained network on its test part; write tables, words and curves."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from lrprism.errors import InputError
from lrprism.evaluation import Judgement, Protocol, judge
from lrprism.spectral.files import write_whole
from lrprism.spectral.plots import removal_curves, save
from lrprism.spectral.runs import file_hash, read_run, versions, write_json
from lrprism.spectral.runs.record import RUN_FILE
from lrprism.spectral.workbench.calibrate import calibrate_into
from lrprism.spectral.workbench.candidates import Candidate, ClassLogits
from lrprism.spectral.workbench.cautions import Cautions
from lrprism.spectral.workbench.composites import COMPOSITES
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.describe_explanation import find_doubt
from lrprism.spectral.workbench.part_samples import (
    draw_evenly,
    open_own_samples,
    read_part,
    read_tensors,
    read_wavelengths,
)
from lrprism.spectral.workbench.planted_network import check_trainable
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.record import WEIGHTS
from lrprism.spectral.workbench.removal import WIDTH, build_imputers, check_band_count
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork

JUDGEMENT: Final = "judgement.txt"
_TRAINING_SAMPLES = 1000
"""Training samples that the imputers and controls are made from, at most."""
RULES = (
    "tutorial",
    "epsilon",
    "epsilon@mean",
    "epsilon@mean-continuum",
    "epsilon-gamma-1@mean",
    "epsilon-plus",
    "epsilon-plus@mean",
)
"""The rules that are judged by default, behind @ what spectra are compared with, if not with zero."""


@dataclass(frozen=True)
class EvaluationSettings:
    """The rules to judge, and the way to judge them.

    Args:
        rules: Names in :data:`lrprism.spectral.workbench.COMPOSITES`, each alone or with @ and a name in
            :data:`lrprism.spectral.workbench.REFERENCES`; None for :data:`RULES`.
        samples: Most samples of the test part; those that the network gets right count.
        width: Bands that are removed together.
        greedy: Samples of which the greedy ceiling is searched; it takes long on large patches.
        seed: Seed of everything drawn at random.
        model: A network of the user's own that the run may import, ``"package.module:factory"``.
        calibrate: Whether the network is trained again on features planted into its own data, and ways to
            explain are ranked by how well they find them.
    """

    rules: tuple[str, ...] | None = None
    samples: int = 250
    width: int = WIDTH
    greedy: int = 0
    seed: int = 0
    model: str | None = None
    calibrate: bool = False


def plan_evaluation(network: Path, settings: EvaluationSettings) -> dict[str, Any]:
    """List all that a judgement depends on but the data, as plain JSON.

    Args:
        network: The run folder of the trained network.
        settings: The rules to judge, and the way to judge them.

    Raises:
        DataError: If the folder holds no run, or no weights.
    """
    read_run(network)
    plan = {
        "evaluation": {**asdict(settings), "rules": list(settings.rules or RULES)},
        "versions": versions(),
    }
    return {**plan, "weights_sha256": file_hash(network / WEIGHTS)}


def evaluate_into(folder: Path, network: Path, settings: EvaluationSettings, reporter: Reporter) -> Judgement:
    """Judge rules on the test part; write ``evaluation.csv``, ``curves.csv``, ``judgement.txt``, a figure.

    With ``calibrate`` also ``calibration.csv`` and ``calibration.txt``, see :func:`calibrate_into`.

    Args:
        folder: The folder to write into; it must exist.
        network: The run folder of the trained network.
        settings: The rules to judge, and the way to judge them.
        reporter: Shows the progress.

    Raises:
        DataError: If the network or its data cannot be read, or the data are others than it was trained on.
        InputError: If a rule or a reference is unknown, the windows do not fit the bands, or a
            network that was trained elsewhere is to be calibrated.
        ModelError: If the network is at chance level, or learns nothing of what is planted.
    """
    candidates = _read_rules(settings)
    trained = TrainedNetwork.load(network, settings.model)
    trained.check_classes(
        "a judgement of rules", "Its maps, without a judgement, are those of lrprism explain."
    )
    check_band_count(trained)
    if settings.calibrate:
        check_trainable(trained)  # before the judgement, which takes minutes
    with reporter.step(f"reading {trained.source}"):
        samples = open_own_samples(trained)
    cautions = Cautions()
    judgement = _judge(trained, samples, candidates, settings, cautions, reporter)
    with reporter.step("writing tables and curves"):
        _write_judgement(folder, judgement, _list_cautions(trained, cautions), samples.attrs["attribution"])
    if settings.calibrate:
        calibrate_into(folder, trained, settings.rules, settings.seed, reporter)
    record = plan_evaluation(network, settings) | {"data_sha256": samples.hash}
    write_json(folder / RUN_FILE, record | {"training": trained.record})
    return judgement


def _judge(
    trained: TrainedNetwork,
    samples: Samples,
    candidates: list[Candidate],
    settings: EvaluationSettings,
    cautions: Cautions,
    reporter: Reporter,
) -> Judgement:
    network = ClassLogits(trained.model)
    training, tested = _choose_parts(samples, trained, settings)
    learned, (x, target) = read_tensors(samples, training), read_tensors(samples, tested)
    wavelengths = read_wavelengths(samples)
    protocol = Protocol.for_bands(learned[0], settings.width, wavelengths=wavelengths, seed=settings.seed)
    # one mean spectrum for all pixels, as in the references of the rules and in the verdict of explain; the
    # mean patch is another input, under which the network may say something else
    imputers = (*build_imputers(trained.record, learned[0], wavelengths), *protocol.imputers[2:])
    with reporter.stages(f"judging {len(candidates)} rules on {len(tested)} samples") as tell:
        return judge(
            network,
            x,
            target,
            methods={
                candidate.name: cautions.listen(
                    candidate.name, candidate.build_method(trained.record, wavelengths), network
                )
                for candidate in candidates
            },
            protocol=replace(protocol, imputers=imputers, greedy=settings.greedy),
            training=learned,
            tell=tell,
        )


def _read_rules(settings: EvaluationSettings) -> list[Candidate]:
    """Read the rules, each once.

    Raises:
        InputError: If one is unknown, there is none, or no sample is wanted.
    """
    rules = RULES if settings.rules is None else settings.rules
    candidates = dict.fromkeys(map(Candidate.parse, rules))
    if not candidates or settings.samples < 1:
        raise InputError(
            f"rules should be some of {', '.join(COMPOSITES)}, each alone or with @ and a reference, samples "
            f"at least 1. Found {len(candidates)} rules, samples {settings.samples}."
        )
    return list(candidates)


def _choose_parts(
    samples: Samples, trained: TrainedNetwork, settings: EvaluationSettings
) -> tuple[Numbers, Numbers]:
    """Draw samples of the training and of the test part, as many of each class as there can be."""
    training, tested = (read_part(trained, part) for part in ("train", "test"))
    # a network trained elsewhere does not say on which samples
    reference = training if training.size else tested
    return (
        draw_evenly(samples, reference, _TRAINING_SAMPLES, settings.seed),
        draw_evenly(samples, tested, settings.samples, settings.seed),
    )


def _list_cautions(trained: TrainedNetwork, cautions: Cautions) -> list[str]:
    """Return what to be careful about: first a network that is better than chance on too few groups."""
    doubt = find_doubt(trained.record)
    return [*([doubt] if doubt else []), *cautions.lines()]


def _write_judgement(folder: Path, judgement: Judgement, lines: list[str], attribution: str) -> None:
    pd.DataFrame(judgement.rows()).to_csv(folder / "evaluation.csv", index=False)
    table = tabulate_curves(judgement)
    table.to_csv(folder / "curves.csv", index=False)
    blocks = [str(judgement), *(["\n".join(["Cautions", *(f"  {line}" for line in lines)])] if lines else [])]
    with write_whole(folder / JUDGEMENT) as partial:
        partial.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    figure = removal_curves(table, output=judgement.findings.protocol.output)
    save(figure, folder / "figures", "removal-curves", dpi=200, attribution=str(attribution))


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
