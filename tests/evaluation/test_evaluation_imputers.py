import numpy as np
import pytest
import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation import Constant, Interpolation, Swap, bands
from lrprism.evaluation.imputers import check_bands, check_reference


def draw_mask(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < 0.5


def test_a_constant_takes_the_place_of_what_is_removed() -> None:
    x = torch.tensor([[1.0, 2.0, 3.0]])
    mask = torch.tensor([[False, True, True]])
    rows = torch.zeros(1).long()
    assert Constant(torch.tensor([7.0, 8.0, 9.0])).impute(x, mask, rows=rows).tolist() == [[1.0, 8.0, 9.0]]
    assert Constant(0.5, "grey").impute(x, mask, rows=rows).tolist() == [[1.0, 0.5, 0.5]]


def test_lines_are_drawn_in_nm_across_a_gap() -> None:
    # 500 and 540 are left; 510 lies a quarter of the way, 530 three quarters; the ends stay flat
    wavelengths = torch.tensor([490.0, 500.0, 510.0, 530.0, 540.0, 550.0])
    x = torch.tensor([[9.0, 1.0, 9.0, 9.0, 5.0, 9.0]])
    mask = torch.tensor([[True, False, True, True, False, True]])
    imputed = Interpolation(0.0, wavelengths).impute(x, mask, rows=torch.zeros(1).long())
    torch.testing.assert_close(imputed, torch.tensor([[1.0, 1.0, 2.0, 4.0, 5.0, 5.0]]))


def test_lines_agree_with_numpy_for_any_mask_and_unsorted_bands() -> None:
    generator = torch.Generator().manual_seed(1)
    wavelengths = torch.rand(20, generator=generator, dtype=torch.float64) * 500
    x = torch.rand(30, 20, 2, 2, generator=generator, dtype=torch.float64)
    mask = draw_mask(30, 20, 1, 1)
    imputed = Interpolation(0.0, wavelengths).impute(x, mask, rows=torch.arange(30))
    order = wavelengths.argsort().numpy()
    for sample in range(30):
        removed = mask[sample, :, 0, 0].numpy()
        stays = order[~removed[order]]
        for y, column in ((0, 0), (1, 0), (1, 1)):
            spectrum = x[sample, :, y, column].numpy()
            line = np.interp(wavelengths, wavelengths.numpy()[stays], spectrum[stays])
            expected = np.where(removed, line, spectrum)
            np.testing.assert_allclose(imputed[sample, :, y, column], expected, atol=1e-12)


def test_a_sample_without_any_band_left_becomes_the_reference() -> None:
    x, reference = torch.rand(2, 4), torch.rand(4)
    mask = torch.tensor([[True] * 4, [False, True, True, False]])
    imputed = Interpolation(reference).impute(x, mask, rows=torch.arange(2))
    torch.testing.assert_close(imputed[0], reference)
    torch.testing.assert_close(imputed[1, 1], x[1, 0] + (x[1, 3] - x[1, 0]) / 3)


def test_lines_follow_the_axis_of_the_bands() -> None:
    x, mask = torch.rand(3, 1, 6), draw_mask(3, 1, 6)
    along = Interpolation(0.0, axis=2).impute(x, mask, rows=torch.arange(3))
    flat = Interpolation(0.0).impute(x[:, 0], mask[:, 0], rows=torch.arange(3))
    torch.testing.assert_close(along[:, 0], flat)


def test_a_sample_meets_the_same_donor_at_each_step_and_another_at_each_draw() -> None:
    samples = torch.arange(50.0)[:, None].expand(50, 4)
    swap = Swap(samples, draws=3, seed=2)
    x, everything = torch.full((6, 4), -1.0), torch.ones(6, 4, dtype=torch.bool)
    rows = torch.tensor([0, 0, 1, 2, 3, 4])
    donors = torch.stack([swap.impute(x, everything, rows=rows, draw=draw)[:, 0] for draw in range(3)])
    assert (donors[:, 0] == donors[:, 1]).all()
    assert (donors[:, 1:] != donors[:1, 1:2]).any()
    again = Swap(samples, draws=3, seed=2).impute(x, everything, rows=rows, draw=1)
    torch.testing.assert_close(again[:, 0], donors[1])
    half = torch.tensor([[True, True, False, False]])
    assert swap.impute(x, half, rows=rows)[:, 2:].eq(-1).all()


@pytest.mark.parametrize(
    "imputer", [Constant(0.3), Interpolation(0.3), Swap(torch.rand(9, 6), draws=2)], ids=lambda i: i.name
)
def test_a_path_is_the_imputer_at_the_mask_of_each_step(imputer: Constant | Interpolation | Swap) -> None:
    x = torch.rand(2, 6)
    order = torch.tensor([[2, 0, 1], [1, 2, 0]])
    path = imputer.impute_path(x, order, bands(x, 2), rows=torch.arange(2), draw=0)
    assert path.shape == (2, 4, 6)
    torch.testing.assert_close(path[:, 0], x)
    for sample in range(2):
        mask = torch.zeros(1, 6, dtype=torch.bool)
        for step, region in enumerate(order[sample].tolist(), start=1):
            mask[0, 2 * region : 2 * region + 2] = True
            expected = imputer.impute(x[sample, None], mask, rows=torch.tensor([sample]))
            torch.testing.assert_close(path[sample, step], expected[0])


def test_settings_that_cannot_serve_are_refused() -> None:
    with pytest.raises(InputError, match=r"reference should be finite. Found 1 of 2 values"):
        Constant(torch.tensor([1.0, torch.nan]))
    with pytest.raises(InputError, match=r"one finite number in nm per band.*1 not finite"):
        Interpolation(0.0, torch.tensor([1.0, torch.inf]))
    with pytest.raises(
        InputError, match=r"wavelengths should hold one value for each of the 4 bands. Found 3"
    ):
        Interpolation(0.0, torch.arange(3.0)).impute(
            torch.rand(1, 4), draw_mask(1, 4), rows=torch.zeros(1).long()
        )
    with pytest.raises(InputError, match=r"at least one sample to draw from and one draw. Found 0 samples"):
        Swap(torch.rand(0, 4))
    with pytest.raises(InputError, match="Found 3 samples, draws=0"):
        Swap(torch.rand(3, 4), draws=0)


def test_checks_let_pass_what_fits() -> None:
    assert check_reference(2).item() == 2
    check_bands(3, 3, "wavelengths")


def test_an_axis_may_count_from_the_last() -> None:
    x, mask = torch.rand(3, 2, 5), draw_mask(3, 1, 5)
    rows = torch.arange(3)
    lines = [Interpolation(0.5, axis=axis).impute(x, mask, rows=rows) for axis in (2, -1)]
    assert torch.equal(*lines)
    with pytest.raises(InputError, match=r"axis should be one of the axes 1 to 2 of the samples\. Found 3"):
        Interpolation(0.5, axis=3).impute(x, mask, rows=rows)


@pytest.mark.parametrize("shape", [(4,), (3, 5), (1, 1, 5)])
def test_a_reference_that_does_not_fit_a_sample_is_refused(shape: tuple[int, ...]) -> None:
    # (3, 5) are as many references as samples
    x, rows = torch.rand(3, 5), torch.arange(3)
    for imputer in (Constant(torch.zeros(shape)), Interpolation(torch.zeros(shape))):
        with pytest.raises(InputError, match=r"reference should broadcast with one sample of shape \(5,\)"):
            imputer.impute(x, torch.ones(3, 5).bool(), rows=rows)


def test_donors_of_another_shape_or_not_finite_are_refused() -> None:
    with pytest.raises(InputError, match=r"swap should draw from samples of shape \(5,\). Found \(1,\)"):
        Swap(torch.zeros(4, 1)).impute(torch.rand(3, 5), draw_mask(3, 5), rows=torch.arange(3))
    with pytest.raises(InputError, match=r"swap should draw from finite samples\. Found 1 of 4 values"):
        Swap(torch.tensor([[1.0, torch.nan], [0.0, 1.0]]))


def test_a_reference_in_words_is_refused() -> None:
    with pytest.raises(InputError, match=r"reference should be a number or a tensor\. Found str"):
        Constant("mean")  # type: ignore[arg-type]
