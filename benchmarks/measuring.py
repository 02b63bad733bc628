"""One model: every contestant compared with the reference, then timed in turns, then weighed."""

import functools
import re
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import torch
from torch import Tensor

from benchmarks.contestants import GRADIENT, PRESETS, Contestant, Ready
from benchmarks.judging import Reference, Verdict, ends, judge, reference
from benchmarks.memory import peak, precision
from benchmarks.results import Entry, Measured
from benchmarks.subjects import Loaded, Subject
from benchmarks.timing import Rounds, Turn, clock_of, summary, take_turns

LENGTH = 70  # characters of a message
HEAVIEST, TUTORIAL = "EpsilonAlpha2Beta1", "Hyper3DNetTutorial"  # weighed beside main preset and Epsilon


@dataclass(frozen=True)
class Setting:
    """The conditions of a measurement.

    Args:
        device: The device.
        narrow: Whether under autocast to bfloat16.
        rounds: The number of rounds.
        memory: Whether memory is measured.
        tell: Gets a line of progress.
    """

    device: str = "cpu"
    narrow: bool = False
    rounds: Rounds = field(default_factory=Rounds)
    memory: bool = True
    tell: Callable[[str], None] = print


@dataclass(frozen=True)
class Trial:
    """A contestant that explained the first sample, or failed to.

    Args:
        contestant: The contestant.
        ready: Makes its calls; None if it failed.
        verdict: Whether it was right; None where there is nothing to compare.
        failure: Why it failed.
    """

    contestant: Contestant
    ready: Ready | None = None
    verdict: Verdict | None = None
    failure: str = ""


def reason(error: Exception) -> str:
    """Return the first line of an error, cut to :data:`LENGTH`; a class is shown by its name."""
    text = re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", str(error)).strip()
    # an error may come without a message
    lines = text.splitlines() or [type(error).__name__]
    return lines[0] if len(lines[0]) <= LENGTH else lines[0][: LENGTH - 1] + "…"


class Court:
    """Compares maps of the first sample of a model with references, which are made when they are needed."""

    def __init__(self, loaded: Loaded) -> None:
        """Draw the sample."""
        self.loaded, self.sample = loaded, loaded.sample(0)
        self._rows = ends(self.sample)
        self._references: dict[str, Reference] = {}

    @property
    def unaccounted(self) -> float:
        """The largest share that an account of a reference leaves open."""
        return max((abs(reference.unaccounted) for reference in self._references.values()), default=0.0)

    def verdict(self, contestant: Contestant, relevance: Tensor) -> Verdict | None:
        """Judge a map by the rules of its preset; None if it has none."""
        preset = contestant.preset
        if preset not in PRESETS:
            return None
        # a float64 reference is slow: it is made once, and only if it is asked for
        if preset not in self._references:
            self._references[preset] = reference(self.loaded, preset, self.sample.rows(self._rows))
        if "classes" in contestant.extra:  # the map of each sample's own class
            classes = self.sample.classes
            relevance = relevance[classes, torch.arange(len(classes), device=classes.device)]
        verdict = judge(relevance[self._rows], self._references[preset])
        return verdict if relevance.isfinite().all() else Verdict(finite=False)


def admit(contestant: Contestant, court: Court, setting: Setting, stack: ExitStack) -> Trial:
    """Let a contestant get ready and explain the first sample; the stack closes what it entered."""
    with ExitStack() as entered:
        try:
            ready = entered.enter_context(contestant.enter(court.loaded))
            with precision(setting.device, narrow=setting.narrow):
                relevance = ready(court.sample)()
        except Exception as error:  # whatever a contestant raises is its answer
            return Trial(contestant, failure=reason(error))
        stack.enter_context(entered.pop_all())
    return Trial(contestant, ready, court.verdict(contestant, relevance))


def time_trials(trials: Sequence[Trial], loaded: Loaded, setting: Setting) -> dict[str, list[float]]:
    """Return the seconds per round of those that did not fail; a round has one new sample for all."""
    # all contestants of a round get the sample of the latest number
    sample = functools.lru_cache(maxsize=1)(loaded.sample)

    def turn(ready: Ready) -> Turn:
        return lambda number: ready(sample(number))

    turns = {trial.contestant.name: turn(trial.ready) for trial in trials if trial.ready is not None}
    with precision(setting.device, narrow=setting.narrow):
        return take_turns(turns, setting.rounds, clock_of(setting.device))


def time_contestants(
    subject: Subject, contestants: Sequence[Contestant], setting: Setting
) -> dict[str, list[float]]:
    """Return the seconds per round of contestants that nobody compares: a failure is raised."""
    loaded = subject.load(setting.device)
    with ExitStack() as stack:
        trials = [
            Trial(contestant, stack.enter_context(contestant.enter(loaded))) for contestant in contestants
        ]
        for trial in trials:
            assert trial.ready is not None
            trial.ready(loaded.sample(0))()
        return time_trials(trials, loaded, setting)


def measure(subject: Subject, contestants: Sequence[Contestant], setting: Setting) -> Measured:
    """Return what was measured of one model; the gradient has to be among the contestants."""
    setting.tell(subject.title)
    court = Court(subject.load(setting.device))
    with ExitStack() as stack, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the peers warn of is how they work; the verdict says the rest
        trials = [admit(contestant, court, setting, stack) for contestant in contestants]
        seconds = time_trials(trials, court.loaded, setting)
    base = seconds[GRADIENT.name]
    setting.tell(f"  {len(seconds)} contestants in {len(base)} rounds")
    entries = [
        _entry(trial, subject, seconds.get(trial.contestant.name, []), base, setting) for trial in trials
    ]
    return Measured(subject.key, subject.title, subject.main, entries, court.unaccounted)


def _entry(
    trial: Trial, subject: Subject, seconds: Sequence[float], base: Sequence[float], setting: Setting
) -> Entry:
    who = trial.contestant
    return Entry(
        who.library,
        who.preset,
        who.extra,
        summary(seconds, base) if seconds else None,
        trial.verdict,
        trial.failure,
        weigh(subject, who, setting) if setting.memory and seconds else None,
    )


def weigh(subject: Subject, contestant: Contestant, setting: Setting) -> int | None:
    """Return the memory of a contestant where it is of interest; else None."""
    # a process for each figure takes long: only what the page compares
    presets = {"", "Epsilon", subject.main, *([HEAVIEST] if contestant.library == "lrprism" else [])}
    if TUTORIAL in subject.presets:
        presets.add(TUTORIAL)
    is_plain = not contestant.extra and contestant.library != "forward"
    if not (subject.remembered and is_plain and contestant.preset in presets):
        return None
    try:
        return peak(subject, contestant, setting.device, narrow=setting.narrow)
    except Exception as error:  # reported, and missing in the table
        setting.tell(f"  memory of {contestant.name}: {reason(error)}")
        return None
