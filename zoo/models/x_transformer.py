"""Networks of x-transformers: one for each of its architectural options."""

from functools import partial
from typing import Any

import torch
import x_transformers as xt

from zoo.models.entry import Entry, Subject

VOCABULARY, LENGTH = 99, 12
_OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "flash": {"attn_flash": True},
    "rotary": {"rotary_pos_emb": True},
    "alibi": {"alibi_pos_bias": True, "alibi_num_heads": 2},
    "T5 bias": {"rel_pos_bias": True},
    "dynamic bias": {"dynamic_pos_bias": True, "dynamic_pos_bias_log_distance": False},
    "GLU": {"ff_glu": True},
    "SwiGLU": {"ff_glu": True, "ff_swish": True},
    "ReLU squared": {"ff_relu_squared": True},
    "RMS norm": {"use_rmsnorm": True},
    "simple RMS norm": {"use_simple_rmsnorm": True},
    "scale norm": {"use_scalenorm": True},
    "dynamic tanh": {"use_dynamic_tanh": True},
    "post-norm": {"pre_norm": False},
    "sandwich norm": {"sandwich_norm": True},
    "residual attention": {"residual_attn": True},
    "talking heads": {"attn_pre_talking_heads": True},
    "query-key norm": {"attn_qk_norm": True},
    "one key-value head": {"attn_one_kv_head": True},
    "grouped queries": {"attn_kv_heads": 2},
    "sparse top-k": {"attn_sparse_topk": 4},
    "gated values": {"attn_gate_values": True},
    "gated residual": {"gate_residual": True},
    "memory key-values": {"attn_num_mem_kv": 4},
    "macaron": {"macaron": True},
    "shift tokens": {"shift_tokens": 1},
    "sigmoid attention": {"attn_sigmoid": True},
    "value residual": {"add_value_residual": True},
    "soft-clamped logits": {"attn_softclamp_logits": True},
    "hyper-connections": {"num_residual_streams": 2},
    "LASER": {"attn_laser": True},
}


def _tokens(layers: Any, options: dict[str, Any]) -> Subject:
    attention = layers(dim=32, depth=2, heads=4, attn_dim_head=8, **options)
    model = xt.TransformerWrapper(num_tokens=VOCABULARY, max_seq_len=LENGTH, attn_layers=attention)
    return Subject(model, (torch.randint(1, VOCABULARY, (2, LENGTH)),))


def _image() -> Subject:
    model = xt.ViTransformerWrapper(
        image_size=16, patch_size=8, num_classes=3, attn_layers=xt.Encoder(dim=32, depth=2, heads=4)
    )
    return Subject(model, (torch.rand(2, 3, 16, 16),))


def _series() -> Subject:
    model = xt.ContinuousTransformerWrapper(
        dim_in=5, dim_out=3, max_seq_len=LENGTH, attn_layers=xt.Encoder(dim=32, depth=2, heads=4)
    )
    return Subject(model, (torch.randn(2, LENGTH, 5),))


def _translation() -> Subject:
    options = {"num_tokens": VOCABULARY, "depth": 1, "heads": 4, "max_seq_len": LENGTH}
    model = xt.XTransformer(
        dim=32,
        **{f"enc_{name}": value for name, value in options.items()},
        **{f"dec_{name}": value for name, value in options.items()},
    )
    tokens = torch.randint(1, VOCABULARY, (2, 2, LENGTH))
    return Subject(model, (tokens[0],), {"tgt": tokens[1]})


def entries() -> list[Entry]:
    """Return the networks of x-transformers."""
    return [
        *(
            Entry("x-transformers", f"decoder, {name}", partial(_tokens, xt.Decoder, options))
            for name, options in _OPTIONS.items()
        ),
        Entry("x-transformers", "encoder, plain", partial(_tokens, xt.Encoder, {})),
        Entry("x-transformers", "images", _image),
        Entry("x-transformers", "series", _series),
        Entry("x-transformers", "encoder and decoder", _translation),
    ]
