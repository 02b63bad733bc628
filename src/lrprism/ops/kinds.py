"""The kinds of op that relevance meets on its way."""

from enum import Enum


class Kind(Enum):
    """What an op does to relevance; composites give rules by it."""

    CONVOLUTION = "convolution"
    """Convolution or transposed convolution with constant weights."""

    LINEAR = "linear"
    """Fully connected layer with constant weights."""

    AVERAGE_POOLING = "average pooling"
    """A mean over positions."""

    ACTIVATION = "activation"
    """An elementwise function; relevance passes unchanged."""

    NORMALIZATION = "normalization"
    """Batch norm with its running statistics: an affine op per channel."""

    ROUTING = "routing"
    """Reshaping, selecting, adding, scaling: the plain gradient already is the LRP-0 rule."""

    IDENTITY = "identity"
    """Switched off while explaining, as dropout is."""

    UNKNOWN = "unknown"
    """No rule is known: the plain gradient is used, and said."""

    @property
    def is_affine(self) -> bool:
        """Whether the op has weights that a rule can modify."""
        return self in (Kind.CONVOLUTION, Kind.LINEAR)
