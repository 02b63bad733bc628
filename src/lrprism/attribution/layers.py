"""The modules at whose outputs a user wants relevance."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import islice

from torch import Tensor, nn

from lrprism._errors import InputError
from lrprism.engine import Trace


def by_path(passed: Trace, relevance: Sequence[Tensor]) -> dict[str, Tensor | tuple[Tensor, ...]]:
    """Relevance at the outputs of each module that was asked for; a tuple where there are several."""
    rest = iter(relevance)
    found = {path: tuple(islice(rest, len(outputs))) for path, outputs in passed.layers.items()}
    return {path: each[0] if len(each) == 1 else each for path, each in found.items()}


def layer_paths(model: nn.Module, layers: Sequence[str]) -> set[str]:
    """The module paths that the globs in ``layers`` name.

    Raises:
        InputError: If a glob names none, or is no text.
    """
    if not layers:
        return set()
    known = [path for path, _ in model.named_modules()]
    found: set[str] = set()
    for glob in [layers] if isinstance(layers, str) else layers:
        if not isinstance(glob, str):
            raise InputError(f"layers should be paths of modules, as text. Found {glob!r}.")
        matches = {path for path in known if fnmatchcase(path, glob)}
        if not matches:
            shown = ", ".join([*known[1:13], *(["..."] if len(known) > 13 else [])])
            raise InputError(
                f"layers should name modules of the model. Found {glob!r}; it has {shown or 'none'}."
            )
        found |= matches
    return found
