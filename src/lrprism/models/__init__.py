"""Networks of the field, ready to be trained and explained, and their weights on disk."""

from lrprism.models.hyper3dnetlite import Hyper3DNetLite, SeparableBlock
from lrprism.models.weights import load_weights, save_weights

__all__ = ["Hyper3DNetLite", "SeparableBlock", "load_weights", "save_weights"]
