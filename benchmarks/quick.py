"""The short run of continuous integration: one number per preset, printed and never asserted."""

import warnings

import torch

from benchmarks import cells, goals
from benchmarks.contestants import GRADIENT, own
from benchmarks.measuring import Setting, time_contestants
from benchmarks.subjects import HYPER3DNETLITE, MLP, Subject
from benchmarks.timing import Rounds, summary

ROUNDS = Rounds(seconds=10.0, least=3, most=101)


def main() -> None:
    """Print one line per preset on Hyper3DNetLite, and the fixed cost on the MLP."""
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads: time as a multiple of one gradient")
    warnings.filterwarnings(
        "ignore", r"\w+ should meet a convolution"
    )  # the MLP has none, and is timed all the same
    for subject in (HYPER3DNETLITE, MLP):
        print("\n".join(lines(subject)), flush=True)


def lines(subject: Subject, rounds: Rounds = ROUNDS) -> list[str]:
    """Return the lines of one model.

    Args:
        subject: The model.
        rounds: The number of rounds.
    """
    everyone = own(subject)
    presets = [entry for entry in everyone if entry.library == "lrprism" and not entry.extra]
    seconds = time_contestants(subject, [GRADIENT, *presets], Setting(rounds=rounds))
    base = seconds[GRADIENT.name]
    text = [f"{subject.title}: one gradient {cells.seconds(summary(base, base).seconds)}, {len(base)} rounds"]
    for contestant in presets:
        goal = goals.of_preset(subject.key, contestant.preset)
        ratio = goal.mark(summary(seconds[contestant.name], base).ratio)
        text.append(f"  {contestant.preset:20s}{ratio:6s} goal {goal.goal:.2f}, limit {goal.limit:.2f}")
    return text
