import pytest
import torch

from lrprism.evaluation import Bootstrap, judge_blind, measure_shares


def draw_relevance(scale: list[float]) -> torch.Tensor:
    noise = torch.randn(200, len(scale), generator=torch.Generator().manual_seed(0))
    return noise.sign() * torch.tensor(scale) * (1 + 0.1 * noise.abs())


def test_a_share_by_hand() -> None:
    # mean |R| is (3, 1, 1, 1): the first half holds 4 of 6, where 2 of 4 features would be fair
    relevance = torch.tensor([[3.0, -1.0, 1.0, 1.0], [-3.0, 1.0, -1.0, 1.0]])
    share = measure_shares(relevance, {"left": torch.tensor([True, True, False, False])})["left"]
    assert share.share == pytest.approx(4 / 6)
    assert share.fair == 0.5
    assert share.ratio.value == pytest.approx(4 / 3)
    assert (share.rank, share.among, share.flagged) == (1, 2, False)


def test_a_confounder_is_flagged_and_a_group_without_use_is_not() -> None:
    relevance = draw_relevance([1, 1, 1, 4, 4, 1, 1, 0.2, 0.2, 1])
    index = torch.arange(10)
    shares = measure_shares(
        relevance, {"artefact": (index == 3) | (index == 4), "idle": (index == 7) | (index == 8)}
    )
    # 8 of 8 + 6 + .4, against 2 of 10
    assert shares["artefact"].ratio.value == pytest.approx(8 / 14.4 / 0.2, rel=0.02)
    assert shares["artefact"].flagged
    assert (shares["artefact"].rank, shares["artefact"].among) == (1, 4)  # 1-2, 5-6, 7-8 beside it
    assert not shares["idle"].flagged
    assert shares["idle"].rank == shares["idle"].among == 4


def test_a_group_in_two_pieces_has_no_rank() -> None:
    mask = torch.tensor([True, False, True, False])
    assert measure_shares(torch.rand(5, 4), {"pieces": mask})["pieces"].rank is None


def test_a_region_of_pixels_is_a_group_too() -> None:
    relevance = torch.ones(6, 3, 4, 4)
    relevance[:, :, 0] = 5
    stripe = torch.zeros(3, 4, 4, dtype=torch.bool)
    stripe[:, 0] = True
    share = measure_shares(relevance, {"stripe": stripe})["stripe"]
    assert share.share == pytest.approx(5 / 8)
    assert share.fair == 0.25
    assert share.flagged


def test_a_map_of_zeros_gives_nobody_a_share() -> None:
    assert measure_shares(torch.zeros(5, 4), {"a": torch.arange(4) < 2})["a"].ratio.value == 0


@pytest.mark.parametrize(
    ("scale", "passed"), [([0.2, 5, 1, 1], True), ([5, 5, 1, 1], False), ([0.2, 1, 1, 1], False)]
)
def test_a_blind_feature_must_get_little_and_used_ones_much(scale: list[float], passed: bool) -> None:
    index = torch.arange(4)
    verdict = judge_blind(draw_relevance(scale), index == 0, index == 1, bootstrap=Bootstrap(resamples=50))
    assert verdict.passed == passed
    assert verdict.blind.ratio.value == pytest.approx(4 * scale[0] / sum(scale), rel=0.02)
    assert verdict.used.ratio.value == pytest.approx(4 * scale[1] / sum(scale), rel=0.02)
