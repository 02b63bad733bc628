import pytest
import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation import GaussianConditional, bands, grid, label_map


def draw_spectra(count: int, bands_: int = 6, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, bands_, generator=generator, dtype=torch.float64).cumsum(1) + 2


def condition(samples: Tensor, x: Tensor, removed: Tensor, ridge: float) -> Tensor:
    """The textbook formula, with the covariance of what is left: mean_S + C_SK C_KK^-1 (x_K - mean_K)."""
    mean, c = samples.mean(0), torch.cov(samples.T)
    c = c + ridge * c.diagonal().mean() * torch.eye(len(c))
    result = x.clone()
    gain = c[removed][:, ~removed] @ torch.linalg.inv(c[~removed][:, ~removed])
    result[removed] = mean[removed] + gain @ (x[~removed] - mean[~removed])
    return result


def test_two_bands_by_hand() -> None:
    # means 0; variances 1 and 4, covariance 1 (of N - 1): band 1 given band 0 is 1/1 times it
    samples = torch.tensor([[1.0, 1.0], [-1.0, -1.0], [0.0, 0.0]], dtype=torch.float64)
    samples[:, 1] += torch.tensor([1.0, 1.0, -2.0]) * 3**0.5 / 6**0.5
    imputer = GaussianConditional(samples, ridge=1e-12)
    x = torch.tensor([[3.0, 100.0]], dtype=torch.float64)
    filled = imputer.impute(x, torch.tensor([[False, True]]), rows=torch.zeros(1).long())
    torch.testing.assert_close(filled, torch.tensor([[3.0, 3.0]], dtype=torch.float64))


@pytest.mark.parametrize("ridge", [1e-3, 0.5])
def test_conditional_means_agree_with_the_textbook(ridge: float) -> None:
    samples, x = draw_spectra(100), draw_spectra(20, seed=1)
    mask = torch.rand(20, 6, generator=torch.Generator().manual_seed(2)) < 0.5
    filled = GaussianConditional(samples, ridge).impute(x, mask, rows=torch.arange(20))
    for row in range(20):
        torch.testing.assert_close(filled[row], condition(samples, x[row], mask[row], ridge))


def test_a_path_agrees_with_the_textbook_at_every_step() -> None:
    samples, x = draw_spectra(100), draw_spectra(5, seed=1)
    regions = label_map(x, torch.tensor([2, 0, 0, -1, 1, 2]))  # band 3 always stays
    order = torch.stack([torch.randperm(3, generator=torch.Generator().manual_seed(i)) for i in range(5)])
    path = GaussianConditional(samples).impute_path(x, order, regions, rows=torch.arange(5), draw=0)
    for sample in range(5):
        removed = torch.zeros(6, dtype=torch.bool)
        torch.testing.assert_close(path[sample, 0], x[sample])
        for step, region in enumerate(order[sample], start=1):
            removed |= regions.labels == region
            expected = condition(samples, x[sample], removed, 1e-3)
            torch.testing.assert_close(path[sample, step], expected)


def test_each_pixel_of_a_patch_is_filled_by_itself() -> None:
    samples = draw_spectra(90).reshape(10, 3, 3, 6).movedim(3, 1)
    x = draw_spectra(18, seed=1).reshape(2, 3, 3, 6).movedim(3, 1)
    imputer, regions = GaussianConditional(samples), bands(x, 2)
    order = torch.tensor([[1, 0, 2], [2, 1, 0]])
    path = imputer.impute_path(x, order, regions, rows=torch.arange(2), draw=0)
    pixels = x.movedim(1, 3).reshape(18, 6)
    flat = GaussianConditional(samples.movedim(1, 3).reshape(90, 6)).impute_path(
        pixels, order.repeat_interleave(9, dim=0), bands(pixels, 2), rows=torch.arange(18), draw=0
    )
    by_pixel = path.movedim(2, 4).reshape(2, 4, 9, 6)
    torch.testing.assert_close(by_pixel, flat.reshape(2, 9, 4, 6).transpose(1, 2))


def test_all_features_of_an_image_may_be_correlated() -> None:
    samples = draw_spectra(200, 16).reshape(200, 1, 4, 4)
    x = samples[:3] + 1
    path = GaussianConditional(samples, axis=None).impute_path(
        x, torch.arange(4).repeat(3, 1), grid(x, 2), rows=torch.arange(3), draw=0
    )
    removed = torch.zeros(4, 4, dtype=torch.bool)
    removed[:2] = True
    expected = condition(samples.flatten(1), x[0].flatten(), removed.flatten(), 1e-3)
    torch.testing.assert_close(path[0, 2].flatten(), expected)


def test_of_many_spectra_some_are_fitted() -> None:
    samples = draw_spectra(50_000)
    imputer = GaussianConditional(samples)
    torch.testing.assert_close(imputer.mean, samples[::3].mean(0))


def test_regions_that_divide_pixels_are_refused() -> None:
    x = torch.rand(20, 3, 4, 4)
    with pytest.raises(InputError, match="gaussian should meet regions along the axis of the bands"):
        GaussianConditional(x).impute_path(
            x[:1], torch.arange(4)[None], label_map(x, torch.arange(48).reshape(3, 4, 4) % 4),
            rows=torch.zeros(1).long(), draw=0,
        )  # fmt: skip


def test_samples_that_cannot_be_fitted_are_refused() -> None:
    with pytest.raises(InputError, match=r"ridge should be above 0.*Found 0\.0"):
        GaussianConditional(torch.rand(5, 3), ridge=0.0)
    with pytest.raises(InputError, match=r"at least two finite samples that differ. Found 5 spectra"):
        GaussianConditional(torch.ones(5, 3))
    with pytest.raises(InputError, match=r"at most 4096 features to correlate. Found 5000"):
        GaussianConditional(torch.rand(2, 5000))
    with pytest.raises(InputError, match=r"for each of the 3 bands. Found 4"):
        GaussianConditional(torch.rand(9, 3)).impute(
            torch.rand(1, 4), torch.ones(1, 4).bool(), rows=torch.zeros(1).long()
        )


def test_an_axis_may_count_from_the_last() -> None:
    samples = draw_spectra(60)[:, None]
    x, mask = samples[:3], torch.arange(6)[None, None] < 3
    rows = torch.arange(3)
    means = [
        GaussianConditional(samples, axis=axis).impute(x, mask.expand(3, 1, 6), rows=rows) for axis in (2, -1)
    ]
    assert torch.equal(*means)
    with pytest.raises(InputError, match=r"axis should be one of the axes 1 to 2 of the samples\. Found 3"):
        GaussianConditional(samples, axis=3)
