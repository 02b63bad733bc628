"""The way to explain that suits a network best: ``--rule auto``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import pandas as pd

from lrprism.errors import DataError, LRPrismError
from lrprism.evaluation import Bootstrap, Ranking, choose
from lrprism.spectral.bands.pooling import joins_bands
from lrprism.spectral.files import write_whole
from lrprism.spectral.runs import read_json, write_json
from lrprism.spectral.workbench.candidates import Candidate, describe_ties, list_candidates
from lrprism.spectral.workbench.explanation_settings import ExplanationSettings
from lrprism.spectral.workbench.part_samples import open_own_samples, read_part
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.removal import Removal
from lrprism.spectral.workbench.trained_network import TrainedNetwork

TABLE: Final = "choice.csv"
_RECORD: Final = "choice.json"
"""The choice of unfinished work: a later call, or another process, does not choose again."""
_SHOWN: Final = 4
_UNDER: Final = "srg_under_"
_MOST: Final = 64
_LEAST: Final = 20
PART_WORDS: Final = {"train": "training", "validation": "validation"}
_LIMIT: Final = (
    "a high SRG says that the ranking of bands is what this network uses, as far as removing windows of them "
    "can tell; not that single bands are right, nor that the network is"
)


@dataclass(frozen=True)
class Choice:
    """The winner among the candidates, and all of them in their order.

    Args:
        rows: Of each candidate, the best first: rule, reference, pool_nm, its mean SRG with interval, how far
            it is behind the winner with interval, its SRG under each imputer.
        part: The part of the data that it was chosen on.
        samples: Number of samples.
        notes: What a reader has to know, one line each.
    """

    rows: list[dict[str, Any]]
    part: str
    samples: int
    notes: tuple[str, ...]

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild what was written as JSON."""
        return cls(record["rows"], record["part"], record["samples"], tuple(record["notes"]))

    @property
    def winner(self) -> Candidate:
        """The way to explain that won."""
        return _read_candidate(self.rows[0])

    def resolve(self, settings: ExplanationSettings) -> ExplanationSettings:
        """Return settings with the rule and the reference that were chosen.

        The width stays as it was: whichever map won, tables and figures hold both.
        """
        return replace(settings, rule=self.winner.rule, reference=self.winner.reference)

    def describe(self) -> list[str]:
        """Return the choice in words: who won, by how much, and what that does not say."""
        best, *others = self.rows
        lines = [
            f"Chosen on {self.samples} samples of the {PART_WORDS[self.part]} part: {self.winner.name}, "
            f"mean SRG {_format(best, 'srg')}; {_count_tied(others)}.",
            *(
                f"  {_read_candidate(row).name}: {_format(row, 'srg')} ({_format_imputers(row)})"
                for row in self.rows[:_SHOWN]
            ),
            f"Read {self.winner.map_to_read}. The same again: {self.winner.options}. "
            f"All {len(self.rows)} candidates: {TABLE}.",
        ]
        if best["srg_low"] <= 0:
            lines.append(
                "Do not trust these maps: no way to explain surely ranks the bands better than at random, "
                "which has SRG 0."
            )
        notes = (*self.notes, *_note_contradictions(self.rows), _LIMIT)
        return [*lines, *(f"Note: {note}." for note in notes)]


def _read_candidate(row: Mapping[str, Any]) -> Candidate:
    return Candidate(row["rule"], row["reference"], row["pool_nm"])


def _format(row: Mapping[str, Any], name: str) -> str:
    return f"{row[name]:.3f} [{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]"


def _count_tied(others: list[dict[str, Any]]) -> str:
    """Say by how much the winner leads, and how many the samples do not tell apart from it."""
    if not others:
        return "there was no other candidate"
    lead = f"{others[0]['behind']:.3f} ahead of {_read_candidate(others[0]).name}"
    tied = sum(row["behind_low"] <= 0 for row in others)
    return f"{lead}{describe_ties(tied)}"


def _list_imputers(row: Mapping[str, Any]) -> dict[str, float]:
    """Return the SRG under each imputer, by the imputer's name."""
    return {
        name.removeprefix(_UNDER).replace("_", " "): value
        for name, value in row.items()
        if name.startswith(_UNDER)
    }


def _format_imputers(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in _list_imputers(row).items())


