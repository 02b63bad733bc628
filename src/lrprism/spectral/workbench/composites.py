"""The composites by the names that the command line knows."""

import re
from dataclasses import MISSING, fields
from typing import Final

from lrprism.composites import AbstractComposite, presets
from lrprism.errors import InputError


def _list_composites() -> dict[str, AbstractComposite]:
    """Name every preset that needs no further numbers, ``EpsilonPlusFlat`` as ``epsilon-plus-flat``."""
    composites: dict[str, AbstractComposite] = {
        "tutorial": presets.Hyper3DNetTutorial(),
        "lrp-0": presets.Epsilon(0),
        "epsilon-gamma-1": presets.EpsilonGamma(gamma=1.0),
    }
    for name in presets.__all__:
        preset = getattr(presets, name)
        # EpsilonGammaBox needs the range of the inputs, which a name cannot give
        if preset is not presets.Hyper3DNetTutorial and not any(
            field.default is MISSING for field in fields(preset)
        ):
            words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=.)(?=LRP)", "-", name)
            composites[words.lower()] = preset()
    return composites


COMPOSITES: Final = _list_composites()
"""The composites by name, those of the tutorial first."""
DEFAULT_RULE: Final = "epsilon"
"""The name of the composite that explains where none is named. With the training mean as reference it costs
one gradient and a run on the mean, and has the best mean SRG of the short list on Indian Pines."""


def find_composite(rule: str) -> AbstractComposite:
    """Return the composite of a name in :data:`COMPOSITES`.

    Args:
        rule: The name, or that of the preset in Python: ``"attn-lrp"``, ``"attnlrp"`` or ``"AttnLRP"``.

    Raises:
        InputError: If there is none of that name.
    """
    return COMPOSITES[find_rule(rule)]


def find_rule(rule: str, *others: str) -> str:
    """Return the name in :data:`COMPOSITES` that a spelling means.

    Args:
        rule: The name, or that of the preset in Python: ``"attn-lrp"``, ``"attnlrp"`` or ``"AttnLRP"``.
        *others: Further names that may be asked for, for the message.

    Raises:
        InputError: If there is none of that name.
    """
    names = {name.replace("-", ""): name for name in COMPOSITES}
    spelling = rule.lower().replace("-", "").replace("_", "")
    if spelling not in names:
        raise InputError(
            f"rule should be one of {', '.join([*COMPOSITES, *others])}. Found '{rule}'. Take one of them."
        )
    return names[spelling]
