"""The page docs/reproduce.md, written from the measurements."""

from collections.abc import Sequence

from benchmarks.markdown import Row, table
from reproduce.accuracy import PUBLISHED, Trained
from reproduce.scene import SceneMemory, SceneTimes

HEAD = """\
# Published results, reproduced

Hyper3DNetLite as its authors published it (1,274,464 parameters, a batch norm behind every ReLU) on
the 200 bands of Indian Pines. `make reproduce` measures every number of this page and writes it;
nothing here is written by hand.
"""

ACCURACY = """\
## Accuracy, by the published protocol and without leakage

Windows of 5 x 5 pixels, half of the labelled pixels for testing, z-scores of the training part,
Adadelta with a learning rate of 1, batches of 128. The best epoch is chosen on 15 % of the training
part, never on the test part; patches are turned, mirrored and made brighter or darker while
training.

- **random** is the protocol of the publication: {published} % there, the mean of 10 draws of 100
  epochs and more, the best epoch chosen on the test part. Nearly every test window shares pixels
  with a training window.
- **blocks** is the same network on squares of 16 pixels, dealt out so that no test window shares a
  pixel with a training window. This is what the network is worth on ground that it has not seen.
"""

SCENE = """\
## A whole scene explained

Every labelled pixel with a whole window, the network above, {batch} windows at a time. `epsilon` is
LRP-ε everywhere, `tutorial` LRP-γ for the convolutions between the first and the last. Both columns
cut the windows; the explanation keeps the account of relevance and writes everything to disk. Each
batch is explained and differentiated in turn, the order changing.
"""

MEMORY = """\
## Memory

Peak of the process of `lrprism explain` from start to end, with the table of bands and the figures
of every class (no heatmaps).
"""


def render(
    setting: Sequence[Row],
    trained: Sequence[Trained],
    times: Sequence[SceneTimes],
    memory: Sequence[SceneMemory],
) -> str:
    """Return the page.

    Args:
        setting: The machine and the versions.
        trained: The runs.
        times: The cost of a whole scene.
        memory: Peaks of memory.
    """
    sections = [
        HEAD,
        table(("setting", "value"), setting),
        ACCURACY.format(published=PUBLISHED),
        table(
            (
                "split", "training windows", "test windows", "test windows that overlap a training window",
                "overall accuracy", "macro F1", "kappa", "epochs", "training",
            ),
            [_format_run(run) for run in trained],
        ),
        SCENE.format(batch=times[0].batch_size),
        table(
            ("rules", "pixels", "explanation", "plain gradient", "ratio"),
            [
                (
                    f"`{row.rule}`", f"{row.pixels:,}", f"{row.explained:.1f} s", f"{row.gradient:.1f} s",
                    f"{row.explained / row.gradient:.2f}",
                )
                for row in times
            ],
        ),
        MEMORY,
        table(
            ("samples", "batch size", "peak"),
            [(f"{row.samples:,}", str(row.batch_size), f"{row.mebibytes:.0f} MiB") for row in memory],
        ),
    ]  # fmt: skip
    return "\n".join(sections)


def _format_run(run: Trained) -> tuple[str, ...]:
    split, test = run.record["split"], run.record["test"]
    return (
        run.scheme,
        f"{split['train'] + split['validation']:,}",
        f"{split['test']:,}",
        f"{100 * split['test_windows_that_overlap_a_training_window']:.1f} %",
        f"{100 * test['accuracy']:.2f} %",
        f"{test['macro_f1']:.4f}",
        f"{test['kappa']:.4f}",
        str(len(run.record["history"])),
        f"{run.record['history'][-1]['seconds'] / 60:.1f} min",
    )
