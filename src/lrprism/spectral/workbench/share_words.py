"""Which bands networks agree on, in words: three lists per class."""

from collections.abc import Iterator, Sequence
from typing import Final

import pandas as pd

from lrprism.spectral.bands.consensus import EVERY, NONE, SOME
from lrprism.spectral.bands.exchange import FEWEST_TRAININGS
from lrprism.spectral.workbench.share_tables import SHARES, ClassShares

_MOST: Final = 5
"""Groups that a list names at most; the tables have all."""


def describe_shares(
    networks: pd.DataFrame,
    classes: Sequence[ClassShares],
    bands: pd.DataFrame,
    uses: pd.DataFrame,
    drawn: str,
) -> list[str]:
    """Say how many networks are compared, and what every one uses, some do, and none does, class by class.

    Args:
        networks: From :func:`lrprism.spectral.workbench.good_networks.tabulate_networks`.
        classes: The relevance of each class.
        bands: From :func:`lrprism.spectral.workbench.share_tables.tabulate_bands`.
        uses: From :func:`lrprism.spectral.workbench.share_tables.tabulate_groups`.
        drawn: What is drawn again to tell how far other samples would matter.
    """
    good = networks[networks["is_good"]]
    lines = [
        f"{len(good)} of {len(networks)} trainings gave a good network, with accuracies of "
        f"{good['accuracy'].min():.3f} to {good['accuracy'].max():.3f}."
    ]
    left_out = networks[~networks["is_good"]]
    lines += [f"Left out, seed {row['seed']}: {row['reason']}." for _, row in left_out.iterrows()]
    lines.append(_describe_groups(uses, len(good)))
    for entry in classes:
        if entry.reason is not None:
            lines.append(f"{entry.name}: nothing can be said, {entry.reason}.")
            continue
        lines += _describe_class(entry, uses[uses["class"] == entry.number], len(good))
    lines.append(
        f"Note: 95 % intervals of {_name_scope(classes)} and over other {drawn}; a network uses bands that "
        "have more than their fair share, one over the number of bands for each."
    )
    return [*lines, *_note(len(good), bands)]


def _name_scope(classes: Sequence[ClassShares]) -> str:
    """Say what other trainings the intervals speak of."""
    if any(entry.redrawn for entry in classes):
        return "the share, over other training samples of this split"
    return "the mean share, over other trainings on the same samples, as --no-redraw leaves them"


def _describe_groups(uses: pd.DataFrame, networks: int) -> str:
    """Name the groups of more than one band."""
    rows = uses[uses["class"] == uses["class"].iloc[0]]
    several = rows[rows["size"] > 1]
    is_known = networks >= FEWEST_TRAININGS
    unknown = "Too few trainings to tell which bands are exchangeable"
    if several.empty and not is_known:
        return f"{unknown}."
    if several.empty:
        return "No bands are seen to exchange relevance: each is listed by itself."
    listed = "; ".join(several.sort_values("size", ascending=False)["wavelength_nm"].head(_MOST))
    most = f"; the largest {_MOST}" if len(several) > _MOST else ""
    count = f"{int(several['size'].sum())} of {int(rows['size'].sum())} bands"
    groups = f"{len(several)} group{'s' if len(several) > 1 else ''}"
    if not is_known:
        return f"{unknown}, but for {groups} of copies ({count}{most}), in nm: {listed}."
    return (
        f"{groups} of exchangeable bands: they correlate in the data and swap relevance between trainings, "
        f"or are copies ({count}{most}), in nm: {listed}."
    )


def _describe_class(entry: ClassShares, rows: pd.DataFrame, networks: int) -> Iterator[str]:
    right = float(entry.right.mean())
    yield f"{entry.name} ({entry.shown} samples, {100 * right:.0f} % right in the mean of the networks)"
    ordered = rows.sort_values("mean", ascending=False)
    every, some, none = (ordered[ordered["use"] == use] for use in (EVERY, SOME, NONE))
    if networks < FEWEST_TRAININGS:
        yield f"  {networks} networks are too few to say which bands every network uses."
        every = ordered.head(0)
    if len(every):
        yield f"  every network uses {_join([_name(row) for _, row in every.iterrows()])}"
    elif networks >= FEWEST_TRAININGS:
        yield "  there are no bands that every network uses"
    if len(some):
        yield f"  some networks use {_join([_name_some(row) for _, row in some.iterrows()])}"
    if len(none):
        yield f"  no network uses {int(none['size'].sum())} of {int(rows['size'].sum())} bands"


def _join(words: list[str]) -> str:
    more = f"; and {len(words) - _MOST} more" if len(words) > _MOST else ""
    return "; ".join(words[:_MOST]) + more


def _name(row: pd.Series) -> str:
    interval = f"{100 * row['low']:.1f} to {100 * row['high']:.1f}"
    return f"{row['wavelength_nm']} nm ({100 * row['mean']:.1f} % of the relevance, {interval})"


def _name_some(row: pd.Series) -> str:
    instead = f", else {row['instead_nm']} nm" if row["instead_nm"] else ""
    return f"{row['wavelength_nm']} nm ({row['users']} of {row['n']}{instead})"


def _note(networks: int, bands: pd.DataFrame) -> list[str]:
    notes = []
    if networks < FEWEST_TRAININGS:
        notes.append(
            f"Note: {networks} networks where at least {FEWEST_TRAININGS} are asked for: intervals are wide. "
            f"{SHARES} has the share of each band; lists of bands need --seeds {FEWEST_TRAININGS} or more, "
            "better 30."
        )
    first = bands[bands["class"] == bands["class"].iloc[0]]
    same = int(first["wavelength_nm"].duplicated().sum())
    if same:
        verb = "bands have" if same > 1 else "band has"
        notes.append(f"Note: {same} {verb} the wavelength of another one; the tables number them.")
    return notes
