"""Why two right answers can differ: the sizes of known differences of definition and of rounding."""

import torch

from parity import models, peers
from parity.models import RESNET18, Subject
from parity.results import TOLERANCE, Definition, Results, difference
from parity.textbook import gradient_times_input


def test_a_stabiliser_at_residual_sums_explains_the_rest(results: Results) -> None:
    """A residual sum is damped by 1e-6 in zennit and not in lrprism; with 1e-12 the maps agree."""
    model, x = RESNET18.make(torch.float64)
    classes = model(x).argmax(1)
    ours = peers.by_lrprism("Epsilon")(model, x, classes)
    distances = {
        sums: difference(ours, peers.by_zennit("Epsilon", resnet=True, sums=sums)(model, x, classes))
        for sums in (1e-6, 1e-12)
    }
    for sums, distance in distances.items():
        what = f"lrprism against zennit with its residual sums damped by {sums:g}"
        results.definitions.append(Definition(f"{what}: {RESNET18.name}, Epsilon, float64", distance))
    assert distances[1e-12] <= TOLERANCE


def test_our_float32_map_is_the_float64_map(results: Results) -> None:
    """A canonizer that merges batch norm changes float32 maps; ours stays at its float64 map."""
    distances = {}
    for dtype in (torch.float32, torch.float64):
        model, x = RESNET18.make(dtype)
        classes = model(x).argmax(1)
        for name, explain in (
            ("lrprism", peers.by_lrprism("Epsilon, eps 1e-9")),
            ("zennit", peers.by_zennit("Epsilon, eps 1e-9", resnet=True)),
        ):
            distances[name, dtype] = explain(model, x, classes).double()
    for name in ("lrprism", "zennit"):
        distance = difference(distances[name, torch.float32], distances[name, torch.float64])
        what = f"{name} in float32 against itself in float64: {RESNET18.name}, Epsilon with eps 1e-9"
        results.definitions.append(Definition(what, distance))
    assert difference(distances["lrprism", torch.float32], distances["lrprism", torch.float64]) <= TOLERANCE


def test_folding_batch_norm_rounds_the_network_anew(results: Results) -> None:
    """No LRP here: the plain gradient of one network, batch norm merged or not."""

    def plain(subject: Subject, dtype: torch.dtype) -> torch.Tensor:
        model, x = subject.make(dtype)
        numbers = model(x).argmax(1).tolist()
        return torch.cat(
            [gradient_times_input(model, sample[None], n) for sample, n in zip(x, numbers, strict=True)]
        )

    for dtype in (torch.float32, torch.float64):
        distance = difference(plain(models.FOLDED_RESNET18, dtype), plain(RESNET18, dtype))
        what = f"gradient × input with batch norm folded against not folded: {RESNET18.name}, {dtype}"
        results.definitions.append(Definition(what.replace("torch.", ""), distance))
    assert distance <= TOLERANCE
