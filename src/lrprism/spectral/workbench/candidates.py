"""Ways to explain a trained network: a rule, what spectra are compared with, and the width of pooling."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import torch
from torch import Tensor, nn

from lrprism.attribution import LRP
from lrprism.composites import Within
from lrprism.errors import InputError, RelevanceWarning
from lrprism.evaluation import Method
from lrprism.spectral.bands.pooling import build_box, joins_bands
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.workbench.composites import find_composite, find_rule
from lrprism.spectral.workbench.explained_targets import NetworkClass
from lrprism.spectral.workbench.networks import NETWORK
from lrprism.spectral.workbench.references import REFERENCES, find_reference

AUTO: Final = "auto"
"""The name that stands for the candidate that suits the network best."""


class ClassLogits(nn.Module):
    """A trained network with a logit for each class, also where it tells two classes apart by one.

    One logit z is the probability :math:`1 / (1 + e^{-z})` of class 1, as the softmax of 0 and z is.
    Shapes: ``x``: ``[N, band, y, x]``; output: ``[N, classes]``.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        """Keep the network."""
        super().__init__()
        self.pipeline = pipeline

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.pipeline(x)
        return torch.cat([torch.zeros_like(logits), logits], 1) if logits.shape[1] == 1 else logits


@dataclass(frozen=True)
class Candidate:
    """A way to explain.

    Args:
        rule: A name in :data:`lrprism.spectral.workbench.COMPOSITES`.
        reference: A name in :data:`lrprism.spectral.workbench.REFERENCES`.
        pool: Width in nm over which relevance is averaged along wavelength; 0 for the map as computed.
    """

    rule: str
    reference: str = "zero"
    pool: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``NAME`` or ``NAME@REFERENCE``.

        Args:
            text: Such as ``"epsilon"`` or ``"epsilon@mean"``.

        Raises:
            InputError: If the rule or the reference is unknown.
        """
        rule, mark, reference = (part.strip() for part in text.partition("@"))
        if mark and reference not in REFERENCES:
            raise InputError(
                f"a rule to judge should be NAME or NAME@REFERENCE, with the reference one of "
                f"{', '.join(REFERENCES)}. Found '{text}'. Try '{rule or 'epsilon'}@mean'."
            )
        return cls(find_rule(rule), reference or "zero")

    @property
    def name(self) -> str:
        """The rule, behind @ the reference if there is one, and the width if it is pooled."""
        words = self.rule if self.reference == "zero" else f"{self.rule}@{self.reference}"
        return f"{words}, pooled over {self.pool:.0f} nm" if self.pool else words

    @property
    def options(self) -> str:
        """The options of ``lrprism explain`` that explain in this way, with the width if it is pooled."""
        words = f"--rule {self.rule} --reference {self.reference}"
        return f"{words} --pool {self.pool:.4g}" if self.pool else words

    @property
    def map_to_read(self) -> str:
        """The map that is this way's, in words: an explanation shows the other one beside it."""
        return f"the map averaged over {self.pool:.0f} nm" if self.pool else "the map as computed"

    def build_method(self, record: Mapping[str, Any], wavelengths: Tensor, *, quiet: bool = False) -> Method:
        """Return the attribution function of a :class:`ClassLogits`, relevance like ``[N, band, y, x]``.

        Args:
            record: A record of a training, with the mean spectrum of its samples.
            wavelengths: Centre of each band in nm, ``[band]``.
            quiet: Whether what a map may mislead about is left unsaid, where it is about to be measured.

        Raises:
            InputError: If the data are too few bands for the reference.
            DataError: If the record holds no mean spectrum, and the reference needs it.
        """
        composite = Within(NETWORK, find_composite(self.rule))
        make_reference = find_reference(self.reference, record)
        box = torch.from_numpy(build_box(wavelengths.numpy(), self.pool)) if self.pool else None

        def explain(model: ClassLogits, x: Tensor, target: Tensor) -> Tensor:
            reference = None if make_reference is None else make_reference(x)
            with warnings.catch_warnings():
                if quiet:
                    warnings.simplefilter("ignore", RelevanceWarning)
                lrp = LRP(model.pipeline, composite, strict=True)
                relevance: Tensor = lrp.explain(x, NetworkClass(target), reference=reference).relevance
            return relevance if box is None else torch.einsum("bj,njyx->nbyx", box.to(relevance), relevance)

        return explain


CANDIDATES: Final = (
    Candidate("tutorial"),
    Candidate("epsilon"),
    Candidate("epsilon", "mean"),
    Candidate("epsilon", "mean-continuum"),
    Candidate("epsilon-gamma"),
    Candidate("epsilon-gamma-1", "mean"),
    Candidate("epsilon-gamma-1", "mean-continuum"),
    Candidate("epsilon-plus"),
    Candidate("epsilon-plus", "mean"),
    Candidate("epsilon-plus-flat"),
    Candidate("epsilon-alpha2-beta1", "mean"),
    Candidate("attn-lrp"),
)
"""The short list; rules that give one map on a network tie, and the first of them is taken."""


def describe_ties(count: int) -> str:
    """Say how many candidates the samples do not tell apart from the winner, behind a semicolon.

    Args:
        count: Their number.
    """
    who = "1 other" if count == 1 else f"{count} others"
    return f"; {who} may be as good, as far as these samples tell" if count else ""


def list_candidates(
    wavelengths: Tensor, width: float, *, pool: float | None = None, reference: str | None = None
) -> list[Candidate]:
    """List the candidates among what the user leaves open.

    Args:
        wavelengths: Centre of each band in nm, ``[band]``; one band alone has no continuum.
        width: The width in nm over which the bands of the training samples vary together.
        pool: The width in nm that the user asked for; None for both, pooled over ``width`` and not.
        reference: The reference that the user asked for; None for those of :data:`CANDIDATES`.
    """
    ways = [(candidate.rule, candidate.reference) for candidate in CANDIDATES]
    if reference is not None:
        ways = [(rule, reference) for rule in dict.fromkeys(rule for rule, _ in ways)]
    elif len(wavelengths) < 2:
        ways = [way for way in ways if "continuum" not in way[1]]
    widths = [0.0] if pool is None else [pool]
    # a box of one band changes nothing
    if pool is None and joins_bands(wavelengths.numpy(), width):
        widths.append(width)
    return [Candidate(*way, pool=nm) for nm in widths for way in ways]
