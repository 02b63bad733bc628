"""lrprism gives the textbook answer to every trap; what the peers say is written down, never asserted."""

import warnings

import pytest
import torch

from parity.peers import USUAL, Explain
from parity.results import TOLERANCE, Answer, Results, TrapRow, difference, first_line
from parity.traps import TRAPS, Trap


def ask(explain: Explain, trap: Trap) -> Answer:
    """One library's answer."""
    relevance = explain(trap.model, trap.x, torch.tensor([trap.number]))
    return Answer(float(relevance.detach().sum()), difference(relevance, trap.expected))


def ask_peer(explain: Explain | None, trap: Trap) -> Answer:
    """A peer's answer, also where it raises or warns."""
    if explain is None:
        return Answer(refusal="has no such rule")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", r".*for LRP. the input is not modified in place")  # good to know
        try:
            answer = ask(explain, trap)
        except Exception as error:  # whatever a peer raises is its answer
            return Answer(refusal=f"refuses: {first_line(error)}")
    warned = [first_line(warning.message) for warning in told]
    return Answer(answer.total, answer.distance, "; ".join(dict.fromkeys(warned)))


@pytest.mark.parametrize("name", TRAPS)
def test_lrprism_gives_the_textbook_answer(name: str, results: Results) -> None:
    """So say its sum and its map."""
    torch.manual_seed(0)
    trap = TRAPS[name]()
    runs = USUAL | trap.runs
    ours = ask(runs["lrprism"], trap)
    answers = {"lrprism": ours} | {
        peer: ask_peer(run, trap) for peer, run in runs.items() if peer != "lrprism"
    }
    logit = float(trap.model(trap.x).detach()[0, trap.number])
    results.traps.append(TrapRow(name, trap.why, logit, float(trap.expected.detach().sum()), answers))
    assert ours.distance <= TOLERANCE
