import torch
from torch import nn

import lrprism as lp
from court.methods import (
    IntegratedGradients,
    Occlusion,
    Relevance,
    draw_relevance,
    find_gradient,
    multiply_gradient,
)


class Square(nn.Module):
    """Two outputs: the squares of the entries added up, and the entries added up."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack((x.square().sum((1, 2)), x.sum((1, 2))), 1)


X = torch.tensor([[[1.0, 2.0, -3.0]], [[0.5, 0.0, 4.0]]])
TARGET = torch.tensor([0, 1])


def test_gradients_are_those_of_the_target() -> None:
    torch.testing.assert_close(find_gradient(Square(), X, TARGET), torch.stack((2 * X[0], torch.ones(1, 3))))
    torch.testing.assert_close(multiply_gradient(Square(), X, TARGET), torch.stack((2 * X[0].square(), X[1])))


def test_integrated_gradients_add_up_to_the_difference() -> None:
    # of a square the midpoints give the integral exactly: x^2 - b^2
    relevance = IntegratedGradients(baseline=1.0, steps=3, batch_size=1)(Square(), X, TARGET)
    torch.testing.assert_close(relevance, torch.stack((X[0].square() - 1, X[1] - 1)))


def test_occlusion_is_the_fall_shared_within_its_window() -> None:
    # windows of two steps, the last of one: 1 + 4 shared by two, 9 alone; .5 + 0, and 4
    relevance = Occlusion((1, 2))(Square(), X, TARGET)
    torch.testing.assert_close(relevance, torch.tensor([[[2.5, 2.5, 9.0]], [[0.25, 0.25, 4.0]]]))
    with_baseline = Occlusion((1, 3), baseline=1.0)(Square(), X, TARGET)
    torch.testing.assert_close(with_baseline[0], torch.full((1, 3), (14 - 3) / 3))


def test_relevance_is_that_of_the_library_against_its_reference() -> None:
    model, x = nn.Sequential(nn.Flatten(), nn.Linear(3, 2)), X
    composite, reference = lp.presets.Epsilon(0), torch.ones(1, 1, 3)
    relevance = Relevance(composite, reference)(model, x, TARGET)
    weight = model[1].weight.detach()[TARGET]
    torch.testing.assert_close(relevance, ((x - 1) * weight[:, None]))
    torch.testing.assert_close(Relevance(composite)(model, x, TARGET), x * weight[:, None])


def test_the_control_is_noise_that_stays_the_same() -> None:
    noise = draw_relevance(Square(), X, TARGET)
    assert noise.shape == X.shape
    assert torch.equal(noise, draw_relevance(Square(), X * 2, TARGET))
