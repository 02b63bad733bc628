import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import lrprism as lp
from lrprism.spectral.bands.statistics import RESOLUTION
from lrprism.spectral.cubes.cube import band_coords
from lrprism.spectral.workbench.compare import ComparisonSettings, compare_into, describe_contrast
from tests.small_runs import SILENT

NM = 500.0 + 10 * np.arange(12)


def write_results(
    folder: Path,
    shift: float = 0.0,
    nm: np.ndarray = NM,
    *,
    is_labelled: bool = True,
    explanation: dict | None = None,
    **attrs: str,
) -> str:
    """Relevance of rye at the third band and of hay at the eighth; every fifth sample is wrong."""
    rng = np.random.default_rng(0)
    target = np.arange(40) % 2
    relevance = rng.normal(0, 0.1, (40, 12, 2, 2))
    relevance[target == 0, 2] += 1.0
    relevance[target == 1, 7] += 1.0 + shift
    dataset = xr.Dataset(
        {
            "relevance": (("sample", "band", "y", "x"), relevance.astype(np.float32), {"units": "logit"}),
            "target": ("sample", target),
            "predicted": ("sample", target),
            "label": (
                "sample",
                np.where(np.arange(40) % 5, target, 1 - target) if is_labelled else target - 9,
            ),
        },
        coords={
            **band_coords(12, nm, fwhm=np.full(12, 9.0)),
            "class_name": ("class", ["rye", "hay", "oats"]),
        },
        attrs={RESOLUTION: 0.0, **attrs},
    )
    folder.mkdir()
    dataset.to_zarr(folder / "relevance.zarr", zarr_format=2)
    (folder / "run.json").write_text(json.dumps({"explanation": explanation or {}}))
    return str(folder)


def compare(
    tmp_path: Path, *results: str, classes: tuple[str, ...] = (), right_wrong: bool = False
) -> list[str]:
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    return compare_into(out, ComparisonSettings(results, classes, right_wrong), SILENT)


def test_two_classes(tmp_path: Path) -> None:
    results = write_results(tmp_path / "a")
    lines = compare(tmp_path, results, classes=("RYE", "1"))
    assert lines[0] == "rye (20 samples) less hay (20 samples):"
    # 4 pixels of 1.0 each
    assert any(line.startswith("  520.0 nm: +4") for line in lines)
    assert any(line.startswith("  570.0 nm: -4") for line in lines)
    table = pd.read_csv(tmp_path / "out" / "contrast.csv")
    assert table["difference"].abs().nlargest(2).index.tolist() in ([2, 7], [7, 2])
    record = json.loads((tmp_path / "out" / "run.json").read_text())["comparison"]
    assert record["samples"] == {"rye": 20, "hay": 20}
    assert all((tmp_path / "out" / path).is_file() for path in record["figures"])


def test_two_results_and_one_class_of_them(tmp_path: Path) -> None:
    results = [write_results(tmp_path / "a"), write_results(tmp_path / "b", shift=2.0)]
    assert compare(tmp_path, *results)[0] == "a (40 samples) less b (40 samples):"
    lines = compare(tmp_path, *results, classes=("hay",))
    assert lines[0] == "a (20 samples) less b (20 samples):"
    assert lines[1] == (
        "  1 of 12 bands differ by more than the noise of these samples, corrected for 12 bands."
    )
    assert lines[2].startswith("  570.0 nm: -8 logit [")


def test_right_against_wrong(tmp_path: Path) -> None:
    lines = compare(tmp_path, write_results(tmp_path / "a"), right_wrong=True)
    assert lines[0] == "right (32 samples) less wrong (8 samples):"


def test_right_and_wrong_are_not_known_without_true_classes(tmp_path: Path) -> None:
    results = write_results(tmp_path / "a", is_labelled=False)
    with pytest.raises(lp.DataError, match=r"tell right from wrong\. Found 40 without\. Leave out --right"):
        compare(tmp_path, results, right_wrong=True)
    assert compare(tmp_path, results, classes=("rye", "hay"))[0].startswith("rye (20 samples)")


def test_one_sample_says_nothing() -> None:
    table = pd.DataFrame({"low": [1.0], "high": [2.0], "difference": [1.5], "wavelength_nm": [500.0]})
    lines = describe_contrast(table, {"a": 1, "b": 9}, "logit", 0.0)
    assert lines[1] == "  nothing is said: a set of one sample has no interval."


