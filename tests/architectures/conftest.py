"""Makes torchvision and timm importable, which `make` keeps in a folder of their own."""

import sys
from pathlib import Path

import pytest

from torchvision_beside_cpu import import_torchvision

sys.path.append(str(Path(sys.prefix) / "vision"))
import_torchvision()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of one network side by side: it is built once, and kept until the next one is built."""
    places = [place for place, item in enumerate(items) if item.path.name == "test_architectures.py"]
    order: dict[str, int] = {}
    for place in places:
        order.setdefault(network_of(items[place]), place)
    tests = sorted((items[place] for place in places), key=lambda item: order[network_of(item)])
    for place, item in zip(places, tests, strict=True):
        items[place] = item


def network_of(item: pytest.Item) -> str:
    """Return the name of the network that a test asks for, or else the test's own."""
    call = getattr(item, "callspec", None)
    return call.params.get("name", item.name) if call else item.name
