"""The checks that every network makes: of the numbers it is built from, and of the shape of its input."""

from torch import Tensor

from lrprism.errors import InputError, ModelError


def check_sizes(network: str, **sizes: tuple[object, int]) -> None:
    """Refuse the numbers from which a network cannot be built.

    Args:
        network: The name of the network, for the message.
        **sizes: For each argument of the network, the value given and the least that works.

    Raises:
        ModelError: If a value is not a whole number, or is too small.
    """
    for name, (value, least) in sizes.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ModelError(
                f"{name} of {network} should be a whole number of at least {least}. Found {value!r}. "
                f"Give {name}={least} or more."
            )


def check_shape(noun: str, found: Tensor, expected: tuple[int, ...]) -> None:
    """Refuse a batch of another shape than the network was built for.

    Args:
        noun: What the batch holds, for the message: ``"Patches"`` or ``"Spectra"``.
        found: The batch, ``[N, *expected]`` if all is well.
        expected: The shape of one sample.

    Raises:
        InputError: If the shape of a sample is another one.
    """
    if found.shape[1:] != expected:
        shape = ", ".join(str(size) for size in expected)
        raise InputError(
            f"{noun} should have shape (N, {shape}). Found {tuple(found.shape)}. Bring them into this "
            "layout, or build the network for these bands and window."
        )
