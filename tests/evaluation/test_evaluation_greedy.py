from itertools import permutations

import torch
from torch import Tensor, nn

from lrprism.evaluation import Constant, Swap, bands, find_greedy_curves, label_map, measure_curves


def test_the_greedy_order_of_a_linear_model_is_that_of_its_contributions() -> None:
    w = torch.tensor([2.0, -1.0, 1.0])

    def model(x: Tensor) -> Tensor:
        return torch.stack([x @ w, torch.zeros(len(x))], dim=1)

    x, target = torch.randn(9, 3), torch.zeros(9).long()
    regions = label_map(x, torch.arange(3))
    greedy = find_greedy_curves(model, x, target, regions=regions, imputer=Constant(0.0), output="logit")
    exact = measure_curves(model, x, target, x * w, regions=regions, imputer=Constant(0.0), output="logit")
    torch.testing.assert_close(greedy.mif, exact.mif, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(greedy.lif, exact.lif, atol=1e-5, rtol=1e-5)


def test_the_ceiling_takes_the_best_step_of_all_each_time() -> None:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    x, target, regions = torch.randn(5, 8), torch.randint(3, (5,)), bands(torch.rand(1, 8), 2)
    swap = Swap(torch.randn(10, 8), draws=2)
    greedy = find_greedy_curves(model, x, target, regions=regions, imputer=swap)
    scores = [-torch.tensor(order).argsort().float().expand(5, 4) for order in permutations(range(4))]
    paths = [measure_curves(model, x, target, s, regions=regions, imputer=swap).mif for s in scores]
    every = torch.stack(paths)
    torch.testing.assert_close(greedy.mif[:, 1], every[:, :, 1].amin(0))
    torch.testing.assert_close(greedy.lif[:, 1], every[:, :, 1].amax(0))
    # both ends are fixed, and the curve is one of those that there are
    torch.testing.assert_close(greedy.mif[:, [0, 4]], every[0][:, [0, 4]])
    assert ((every - greedy.mif).abs().amax(2) < 1e-5).any(0).all()
