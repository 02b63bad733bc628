import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lrprism.errors import DataError, InputError
from lrprism.evaluation import Judgement
from lrprism.spectral.workbench import NetworkSettings, Preparation, train_into
from lrprism.spectral.workbench.evaluate import (
    EvaluationSettings,
    evaluate_into,
    plan_evaluation,
    tabulate_curves,
)
from small_runs import SILENT, settings_for, write_patches

SETTINGS = EvaluationSettings(rules=("epsilon", "epsilon-plus"), width=2, greedy=2)


@pytest.fixture(scope="module")
def judged(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Judgement]:
    folder = tmp_path_factory.mktemp("judged")
    return folder, evaluate_into(folder, trained, SETTINGS, SILENT)


def test_tables_words_curves_and_a_record_are_written(judged: tuple[Path, Judgement]) -> None:
    folder, judgement = judged
    rows = pd.read_csv(folder / "evaluation.csv")
    assert {"epsilon", "epsilon-plus", "random", "ANOVA F", "greedy ceiling"} == {
        *rows["method"]
    } - {"|x - mean|", "|dx/db|"}  # fmt: skip
    assert {"training mean", "interpolation", "gaussian", "swap"} <= {*rows["imputer"].dropna()}
    assert (folder / "judgement.txt").read_text(encoding="utf-8") == f"{judgement}\n"
    assert {path.name for path in (folder / "figures").iterdir()} == {
        "removal-curves.png",
        "removal-curves.svg",
    }
    record = json.loads((folder / "run.json").read_text())
    assert record["evaluation"]["rules"] == ["epsilon", "epsilon-plus"]


def test_only_the_test_part_is_judged_and_imputers_come_from_the_training_part(
    judged: tuple[Path, Judgement], trained: Path
) -> None:
    table = pd.read_csv(trained / "split.csv")
    _, judgement = judged
    assert judgement.findings.samples.total == (table["part"] == "test").sum() == 12
    assert "controls: know the training samples" in judgement.protocol_lines()


def test_a_test_part_of_too_few_groups_is_among_the_cautions(trained: Path, tmp_path: Path) -> None:
    run, out = tmp_path / "run", tmp_path / "out"
    shutil.copytree(trained, run)
    out.mkdir()
    record = json.loads((run / "run.json").read_text())
    test = record["training"]["test"]
    # as if each class were of one plant
    test["groups"], test["units"] = len(test["confusion"]), [1] * len(test["confusion"])
    (run / "run.json").write_text(json.dumps(record))
    evaluate_into(out, run, replace(SETTINGS, rules=("epsilon",), greedy=0), SILENT)
    words = (out / "judgement.txt").read_text(encoding="utf-8")
    assert "Cautions\n  the network is not told from chance, with a balanced accuracy of" in words
    assert f"on 12 test samples of {test['groups']} groups" in words


def test_the_table_of_curves_holds_their_means(judged: tuple[Path, Judgement]) -> None:
    folder, judgement = judged
    table = pd.read_csv(folder / "curves.csv")
    assert len(table) == len(tabulate_curves(judgement))
    chosen = table[(table["method"] == "epsilon") & (table["imputer"] == "swap") & (table["curve"] == "LIF")]
    expected = judgement.curves["epsilon"]["swap"].lif.mean(0)
    np.testing.assert_allclose(chosen["value"], expected, rtol=1e-5)
    assert not chosen["control"].any()
    assert table.loc[table["method"] == "random", "control"].all()


def test_a_rule_is_judged_against_its_reference(trained: Path, tmp_path: Path) -> None:
    rules = ("epsilon", "epsilon@mean", "Epsilon@mean")
    judgement = evaluate_into(tmp_path, trained, replace(SETTINGS, rules=rules, greedy=0), SILENT)
    assert judgement.findings.methods == ("epsilon", "epsilon@mean")
    figures = [judgement.findings.find(name, "SRG", "training mean") for name in judgement.findings.methods]
    assert all(figures)
    assert figures[0] != figures[1]


def test_two_classes_that_one_logit_tells_apart(tmp_path: Path) -> None:
    data = write_patches(tmp_path / "two.hdf5", samples=24, classes=2)
    (tmp_path / "run").mkdir()
    train_into(tmp_path / "run", settings_for(data), SILENT)
    judgement = evaluate_into(tmp_path, tmp_path / "run", replace(SETTINGS, greedy=0), SILENT)
    assert judgement.findings.samples.classes == 2
    assert {*judgement.findings.samples.target.tolist()} == {0, 1}


