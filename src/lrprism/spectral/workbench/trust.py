"""How far the maps of an explanation can be trusted, in a few seconds and in words."""

from typing import Any, Final

from torch import Tensor

from lrprism.errors import ModelError
from lrprism.evaluation import Bootstrap, Interval, draw_ranking
from lrprism.evaluation.shared_curves import measure_shared_curves
from lrprism.spectral.workbench.candidates import Candidate
from lrprism.spectral.workbench.part_samples import open_own_samples, read_part
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.removal import Removal
from lrprism.spectral.workbench.trained_network import TrainedNetwork

_MOST: Final = 80
_LIMIT: Final = (
    "This says that the ranking of the bands is what the network uses, as far as removing windows of them "
    "can tell; not that single bands are right, nor that the network is."
)


def measure_trust(
    trained: TrainedNetwork, candidate: Candidate, seed: int, reporter: Reporter
) -> dict[str, Any]:
    """Measure the SRG of the maps on the test part under two imputers, beside a random ranking.

    Args:
        trained: The network.
        candidate: The way that they were explained in.
        seed: Seed of the draw of samples.
        reporter: Shows the progress.

    Returns:
        Plain JSON: the number of samples, the SRG of the maps and of a random ranking under each imputer,
        each ``[value, low, high]``, and ``lines``, what they mean; for a network at chance level lines alone.

    Raises:
        DataError: If the data cannot be read.
    """
    with reporter.step("measuring how far the maps can be trusted"):
        samples, tested = open_own_samples(trained), read_part(trained, "test")
        try:
            removal = Removal.prepare(trained, samples, tested, most=_MOST, seed=seed)
        except ModelError as error:
            return {"lines": [f"Do not trust the maps: {error}"]}
        method = candidate.build_method(trained.record, removal.wavelengths, quiet=True)
        srg = _measure(removal, method(removal.model, removal.x, removal.target), seed)
    lines = describe_trust(candidate.name, removal, srg)
    figures = {
        imputer: {name: [figure.value, figure.low, figure.high] for name, figure in pair.items()}
        for imputer, pair in srg.items()
    }
    return {"rule": candidate.name, "samples": len(removal.x), "srg": figures, "lines": lines}


def _measure(removal: Removal, relevance: Tensor, seed: int) -> dict[str, dict[str, Interval]]:
    """Return under each imputer the SRG of the maps, of a random ranking, and how much more the maps have."""
    random = draw_ranking(len(relevance), removal.regions, seed=seed)
    draw, srg = Bootstrap(seed=seed), {}
    for imputer in removal.imputers:
        maps, chance = measure_shared_curves(
            removal.model,
            removal.x,
            removal.target,
            [removal.regions.sum_over(relevance), random],
            regions=removal.regions,
            imputer=imputer,
            seed=seed,
        )
        srg[imputer.name] = {
            "maps": draw.measure(maps.srg),
            "random": draw.measure(chance.srg),
            "gain": draw.measure(maps.srg - chance.srg),
        }
    return srg


def describe_trust(rule: str, removal: Removal, srg: dict[str, dict[str, Interval]]) -> list[str]:
    """Say what the figures mean, with the figures.

    Args:
        rule: The name of the way that the maps were explained in.
        removal: The samples, and what was removed from them.
        srg: Under each imputer the SRG of the ``maps``, of a ``random`` ranking, and the ``gain`` over it.
    """
    # one random ranking may be worse than 0 by luck; 0 is what they have in the mean
    better = [name for name, pair in srg.items() if min(pair["gain"].low, pair["maps"].low) > 0]
    verdict = "more than a random ranking" if better else "no more than a random ranking: do not trust them"
    if 0 < len(better) < len(srg):
        verdict += f" under {better[0]} alone: trust them with care"
    figures = (
        f"  filled in by {name}: {pair['maps']}, a random ranking {pair['random']}"
        for name, pair in srg.items()
    )
    return [
        f"How far the maps can be trusted: those of {rule} know {verdict}.",
        f"  SRG (0 is random, 1 the most) on {len(removal.x)} test samples that the network gets right, "
        f"{removal.regions.description},",
        *figures,
        f"  {_LIMIT}",
        "  More: lrprism evaluate RUN; with --calibrate, how many of the bands ranked highest are right.",
        *(f"  Note: {note}." for note in removal.notes),
    ]
