from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray as xr

from lrprism.spectral.workbench import ExplanationSettings
from lrprism.spectral.workbench.choice import Choice
from lrprism.spectral.workbench.describe_explanation import (
    SamplePart,
    describe_explanation,
    find_doubt,
    record_way,
)

TRAINING = {
    "resolution": {"nm": 40.0, "part": "train", "samples": 171},
    "task": {"name": "classification", "names": ["a", "b"]},
    "test": {"confusion": [[50, 0], [0, 50]]},
}
NAMED = ExplanationSettings(rule="epsilon-plus", reference="continuum")


def relevance(nm: float, wrong: int = 0) -> xr.Dataset:
    """Five samples of which some are predicted wrong, bands 10 nm apart."""
    predicted = np.r_[np.ones(wrong, np.int64), np.zeros(5 - wrong, np.int64)]
    return xr.Dataset(
        {
            "label": ("sample", np.zeros(5, np.int64)),
            "predicted": ("sample", predicted),
            "relevance": ("sample", np.zeros(5), {"units": "logit"}),
        },
        {"wavelength": ("band", [400.0, 410.0, 420.0])},
        {"resolution_nm": nm},
    )


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        (ExplanationSettings(), "epsilon against the training mean: the default; docs/evidence.md compares"),
        (
            ExplanationSettings(rule="lrp-0"),
            "lrp-0 against the training mean: the rule as asked for, and the",
        ),
        (
            ExplanationSettings(rule="tutorial"),
            "tutorial against an input of zero: the rule as asked for, and",
        ),
        (NAMED, "epsilon-plus against its own continuum: as asked for."),
        (replace(NAMED, reference="mean-continuum"), "against training mean and continuum: as asked for."),
    ],
)
def test_rule_and_reference_and_why(way: ExplanationSettings, expected: str) -> None:
    (first, _) = describe_explanation(way, None, relevance(40.0), TRAINING)
    assert first.startswith("Explained by ")
    assert expected in first


def test_a_choice_is_named_as_the_reason_and_recorded() -> None:
    choice = Choice(
        [{"rule": "epsilon-plus", "reference": "continuum", "pool_nm": 0.0}], "validation", 44, ()
    )
    record = record_way(NAMED, choice, relevance(40.0), TRAINING)
    assert record["words"][0].endswith("continuum: chosen by --rule auto.")
    assert record["choice"]["samples"] == 44
    assert (record["reference"], record["resolution_nm"]) == ("continuum", 40.0)
    assert record["unit"] == "logit"


@pytest.mark.parametrize(
    ("pool", "nm", "expected"),
    [
        (None, 40.0, "as computed, and averaged over 40 nm along wavelength, over which the bands of 171 "
         "training samples vary together."),
        (None, 4.26, "as computed, and not averaged: the width to average over, 4.26 nm, over which the "
         "bands of 171 training samples vary together, is that of one band. Average over more with --pool "
         "NM."),
        (None, 0.0, "as computed, and not averaged: 40 nm, over which the bands of 171 training samples vary "
         "together, is too wide to say where. Average over less with --pool NM."),
        (25.0, 25.0, "as computed, and averaged over 25 nm along wavelength, the width asked for."),
        (0.0, 0.0, "as computed, and not averaged along wavelength."),
    ],
)  # fmt: skip
def test_the_maps_and_their_width(pool: float | None, nm: float, expected: str) -> None:
    lines = describe_explanation(replace(NAMED, pool=pool), None, relevance(nm), TRAINING)
    assert lines[1] == f"Maps: {expected}"


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (SamplePart("test", 120), "Explained 5 of 120 test samples, at most 3 of each class; --per-class 0 "
         "explains all."),
        (SamplePart("all", 6), "Explained 5 of 6 samples, at most 3 of each class; --per-class 0 "),
        (SamplePart("test", 5), "Maps: "),
    ],
)  # fmt: skip
def test_samples_that_are_left_out_are_counted(part: SamplePart, expected: str) -> None:
    way = replace(NAMED, per_class=3)
    assert describe_explanation(way, None, relevance(0.0), TRAINING, part)[1].startswith(expected)
    assert (
        len(describe_explanation(replace(way, every_pixel=True), None, relevance(0.0), TRAINING, part)) == 2
    )


def test_unknown_true_classes_are_no_errors() -> None:
    dataset = relevance(0.0, wrong=2)
    dataset["label"][:] = -1
    *_, last = describe_explanation(NAMED, None, dataset, TRAINING)
    assert last == "Note: the true classes of these samples are not known."


def test_samples_that_the_network_gets_wrong_are_counted() -> None:
    lines = describe_explanation(NAMED, None, relevance(0.0, wrong=2), TRAINING)
    assert lines[2] == "Note: the network gets 2 of these 5 samples wrong."
    assert len(describe_explanation(NAMED, None, relevance(0.0), TRAINING)) == 2


def test_a_network_at_chance_level_is_in_doubt() -> None:
    # balanced accuracy 12 / 20; luck 1/2 + 2 sqrt(2 * (1/4) / 10) / 2 = .724
    test: dict[str, Any] = {"confusion": [[6, 4], [4, 6]]}
    assert find_doubt({**TRAINING, "test": test}) == (
        "the network predicts no better than chance, with a balanced accuracy of 0.600 on 20 test samples, "
        "where 0.500 is chance and up to 0.724 is luck"
    )
    assert find_doubt({**TRAINING, "test": {"confusion": [[10, 0], [2, 8]]}}) is None


def test_how_far_a_trait_is_off_is_said() -> None:
    task = {"name": "regression", "names": ["N"], "units": ["%"]}
    r2 = {"value": 0.9, "low": 0.8, "high": 0.95}
    training = {**TRAINING, "task": task, "test": {"samples": 5, "traits": {"N": {"unit": "%", "r2": r2}}}}
    dataset = relevance(40.0).drop_vars("label")
    dataset["true"] = ("sample", np.array([1.0, 2, 3, 4, 5]))
    # errors 0, 0, 0, 2, -1: RMSE sqrt(5 / 5)
    dataset["predicted"] = ("sample", np.array([1.0, 2, 3, 6, 4]))
    dataset["relevance"].attrs["units"] = "%"
    lines = describe_explanation(NAMED, None, dataset, training, SamplePart("test", 9))
    assert lines[1].startswith("Explained 5 of 9 test samples, at most 20 of each range of N; --per-class 0 ")
    last = lines[-1]
    assert last == "Note: on these 5 samples the prediction is off by 1 % (RMSE)."
