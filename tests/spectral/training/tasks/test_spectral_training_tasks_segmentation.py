import json
from dataclasses import asdict

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from lrprism.errors import DataError, InputError, ModelError
from lrprism.spectral.training import Devices, EpochRecord, Segmentation, TrainingConfig, fit
from lrprism.spectral.training.module import TrainedModule
from lrprism.spectral.training.tasks.registry import read_task
from lrprism.spectral.training.tasks.segmentation import PixelLoss

TASK = Segmentation(("oak", "elm"))
LOGITS = torch.tensor([[[[2.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [3.0, 9.0]]]])
LABELS = torch.tensor([[[0, 1], [0, -1]]])


def build_pixel_network() -> nn.Module:
    """Classes each pixel from its own spectrum alone."""
    torch.manual_seed(5)
    return nn.Conv2d(2, 3, 1)


def stripes(samples: int, seed: int) -> TensorDataset:
    """Patches whose right half is of another class than the left one, each pixel as bright as its class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.zeros(samples, 4, 4, dtype=torch.int64)
    labels[:, :, 2:], labels[:, 0] = 2, 1
    x = torch.nn.functional.one_hot(labels, 3).movedim(-1, 1)[:, :2].float()
    labels[:, 3, 3] = -1
    return TensorDataset(x + 0.05 * torch.randn(x.shape, generator=generator), labels)


def test_the_loss_is_that_of_the_labelled_pixels() -> None:
    # one minus the share of the true class: softmax (2, 0), (0, 1), (0, 3)
    losses = [torch.log1p(torch.tensor(value).exp()) for value in (-2.0, -1.0, 3.0)]
    torch.testing.assert_close(PixelLoss()(LOGITS, LABELS), torch.stack(losses).mean())
    # weights 2 and 1: (2 l_1 + 1 l_2 + 2 l_3) / 5
    weighed = (2 * losses[0] + losses[1] + 2 * losses[2]) / 5
    torch.testing.assert_close(PixelLoss(torch.tensor([2.0, 1.0]))(LOGITS, LABELS), weighed)


def test_weights_follow_the_number_of_labelled_pixels() -> None:
    labels = torch.tensor([[[0, 1, 1, -1], [1, 1, -1, -1]]])
    training, validation = TASK.build_losses(labels, 2, TrainingConfig())
    # n^(-1/2) is 1 and 1 / 2, scaled so that 1 w_0 + 4 w_1 = 5
    torch.testing.assert_close(training.weights, torch.tensor([5 / 3, 5 / 6]))
    assert validation.weights is None
    assert TASK.build_losses(labels, 2, TrainingConfig(class_weights=False)).training.weights is None


def test_scores_are_kept_by_the_names_of_the_classes_and_come_back() -> None:
    scores = TASK.evaluate(LOGITS, LABELS)
    record = json.loads(json.dumps(TASK.record_scores(scores)))
    # oak: true 2, predicted 1, both 1; elm: true 1, predicted 2, both 1
    assert record["iou"] == {"oak": 0.5, "elm": 0.5}
    assert record["f1"] == {"oak": pytest.approx(2 / 3), "elm": pytest.approx(2 / 3)}
    assert TASK.read_scores(json.loads(json.dumps(asdict(scores)))) == scores
    # p_o = 2 / 3, p_e = (2 * 1 + 1 * 2) / 9: kappa = (6 - 4) / (9 - 4)
    text = "Accuracy 66.7 %, macro F1 0.667, mean IoU 0.500, kappa 0.400 over 3 labelled pixels"
    assert TASK.describe_test(record) == text
    assert "kappa" not in TASK.describe_test({**record, "kappa": None})
    assert [(quantity, name) for quantity, name, _ in TASK.list_quantities(scores)] == [
        ("accuracy", ""), ("macro_f1", ""), ("mean_iou", ""), ("kappa", ""),
        ("f1", "oak"), ("f1", "elm"), ("iou", "oak"), ("iou", "elm"),
    ]  # fmt: skip
    with pytest.raises(InputError, match=r"the 3 classes named\. Found one of 2\. Give the names"):
        list(Segmentation(("oak", "elm", "ash")).list_quantities(scores))


def test_the_best_epoch_is_that_of_mean_iou() -> None:
    def epoch(iou: float, loss: float) -> EpochRecord:
        return EpochRecord(1, 0.5, loss, {"accuracy": 1.0, "macro_f1": 1.0, "mean_iou": iou}, 1.0)

    ranked = sorted([epoch(0.5, 0.1), epoch(0.7, 0.4), epoch(0.7, 0.3)], key=TASK.rank_epoch)
    assert [record.validation_loss for record in ranked] == [0.1, 0.4, 0.3]
    assert TASK.describe_epoch(ranked[-1]) == "validation mean IoU 0.700"
    assert TASK.score_epoch(LOGITS, LABELS)["mean_iou"] == 0.5


def test_a_network_at_chance_is_named() -> None:
    chance = {"confusion": [[500, 500], [500, 500]]}
    assert "no better than chance" in str(TASK.find_doubt(chance))
    assert "2000 test pixels" in str(TASK.find_doubt(chance))
    assert TASK.find_doubt({"confusion": [[900, 100], [100, 900]]}) is None


def test_targets_and_outputs_that_do_not_fit_are_refused() -> None:
    TASK.check(LOGITS, LABELS, samples=1)
    with pytest.raises(ModelError, match=r"should have shape \(N, classes, y, x\)\. Found \(1, 2\)"):
        TASK.check(torch.zeros(1, 2), LABELS, samples=1)
    with pytest.raises(DataError, match=r"of shape \(1, 3, 3\).*Found torch.int64 of shape \(1, 2, 2\)"):
        TASK.check(torch.zeros(1, 2, 3, 3), LABELS, samples=1)
    with pytest.raises(DataError, match=r"should lie in 0\.\.1, or be -1 .* Found 0 to 2\."):
        TASK.check(LOGITS, torch.tensor([[[0, 2], [1, -1]]]), samples=1)
    with pytest.raises(DataError, match=r"Found no label\."):
        TASK.check(LOGITS, torch.full_like(LABELS, -1), samples=1)


def test_the_task_comes_back_from_its_record() -> None:
    assert read_task({"task": TASK.describe()}) == TASK


def test_the_augmentation_turns_labels_with_their_pixels() -> None:
    data = stripes(6, 0)
    config = TrainingConfig(augment=True)
    module = TrainedModule(
        build_pixel_network(), config, TASK, TASK.build_losses(LABELS, 2, config), validated=1
    )
    seen = set()
    for seed in range(12):
        torch.manual_seed(seed)
        x, labels = module._augment(*data.tensors)
        seen.add(tuple(labels[0].flatten().tolist()))
        # class 2 alone is dark in both bands, however bright the patch as a whole
        dark = x.amax(1) < 0.5
        assert (dark[labels >= 0] == (labels == 2)[labels >= 0]).all()
    assert len(seen) > 4


def test_a_network_learns_the_class_of_each_pixel() -> None:
    network = build_pixel_network()
    config = TrainingConfig(
        epochs=15, learning_rate=0.1, augment=True, devices=Devices("cpu"), centre_gradients=False
    )
    result = fit(network, stripes(32, 0), stripes(8, 1), config, task=Segmentation(), progress=False)
    assert result.best.scores["mean_iou"] == 1
    assert set(result.history[0].scores) == {"accuracy", "macro_f1", "mean_iou"}
