import pytest
import torch

from lrprism.errors import InputError
from lrprism.evaluation import Constant, Interpolation, Protocol, Swap, Truth, bands


def test_spectra_get_windows_and_four_imputers_from_the_training_samples() -> None:
    samples = torch.randn(30, 12).cumsum(1)
    protocol = Protocol.for_bands(samples, width=4, wavelengths=torch.arange(12) * 10.0, seed=3)
    assert [imputer.name for imputer in protocol.imputers] == [
        "reference",
        "interpolation",
        "gaussian",
        "swap",
    ]
    assert protocol.regions.count == 3
    assert protocol.bootstrap.seed == 3
    matched, line = protocol.imputers[:2]
    assert isinstance(matched, Constant)
    assert isinstance(line, Interpolation)
    torch.testing.assert_close(matched.reference, samples.mean(0))
    torch.testing.assert_close(line.reference, samples.mean(0))
    assert line.wavelengths is not None


def test_a_reference_of_the_methods_is_the_reference_of_the_first_imputer() -> None:
    reference = torch.rand(12)
    matched = Protocol.for_bands(torch.randn(30, 12), reference=reference).imputers[0]
    assert isinstance(matched, Constant)
    assert torch.equal(matched.reference, reference)


def test_images_get_squares_and_two_imputers() -> None:
    protocol = Protocol.for_images(torch.rand(6, 3, 8, 8), 4)
    assert [imputer.name for imputer in protocol.imputers] == ["reference", "swap"]
    assert protocol.regions.count == 4
    assert protocol.axis == 3


def test_the_protocol_says_what_was_done() -> None:
    text = "\n".join(Protocol.for_bands(torch.randn(30, 12), width=4, seed=7).describe())
    for words in (
        "probability",
        "3 windows of 4 along axis 1 of 12",
        "swap (mean of 5 draws)",
        "95%",
        "seed 7",
    ):
        assert words in text


def test_a_few_samples_are_drawn_once_and_in_order() -> None:
    protocol = Protocol.for_bands(torch.randn(30, 12))
    rows = protocol.choose_rows(50, 10)
    assert len(rows.unique()) == 10
    assert torch.equal(rows, rows.sort().values)
    assert torch.equal(rows, protocol.choose_rows(50, 10))
    assert torch.equal(protocol.choose_rows(3, 10), torch.arange(3))


def test_imputers_without_a_name_of_their_own_are_refused() -> None:
    regions = bands(torch.rand(2, 12))
    with pytest.raises(
        InputError, match=r"each with a name of its own. Found the names reference, reference"
    ):
        Protocol(regions, (Constant(0.0), Constant(1.0)))
    with pytest.raises(
        InputError, match=r"imputers should be at least one of Constant.*Found the names \(none\)"
    ):
        Protocol(regions, ())
    with pytest.raises(InputError, match=r"imputers should be at least one.*Found 'zero'. Try Protocol"):
        Protocol(regions, (Swap(torch.rand(2, 12)), "zero"))  # type: ignore[arg-type]


def test_a_blind_feature_alone_is_refused() -> None:
    mask = torch.arange(4) < 2
    with pytest.raises(InputError, match=r"blind and used should be given together. Found blind alone"):
        Truth(blind=mask)
    with pytest.raises(InputError, match=r"Found used alone"):
        Truth(used=mask)


def test_an_axis_may_count_from_the_last() -> None:
    samples = torch.randn(30, 1, 12)
    assert Protocol.for_bands(samples, axis=-1).axis == 2


@pytest.mark.parametrize("numbers", [{"greedy": -1}, {"few": 0}])
def test_too_few_samples_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(InputError, match=r"greedy should be at least 0 samples, and few at least 1\. Found"):
        Protocol(bands(torch.rand(2, 6), 2), [Constant(0.0)], **numbers)  # type: ignore[arg-type]


def test_few_regions_and_regions_of_other_sizes_are_noted() -> None:
    samples = torch.randn(30, 12)
    assert Protocol.for_bands(samples, width=2).note_regions() == []
    few, unequal = Protocol.for_bands(samples, width=5).note_regions()
    assert few.startswith("only 3 regions are ranked: with fewer than 5 a ranking says little")
    assert unequal.startswith("regions are of 2 to 5 features, and ranked by the sum: maps without a sign")
