"""
Words of a sentence
===================

A small transformer reads token ids; every token gets one number. The reference is the same sentence with
each word replaced by the padding token, so that all of the difference arrives at the words.
"""

import torch
from matplotlib.figure import Figure
from torch import nn

import lrprism as lp

# %%
# The task: is the sentence about an animal? One word decides, the others are filling.

torch.manual_seed(0)
FILLING = ["the", "a", "old", "red", "sleeps", "falls", "near", "under", "house", "river"]
ANIMALS, THINGS = ["cat", "dog", "owl", "fox"], ["cup", "lamp", "key", "box"]
WORDS = ["[pad]", *FILLING, *ANIMALS, *THINGS]
LENGTH = 7


def draw_sentences(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw sentences of filling words with one animal (class 1) or one thing (class 0) at a random place."""
    tokens, classes = torch.randint(1, len(FILLING) + 1, (count, LENGTH)), torch.arange(count) % 2
    for sentence, about_animal in zip(tokens, classes, strict=True):
        first = len(FILLING) + 1 + (0 if about_animal else len(ANIMALS))
        sentence[torch.randint(LENGTH, (1,))] = first + torch.randint(4, (1,))
    return tokens, classes


class Reader(nn.Module):
    """Two layers of a transformer and a mean over the tokens: ids ``[N, tokens]`` to logits ``[N, 2]``."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), 32)
        self.position = nn.Parameter(0.1 * torch.randn(LENGTH, 32))
        layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 2)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        return self.head(self.encoder(self.embedding(input_ids) + self.position).mean(1))


model = Reader()
x, y = draw_sentences(256)
optimizer = torch.optim.Adam(model.parameters(), 3e-3)
for _ in range(50):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
x, y = draw_sentences(4)
print(f"right: {int((model(x).argmax(1) == y).sum())} of {len(y)}")

# %%
# AttnLRP is the preset for transformers; the mask or padding token is the word for "nothing".

explainer = lp.LRP(model, lp.presets.AttnLRP(), strict=True)
explanation = explainer.explain(x, reference=lp.reference.blank(0), audit=True)
print(explanation.audit.explained, "explained,", explanation.audit.reached, "arrived")

figure = Figure(figsize=(7, 4), layout="constrained")
for axes, sentence, relevance in zip(
    figure.subplots(4), x.tolist(), explanation.relevance.tolist(), strict=True
):
    axes.bar(range(LENGTH), relevance, color=["#b2182b" if value > 0 else "#2166ac" for value in relevance])
    axes.set_xticks(range(LENGTH), [WORDS[token] for token in sentence])
    axes.axhline(0, color="black", linewidth=0.6)
