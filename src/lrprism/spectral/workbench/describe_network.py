"""A description of a trained network in words, with the rule of each of its layers."""

from pathlib import Path

import torch

from lrprism.attribution import LRP
from lrprism.composites import Within
from lrprism.spectral.workbench.composites import DEFAULT_RULE, find_composite
from lrprism.spectral.workbench.networks import NETWORK
from lrprism.spectral.workbench.trained_network import TrainedNetwork


def describe_network(folder: Path, rule: str | None, trusted: str | None = None) -> str:
    """Return the training data of a network, its accuracy, and the rule of each op with its reason.

    Args:
        folder: A folder that ``lrprism train`` wrote.
        rule: Name of a composite; None for the default.
        trusted: The user's own network that may be imported, ``"package.module:factory"``.

    Raises:
        DataError: If the folder holds no trained network.
        InputError: If the rule is unknown, or the network is one of the user's own that is not trusted.
    """
    composite = find_composite(rule or DEFAULT_RULE)
    trained = TrainedNetwork.load(folder, trusted)
    record, spec = trained.record, trained.record["network"]
    # the plan depends on the shape of the input alone
    sample = torch.ones(1, spec["bands"], spec["window"], spec["window"])
    parameters = sum(parameter.numel() for parameter in trained.model.parameters())
    return "\n".join(
        [
            f"{spec['name']}: {spec['bands']} bands, {spec['window']} x {spec['window']} pixels, "
            f"{_count_outputs(trained)}, {parameters:,} parameters",
            f"trained on {record['data']['title']}: {record['split']['train']} samples, split by "
            f"{record['split']['scheme']}; on the test part: {trained.task.describe_test(record['test'])}",
            "",
            str(LRP(trained.model, Within(NETWORK, composite)).plan(sample)),
        ]
    )


def _count_outputs(trained: TrainedNetwork) -> str:
    count, noun = len(trained.task.names), trained.task.noun
    return f"{count} {noun.removesuffix('s') if count == 1 else noun}"
