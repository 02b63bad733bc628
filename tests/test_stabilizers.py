import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from expected_warnings import LITTLE_ARRIVES
from lrprism import RuleError, select
from lrprism.rules import Epsilon, WSquare
from lrprism.stabilizers import (
    AbstractStabilizer,
    Clip,
    Custom,
    NormScaled,
    Signed,
    Stabilizer,
    Unsigned,
    as_stabilizer,
)

pytestmark = LITTLE_ARRIVES


def test_signed_pushes_away_from_zero_and_counts_zero_as_positive() -> None:
    z = torch.tensor([-2.0, -0.5, 0.0, 0.5])
    assert torch.equal(Signed(0.25)(z), torch.tensor([-2.25, -0.75, 0.25, 0.75]))


@pytest.mark.parametrize("stabilizer", [Signed(0.25), Clip(0.25)])
def test_negative_zero_counts_as_positive(stabilizer: AbstractStabilizer) -> None:
    assert stabilizer(torch.tensor([-0.0])).item() == 0.25


def test_unsigned_adds() -> None:
    assert torch.equal(Unsigned(0.25)(torch.tensor([-2.0, 0.0])), torch.tensor([-1.75, 0.25]))


def test_unsigned_fails_at_minus_eps_as_it_says() -> None:
    assert Unsigned(0.25)(torch.tensor([-0.25])).item() == 0


def test_clip_moves_only_what_is_small() -> None:
    z = torch.tensor([-2.0, -0.25, -0.125, 0.0, 0.125, 0.5])
    assert torch.equal(Clip(0.25)(z), torch.tensor([-2.0, -0.25, -0.25, 0.25, 0.25, 0.5]))


