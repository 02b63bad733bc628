"""What the maps of several rules may mislead about, said once for all rules that it holds for."""

import warnings
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from lrprism.errors import RelevanceWarning
from lrprism.evaluation import Method


@dataclass(frozen=True)
class Cautions:
    """Warnings of relevance that were caught while rules explained, and who they are about.

    Args:
        rules: The names of the rules that each warning is about.
    """

    rules: dict[str, list[str]] = field(default_factory=dict)

    def listen(self, name: str, method: Method, network: Any) -> Method:
        """Return a method that keeps its warnings here in place of showing them.

        Args:
            name: The name of the method.
            method: The method.
            network: The model whose maps count; of a model with random weights nothing is kept.
        """

        def explain(model: Any, x: Tensor, target: Tensor) -> Tensor:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", RelevanceWarning)
                relevance = method(model, x, target)
            for warning in caught:
                if not issubclass(warning.category, RelevanceWarning):  # not ours to keep
                    warnings.warn_explicit(
                        warning.message, warning.category, warning.filename, warning.lineno
                    )
                elif model is network:
                    names = self.rules.setdefault(str(warning.message), [])
                    names += [] if name in names else [name]
            return relevance

        return explain

    def lines(self) -> list[str]:
        """Return one line for each warning."""
        return [f"{', '.join(names)}: {message}" for message, names in self.rules.items()]
