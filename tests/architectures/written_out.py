"""Networks of the field that no package at hand carries, small enough for a test."""

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
