"""The words of docs/benchmarks.md."""

HEAD = """\
# Benchmarks

What an explanation costs in time and memory. `make bench` measures every number of this page and writes it;
the numbers are printed and never asserted. The same numbers, with quartiles and rounds, are in
[benchmarks.json](benchmarks.json). How it was measured is [at the end](#how-it-was-measured).

Times are multiples of **one plain input gradient** of the same model and input in the same round: 1.00 is
as fast as `torch.autograd.grad`. † is above the goal, ‡ above the limit that should never be passed.
"""

OURS = """\
## One explanation

`lp.LRP(model, preset)` is made once; the time is that of `explain(x, classes)`. The spread is half the
distance of the quartiles over the rounds, for the column where it is largest.
"""

FIXED = """\
## Fixed cost

On a tiny model nearly all of the time goes to the library itself.
"""

ALONE = """\
The same where no other library takes turns with ours, whose code then stays in the processor's caches, as in
a loop over samples. The first preset always runs right behind the gradient.
"""

KEPT = """\
## The same where freed memory is kept

An explanation frees more than a gradient does, and glibc hands large pieces of freed memory back to the
system, which costs page by page when the next layer asks for it. After `lp.keep_freed_memory()` it keeps
them, for the gradient too. No other library takes turns here.
"""

PEERS = """\
## Beside other libraries

The same presets by everyone that has them: – is a preset that a library lacks. A library whose relevance
sums to something else, off by more than 1 % of the explained logits, is *wrong* here, with its time in
brackets; one that raises an error *fails*, with the beginning of its message. "(slower)" marks our rows in
which a library that is right is faster.

- zennit gets a copy of the model and its hooks, with batch norm merged, before the clock starts; a user who
  enters its context for each call pays for that too.
- captum knows LRP-ε alone.
- autoLRP explains one number. It gets the sum of the batch's logits, so that one pass explains the whole
  batch. Attention weights and the scale of a layer norm are set to be constants, as in our presets. It shares
  sums by magnitude and average pooling equally: another definition, by which maps, and sums where a position
  code is added, can differ from ours without a mistake.
- The tutorial's loop is that of `tests/oracles.py`: without the copies of layers that the original makes.
- The gradient of BERT, and zennit, captum and autoLRP on it, start at the embedded tokens, which are looked
  up before the clock starts; lrprism gets the token ids.
"""

RIGHT = """\
## Are the maps right?

Before anything is timed, everyone explains one input, and the first and the last sample are compared with
lrprism's own map in float64, whose account closes (the largest share that it leaves open is {open}). A cell
holds the difference of the sums, as a share of the explained logits, and the largest difference of the
maps, relative to the largest entry. In float32 LRP-ε divides by numbers close to zero: maps of 0.001 apart
are rounding. All biases are zero, because libraries treat them differently; [parity.md](parity.md) compares
the maps with the textbook's.
"""

EXTRAS = """\
## The first call, the account, a batch in parts

Nothing of a result is kept between calls, but what depends on the model alone may be. The first call makes
the explainer and explains a model that no one has explained before; later calls reuse the explainer with
new inputs. `audit=True` keeps the account of every unit of relevance, `batch_size=8` explains 8 samples at a
time; both are multiples of a later call without them.
"""

CLASSES = """\
## {count} classes at once

`target=lp.target.each(...)` runs the model once and goes back once per class: K classes should cost (F + K
B)/(F + B) times one class, where F is a forward pass without a graph and B the rest of the gradient. The
goal is 1.05 times that, the limit 1.15 times.
"""

MEMORY = """\
## Memory

Peak memory above the loaded model and its input, as a multiple of the gradient's, each figure in a process
of its own.
"""

IMPORT = """\
## Import

Medians of fresh processes that take turns.
"""

GROWTH = """\
## How cost grows

`EpsilonGamma` and the gradient, each on a model that grows: Hyper3DNetLite with 6 bands (batch), on 1 patch
(bands), on 4 patches with 64 classes (classes at once), and a stack of convolutions of 16 channels (layers).
The first four columns are the exponent p of cost ~ size^p, fitted to the three largest sizes, where fixed
costs no longer flatter: 1.00 is linear. The last two are our time as a multiple of the gradient's, at the
smallest and at the largest size. Several classes are compared with as many gradients after one forward pass.
Where the gradient itself gets cheaper as it grows, as between 50 and 120 bands, torch has taken another
kernel.

![Time and memory against batch, bands, layers and classes](figures/benchmarks-growth.png)
"""

PARTS = """\
## A large batch in parts

`explain(x, batch_size=n)` explains n samples at a time, so that memory does not grow with the batch: here
{whole} patches of 6 bands, `EpsilonGamma`.
"""

ABSOLUTE = """\
## Absolute times: {device}, {precision}

Between CUDA events where the device is a GPU. Everyone runs under the same autocast, where there is one,
and is compared with the float64 reference as above.
"""

METHOD = """\
## How it was measured

- All contestants take turns in every round, and each round begins with another one. Ratios are formed
  within a round; the tables show medians. At least 3 rounds, up to 101 for quick
  models.
- Every round has new random inputs, the same for all contestants, and explains the predicted classes. No
  result can be reused.
- Weights are random and seeded, models in eval mode, and no parameter asks for a gradient, which is the
  fastest setting for everyone. Transformers keep their own initial weights; other models get weights that
  keep activations near one.
- The gradient is `torch.autograd.grad` of the sum of the explained logits with respect to the input.
- Memory on a processor is the largest resident set during the first call in a fresh process, less the files
  mapped into it and less what was resident before. Freed memory is returned to the system at once, so that
  the figure is memory in use.
- Run it on a machine with nothing else to do: `make bench`, or `make bench-quick` for one number per
  preset.
"""
