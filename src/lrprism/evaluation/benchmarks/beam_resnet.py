"""BEAM on a ResNet-50 whose weights are set by hand, and its images of 224 x 224 pixels.

The concepts of :mod:`~lrprism.evaluation.benchmarks.beam` stand in 6 x 6 blocks of 3 x 3 cells, all blocks
about the same class; those of the last row and column have no truth. Shortcuts add what is already 1, and a
ReLU that ends at 1 cuts it: the plain gradient is 0 nearly everywhere.
"""

from typing import final

import torch
from torch import Tensor, nn

from lrprism.evaluation.benchmarks.beam import WEIGHTS, Images, draw_cells, list_classes
from lrprism.evaluation.benchmarks.beam_networks import FullReLU

USED = (7, 22, 28, 37, 6, 21, 27, 36, 19, 34, 52, 61, 20, 35, 46, 76, 109, 45, 75, 108, 58, 100, 133, 59)
"""Detectors in use, in the order of their channels: ``part + 12 * colour + 36 * quadrant``."""
DETECTOR = {number: channel for channel, number in enumerate(USED)}
DEPTHS, SIDE, PITCH, BLOCK = (3, 4, 6, 3), 224, 8, 32
Entry = tuple[int, int, int, int, float]
"""A weight: output channel, input channel, row, column, value."""


def make_data(seed: int, concept: int, each: int = 1) -> Images:
    """Return images of 224 x 224 pixels, ``each`` of every class that is not ambiguous.

    Args:
        seed: Of the draws.
        concept: 0 to 4.
        each: How many images of each class.

    Raises:
        InputError: If there is no such concept.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = [label for label in list_classes(concept) for _ in range(each)]
    images = torch.stack([_draw_image(concept, label, generator) for label in labels], 1)
    return Images(images[0], torch.tensor(labels), images[1], concept)


def _draw_image(concept: int, label: int, generator: torch.Generator) -> Tensor:
    image = torch.zeros(2, 3, SIDE, SIDE)
    for left in range(1, 7):
        for top in range(1, 7):
            cells = draw_cells(concept, label, generator)
            if 6 in (left, top):  # the network does not read these
                cells[1] = 0
            for cell in range(9):
                y, x = BLOCK * top + PITCH * (cell // 3) + 1, BLOCK * left + PITCH * (cell % 3) + 1
                # the parts of a cell are one pixel apart
                for row in range(2):
                    for column in range(2):
                        part = cells[:, cell, :, 3 * row : 3 * row + 3, 3 * column : 3 * column + 3]
                        image[..., y + 4 * row : y + 4 * row + 3, x + 4 * column : x + 4 * column + 3] = part
    return image


@final
class Masked(nn.Module):
    """Keep every eighth or so position, in the place of a batch norm: it stands for a stride.

    Args:
        side: The side of the map.
        kept: The rows that stay, and the columns.
    """

    mask: Tensor

    def __init__(self, side: int, kept: list[int]) -> None:
        """Build the mask."""
        super().__init__()
        mask = torch.zeros(side, side)
        mask[torch.tensor(kept)[:, None], torch.tensor(kept)] = 1
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` at the kept positions, 0 elsewhere."""
        return x * self.mask


def _build_norm(channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels, eps=1.001e-5)


