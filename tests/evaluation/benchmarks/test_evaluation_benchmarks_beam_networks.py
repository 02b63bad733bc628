import pytest
import torch

from lrprism.evaluation.benchmarks import beam
from lrprism.evaluation.benchmarks.beam_networks import BeamCNN, FullReLU


def test_a_relu_that_is_full() -> None:
    assert FullReLU()(torch.tensor([-1.0, 0.25, 3.0])).tolist() == [0, 0.25, 1]


@pytest.mark.parametrize("concept", range(5))
def test_the_network_knows_every_class(concept: int) -> None:
    data = beam.make_data(7, concept, each=8)
    expected = torch.nn.functional.one_hot(data.target, 5).float()
    with torch.no_grad():
        torch.testing.assert_close(BeamCNN(concept)(data.x), expected)
