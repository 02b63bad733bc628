import torch
from torch.fx.experimental.proxy_tensor import make_fx

from lrprism.ops.tracing import has_values


def test_tensors_of_a_program_that_is_written_have_no_values() -> None:
    seen = []

    def double(x: torch.Tensor) -> torch.Tensor:
        seen.append(has_values(x))
        return 2 * x

    make_fx(double, tracing_mode="symbolic")(torch.ones(3))
    double(torch.ones(3))
    double(torch.nn.Parameter(torch.ones(3)))
    assert seen == [False, True, True]
