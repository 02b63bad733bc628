"""What each kind of node of the autograd graph does to a tensor: said here and nowhere else."""

from __future__ import annotations

from enum import Flag, auto
from functools import cache
from typing import Any

from torch import Tensor


class Facet(Flag):
    """What a node does to the tensor that it gets; several may hold."""

    MOVES = auto()
    """Entries are copied to other places, or left out; new places hold constants."""

    KEEPS_SIGN = auto()
    """No output is negative where no input is."""

    KEEPS_GATE = auto()
    """A gate in front is a gate behind: entries are moved, averaged, chosen, shifted or scaled."""

    ADDS = auto()
    """Sums of entries, each counted as it is or times a constant; moves are such sums too."""

    ELEMENTWISE = auto()
    """Each output depends on the inputs at its own place alone."""

    JOINS_GATES = auto()
    """Several tensors become one, which is a gate where all of them are."""

    COMBINES_GATES = auto()
    """Of sigmoids and softmaxes alone a gate is made; of activations a signal."""

    CONTRACTS = auto()
    """Products of entries of several tensors are added up."""

    KEEPS_ORDER = auto()
    """The entries stay as they are and in the order of memory, in another shape."""

    SCALES = auto()
    """Of one live tensor, the entries are shifted and scaled by constants."""


RELUS = frozenset({"ReluBackward", "_RectifiedBackward"})
"""The nodes that a ReLU leaves in the autograd graph: torch's and our own."""

_MOVES = """
    Alias AsStrided BlockDiag Cat ChannelShuffle Clone Diagonal DiagEmbed Expand Flip Gather Im2Col Index
    IndexSelect MaskedSelect NativeChannelShuffle Permute PixelShuffle PixelUnshuffle ReflectionPad1D
    ReflectionPad2D ReflectionPad3D Repeat ReplicationPad1D ReplicationPad2D ReplicationPad3D ReshapeAlias
    Roll Rot90 Select Slice Split SplitWithSizes Squeeze Stack T Take ToCopy Transpose Tril Triu Unbind Unfold
    UnsafeSplit UnsafeSplitWithSizes UnsafeView Unsqueeze View
"""
_MOVES_BESIDE_CONSTANTS = """
    ConstantPadNd DiagonalScatter IndexCopy IndexFill IndexPut MaskedFill MaskedScatter Put Scatter
    SelectScatter SliceScatter Where
"""
_SUMS = "Col2Im Cumsum IndexAdd Mean Nansum ScatterAdd Sum"
_AVERAGES = """
    AdaptiveAvgPool2D AdaptiveAvgPool3D AvgPool2D AvgPool3D MkldnnAdaptiveAvgPool2D UpsampleLinear1D
    UpsampleBilinear2D UpsampleBilinear2DAa UpsampleTrilinear3D UpsampleNearest1D UpsampleNearest2D
    UpsampleNearest3D UpsampleNearestExact1D UpsampleNearestExact2D UpsampleNearestExact3D
    GridSampler2D GridSampler3D
"""
_CHOICES = """
    AdaptiveMaxPool2D AdaptiveMaxPool3D Amax Amin Cummax Cummin FractionalMaxPool2D FractionalMaxPool3D
    Kthvalue Max MaxPool2DWithIndices MaxPool3DWithIndices MaxUnpool2D MaxUnpool3D Median Min Mode Sort Topk
"""
_SHIFTS_AND_SCALES = "Add Div Mul Neg Rsub Sub"
_MATRIX_PRODUCTS = "Addbmm Addmm Addmv Addr Baddbmm Bmm Dot LinalgVecdot Mm Mv Trilinear Vdot"
_COMBINATIONS = """
    Addcmul Fmax Fmin IndexReduce Logsumexp Maximum Minimum Mul Rsub ScatterReduce SegmentReduce Sub
"""

_ANY_MOVE = Facet.MOVES | Facet.KEEPS_GATE | Facet.ADDS | Facet.JOINS_GATES

_ROWS: list[tuple[str, Facet]] = [
    (_MOVES, _ANY_MOVE | Facet.KEEPS_SIGN),
    (_MOVES_BESIDE_CONSTANTS, _ANY_MOVE),
    ("CopySlices", _ANY_MOVE),
    ("CopyBackwards", _ANY_MOVE | Facet.KEEPS_SIGN | Facet.ELEMENTWISE),
    (_SUMS, Facet.KEEPS_SIGN | Facet.ADDS),
    (_AVERAGES, Facet.KEEPS_SIGN | Facet.KEEPS_GATE | Facet.ADDS),
    (_CHOICES, Facet.KEEPS_SIGN | Facet.KEEPS_GATE),
    ("UpsampleBicubic2D UpsampleBicubic2DAa Mean", Facet.KEEPS_GATE | Facet.ADDS),
    ("Cumprod Prod", Facet.KEEPS_SIGN | Facet.KEEPS_GATE),
    (_SHIFTS_AND_SCALES, Facet.KEEPS_GATE | Facet.ELEMENTWISE | Facet.SCALES),
    ("ReshapeAlias Squeeze UnsafeView Unsqueeze View", Facet.KEEPS_ORDER),
    ("_Damped _Shared", Facet.KEEPS_SIGN | Facet.KEEPS_GATE | Facet.ADDS | Facet.ELEMENTWISE),
    ("Alias Clone MaskedFill ToCopy Where Relu _Passed _Rectified", Facet.ELEMENTWISE),
    ("Clamp ClampMin LeakyRelu", Facet.ELEMENTWISE),
    ("Add", Facet.ADDS | Facet.JOINS_GATES),
    (f"{_SUMS} {_COMBINATIONS}", Facet.COMBINES_GATES),
    (_MATRIX_PRODUCTS, Facet.COMBINES_GATES | Facet.CONTRACTS),
]
"""The kinds of node by the names that torch gives them, and what holds for all of a row."""


def _table() -> dict[str, Facet]:
    table: dict[str, Facet] = {}
    for names, facets in _ROWS:
        for name in names.split():
            key = name if name.startswith("Copy") else f"{name}Backward"
            table[key] = table.get(key, Facet(0)) | facets
    return table


_TABLE = _table()


@cache
def _kind_named(name: str) -> str:
    # exported programs have a copying twin of every view: AliasBackward0_copy
    return name.rpartition(":")[2].removesuffix("_copy").rstrip("0123456789")


def name_of(node: Any) -> str:
    """Return the kind of a node, without the number that torch puts behind it."""
    kind = type(node).__name__  # quicker to have than the name
    return _kind_named(node.name() if kind == "CppFunction" else kind)


def names_with(facet: Facet) -> frozenset[str]:
    """Return the kinds of node that have a facet, as :func:`name_of` names them."""
    return frozenset(name for name, facets in _TABLE.items() if facet in facets)


def sources_of(node: Any) -> list[Any]:
    """Return the nodes that made the live inputs of a node."""
    return [source for source, _ in node.next_functions if source is not None]


def note_on(tensor: Tensor, key: str, value: Any) -> None:
    """Leave a note on the node that made a live tensor; it is read from the node's ``metadata``."""
    node: Any = tensor.grad_fn
    node.metadata[key] = value
