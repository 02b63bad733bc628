"""Networks for spectra as estimators of scikit-learn: fit, predict, score, explain."""

try:
    import sklearn  # noqa: F401 - to say what to install, once
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "lrprism.spectral.estimators should find scikit-learn. Found no sklearn. Install it: "
        "pip install 'lrprism[spectral,sklearn]'.",
        name=error.name,
    ) from error

from lrprism.spectral.estimators.classifier import SpectralClassifier
from lrprism.spectral.estimators.regressor import SpectralRegressor

__all__ = ["SpectralClassifier", "SpectralRegressor"]
