"""The table of facets: what each kind of node of the autograd graph does to a tensor."""

from __future__ import annotations

from enum import Flag, auto

from lrprism.graph.functions import AFFINE, DAMPED, PASSED, RECTIFIED, SHARED


class Facet(Flag):
    """A property of a node; a node may have several."""

    MOVES = auto()
    """Entries are copied to other places, or left out; new places hold constants."""

    KEEPS_SIGN = auto()
    """No output is negative where no input is."""

    KEEPS_GATE = auto()
    """A gate in front is a gate behind: entries are moved, averaged, chosen, shifted or scaled."""

    ADDS = auto()
    """Sums of entries, plain or weighted by constants; moves are such sums too."""

    ELEMENTWISE = auto()
    """Each output depends on the inputs at its own place alone."""

    JOINS_GATES = auto()
    """Several tensors become one, which is a gate if all of them are."""

    COMBINES_GATES = auto()
    """Sigmoids and softmaxes alone give a gate; activations give a signal."""

    CONTRACTS = auto()
    """Products of entries of several tensors are added up."""

    KEEPS_ORDER = auto()
    """The entries stay as they are and in the order of memory, in another shape."""

    SCALES = auto()
    """The entries of one live tensor are shifted and scaled by constants."""

    RECTIFIES = auto()
    """ReLU under its own name."""

    BOUNDS_BELOW = auto()
    """A ReLU in other words, where the bound is a constant."""

    MEASURES = auto()
    """A statistic that normalises: a signal times its norm is gated by it."""

    MULTIPLIES = auto()
    """One live tensor times a constant, or the tensor itself."""

    LEADS_TO_DIVISOR = auto()
    """What a sum gets before it divides: a small number added, a lower bound, a factor."""

    REDUCES = auto()
    """Several entries become one sum."""

    MAY_ADD_UP = auto()
    """A move that adds entries up that meet in one place, if told to ``accumulate``."""

    FINISHES = auto()
    """Often follows a softmax and belongs to it."""

    REORDERS = auto()
    """Entries move to a place that depends on their values."""


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
    # the constants may be negative
    (_MOVES_BESIDE_CONSTANTS, _ANY_MOVE),
    ("CopySlices", _ANY_MOVE),
    ("CopyBackwards", _ANY_MOVE | Facet.KEEPS_SIGN | Facet.ELEMENTWISE),
    (_SUMS, Facet.KEEPS_SIGN | Facet.ADDS | Facet.REDUCES),
    (_AVERAGES, Facet.KEEPS_SIGN | Facet.KEEPS_GATE | Facet.ADDS),
    (_CHOICES, Facet.KEEPS_SIGN | Facet.KEEPS_GATE),
    # bicubic weights can be negative
    ("UpsampleBicubic2D UpsampleBicubic2DAa Mean", Facet.KEEPS_GATE | Facet.ADDS),
    ("Cumprod Prod", Facet.KEEPS_SIGN | Facet.KEEPS_GATE),
    (_SHIFTS_AND_SCALES, Facet.KEEPS_GATE | Facet.ELEMENTWISE | Facet.SCALES),
    ("ReshapeAlias Squeeze UnsafeView Unsqueeze View", Facet.KEEPS_ORDER),
    (f"{DAMPED} {SHARED}", Facet.KEEPS_SIGN | Facet.KEEPS_GATE | Facet.ADDS | Facet.ELEMENTWISE),
    (f"Alias Clone MaskedFill ToCopy Where Relu {PASSED} {RECTIFIED}", Facet.ELEMENTWISE),
    (f"Relu {RECTIFIED}", Facet.RECTIFIES),
    # the bound or the slope may be negative
    ("Clamp ClampMin LeakyRelu", Facet.ELEMENTWISE),
    ("Clamp ClampMin Fmax Maximum", Facet.BOUNDS_BELOW),
    ("Add", Facet.ADDS | Facet.JOINS_GATES),
    (f"{_SUMS} {_COMBINATIONS}", Facet.COMBINES_GATES),
    (_MATRIX_PRODUCTS, Facet.COMBINES_GATES | Facet.CONTRACTS),
    ("LinalgVectorNorm Norm Std Var", Facet.MEASURES),
    ("Alias Div Mul", Facet.MULTIPLIES),
    ("Add Clamp ClampMin Div Mul", Facet.LEADS_TO_DIVISOR),
    # a product with a constant matrix is a sum too, as over the edges of a graph network
    (f"ScatterReduce SegmentReduce {AFFINE}", Facet.REDUCES),
    ("IndexPut UnsafeIndexPut Put", Facet.MAY_ADD_UP),
    ("Clamp ClampMax ClampMin Exp Log", Facet.FINISHES),
    ("Sort Topk", Facet.REORDERS),
]
"""The kinds of node by torch's names or ours, and the facets of all of a row."""


def _build_facets() -> dict[str, Facet]:
    table: dict[str, Facet] = {}
    for names, facets in _ROWS:
        for name in names.split():
            # torch's C++ functions and ours have no suffix
            is_full = name.startswith("Copy") or "::" in name
            key = name if is_full else f"{name}Backward"
            table[key] = table.get(key, Facet(0)) | facets
    return table


_TABLE = _build_facets()


def names_with(facet: Facet) -> frozenset[str]:
    """Return the kinds of node that have a facet, by the names of :func:`~lrprism.graph.nodes.name_of`."""
    return frozenset(name for name, facets in _TABLE.items() if facet in facets)


RELUS = names_with(Facet.RECTIFIES)
"""The nodes that a ReLU leaves in the autograd graph: torch's and ours."""
