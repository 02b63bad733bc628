"""How strong each planted feature is in each sample, and so which class the sample is of."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError
from lrprism.spectral.simulate.arrays import Labels, Numbers
from lrprism.spectral.simulate.features import Role

SPREAD: Final = 0.5
"""Standard deviation of a strength within its class, where the classes stand at -1 and +1."""


def class_signs(classes: int, carriers: int) -> Numbers:
    r"""Give each class a row of signs that no other class has.

    The sign of class c in feature j is :math:`(-1)^{|c \wedge m_j|}`, with the number of ones in the bitwise
    product of c and the mask :math:`m_j`: columns of Walsh and Hadamard. The masks are 1, 2, 4, ... first,
    which tell the classes apart, then the others, each of which takes the place of a disturbed one. For 4
    classes and 3 features any two rows differ in 2 signs, and each feature is needed as much as the others.

    Args:
        classes: Number of classes, 2 or more.
        carriers: Number of features that carry them.

    Returns:
        Signs ``[class, feature]``.

    Raises:
        InputError: If there are too few classes, or too few features to tell them apart.
    """
    if classes < 2:
        raise InputError(f"classes should be 2 or more. Found {classes}. Ask for 2 at least.")
    bits = (classes - 1).bit_length()
    if carriers < bits:
        raise InputError(
            f"{classes} classes should have {bits} features or more to carry them. Found {carriers}. "
            "Plant more features, or fewer classes."
        )
    powers = [1 << bit for bit in range(bits)]
    others = [mask for mask in range(1, 1 << bits) if mask not in powers]
    masks = (powers + others) * carriers  # more than enough
    return np.array([[(-1.0) ** (c & mask).bit_count() for mask in masks[:carriers]] for c in range(classes)])


def draw_strengths(
    y: Labels,
    roles: Sequence[Role],
    signs: Numbers,
    is_test: npt.NDArray[np.bool_],
    generator: np.random.Generator,
    groups: Labels | None = None,
) -> Numbers:
    r"""Draw the strength of each feature in each sample, :math:`\pm 1 + 0.5\,\epsilon` with normal noise.

    The sign of a class feature is that of the sample's class. A decoy takes the sign of a class that is drawn
    anew for it, so that its strengths have the same distribution, and so the same variance. A blind feature
    does as a decoy outside the test part, and as a class feature inside.
    Shapes: ``y``, ``is_test``, ``groups``: ``[sample]``; ``signs``: ``[class, class feature]``; result
    ``[sample, feature]``.

    Args:
        y: Class of each sample.
        roles: Role of each feature.
        signs: Sign of each class in each class feature, of :func:`class_signs`.
        is_test: The samples of the test part.
        generator: Source of the random numbers.
        groups: Samples of one group have one sign in each decoy, as they have one class; by default each
            sample is a group of its own.
    """
    _, group = np.unique(np.arange(len(y)) if groups is None else groups, return_inverse=True)
    # a decoy permutes the classes of the groups: as many of each sign as in a class feature
    class_of_group = np.zeros(group.max(initial=-1) + 1, dtype=np.int64)
    class_of_group[group] = y
    strengths = SPREAD * generator.standard_normal((len(y), len(roles)))
    for feature, role in enumerate(roles):
        sign = signs[:, feature % signs.shape[1]]
        shuffled = sign[generator.permutation(class_of_group)[group]]
        informed = (role == "class") | ((role == "blind") & is_test)
        strengths[:, feature] += np.where(informed, sign[y], shuffled)
    return strengths
