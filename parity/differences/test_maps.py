"""lrprism gives the map of Captum's DeepLIFT and of SHAP's DeepExplainer on networks that they support."""

import pytest
import torch
from torch import nn

from parity.differences import peers
from parity.differences.networks import softmax_at_the_end
from parity.differences.results import Definition, Differences, MapRow
from parity.differences.supported import REFERENCES, SUPPORTED, Supported
from parity.models import Subject
from parity.results import TOLERANCE, difference

CASES = [(case, peer, count) for case in SUPPORTED for peer in case.peers for count in (1, REFERENCES)]


@pytest.mark.parametrize(
    ("case", "peer", "count"), CASES, ids=[f"{c.subject.name}-{p}-{n}" for c, p, n in CASES]
)
def test_the_maps_agree(case: Supported, peer: str, count: int, differences: Differences) -> None:
    """In both types; several references are averaged, as DeepLiftShap and DeepExplainer do."""
    distances = []
    for dtype in (torch.float32, torch.float64):
        model, samples = case.subject.make(dtype)
        x, references = samples[:1], samples[1 : 1 + count]
        number, _ = peers.find_most_changed_class(model, x, references)
        ours, theirs = (peers.LIBRARIES[name](model, x, references, number) for name in ("lrprism", peer))
        distances.append(difference(ours, theirs))
    differences.maps.append(MapRow(case.subject.name, peer, count, *distances))
    assert max(distances) <= TOLERANCE


def test_a_softmax_of_a_peer_is_no_softmax_of_differences(differences: Differences) -> None:
    """SHAP takes it for a function of one number: its map is that of the logit alone."""
    model, samples = Subject("", softmax_at_the_end, (2, 12)).make(torch.float64)
    assert isinstance(model, nn.Sequential)
    x, reference = samples.split(1)
    number, change = peers.find_most_changed_class(model, x, reference)
    maps = {name: explain(model, x, reference, number) for name, explain in peers.LIBRARIES.items()}
    of_logit = peers.by_lrprism(model[:-1], x, reference, number)
    rescaled = of_logit * change / of_logit.sum()
    for what, ours, theirs in (
        ("captum against lrprism", maps["lrprism"], maps["captum"]),
        ("shap against lrprism", maps["lrprism"], maps["shap"]),
        ("shap against lrprism for the logit alone, times a number", rescaled, maps["shap"]),
    ):
        distance = difference(ours, theirs)
        differences.definitions.append(Definition(what, distance))
    assert distance <= TOLERANCE
