import pytest
import torch

from benchmarks.subjects import SUBJECTS, Subject

OURS = [subject for subject in SUBJECTS if subject.key.startswith(("hyper3dnetlite", "hybridsn", "mlp"))]


@pytest.mark.parametrize("subject", OURS, ids=lambda subject: subject.key)
def test_a_model_can_be_built_and_takes_its_input(subject: Subject) -> None:
    with torch.device("meta"):
        model = subject.build().eval()
        assert model(torch.zeros(subject.shape)).dim() == 2
