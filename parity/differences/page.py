"""The page docs/differences.md, written from what a run of the suite measured."""

from benchmarks.markdown import setting, table
from parity.differences.results import SAMPLES, SINGLE_TOLERANCE, SUM_TOLERANCE, Differences, SumAnswer
from parity.results import TOLERANCE

VERSIONS = ("lrprism", "captum", "shap", "torch", "torchvision")
COLUMNS = ("lrprism", "lrprism, float32", "captum", "shap")

_HEAD = """\
# Differences from a reference

`LRP(model, presets.Epsilon(0)).explain(x, reference=r)` beside Captum's `DeepLift` and `DeepLiftShap` and
SHAP's `DeepExplainer`, which compute the rescale rule of DeepLIFT (Shrikumar et al. 2017). `make parity`
measures every number of this page and writes it; nothing here is written by hand. All weights are random
and seeded. The class is the one whose output changes most from the reference.
"""

_MAPS = """\
## Where all follow one formula

Networks of modules that the peers know, each called once and none in place. Each number is the largest
absolute difference of two maps, divided by the largest entry of the peer's map; a test fails where it
exceeds {tolerance:g}. Several references are averaged: `lp.reference.each` here, several baselines there.
Captum has no rule for SELU and GELU, and no right one for max pooling behind a ReLU (see the next
table), so that these are compared with SHAP alone.
"""

_SUMS = """\
## Where relevance does not add up

The promise of all three is that relevance adds up to `f(x) - f(r)`. A cell holds how far the sum is off,
relative to that change: 0 is right, 1 is off by all of it. Small networks and torchvision's, as a user finds
them, with one sample and one reference, in float64 where the column does not say otherwise. A test fails
where lrprism is off by more than {double:g} in float64 or {single:g} in float32; nothing is asserted about
the others.

Captum and SHAP know what to do by the class of a module, and do it in hooks on that module. A function, or a
module of a class that they do not know, gets the plain gradient; a module that is called twice gets the
values of its last call, or an error. Where a ReLU is told to work in place, as in torchvision's networks,
SHAP's hooks raise an error of torch.

SHAP checks its sums by itself, and stops where one is off by more than 0.01, however small the change: "its
check stops" says so, and the number in front of it was measured with the check turned off. Captum returns
the distance on request (`return_convergence_delta=True`) and does not judge it. Messages are cut at 120
characters.

Reported to their makers: functions ([shap 3938](https://github.com/shap/shap/issues/3938)), layer norm and
transformers ([shap 4251](https://github.com/shap/shap/issues/4251),
[shap 3438](https://github.com/shap/shap/issues/3438)), modules that are called twice or work in place
([shap 1479](https://github.com/shap/shap/issues/1479),
[captum 578](https://github.com/meta-pytorch/captum/issues/578)), max pooling behind a ReLU
([captum 1104](https://github.com/meta-pytorch/captum/issues/1104)), `exp` and products
([captum 1085](https://github.com/meta-pytorch/captum/issues/1085)).
"""

_DEFINITIONS = """\
## A softmax at the end

A sum that is right is not yet a map that is. SHAP takes `nn.Softmax` for a function of one number, so that
the other logits, which move the probability as much, have no say; Captum subtracts a mean over all logits
from that, and loses the sum. lrprism writes a softmax out, as exponentials over their sum. The network is the
one of the table above.
"""

_TIMES = """\
## Time

{samples} samples against one reference, in float32, on networks for which all three give one map to within
{tolerance:g}. The contestants take turns; each number is the median over the rounds of the time relative to
the plain gradient of the same round, with quartiles. SHAP is asked for the predicted class alone, without its
check.
"""


def render(results: Differences) -> str:
    """Return the whole page."""
    parts = [
        _HEAD,
        table(("setting", "value"), setting("make parity", "one thread", VERSIONS)),
        _MAPS.format(tolerance=TOLERANCE),
        _maps(results),
        _SUMS.format(double=SUM_TOLERANCE, single=SINGLE_TOLERANCE),
        _sums(results),
        _DEFINITIONS,
        table(("maps compared", "difference"), [(d.what, f"{d.distance:.1e}") for d in results.definitions]),
        _TIMES.format(samples=SAMPLES, tolerance=TOLERANCE),
        _times(results),
    ]
    return "\n".join(parts)


def _maps(results: Differences) -> str:
    rows = [
        (row.model, row.peer, str(row.references), f"{row.single:.1e}", f"{row.double:.1e}")
        for row in results.maps
    ]
    return table(("model", "peer", "references", "float32", "float64"), rows)


def _sums(results: Differences) -> str:
    rows = [
        (row.name, f"{row.change:.3g}", *(_cell(row.answers[column]) for column in COLUMNS))
        for row in results.sums
    ]
    return table(("network", "f(x) - f(r)", *COLUMNS), rows)


def _cell(answer: SumAnswer) -> str:
    if answer.refusal:
        return answer.refusal
    stopped = "; its check stops" if answer.check_stops else ""
    warned = f"; warns: {answer.warning}" if answer.warning else ""
    return f"{answer.gap:.1e}{stopped}{warned}"


def _times(results: Differences) -> str:
    rows = []
    for row in results.times:
        s = row.summary
        ratio = f"{s.ratio:.2f} ({s.low:.2f} to {s.high:.2f})"
        rows.append((row.model, row.contestant, f"{s.seconds:.3f}", ratio, str(s.rounds)))
    return table(("model", "contestant", "seconds", "gradients", "rounds"), rows)
