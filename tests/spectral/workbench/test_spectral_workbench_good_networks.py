import numpy as np
import pytest

from lrprism.spectral.workbench.good_networks import choose_good, tabulate_networks
from lrprism.spectral.workbench.retrained_relevance import SeedRelevance

COUNT = 100


def make(seed: int, accuracy: float | None, doubt: str | None = None) -> SeedRelevance:
    right = 0 if accuracy is None else round(COUNT * accuracy)
    scores = {
        "accuracy": accuracy,
        "macro_f1": 0.5,
        "kappa": None,
        "confusion": [[right, COUNT - right], [0, 0]],
    }
    empty = np.zeros((0, 3))
    return SeedRelevance(seed, None if accuracy is None else scores, doubt, np.zeros(0, dtype=int), empty)


def choose(*accuracies: float, bound: float | None = None) -> list[str | None]:
    return choose_good([make(seed, accuracy) for seed, accuracy in enumerate(accuracies)], bound)


def test_one_well_below_the_median_is_left_out() -> None:
    # median .9; distances 0, .02, .02, .01, .4: their median .02 * 1.4826 * 2 = .059; e = .03
    *good, bad = choose(0.9, 0.88, 0.92, 0.91, 0.5)
    assert good == [None] * 4
    assert bad == "accuracy 0.500 is below 0.840, well below the median of all, 0.900"


def test_a_difference_within_the_error_of_the_test_part_means_nothing() -> None:
    # no spread: e = sqrt(.9 * .1 / 100) = .03, so .84 is good and .83 is not
    assert choose(0.9, 0.9, 0.9, 0.84)[3] is None
    assert "below 0.840" in str(choose(0.9, 0.9, 0.9, 0.83)[3])
    # all right: e = 1 / 100
    assert choose(1.0, 1.0, 1.0, 0.98)[3] is None
    assert choose(1.0, 1.0, 1.0, 0.97)[3] is not None


def test_a_stated_bound_is_taken() -> None:
    assert choose(0.9, 0.5, bound=0.5) == [None, None]
    assert choose(0.9, 0.5, bound=0.6)[1] == "accuracy 0.500 is below 0.600, the bound asked for"


def test_failures_and_chance_are_named_and_do_not_move_the_median() -> None:
    networks = [make(0, 0.9), make(1, None, "the loss is not finite"), make(2, 0.1, "no better than chance")]
    reasons = choose_good(networks)
    assert reasons == [None, "the loss is not finite", "no better than chance"]
    table = tabulate_networks(networks, reasons)
    assert table["is_good"].tolist() == [True, False, False]
    assert table["accuracy"].tolist() == pytest.approx([0.9, np.nan, 0.1], nan_ok=True)
    assert choose_good(networks[1:2]) == ["the loss is not finite"]