@final
class Bottleneck(nn.Module):
    """Three convolutions beside a shortcut, with the stride in the first, as ResNet-50 was published."""

    def __init__(self, before: int, width: int, stride: int, *, project: bool, kernel: int = 1) -> None:
        """Build the layers; ``project`` puts a convolution on the shortcut."""
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, kernel, stride)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.conv3 = nn.Conv2d(width, 4 * width, 1)
        self.norm1, self.norm2, self.norm3 = map(_build_norm, (width, width, 4 * width))
        self.relu1, self.relu2, self.relu3 = FullReLU(), FullReLU(), FullReLU()
        self.conv0 = nn.Conv2d(before, 4 * width, 1, stride) if project else None
        self.norm0 = _build_norm(4 * width) if project else None

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of both ways, cut to [0, 1]."""
        shortcut = x if self.conv0 is None or self.norm0 is None else self.norm0(self.conv0(x))
        inner = self.relu1(self.norm1(self.conv1(x)))
        inner = self.norm3(self.conv3(self.relu2(self.norm2(self.conv2(inner)))))
        total: Tensor = self.relu3(shortcut + inner)
        return total


@final
class BeamResNet(nn.Module):
    """ResNet-50 without its last layer. Shapes: ``[N, 3, 224, 224]`` to ``[N, 2048]``; 5 of them are classes.

    Args:
        concept: The concept that its classes speak of.
    """

    def __init__(self, concept: int) -> None:
        """Build the layers and set their weights; those that say nothing are 0."""
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3)
        kept = [3 + 4 * a + 16 * b - 1 for a in range(3) for b in range(7)]
        self.norm1, self.relu1 = Masked(112, kept), FullReLU()
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        stages, before = [], 64
        for stage, depth in enumerate(DEPTHS):
            width, blocks = 64 * 2**stage, []
            for number in range(depth):
                stride = 2 if stage and not number else 1
                kernel = 2 if (stage, number) == (1, 0) else 1
                blocks.append(Bottleneck(before, width, stride, project=not number, kernel=kernel))
                before = 4 * width
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        last = self._block(0, 2)
        last.norm3 = Masked(56, [3 + 8 * place for place in range(7)])
        with torch.no_grad():
            self._set_weights(concept)

    def forward(self, x: Tensor) -> Tensor:
        """Return the mean of every channel over the image."""
        x = self.pool(self.relu1(self.norm1(self.conv1(x))))
        means: Tensor = self.stages(x).mean((2, 3))
        return means

    def _block(self, stage: int, number: int) -> Bottleneck:
        block = self.stages[stage][number]  # type: ignore[index]
        assert isinstance(block, Bottleneck)
        return block

    def _set_weights(self, concept: int) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.zero_()
                module.bias.zero_()  # type: ignore[union-attr]
        self._set_parts()
        self._set_concepts()
        self._set_classes(concept)
        for stage, number in ((1, 0), (1, 3), (2, 0), (2, 3)):
            self._carry(self._block(stage, number), shifted=(stage, number) == (1, 3))
        for stage, first in ((1, 1), (2, 1), (2, 4)):
            self._repeat_classes(self._block(stage, first), self._block(stage, first + 1))
        self._join_blocks()

    def _set_parts(self) -> None:
        for number, channel in DETECTOR.items():
            part, colour, quadrant = number % 12, number // 12 % 3, number // 36
            row, column = 4 * (quadrant // 2), 4 * (quadrant % 2)
            self.conv1.weight[channel, colour, row : row + 3, column : column + 3] = torch.tensor(
                WEIGHTS[part], dtype=torch.float32
            )
            self.conv1.bias[channel] = -1  # type: ignore[index]

    def _set_concepts(self) -> None:
        """Pairs of parts on the shortcut, a negation beside it, concepts in the second block."""
        pairs = {
            0: ((7, 22 + 24), -1), 1: ((4 + 72, 1 + 108), -1), 2: ((6, 9 + 36), -1), 3: ((3 + 72, 108), -1),
            4: ((19, 58), 0), 5: ((100, 133), -1), 7: ((20, 59), 0),
        }  # fmt: skip
        block = self._block(0, 0)
        for channel, (numbers, bias) in pairs.items():
            add = [(channel, DETECTOR[number], 0, 0, 1.0) for number in numbers]
            _set(block.conv0, add, {channel: bias})
        _set(block.conv1, [(6, DETECTOR[number], 0, 0, 1.0) for number in (20, 59)], {6: -1})
        _set(block.conv2, [(6, 6, 1, 1, 1.0), (8, 6, 1, 1, -1.0)], {8: 1})
        _copy(block.conv3)
        terms = {9: ((0, 1), 0), 10: ((2, 3), -1), 11: ((4, 5), -1), 12: ((6,), 0), 13: ((7, 8), -1)}
        for channel, (inputs, bias) in terms.items():
            _set(self._block(0, 1).conv1, [(channel, one, 0, 0, 1.0) for one in inputs], {channel: bias})

    def _set_classes(self, concept: int) -> None:
        """Statements about cells in the second block, classes in the third."""
        second, third = self._block(0, 1), self._block(0, 2)
        source, one, two, three = 9 + concept, (0, 0), (0, 2), (2, 0)
        statements = {14: ((one,), 0), 15: ((three,), 0), 16: ((one, two), -1), 17: ((one, two), 0),
                      18: ((one, three), 0), 19: ((one, two), 0)}  # fmt: skip
        for channel, (places, bias) in statements.items():
            _set(second.conv2, [(channel, source, *place, 1.0) for place in places], {channel: bias})
        _set(second.conv3, [(channel, channel, 0, 0, 1.0) for channel in range(14, 20)], {})
        _set(
            second.conv3,
            [(20, 16, 0, 0, -1.0), (21, 18, 0, 0, -1.0), (22, 19, 0, 0, -1.0)],
            {20: 1, 21: 1, 22: 1},
        )
        _copy(third.conv1)
        classes = [(23, 14, 0, 0, 1.0), (24, 15, 0, 0, 1.0), (25, 16, 0, 2, 1.0), (26, 17, 0, 2, 1.0),
                   (26, 20, 0, 2, 1.0), (27, 21, 0, 0, 1.0), (27, 22, 0, 2, 1.0)]  # fmt: skip
        _set(third.conv2, classes, {26: -1, 27: -1})
        _set(third.conv3, [(channel, channel, 0, 0, 1.0) for channel in range(23, 28)], {})

    @staticmethod
    def _carry(block: Bottleneck, *, shifted: bool) -> None:
        """Hand all channels on; ``shifted`` reads each from the lower right."""
        _copy(block.conv1)
        _copy(block.conv2, 2 if shifted else 1)
        _copy(block.conv3)

    @staticmethod
    def _repeat_classes(first: Bottleneck, second: Bottleneck) -> None:
        """Say each class again, with a tautology and with a contradiction about the next."""
        for block in (first, second):
            _set(block.conv1, [(23 + k, 23 + k, 0, 0, 1.0) for k in range(5)], {})
            _set(block.conv1, [(28 + k, 23 + k, 0, 0, -1.0) for k in range(5)], {28 + k: 1 for k in range(5)})
            _set(block.conv2, [(23 + k, 23 + k, 1, 1, 1.0) for k in range(5)], {})
            _set(block.conv3, [(23 + k, 23 + k, 0, 0, 1.0) for k in range(5)], {23 + k: -1 for k in range(5)})
        either = [(64 + k, source + k, 1, 1, 1.0) for k in range(5) for source in (23, 28)]
        _set(first.conv2, either, {})
        _set(first.conv3, [(23 + k, 64 + (k + 1) % 5, 0, 0, 1.0) for k in range(5)], {})
        _set(second.conv2, [(23 + k, 28 + (k + 1) % 5, 1, 1, 1.0) for k in range(5)], {})
        # as published: the next channel but five, which for the last class is empty
        _set(second.conv3, [(23 + k, 29 + k, 0, 0, 1.0) for k in range(5)], {})

    def _join_blocks(self) -> None:
        """Ask that the class holds in all blocks of the image."""
        first, second, third = (self._block(3, number) for number in range(3))
        nn.init.constant_(first.conv1.bias, -1000)  # type: ignore[arg-type]
        _set(first.conv1, [(64 + k, 23 + k, 0, 0, 1.0) for k in range(5)], {64 + k: 0 for k in range(5)})
        _set(first.conv2, [(32 + k, 64 + k, 0, 0, 1.0) for k in range(5)], {})
        _copy(first.conv3)
        _copy(second.conv1)
        around = [
            (target + k, 32 + k, y, x, 1.0)
            for k in range(5)
            for target in (32, 64)
            for y in range(3)
            for x in range(3)
        ]
        _set(second.conv2, around, {64 + k: -8 for k in range(5)})
        _set(
            second.conv3,
            [(64 + k, 64 + k, 0, 0, 1.0) for k in range(5)]
            + [(32 + k, 32 + k, 0, 0, -1.0) for k in range(5)],
            {},
        )
        _copy(third.conv1)
        around = [(k, 64 + k, y, x, 1.0) for k in range(5) for y in range(3) for x in range(3)]
        _set(
            third.conv2, around + [(64 + k, 64 + k, 1, 1, 1.0) for k in range(5)], dict.fromkeys(range(5), -8)
        )
        _set(
            third.conv3,
            [(k, k, 0, 0, 1.0) for k in range(5)] + [(64 + k, 64 + k, 0, 0, -1.0) for k in range(5)],
            {},
        )


def _set(layer: nn.Conv2d | None, entries: list[Entry], biases: dict[int, int]) -> None:
    assert layer is not None
    for output, source, row, column, value in entries:
        layer.weight[output, source, row, column] = value
    for output, value in biases.items():
        layer.bias[output] = value  # type: ignore[index]


def _copy(layer: nn.Conv2d, place: int = 1) -> None:
    """Hand each channel on: at one place of a 3 x 3 kernel, at every place of a smaller one."""
    channels = torch.arange(min(layer.weight.shape[:2]))
    if layer.kernel_size == (3, 3):
        layer.weight[channels, channels, place, place] = 1
    else:
        layer.weight[channels, channels] = 1
