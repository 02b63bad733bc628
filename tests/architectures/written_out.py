"""Networks of the field that no package at hand carries, small enough for a test."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class UNet(nn.Module):
    """Two levels down and up, with concatenated skips; a map of logits per class (Ronneberger 2015)."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.down_1, self.down_2, self.bottom = self._pair(channels, 8), self._pair(8, 16), self._pair(16, 32)
        self.up_2, self.up_1 = nn.ConvTranspose2d(32, 16, 2, 2), nn.ConvTranspose2d(16, 8, 2, 2)
        self.back_2, self.back_1 = self._pair(32, 16), self._pair(16, 8)
        self.classify = nn.Conv2d(8, classes, 1)

    @staticmethod
    def _pair(channels: int, filters: int) -> nn.Sequential:
        convolutions = []
        for each in (channels, filters):
            convolutions += [
                nn.Conv2d(each, filters, 3, padding=1),
                nn.BatchNorm2d(filters),
                nn.ReLU(inplace=True),
            ]
        return nn.Sequential(*convolutions)

    def forward(self, x: Tensor) -> Tensor:
        first = self.down_1(x)
        second = self.down_2(nn.functional.max_pool2d(first, 2))
        bottom = self.bottom(nn.functional.max_pool2d(second, 2))
        back = self.back_2(torch.cat([second, self.up_2(bottom)], 1))
        return self.classify(self.back_1(torch.cat([first, self.up_1(back)], 1)))


class HybridSN(nn.Module):
    """Three convolutions over band and pixels, one over pixels, three linear layers (Roy et al. 2020)."""

    def __init__(self, bands: int, window: int, classes: int) -> None:
        super().__init__()
        self.spectral = nn.Sequential(
            *(nn.Conv3d(1, 8, (7, 3, 3)), nn.ReLU(inplace=True)),
            *(nn.Conv3d(8, 16, (5, 3, 3)), nn.ReLU(inplace=True)),
            *(nn.Conv3d(16, 32, 3), nn.ReLU(inplace=True)),
        )
        self.spatial = nn.Sequential(nn.Conv2d(32 * (bands - 12), 64, 3), nn.ReLU(inplace=True))
        self.dense = nn.Sequential(
            *(nn.Linear(64 * (window - 8) ** 2, 256), nn.ReLU(inplace=True), nn.Dropout(0.4)),
            *(nn.Linear(256, 128), nn.ReLU(inplace=True), nn.Dropout(0.4)),
            nn.Linear(128, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.spectral(x)
        hidden = self.spatial(hidden.reshape(len(x), -1, *hidden.shape[-2:]))
        return self.dense(hidden.view(len(x), -1))


class Residual(nn.Module):
    """Two convolutions of one size, each with batch norm before it is added or activated."""

    def __init__(self, filters: int, kernel: tuple[int, ...]) -> None:
        super().__init__()
        options: dict[str, Any] = {"padding": tuple(each // 2 for each in kernel)}
        self.conv_1 = nn.Conv3d(filters, filters, kernel, **options)
        self.norm_1 = nn.BatchNorm3d(filters)
        self.conv_2 = nn.Conv3d(filters, filters, kernel, **options)
        self.norm_2 = nn.BatchNorm3d(filters)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.norm_2(self.conv_2(torch.relu(self.norm_1(self.conv_1(x))))))


class SSRN(nn.Module):
    """Residual blocks over the bands, then residual blocks over the pixels (Zhong et al. 2018)."""

    def __init__(self, bands: int, window: int, classes: int) -> None:
        super().__init__()
        left = (bands - 7) // 2 + 1
        self.enter = nn.Sequential(
            nn.Conv3d(1, 24, (7, 1, 1), stride=(2, 1, 1)), nn.BatchNorm3d(24), nn.ReLU()
        )
        self.spectral = nn.Sequential(Residual(24, (7, 1, 1)), Residual(24, (7, 1, 1)))
        self.squeeze = nn.Sequential(nn.Conv3d(24, 128, (left, 1, 1)), nn.BatchNorm3d(128), nn.ReLU())
        self.turn = nn.Sequential(nn.Conv3d(1, 24, (128, 3, 3)), nn.BatchNorm3d(24), nn.ReLU())
        self.spatial = nn.Sequential(Residual(24, (1, 3, 3)), Residual(24, (1, 3, 3)))
        self.pool = nn.AvgPool3d((1, window - 2, window - 2))
        self.classify = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(24, classes))

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.squeeze(self.spectral(self.enter(x)))
        hidden = self.turn(hidden.permute(0, 2, 1, 3, 4))
        return self.classify(self.pool(self.spatial(hidden)))


class Hyper3DNetLiteWithNorm(nn.Module):
    """The network as its authors published it: convolution, ReLU, then batch norm (Morales et al. 2021)."""

    def __init__(self, bands: int, classes: int) -> None:
        super().__init__()
        self.cube = nn.Sequential(
            *(nn.Conv3d(1, 16, 3, padding=1), nn.ReLU(inplace=True), nn.BatchNorm3d(16)),
            *(nn.Conv3d(16, 16, 3, padding=1), nn.ReLU(inplace=True), nn.BatchNorm3d(16)),
        )
        self.separable = nn.Sequential(
            *self._separable(16 * bands, 320, 5, 1),
            *self._separable(320, 256, 3, 2),
            *self._separable(256, 256, 3, 2),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classify = nn.Linear(256, classes)

    @staticmethod
    def _separable(channels: int, filters: int, kernel: int, stride: int) -> list[nn.Module]:
        return [
            nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels),
            *(nn.ReLU(inplace=True), nn.BatchNorm2d(channels)),
            nn.Conv2d(channels, filters, 1),
            *(nn.ReLU(inplace=True), nn.BatchNorm2d(filters)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.cube(x)
        hidden = self.separable(hidden.reshape(len(x), -1, *x.shape[-2:]))
        return self.classify(self.pool(hidden).flatten(1))


class SequenceClassifier(nn.Module):
    """Embedded tokens, a recurrent network of two layers and both directions, one linear layer."""

    def __init__(self, cell: type[nn.LSTM | nn.GRU], classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(99, 12, padding_idx=0)
        self.recurrent = cell(12, 10, num_layers=2, bidirectional=True, dropout=0.3, batch_first=True)
        self.classify = nn.Linear(20, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        lengths = (tokens != 0).sum(1)
        packed = pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)
        outputs, _ = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True)
        return self.classify(outputs.sum(1) / lengths[:, None])
