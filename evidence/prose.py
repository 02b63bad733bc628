"""The words of docs/evidence.md; every number in them is filled in."""

HEAD = """\
# Evidence

Which map tells the truth, on which network and data: every preset with and without a reference, as
computed and pooled, beside the methods of others, on data whose truth is known because it was planted.
`make evidence` measures every number of this page and writes it; no sentence with a number is written by
hand. What was measured stands in [evidence.jsonl](evidence.jsonl), a line for each network, scaling and
seed, with its command and machine, so that a run that was stopped goes on.

Numbers are means over the seeds {test} with Student's 95 % interval of the mean. Each seed is new data,
new weights and a new training. Nothing was chosen on these seeds: sizes, epochs, the list of candidates,
the map of each network and the default were chosen on the seeds {development}, which are not on this
page.

"""
GOALS = """
## Goals

{met} of {count} goals that this page can answer are met. A goal that is missed stands here with what was
measured.

"""
WHEN = """
## Which rule when

The best of the {candidates} candidates of each network and scaling by mean AUC, those within {near} of
it, and how close the choices come that a user can make without the truth: one default for all, `auto`
(the best mean SRG under two imputers on validation samples, among the pooled candidates; beside it among
all, since SRG cannot see what pooling gains), and `--calibrate` (features planted into the same data, the
same network trained on them).
The best candidate is known from the truth, and no user has it. † is more than {near} behind it, ‡ more
than {far}.

"""
FIXED = """
## One rule for all

Each candidate used everywhere: the rows (network and scaling) in which it is within {near} AUC of the
best candidate, within {far}, its largest distance and its mean AUC. The one with the smallest largest
distance comes first.

"""
CHOICES = """
## Chosen on your own network

Cells (network, scaling and seed) in which a choice is within {near} and {far} AUC of the best candidate
of that very cell. A cell has one training, so that candidates lie closer or further apart by chance.

"""
NETWORK = """
## {title}

Accuracy on the test part {accuracy}. SRG under four imputers, where measured; mass is the share of
positive relevance on the bands that carry the class, time that of one map as a multiple of one gradient
of the same samples.{patches}

![AUC of every map, {title}](figures/evidence-{network}.png)

"""
LEAF = """ Leaf is the share of positive relevance inside the leaf."""
SCALING = """
### {title}, {scaling} inputs

"""
PRESETS = """
### Every preset, {title}

AUC, as computed / pooled, standardised inputs, then raw ones.

"""
BLIND = """
## A feature that the network cannot know

One planted feature is shuffled among the training samples and tells the class in the samples that are
explained. A faithful map gives it little, whatever its samples say: share of relevance as a multiple of
the share of bands. ANOVA knows the explained samples alone.

"""
CONFOUNDER = """
## A confounder

An artefact in 3 bands, in 90 % of class 0 and 5 % of the others, and the same bands in clean data: share
of relevance as a multiple of the share of bands, in the map as computed. It is flagged where the lower
end of the interval lies above 1.5.

"""
METHOD = """
## How it was measured

- **Data.** Spectra: {spectra} bands, leaves by PROSPECT-D with 3 Gaussian features that carry 4 classes
  and 4 decoys of the same variance, 4 bands of noise at either end. Patches: leaves over soil with the
  features in the half at the tip. `lrprism.spectral.simulate` makes both.
- **Scaling.** Standardised: less the training mean and divided by the deviation of each band. Raw:
  divided by the deviation alone.
- **Band recovery.** AUC, AP and P@K of the mean of |R| over correctly classified test samples against the
  bands within half a width of a feature that carries the class.
- **Pooling.** Over the width that the correlation of the training data implies; no truth is used.
- **References.** The training mean of each band; or a third of it with two thirds of the sample's own
  continuum.
- **SRG.** Windows of {window} bands, removed from all pixels, most relevant first and least relevant
  first; the area between the two curves of the probability.
- **Other methods** are captum's: integrated gradients with {steps} steps, SmoothGrad and GradientShap
  with {draws} draws, occlusion of single bands and of {cover}, Shapley sampling over windows with
  {orders} orders.

**What it cannot show.** Planted features are Gaussian, a few bands wide, and of equal strength; real
classes may differ in broad shape. So the continuum, which keeps the broad shape and differs from the
sample where it has narrow features, has an advantage here that it may not have on real data: against it
a network that goes by brightness or by a broad shape has little to explain. The default compares with
the training mean alone, against which nothing is hidden. A network may use a band that carries the class
through others, and be right. AUC says where relevance lies, not how much. Five seeds tell means apart
that lie more than about an interval apart, and no less.
"""
