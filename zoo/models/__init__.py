"""The networks of the zoo, a file for each library."""

from importlib import import_module

from torchvision_beside_cpu import import_torchvision
from zoo.models.entry import Entry

LIBRARIES = {
    "torch_geometric": "graphs",
    "x-transformers": "x_transformer",
    "transformers": "hugging_face",
    "timm": "timm_models",
    "segmentation_models_pytorch": "segmentation",
    "torchvision": "torch_vision",
    "diffusers": "diffusion",
}


def entries_of(library: str) -> list[Entry]:
    """Return the networks of one library."""
    import_torchvision()  # transformers and timm import it without help
    entries: list[Entry] = import_module(f"zoo.models.{LIBRARIES[library]}").entries()
    return entries
