"""The kinds of op that relevance meets on its way."""

from enum import Enum


class Kind(Enum):
    """An effect of ops on relevance; composites give rules by it."""

    CONVOLUTION = "convolution"
    """Convolution or transposed convolution with constant weights."""

    LINEAR = "linear"
    """Fully connected layer, or any product of matrices of which one is constant."""

    AVERAGE_POOLING = "average pooling"
    """A mean over positions."""

    ACTIVATION = "activation"
    """An elementwise function; relevance passes unchanged."""

    NORMALIZATION = "normalization"
    """Scaling by statistics, which count as constants."""

    SCALING = "scaling"
    """A quotient whose divisor depends on the inputs too, and counts as a constant."""

    PRODUCT = "product"
    """A product of tensors that all carry relevance; a rule shares it among them."""

    ATTENTION = "attention"
    """Scaled dot product attention: two products and a softmax in one."""

    SOFTMAX = "softmax"
    """Softmax and its logarithm: a first-order expansion, which keeps a share."""

    ROUTING = "routing"
    """Reshaping, selecting, adding, scaling: the plain gradient already is the LRP-0 rule."""

    EMBEDDING = "embedding"
    """Looking up vectors by token: where the relevance of token ids is read."""

    IDENTITY = "identity"
    """Switched off while explaining, as dropout is."""

    STOPPED = "stopped"
    """A value that counts as a constant from here on, as after ``detach()``."""

    UNKNOWN = "unknown"
    """No rule is known: the plain gradient is used, and said."""

    __hash__ = object.__hash__  # each member is one object; Enum would hash its name, in Python

    @property
    def is_affine(self) -> bool:
        """True if the op has weights that a rule can modify."""
        return self in _AFFINE


_AFFINE = frozenset({Kind.CONVOLUTION, Kind.LINEAR})
