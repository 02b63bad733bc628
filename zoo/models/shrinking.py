"""Small configurations of transformers, made from the defaults by the names of their settings."""

from collections.abc import Mapping
from typing import Any

WIDTH, DEPTH, HEADS, VOCABULARY, PLACES = 32, 2, 4, 99, 64

# A name stands in one row only.
_NUMBERS: tuple[tuple[int, str], ...] = (
    (
        WIDTH,
        "hidden_size d_model n_embd dim embed_dim embedding_dim embedding_size encoder_hidden_size "
        "decoder_hidden_size emb_dim model_dim d_embed conv_dim output_hidden_size encoder_embed_dim "
        "projection_dim hidden_dim mlp_dim fusion_hidden_size q_lora_rank n_embed "
        "cross_attention_hidden_size word_embed_proj_dim rnn_hidden_size",
    ),
    (
        48,
        "intermediate_size ffn_dim d_ff encoder_ffn_dim decoder_ffn_dim n_inner dim_ff "
        "ffn_hidden_size d_inner dim_feedforward moe_intermediate_size "
        "shared_expert_intermediate_size decoder_intermediate_size encoder_intermediate_size "
        "inner_dim intermediate_dim mlp_hidden_size",
    ),
    (
        DEPTH,
        "num_hidden_layers num_layers n_layer n_layers encoder_layers decoder_layers depth "
        "num_decoder_layers num_encoder_layers encoder_num_layers decoder_num_layers "
        "num_hidden_groups n_lm_layers num_conv_pos_layers encoder_num_hidden_layers "
        "decoder_num_hidden_layers num_block_layers num_stacks",
    ),
    (
        HEADS,
        "num_attention_heads num_heads n_head n_heads encoder_attention_heads decoder_attention_heads "
        "encoder_num_attention_heads decoder_num_attention_heads attention_heads num_experts "
        "num_local_experts n_routed_experts num_encoder_attention_heads moe_num_experts "
        "num_attn_heads num_filters",
    ),
    (
        2,
        "num_key_value_heads num_experts_per_tok n_kv_heads num_kv_heads decoder_num_key_value_heads "
        "moe_topk top_k num_selected_experts num_experts_per_token",
    ),
    (
        8,
        "head_dim d_kv v_head_dim qk_nope_head_dim qk_rope_head_dim kv_channels d_head attention_head_size "
        "mamba_chunk_size chunk_size mamba_d_state state_size ssm_state_size",
    ),
    (16, "kv_lora_rank sliding_window attention_window local_attention"),
    (VOCABULARY, "vocab_size text_vocab_size n_positions_vocab decoder_vocab_size"),
    (
        PLACES,
        "max_position_embeddings n_positions max_source_positions max_target_positions n_ctx "
        "image_size input_size max_seq_len seq_length max_sequence_length",
    ),
    (3, "num_labels"),
)
_BY_NAME = {name: value for value, names in _NUMBERS for name in names.split()}
_TOKENS = {
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 3,
    "decoder_start_token_id": 2,
    "sep_token_id": 3,
}
_DECODING = ("is_decoder", "add_cross_attention")  # which a network of two gives to its second
_EVEN_IF_NONE = {"pad_token_id", "head_dim", "num_key_value_heads"}


def small_config(usual: Any, options: Mapping[str, Any], depth: int = 0) -> Any:
    """Return a configuration with its numbers made small, and those of its inner configurations too.

    Args:
        usual: The configuration by default.
        options: Numbers that differ from the table, for every setting of that name.
        depth: How far inside another configuration this one is.
    """
    table = {**_BY_NAME, **_TOKENS, **options}
    settings = {
        name: table[name] if name in options else _smaller(name, value, table[name])
        for name, value in usual.to_dict().items()
        if name in table and not isinstance(value, bool | str | dict)
    }
    settings = {name: value for name, value in settings.items() if name in options or value is not None}
    if not depth:
        settings["num_labels"] = 3
    # an encoder with a decoder needs a token to begin with
    if getattr(usual, "is_encoder_decoder", False):
        settings["decoder_start_token_id"] = _TOKENS["decoder_start_token_id"]
    settings |= {name: True for name in _DECODING if getattr(usual, name, False)}
    for name in getattr(usual, "sub_configs", {}):
        inner = getattr(usual, name, None)
        # a vision and a text part have configurations of their own
        if inner is not None and depth < 3:
            settings[name] = small_config(inner, options, depth + 1)
    return type(usual)(**settings)


def _smaller(name: str, value: Any, small: int) -> int | list[int] | None:
    """Return the small number for a setting; None to leave it as it is."""
    if value is None:
        return small if name in _EVEN_IF_NONE else None
    if name in _TOKENS:
        return small
    if isinstance(value, int):
        return min(value, small) if value > 0 else value
    return [small] * len(value) if name == "image_size" else None
