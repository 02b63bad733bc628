from dataclasses import asdict
from typing import Any

import pytest
import torch

from lrprism.errors import DataError, InputError, ModelError
from lrprism.spectral.training import Classification, EpochRecord, TrainingConfig
from lrprism.spectral.training.tasks.classification import name_groups

TASK = Classification(("oak", "elm"))
LOGITS, LABELS = torch.tensor([[2.0, 0.0], [0.0, 1.0], [0.0, 3.0], [0.0, 1.0]]), torch.tensor([0, 1, 1, 0])


def epoch(macro_f1: float, loss: float) -> EpochRecord:
    return EpochRecord(1, 0.5, loss, {"macro_f1": macro_f1}, 1.0)


def test_scores_are_kept_by_the_names_of_the_classes_and_come_back() -> None:
    scores = TASK.evaluate(LOGITS, LABELS)
    record = TASK.record_scores(scores)
    # oak: 1 right, 1 taken for elm: F1 2 / 3; elm: 2 right, 1 too many: F1 4 / 5
    assert record["f1"] == {"oak": pytest.approx(2 / 3), "elm": pytest.approx(4 / 5)}
    assert record["confusion"] == ((1, 1), (0, 2))
    plain: dict[str, Any] = {**asdict(scores), "f1": list(scores.f1), "confusion": [[1, 1], [0, 2]]}
    assert TASK.read_scores(plain) == scores
    # p_o = 3 / 4, p_e = (2 * 1 + 2 * 3) / 16: kappa = (3 / 4 - 1 / 2) / (1 / 2)
    assert TASK.describe_test(record) == "Accuracy 75.0 %, macro F1 0.733, kappa 0.500"
    assert TASK.describe_test({**record, "kappa": None}) == "Accuracy 75.0 %, macro F1 0.733"
    assert [(quantity, name) for quantity, name, _ in TASK.list_quantities(scores)] == [
        ("accuracy", ""), ("macro_f1", ""), ("kappa", ""), ("f1", "oak"), ("f1", "elm"),
    ]  # fmt: skip


def test_luck_is_that_of_groups_where_they_are_known() -> None:
    # two plants of each class, twenty samples each, all of them right
    labels = torch.tensor([0, 1]).repeat_interleave(40)
    plants = [f"p{number // 20}" for number in range(80)]
    logits = torch.nn.functional.one_hot(labels, 2).float()
    record = TASK.record_scores(TASK.evaluate(logits, labels, groups=plants))
    assert (record["groups"], record["units"]) == (4, (2, 2))
    assert TASK.find_doubt(record) == (
        "the network is not told from chance, with a balanced accuracy of 1.000 on 80 test samples of 4 "
        "groups, where 0.500 is chance and up to 1.000 is luck"
    )
    assert TASK.find_doubt(TASK.record_scores(TASK.evaluate(logits, labels))) is None
    # 1/2 + 2 sqrt(2 * (1/4) / 40) / 2 = .612 of samples: .500 is none, whatever the plants
    swapped = TASK.record_scores(TASK.evaluate(logits[:, :1] * 0, labels, groups=plants))
    assert "predicts no better than chance" in str(TASK.find_doubt(swapped))
    assert name_groups({"groups": 1}) == " of 1 group"
    assert name_groups({"groups": 80, "samples": 80}) == ""
    plain = {**asdict(TASK.evaluate(logits, labels, groups=plants)), "units": [2, 2]}
    assert TASK.read_scores(plain) == TASK.evaluate(logits, labels, groups=plants)


def test_results_of_other_classes_are_refused() -> None:
    with pytest.raises(InputError, match=r"the 3 classes named\. Found one of 2\. Give the names"):
        list(Classification(("oak", "elm", "ash")).list_quantities(TASK.evaluate(LOGITS, LABELS)))


def test_the_best_epoch_is_that_of_macro_f1_and_of_equals_that_of_the_lower_loss() -> None:
    ranked = sorted([epoch(0.5, 0.1), epoch(0.7, 0.4), epoch(0.7, 0.3)], key=TASK.rank_epoch)
    assert [record.validation_loss for record in ranked] == [0.1, 0.4, 0.3]
    assert TASK.describe_epoch(ranked[-1]) == "validation macro F1 0.700"
    assert TASK.score_epoch(LOGITS, LABELS) == {"accuracy": 0.75, "macro_f1": pytest.approx(11 / 15)}


def test_rare_classes_weigh_more_while_training_alone() -> None:
    labels = torch.tensor([0, 1, 1, 1, 1])
    training, validation = TASK.build_losses(labels, 2, TrainingConfig())
    # n^(-1/2) is 1 and 1 / 2, scaled so that 1 w_0 + 4 w_1 = 5: w = 5 / 3, 5 / 6
    torch.testing.assert_close(training.weights, torch.tensor([5 / 3, 5 / 6]))
    assert validation.weights is None
    assert TASK.build_losses(labels, 1, TrainingConfig(class_weights=False)).training.weights is None
    # one logit tells two classes apart
    assert len(TASK.build_losses(labels, 1, TrainingConfig()).training.weights) == 2  # type: ignore[arg-type]


def test_targets_and_outputs_that_do_not_fit_are_refused() -> None:
    TASK.check(torch.zeros(1, 1), torch.tensor([0, 1]), samples=2)
    with pytest.raises(DataError, match=r"Labels should lie in 0\.\.1"):
        TASK.check(torch.zeros(1, 2), torch.tensor([0, 2]), samples=2)
    with pytest.raises(ModelError, match=r"should have shape \(N, classes\)"):
        TASK.check(torch.zeros(1, 2, 2), torch.tensor([0, 1]), samples=2)


def test_the_task_comes_back_from_its_record() -> None:
    assert Classification.from_record(TASK.describe()) == TASK
