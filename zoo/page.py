"""The page docs/zoo.md, written from the results."""

from collections import Counter
from collections.abc import Iterable, Mapping

from benchmarks.markdown import setting, table
from zoo.models import LIBRARIES
from zoo.reasons import REASONS
from zoo.results import Result

_HEAD = """\
# Zoo

{total} networks of {libraries} libraries as they are published, made small, with random weights: {clean}
are clean. `make zoo` builds and explains each of them and writes this page; only the longer reasons are
written by hand. What was found stands in [zoo.jsonl](zoo.jsonl), a line for each network and composite,
so that a run that was stopped goes on; `python -m zoo --again 'clean|wrong'` runs again what ended so.
Forty of the networks are among the tests (`tests/architectures/test_architectures_zoo.py`).

A network is clean if all of this holds under `strict=True`, for the highest and for the lowest number of
its output:

- lrprism neither refuses it nor warns;
- the output that is explained is that of a plain call, to 1e-4 of its largest entry;
- the account closes to 1e-5 of the largest sum in it;
- keeping an account changes no map by more than 1e-5 of its largest entry;
- the model is as a plain call leaves it: weights, attributes, hooks and training flags.

What float32 fails by rounding is asked again in float64 ({doubled} maps). Networks are explained by
EpsilonGamma where their call meets a convolution and by Epsilon where it meets none; those of
transformers and x-transformers by AttnLRP too. A warning that little of the explained output arrives at
the inputs is right for random weights, whose biases keep the rest; it counts as clean ({little} maps).

"""
_UNBUILT = """\
## Left out

{count} more cannot be called with what the zoo makes: their sizes do not fit each other when made small,
or the call asks for the grid of an image, for boxes or for several modalities at once, or for a package
that is not here. They do not count.

"""


def write(results: Iterable[Result]) -> str:
    """Return the page; networks that a plain call cannot run do not count."""
    models: dict[str, list[Result]] = {}
    unbuilt: dict[str, list[Result]] = {}
    for result in results:
        (unbuilt if result.outcome == "unbuilt" else models).setdefault(result.key, []).append(result)
    every = [result for results in models.values() for result in results]
    unclean = [result for result in every if result.outcome != "clean"]
    libraries = [name for name in LIBRARIES if any(key.startswith(f"{name}/") for key in models)]
    head = _HEAD.format(
        total=len(models),
        libraries=len(libraries),
        clean=sum(_outcome(results) == "clean" for results in models.values()),
        doubled=sum(result.outcome == "clean" and result.precision == "float64" for result in every),
        little=sum(result.outcome == "clean" and bool(result.reason) for result in every),
    )
    parts = [
        head,
        table(["", ""], setting("make zoo", "2", ("lrprism",))),
        "\n## Totals\n\n",
        table(
            ["library", "networks", "clean", "refused", "other", "with", "run on"],
            [_totals(name, models) for name in [*libraries, ""]],
        ),
        "\n## What is not clean\n\n",
        table(["network", "composite", "outcome", "reason"], [_row(result) for result in unclean])
        if unclean
        else "Nothing.\n",
        "\n## All networks\n\n",
        *(_names(name, models) for name in libraries),
        _UNBUILT.format(count=len(unbuilt)),
        *(_names(name, unbuilt) for name in LIBRARIES),
    ]
    return "".join(parts).rstrip() + "\n"


def _totals(library: str, models: Mapping[str, list[Result]]) -> tuple[str, ...]:
    """Return a row of the table of totals; for an empty name that of all libraries together."""
    mine = [results for key, results in models.items() if not library or key.startswith(f"{library}/")]
    outcomes = Counter(map(_outcome, mine))
    total = sum(outcomes.values())
    other = total - outcomes["clean"] - outcomes["refused"]
    numbers = (str(number) for number in (total, outcomes["clean"], outcomes["refused"], other))
    if not library:
        return "**all**", *numbers, "", ""
    versions = sorted({result.versions for results in mine for result in results})
    days = sorted({result.date for results in mine for result in results})
    return library, *numbers, "; ".join(versions), " to ".join(dict.fromkeys((days[0], days[-1])))


def _outcome(results: Iterable[Result]) -> str:
    return next((result.outcome for result in results if result.outcome != "clean"), "clean")


def _row(result: Result) -> tuple[str, ...]:
    reason = REASONS.get(result.key) or " ".join(result.reason.split())[:300]
    return result.key, result.composite, result.outcome, reason


def _names(library: str, models: Mapping[str, list[Result]]) -> str:
    names = sorted(results[0].name for key, results in models.items() if key.startswith(f"{library}/"))
    return f"**{library}** ({len(names)}): {'; '.join(names)}.\n\n" if names else ""
