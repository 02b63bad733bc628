"""An explanation: relevance, the output it explains, and the account."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lrprism.attribution.cell import show_explanation
from lrprism.attribution.labelled import Wavelength, make_dataset, read_wavelength
from lrprism.attribution.parts import Part, find_part, list_parts
from lrprism.attribution.storage import read_content, write_content
from lrprism.attribution.views import make_views
from lrprism.engine import Account
from lrprism.errors import ConservationError, InputError

if TYPE_CHECKING:
    import matplotlib.figure
    import xarray

Relevance = Any
"""Relevance in the form of the inputs: a tensor; a tuple or a list; a dict for a mapping or an object."""

_SHOWN = 5
"""How many rows a failed check names, and how many classes or layers stand in the repr of an explanation."""


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Relevance of one batch; prints as one line of shapes.

    Args:
        relevance: Like the inputs, a tensor, a tuple, a list or a dict of them, nested as they are; for a
            named tuple, a dataclass or another object a dict of the attributes that may receive it. What
            cannot, such as a mask, is left out of a dict and None in a list. One number per token for token
            ids; with a leading class axis for ``target="all"`` and ``target.each(...)``. In units of the
            explained output.
        output: What the model returned, or what ``output=`` chose of it, detached.
        target: The explained class of each sample, ``[N]``; of each entry of the class axis where there is
            one; None where the target is no index: a callable, a contrast, an output as it is.
        layers: Relevance at the output of each module that was asked for, by path; a tuple where a module has
            several outputs or was called several times; with a leading class axis where there is one.
        audit: The account, where ``audit=True`` asked for one.
        reference_output: The output for the reference, in the shape of ``output``; None without a reference.
        inputs: What was explained, in the form of ``relevance``: the tensors that were given, detached and
            not copied. Pictures show them beside the relevance; change them in place, and the pictures
            change too.
    """

    relevance: Relevance
    output: Tensor
    target: Tensor | None
    layers: dict[str, Tensor | tuple[Tensor, ...]] = field(default_factory=dict)
    audit: Account | None = None
    reference_output: Tensor | None = None
    inputs: Any = None

    @property
    def change(self) -> Tensor:
        """What is explained: the output, or its difference from that of the reference."""
        return self.output if self.reference_output is None else self.output - self.reference_output

    def __repr__(self) -> str:
        """The shapes of its tensors, and how much arrived where there is an account."""
        parts = [f"relevance={_shapes(self.relevance)}", f"output={_shapes(self.output)}"]
        if self.target is not None:
            few = self.target.numel() <= _SHOWN
            parts.append(f"target={self.target.tolist() if few else _shapes(self.target)}")
        if self.layers:
            paths = [*map(repr, self.layers)]
            parts.append(f"layers=[{', '.join(paths[:_SHOWN] + ['...'] * (len(paths) > _SHOWN))}]")
        if self.audit is not None:
            parts.append(f"audit={self.audit!r}")
        return f"Explanation({', '.join(parts)})"

    def _repr_html_(self) -> str:
        """Pictures or curves of the first samples, what was explained and what arrived, in a cell."""
        title = f"Explanation: relevance {_shapes(self.relevance)}, output {_shapes(self.output)}"
        return show_explanation(title, self._parts, self.change, self.target, self.audit)

    @property
    def _parts(self) -> list[Part]:
        return list_parts(self.relevance, self.inputs, self.output)

    def plot(
        self, wavelength: Wavelength | None = None, *, part: str | None = None, samples: int = 4
    ) -> "matplotlib.figure.Figure":
        """Draw relevance beside the input; in a notebook the figure shows itself.

        What has pixels is a picture, summed over channels or bands; what has bands, steps or features a
        curve. The figure belongs to no window: write it with ``figure.savefig(path)``.

        Args:
            wavelength: Wavelengths of the bands in nm, for the axis of the curves; None for their numbers.
            part: The tensor to draw where relevance holds several: the keys and positions that lead to it,
                such as ``"input_ids"``, ``"0"`` or ``"graph.x"``.
            samples: How many samples (and classes) to draw at the most.

        Raises:
            InputError: If matplotlib is missing (``pip install lrprism[spectral]``), the part is not there,
                its relevance is one number per sample, or the wavelengths are not as many as the bands.
        """
        try:
            from lrprism.attribution.figure import draw_figure  # the engine needs torch alone
        except ModuleNotFoundError as error:
            raise InputError(
                f"plot() should find matplotlib. Found: {error}. Try pip install 'lrprism[spectral]'."
            ) from error
        nm = None if wavelength is None else read_wavelength(wavelength)
        return draw_figure([*make_views(find_part(self._parts, part), self.target, samples)], nm)

    def to_xarray(
        self,
        wavelength: Wavelength | None = None,
        *,
        dims: Sequence[str] | None = None,
        part: str | None = None,
    ) -> "xarray.Dataset":
        """Return relevance as a dataset of xarray: ``relevance``, ``input``, ``output`` and ``target``.

        Axes are named as in the results of the workbench: ``sample``; ``explained`` for the class axis, in
        front; ``band`` for the one that is as long as ``wavelength``; ``y`` and ``x`` for the last two of
        three or more behind the samples; others ``channel`` or ``axis_1`` on. Numbers of half precision
        become float32.

        Args:
            wavelength: Wavelengths of the bands in nm.
            dims: Names of the axes behind the samples, where those above do not fit.
            part: As for :meth:`plot`.

        Raises:
            InputError: If xarray is missing (``pip install lrprism[spectral]``), the part is not there, or
                wavelengths or names do not fit the shape.
        """
        return make_dataset(find_part(self._parts, part), self.output, self.target, wavelength, dims)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the explanation to a file, all numbers as they are, with inputs and account.

        The file holds tensors, names and numbers alone; reading it runs no code. It is whole or not there.

        Args:
            path: The file, such as ``why.pt``; one that is there is replaced.

        Raises:
            InputError: If relevance lies under keys that are no texts or numbers.
            ResultsError: If the file cannot be written.
        """
        write_content(path, {column.name: getattr(self, column.name) for column in fields(self)})

    @classmethod
    def load(cls, path: str | os.PathLike[str], device: str | torch.device = "cpu") -> "Explanation":
        """Read an explanation that :meth:`save` wrote.

        Args:
            path: The file.
            device: Where its tensors shall lie.

        Raises:
            ResultsError: If the file cannot be read.
            DataError: If it is damaged, or no explanation.
        """
        names = [column.name for column in fields(cls)]
        content = read_content(path, names, device)
        return cls(*(content[name] for name in names))

    def check(self, tolerance: float = 1e-3, *, per_sample: bool = False) -> None:
        """Check that relevance is conserved: that what was explained arrived at the inputs.

        Args:
            tolerance: The share of the explained output, summed over the batch, that may be lost on the way.
            per_sample: Check it for each sample (and class), as sums over a batch cancel.

        Raises:
            InputError: If no account was kept, or ``tolerance`` is negative; or if ``per_sample`` and the
                output or an input does not have the samples as its first dimension.
            ConservationError: If more was lost; names the ops that kept most, or the samples that lost most.
        """
        if not tolerance >= 0:
            raise InputError(f"tolerance should be >= 0. Found {tolerance!r}.")
        if self.audit is None:
            raise InputError("check() should have an account. Found none. Try explain(..., audit=True).")
        audit = self.audit
        if per_sample:
            _check_each_sample(audit, tolerance)
            return
        lost = audit.explained - audit.reached
        if abs(lost) <= tolerance * abs(audit.explained):
            return
        # rows below a hundredth of the worst would not help to find the cause
        worst = sorted(audit.rows, key=lambda row: -abs(row.lost))[:_SHOWN]
        places = [
            f"{row.op} in {row.module or '(model)'} kept {row.lost:.4g}"
            for row in worst
            if abs(row.lost) > abs(worst[0].lost) / 100
        ]
        raise ConservationError(
            f"at most {tolerance:.3g} of the explained output should be lost on the way to the inputs. "
            f"Found {audit.explained:.6g} explained, {audit.reached:.6g} arrived, "
            f"{audit.unaccounted:.2g} unaccounted for. Most is here: {'; '.join(places) or '(nowhere)'}. "
            "Try a larger tolerance, or a rule with bias=False where a bias keeps it."
        )


def _shapes(values: Any) -> str:
    """Write nested relevance by the shapes of its tensors."""
    if isinstance(values, dict):
        return f"{{{', '.join(f'{key!r}: {_shapes(value)}' for key, value in values.items())}}}"
    if isinstance(values, (list, tuple)):
        inner = ", ".join(map(_shapes, values))
        return f"[{inner}]" if isinstance(values, list) else f"({inner}{',' * (len(values) == 1)})"
    return f"Tensor{tuple(values.shape)}" if isinstance(values, Tensor) else repr(values)


def _check_each_sample(audit: Account, tolerance: float) -> None:
    """Check that relevance is conserved in each sample.

    Raises:
        InputError: If the account cannot tell the samples apart.
        ConservationError: If one of them lost more than ``tolerance`` of what was explained.
    """
    account = audit.per_sample
    if account is None:
        raise InputError(
            "check(per_sample=True) should have the samples as the first dimension of the output and of "
            "every input. Found another. Try check() for the sum over the batch."
        )
    lost, explained = account.lost.abs(), account.explained.abs()
    failed = ~(lost <= tolerance * explained)  # NaN fails too
    if not failed.any():
        return
    # where nothing is explained, any loss is the worst
    share = (lost / explained.clamp(min=1e-300)).masked_fill(~failed, -1).nan_to_num(nan=torch.inf).flatten()
    worst = share.argsort(descending=True)[: min(_SHOWN, int(failed.sum()))].tolist()
    size = account.lost.shape[-1]
    losses = [
        f"sample {index % size}{f' (class {index // size} of the axis)' if account.lost.dim() > 1 else ''} "
        f"{account.explained.flatten()[index]:.6g} explained, {account.reached.flatten()[index]:.6g} arrived"
        for index in worst
    ]
    raise ConservationError(
        f"at most {tolerance:.3g} of the explained output of each sample should be lost on the way to the "
        f"inputs. Found more in {int(failed.sum())} of {failed.numel()}: {'; '.join(losses)}."
    )
