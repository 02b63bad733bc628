"""The settings of a split into training, validation and test part."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lrprism.errors import InputError
from lrprism.spectral.splits import SCHEMES
from lrprism.spectral.workbench.sources import Samples

VALIDATIONS: Final = ("groups", "random", "blocks")
SCENES: Final = "scenes"
"""The word for leaving out one scene after the other, to test on it whole."""
POLYGON: Final = "polygon"
"""The word for groups that are the polygons or points of the labels."""


@dataclass(frozen=True)
class SplitSettings:
    """The way samples are dealt out to the parts.

    Args:
        scheme: One of :data:`lrprism.spectral.splits.SCHEMES`; or the split of other people: the path of one
            file, or of a training and a test file with a comma between; or :data:`SCENES`, a training for
            each of several scenes, which is tested whole. None is "groups" where groups are given, else
            "blocks" for a scene and "random" for patches.
        groups: A file with the plant, field or day of each sample: for a scene a map of numbers, for patches
            a list; or :data:`POLYGON` for the polygons that the labels are drawn as.
        block: Side of the squares of "blocks" and "checkerboard", in pixels.
        test_fraction: Share of the samples to test on.
        validation: Source of the samples that choose the best epoch: whole "groups" of the training part,
            "random" samples of it, or "blocks" of it whose windows share no pixel with the rest. None is
            "groups" where the split is by groups, else "random".
        validation_fraction: Share of the training part that chooses the best epoch.
        per_class: Most training samples of each class; None for all of them.

    Raises:
        InputError: If a word is unknown.
    """

    scheme: str | None = None
    groups: str | None = None
    block: int = 16
    test_fraction: float = 0.5
    validation: str | None = None
    validation_fraction: float = 0.15
    per_class: int | None = None

    def __post_init__(self) -> None:
        """Check the words.

        Raises:
            InputError: If one is unknown.
        """
        if self.scheme not in {None, SCENES, *SCHEMES} and not self.files:
            raise InputError(
                f"split should be one of {', '.join([*SCHEMES, SCENES])}, or the path of a split file. "
                f"Found '{self.scheme}', which is no file. Take one of them, or correct the path."
            )
        if self.scheme not in {None, "groups"} and self.groups is not None:
            raise InputError(
                f"a file of groups should come with the split by groups. Found {self.groups} with "
                f"'{self.scheme}'. Give --groups FILE, with --split groups or without --split."
            )
        if self.validation not in {None, *VALIDATIONS}:
            raise InputError(
                f"validation should be one of {', '.join(VALIDATIONS)}. Found '{self.validation}'. "
                "Take one of them."
            )

    @property
    def files(self) -> tuple[Path, ...]:
        """One or two files with the split of other people; none where the scheme is a word."""
        if self.scheme is None or self.scheme in {SCENES, *SCHEMES}:
            return ()
        path = Path(self.scheme)  # its name may hold a comma
        paths = (path,) if path.is_file() else tuple(Path(part) for part in self.scheme.split(","))
        return paths if len(paths) <= 2 and all(path.is_file() for path in paths) else ()

    def choose_scheme(self, samples: Samples) -> str:
        """Return the scheme; without a choice, the one that suits the kind of data.

        Raises:
            InputError: If patches are to be split by where they lie, or there are no groups, or two of them.
        """
        if self.scheme == SCENES:
            raise InputError(
                f"the split by scenes should get several scenes. Found one, '{samples.source}'. Name more "
                "with the labels of each, or split it by blocks."
            )
        # windows of random pixels of a scene overlap: the accuracy would be too high
        default = "random" if samples.scene is None else "blocks"
        has_column = samples.describe(samples.numbers, "group") is not None
        self._check_groups(has_column)
        scheme = self.scheme or (default if self.groups is None and not has_column else "groups")
        if samples.scene is None and scheme in SCHEMES and SCHEMES[scheme].split_samples is None:
            raise InputError(
                f"samples without a scene should be split at random or by groups. Found '{scheme}'. "
                "Leave out --split, or give --groups FILE with the plant or field of each sample."
            )
        return scheme

    def _check_groups(self, has_column: bool) -> None:
        """Check that groups come from one place, and go with the split by groups.

        Raises:
            InputError: If they do not.
        """
        if has_column and self.groups is not None:
            raise InputError(
                f"groups should come from a column or from a file. Found --group-column and --groups "
                f"{self.groups}. Leave one out."
            )
        if has_column and self.scheme not in {None, "groups"}:
            raise InputError(
                f"a column of groups should come with the split by groups. Found '{self.scheme}'. Leave out "
                "--split or --group-column."
            )
        if self.scheme == "groups" and self.groups is None and not has_column:
            raise InputError(
                "the split by groups should know the group of each sample. Found no groups. Give --groups "
                "FILE, or --group-column NAME for a table."
            )
