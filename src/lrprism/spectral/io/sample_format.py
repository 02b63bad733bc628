"""A format of labelled samples: spectra without pixels, and patches that are cut already."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.cubes.wavelengths import WavelengthSource
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.traits.options import TraitOptions

SampleOption: TypeAlias = Literal[
    "wavelengths", "class_names", "labels", "key", "label_column", "group_column", "traits"
]
"""What samples may leave open, so that the user has to say it."""

OPTION_WORDS: Final[dict[SampleOption, str]] = {
    "wavelengths": "--wavelengths",
    "class_names": "--class-names",
    "labels": "--labels",
    "key": "--key",
    "label_column": "--label-column",
    "group_column": "--group-column",
    "traits": "--task regression",
}
"""The options of the command line."""


@dataclass(frozen=True)
class SampleOptions:
    """What the user says about samples.

    Args:
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, a text file, or for a table the unit of its column
            names: nm, um or cm-1.
        class_names: A name per class, class 0 first, or by its code, where the data name none.
        labels: A file with the label of each sample: a table, or ``.npy``.
        key: For files of several arrays: the name of the one to read.
        label_column: The column that names the class.
        group_column: The column that names the plant, field or day.
        traits: The traits that take the place of classes; None for classes.
        may_be_unlabelled: Whether data without the label column are read too, as of new samples.
    """

    wavelengths: WavelengthSource | None = None
    class_names: Sequence[str] | Mapping[int, str] | None = None
    labels: str | None = None
    key: str | None = None
    label_column: str | None = None
    group_column: str | None = None
    traits: TraitOptions | None = None
    may_be_unlabelled: bool = False


@dataclass(frozen=True)
class SampleFormat:
    """A format that samples are read from.

    Args:
        name: Its name in messages and help.
        detect: Returns True if the marks are those of the format. Formats are asked in the order of the
            registry.
        read: Reads all samples; an entry without a label has the label -1.
        files: Endings or words that help to recognise it.
        options: What a file of this format may leave open.
    """

    name: str
    detect: Callable[[FileMarks], bool]
    read: Callable[[Path, SampleOptions], PatchSet]
    files: str
    options: tuple[SampleOption, ...] = ()

    def __str__(self) -> str:
        """Return the name with the endings."""
        return f"{self.name} ({self.files})"
