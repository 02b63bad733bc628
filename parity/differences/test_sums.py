"""lrprism adds up to the change of the output on every network; what the peers say is written down."""

import warnings

import pytest
import torch
from torch import Tensor, nn

from parity.differences import peers
from parity.differences.networks import SUBJECTS
from parity.differences.results import SINGLE_TOLERANCE, SUM_TOLERANCE, Differences, SumAnswer, SumRow
from parity.models import Subject
from parity.results import first_line


def measure_gap(explain: peers.Explain, model: nn.Module, x: Tensor, reference: Tensor) -> float:
    """Return how far the sum of relevance is from the change of the output, relative to it."""
    number, change = peers.find_most_changed_class(model, x, reference)
    return abs(float(explain(model, x, reference, number).sum()) / change - 1)


def ask_peer(peer: str, model: nn.Module, x: Tensor, reference: Tensor) -> SumAnswer:
    """Return a peer's answer, also where it raises or warns."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", "Setting forward, backward hooks")  # good to know
        warnings.filterwarnings("ignore", "Input Tensor 0 did not already")
        try:
            gap = measure_gap(peers.LIBRARIES[peer], model, x, reference)
            check_stops = peer == "shap" and peers.is_stopped_by_own_check(model, x, reference)
        except Exception as error:  # whatever a peer raises is its answer
            return SumAnswer(refusal=f"refuses: {first_line(error)}")
    # not that a peer uses what numpy will drop
    warned = [first_line(warning.message) for warning in told if warning.category is UserWarning]
    return SumAnswer(gap, check_stops, "; ".join(dict.fromkeys(warned)))


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_relevance_adds_up_to_the_change(subject: Subject, differences: Differences) -> None:
    """In float64 to rounding, and in float32 for a network that a user has."""
    model, samples = subject.make(torch.float64)
    x, reference = samples.split(1)
    _, change = peers.find_most_changed_class(model, x, reference)
    single = [tensor.float() for tensor in (x, reference)]
    gap = measure_gap(peers.by_lrprism, model, x, reference)
    rounded = measure_gap(peers.by_lrprism, subject.make(torch.float32)[0], *single)
    answers = {
        "lrprism": SumAnswer(gap),
        "lrprism, float32": SumAnswer(rounded),
        **{peer: ask_peer(peer, model, x, reference) for peer in ("captum", "shap")},
    }
    differences.sums.append(SumRow(subject.name, change, answers))
    assert gap <= SUM_TOLERANCE
    assert rounded <= SINGLE_TOLERANCE
