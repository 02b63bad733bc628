"""lrprism gives the map of a peer that follows the published formulas."""

import pytest
import torch

import expected_warnings
from parity import models, peers
from parity.models import Subject
from parity.results import TOLERANCE, Agreement, Results, difference

SHARED = [name for name in peers.OURS if name != "Epsilon, eps 1e-9"]
CASES = [
    *[
        (subject, preset, "zennit", peers.by_zennit(preset, resnet=subject.resnet))
        for subject in (models.VGG11, models.RESNET18, models.FOLDED_RESNET18, models.MLP, models.CNN3D)
        for preset in SHARED
    ],
    *[
        (subject, "Epsilon, eps 1e-9", "captum", peers.by_captum)
        for subject in (models.VGG11, models.MLP)  # Captum knows no Conv3d
    ],
    *[
        (models.PLAIN_VGG11, preset, "autolrp", peers.by_autolrp(config))
        for preset, config in peers.AUTOLRP.items()
        if preset != "Epsilon, eps 1e-9"
    ],
    (models.PLAIN_MLP, "Epsilon", "autolrp", peers.by_autolrp(peers.AUTOLRP["Epsilon"])),
]


@pytest.mark.parametrize(
    ("subject", "preset", "peer", "theirs"), CASES, ids=[f"{s.name}-{p}-{q}" for s, p, q, _ in CASES]
)
@expected_warnings.NO_CONVOLUTION  # both of the perceptrons
@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_the_maps_agree(
    subject: Subject, preset: str, peer: str, theirs: peers.Explain, results: Results
) -> None:
    """In float64, and in float32 where both explain one network."""
    differences = []
    for dtype in (torch.float32, torch.float64):
        model, x = subject.make(dtype)
        classes = model(x).argmax(1)
        differences.append(difference(peers.by_lrprism(preset)(model, x, classes), theirs(model, x, classes)))
    results.agreements.append(Agreement(subject.name, preset, peer, *differences))
    assert differences[1] <= TOLERANCE
    assert differences[0] <= TOLERANCE or not subject.compare_single
