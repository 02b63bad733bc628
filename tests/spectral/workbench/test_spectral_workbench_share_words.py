import numpy as np
import pandas as pd
import xarray as xr

from lrprism.spectral.workbench.share_tables import ClassShares, tabulate_bands, tabulate_groups
from lrprism.spectral.workbench.share_words import describe_shares


def describe(
    trainings: int = 20, samples: int = 8, groups: tuple[int, ...] = (0, 1, 2, 3), *, redrawn: bool = False
) -> str:
    """Band 0 has two fifths of the relevance; bands 1 and 2 swap the rest, band 3 has none."""
    swap = np.where(np.arange(trainings) % 2, 0.55, 0.05)
    shares = np.stack([np.full(trainings, 0.4), swap, 0.6 - swap, np.zeros(trainings)], axis=1)
    relevance = np.repeat(shares[:, None], samples, axis=1)
    entry = ClassShares(0, "oak", relevance, np.ones((trainings, samples), dtype=bool), None, redrawn)
    patch = xr.Dataset(
        coords={
            "wavelength": ("band", [400.0, 500.0, 600.0, 600.0]),
            "original_band": ("band", list("0123")),
        }
    )
    networks = pd.DataFrame(
        {"seed": range(trainings + 1), "accuracy": [0.9] * trainings + [0.2], "reason": "", "is_good": True}
    )
    networks.loc[trainings, ["is_good", "reason"]] = [False, "accuracy 0.200 is too low"]
    numbers = np.array(groups)
    bands, uses = (tabulate([entry], numbers, patch) for tabulate in (tabulate_bands, tabulate_groups))
    return "\n".join(describe_shares(networks, [entry], bands, uses, "samples"))


def test_three_lists_in_words() -> None:
    text = describe()
    assert text.startswith("20 of 21 trainings gave a good network, with accuracies of 0.900 to 0.900.")
    assert "Left out, seed 20: accuracy 0.200 is too low." in text
    assert "No bands are seen to be exchangeable: each is listed by itself." in text
    assert "oak (8 samples, 100 % right in the mean of the networks)" in text
    assert "  every network uses 400.0 nm (40.0 % of the relevance, 40.0 to 40.0)" in text
    assert "500.0 nm (10 of 20, else 600.0 nm)" in text
    assert "  no network uses 1 of 4 bands" in text
    assert "over other trainings on the same samples, as --no-redraw" in text
    assert "and over other samples" in text
    assert "over other training samples of this split" in describe(redrawn=True)
    assert "1 band has the wavelength of another one; the tables number them." in text


def test_groups_are_named_by_their_bands() -> None:
    text = describe(groups=(0, 1, 1, 2))
    assert "1 group of exchangeable bands (2 of 4 bands in all): in nm 500.0-600.0." in text
    assert "each tells as much of the class as all of its group" in text
    assert "500.0-600.0 nm (60.0 % of the relevance" in text
    assert "some networks use" not in text


def test_few_networks_have_wide_intervals_and_no_lists() -> None:
    text = describe(trainings=2)
    assert "2 networks are too few to say which bands every network uses" in text
    assert "Note: 2 networks where at least 5 are asked for: intervals are wide. shares.csv has" in text
    assert "lists of bands need 5 good networks, better 30: give more --seeds." in text
    assert "no network uses" not in text


def test_a_class_that_is_not_to_be_read() -> None:
    assert "oak: nothing can be said, 1 sample is too few for a mean." in describe(samples=1)


def describe_uses(uses: pd.DataFrame) -> str:
    """Describe one class with so many single bands, all right in 20 networks."""
    count = len(uses)
    entry = ClassShares(0, "oak", np.full((20, 8, count), 0.1), np.ones((20, 8), dtype=bool), None)
    networks = pd.DataFrame({"seed": range(20), "accuracy": 0.9, "reason": "", "is_good": True})
    facts = {"class": 0, "size": 1, "fair": 1 / count, "use": "every", "users": 20, "instead_nm": "", "n": 20}
    table = uses.assign(**facts, bands=[str(band) for band in range(count)])
    return "\n".join(describe_shares(networks, [entry], table, table, "samples"))


def test_neighbours_of_one_side_are_one_stretch_and_the_side_is_said() -> None:
    uses = pd.DataFrame({
        "wavelength_nm": ["400.0", "410.0", "420.0", "430.0"],
        "mean": [0.3, 0.26, 0.28, 0.16], "low": [0.28, 0.251, 0.26, 0.1], "high": [0.4] * 4,
        "against": [False, False, True, True],
    })  # fmt: skip
    text = describe_uses(uses)
    assert "every network uses 400.0-410.0 nm (56.0 % of the relevance in 2 bands); 420.0 nm" in text
    assert "26.0 to 40.0, against the class)" in text
    # 0.1 is below the fair share of a quarter
    assert (
        "  also 1 of 4 bands, but hardly more than others: their intervals reach the fair share, as of 430.0"
        in text
    )
    assert "there are no bands that every network uses" not in text
    alone = describe_uses(uses.assign(low=0.1))
    assert "  every network uses 4 of 4 bands, but hardly more than others" in alone
