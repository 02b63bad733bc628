"""Small pictures of relevance and of inputs, as PNG inside the page."""

from __future__ import annotations

import base64
import struct
import zlib
from html import escape

import torch
from torch import Tensor
from torch.nn import functional as F

_RED, _BLUE, _GREY = (178.0, 24.0, 43.0), (33.0, 102.0, 172.0), 128
"""Ends of a scale that colour-blind readers tell apart (ColorBrewer's RdBu), and what stands for NaN."""

_SIDE = 160
"""The longer side of a picture on the page, in CSS pixels."""


def shrink(values: Tensor, most: int = 192) -> Tensor:
    """Average the pixels of pictures ``[..., y, x]`` until no side is longer than ``most``."""
    height, width = min(values.shape[-2], most), min(values.shape[-1], most)
    if (height, width) == values.shape[-2:]:
        return values
    flat = values.reshape(1, -1, *values.shape[-2:])
    return F.adaptive_avg_pool2d(flat, (height, width)).reshape(*values.shape[:-2], height, width)


def colour_relevance(values: Tensor, largest: float) -> Tensor:
    """Return relevance ``[y, x]`` in colours ``[y, x, 3]``: red for, blue against, white nothing, grey NaN.

    Args:
        values: Relevance.
        largest: The magnitude that gets the full colour.
    """
    share = (values / (largest or 1.0)).clamp(-1, 1)[..., None]
    end = torch.where(share > 0, torch.tensor(_RED).to(share), torch.tensor(_BLUE).to(share))
    return _to_bytes(255 + share.abs() * (end - 255), ~values.isfinite())


def colour_input(values: Tensor) -> Tensor:
    """Return an input ``[channel, y, x]`` in colours ``[y, x, 3]``: three channels as RGB, others as grey.

    Its numbers are stretched: black is the second percentile, white the 98th.
    """
    picture = values if len(values) == 3 else values.mean(0, keepdim=True).expand(3, -1, -1)
    finite = picture[picture.isfinite()]
    if not len(finite):
        return torch.full((*picture.shape[1:], 3), _GREY, dtype=torch.uint8)
    low, high = torch.quantile(finite, torch.tensor([0.02, 0.98]).to(finite)).tolist()
    # a picture of one value has no contrast to stretch
    stretched = (picture - low) / (high - low if high > low else 1.0)
    return _to_bytes(255 * stretched.clamp(0, 1).permute(1, 2, 0), ~picture.isfinite().all(0))


def _to_bytes(colours: Tensor, is_missing: Tensor) -> Tensor:
    return colours.masked_fill(is_missing[..., None], _GREY).round().to(torch.uint8)


def draw_picture(colours: Tensor, title: str) -> str:
    """Return a picture as an HTML image that holds its own data.

    Args:
        colours: Bytes ``[y, x, 3]``, neither side zero.
        title: What it shows, for those who do not see it.
    """
    height, width = colours.shape[:2]
    scale = _SIDE / max(height, width)
    # a side of a narrow picture may round to nothing
    size = f"width:{max(1, round(width * scale))}px;height:{max(1, round(height * scale))}px"
    data = base64.b64encode(_encode_png(colours)).decode()
    return (
        f'<img alt="{escape(title)}" title="{escape(title)}" '
        f'style="{size};image-rendering:pixelated;display:inline-block" src="data:image/png;base64,{data}">'
    )


def _encode_png(colours: Tensor) -> bytes:
    """Write 8-bit RGB as PNG: header, deflated lines without filter, end."""
    height, width = colours.shape[:2]
    lines = b"".join(b"\0" + bytes(line) for line in colours.reshape(height, -1).tolist())
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
