"""Goals for the numbers. Nothing here is asserted: a number beyond its goal is marked on the page."""

from dataclasses import dataclass

FIXED_COST = "mlp"
"""The key of the model on which an explanation is all fixed cost."""


@dataclass(frozen=True)
class Goal:
    """A goal, and a limit that should never be passed; both the smaller the better.

    Args:
        goal: What the number should be.
        limit: What it should never be; the goal itself where there is no other.
    """

    goal: float
    limit: float

    def __str__(self) -> str:
        """Return both, as in a table's head."""
        both = "" if self.limit == self.goal else f" ({self.limit:.2f})"
        return f"{self.goal:.2f}{both}"

    def mark(self, value: float) -> str:
        """Return the number, with † above the goal or ‡ above a limit beyond the goal."""
        mark = "" if value <= self.goal else "†" if value <= self.limit or self.limit == self.goal else "‡"
        return f"{value:.2f}{mark}"


def single_goal(goal: float) -> Goal:
    """Return a goal that is its own limit."""
    return Goal(goal, goal)


OF_PRESETS = {
    "Epsilon": Goal(1.05, 1.10),
    "EpsilonPlus": Goal(1.45, 1.60),
    "EpsilonGamma": Goal(1.60, 1.80),
    "EpsilonGammaBox": Goal(1.60, 1.80),
    "EpsilonAlpha2Beta1": Goal(2.60, 3.00),
    "Hyper3DNetTutorial": Goal(1.45, 1.60),
    "AttnLRP": Goal(1.15, 1.30),
}
"""Time of one explanation as a multiple of one gradient."""
OF_FIXED_COST = Goal(2.0, 3.0)
"""The same on the MLP, any preset."""
AUDIT = single_goal(1.25)
"""Time with the account as a multiple of the time without."""
MEMORY = single_goal(1.35)
"""Peak memory above the loaded model, as a multiple of the gradient's."""
IMPORT = single_goal(1.05)
"""Time of ``import lrprism`` as a multiple of ``import torch``."""
GROWTH = single_goal(1.10)
"""Exponent of time and memory; anything above 1 is noise."""


def of_preset(key: str, preset: str) -> Goal:
    """Return the goal for a preset on a model."""
    return OF_FIXED_COST if key == FIXED_COST else OF_PRESETS[preset]


def of_classes(count: int, forward: float, gradient: float) -> Goal:
    r"""Return the goal for several classes at once, as a multiple of one class.

    .. math:: \frac{F + K B}{F + B}, \qquad B = \text{gradient} - F

    Args:
        count: ``K``.
        forward: ``F``, seconds of a forward pass without a graph.
        gradient: Seconds of forward and backward pass.
    """
    ideal = (forward + count * (gradient - forward)) / gradient
    return Goal(1.05 * ideal, 1.15 * ideal)
