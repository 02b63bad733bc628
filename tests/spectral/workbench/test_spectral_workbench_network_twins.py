import numpy as np

from lrprism.spectral.workbench.network_twins import find_network_twins

NAMES = ("oak", "elm", "ash")
LABELS = np.repeat([0, 1, 2], 20)


def test_classes_that_networks_mix_up_name_each_other() -> None:
    # of elm and ash each half is taken for either
    predicted = np.where(LABELS == 0, 0, 1 + np.arange(60) % 2)
    oak, elm, ash = find_network_twins(LABELS, np.tile(predicted, (5, 1)), NAMES)
    assert oak is None
    assert elm == (
        "the networks do not tell it from ash: of their samples that most networks take for one of the two "
        "50 % are right"
    )
    assert ash == elm.replace("from ash", "from elm")


def test_a_class_that_most_networks_tell_has_no_twin() -> None:
    predicted = np.tile(LABELS, (5, 1))
    predicted[:2] = 0  # two of five networks take all for oak
    assert find_network_twins(LABELS, predicted, NAMES) == [None, None, None]


def test_errors_that_networks_share_are_no_more_evidence_than_one() -> None:
    # 12 of 20 right in each: p = .17 by Fisher's exact test, of 30 networks pooled it would be 1e-12
    predicted = LABELS.copy()
    predicted[20:28], predicted[40:48] = 2, 1
    _, elm, _ = find_network_twins(LABELS, np.tile(predicted, (30, 1)), NAMES)
    assert str(elm).endswith("60 % are right")


def test_too_few_samples_or_classes_without_any_have_no_twin() -> None:
    assert find_network_twins(np.array([0, 0, 1, 1]), np.array([[0, 1, 0, 1]]), NAMES) == [None, None, None]
