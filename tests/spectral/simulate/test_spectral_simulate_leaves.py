import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.simulate import LeafSettings, PlantSettings, draft_leaves, name_parts, planted_patches
from lrprism.spectral.simulate.leaves import weigh_trait


def small_settings(trait: str | None = None, **changes: object) -> LeafSettings:
    return LeafSettings(PlantSettings(**{"classes": 3, **changes}), trait, 11, 60, 400.0, 1000.0)


def test_images_do_not_depend_on_the_pieces_they_are_drawn_in() -> None:
    draft = draft_leaves(name_parts(24, 0, 0), small_settings())
    whole, piece = draft.draw_images(range(24)), draft.draw_images(range(7, 9))
    assert (whole.x[7:9] == piece.x).all()
    assert (whole.region[7:9] == piece.region).all()
    again = draft_leaves(name_parts(24, 0, 0), small_settings()).draw_images(range(24))
    assert (again.x == whole.x).all()


def test_classes_are_even_in_each_part() -> None:
    draft = draft_leaves(name_parts(30, 15, 15), small_settings())
    for part, count in (("train", 10), ("validation", 5), ("test", 5)):
        assert np.bincount(draft.plan.y[draft.part == part]).tolist() == [count] * 3


def test_the_class_can_be_read_inside_the_region_and_not_outside() -> None:
    data = planted_patches(
        train=400, validation=0, test=0, classes=2, carriers=1, decoys=0, depth=1.0, fwhm_nm=40.0
    )
    truth = data.truth
    assert truth.region is not None
    assert truth.leaf is not None
    centre = int(np.abs(data.wavelengths - truth.features[0].centre).argmin())
    # the bump above the line between a width to the left and to the right
    bump = data.x[:, centre] - (data.x[:, centre - 4] + data.x[:, centre + 4]) / 2

    def correlate(mask: np.ndarray) -> float:
        means = (bump * mask).sum(axis=(1, 2)) / np.maximum(mask.sum(axis=(1, 2)), 1)
        return abs(float(np.corrcoef(means, truth.strength[:, 0])[0, 1]))

    inside, soil = correlate(truth.region), correlate(truth.leaf == 0)
    assert inside > 0.6
    assert soil < 0.15
    stalk = correlate((truth.leaf == 1) & ~truth.region)
    assert stalk < inside / 2


@pytest.mark.parametrize(("trait", "nm"), [("chlorophyll", (700, 720)), ("water", (960, 1000))])
def test_a_trait_changes_the_bands_that_it_is_known_for(trait: str, nm: tuple[int, int]) -> None:
    wavelengths = np.linspace(400, 1000, 301)
    weight = weigh_trait(trait, wavelengths)
    assert weight.max() == 1
    assert nm[0] <= wavelengths[weight.argmax()] <= nm[1]


def test_classes_that_differ_in_a_trait() -> None:
    data = planted_patches(train=60, validation=0, test=0, trait="chlorophyll", noise_bands=2, classes=3)
    assert data.truth.features == ()
    assert data.truth.strength.shape == (60, 0)
    assert not data.truth.bands[[0, 1, -2, -1]].any()
    assert data.truth.region is not None
    # more chlorophyll, less light about 710 nm: the mean of the leaf falls from class to class
    band = int(np.abs(data.wavelengths - 710).argmin())
    leaf = (data.x[:, band] * data.truth.region).sum(axis=(1, 2)) / data.truth.region.sum(axis=(1, 2))
    means = [leaf[data.y == c].mean() for c in range(3)]
    assert means[0] > means[1] > means[2]


def test_a_stripe_lies_over_the_leaf_in_its_samples() -> None:
    data = planted_patches(train=40, validation=0, test=0, confounder="stripe")
    truth = data.truth
    assert truth.confounder.all()
    assert truth.confounder_pixels is not None
    assert truth.leaf is not None
    assert (truth.confounder_pixels.any(axis=(1, 2)) == truth.confounded).all()
    assert truth.confounded[data.y == 0].mean() > 0.5
    assert (truth.leaf[truth.confounder_pixels] == 0).all()
    stripe = np.moveaxis(data.x, 1, -1)[truth.confounder_pixels]
    assert stripe.mean() == pytest.approx(0.5, abs=0.02)


def test_an_artefact_lies_in_its_bands() -> None:
    clean, spoilt = (
        planted_patches(train=40, validation=0, test=0, confounder=confounder)
        for confounder in (None, "band")
    )
    change = np.abs(spoilt.x - clean.x).max(axis=(2, 3)) > 1e-4
    assert clean.truth.features == spoilt.truth.features
    assert (change.any(axis=1) == spoilt.truth.confounded).all()
    assert (change.any(axis=0) == spoilt.truth.confounder).all()
    assert spoilt.truth.confounder_pixels is None


def test_noise_bands_hold_noise_and_no_value_is_below_0() -> None:
    data = planted_patches(train=40, validation=0, test=0, noise_bands=1)
    assert data.x.min() >= 0
    assert data.x[:, 0].mean() == pytest.approx(0.1, abs=0.005)
    leaf = data.truth.leaf
    assert leaf is not None
    assert abs(np.corrcoef(data.x[:, 0].ravel(), leaf.ravel())[0, 1]) < 0.05


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(InputError, match=r"samples should be 12 or more, 4 for each of 3 classes. Found 6"):
        draft_leaves(name_parts(6, 0, 0), small_settings())
