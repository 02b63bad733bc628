"""An entry of a registry shows in the help of the commands that take it."""

from collections.abc import Callable, Iterator
from importlib import import_module, reload
from typing import Any

import pytest

import lrprism as lp
from lrprism.spectral.networks import NETWORKS
from lrprism.spectral.preprocessing import STEPS
from lrprism.spectral.splits import SCHEMES
from lrprism.spectral.workbench import COMPOSITES

REGISTRIES = [(NETWORKS, "train"), (STEPS, "adopt"), (SCHEMES, "train"), (COMPOSITES, "demo")]
OPTIONS = "lrprism.spectral.cli.registry_options"


@pytest.fixture
def reload_options() -> Iterator[Callable[[], None]]:
    """Return a function that reads the options anew, as a new process would."""

    def reload_all() -> None:
        reload(import_module(OPTIONS))
        for command in ("adopt", "demo", "explain", "train"):
            reload(import_module(f"lrprism.spectral.cli.{command}"))

    yield reload_all
    reload_all()


@pytest.mark.parametrize(("registry", "command"), REGISTRIES)
def test_a_new_entry_shows_in_the_help(
    lrprism: object,
    monkeypatch: pytest.MonkeyPatch,
    reload_options: Callable[[], None],
    registry: dict[str, Any],
    command: str,
) -> None:
    assert "brandnew" not in lrprism(command, "--help")[1]
    with monkeypatch.context() as patch:
        patch.setitem(registry, "brandnew", next(iter(registry.values())))
        reload_options()
        assert "brandnew" in lrprism(command, "--help")[1]
    reload_options()


@pytest.mark.parametrize("name", lp.presets.__all__)
def test_every_preset_that_needs_no_numbers_is_a_rule(name: str) -> None:
    preset = getattr(lp.presets, name)
    assert any(isinstance(composite, preset) for composite in COMPOSITES.values()) is (
        name != "EpsilonGammaBox"
    )
