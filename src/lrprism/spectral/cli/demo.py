"""``lrprism demo``."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lrprism.spectral.cli import options, output, registry_options
from lrprism.spectral.runs import write_run
from lrprism.spectral.training.devices import Devices
from lrprism.spectral.workbench.choice import Choice
from lrprism.spectral.workbench.composites import DEFAULT_RULE
from lrprism.spectral.workbench.demo import TRAINING, demonstrate
from lrprism.spectral.workbench.explanation_settings import ExplanationSettings
from lrprism.spectral.workbench.progress import Reporter


def demo(
    out: options.Out = Path("runs/demo"),
    rule: registry_options.Rule = DEFAULT_RULE,
    batch_size: Annotated[int, typer.Option(help="Patches explained at a time.", min=1)] = 32,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Train on the Indian Pines scene and explain what the network used, in a few minutes.

    Behind the scores of the network comes a verdict: can the maps be believed, and by which numbers.

    Example:
        lrprism demo --out runs/demo
    """
    devices = Devices.from_name(device)
    # the demo is the same everywhere but for seed and device
    training = replace(TRAINING, training=replace(TRAINING.training, seed=seed, devices=devices))
    explanation = ExplanationSettings(rule=rule, batch_size=batch_size, seed=seed, devices=devices)
    with write_run(out, overwrite=overwrite) as folder:
        run = demonstrate(folder, training, explanation, Reporter(not quiet))
    # standard output; progress went to standard error
    console = Console()
    output.print_training(console, run["training"])
    output.print_lines(console, run["explanation"]["verdict"]["lines"])
    output.print_lines(console, run["explanation"]["words"])
    output.print_lines(console, run["explanation"]["report"])
    output.print_conservation(console, run["explanation"])
    if run["explanation"]["choice"] is not None:
        output.print_lines(console, Choice.from_record(run["explanation"]["choice"]).describe())
    output.print_attribution(console, run["training"])
    output.print_files(console, out)
