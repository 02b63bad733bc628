"""A description of a trained network in words, with the rule of each of its layers."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from lrprism.attribution import LRP
from lrprism.attribution.plan import Plan
from lrprism.composites import AbstractComposite, Within
from lrprism.spectral.workbench.composites import DEFAULT_RULE, find_composite, find_rule
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
    return "\n".join(
        [
            f"{spec['name']}: {spec['bands']} bands, {spec['window']} x {spec['window']} pixels, "
            f"{_count_outputs(trained)}, {_count_parameters(trained):,} parameters",
            f"trained on {record['data']['title']}: {record['split']['train']} samples, split by "
            f"{record['split']['scheme']}; on the test part: {trained.task.describe_test(record['test'])}",
            "",
            str(_plan(trained, composite)),
        ]
    )


def list_network(folder: Path, rule: str | None, trusted: str | None = None) -> dict[str, Any]:
    """Return what :func:`describe_network` says as plain JSON: parameters, rule, plan by op, and training.

    Args:
        folder: A folder that ``lrprism train`` wrote.
        rule: Name of a composite; None for the default.
        trusted: The user's own network that may be imported, ``"package.module:factory"``.

    Raises:
        DataError: If the folder holds no trained network.
        InputError: If the rule is unknown, or the network is one of the user's own that is not trusted.
    """
    name = find_rule(rule or DEFAULT_RULE)
    trained = TrainedNetwork.load(folder, trusted)
    rows = [asdict(row) for row in _plan(trained, find_composite(name))]
    return {
        "parameters": _count_parameters(trained),
        "rule": name,
        "plan": rows,
        "training": trained.record,
    }


def _plan(trained: TrainedNetwork, composite: AbstractComposite) -> Plan:
    spec = trained.record["network"]
    # the plan depends on the shape of the input alone
    sample = torch.ones(1, spec["bands"], spec["window"], spec["window"])
    return LRP(trained.model, Within(NETWORK, composite)).plan(sample)


def _count_parameters(trained: TrainedNetwork) -> int:
    return sum(parameter.numel() for parameter in trained.model.parameters())


def _count_outputs(trained: TrainedNetwork) -> str:
    count, noun = len(trained.task.names), trained.task.noun
    return f"{count} {noun.removesuffix('s') if count == 1 else noun}"
