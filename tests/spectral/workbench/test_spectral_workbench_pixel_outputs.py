import numpy as np
import torch

from lrprism.spectral.workbench.pixel_outputs import PixelOutputs
from lrprism.spectral.workbench.pixel_targets import PixelTargets


def test_a_pixel_of_two_windows_counts_once_by_the_mean_of_its_logits() -> None:
    # one row of 4 pixels in 3 rows; the labelled ones are the middle row but its first
    classes = np.full((3, 4), -1)
    classes[1, 1:] = [0, 1, 1]
    targets, numbers = PixelTargets(classes, 3), np.array([5, 6])
    merged = PixelOutputs(targets, numbers, 2)
    logits = torch.zeros(2, 2, 3, 3)
    # the middle rows: columns 0 to 2 of the first window, 1 to 3 of the second
    logits[0, 0, 1], logits[1, 0, 1] = torch.tensor([7.0, 2, 4]), torch.tensor([4.0, 6, 8])
    merged.add(numbers[:1], logits[:1])
    merged.add(numbers[1:], logits[1:])
    mean, labels = merged.average()
    # (2 + 4) / 2, (4 + 6) / 2, and 8 of one window
    assert mean[:, 0].tolist() == [3, 5, 8]
    assert labels.tolist() == [0, 1, 1]


def test_the_order_and_the_pieces_make_no_difference() -> None:
    generator = np.random.default_rng(0)
    targets = PixelTargets(generator.integers(-1, 3, (12, 15)), 5)
    numbers = np.array([32, 33, 50, 80, 95, 110])
    logits = torch.from_numpy(generator.normal(size=(6, 3, 5, 5)))
    whole, pieces = PixelOutputs(targets, numbers, 3), PixelOutputs(targets, numbers, 3)
    whole.add(numbers, logits)
    for index in (4, 0, 5, 2, 1, 3):
        pieces.add(numbers[index : index + 1], logits[index : index + 1])
    torch.testing.assert_close(pieces.average(), whole.average())
    # one pixel at a time
    pixels = targets.list_labelled(numbers)
    for row, pixel in enumerate(pixels):
        values = [
            logits[window, :, *np.argwhere(places == pixel)[0]]
            for window, places in enumerate(targets.locate(numbers))
            if (places == pixel).any()
        ]
        torch.testing.assert_close(whole.average()[0][row], torch.stack(values).mean(0))


def test_pixels_lie_in_squares_as_large_as_a_window() -> None:
    targets = PixelTargets(np.zeros((5, 7), dtype=np.int64), 3)
    outputs = PixelOutputs(targets, np.array([8, 26]), 1)  # round row 1, column 1, and row 3, column 5
    # rows 0 to 2 of columns 0 to 2 are the first square; columns 4 to 6 begin in the second
    squares = outputs.name_squares()
    assert len(np.unique(squares)) == 5
    assert squares[:3].tolist() == [0, 0, 0]
