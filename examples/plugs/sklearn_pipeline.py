"""Three pipelines of scikit-learn on Indian Pines, and the wavelengths behind one of their classes.

    python examples/plugs/sklearn_pipeline.py --out bands.png

A network as a classifier of scikit-learn, a principal component analysis with a logistic regression, and a
linear discriminant: relevance goes back through every step to the bands of the camera, and adds up to the
difference of the decision function from that of the mean spectrum. Training and test pixels lie in different
squares of the scene. It needs ``pip install 'lrprism[spectral,sklearn]'``.
"""

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib import pyplot
from matplotlib.figure import Figure
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import lrprism as lp

CLASSES = ("Corn-notill", "Soybean-mintill", "Woods")
CLASS = "Woods"
GAP = 40.0
"""Widest step in nm between neighbouring bands."""


class Pixels(NamedTuple):
    """Spectra ``[N, band]`` and class names ``[N]`` of both parts, and the wavelengths in nm."""

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    wavelength: np.ndarray


class Finding(NamedTuple):
    """What a pipeline says of a class.

    Args:
        accuracy: Share of the test pixels that it gets right.
        strength: Mean magnitude of relevance per band over the test pixels of the class, sum 1.
        missing: Largest part of a decision that no band got, as a share of the largest decision.
    """

    accuracy: float
    strength: np.ndarray
    missing: float


def load_pixels() -> Pixels:
    """Return the pixels of three classes, dealt out by a checkerboard of 12 pixels."""
    scene = lp.spectral.load_indian_pines()
    split = lp.spectral.checkerboard(scene.labels, block=12, guard=0)
    spectra = scene.cube.values.reshape(len(scene.cube), -1).T
    names = np.array(["", *scene.labels.attrs["class_names"]])[scene.labels.values.ravel()]
    parts: list[np.ndarray] = []
    for numbers in (split.train, split.test):
        wanted = numbers[np.isin(names[numbers], CLASSES)]
        parts += [spectra[wanted].astype(np.float64), names[wanted]]
    return Pixels(*parts, scene.cube["wavelength"].values)


def build_pipelines() -> dict[str, Pipeline]:
    """Return the three pipelines, unfitted."""
    network = lp.spectral.SpectralClassifier("mlp", epochs=15, random_state=0)
    return {
        "MLP": make_pipeline(StandardScaler(), network),
        "PCA + logistic regression": make_pipeline(
            StandardScaler(), PCA(20, whiten=True), LogisticRegression(max_iter=1000)
        ),
        "linear discriminant": make_pipeline(StandardScaler(), LinearDiscriminantAnalysis()),
    }


def explain_class(pipeline: Pipeline, pixels: Pixels) -> Finding:
    """Explain the test pixels of the class against the mean spectrum of the training pixels."""
    x, mean = pixels.x_test[pixels.y_test == CLASS], pixels.x.mean(0)
    relevance = lp.plugs.sklearn.explain(pipeline, x, CLASS, reference=mean)
    number = list(pipeline.classes_).index(CLASS)
    change = (pipeline.decision_function(x) - pipeline.decision_function(mean[None]))[:, number]
    missing = np.abs(relevance.sum(1) - change).max() / np.abs(change).max()
    strength = np.abs(relevance).mean(0)
    return Finding(pipeline.score(pixels.x_test, pixels.y_test), strength / strength.sum(), float(missing))


def draw(findings: dict[str, Finding], wavelength: np.ndarray) -> Figure:
    """Draw the share of each band, one curve per pipeline."""
    figure, axes = pyplot.subplots(figsize=(8, 3.2), layout="constrained")
    order = np.argsort(wavelength)
    # no line over the water bands, which the scene leaves out
    gaps = 1 + np.flatnonzero(np.diff(wavelength[order]) > GAP)
    nm = np.insert(wavelength[order], gaps, np.nan)
    for (name, finding), style in zip(findings.items(), ("-", "--", ":"), strict=True):
        percent = np.insert(100 * finding.strength[order], gaps, np.nan)
        axes.plot(nm, percent, style, label=name, linewidth=1.2)
    axes.set(xlabel="wavelength in nm", ylabel="share of |relevance| in %", title=f"{CLASS} of Indian Pines")
    axes.legend(frameon=False)
    return figure


def explain_all(pixels: Pixels) -> dict[str, Finding]:
    """Fit and explain each pipeline."""
    return {
        name: explain_class(model.fit(pixels.x, pixels.y), pixels)
        for name, model in build_pipelines().items()
    }


def main() -> None:
    """Fit, explain, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("bands.png"))
    out: Any = parser.parse_args().out
    pixels = load_pixels()
    findings = explain_all(pixels)
    for name, finding in findings.items():
        best = ", ".join(f"{nm:.0f}" for nm in pixels.wavelength[finding.strength.argsort()[:-4:-1]])
        print(
            f"{name}: accuracy {finding.accuracy:.3f}, strongest at {best} nm, missing {finding.missing:.0e}"
        )
    figure = draw(findings, pixels.wavelength)
    figure.savefig(out, dpi=160)
    pyplot.close(figure)
    print(f"wrote {out}")


if __name__ == "__main__":
    main()
