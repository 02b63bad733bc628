"""BEAM: the CNN and the ResNet-50."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

import lrprism as lp
from court.methods import IntegratedGradients, Method, Occlusion, Relevance, draw_relevance, multiply_gradient
from court.trial import Case, Goal, Scores, Trial
from lrprism import presets
from lrprism.evaluation.benchmarks import beam, beam_resnet
from lrprism.evaluation.benchmarks.beam_networks import BeamCNN

PRESETS = {
    "Epsilon": presets.Epsilon(),
    "EpsilonGamma": presets.EpsilonGamma(),
    "EpsilonPlus": presets.EpsilonPlus(),
    "EpsilonPlusFlat": presets.EpsilonPlusFlat(),
    "EpsilonAlpha2Beta1": presets.EpsilonAlpha2Beta1(),
}
CONCEPTS, RUNS, OTHERS = 5, 3, 8
COSTLY = ("Alpha", "Flat", "images", "difference: EpsilonGamma")
"""Left out on the ResNet-50, on which a method takes a minute."""


def list_methods(others: Tensor, steps: int, window: int, batch: int) -> dict[str, Method]:
    """Return the methods for images.

    Args:
        others: Other images, as references.
        steps: Points on the path of integrated gradients.
        window: The side of an occluded square.
        batch: The most images at a time.
    """
    references = {
        "zero": torch.zeros(1, *others.shape[1:]),
        "mean": lp.reference.mean(others),
        f"{OTHERS} images": lp.reference.each(
            *others[torch.linspace(0, len(others) - 1, OTHERS).long()].split(1)
        ),
    }
    differences = {
        f"difference: {rule}, {name}": Relevance(PRESETS[rule], reference, batch)
        for rule in ("Epsilon", "EpsilonGamma")
        for name, reference in references.items()
    }
    return {
        **{name: Relevance(composite, None, batch) for name, composite in PRESETS.items()},
        **differences,
        "Gradient x Input": multiply_gradient,
        "Integrated Gradients": IntegratedGradients(steps=steps, batch_size=batch),
        "Occlusion": Occlusion((3, window, window)),
        "random": draw_relevance,
    }


def prepare(
    case: str,
    models: Path,  # noqa: ARG001 - nothing is trained
    *,
    draw: Callable[[int, int], beam.Images],
    build: Callable[[int], nn.Module],
    methods: Callable[[Tensor], dict[str, Method]],
) -> Case:
    """Draw the images of one concept and run, and those that serve as references."""
    concept, run = (int(word.split()[1]) for word in case.split(", "))
    data, others = draw(100 * run + concept, concept), draw(1000 + 100 * run + concept, concept)
    model = build(concept).eval()
    with torch.no_grad():
        predicted = model(data.x).argmax(1)
    named = {name: partial(method, model, data.x, data.target) for name, method in methods(others.x).items()}
    # what no method can pass that gives nothing to pixels of 0
    named["truth where the image is not 0"] = lambda: data.truth * (data.x != 0)
    return Case(
        {"accuracy": float((predicted == data.target).double().mean())},
        named,
        lambda relevance: beam.score(relevance, data),
    )


def _publish(numbers: dict[str, tuple[float, float]]) -> Sequence[tuple[str, str, Scores]]:
    return [
        ("", method, {"cosine": size, "signed cosine": signed}) for method, (size, signed) in numbers.items()
    ]


TASK = (
    "Each class is a statement about where in the image a concept of several parts stands, and the weights "
    "of the network are set by hand, so the share of each pixel is exact. The score is the cosine of "
    "relevance and truth; the published one is that of its size, with which a map of the wrong sign counts "
    "as right, so the signed one stands beside it. Truth also stands on pixels of 0, which no method of "
    "the form input times something can reach: the row of the truth without them is its ceiling. Present and "
    "absent are the signed cosine of the classes that ask for concepts, and of those that ask that one is "
    "missing somewhere: where nothing stands, such relevance is 0 and the truth is not."
)
SOURCE = (
    "BEAM: exact benchmarking of explainable AI attribution methods (rbrandt1/BEAM, MIT), rebuilt in torch."
)
NOTE = "means of 3 runs, from `new metrics/{}/table_results_True_*.csv`"

CNN = Trial(
    name="beam",
    title="BEAM, baseline CNN",
    task=TASK,
    source=SOURCE,
    same=(
        "yes: 5 concepts, 16 images for each class, 3 runs, the same weights; the draws are ours, and so are "
        "occlusion's windows"
    ),
    cases=tuple(f"concept {concept}, run {run}" for run in range(RUNS) for concept in range(CONCEPTS)),
    metrics=("cosine", "signed cosine", "present", "absent"),
    prepare=partial(
        prepare,
        draw=lambda seed, concept: beam.make_data(seed, concept),
        build=BeamCNN,
        methods=partial(list_methods, steps=50, window=6, batch=128),
    ),
    published=_publish(
        {
            "Integrated Gradients": (0.8772, 0.8767),
            "SmoothGrad": (0.7897, 0.7887),
            "Gradient x Input": (0.7829, 0.7823),
            "Guided Backprop": (0.7040, 0.7034),
            "DeconvNet": (0.6093, 0.6086),
            "Occlusion": (0.2228, 0.2219),
            "KernelSHAP": (0.2009, 0.2000),
            "Grad-CAM": (0.0664, 0.0654),
        }
    ),
    published_note=NOTE.format("simple"),
    goals=(Goal("cosine", 0.90),),
)
RESNET = Trial(
    name="beam-resnet",
    title="BEAM, ResNet-50",
    task=TASK,
    source=SOURCE,
    same=(
        "no: one run instead of 3, 16 points on the path of integrated gradients instead of 50, occlusion's "
        "windows our own; the same weights"
    ),
    cases=tuple(f"concept {concept}, run 0" for concept in range(CONCEPTS)),
    metrics=("cosine", "signed cosine", "present", "absent"),
    prepare=partial(
        prepare,
        draw=lambda seed, concept: beam_resnet.make_data(seed, concept),
        build=beam_resnet.BeamResNet,
        methods=lambda others: {
            name: method
            for name, method in list_methods(others.repeat(3, 1, 1, 1)[:OTHERS], 16, 56, 4).items()
            if not any(word in name for word in COSTLY)
        },
    ),
    published=_publish(
        {
            "Integrated Gradients": (0.3986, 0.0161),
            "SmoothGrad": (0.2661, 0.0919),
            "Guided Backprop": (0.2656, 0.2429),
            "Occlusion": (0.2387, 0.2387),
            "DeconvNet": (0.1091, 0.0926),
            "Grad-CAM": (0.0335, 0.0335),
            "KernelSHAP": (0.0190, 0.0190),
            "Gradient x Input": (0.0, 0.0),
        }
    ),
    published_note=NOTE.format("resnet"),
    goals=(Goal("cosine", 0.50),),
)