def test_one_group_says_nothing(tmp_path: Path) -> None:
    results = write_results(tmp_path / "a")
    store = tmp_path / "a" / "relevance.zarr"
    # each class is of one plant
    attrs = xr.open_zarr(store).attrs
    xr.Dataset({"group": ("sample", np.arange(40) % 2)}, attrs=attrs).to_zarr(store, mode="a")
    lines = compare(tmp_path, results, classes=("rye", "hay"))
    assert lines[1:] == ["  nothing is said: no interval, as all samples of a set are of one group."]


@pytest.mark.parametrize(
    ("results", "classes", "right_wrong"),
    [
        (1, (), False),
        (1, ("a",), False),
        (1, ("a", "b"), True),
        (2, ("a", "b"), False),
        (2, (), True),
        (3, (), False),
    ],
)
def test_what_is_not_clear_is_refused(results: int, classes: tuple[str, ...], right_wrong: bool) -> None:
    with pytest.raises(lp.InputError, match=rf"Found {results} results, {len(classes)} classes"):
        ComparisonSettings(("r",) * results, classes, right_wrong)


def test_results_that_cannot_be_compared(tmp_path: Path) -> None:
    results = write_results(tmp_path / "a")
    with pytest.raises(lp.InputError, match=r"a class should be one of rye, hay, oats.*Found 'wheat'"):
        compare(tmp_path, results, classes=("rye", "wheat"))
    with pytest.raises(lp.InputError, match=r"Found 'rye' twice"):
        compare(tmp_path, results, classes=("rye", "0"))
    with pytest.raises(lp.DataError, match=r"each set should have samples\. Found none of 'oats'"):
        compare(tmp_path, results, classes=("rye", "oats"))
    with pytest.raises(lp.DataError, match=r"should be of the same bands"):
        compare(tmp_path, results, write_results(tmp_path / "b", nm=NM + 3))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text('{"training": {}}')
    with pytest.raises(lp.DataError, match=r"results of lrprism explain\. Found training in its run\.json"):
        compare(tmp_path, str(tmp_path / "run"), right_wrong=True)


def test_the_figure_says_that_one_of_two_networks_is_at_chance_level(tmp_path: Path) -> None:
    results = [write_results(tmp_path / "a"), write_results(tmp_path / "b", doubt="no better than chance")]
    compare(tmp_path, *results)
    figure = (tmp_path / "out" / "figures" / "contrast.svg").read_text()
    assert "Network at chance level: do not read" in figure


def test_what_speaks_against_the_maps_is_said_first(tmp_path: Path) -> None:
    results = [
        write_results(tmp_path / "a", explanation={"verdict": {"doubt": None, "cares": ["most is wrong"]}}),
        write_results(tmp_path / "b", map_doubt="they rank nothing"),
    ]
    lines = compare(tmp_path, *results)
    assert lines[:2] == [
        "Read this comparison with care: a: most is wrong.",
        "Do not read this comparison: b: they rank nothing.",
    ]
    record = json.loads((tmp_path / "out" / "run.json").read_text())["comparison"]
    assert (record["doubts"], record["words"]) == (lines[:2], lines)
    figure = (tmp_path / "out" / "figures" / "contrast.svg").read_text()
    assert "Maps that the network does not bear out: do not read" in figure


def test_traits_have_no_classes_to_compare(tmp_path: Path) -> None:
    results = [write_results(tmp_path / name, task="regression") for name in "ab"]
    with pytest.raises(lp.DataError, match=r"with their classes\. Found traits, which have none\. Compare"):
        compare(tmp_path, *results)


def test_a_class_that_a_fixed_target_leaves_none_of(tmp_path: Path) -> None:
    fixed = write_results(tmp_path / "a", explanation={"settings": {"target": "rye"}})
    with pytest.raises(
        lp.DataError, match=r"none of 'oats', as all are explained for the class rye, by --tar"
    ):
        compare(tmp_path, fixed, classes=("rye", "oats"))
    free = write_results(tmp_path / "b", explanation={"settings": {"target": "predicted"}})
    with pytest.raises(lp.DataError, match=r"none of 'oats'\. Explain more samples"):
        compare(tmp_path, free, classes=("rye", "oats"))
