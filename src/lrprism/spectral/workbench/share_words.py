"""Which bands networks agree on, in words: three lists per class."""

from collections.abc import Iterator, Sequence
from typing import Final

import pandas as pd

from lrprism.spectral.bands.consensus import EVERY, NONE, SOME
from lrprism.spectral.bands.exchange import FEWEST_TRAININGS
from lrprism.spectral.workbench.explain_bands import WAY
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
    good, is_redrawn = networks[networks["is_good"]], any(entry.redrawn for entry in classes)
    lines = [
        f"{len(good)} of {len(networks)} trainings gave a good network, with accuracies of "
        f"{good['accuracy'].min():.3f} to {good['accuracy'].max():.3f}."
        + (" They learned from samples drawn again, some of them not at all." if is_redrawn else "")
    ]
    left_out = networks[~networks["is_good"]]
    lines += [f"Left out, seed {row['seed']}: {row['reason']}." for _, row in left_out.iterrows()]
    lines.append(_describe_groups(uses))
    for entry in classes:
        if entry.reason is not None:
            lines.append(f"{entry.name}: nothing can be said, {entry.reason}.")
            continue
        lines += _describe_class(entry, uses[uses["class"] == entry.number], len(good))
    lines.append(
        f"Note: 95 % intervals of {_name_scope(classes)} and over other {drawn}; a network uses bands that "
        "have more than their fair share, one over the number of bands for each. A share is that of the "
        f"magnitudes of the mean relevance, {WAY}, as in the report of lrprism explain."
    )
    return [*lines, *_note(len(good), bands)]


def _name_scope(classes: Sequence[ClassShares]) -> str:
    """Say what other trainings the intervals speak of."""
    if any(entry.redrawn for entry in classes):
        return "the share, over other training samples of this split"
    return "the mean share, over other trainings on the same samples, as --no-redraw leaves them"


def _describe_groups(uses: pd.DataFrame) -> str:
    """Name the groups of more than one band."""
    rows = uses[uses["class"] == uses["class"].iloc[0]]
    several = rows[rows["size"] > 1]
    if several.empty:
        return "No bands are seen to be exchangeable: each is listed by itself."
    listed = "; ".join(several.sort_values("size", ascending=False)["wavelength_nm"].head(_MOST))
    most = f" the largest {_MOST} groups," if len(several) > _MOST else ""
    count = f"{int(several['size'].sum())} of {int(rows['size'].sum())} bands in all"
    return (
        f"{len(several)} group{'s' if len(several) > 1 else ''} of exchangeable bands ({count}):{most} in nm "
        f"{listed}. They correlate in the data, and each tells as much of the class as all of its group, or "
        "they swap relevance between trainings."
    )


def _describe_class(entry: ClassShares, rows: pd.DataFrame, networks: int) -> Iterator[str]:
    right = float(entry.right.mean())
    yield f"{entry.name} ({entry.shown} samples, {100 * right:.0f} % right in the mean of the networks)"
    ordered = rows.sort_values("mean", ascending=False)
    every, some, none = (ordered[ordered["use"] == use] for use in (EVERY, SOME, NONE))
    if networks < FEWEST_TRAININGS:
        yield f"  {networks} networks are too few to say which bands every network uses."
        every = ordered.head(0)
    # a band just above its fair share may be below it for other samples
    sure, hardly = every[every["low"] > every["fair"]], every[every["low"] <= every["fair"]]
    if len(sure):
        yield f"  every network uses {_join(_name_stretches(sure))}"
    if len(hardly):
        count = f"{int(hardly['size'].sum())} of {int(rows['size'].sum())} bands"
        yield (
            f"  {'also' if len(sure) else 'every network uses'} {count}, but hardly more than others: their "
            f"intervals reach the fair share, as of {_join(_name_stretches(hardly), 1)}"
        )
    elif not len(sure) and networks >= FEWEST_TRAININGS:
        yield "  there are no bands that every network uses"
    if len(some):
        yield f"  some networks use {_join([_name_some(row) for _, row in some.iterrows()])}"
    if len(none):
        yield f"  no network uses {int(none['size'].sum())} of {int(rows['size'].sum())} bands"


def _join(words: list[str], most: int = _MOST) -> str:
    more = f"; and {len(words) - most} more" if len(words) > most else ""
    return "; ".join(words[:most]) + more


def _name_stretches(rows: pd.DataFrame) -> list[str]:
    """Name groups of bands, the largest share first; single bands that are neighbours as one stretch."""
    runs: list[list[pd.Series]] = []
    groups = [row for _, row in rows.iterrows()]
    for row in sorted(groups, key=lambda row: (row["size"] > 1, int(row["bands"].split(",")[0]))):
        if runs and _continues(runs[-1][-1], row):
            runs[-1].append(row)
        else:
            runs.append([row])
    runs.sort(key=lambda run: -sum(row["mean"] for row in run))
    return [_name(run[0]) if len(run) == 1 else _name_run(run) for run in runs]


def _continues(before: pd.Series, row: pd.Series) -> bool:
    """Return True if a band is the next one on the axis, and speaks for or against the class as well."""
    if before["size"] > 1 or row["size"] > 1 or before["against"] != row["against"]:
        return False
    is_next = int(row["bands"]) == int(before["bands"]) + 1
    return is_next and float(row["wavelength_nm"]) > float(before["wavelength_nm"])


def _name(row: pd.Series) -> str:
    interval = f"{100 * row['low']:.1f} to {100 * row['high']:.1f}"
    share = f"{100 * row['mean']:.1f} % of the relevance, {interval}"
    return f"{row['wavelength_nm']} nm ({share}{_name_side(row)})"


def _name_run(run: list[pd.Series]) -> str:
    share = f"{100 * sum(row['mean'] for row in run):.1f} % of the relevance in {len(run)} bands"
    return f"{run[0]['wavelength_nm']}-{run[-1]['wavelength_nm']} nm ({share}{_name_side(run[0])})"


def _name_side(row: pd.Series) -> str:
    return ", against the class" if row["against"] else ""


def _name_some(row: pd.Series) -> str:
    instead = f", else {row['instead_nm']} nm" if row["instead_nm"] else ""
    return f"{row['wavelength_nm']} nm ({row['users']} of {row['n']}{instead})"


def _note(networks: int, bands: pd.DataFrame) -> list[str]:
    notes = []
    if networks < FEWEST_TRAININGS:
        notes.append(
            f"Note: {networks} networks where at least {FEWEST_TRAININGS} are asked for: intervals are wide. "
            f"{SHARES} has the share of each band; lists of bands need {FEWEST_TRAININGS} good networks, "
            "better 30: give more --seeds."
        )
    first = bands[bands["class"] == bands["class"].iloc[0]]
    same = int(first["wavelength_nm"].duplicated().sum())
    if same:
        verb = "bands have" if same > 1 else "band has"
        notes.append(f"Note: {same} {verb} the wavelength of another one; the tables number them.")
    return notes