def test_a_calibration_of_what_cannot_be_trained_is_refused_first(trained: Path, tmp_path: Path) -> None:
    run = json.loads((trained / "run.json").read_text())
    del run["training"]["settings"]
    adopted = shutil.copytree(trained, tmp_path / "adopted")
    (adopted / "run.json").write_text(json.dumps(run))
    with pytest.raises(InputError, match=r"without settings of a training\. Leave out --calibrate"):
        evaluate_into(tmp_path, adopted, replace(SETTINGS, calibrate=True), SILENT)
    assert not (tmp_path / "judgement.txt").exists()


def test_a_calibration_is_written_beside_the_judgement(spectra_run: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, rules=("epsilon@mean",), samples=30, greedy=0, calibrate=True)
    evaluate_into(tmp_path, spectra_run, settings, SILENT)
    assert (tmp_path / "judgement.txt").is_file()
    assert "best: epsilon@mean" in (tmp_path / "calibration.txt").read_text(encoding="utf-8")


def test_cautions_and_maps_that_are_one_are_said_once(tmp_path: Path) -> None:
    data = write_patches(tmp_path / "p.hdf5", samples=24, size=1)
    (tmp_path / "run").mkdir()
    train_into(tmp_path / "run", settings_for(data, network=NetworkSettings("mlp")), SILENT)
    # a network without a convolution has nothing that epsilon-plus treats in another way
    rules = ("epsilon", "epsilon-plus", "epsilon-plus-flat")
    judgement = evaluate_into(tmp_path, tmp_path / "run", replace(SETTINGS, rules=rules, greedy=0), SILENT)
    assert judgement.words["epsilon-plus"] == "= epsilon: on this network both give the same maps."
    text = (tmp_path / "judgement.txt").read_text(encoding="utf-8")
    _, _, cautions = text.partition("Cautions\n")
    assert text.startswith(str(judgement))
    # one line for each rule that was misplaced, however often it explained
    assert cautions.count("epsilon-plus: EpsilonPlus should meet a convolution") == 1
    assert [line.split(":")[0].strip() for line in cautions.splitlines()] == [
        "epsilon-plus",
        "epsilon-plus-flat",
        "epsilon-plus-flat",
    ]


def test_samples_are_drawn_evenly_from_the_classes(trained: Path, tmp_path: Path) -> None:
    judgement = evaluate_into(tmp_path, trained, replace(SETTINGS, samples=7, greedy=0), SILENT)
    # 12 test samples of 3 classes: two of each are the most that stay within 7
    assert judgement.findings.samples.total == 6


def test_what_cannot_be_judged_is_refused(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"rule should be one of .*Found 'shapley'"):
        evaluate_into(tmp_path, trained, replace(SETTINGS, rules=("shapley",)), SILENT)
    with pytest.raises(InputError, match=r"Found 'epsilon@median'"):
        evaluate_into(tmp_path, trained, replace(SETTINGS, rules=("epsilon@median",)), SILENT)
    with pytest.raises(InputError, match=r"samples at least 1. Found 0 rules"):
        evaluate_into(tmp_path, trained, replace(SETTINGS, rules=()), SILENT)
    with pytest.raises(InputError, match=r"width should be 1 to 5 of the 6 bands"):
        evaluate_into(tmp_path, trained, replace(SETTINGS, width=6), SILENT)
    with pytest.raises(DataError, match=r"hold"):
        plan_evaluation(tmp_path, SETTINGS)


def test_data_that_changed_after_training_are_refused(trained: Path, tmp_path: Path) -> None:
    run = json.loads((trained / "run.json").read_text())
    run["training"]["data_sha256"] = "0" * 64
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("model.safetensors", "split.csv"):
        (copy / name).write_bytes((trained / name).read_bytes())
    (copy / "run.json").write_text(json.dumps(run))
    with pytest.raises(DataError, match=r"the data that the network was trained on. Found others"):
        evaluate_into(tmp_path, copy, SETTINGS, SILENT)


def test_the_plan_changes_with_every_setting(trained: Path) -> None:
    plan = plan_evaluation(trained, SETTINGS)
    assert plan == json.loads(json.dumps(plan))
    for changed in (
        replace(SETTINGS, width=3),
        replace(SETTINGS, seed=1),
        replace(SETTINGS, rules=("lrp-0",)),
    ):
        assert plan_evaluation(trained, changed) != plan


def test_one_band_has_no_ranking_to_judge(own: str, tmp_path: Path) -> None:
    settings = settings_for(write_patches(tmp_path / "leaves.hdf5"), network=NetworkSettings(f"{own}:Net"))
    single = Preparation(bands=(0,), wavelengths="400:950")
    config = replace(settings.training, epochs=1, initialize=False)
    (tmp_path / "run").mkdir()
    train_into(tmp_path / "run", replace(settings, preparation=single, training=config), SILENT)
    with pytest.raises(InputError, match=r"^bands should be 2 or more.*Found 1, which every map ranks first"):
        evaluate_into(tmp_path, tmp_path / "run", replace(SETTINGS, model=f"{own}:Net"), SILENT)
