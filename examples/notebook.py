"""From a file of leaves to what tells its classes apart, in ten cells.

Each ``# %%`` begins a cell: Jupyter (through jupytext), VS Code, Spyder and PyCharm open this file as a
notebook; ``python examples/notebook.py`` runs it from end to end, about half a minute long. It needs
``pip install '.[spectral]'``. The leaves are simulated, so that the bands that carry the class are known.
"""

# %% 1. Leaves of three classes: features planted at 490, 610 and 740 nm, and two decoys that carry nothing
import sys
import tempfile
from pathlib import Path

import torch

import lrprism as lp
from lrprism.spectral import simulate

folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
planting = simulate.PlantSettings(classes=3, carriers=(490.0, 610.0, 740.0), decoys=2, depth=3.0)
leaves = simulate.LeafSettings(planting, window=5)
draft = simulate.draft_leaves(simulate.name_parts(120, 30, 90), leaves)
lp.spectral.write_simulation(folder / "leaves.hdf5", draft)

# %% 2. Read them: a dataset of xarray, (sample, band, y, x) with wavelengths
patches = lp.spectral.read_patch_file(folder / "leaves.hdf5")
print(patches)

# %% 3. Say how they are dealt out, which network learns them, and how
settings = lp.spectral.TrainingSettings(
    str(folder / "leaves.hdf5"),
    preparation=lp.spectral.Preparation(average_pairs=True),
    network=lp.spectral.NetworkSettings("mlp", steps=("zscore",)),
    split=lp.spectral.SplitSettings("random", test_fraction=0.4),
    training=lp.spectral.TrainingConfig(epochs=20, learning_rate=2e-3, initialize=True),
)

# %% 4. Train; after an interrupt the same cell goes on where it stopped
run = lp.spectral.train(settings, folder / "run")
print(run)

# %% 5. How well it does on the test part
print(run.record["training"]["test"])

# %% 6. Explain the test part; the last line of a cell shows words, tables and figures
settings = lp.spectral.ExplanationSettings(heatmaps=0)  # grids of heatmaps take longest to draw
results = lp.spectral.explain(run, folder / "results", settings)
print(*results.words, sep="\n")

# %% 7. The strongest bands of each class, as a data frame of pandas
bands = results.table("bands")
print(bands[bands["rank"] <= 3])

# %% 8. Relevance of every sample, as a dataset of xarray
relevance = results.relevance()
print(relevance)

# %% 9. One leaf again by hand, with an account: the engine takes any model, also this one
pairs = lp.spectral.average_pairs(patches)  # as the training did
x = torch.from_numpy(pairs["patch"].values[:2])
explanation = lp.LRP(run.network()).explain(x, audit=True)
print(explanation)

# %% 10. A figure, which shows itself in a notebook, and a file to come back to
figure = explanation.plot(pairs["wavelength"].values)
figure.savefig(folder / "leaf.png")
explanation.save(folder / "leaf.pt")
print(lp.Explanation.load(folder / "leaf.pt"))
