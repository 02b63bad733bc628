"""Transformers of diffusers."""

from typing import Any

import torch

from zoo.models.diffusion.case import (
    CLASSES,
    FRACTIONS,
    IDS,
    IMAGE,
    PLACES,
    TOKENS,
    VIDEO,
    WIDTH,
    Case,
    ids,
)


def _transformer(shape: tuple[int, ...], *, others: Any = (), **settings: Any) -> Case:
    return Case({"hidden_states": shape}, settings, dict(others))


_SIZES = {
    "original_size": torch.tensor([[64, 64]] * 2),
    "target_size": torch.tensor([[64, 64]] * 2),
    "crop_coords": torch.tensor([[0, 0]] * 2),
}
_WAN = {"patch_size": (1, 2, 2), "rope_max_seq_len": 16}

TRANSFORMERS = {
    "AllegroTransformer3DModel": _transformer(VIDEO),
    "AuraFlowTransformer2DModel": _transformer(IMAGE),
    "BriaTransformer2DModel": _transformer(TOKENS, others=IDS, pooled_projection_dim=None),
    "ChromaTransformer2DModel": _transformer(
        TOKENS, others=IDS, approximator_num_channels=8, approximator_hidden_dim=16, approximator_layers=1
    ),
    "CogVideoXTransformer3DModel": _transformer((2, 3, 4, 8, 8), max_text_seq_length=PLACES),
    "CogView3PlusTransformer2DModel": _transformer(IMAGE, others=_SIZES, condition_dim=8),
    "CogView4Transformer2DModel": _transformer(IMAGE, others=_SIZES, condition_dim=8, rope_axes_dim=(8, 8)),
    "CosmosTransformer3DModel": _transformer(
        VIDEO,
        max_size=(4, 16, 16),
        patch_size=(1, 2, 2),
        extra_pos_embed_type=None,
        others={"padding_mask": torch.zeros(1, 1, 8, 8), "encoder_attention_mask": None},
    ),
    "DiTTransformer2DModel": _transformer(
        IMAGE, num_embeds_ada_norm=CLASSES, others={"class_labels": torch.tensor([1, 2])}
    ),
    "EasyAnimateTransformer3DModel": _transformer(VIDEO),
    "ErnieImageTransformer2DModel": Case(
        {"hidden_states": IMAGE, "text_bth": (2, PLACES, WIDTH)},
        {"patch_size": 1},
        {"text_lens": torch.tensor([PLACES, PLACES - 1])},
    ),
    "FluxTransformer2DModel": _transformer(TOKENS, others=IDS, patch_size=1, out_channels=None),
    "Flux2Transformer2DModel": _transformer(
        TOKENS,
        others={"img_ids": ids(16, 4), "txt_ids": ids(PLACES, 4), "guidance": torch.tensor([3.0, 3.0])},
        axes_dims_rope=(4, 4, 4, 4),
        timestep_guidance_channels=16,
        patch_size=1,
        out_channels=None,
    ),
    "HunyuanVideoTransformer3DModel": _transformer(
        VIDEO, others={"guidance": torch.tensor([3.0, 3.0])}, patch_size=2
    ),
    "HunyuanImageTransformer2DModel": _transformer(
        IMAGE, patch_size=(1, 1), rope_axes_dim=(8, 8), others=FRACTIONS
    ),
    "LTXVideoTransformer3DModel": _transformer(
        (2, 48, 4), patch_size=1, others={"num_frames": 3, "height": 4, "width": 4}
    ),
    "LatteTransformer3DModel": _transformer(
        VIDEO, video_length=3, norm_type="ada_norm_single", others={"encoder_attention_mask": None}
    ),
    "LongCatImageTransformer2DModel": _transformer(TOKENS, others=IDS, patch_size=1),
    "Lumina2Transformer2DModel": _transformer(
        IMAGE, num_kv_heads=2, axes_dim_rope=(4, 6, 6), axes_lens=(16, 16, 16)
    ),
    "MochiTransformer3DModel": _transformer(VIDEO, max_sequence_length=PLACES, out_channels=None),
    "OvisImageTransformer2DModel": _transformer(TOKENS, others=IDS, patch_size=1),
    "PRXTransformer2DModel": _transformer(IMAGE, axes_dim=[8, 8], depth=2),
    "PixArtTransformer2DModel": _transformer(
        IMAGE,
        out_channels=8,
        others={"added_cond_kwargs": {"resolution": None, "aspect_ratio": None}},
        use_additional_conditions=False,
    ),
    "PriorTransformer": Case(
        {"hidden_states": (2, WIDTH), "proj_embedding": (2, WIDTH)},
        {"embedding_dim": WIDTH, "num_embeddings": PLACES, "additional_embeddings": 4},
    ),
    "QwenImageTransformer2DModel": _transformer(
        (2, 16, 16), in_channels=16, others={"img_shapes": [[(1, 4, 4)]] * 2, "txt_seq_lens": None}
    ),
    "SD3Transformer2DModel": _transformer(IMAGE),
    "SanaTransformer2DModel": _transformer(IMAGE, patch_size=1),
    "SanaVideoTransformer3DModel": _transformer(VIDEO, **_WAN),
    "SkyReelsV2Transformer3DModel": _transformer(VIDEO, **_WAN),
    "StableAudioDiTModel": Case(
        {"hidden_states": (2, 4, 16), "global_hidden_states": (2, 1, WIDTH)},
        {
            "num_key_value_attention_heads": 1,
            "time_proj_dim": 8,
            "global_states_input_dim": WIDTH,
            "cross_attention_input_dim": WIDTH,
        },
        {"timestep": torch.tensor([3.0, 7.0]), "rotary_embedding": (torch.ones(17, 8), torch.ones(17, 8))},
    ),
    "StableAudio3DiTModel": Case(
        {"hidden_states": (2, 4, 16), "global_hidden_states": (2, WIDTH)},
        {
            "io_channels": 4,
            "embed_dim": WIDTH,
            "num_heads": 2,
            "cond_token_dim": WIDTH,
            "patch_size": 1,
            "global_cond_dim": WIDTH,
            "local_add_cond_dim": 0,
            "timestep_features_dim": 8,
            "num_memory_tokens": 2,
        },
        {**FRACTIONS, "encoder_attention_mask": None},
    ),
    "MiniMaxMusic3Transformer1DModel": Case(
        {"hidden_states": (2, 4, 16), "encoder_hidden_states": (2, 16, WIDTH)},
        {"condition_dim": WIDTH, "ff_inner_dim": 48, "rotary_dim": 8, "fourier_embedding_dim": 8},
        FRACTIONS,
    ),
    "MiniMaxMusic3RVQDepthDecoder": Case(
        {"inputs_embeds": (2, 4, WIDTH)}, {"audio_vocab_size": 20, "num_codebooks": 4}
    ),
    "TransformerTemporalModel": _transformer(
        (2 * 3, 8, 8, 8),
        in_channels=8,
        others={"timestep": None, "num_frames": 3, "encoder_hidden_states": None},
    ),
    "HunyuanDiT2DModel": Case(
        {"hidden_states": IMAGE, "encoder_hidden_states_t5": (2, 4, WIDTH)},
        {"cross_attention_dim_t5": WIDTH, "text_len": PLACES, "text_len_t5": 4, "learn_sigma": False},
        {
            **FRACTIONS,
            "text_embedding_mask": torch.ones(2, PLACES),
            "text_embedding_mask_t5": torch.ones(2, 4),
            "image_meta_size": torch.tensor([[64.0, 64.0, 64.0, 64.0, 0.0, 0.0]] * 2),
            "style": torch.tensor([0, 0]),
            "image_rotary_emb": (torch.ones(16, 16), torch.ones(16, 16)),
        },
    ),
    "Transformer2DModel": _transformer(
        (2, 8, 8, 8),
        in_channels=8,
        out_channels=8,
        patch_size=None,
        others={"timestep": None, "encoder_attention_mask": None},
    ),
    "WanTransformer3DModel": _transformer(VIDEO, **_WAN),
    "WanVACETransformer3DModel": Case(
        {"hidden_states": VIDEO, "control_hidden_states": (2, 6, 3, 8, 8)},
        {**_WAN, "vace_layers": [0], "vace_in_channels": 6},
    ),
}
