"""The one place that tells tensors with values from those of a program that is being written."""

from torch import Tensor


def has_values(tensor: Tensor) -> bool:
    """Return True if branches may depend on the values of a tensor.

    While ``torch.fx`` or ``torch.export`` writes a program, tensors stand for those of all later inputs: what
    is quicker for some values is left out, and what is right for all of them is computed.

    Args:
        tensor: Any tensor.
    """
    # the attribute of torch's fake tensors, whose class is not imported for a look
    return not hasattr(tensor, "fake_mode")
