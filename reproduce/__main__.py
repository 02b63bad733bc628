"""``python -m reproduce``: train and explain, then write docs/reproduce.md."""

import argparse
from pathlib import Path

import torch

from benchmarks import markdown
from lrprism import keep_freed_memory
from lrprism.spectral.workbench.progress import Reporter
from reproduce.accuracy import train_published
from reproduce.page import render
from reproduce.scene import peak_memory, time_scene

RULES, BATCH = ("epsilon", "tutorial"), 128


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser("reproduce", description="Published results on Indian Pines.")
    parser.add_argument("--runs", type=Path, default=Path("runs/reproduce"), help="where the runs are kept")
    parser.add_argument("--page", type=Path, default=Path("docs/reproduce.md"), help="the page to write")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    keep_freed_memory()  # as the command lrprism does
    trained = []
    for scheme in ("random", "blocks"):
        folder = chosen.runs / scheme
        folder.mkdir(parents=True, exist_ok=True)
        trained.append(train_published(folder, scheme, chosen.epochs, Reporter()))
    run = trained[-1].folder
    times = [time_scene(run, rule, BATCH) for rule in RULES]
    memory = [peak_memory(run, *sizes) for sizes in ((20, 32), (0, 32), (0, BATCH))]
    setting = markdown.setting(
        "make reproduce", f"{chosen.threads} threads", ("lrprism", "torch", "lightning", "numpy")
    )
    chosen.page.write_text(render(setting, trained, times, memory), encoding="utf-8")


main()
