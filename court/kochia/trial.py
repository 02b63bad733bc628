"""The trial: a network that the tool proposes, and what its report says of each class."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import xarray as xr

from court.kochia.leaves import DIP, DIP_NM, PLAIN, PLAIN_TOO, SAMPLES, SHIFT, STRIPE, WINDOW, Leaves, draw
from court.trial import Case, Scores, Trial
from lrprism.spectral.knowledge.absorption import list_features
from lrprism.spectral.report import judge_classes
from lrprism.spectral.runs.stored_table import read_table

REPORT: Final = "the report, against samples of other classes"
MEAN: Final = "the same words, against the training mean"
SEEDS: Final = range(1, 11)
NEAR: Final = {DIP: 10.0, SHIFT: 15.0}  # nm
ALL: Final = "all four"


@dataclass(frozen=True)
class Said:
    """What is said of a class.

    Args:
        reasons: Why nothing is named; empty where something is.
        peaks: The peaks of the stretches that are named, in nm, the largest first.
    """

    reasons: str
    peaks: tuple[float, ...]


def prepare(case: str, models: Path) -> Case:
    """Write the leaves of a seed and train on them, where that is not done.

    Args:
        case: Such as ``"seed 3"``.
        models: The folder of files and runs.
    """
    leaves, stem = draw(int(case.split()[1])), models / case.replace(" ", "-")
    run, file = stem, stem.with_suffix(".hdf5")
    if not (run / "run.json").exists():
        leaves.write(file)
        call("train", file, "--average-pairs", "--out", run)
    test = json.loads((run / "run.json").read_text(encoding="utf-8"))["training"]["test"]
    results = stem.with_name(f"{stem.name}-explained")
    methods = {REPORT: partial(read_report, run, results), MEAN: partial(judge_against_mean, results)}
    return Case({"accuracy": float(test["accuracy"])}, methods, partial(score, leaves=leaves))


def call(command: str, *parts: object) -> None:
    """Call the tool as a user would, with what it proposes where nothing is asked for."""
    parts = ("-m", "lrprism", command, *parts, "--quiet")
    subprocess.run([sys.executable, *map(str, parts)], check=True, stdout=subprocess.DEVNULL)


def read_report(run: Path, results: Path) -> Mapping[int, Said]:
    """Return what ``lrprism explain`` says of each class."""
    call("explain", run, "--heatmaps", 0, "--out", results, "--overwrite")
    classes = read_table(results / "classes.csv").fillna({"reasons": ""})
    named = read_table(results / "stretches.csv")
    return {
        int(row["class"]): Said(
            str(row["reasons"]), tuple(named.loc[named["class"] == row["class"], "peak_nm"].tolist())
        )
        for _, row in classes.iterrows()
    }


def judge_against_mean(results: Path) -> Mapping[int, Said]:
    """Return what the report would say if it rested on the maps against the training mean."""
    relevance = xr.open_zarr(results / "relevance.zarr")
    findings = judge_classes(relevance, list_features(relevance.attrs, outdoors=False))
    return {
        finding.number: Said("; ".join(finding.reasons), tuple(each.peak_nm for each in finding.stretches))
        for finding in findings
    }


def score(said: Mapping[int, Said], leaves: Leaves) -> Scores:
    """Judge what is said: 1 for what is right, 0 for what is not."""
    places = {DIP: DIP_NM, SHIFT: leaves.shift_nm}
    scores = {
        "stripe first": float(said[STRIPE].reasons.split("; ")[0].find("of the relevance lies on the") > 0),
        **{
            name: float(
                bool(said[number].peaks) and abs(said[number].peaks[0] - places[number]) <= NEAR[number]
            )
            for name, number in (("dip", DIP), ("shift", SHIFT))
        },
        "plain classes silent": float(not said[PLAIN].peaks and not said[PLAIN_TOO].peaks),
    }
    off = {
        f"{name}, nm off": said[number].peaks[0] - places[number]
        for name, number in (("dip", DIP), ("shift", SHIFT))
        if said[number].peaks
    }
    more = sum(len(said[number].peaks[1:]) for number in (DIP, SHIFT))
    return {**scores, ALL: float(all(scores.values())), **off, "further stretches": float(more)}


TRIAL: Final = Trial(
    name="kochia",
    title="What the report says of planted leaves",
    task=(
        f"{SAMPLES} images of leaves of five classes, {WINDOW} x {WINDOW} pixels of 300 bands: a dip at "
        f"{DIP_NM:.0f} nm in the leaf, a red edge 10 nm further on, a bright stripe in the outermost column "
        "of 98 % of a class, and two plain classes that differ in nothing. The network is the one that "
        "`lrprism train` trains where nothing is asked for but the averaging of pairs of bands."
    ),
    source="ours; leaves by PROSPECT-D over soil, as `lrprism simulate` draws them",
    same="no: nobody else's",
    cases=[f"seed {seed}" for seed in SEEDS],
    metrics=(ALL, "stripe first", "dip", "shift", "plain classes silent", "further stretches"),
    prepare=prepare,
)
