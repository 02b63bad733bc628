from typing import Any

import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.simulate import LeafSettings, PlantSettings


def test_the_layout_of_the_tutorial_is_the_default() -> None:
    settings = LeafSettings()
    assert len(settings.wavelengths) == 300
    assert settings.wavelengths[[0, -1]].tolist() == [387.12, 1023.5]
    assert np.diff(settings.wavelengths) == pytest.approx(636.38 / 299)
    assert settings.parameters()["classes"] == 3
    assert settings.parameters()["window"] == 25
    assert "planting" not in settings.parameters()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trait": "height"}, "trait should be one of .* Found 'height'"),
        (
            {"trait": "water", "planting": PlantSettings(blind=True)},
            "a blind feature should be planted beside",
        ),
        ({"window": 2}, "the window should be 3 to 512 pixels wide. Found 2"),
        ({"bands": 1}, "bands should be 2 or more, from a shorter to a longer wavelength. Found 1 from"),
        ({"first_nm": 1100.0}, "Found 300 from 1100 to 1023.5 nm"),
    ],
)
def test_impossible_settings_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        LeafSettings(**changes)
