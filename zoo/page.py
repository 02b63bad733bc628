"""The page docs/zoo.md, written from the results."""

from collections import Counter
from collections.abc import Iterable

from benchmarks.markdown import setting, table
from zoo.models import LIBRARIES
from zoo.results import Result

_HEAD = """\
# Zoo

Networks of {count} libraries as they are published, made small, with random weights. `make zoo` builds and
explains each of them and writes this page; nothing here is written by hand.

A network is clean if all of this holds under `strict=True`, for the highest and for the lowest number of its
output:

- lrprism neither refuses it nor warns;
- the output that is explained is that of a plain call, to 1e-4 of its largest entry;
- the account closes to 1e-5 of the largest sum in it (in float64 where float32 rounds more than that);
- keeping an account changes no map by more than 1e-5 of its largest entry;
- the model is as a plain call leaves it: weights, attributes, hooks and training flags.

Networks are explained by EpsilonGamma where they have a convolution and by Epsilon where they have none;
those of transformers and x-transformers by AttnLRP too. A warning that little of the explained output arrives
at the inputs is right for random weights, whose biases keep the rest; it counts as clean ({little} maps).

"""


def write(results: Iterable[Result]) -> str:
    """Return the page; networks that a plain call cannot run do not count."""
    models: dict[str, list[Result]] = {}
    for result in results:
        if result.outcome != "unbuilt":
            models.setdefault(result.key, []).append(result)
    unclean = [result for found in models.values() for result in found if result.outcome != "clean"]
    little = sum(
        result.outcome == "clean" and bool(result.reason) for found in models.values() for result in found
    )
    libraries = [name for name in LIBRARIES if any(key.startswith(f"{name}/") for key in models)]
    parts = [
        _HEAD.format(count=len(libraries), little=little),
        table(["", ""], setting("make zoo", "2", ("lrprism", "torch", *libraries))),
        "\n## Totals\n\n",
        table(
            ["library", "networks", "clean", "refused", "other"],
            [_totals(name, models) for name in [*libraries, ""]],
        ),
        "\n## What is not clean\n\n",
        table(["network", "composite", "outcome", "reason"], [_row(result) for result in unclean])
        if unclean
        else "Nothing.\n",
        "\n## All networks\n\n",
        *(_names(name, models) for name in libraries),
    ]
    return "".join(parts)


def _totals(library: str, models: dict[str, list[Result]]) -> tuple[str, ...]:
    """A row of the first table; of all libraries together for an empty name."""
    outcomes = Counter(_outcome(found) for key, found in models.items() if key.startswith(library))
    total = sum(outcomes.values())
    other = total - outcomes["clean"] - outcomes["refused"]
    return library or "**all**", str(total), str(outcomes["clean"]), str(outcomes["refused"]), str(other)


def _outcome(found: list[Result]) -> str:
    unclean = [result.outcome for result in found if result.outcome != "clean"]
    return unclean[0] if unclean else "clean"


def _row(result: Result) -> tuple[str, ...]:
    return result.key, result.composite, result.outcome, " ".join(result.reason.split())[:300]


def _names(library: str, models: dict[str, list[Result]]) -> str:
    names = sorted(found[0].name for key, found in models.items() if key.startswith(f"{library}/"))
    return f"**{library}** ({len(names)}): {', '.join(names)}.\n\n"
