import subprocess
import sys

from lrprism import spectral


def test_the_door_is_sorted_and_whole() -> None:
    assert spectral.__all__ == sorted(spectral.__all__)
    assert all(hasattr(spectral, name) for name in spectral.__all__)


def test_the_door_opens_without_the_packages_that_carry_one_scene() -> None:
    heavy = "('tensorly', 'spectral', 'matplotlib')"
    code = f"import sys, lrprism.spectral; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_bands_are_reached_through_the_door() -> None:
    code = "import lrprism.spectral; print(lrprism.spectral.bands.pooled.__name__)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "pooled"
