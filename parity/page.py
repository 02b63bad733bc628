"""The page docs/parity.md, written from what a run of the suite measured."""

from benchmarks.markdown import setting, table
from parity.results import TOLERANCE, Answer, Results

LIBRARIES = ("lrprism", "zennit", "captum", "autolrp")
VERSIONS = (*LIBRARIES, "torch", "torchvision")

_HEAD = """\
# Parity

lrprism beside three other libraries for Layer-wise Relevance Propagation. `make parity` measures every
number of this page and writes it; nothing here is written by hand. All weights are random and seeded.
Relevance of the difference from a reference, beside DeepLIFT and SHAP, has a page of its own:
[differences.md](differences.md).
"""

_AGREEMENT = """\
## Where the others follow the formulas

Each number is the largest absolute difference of two maps, divided by the largest entry of the peer's map.
A test fails where it exceeds {tolerance:g}. Relevance starts at the logit of the predicted class of each of
two samples.

- Epsilon, EpsilonPlus and so on are the presets of that name. zennit has no Epsilon and no EpsilonGamma:
  these two are layer maps with the rules of our presets (γ = 0.25).
- zennit gets the canonizer that its documentation names: for batch norm, or for residual networks. Its
  stabiliser of residual sums is set to 1e-12, because lrprism does not damp a sum.
- Captum knows the rule Epsilon with ε = 1e-9, so our preset gets the same ε. It refuses a network with
  Conv3d.
- autoLRP treats biases and average pooling differently (see the second table), so its networks have
  neither. It starts at 1; its map is multiplied by the logit.
- ResNet-18 with its batch norm: the canonizer merges it into the convolutions. That rounds every activation
  anew in float32, and a ReLU close to zero may open or close. So this network is compared in float64, and
  its folded twin, which is the same network for everybody, in both. The third table shows that the plain
  gradient moves as much.
"""

_TRAPS = """\
## Where answers part

Small networks in float64, one sample, the rule Epsilon with ε = 1e-9 unless the case says otherwise. The
textbook map is worked out by hand in `parity/textbook.py`, without any library. A cell holds the sum of
relevance and, after it, the largest difference from the textbook map, relative to that map's largest entry:
0 is right, 1 is as far off as the largest entry. zennit runs with its canonizer for batch norm, without the
one for torchvision's ResNet. A test fails where lrprism is further off than {tolerance:g}; nothing is
asserted about the others.

Where several definitions are published, the table says which one counts as the textbook's, and another
library may follow another one on purpose. zennit asks for models made of modules, and for a canonizer where
there is anything else; without them it takes the plain gradient there. autoLRP shares sums and biases by
magnitude, shares an average pooling equally, and passes relevance through batch norm and layer norm
unchanged; its sum can then be right where its map is not the textbook's. For the transformer it runs with
its preset CPLRP. Messages are cut at 120 characters.
"""

_DEFINITIONS = """\
## Why two right answers can differ

Differences of definition and of rounding that the first table leaves out, measured as there.
"""


def render(results: Results) -> str:
    """Return the whole page."""
    parts = [
        _HEAD,
        table(("setting", "value"), setting("make parity", "one thread", VERSIONS)),
        _AGREEMENT.format(tolerance=TOLERANCE),
        _agreements(results),
        _TRAPS.format(tolerance=TOLERANCE),
        _traps(results),
        _DEFINITIONS,
        _definitions(results),
    ]
    return "\n".join(parts)


def _agreements(results: Results) -> str:
    rows = [
        (result.model, result.preset, result.peer, f"{result.single:.1e}", f"{result.double:.1e}")
        for result in results.agreements
    ]
    return table(("model", "preset", "peer", "float32", "float64"), rows)


def _traps(results: Results) -> str:
    rows = [
        (
            result.name,
            f"{result.total:.4g} of logit {result.logit:.4g}: {result.why}",
            *(_cell(result.answers[library]) for library in LIBRARIES),
        )
        for result in results.traps
    ]
    return table(("case", "textbook sum, and why", *LIBRARIES), rows)


def _cell(answer: Answer) -> str:
    if answer.refusal:
        return answer.refusal
    warned = f"; warns: {answer.warning}" if answer.warning else ""
    return f"{answer.total:.4g}, off by {_size(answer.distance)}{warned}"


def _size(distance: float) -> str:
    """A difference that rounding and ε explain is shown as 0."""
    return "0" if distance <= TOLERANCE else f"{distance:.2g}"


def _definitions(results: Results) -> str:
    rows = [(result.what, f"{result.distance:.1e}") for result in results.definitions]
    return table(("maps compared", "difference"), rows)