def test_norm_scaled_steps_in_proportion_to_each_sample() -> None:
    # root of the mean of squares: (1 + 49) / 2 = 25 -> 5, so a step of 1; five times that in the second
    z = torch.tensor([[-1.0, 7.0], [5.0, -35.0]], dtype=torch.float64)
    expected = torch.tensor([[-2.0, 8.0], [10.0, -40.0]], dtype=torch.float64)
    torch.testing.assert_close(NormScaled(0.2)(z), expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(NormScaled(0.2)(z.view(2, 1, 2, 1)).view(2, 2), expected, rtol=1e-12, atol=0)


def test_norm_scaled_keeps_a_sample_of_zeros_away_from_zero() -> None:
    assert (NormScaled(0.2)(torch.zeros(2, 3)) > 0).all()


def test_custom_is_the_function() -> None:
    assert Custom(lambda z: z.abs() + 3)(torch.tensor([-1.0])).item() == 4.0


@pytest.mark.parametrize("stabilizer", [Signed(0.25), Unsigned(0.25), Clip(0.25)])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_short_way_for_numbers_of_one_sign_is_the_same(stabilizer: Signed, sign: int) -> None:
    z = sign * torch.tensor([[0.0625, 0.125, 3.0], [0.25, 0.5, 0.75]], dtype=torch.float64)
    assert torch.equal(stabilizer.definite_(z.clone(), sign), stabilizer(z))


@pytest.mark.parametrize("make", [Signed, Unsigned, Clip])
@pytest.mark.parametrize("eps", [0.0, 0.25])
def test_the_short_way_leaves_no_zero(make: type[Signed], eps: float) -> None:
    assert (make(eps).definite_(torch.zeros(3), 1) > 0).all()


@pytest.mark.parametrize(
    "stabilizer",
    [Signed(0.25), Signed(0), Unsigned(0.25), Clip(0.25), NormScaled(0.25), Custom(lambda z: z + 2)],
)
@pytest.mark.parametrize("nonnegative", [False, True])
def test_damping_is_a_quotient(stabilizer: AbstractStabilizer, nonnegative: bool) -> None:
    z = torch.tensor([[0.0, 0.125, 3.0], [-0.5, 1e-3, -8.0]], dtype=torch.float64)
    z = z.abs() if nonnegative else z
    g = torch.tensor([[2.0, -1.0, 0.0], [3.0, -5.0, 7.0]], dtype=torch.float64)
    expected = g if stabilizer.changes_nothing else g * z / stabilizer(z)
    torch.testing.assert_close(
        stabilizer.damp(g, z, nonnegative=nonnegative), expected, rtol=1e-12, atol=1e-15
    )


@pytest.mark.parametrize(
    "stabilizer", [Signed(1e-6), Signed(0.3), Unsigned(1e-6), Clip(1e-6), NormScaled(0.25), Custom(torch.exp)]
)
def test_nothing_at_all_is_left_of_what_arrives_at_zero(stabilizer: AbstractStabilizer) -> None:
    z, g = torch.zeros(1, 1000), torch.randn(1, 1000, generator=torch.Generator().manual_seed(0))
    z[:, ::2] = 1.0
    assert not stabilizer.damp(g, z, nonnegative=True)[:, 1::2].any()


def test_what_stands_for_a_stabilizer() -> None:
    assert as_stabilizer(0.5) == Signed(0.5)
    assert as_stabilizer(Clip(0.5)) == Clip(0.5)
    assert as_stabilizer(torch.exp) == Custom(torch.exp)


@pytest.mark.parametrize(
    ("stabilizer", "changes_nothing"),
    [(Signed(0), True), (NormScaled(0), True), (Signed(1e-300), False), (Custom(lambda z: z), False)],
)
def test_only_a_step_of_zero_is_known_to_change_nothing(
    stabilizer: AbstractStabilizer, changes_nothing: bool
) -> None:
    assert stabilizer.changes_nothing is changes_nothing


@pytest.mark.parametrize("make", [Signed, Unsigned, Clip, NormScaled])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_step_that_the_type_cannot_hold_still_keeps_zero_away(
    make: type[Signed], dtype: torch.dtype
) -> None:
    zero = torch.zeros(1, dtype=dtype)
    assert (zero / make(1e-60)(zero)).item() == 0


@pytest.mark.parametrize("make", [as_stabilizer, Signed, Unsigned, Clip, NormScaled])
@pytest.mark.parametrize("eps", [-1e-6, float("inf"), float("nan")])
def test_impossible_steps_are_refused(make: type[Signed], eps: float) -> None:
    with pytest.raises(RuleError, match=rf"eps should be a finite number >= 0\. Found {eps}\."):
        make(eps)


def relevance(weight: list[list[float]], bias: float, x: list[float], rule: Epsilon | WSquare) -> list[float]:
    """Relevance of the first output of a linear layer."""
    layer = nn.Linear(len(x), len(weight)).double()
    layer.weight.data = torch.tensor(weight, dtype=torch.float64)
    layer.bias.data = torch.full((len(weight),), bias, dtype=torch.float64)
    explainer = lp.LRP(layer, [(select.kind(select.Kind.LINEAR), rule)])
    result = explainer.explain(torch.tensor([x], dtype=torch.float64), target=0).relevance
    assert isinstance(result, Tensor)
    return result[0].tolist()


@pytest.mark.parametrize(
    ("eps", "stabilized"),
    [
        (0.5, 1 / 2),
        (Signed(0.5), 1 / 2),
        (Unsigned(0.5), 1 / 2),
        (Clip(0.5), 1 / 2),
        (NormScaled(0.5), 1),  # the other output is sqrt(8): the root of the mean of (0, 8) is 2
        (Custom(lambda z: z + 4), 4),
        (lambda z: z - 1, -1),
    ],
)
def test_a_denominator_of_exactly_zero(eps: Stabilizer, stabilized: float) -> None:
    # a = (1, 3), w = (3, -1), b = 2: R = z = 2, but 3 - 3 = 0 without the bias: R = (3, -3) * 2 / st(0)
    per_input = relevance([[3.0, -1.0], [8**0.5, 0.0]], 2.0, [1.0, 3.0], Epsilon(eps, bias=False))
    assert per_input == pytest.approx([6 / stabilized, -6 / stabilized], rel=1e-12)


@pytest.mark.parametrize(
    ("eps", "stabilized"),
    [
        (0.5, -1),
        (Unsigned(0.25), -1 / 4),
        (Clip(0.5), -1 / 2),
        (
            NormScaled(0.5),
            -5 / 2,
        ),  # the other output is sqrt(127)/2: the root of the mean of (1/4, 127/4) is 4
        (Custom(lambda z: z - 1), -3 / 2),
    ],
)
def test_a_denominator_of_minus_eps(eps: Stabilizer, stabilized: float) -> None:
    # a = (1, 2), w = (3/2, -1), b = 0: z = -1/2 = R: R_i = (3/2, -2) * -1/2 / st(-1/2)
    per_input = relevance([[1.5, -1.0], [127**0.5 / 2, 0.0]], 0.0, [1.0, 2.0], Epsilon(eps))
    assert per_input == pytest.approx([-3 / 4 / stabilized, 1 / stabilized], rel=1e-12)


@pytest.mark.parametrize("eps", [1e-6, Unsigned(), Clip(), NormScaled(), lambda z: z + 1])
def test_no_relevance_at_zero_gives_none(eps: Stabilizer) -> None:
    assert relevance([[3.0, -1.0], [1.0, 1.0]], 0.0, [1.0, 3.0], Epsilon(eps)) == [0.0, 0.0]
    assert relevance([[0.0, 0.0], [1.0, 1.0]], 0.0, [1.0, 3.0], WSquare(eps)) == [0.0, 0.0]


@pytest.mark.parametrize("x", [1.0, 5.0, 1e6])  # one times the largest number of float32, and more
@pytest.mark.parametrize("eps", [0, Unsigned(0), NormScaled(), lambda z: z])
def test_by_a_denominator_of_zero_nothing_is_shared(eps: Stabilizer, x: float) -> None:
    # a = (x, x), w = (1, -1), b = 2: R = z = 2, and x - x = 0 without the bias
    assert relevance([[1.0, -1.0]], 2.0, [x, x], Epsilon(eps, bias=False)) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("eps", "share"), [(NormScaled(0.2), 1 / 2), (lambda z: z + z.abs().amax(1, keepdim=True), 1 / 8)]
)
def test_a_stabiliser_that_looks_at_other_entries_sees_them_in_front_of_a_relu(
    eps: Stabilizer, share: float
) -> None:
    # z = (1, -7): the root of the mean of (1, 49) is 5, so st(1) = 1 + 0.2 * 5; the largest magnitude is 7
    first, second = nn.Linear(2, 2, bias=False).double(), nn.Linear(2, 1, bias=False).double()
    first.weight.data, second.weight.data = torch.eye(2).double(), torch.ones(1, 2).double()
    model = nn.Sequential(first, nn.ReLU(), second)
    explainer = lp.LRP(model, [(select.last(), Epsilon(0)), (select.first(), Epsilon(eps))])
    explanation = explainer.explain(torch.tensor([[1.0, -7.0]], dtype=torch.float64), 0, audit=True)
    assert isinstance(explanation.relevance, Tensor)
    assert explanation.relevance[0].tolist() == pytest.approx([share, 0.0], rel=1e-12)
    assert explanation.audit is not None
    assert explanation.audit[0].to_stabilizer == pytest.approx(1 - share, rel=1e-12)


def test_half_precision_without_bias_gives_no_nan() -> None:
    layer = nn.Linear(2, 1).half()
    layer.bias.data.fill_(5.0)  # divided by 1e-6, too large for the type
    explanation = lp.explain(layer, torch.zeros(1, 2).half(), 0, composite=lp.presets.Epsilon(bias=False))
    assert not explanation.relevance.any()


@pytest.mark.parametrize("eps", ["1e-6", None, torch.tensor([1.0])])
def test_a_step_that_is_no_number_is_refused(eps: object) -> None:
    with pytest.raises(RuleError, match=r"eps should be a finite number >= 0\. Found "):
        Epsilon(eps)  # type: ignore[arg-type]
