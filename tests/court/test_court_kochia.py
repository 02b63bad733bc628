import numpy as np
import pytest

from court.kochia import page, trial
from court.kochia.leaves import DIP, PLAIN, PLAIN_TOO, SHIFT, STRIPE, Leaves, draw
from court.kochia.trial import ALL, MEAN, REPORT, Said
from court.results import PREMISE, Result


@pytest.fixture(scope="module")
def leaves() -> Leaves:
    return draw(101)


def test_what_is_planted_is_all_that_tells_the_classes_apart(leaves: Leaves) -> None:
    draft = leaves.draft
    nm, y = draft.wavelengths, draft.plan.y
    assert np.bincount(y).tolist() == [150] * 5
    means = np.array([draft.leaf[y == number].mean(axis=0) for number in range(5)])
    # by PROSPECT, whose mean over 150 leaves varies by a hundredth
    dip, shift = means[DIP] - means[PLAIN], means[SHIFT] - means[PLAIN]
    assert nm[dip.argmin()] == pytest.approx(680, abs=3)
    assert dip.min() == pytest.approx(-0.07, abs=0.01)
    assert nm[np.abs(shift).argmax()] == pytest.approx(leaves.shift_nm, abs=10)
    assert 690 < leaves.shift_nm < 730
    for other in (PLAIN_TOO, STRIPE):
        assert np.abs(means[other] - means[PLAIN]).max() < 0.03
    striped = draft.plan.confounded
    assert striped[y == STRIPE].mean() == pytest.approx(0.98, abs=0.03)
    assert not striped[y != STRIPE].any()
    assert not draft.bump.any()


def test_the_stripe_lies_in_the_outermost_column_alone(leaves: Leaves) -> None:
    row = int(np.flatnonzero(leaves.draft.plan.confounded)[0])
    stripe = leaves.draft.draw_images(range(row, row + 1)).stripe[0]
    assert stripe[:, 0].all()
    assert not stripe[:, 1:].any()


def say(**changes: Said) -> dict[int, Said]:
    said = {
        "plain": Said("the network does not tell it from b", ()),
        "dip": Said("", (684.0,)),
        "shift": Said("", (712.0, 800.0)),
        "stripe": Said("89 % of the relevance lies on the outermost ring of the patch; x", ()),
        "plain_too": Said("few", ()),
    }
    return dict(enumerate((said | changes).values()))


def test_scores_by_hand(leaves: Leaves) -> None:
    right = trial.score(say(), leaves)
    assert right["dip, nm off"] == pytest.approx(4.0)
    assert right["shift, nm off"] == pytest.approx(712 - leaves.shift_nm)
    assert (right[ALL], right["further stretches"]) == (1.0, 1.0)
    for name, wrong in {
        "dip": say(dip=Said("", (691.0,))),
        "shift": say(shift=Said("noise", ())),
        "stripe first": say(stripe=Said("x; 89 % of the relevance lies on the outermost ring", ())),
        "plain classes silent": say(plain=Said("", (550.0,))),
    }.items():
        scores = trial.score(wrong, leaves)
        assert (scores[name], scores[ALL]) == (0.0, 0.0)
    assert "shift, nm off" not in trial.score(say(shift=Said("noise", ())), leaves)


def test_the_page_counts_seeds(leaves: Leaves) -> None:
    good, bad = trial.score(say(), leaves), trial.score(say(dip=Said("noise", ())), leaves)
    results = {}
    for number, case in enumerate(trial.TRIAL.cases):
        for method, scores in ((PREMISE, {"accuracy": 0.8}), (REPORT, good), (MEAN, good if number else bad)):
            key = (trial.TRIAL.name, case, method)
            results[key] = Result(*key, dict(scores), 60.0, "", "2026-11-27", "")
    del results[trial.TRIAL.name, "seed 10", MEAN]
    text = page.write((trial.TRIAL,), results)
    assert f"| {REPORT} | 10 of 10 | 10 of 10 | 10 of 10 | 10 of 10 | 10 of 10 | met |" in text
    assert f"| {MEAN} | 9 of 9 | 8 of 9 | 9 of 9 | 9 of 9 | 8 of 9 | **missed** |" in text
    assert "| seed 1 | 80.0 % | yes | **no** | yes | yes | **no** | nothing named |" in text
    assert "| seed 10 | not run |" in text
