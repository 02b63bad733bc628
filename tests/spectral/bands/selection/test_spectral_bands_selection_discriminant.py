import numpy as np
import pytest
import torch

from lrprism.spectral.bands import DiscriminantScore
from lrprism.spectral.bands.selection.discriminant import measure_macro_f1
from lrprism.spectral.training.metrics import evaluate


def test_macro_f1_is_that_of_the_trainings() -> None:
    draw = np.random.default_rng(0)
    labels, predicted = draw.integers(0, 4, 60), draw.integers(0, 5, 60)
    metrics = evaluate(torch.eye(6)[torch.from_numpy(predicted)], torch.from_numpy(labels))
    assert measure_macro_f1(labels, predicted) == pytest.approx(metrics.macro_f1)


def test_bands_that_separate_score_high_and_noise_at_chance() -> None:
    draw = np.random.default_rng(0)
    labels = np.arange(300) % 3
    means = np.array([[0, 0], [6, 0], [0, 6]])
    x = np.concatenate([means[labels], np.zeros((300, 2))], 1) + draw.normal(size=(300, 4))
    score = DiscriminantScore(x, labels)
    assert score(np.array([0, 1])) > 0.98
    assert 0.2 < score(np.array([2, 3])) < 0.45
    assert score(np.array([0])) < 0.75  # one band tells one class from two
    assert score(np.array([0, 1])) == score(np.array([0, 1]))


def test_two_normal_classes_reach_the_bayes_rate() -> None:
    # means two deviations apart: the error is Phi(-1) = 0.1587
    draw = np.random.default_rng(1)
    labels = np.arange(4000) % 2
    x = 2 * labels[:, None] + draw.normal(size=(4000, 1))
    assert DiscriminantScore(x, labels)(np.array([0])) == pytest.approx(1 - 0.1587, abs=0.015)


def test_a_class_of_one_sample_is_learned_only() -> None:
    x = np.array([[0.0], [0.1], [5.0], [5.1], [9.0]])
    assert DiscriminantScore(x, np.array([0, 0, 1, 1, 2]))(np.array([0])) >= 0