def _note_contradictions(rows: list[dict[str, Any]]) -> list[str]:
    """Name the imputers under which another candidate has at least twice as much as the winner."""
    notes = []
    for name, value in _list_imputers(rows[0]).items():
        other = max(rows, key=lambda row: _list_imputers(row)[name])
        highest = _list_imputers(other)[name]
        if highest > 0 and value < highest / 2:
            notes.append(
                f"the imputers do not agree: filled in by {name} the winner has SRG {value:.3f}, "
                f"{_read_candidate(other).name} {highest:.3f}"
            )
    return notes


def choose_way(
    folder: Path, trained: TrainedNetwork, settings: ExplanationSettings, reporter: Reporter
) -> Choice:
    r"""Choose rule, reference and width by the mean SRG under two imputers; write ``choice.csv``.

    The samples are some of the validation part that the network gets right, of the training part where that
    has fewer than twenty; never of the test part, which is explained. No truth is used. A reference and a
    width that the settings name stay as they are.

    Args:
        folder: The folder to write into; a choice that an earlier call made there is taken.
        trained: The network.
        settings: The settings of the explanation.
        reporter: Shows the progress.

    Raises:
        DataError: If the data cannot be read, or no sample is known that is not of the test part.
        InputError: If there is one band only, or the network predicts traits.
        ModelError: If the network is at chance level.
    """
    trained.check_classes("rule auto", "Explain it with a named rule, such as --rule epsilon.")
    if (folder / _RECORD).is_file():
        return Choice.from_record(read_json(folder / _RECORD))
    part = _choose_part(trained)
    with reporter.step(f"reading {trained.source}"):
        removal = Removal.prepare(
            trained, open_own_samples(trained), read_part(trained, part), most=_MOST, seed=settings.seed
        )
    pool = settings.pool
    if pool is None:
        # removal cannot see what summing gains: as computed only where no width joins bands
        joins = joins_bands(removal.wavelengths.numpy(), trained.resolution)
        pool = trained.resolution if joins else 0.0
    candidates = list_candidates(removal.wavelengths, pool, pool=pool, reference=settings.reference)
    with reporter.step(f"choosing among {len(candidates)} ways to explain"):
        choice = _rank(trained, removal, candidates, part, settings.seed)
    with write_whole(folder / TABLE) as partial:
        pd.DataFrame(choice.rows).to_csv(partial, index=False)
    write_json(folder / _RECORD, asdict(choice))
    return choice


def _choose_part(trained: TrainedNetwork) -> str:
    """Return the part to choose on: validation, or training where that has too few samples.

    Raises:
        DataError: If no sample is known that is not of the test part.
    """
    sizes = {part: len(read_part(trained, part)) for part in ("validation", "train")}
    if sizes["validation"] >= _LEAST:
        return "validation"
    if not any(sizes.values()):
        raise DataError(
            "rule auto should choose on samples that are not explained. Found a network whose training part "
            "is not known. Adopt it with --split, or name a rule."
        )
    return "train" if sizes["train"] else "validation"


def drop_record(folder: Path) -> None:
    """Delete the choice of unfinished work, once ``run.json`` holds it."""
    (folder / _RECORD).unlink(missing_ok=True)


def _rank(
    trained: TrainedNetwork, removal: Removal, candidates: list[Candidate], part: str, seed: int
) -> Choice:
    methods, notes = {}, list(removal.notes)
    for candidate in candidates:
        method = candidate.build_method(trained.record, removal.wavelengths, quiet=True)
        try:  # a network may hold what a reference or a rule cannot pass
            method(removal.model, removal.x[:2], removal.target[:2])
        except LRPrismError as error:
            notes.append(f"{candidate.name} is left out: {str(error).rstrip('.')}")
            continue
        methods[candidate] = method
    ranking = choose(
        removal.model,
        removal.x,
        removal.target,
        {candidate.name: method for candidate, method in methods.items()},
        removal.imputers,
        removal.regions,
        bootstrap=Bootstrap(seed=seed),
    )
    return Choice(_tabulate(ranking, list(methods)), part, len(removal.x), tuple(notes))


def _tabulate(ranking: Ranking, candidates: list[Candidate]) -> list[dict[str, Any]]:
    by_name = {candidate.name: candidate for candidate in candidates}
    return [
        {
            "rule": by_name[row.name].rule,
            "reference": by_name[row.name].reference,
            "pool_nm": by_name[row.name].pool,
            "srg": row.score.value,
            "srg_low": row.score.low,
            "srg_high": row.score.high,
            "behind": row.behind.value,
            "behind_low": row.behind.low,
            "behind_high": row.behind.high,
            **{f"{_UNDER}{name.replace(' ', '_')}": value for name, value in row.srg.items()},
        }
        for row in ranking.candidates
    ]
