"""``python -m benchmarks``: measure, or write the page from what was measured.

``make bench`` runs it in the environment that holds the peers, then writes the page; ``make bench-quick``
prints one number per preset. The models of tests/ are found by ``PYTHONPATH=tests``.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from benchmarks import growth, markdown, quick, results
from benchmarks.contestants import Contestant, own
from benchmarks.measuring import Setting, measure
from benchmarks.results import Results
from benchmarks.subjects import SUBJECTS, Subject
from benchmarks.timing import Rounds
from lrprism import keep_freed_memory

LIBRARIES = ("lrprism", "zennit", "captum", "autolrp", "torch", "torchvision", "transformers")
OTHERS = ("imports", "growth", "parts")  # questions about no single model


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    keys = [subject.key for subject in SUBJECTS] + list(OTHERS)
    parser = argparse.ArgumentParser("benchmarks", description="Time and memory of explanations.")
    parser.add_argument("--quick", action="store_true", help="one number per preset, without peers")
    parser.add_argument("--only", help=f"some of {', '.join(keys)}; on a GPU the models alone if not given")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    parser.add_argument("--seconds", type=float, default=20.0, help="time for the rounds of one model")
    parser.add_argument("--rounds", type=int, help="at most so many rounds, and no least number")
    parser.add_argument("--no-memory", action="store_true", help="leave memory out")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    parser.add_argument("--keep-freed-memory", action="store_true", help="call lp.keep_freed_memory() first")
    parser.add_argument("--json", type=Path, help="write what is measured to this file")
    parser.add_argument("--read", type=Path, nargs="+", help="measure nothing, read these files")
    parser.add_argument("--page", type=Path, help="with --read: write the page, and its figure into figures/")
    chosen = parser.parse_args(arguments)
    # a GPU is asked about the models alone: the other questions are about the processor
    chosen.only = chosen.only or ",".join(keys if chosen.device == "cpu" else keys[: len(SUBJECTS)])
    unknown = set(chosen.only.split(",")) - set(keys)
    if unknown:
        parser.error(f"--only should name some of {', '.join(keys)}. Found {', '.join(sorted(unknown))}.")
    return chosen


def contestants_of(subject: Subject, *, peers: bool) -> list[Contestant]:
    """Return everyone; the peers are imported here, because only one environment has them."""
    if not peers:
        return own(subject)
    from benchmarks.rivals import rivals

    return own(subject) + rivals(subject)


def run(chosen: argparse.Namespace, setting: Setting, save: Callable[[Results], None]) -> Results:
    """Measure what was asked for; what is there is saved after each step."""
    asked = set(chosen.only.split(","))
    precision = "bfloat16" if setting.narrow else "float32"
    keeps = chosen.keep_freed_memory and keep_freed_memory()
    measured = Results(rows(chosen), chosen.device, precision, keeps_memory=keeps)
    if "imports" in asked:
        setting.tell("import")
        measured.imports = growth.imports()
    for subject in SUBJECTS:
        if subject.key in asked:
            contestants = contestants_of(subject, peers=not chosen.no_peers)
            measured.models.append(measure(subject, contestants, setting))
            save(measured)
    if "growth" in asked:
        setting.tell("growth")
        # saved after each axis, so that a run that is stopped has results
        for axis in growth.AXES:
            measured.growth += growth.curve(axis, setting)
            save(measured)
    if "parts" in asked:
        setting.tell("a large batch in parts")
        measured.parts = growth.parts(setting)
    save(measured)
    return measured


def rows(chosen: argparse.Namespace) -> list[tuple[str, str]]:
    """Return the rows that say where this was measured."""
    command = "make bench" if chosen.device == "cpu" else "make bench-cuda"
    threads = f"{chosen.threads} thread{'s' if chosen.threads > 1 else ''}"
    setting = markdown.setting(command, threads, LIBRARIES)
    if chosen.device != "cpu":
        setting.insert(1, ("GPU", torch.cuda.get_device_name(chosen.device)))
    return setting


def write_page(files: Sequence[Path], page: Path) -> None:
    """Write the page and its figure from what was measured."""
    from benchmarks import figures  # late: they need matplotlib
    from benchmarks import page as pages

    runs = [run for file in files for run in results.read(file)]
    page.write_text(pages.render(runs), encoding="utf-8")
    if runs[0].growth:
        figures.save(runs[0].growth, page.parent / "figures")


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line asks for."""
    chosen = options(arguments)
    torch.set_num_threads(chosen.threads)
    if chosen.read:
        write_page(chosen.read, chosen.page)
    elif chosen.quick:
        quick.main()
    else:
        measure_all(chosen)


def measure_all(chosen: argparse.Namespace) -> None:
    """Measure in float32, on a GPU also under autocast to bfloat16."""
    rounds = Rounds(chosen.seconds) if chosen.rounds is None else Rounds(chosen.seconds, 1, chosen.rounds)
    done: list[Results] = []

    def save(current: Results) -> None:
        if chosen.json:
            results.write(chosen.json, [*done, current])

    tell(f"{chosen.threads} threads on {chosen.device}")
    # on a GPU many users explain under autocast
    for narrow in (False, True) if chosen.device.startswith("cuda") else (False,):
        setting = Setting(chosen.device, narrow, rounds, not chosen.no_memory, tell)
        done.append(run(chosen, setting, save))


def tell(line: str) -> None:
    """Print a line of progress at once."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
