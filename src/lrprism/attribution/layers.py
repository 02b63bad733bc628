"""The modules at whose outputs a user wants relevance: ``layers=``."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import islice
from typing import NamedTuple

from torch import Tensor, nn

from lrprism.engine import Trace
from lrprism.errors import InputError


class Layers(NamedTuple):
    """The modules that a user asked for.

    Args:
        by_glob: For each path or glob, the paths of the modules that it names.
        first_names: For each of these paths, the first path of its module: a shared module has several.
    """

    by_glob: dict[str, list[str]]
    first_names: dict[str, str]

    @property
    def paths(self) -> set[str]:
        """The first paths of the modules, by which the engine knows them."""
        return set(self.first_names.values())

    def check_run(self, forward_pass: Trace) -> None:
        """Check that each path, and one module of each glob, ran and depends on the inputs.

        Raises:
            InputError: If it does not.
        """
        ran = {path for path, outputs in forward_pass.layers.items() if outputs}
        idle = [
            glob
            for glob, paths in self.by_glob.items()
            if not any(self.first_names[path] in ran for path in paths)
        ]
        if idle:
            raise InputError(
                "layers should be modules that run and depend on the inputs. "
                f"Found {', '.join(sorted(idle))}. Leave it out."
            )

    def by_path(
        self, forward_pass: Trace, relevance: Sequence[Tensor]
    ) -> dict[str, Tensor | tuple[Tensor, ...]]:
        """Return relevance at the outputs of each module asked for; a tuple where there are several."""
        # the engine returns one flat list, in the order of the modules' first paths
        remaining = iter(relevance)
        of_first = {
            path: tuple(islice(remaining, len(outputs))) for path, outputs in forward_pass.layers.items()
        }
        names: dict[str, list[str]] = {}
        for name, first in self.first_names.items():
            names.setdefault(first, []).append(name)
        return {
            name: values[0] if len(values) == 1 else values
            for first, values in of_first.items()
            if values
            for name in names[first]
        }


NO_LAYERS = Layers({}, {})
"""The layers of a user who asks for none."""


def find_path(model: nn.Module, layer: str | nn.Module) -> str:
    """Return the first path of a module; a path as it is.

    Args:
        model: The model.
        layer: The module, or its path.

    Raises:
        InputError: If the model does not have the module, or it is neither module nor text.
    """
    if isinstance(layer, str):
        return layer
    if not isinstance(layer, nn.Module):
        raise InputError(f"layers should be modules, or their paths as text. Found {layer!r}.")
    # by identity: a module may define what is equal to it
    paths: list[str] = [path for path, module in model.named_modules() if module is layer]
    if not paths:
        raise InputError(
            f"layers should be modules of the model. Found a {type(layer).__name__} that is not part of the "
            f"{type(model).__name__}. Take the module from the model that is explained."
        )
    return paths[0]


def find_layers(model: nn.Module, layers: Sequence[str | nn.Module]) -> Layers:
    """Return the modules that are given in ``layers``, or that its paths and globs name.

    Raises:
        InputError: If one names none, or is neither module nor text.
    """
    # the truth of a module may be its length, which is 0 for an empty list of modules
    if not isinstance(layers, nn.Module) and not layers:
        return NO_LAYERS
    # under every path: a shared module has several
    modules = dict(model.named_modules(remove_duplicate=False))
    by_glob: dict[str, list[str]] = {}
    for layer in [layers] if isinstance(layers, (str, nn.Module)) else layers:
        glob = find_path(model, layer)
        matches = [glob] if glob in modules else [path for path in modules if fnmatchcase(path, glob)]
        if not matches:
            some = [path for path in modules if path][:12]
            choice = ", ".join([*some, *(["..."] if len(modules) > 13 else [])])
            raise InputError(
                f"layers should name modules of the model. Found {glob!r}; it has {choice or 'none'}."
            )
        by_glob[glob] = matches
    first = {id(module): path for path, module in model.named_modules()}
    asked = {path for paths in by_glob.values() for path in paths}
    return Layers(by_glob, {path: first[id(modules[path])] for path in modules if path in asked})
