import numpy as np
import pandas as pd
import pytest

from lrprism.errors import DataError
from lrprism.spectral import plots


def make_table() -> pd.DataFrame:
    nm = np.array([500.0, 510, 520, 530, 700, 710, 720])
    first, second = np.linspace(0, 0.6, 7), np.zeros(7)
    return pd.DataFrame({
        "band": np.arange(7), "original_band": [*map(str, range(7))], "wavelength_nm": nm, "first": first,
        "second": second, "difference": first - second, "low": first - 0.1, "high": first + 0.1,
        "differs": first > 0.2,
        "first_share": first / first.sum(), "second_share": second,
    })  # fmt: skip


def test_two_curves_their_difference_and_its_interval() -> None:
    figure = plots.relevance_contrast(make_table(), ("rye", "hay"), "logit")
    upper, lower = figure.axes[-2:]
    curves = {str(line.get_label()): line for line in (*upper.lines, *lower.lines)}
    rye = np.asarray(curves["rye"].get_ydata(), dtype=float)
    np.testing.assert_allclose(rye[np.isfinite(rye)], np.linspace(0, 0.6, 7))
    assert np.isnan(rye).sum() == 1  # broken between 530 and 700 nm
    assert "rye less hay" in curves
    assert not any("do not read" in text.get_text() for text in figure.texts)
    assert (upper.get_ylabel(), lower.get_ylabel()) == ("relevance (logit)", "difference (logit)")
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(words) == len(set(words))
    assert {"rye", "hay", "rye less hay", "95 % interval"} <= set(words)


def test_features_are_named_where_the_difference_is_sure() -> None:
    def name(table: pd.DataFrame) -> list[str]:
        figure = plots.relevance_contrast(table, ("rye", "hay"), "logit")
        return [text.get_text() for axes in figure.axes for text in axes.texts]

    # the largest difference, at 720 nm, lies on the red edge
    assert "red edge" in name(make_table())
    assert "red edge" not in name(make_table().assign(differs=False))


@pytest.mark.parametrize("table", [make_table().iloc[:0], make_table().drop(columns="low")])
def test_no_table_of_contrast(table: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"a table of contrast should hold .* Found no (band|low)"):
        plots.relevance_contrast(table, ("a", "b"), "logit")


def test_a_network_at_chance_level_is_said() -> None:
    doubt = "network at chance level: do not read"
    figure = plots.relevance_contrast(make_table(), ("rye", "hay"), "logit", doubt)
    titles = [text.get_text() for text in figure.texts]
    assert {"Network at chance level: do not read", "rye less hay"} <= set(titles)


def test_a_set_of_one_sample_has_no_interval_and_counts_are_said() -> None:
    table = make_table().assign(low=np.nan, high=np.nan, differs=False)
    figure = plots.relevance_contrast(table, ("right", "wrong"), "logit", counts=["right: 9", "wrong: 1"])
    text = " ".join(text.get_text() for text in figure.texts)
    assert "no interval: one sample or group" in text
    assert "right: 9 · wrong: 1" in text.replace("9 wrong", "9 · wrong")
    assert "95 % interval" not in [word.get_text() for word in figure.legends[0].get_texts()]
