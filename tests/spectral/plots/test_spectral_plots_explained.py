"""Figures of explanations of the engine: one call each."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

import lrprism as lp
from lrprism.spectral.plots import draw_explanation
from lrprism.spectral.plots.explained import read_explanation

NM = np.linspace(400, 1000, 20)
Check = Callable[[Figure], None]
Words = Callable[[Figure], str]


def explain(*shape: int, **options: object) -> lp.Explanation:
    torch.manual_seed(0)
    inner = int(np.prod(shape[1:]))
    model = nn.Sequential(nn.Flatten(), nn.Linear(inner, 8), nn.ReLU(), nn.Linear(8, 3))
    return lp.LRP(model).explain(torch.rand(shape), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["spectrum", "heatmaps", "classes", "layers"])
@pytest.mark.parametrize("shape", [(6, 20), (6, 20, 5, 5)])
def test_one_call_per_figure(kind: str, shape: tuple[int, ...], assert_readable: Check) -> None:
    explanation = explain(*shape, audit=True)
    assert_readable(draw_explanation(explanation, kind, NM))  # type: ignore[arg-type]


def test_heatmaps_of_a_sample_and_a_curve_of_a_single_spectrum() -> None:
    patches = explain(3, 20, 5, 5)
    images = draw_explanation(patches, "heatmaps", NM, sample=2).axes[0].images
    total = patches.relevance[2].sum(0).numpy()
    np.testing.assert_allclose(images[1].get_array(), total, atol=1e-6)
    spectra = explain(3, 20)
    lines = [line for axes in draw_explanation(spectra, "heatmaps", NM, sample=1).axes for line in axes.lines]
    (curve,) = [line for line in lines if line.get_gid() == "relevance"]
    np.testing.assert_allclose(curve.get_ydata(), spectra.relevance[1].numpy(), atol=1e-6)


def test_right_samples_are_counted_where_labels_are_given(words: Words) -> None:
    explanation = explain(6, 20)
    predicted = explanation.output.argmax(1).numpy()
    target = int(explanation.target[0])  # type: ignore[index]
    count = int((predicted == target).sum())
    figure = draw_explanation(
        explanation, "spectrum", NM, labels=predicted, class_names=["rye", "hay", "oat"]
    )
    assert f"{count} of them right" in words(figure)
    assert f"Relevance for {['rye', 'hay', 'oat'][target]}" in words(figure)
    assert "right" not in words(draw_explanation(explanation, "spectrum", NM)).replace("right axis", "")


def test_the_output_of_the_reference_is_part_of_the_sums(words: Words) -> None:
    explanation = explain(6, 20, audit=True, reference=torch.zeros(1, 20))
    chosen = explanation.output.gather(1, explanation.target[:, None]).mean()  # type: ignore[index]
    text = words(draw_explanation(explanation, "layers", NM))
    assert f"= output {float(chosen):.4g}".replace("-", "\N{MINUS SIGN}") in text


def test_one_logit_predicts_by_its_sign() -> None:
    model = nn.Linear(20, 1)
    explanation = lp.LRP(model).explain(torch.rand(4, 20), target=lp.target.side())
    dataset = read_explanation(explanation, NM)
    np.testing.assert_array_equal(dataset["predicted"], (explanation.output[:, 0] > 0).numpy())
    assert dataset["label"].to_numpy().tolist() == [-1] * 4


def test_what_cannot_be_drawn_is_refused() -> None:
    explanation = explain(2, 20)
    with pytest.raises(lp.InputError, match=r"kind should be one of spectrum, heatmaps, .*Found 'map'"):
        draw_explanation(explanation, "map", NM)  # type: ignore[arg-type]
    with pytest.raises(lp.InputError, match=r"sample should be a number from 0 to 1\. Found 2"):
        draw_explanation(explanation, "heatmaps", NM, sample=2)
    with pytest.raises(lp.InputError, match=r"should have an account\. Found none\. Try explain\(x, audit"):
        draw_explanation(explanation, "layers", NM)
    with pytest.raises(lp.InputError, match=r"explanation of one class of each sample"):
        draw_explanation(explain(2, 20, target="all"), "spectrum", NM)
