import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

import lrprism as lp
from lrprism.errors import InputError
from lrprism.spectral import pooled
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.workbench.candidates import (
    CANDIDATES,
    Candidate,
    ClassLogits,
    describe_ties,
    list_candidates,
)

NM = torch.tensor([500.0, 510.0, 520.0, 540.0], dtype=torch.float64)
RECORD = {"mean_spectrum": [0.5, 0.5, 1.0, 0.0]}


def pipeline(classes: int) -> Pipeline:
    torch.manual_seed(0)
    return Pipeline([], nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, classes)), "spectrum").double()


def patches() -> torch.Tensor:
    return torch.rand(5, 4, 1, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_names_are_read_and_written() -> None:
    assert Candidate.parse("epsilon") == Candidate("epsilon")
    assert Candidate.parse(" EpsilonPlus @ mean-continuum ") == Candidate("epsilon-plus", "mean-continuum")
    for text in ("epsilon", "epsilon-gamma-1@mean"):
        assert Candidate.parse(text).name == text
    pooled_candidate = Candidate("epsilon", "mean", 56.4)
    assert pooled_candidate.name == "epsilon@mean, pooled over 56 nm"
    assert pooled_candidate.options == "--rule epsilon --reference mean --pool 56.4"
    assert pooled_candidate.map_to_read == "the map averaged over 56 nm"
    # without a width the summed map stands beside the one that is read
    assert Candidate("epsilon", "mean").options == "--rule epsilon --reference mean"
    assert Candidate("epsilon", "mean").map_to_read == "the map as computed"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epsilon@median", r"reference one of zero, mean, .*Found 'epsilon@median'\. Try 'epsilon@mean'"),
        ("epsilon@", r"NAME or NAME@REFERENCE, .*Found 'epsilon@'"),
        ("shapley@mean", r"rule should be one of .*Found 'shapley'"),
    ],
)
def test_an_unknown_name_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Candidate.parse(text)


def test_relevance_is_that_of_the_library_against_the_reference() -> None:
    model, x = pipeline(3), patches()
    target = torch.tensor([0, 1, 2, 0, 1])
    relevance = Candidate("epsilon", "mean").build_method(RECORD, NM)(ClassLogits(model), x, target)
    mean = torch.tensor(RECORD["mean_spectrum"], dtype=torch.float64).view(1, 4, 1, 1)
    expected = lp.LRP(model, lp.presets.Epsilon()).explain(x, target, reference=mean).relevance
    torch.testing.assert_close(relevance, expected)
    logits = model(x) - model(mean)
    torch.testing.assert_close(
        relevance.sum((1, 2, 3)), logits.gather(1, target[:, None])[:, 0].detach(), rtol=1e-4, atol=1e-5
    )


def test_a_pooled_map_is_that_of_the_bands_in_a_box() -> None:
    model, x, target = ClassLogits(pipeline(3)), patches(), torch.zeros(5, dtype=torch.long)
    whole, summed = (
        Candidate("epsilon", pool=nm).build_method(RECORD, NM)(model, x, target) for nm in (0.0, 20.0)
    )
    array = xr.DataArray(whole, dims=("sample", "band", "y", "x"), coords={"wavelength": ("band", NM)})
    np.testing.assert_allclose(summed, pooled(array, nm=20))


def test_one_logit_becomes_one_for_each_of_two_classes() -> None:
    model, x = pipeline(1), patches()
    both = ClassLogits(model)
    logits = both(x)
    torch.testing.assert_close(logits.softmax(1)[:, 1], model(x)[:, 0].sigmoid())
    method = Candidate("epsilon").build_method(RECORD, NM)
    first, second = (method(both, x, torch.full((5,), side)) for side in (0, 1))
    torch.testing.assert_close(first, -second)
    assert second.abs().sum() > 0


def test_ties_are_counted() -> None:
    assert describe_ties(0) == ""
    assert describe_ties(1) == "; 1 other may be as good, as far as these samples tell"
    assert describe_ties(3).startswith("; 3 others")


def test_candidates_leave_what_the_user_names() -> None:
    free = list_candidates(NM, 20.0)
    assert {candidate.pool for candidate in free} == {0.0, 20.0}
    assert len(free) == 2 * len(CANDIDATES)
    named = list_candidates(NM, 20.0, pool=30.0, reference="continuum")
    assert {(candidate.pool, candidate.reference) for candidate in named} == {(30.0, "continuum")}
    assert len({candidate.rule for candidate in named}) == len(named)
    # a box of one band changes nothing
    assert {candidate.pool for candidate in list_candidates(NM, 5.0)} == {0.0}
    assert not [c for c in list_candidates(NM[:1], 0.0) if "continuum" in c.reference]
