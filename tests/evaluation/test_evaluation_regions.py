import pytest
import torch

from lrprism.errors import InputError
from lrprism.evaluation import bands, grid, label_map


def test_windows_along_one_axis_remove_all_others_as_a_whole() -> None:
    x = torch.arange(2 * 5 * 2 * 2).reshape(2, 5, 2, 2).float()
    regions = bands(x, width=2)
    assert regions.count == 3  # bands 0-1, 2-3, and 4 alone
    assert regions.sizes.tolist() == [8, 8, 4]
    expected = torch.stack([x[:, :2].sum((1, 2, 3)), x[:, 2:4].sum((1, 2, 3)), x[:, 4].sum((1, 2))], dim=1)
    torch.testing.assert_close(regions.sum_over(x), expected)
    mask = regions.build_mask(torch.tensor([[True, False, True], [False, True, False]]))
    assert mask.expand(x.shape)[0, :, 0, 1].tolist() == [True, True, False, False, True]
    assert mask.expand(x.shape)[1, :, 1, 0].tolist() == [False, False, True, True, False]


@pytest.mark.parametrize("axis", [2, -1])
def test_bands_may_lie_along_any_axis(axis: int) -> None:
    x = torch.rand(3, 1, 6)
    regions = bands(x, width=3, axis=axis)
    torch.testing.assert_close(regions.sum_over(x), x.reshape(3, 2, 3).sum(2))
    assert "2 windows of 3 along axis 2 of 6" in regions.description


def test_squares_cover_an_image_with_all_channels() -> None:
    x = torch.rand(2, 3, 4, 5)
    regions = grid(x, 2)
    assert regions.count == 6
    sums = regions.sum_over(x)
    torch.testing.assert_close(sums[:, 0], x[:, :, :2, :2].sum((1, 2, 3)))
    torch.testing.assert_close(sums[:, 5], x[:, :, 2:, 4:].sum((1, 2, 3)))  # narrower at the edge
    mask = regions.build_mask(torch.eye(6, dtype=torch.bool)[:2])
    assert torch.where(mask, 0, x)[0, :, :2, :2].eq(0).all()
    assert torch.where(mask, 0, x)[0, :, 2:].eq(x[0, :, 2:]).all()


def test_features_of_no_region_are_never_removed_nor_counted() -> None:
    x = torch.tensor([[1.0, 2.0, 4.0, 8.0]])
    regions = label_map(x, torch.tensor([0, -1, 1, 0]))
    assert regions.sum_over(x).tolist() == [[9.0, 4.0]]
    assert regions.sizes.tolist() == [2, 1]
    assert regions.build_mask(torch.tensor([[True, True]])).tolist() == [[True, False, True, True]]


def test_regions_share_relevance_without_loss() -> None:
    relevance = torch.randn(4, 3, 6, 6)
    labels = torch.randint(5, (6, 6), generator=torch.Generator().manual_seed(0))
    labels.flatten()[:5] = torch.arange(5)
    for regions in (bands(relevance, 2), grid(relevance, 4), label_map(relevance, labels)):
        torch.testing.assert_close(regions.sum_over(relevance).sum(1), relevance.sum((1, 2, 3)))


@pytest.mark.parametrize("width", [0, 6, 7])
def test_a_window_that_leaves_nothing_to_rank_is_refused(width: int) -> None:
    with pytest.raises(InputError, match=f"width should be 1 to 5 of the 6 bands.*Found {width}"):
        bands(torch.rand(2, 6), width)


@pytest.mark.parametrize("axis", [0, 2, -3])
def test_the_axis_of_the_samples_is_no_axis_of_bands(axis: int) -> None:
    with pytest.raises(InputError, match=f"axis should be one of the axes 1 to 1.*Found {axis}"):
        bands(torch.rand(2, 6), 2, axis)


def test_what_is_no_image_and_a_square_too_large_are_refused() -> None:
    with pytest.raises(InputError, match=r"at least three axes, \[N, y, x\]. Found shape \(2, 6\)"):
        grid(torch.rand(2, 6), 2)
    with pytest.raises(InputError, match=r"size should be 1 to 5 for images of 4 x 6.*Found 6"):
        grid(torch.rand(2, 4, 6), 6)


@pytest.mark.parametrize("labels", [torch.zeros(4).long(), torch.tensor([0, 2, 2, 0]), -torch.ones(4).long()])
def test_labels_with_a_gap_or_a_single_region_are_refused(labels: torch.Tensor) -> None:
    with pytest.raises(InputError, match="at least two regions from 0 without a gap"):
        label_map(torch.rand(2, 4), labels)


@pytest.mark.parametrize("labels", [torch.arange(3), torch.rand(4), torch.zeros(1, 1, 4).long()])
def test_labels_that_do_not_fit_a_sample_are_refused(labels: torch.Tensor) -> None:
    with pytest.raises(InputError, match=r"broadcast with one sample of shape \(4,\)"):
        label_map(torch.rand(2, 4), labels)


def test_a_single_band_or_pixel_leaves_nothing_to_rank() -> None:
    with pytest.raises(
        InputError, match=r"at least 2 bands to rank\. Found 1 along axis 1 of shape \(3, 1, 7\)"
    ):
        bands(torch.zeros(3, 1, 7), 1)
    with pytest.raises(InputError, match=r"at least 2 pixels to rank\. Found 1 x 1"):
        grid(torch.zeros(3, 5, 1, 1), 1)
